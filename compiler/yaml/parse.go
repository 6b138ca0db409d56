package yaml

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"pbc/compiler/diag"
	"pbc/ir"
	"pbc/ir/value"
)

// exitUnexpected is ansible-playbook's exit code for an exception that it did not expect.
const exitUnexpected = 250

// Options changes how a source is read. The zero Options are Ansible's defaults.
type Options struct {
	// Duplicates is the setting DUPLICATE_YAML_DICT_KEY: "warn" (or ""), "error" or "ignore".
	Duplicates string
	// Hidden says that the source is secret (it was decrypted): no diagnostic may show its lines.
	Hidden bool
	// Stream reads all documents of the source, where otherwise a second one is a fault.
	Stream bool
}

// Parse reads the source of a file with Ansible's defaults. See Options.Parse.
func Parse(file string, src []byte) ([]*Node, diag.List) { return Options{}.Parse(file, src) }

// Parse reads a source. An empty one has no documents. Ansible accepts one document per file; a second
// one is an Invalid diagnostic. Msg of a diagnostic is Ansible's own text without the excerpt.
func (o Options) Parse(file string, src []byte) ([]*Node, diag.List) {
	var diags diag.List
	text := string(src)
	node, jerr := parseJSON(file, text)
	if jerr == nil {
		return []*Node{node}, diags
	}
	if d := o.surrogates(file, text); d != nil {
		diags.Add(d)
		return nil, diags
	}
	raws, serr := o.compose(file, src)
	if serr != nil {
		diags.Add(o.syntax(file, text, serr, jerr.text(text)))
		return nil, diags
	}
	b := builder{file: file, opts: o}
	var docs []*Node
	for _, r := range raws {
		n, err := b.document(r)
		if err != nil {
			b.diags.Add(o.constructError(file, text, err, jerr.text(text)))
			return nil, b.diags
		}
		docs = append(docs, n)
	}
	return docs, b.diags
}

// syntax is Ansible's message for text that neither reader accepts.
func (o Options) syntax(file, src string, e *syntaxError, json string) *diag.Diagnostic {
	msg := "We were unable to read either as JSON nor YAML, these are the errors we got from each:\n" +
		"JSON: " + json + "\n\nSyntax Error while loading YAML.\n  " + e.problem
	pos := e.pos
	if !pos.IsValid() {
		pos.File = file
		msg += ". " + e.detail
	}
	return &diag.Diagnostic{Kind: diag.Invalid, Pos: pos, Msg: msg, Short: e.problem + e.detail, Hidden: o.Hidden,
		Tagged: taggedSyntax(file, src, e)}
}

func (o Options) constructError(file, src string, err error, json string) *diag.Diagnostic {
	var se *syntaxError
	if errors.As(err, &se) {
		return o.syntax(file, src, se, json)
	}
	return unexpected(file, err.Error())
}

// unexpected is a fault for which Ansible has no message: the exception ends it.
func unexpected(file, msg string) *diag.Diagnostic {
	return &diag.Diagnostic{Kind: diag.Invalid, Pos: ir.Pos{File: file}, Exit: exitUnexpected, Short: msg,
		Msg: "Unexpected Exception, this is probably a bug: " + msg}
}

// surrogates refuses bytes that are not UTF-8, as PyYAML's encoder does.
func (o Options) surrogates(file, text string) *diag.Diagnostic {
	if utf8.ValidString(text) {
		return nil
	}
	n := 0
	for i := 0; i < len(text); n++ {
		r, w := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && w == 1 {
			return unexpected(file, fmt.Sprintf("'utf-8' codec can't encode character '\\udc%02x' in position %d: surrogates not allowed", text[i], n))
		}
		i += w
	}
	return nil
}

// fullTag is a tag as PyYAML writes it.
func fullTag(tag string) string {
	if rest, ok := strings.CutPrefix(tag, "!!"); ok {
		return "tag:yaml.org,2002:" + rest
	}
	return tag
}

// keyText is a key as Python's format shows it.
func keyText(v value.Value) string {
	s, err := value.ToStr(v)
	if err != nil {
		return "?"
	}
	return s
}

package files

import (
	"context"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/pyre"
)

var replaceSpec = &argspec.Spec{
	Args: editSpec(
		argspec.Arg{Name: "regexp", Required: true},
		argspec.Arg{Name: "replace", Default: ""},
		argspec.Arg{Name: "after"},
		argspec.Arg{Name: "before"},
		argspec.Arg{Name: "encoding", Default: "utf-8"},
	),
	FileCommon: true,
	CheckMode:  true,
}

// Replace is ansible.builtin.replace.
func Replace() module.Module {
	m := module.New("ansible.builtin.replace", "replace", module.Local, replaceSpec, replace)
	m.Declines, m.Leaves = unknownEncoding, []string{"encoding"}
	return m
}

func replace(ctx context.Context, t *module.Task) (*value.Dict, error) {
	e := &edit{ctx: ctx, t: t, path: t.Str("path")}
	if err := e.notFolder(); err != nil {
		return nil, err
	}
	if !posix.Exists(e.path) {
		return nil, module.FailWith(fmt.Sprintf("Path %s does not exist !", e.path), "rc", int64(257))
	}
	enc := encodings[strings.ToLower(t.Str("encoding"))]
	data, err := os.ReadFile(e.path)
	if err != nil {
		why := posix.PyError(err, e.path)
		if t.Tagged() {
			return nil, &module.PyException{Class: "Exception", Msg: fmt.Sprintf("Unable to read the contents of %s.", value.StrRepr(e.path)), Cause: why}
		}
		return nil, module.FailTraced(err, why, fmt.Sprintf("Unable to read the contents of %s: %s", e.path, why))
	}
	text := enc.decode(data)
	head, section, tail, missing, err := cut(t, text)
	if err != nil {
		return nil, err
	}
	res := value.DictOf("rc", int64(0))
	if missing != "" {
		res.SetStr("msg", "Pattern for before/after params did not match the given file: "+missing)
		res.SetStr("changed", false)
		return res, nil
	}
	re, err := compile(t.Str("regexp"), pyre.Multiline)
	if err != nil {
		return nil, err
	}
	out, n, err := re.Sub(t.Str("replace"), section)
	if err != nil {
		if t.Tagged() {
			return nil, module.Fail("Unable to process replace due to error: %s", err)
		}
		return nil, pyException(err)
	}
	msg, changed := "", n > 0 && out != section
	if changed {
		msg = fmt.Sprintf("%d replacements made", n)
		if err := e.replaceAll(res, text, head+out+tail, enc); err != nil {
			return nil, err
		}
	}
	msg, changed, err = e.attributes(msg, changed, nil)
	res.SetStr("msg", msg)
	res.SetStr("changed", changed)
	return res, err
}

// replaceAll writes the new text, with a diff and a backup where they are wanted.
func (e *edit) replaceAll(res *value.Dict, before, after string, enc encoding) error {
	if e.t.Diff {
		res.SetStr("diff", value.DictOf("before_header", e.path, "before", before, "after_header", e.path, "after", after))
	}
	if e.t.Check {
		return nil
	}
	if e.t.Bool("backup") {
		backup, err := e.t.Backup(e.path)
		if err != nil {
			return err
		}
		res.SetStr("backup_file", backup)
	}
	return e.write(enc.encode(after))
}

// cut finds the part of the text between after and before. missing is the pattern that was not found.
func cut(t *module.Task, text string) (head, section, tail, missing string, err error) {
	after, before := t.Str("after"), t.Str("before")
	pattern := ""
	switch {
	case after != "" && before != "":
		pattern = after + "(?P<subsection>.*?)" + before
	case after != "":
		pattern = after + "(?P<subsection>.*)"
	case before != "":
		pattern = "(?P<subsection>.*)" + before
	default:
		return "", text, "", "", nil
	}
	re, err := compile(pattern, pyre.DotAll)
	if err != nil {
		return "", "", "", "", err
	}
	m, err := re.Search(text)
	if m == nil {
		return "", "", "", pattern, err
	}
	start, end := m.Span(re.Index("subsection"))
	return text[:start], text[start:end], text[end:], "", nil
}

// encoding turns a file's bytes into text and back.
type encoding struct {
	anyByte bool // every byte is a character
	decode  func([]byte) string
	encode  func(string) []byte
}

var utf8Encoding = encoding{false, func(b []byte) string { return string(b) }, func(s string) []byte { return []byte(s) }}

var latin1Encoding = encoding{true,
	func(b []byte) string {
		r := make([]rune, len(b))
		for i, c := range b {
			r[i] = rune(c)
		}
		return string(r)
	},
	func(s string) []byte {
		b := make([]byte, 0, utf8.RuneCountInString(s))
		for _, r := range s {
			b = append(b, byte(r))
		}
		return b
	},
}

// encodings are those that playbooks name.
var encodings = map[string]encoding{
	"utf-8": utf8Encoding, "utf8": utf8Encoding, "ascii": utf8Encoding, "us-ascii": utf8Encoding,
	"latin-1": latin1Encoding, "latin1": latin1Encoding, "iso-8859-1": latin1Encoding, "iso8859-1": latin1Encoding, "l1": latin1Encoding,
}

// unknownEncoding declines a call whose encoding only Python knows.
func unknownEncoding(c *module.Call) string {
	v, _ := c.Args.GetStr("encoding")
	if v == nil {
		return ""
	}
	name, _ := argspec.ToStr(v)
	if _, ok := encodings[strings.ToLower(name)]; !ok {
		return "the encoding " + name
	}
	return ""
}

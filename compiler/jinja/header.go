package jinja

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
)

// header starts a template that sets its own options, as in "#jinja2: trim_blocks: False".
const header = "#jinja2:"

// header applies the header of src to o and returns what follows it.
func (o *Options) header(src string) (string, error) {
	if !strings.HasPrefix(src, header) {
		return src, nil
	}
	line, body, found := strings.Cut(src[len(header):], "\n")
	if !found && o.Dialect == expr.Tagged {
		return "", &SyntaxError{Msg: "Missing newline after '#jinja2:' override.", Line: 1}
	}
	if !found { // Observed: classic drops the last character and renders the header with the rest
		line, body = line[:max(0, len(line)-1)], src
	}
	for _, pair := range strings.Split(line, ",") {
		k, v, ok := strings.Cut(pair, ":")
		if !ok {
			return "", o.headerFault(strings.TrimSpace(pair))
		}
		lit, err := value.Literal(strings.TrimSpace(v), false)
		if err != nil {
			return "", errors.New("malformed node or string: " + strings.TrimSpace(v))
		}
		if err := o.Set(strings.TrimSpace(k), lit); err != nil && o.Dialect == expr.Tagged {
			return "", err
		}
	}
	return body, nil
}

func (o *Options) headerFault(pair string) error {
	if o.Dialect == expr.Tagged {
		return &SyntaxError{Msg: "Missing key-value separator `:` in '#jinja2:' override pair '" + pair + "'.", Line: 1}
	}
	return errors.New("failed to parse jinja2 override '" + pair + "'. Did you use something different from colon as key-value separator?")
}

// Set sets the option that Jinja's environment calls key, as a header or the template module's
// options do. Unknown keys are an error, which classic ignores.
func (o *Options) Set(key string, v value.Value) error {
	text, _ := value.Text(v)
	on, _ := v.(bool)
	if t, ok := o.texts()[key]; ok {
		*t = text
		return nil
	}
	if f, ok := o.flags()[key]; ok {
		*f = on
		return nil
	}
	return &SyntaxError{Msg: "Invalid '#jinja2:' override key '" + key + "'.", Line: 1}
}

// OptionNames are the names that Set knows, sorted.
func OptionNames() []string {
	var o Options
	names := append(slices.Collect(maps.Keys(o.texts())), slices.Collect(maps.Keys(o.flags()))...)
	slices.Sort(names)
	return names
}

func (o *Options) texts() map[string]*string {
	return map[string]*string{
		"block_start_string": &o.BlockStart, "block_end_string": &o.BlockEnd,
		"variable_start_string": &o.VarStart, "variable_end_string": &o.VarEnd,
		"comment_start_string": &o.CommentStart, "comment_end_string": &o.CommentEnd,
		"line_statement_prefix": &o.LineStatement, "line_comment_prefix": &o.LineComment,
		"newline_sequence": &o.Newline,
	}
}

func (o *Options) flags() map[string]*bool {
	return map[string]*bool{
		"trim_blocks": &o.TrimBlocks, "lstrip_blocks": &o.LstripBlocks, "keep_trailing_newline": &o.KeepTrailingNewline,
	}
}

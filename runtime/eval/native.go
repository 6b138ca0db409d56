package eval

import (
	"pbc/ir/value"
)

// concat joins what a template printed that is not a file.
func (e *Eval) concat() func([]val) (val, error) {
	if e.native() {
		return nativeConcat
	}
	return literalConcat
}

// nativeConcat joins what a template printed with jinja2_native: nothing is None, a single value that is no text is kept, and text that
// is a literal of Python's becomes its value.
//
// Ansible docs: "DEFAULT_JINJA2_NATIVE".
func nativeConcat(out []val) (val, error) {
	switch len(out) {
	case 0:
		return nil, nil
	case 1:
		switch x := out[0].(type) {
		case *value.Vault:
			return value.ToStr(x)
		case *value.Str:
			if x.Native {
				return x, nil
			}
			return nativeLiteral(x.S), nil
		case string:
			return nativeLiteral(x), nil
		}
		return portable(out[0])
	}
	s, err := textConcat(out)
	if err != nil {
		return nil, err
	}
	return nativeLiteral(s.(string)), nil
}

// nativeLiteral reads text as a literal. What begins with a space is none, and text within quotes stays as it is.
func nativeLiteral(s string) val {
	if s == "" || s[0] == ' ' || s[0] == '\t' {
		return s
	}
	v, err := value.Literal(s, false)
	if err != nil {
		return s
	}
	if text, ok := v.(string); ok {
		return s[:1] + text + s[:1]
	}
	return v
}

package python

import (
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
)

// strFormat is Python's s.format(...).
type strFormat struct {
	c      *Call
	auto   int
	manual bool // a field gave its number
}

// Format is Python's format.format(...) with these fields.
func Format(format string, fields ...Arg) (string, error) {
	return (&strFormat{c: &Call{KW: fields}}).format(format, 0)
}

func (p *strFormat) format(s string, depth int) (string, error) {
	if depth > 2 {
		return "", exception.ValueError("Max string recursion exceeded")
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		twice := i+1 < len(s) && s[i+1] == s[i]
		switch {
		case s[i] != '{' && s[i] != '}':
			b.WriteByte(s[i])
		case twice:
			b.WriteByte(s[i])
			i++
		case s[i] == '}':
			return "", exception.ValueError("Single '}' encountered in format string")
		default:
			end, err := fieldEnd(s, i+1)
			if err != nil {
				return "", err
			}
			r, err := p.field(s[i+1:end], depth)
			if err != nil {
				return "", err
			}
			if b.Len()+len(r) > bound.Text {
				return "", bound.TooLarge()
			}
			b.WriteString(r)
			i = end
		}
	}
	return b.String(), nil
}

// fieldEnd returns where the brace closes that was opened before from.
func fieldEnd(s string, from int) (int, error) {
	if from >= len(s) {
		return 0, exception.ValueError("Single '{' encountered in format string")
	}
	depth := 1
	for i := from; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i, nil
			}
		}
	}
	return 0, exception.ValueError("expected '}' before end of string")
}

func (p *strFormat) field(field string, depth int) (string, error) {
	field, spec, _ := strings.Cut(field, ":")
	field, conv, hasConv := strings.Cut(field, "!")
	path := ""
	if i := strings.IndexAny(field, ".["); i >= 0 {
		field, path = field[:i], field[i:]
	}
	v, err := p.arg(field)
	if err != nil {
		return "", err
	}
	if v, err = follow(v, path); err != nil {
		return "", err
	}
	if hasConv {
		if v, err = convert(v, conv); err != nil {
			return "", err
		}
	}
	if strings.Contains(spec, "{") {
		if spec, err = p.format(spec, depth+1); err != nil {
			return "", err
		}
	}
	return formatValue(v, spec)
}

func convert(v value.Value, conv string) (value.Value, error) {
	switch conv {
	case "r":
		return value.Repr(v)
	case "a":
		return ascii(v)
	case "s":
		return value.ToStr(v)
	}
	return nil, exception.ValueError("Unknown conversion specifier %s", conv)
}

func (p *strFormat) arg(name string) (value.Value, error) {
	switch n, err := strconv.Atoi(name); {
	case name == "" && p.manual:
		return nil, exception.ValueError("cannot switch from manual field specification to automatic field numbering")
	case name == "":
		name = strconv.Itoa(p.auto)
		p.auto++
	case err == nil && n >= 0 && p.auto > 0:
		return nil, exception.ValueError("cannot switch from automatic field numbering to manual field specification")
	case err == nil && n >= 0:
		p.manual = true
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 0 {
		if n >= len(p.c.Args) {
			return nil, exception.Raise("IndexError", "Replacement index %d out of range for positional args tuple", n)
		}
		return p.c.Args[n], nil
	}
	if v, ok := p.c.Param(-1, name); ok {
		return v, nil
	}
	return nil, exception.Raise("KeyError", "%s", value.StrRepr(name))
}

// follow resolves .name and [key] behind a field's name.
func follow(v value.Value, path string) (value.Value, error) {
	for path != "" {
		if path[0] == '.' {
			end := strings.IndexAny(path[1:], ".[")
			if end < 0 {
				end = len(path) - 1
			}
			name := path[1 : 1+end]
			a, ok := AttrOf(v, name)
			if !ok {
				return nil, exception.Raise("AttributeError", "'%s' object has no attribute '%s'", value.ClassName(v), name)
			}
			v, path = a, path[1+end:]
			continue
		}
		end := strings.IndexByte(path, ']')
		if end < 0 {
			return nil, exception.ValueError("Missing ']' in format string")
		}
		var key value.Value = path[1:end]
		if n, err := strconv.ParseInt(path[1:end], 10, 64); err == nil {
			key = n
		}
		x, ok, err := ItemOf(v, key)
		if err != nil {
			return nil, err
		}
		if !ok {
			r, _ := value.Repr(key)
			return nil, exception.Raise("KeyError", "%s", r)
		}
		v, path = x, path[end+1:]
	}
	return v, nil
}

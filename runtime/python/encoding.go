package python

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/pycodec"
)

// encode is str.encode.
func encode(s string, c *Call) (value.Value, error) {
	name, how, err := codecArguments(c, "encode")
	if err != nil {
		return nil, err
	}
	b, err := pycodec.Encode(s, name)
	if err == nil || how == "strict" {
		return b, err
	}
	if _, unknown := pycodec.Encode("", name); unknown != nil {
		return nil, err
	}
	for _, r := range s {
		one, err := pycodec.Encode(string(r), name)
		if err != nil {
			text, err := instead(r, how)
			if err != nil {
				return nil, err
			}
			one = []byte(text)
		}
		b = append(b, one...)
	}
	return b, nil
}

// codecArguments reads the encoding and the treatment of errors.
func codecArguments(c *Call, method string) (name, how string, err error) {
	out := []string{"utf-8", "strict"}
	for i, param := range []string{"encoding", "errors"} {
		v, ok := c.Param(i, param)
		if !ok {
			continue
		}
		if out[i], ok = value.Text(v); !ok {
			if err := Use(v); err != nil {
				return "", "", err
			}
			return "", "", exception.TypeError("%s() argument '%s' must be str, not %s", method, param, value.ClassName(v))
		}
	}
	return out[0], out[1], nil
}

// instead is what stands for a character that an encoding does not have.
func instead(r rune, how string) (string, error) {
	switch how {
	case "ignore":
		return "", nil
	case "replace":
		return "?", nil
	case "xmlcharrefreplace":
		return "&#" + strconv.Itoa(int(r)) + ";", nil
	case "backslashreplace":
		return escaped(r), nil
	}
	return "", exception.Raise("LookupError", "unknown error handler name '%s'", how)
}

// escaped is a character as Python writes it by its number.
func escaped(r rune) string {
	switch {
	case r <= 0xff:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// ascii is Python's ascii(v).
func ascii(v value.Value) (string, error) {
	s, err := value.Repr(v)
	if err != nil || isASCII(s) {
		return s, err
	}
	return letters(s, func(_ int, r rune) string {
		if r < utf8.RuneSelf {
			return string(r)
		}
		return escaped(r)
	}), nil
}

var bytesMethods = map[string]Method{
	"decode": func(o value.Value, c *Call) (value.Value, error) {
		name, how, err := codecArguments(c, "decode")
		if err != nil {
			return nil, err
		}
		s, err := pycodec.Decode(o.([]byte), name)
		if err != nil && how == "ignore" && name == "utf-8" {
			return strings.ToValidUTF8(string(o.([]byte)), ""), nil
		}
		return s, err
	},
	"hex": func(o value.Value, _ *Call) (value.Value, error) { return fmt.Sprintf("%x", o.([]byte)), nil },
}

// makeTable is str.maketrans.
func makeTable(_ string, c *Call) (value.Value, error) {
	from, err := need(c, 0, "maketrans")
	if err != nil {
		return nil, err
	}
	table := value.NewDict()
	if d, ok := from.(*value.Dict); ok && len(c.Args) == 1 {
		return table, tableOf(table, d)
	}
	var parts [3][]rune
	for i, v := range c.Args[:min(len(c.Args), 3)] {
		s, ok := value.Text(v)
		switch {
		case !ok && i == 0 && len(c.Args) == 1:
			return nil, exception.TypeError("if you give only one argument to maketrans it must be a dict")
		case !ok:
			return nil, exception.TypeError("maketrans() argument %d must be str, not %s", i+1, value.ClassName(v))
		}
		parts[i] = []rune(s)
	}
	switch {
	case len(c.Args) == 1:
		return nil, exception.TypeError("if you give only one argument to maketrans it must be a dict")
	case len(parts[0]) != len(parts[1]):
		return nil, exception.ValueError("the first two maketrans arguments must have equal length")
	}
	for i, r := range parts[0] {
		_ = table.Set(int64(r), int64(parts[1][i]))
	}
	for _, r := range parts[2] {
		_ = table.Set(int64(r), nil)
	}
	return table, nil
}

// tableOf fills a table from one whose keys may be single letters.
func tableOf(table, d *value.Dict) error {
	for i, k := range d.K {
		s, isText := value.Text(k)
		switch r := []rune(s); {
		case isText && len(r) != 1:
			return exception.ValueError("string keys in translate table must be of length 1")
		case isText:
			k = int64(r[0])
		case Num(k).Kind != 'i':
			return exception.TypeError("keys in translate table must be strings or integers")
		}
		if err := table.Set(k, d.V[i]); err != nil {
			return err
		}
	}
	return nil
}

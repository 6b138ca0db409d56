package text

import (
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
	"pbc/runtime/python"
)

// pprintFilter prints over several lines what does not fit on one, keys sorted, as Python's
// pprint does.
func pprintFilter(c *python.Call) (value.Value, error) {
	if err := python.Use(c.Args[0]); err != nil {
		return nil, err
	}
	if err := python.Bounded(c.Args[0]); err != nil {
		return nil, err
	}
	var b strings.Builder
	err := pprint(&b, c.Args[0], 0, 0)
	return b.String(), err
}

const pprintWidth = 80

// flat is the one-line form of pprint: repr with sorted keys.
func flat(v value.Value) (string, error) {
	switch x := v.(type) {
	case *value.Dict:
		it, err := sortedPairs(x)
		if err != nil {
			return "", err
		}
		parts := make([]string, len(it))
		for i, p := range it {
			k, err := value.Repr(p.(value.Tuple)[0])
			if err != nil {
				return "", err
			}
			v, err := flat(p.(value.Tuple)[1])
			if err != nil {
				return "", err
			}
			parts[i] = k + ": " + v
		}
		return "{" + strings.Join(parts, ", ") + "}", nil
	case *value.List:
		s, err := flatAll(x.V)
		return "[" + s + "]", err
	case value.Tuple:
		s, err := flatAll(x)
		if len(x) == 1 {
			s += ","
		}
		return "(" + s + ")", err
	}
	return value.Repr(v)
}

func flatAll(v []value.Value) (string, error) {
	parts := make([]string, len(v))
	for i, e := range v {
		s, err := flat(e)
		if err != nil {
			return "", err
		}
		parts[i] = s
	}
	return strings.Join(parts, ", "), nil
}

func sortedPairs(d *value.Dict) ([]value.Value, error) {
	it := (&value.View{D: d, Kind: 'i'}).Items()
	r, err := python.SortBy(it, func(v value.Value) (value.Value, error) { return v.(value.Tuple)[0], nil }, false)
	if err != nil { // mixed types: pprint orders them by type name, then text
		return python.SortBy(it, func(v value.Value) (value.Value, error) {
			k := v.(value.Tuple)[0]
			s, err := value.Repr(k)
			return value.Tuple{value.TypeName(k), s}, err
		}, false)
	}
	return r, nil
}

// pprint writes v at an indentation; after is how much follows it on its last line.
func pprint(b *strings.Builder, v value.Value, indent, after int) error {
	s, err := flat(v)
	if err != nil {
		return err
	}
	if utf8.RuneCountInString(s) <= pprintWidth-indent-after {
		b.WriteString(s)
		return nil
	}
	switch x := v.(type) {
	case *value.Dict:
		return pprintDict(b, x, indent, after)
	case *value.List:
		return pprintSeq(b, x.V, "[", "]", indent, after)
	case value.Tuple:
		return pprintSeq(b, x, "(", ")", indent, after)
	case string:
		return pprintText(b, x, indent, after)
	case *value.Str:
		return pprintText(b, x.S, indent, after)
	}
	b.WriteString(s)
	return nil
}

func pprintDict(b *strings.Builder, d *value.Dict, indent, after int) error {
	it, err := sortedPairs(d)
	if err != nil {
		return err
	}
	b.WriteByte('{')
	for i, p := range it {
		k, err := value.Repr(p.(value.Tuple)[0])
		if err != nil {
			return err
		}
		b.WriteString(k + ": ")
		rest := 1
		if i == len(it)-1 {
			rest = after + 1
		}
		if err := pprint(b, p.(value.Tuple)[1], indent+utf8.RuneCountInString(k)+3, rest); err != nil {
			return err
		}
		if i < len(it)-1 {
			b.WriteString(",\n" + strings.Repeat(" ", indent+1))
		}
	}
	b.WriteByte('}')
	return nil
}

func pprintSeq(b *strings.Builder, v []value.Value, open, end string, indent, after int) error {
	b.WriteString(open)
	if open == "(" && len(v) == 1 {
		end = ",)"
	}
	for i, e := range v {
		rest := 1
		if i == len(v)-1 {
			rest = after + len(end)
		}
		if err := pprint(b, e, indent+1, rest); err != nil {
			return err
		}
		if i < len(v)-1 {
			b.WriteString(",\n" + strings.Repeat(" ", indent+1))
		}
	}
	b.WriteString(end)
	return nil
}

// pprintText writes a long text as several literals, broken behind white space.
func pprintText(b *strings.Builder, s string, indent, after int) error {
	top := indent == 0
	if top {
		indent++
		after++
	}
	var parts []string
	lines := python.SplitLines(s, true)
	for i, l := range lines {
		room := pprintWidth - indent
		if i == len(lines)-1 {
			room -= after
		}
		if r := value.StrRepr(l); utf8.RuneCountInString(r) <= room {
			parts = append(parts, r)
			continue
		}
		cur := ""
		words := wordsWithSpace(l)
		for j, w := range words {
			limit := pprintWidth - indent
			if j == len(words)-1 && i == len(lines)-1 {
				limit -= after
			}
			if cur != "" && utf8.RuneCountInString(value.StrRepr(cur+w)) > limit {
				parts = append(parts, value.StrRepr(cur))
				cur = w
			} else {
				cur += w
			}
		}
		if cur != "" {
			parts = append(parts, value.StrRepr(cur))
		}
	}
	if len(parts) == 1 {
		b.WriteString(parts[0])
		return nil
	}
	if top {
		b.WriteByte('(')
	}
	b.WriteString(strings.Join(parts, "\n"+strings.Repeat(" ", indent)))
	if top {
		b.WriteByte(')')
	}
	return nil
}

// wordsWithSpace splits text into words, each with the white space behind it.
func wordsWithSpace(s string) []string {
	var r []string
	from, inSpace := 0, false
	for i, c := range s {
		space := python.IsSpaceRune(c)
		if inSpace && !space {
			r = append(r, s[from:i])
			from = i
		}
		inSpace = space
	}
	return append(r, s[from:])
}

package argspec

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
)

// ParseLiteral reads a Python literal: None, True, False, numbers, texts, lists, tuples, dicts and
// sets of these, as ast.literal_eval does.
func ParseLiteral(s string) (value.Value, error) {
	p := &literal{s: strings.TrimLeft(s, " \t")}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.blanks()
	if p.i < len(p.s) {
		return nil, errLiteral
	}
	return v, nil
}

var errLiteral = errors.New("malformed node or string")

type literal struct {
	s string
	i int
}

func (p *literal) blanks() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

// peek returns the next byte after blanks, 0 at the end.
func (p *literal) peek() byte {
	p.blanks()
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *literal) eat(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.i++
	return true
}

func (p *literal) value(depth int) (value.Value, error) {
	if depth > 90 {
		return nil, errLiteral
	}
	switch c := p.peek(); {
	case c == '{':
		p.i++
		return p.braces(depth)
	case c == '[':
		p.i++
		v, _, err := p.items(']', depth)
		return value.NewList(v...), err
	case c == '(':
		p.i++
		v, comma, err := p.items(')', depth)
		if err == nil && len(v) == 1 && !comma {
			return v[0], nil
		}
		return value.Tuple(v), err
	case c == '\'' || c == '"':
		return p.texts()
	}
	return p.word()
}

// items reads values up to end, and says whether the last was followed by a comma.
func (p *literal) items(end byte, depth int) ([]value.Value, bool, error) {
	var r []value.Value
	comma := false
	for !p.eat(end) {
		if len(r) > 0 && !comma {
			return nil, false, errLiteral
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, false, err
		}
		r = append(r, v)
		comma = p.eat(',')
	}
	return r, comma, nil
}

// braces reads a dict or a set, after its opening brace.
func (p *literal) braces(depth int) (value.Value, error) {
	d := value.NewDict()
	isSet, more := false, true
	for n := 0; !p.eat('}'); n++ {
		if !more {
			return nil, errLiteral
		}
		k, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		var v value.Value
		if p.eat(':') && !isSet {
			if v, err = p.value(depth + 1); err != nil {
				return nil, err
			}
		} else if isSet = true; n != d.Len() || n > 0 && !isSet {
			return nil, errLiteral
		}
		if err := d.Set(k, v); err != nil {
			return nil, err
		}
		more = p.eat(',')
	}
	if isSet {
		return &value.Set{D: d}, nil
	}
	return d, nil
}

var words = map[string]value.Value{"None": nil, "True": true, "False": false}

func (p *literal) word() (value.Value, error) {
	start := p.i
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n,:]})", p.s[p.i]) < 0 {
		p.i++
	}
	w := p.s[start:p.i]
	if v, ok := words[w]; ok {
		return v, nil
	}
	if w == "" || !strings.ContainsAny(w[:1], "0123456789+-.") {
		return nil, errLiteral
	}
	if n, err := strconv.ParseInt(w, 0, 64); err == nil && (len(w) < 2 || w[0] != '0' || w[1] > '9') {
		return n, nil
	}
	if n, ok := ParseInt(w); ok && w[0] != '0' {
		return n, nil
	}
	if f, ok := parseFloat(w); ok {
		return f, nil
	}
	return nil, errLiteral
}

// texts reads one or more adjacent quoted texts.
func (p *literal) texts() (value.Value, error) {
	var b strings.Builder
	for c := p.peek(); c == '\'' || c == '"'; c = p.peek() {
		p.i++
		if err := p.quoted(&b, c); err != nil {
			return nil, err
		}
	}
	return b.String(), nil
}

func (p *literal) quoted(b *strings.Builder, q byte) error {
	for p.i < len(p.s) {
		c := p.s[p.i]
		p.i++
		switch c {
		case q:
			return nil
		case '\n':
			return errLiteral
		case '\\':
			if err := p.escape(b); err != nil {
				return err
			}
		default:
			b.WriteByte(c)
		}
	}
	return errLiteral
}

var simpleEscapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', '\\': '\\', '\'': '\'', '"': '"',
	'a': 7, 'b': 8, 'f': 12, 'v': 11}

func (p *literal) escape(b *strings.Builder) error {
	if p.i >= len(p.s) {
		return errLiteral
	}
	c := p.s[p.i]
	p.i++
	if e, ok := simpleEscapes[c]; ok {
		b.WriteByte(e)
		return nil
	}
	size := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	switch {
	case c == '\n':
		return nil
	case size > 0:
		if p.i+size > len(p.s) {
			return errLiteral
		}
		n, err := strconv.ParseUint(p.s[p.i:p.i+size], 16, 32)
		if err != nil || n > utf8.MaxRune {
			return errLiteral
		}
		p.i += size
		b.WriteRune(rune(n))
	case c >= '0' && c <= '7':
		n := int(c - '0')
		for k := 0; k < 2 && p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '7'; k++ {
			n = n*8 + int(p.s[p.i]-'0')
			p.i++
		}
		b.WriteRune(rune(n))
	default:
		b.WriteByte('\\')
		b.WriteByte(c)
	}
	return nil
}

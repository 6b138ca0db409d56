package value

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// JSONError is Python's json.JSONDecodeError: what was wrong, and where. Char counts characters
// from 0, Line and Col from 1.
type JSONError struct {
	Msg             string
	Line, Col, Char int
}

func (e *JSONError) Error() string {
	return fmt.Sprintf("%s: line %d column %d (char %d)", e.Msg, e.Line, e.Col, e.Char)
}

// ParseJSON reads one JSON document as Python's json.loads does: keys keep their order, the last
// of equal keys wins, integers are exact, NaN and Infinity are accepted. Errors are *JSONError
// with Python's words, except for nesting that is too deep.
func ParseJSON(b []byte) (Value, error) {
	p := &jsonReader{s: string(b)}
	if strings.HasPrefix(p.s, "\ufeff") {
		return nil, p.fail("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0)
	}
	p.space()
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.i < len(p.s) {
		return nil, p.fail("Extra data", p.i)
	}
	return v, nil
}

type jsonReader struct {
	s string
	i int
}

func (p *jsonReader) fail(msg string, at int) error {
	before := p.s[:min(at, len(p.s))]
	nl := strings.LastIndexByte(before, '\n')
	return &JSONError{
		Msg:  msg,
		Line: strings.Count(before, "\n") + 1,
		Col:  utf8.RuneCountInString(before[nl+1:]) + 1,
		Char: utf8.RuneCountInString(before),
	}
}

func (p *jsonReader) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\n\r", p.s[p.i]) >= 0 {
		p.i++
	}
}

func (p *jsonReader) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

var jsonWords = []struct {
	text string
	v    Value
}{
	{"null", nil}, {"true", true}, {"false", false},
	{"NaN", math.NaN()}, {"Infinity", math.Inf(1)}, {"-Infinity", math.Inf(-1)},
}

func (p *jsonReader) value(depth int) (Value, error) {
	if depth > maxJSONDepth {
		return nil, fmt.Errorf("maximum recursion depth exceeded while decoding a JSON document")
	}
	switch c := p.peek(); {
	case c == '"':
		return p.text()
	case c == '{':
		return p.dict(depth)
	case c == '[':
		return p.list(depth)
	}
	for _, w := range jsonWords {
		if strings.HasPrefix(p.s[p.i:], w.text) {
			p.i += len(w.text)
			return w.v, nil
		}
	}
	return p.number()
}

func (p *jsonReader) digits() int {
	start := p.i
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		p.i++
	}
	return p.i - start
}

func (p *jsonReader) number() (Value, error) {
	start := p.i
	if p.peek() == '-' {
		p.i++
	}
	if p.peek() == '0' {
		p.i++
	} else if p.digits() == 0 {
		p.i = start
		return nil, p.fail("Expecting value", start)
	}
	end, isFloat := p.i, false
	if p.peek() == '.' {
		p.i++
		if p.digits() > 0 {
			end, isFloat = p.i, true
		}
		p.i = end
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.i++
		if c := p.peek(); c == '+' || c == '-' {
			p.i++
		}
		if p.digits() > 0 {
			end, isFloat = p.i, true
		}
		p.i = end
	}
	return jsonNumber(p.s[start:end], isFloat), nil
}

func jsonNumber(s string, isFloat bool) Value {
	if isFloat {
		f, _ := strconv.ParseFloat(s, 64) // out of range gives the infinity Python gives
		return f
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	b, _ := new(big.Int).SetString(s, 10)
	return b
}

func (p *jsonReader) list(depth int) (Value, error) {
	l := &List{V: []Value{}}
	p.i++
	p.space()
	if p.peek() == ']' {
		p.i++
		return l, nil
	}
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		l.V = append(l.V, v)
		p.space()
		switch p.peek() {
		case ',':
			p.i++
			p.space()
		case ']':
			p.i++
			return l, nil
		default:
			return nil, p.fail("Expecting ',' delimiter", p.i)
		}
	}
}

func (p *jsonReader) dict(depth int) (Value, error) {
	const wantKey = "Expecting property name enclosed in double quotes"
	d := NewDict()
	p.i++
	p.space()
	if p.peek() == '}' {
		p.i++
		return d, nil
	}
	for {
		if p.peek() != '"' {
			return nil, p.fail(wantKey, p.i)
		}
		k, err := p.text()
		if err != nil {
			return nil, err
		}
		p.space()
		if p.peek() != ':' {
			return nil, p.fail("Expecting ':' delimiter", p.i)
		}
		p.i++
		p.space()
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		d.SetStr(k, v)
		p.space()
		switch p.peek() {
		case ',':
			p.i++
			p.space()
		case '}':
			p.i++
			return d, nil
		default:
			return nil, p.fail("Expecting ',' delimiter", p.i)
		}
	}
}

func (p *jsonReader) text() (string, error) {
	start := p.i
	p.i++
	from := p.i
	for p.i < len(p.s) && p.s[p.i] != '"' && p.s[p.i] != '\\' && p.s[p.i] >= 0x20 {
		p.i++
	}
	if p.peek() == '"' && p.i < len(p.s) {
		p.i++
		return p.s[from : p.i-1], nil
	}
	var b strings.Builder
	b.WriteString(p.s[from:p.i])
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return b.String(), nil
		case c < 0x20:
			return "", p.fail("Invalid control character at", p.i)
		case c != '\\':
			b.WriteByte(c)
			p.i++
		default:
			if err := p.escape(&b, start); err != nil {
				return "", err
			}
		}
	}
	return "", p.fail("Unterminated string starting at", start)
}

var jsonUnescape = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *jsonReader) escape(b *strings.Builder, start int) error {
	at := p.i
	p.i++
	if p.i >= len(p.s) {
		return p.fail("Unterminated string starting at", start)
	}
	c := p.s[p.i]
	p.i++
	if c != 'u' {
		u, ok := jsonUnescape[c]
		if !ok {
			return p.fail("Invalid \\escape", at)
		}
		b.WriteByte(u)
		return nil
	}
	r, err := p.hex4(at)
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(r) && strings.HasPrefix(p.s[p.i:], `\u`) {
		back := p.i
		p.i += 2
		low, err := p.hex4(back)
		if err != nil {
			return err
		}
		if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
			b.WriteRune(full)
			return nil
		}
		p.i = back
	}
	if r >= 0xdc80 && r <= 0xdcff { // Python's surrogateescape of a byte
		b.WriteByte(byte(r - 0xdc00))
		return nil
	}
	b.WriteRune(r)
	return nil
}

func (p *jsonReader) hex4(at int) (rune, error) {
	if p.i+4 <= len(p.s) {
		if n, err := strconv.ParseUint(p.s[p.i:p.i+4], 16, 16); err == nil {
			p.i += 4
			return rune(n), nil
		}
	}
	return 0, p.fail("Invalid \\uXXXX escape", at+1)
}

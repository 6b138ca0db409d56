package yaml

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"pbc/ir"
	"pbc/ir/value"
)

// jsonError is a fault in JSON text, in the words of Python's json module.
type jsonError struct {
	msg string
	off int // byte offset
}

// text is Python's str(JSONDecodeError): its lines, columns and offsets count characters.
func (e *jsonError) text(src string) string {
	before := src[:e.off]
	line := strings.Count(before, "\n") + 1
	col := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("%s: line %d column %d (char %d)", e.msg, line, col, utf8.RuneCountInString(before))
}

// ParseJSON reads JSON only, with Python's words for its faults.
func ParseJSON(file string, src []byte) (*Node, error) {
	n, err := parseJSON(file, string(src))
	if err != nil {
		return nil, errors.New(err.text(string(src)))
	}
	return n, nil
}

// parseJSON reads src as json.loads of Ansible's decoder does.
func parseJSON(file, src string) (*Node, *jsonError) {
	p := jsonReader{src: src, pos: ir.Pos{File: file}}
	if strings.HasPrefix(src, "\ufeff") {
		return nil, &jsonError{"Unexpected UTF-8 BOM (decode using utf-8-sig)", 0}
	}
	p.space()
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at < len(src) {
		return nil, &jsonError{"Extra data", p.at}
	}
	return n, nil
}

type jsonReader struct {
	src string
	at  int
	pos ir.Pos
}

func (p *jsonReader) fail(msg string, off int) *jsonError { return &jsonError{msg, off} }

func (p *jsonReader) space() {
	for p.at < len(p.src) && strings.IndexByte(" \t\n\r", p.src[p.at]) >= 0 {
		p.at++
	}
}

// peek is the next byte, 0 at the end.
func (p *jsonReader) peek() byte {
	if p.at < len(p.src) {
		return p.src[p.at]
	}
	return 0
}

func (p *jsonReader) scalar(tag string, v value.Value) *Node {
	s, _ := v.(string)
	return &Node{Pos: p.pos, Tag: tag, Value: v, Raw: s, Style: JSON}
}

var jsonWords = []struct {
	word, tag string
	v         value.Value
}{
	{"null", "!!null", nil},
	{"true", "!!bool", true},
	{"false", "!!bool", false},
	{"NaN", "!!float", math.NaN()},
	{"Infinity", "!!float", math.Inf(1)},
	{"-Infinity", "!!float", math.Inf(-1)},
}

var jsonNumber = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?`)

func (p *jsonReader) value(depth int) (*Node, *jsonError) {
	if depth > maxDepth {
		return nil, p.fail("maximum recursion depth exceeded while decoding a JSON document", p.at)
	}
	switch p.peek() {
	case '"':
		s, err := p.str()
		return p.scalar("!!str", s), err
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	}
	rest := p.src[p.at:]
	for _, w := range jsonWords {
		if strings.HasPrefix(rest, w.word) {
			p.at += len(w.word)
			return p.scalar(w.tag, w.v), nil
		}
	}
	m := jsonNumber.FindStringSubmatch(rest)
	if m == nil {
		return nil, p.fail("Expecting value", p.at)
	}
	p.at += len(m[0])
	if m[1] != "" || m[2] != "" {
		f, _ := strconv.ParseFloat(m[0], 64)
		return p.scalar("!!float", f), nil
	}
	n, _ := new(big.Int).SetString(m[0], 10)
	return p.scalar("!!int", value.NormInt(n)), nil
}

func (p *jsonReader) array(depth int) (*Node, *jsonError) {
	n := &Node{Kind: Seq, Pos: p.pos, Tag: "!!seq", Style: JSON}
	p.at++
	p.space()
	if p.peek() == ']' {
		p.at++
		return n, nil
	}
	for {
		e, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.Items = append(n.Items, e)
		p.space()
		switch p.peek() {
		case ']':
			p.at++
			return n, nil
		case ',':
			p.at++
			p.space()
		default:
			return nil, p.fail("Expecting ',' delimiter", p.at)
		}
	}
}

func (p *jsonReader) object(depth int) (*Node, *jsonError) {
	m := newMapping(&Node{Kind: Map, Pos: p.pos, Tag: "!!map", Style: JSON})
	p.at++
	p.space()
	if p.peek() == '}' {
		p.at++
		return m.n, nil
	}
	for {
		if p.peek() != '"' {
			return nil, p.fail("Expecting property name enclosed in double quotes", p.at)
		}
		k, err := p.str()
		if err != nil {
			return nil, err
		}
		p.space()
		if p.peek() != ':' {
			return nil, p.fail("Expecting ':' delimiter", p.at)
		}
		p.at++
		p.space()
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		m.set(p.scalar("!!str", k), v, k)
		p.space()
		switch p.peek() {
		case '}':
			p.at++
			return hook(m.n), nil
		case ',':
			p.at++
			p.space()
		default:
			return nil, p.fail("Expecting ',' delimiter", p.at)
		}
	}
}

// hook turns the objects that Ansible writes for vaulted and unsafe text into what they stand for.
func hook(n *Node) *Node {
	for i, k := range n.Keys {
		switch k.Value {
		case "__ansible_vault":
			s, _ := n.Items[i].Text()
			return &Node{Pos: n.Pos, Tag: "!vault", Value: &value.Vault{Cipher: s}, Raw: s, Style: JSON}
		case "__ansible_unsafe":
			taint(n.Items[i], map[*Node]bool{})
			return n.Items[i]
		}
	}
	return n
}

// taint marks everything in n unsafe.
func taint(n *Node, seen map[*Node]bool) {
	if seen[n] {
		return
	}
	seen[n] = true
	n.Unsafe = true
	for _, e := range append(n.Keys[:len(n.Keys):len(n.Keys)], n.Items...) {
		taint(e, seen)
	}
}

var jsonEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// str reads a string that starts at its quote.
func (p *jsonReader) str() (string, *jsonError) {
	start := p.at
	p.at++
	var b strings.Builder
	for {
		i := p.at
		for i < len(p.src) && p.src[i] != '"' && p.src[i] != '\\' && p.src[i] >= 0x20 {
			i++
		}
		b.WriteString(p.src[p.at:i])
		p.at = i
		switch {
		case i >= len(p.src):
			return "", p.fail("Unterminated string starting at", start)
		case p.src[i] == '"':
			p.at++
			return b.String(), nil
		case p.src[i] != '\\':
			return "", p.fail("Invalid control character at", i)
		}
		if i+1 >= len(p.src) {
			return "", p.fail("Unterminated string starting at", start)
		}
		if err := p.escape(&b); err != nil {
			return "", err
		}
	}
}

// escape reads one escape, which starts at its backslash.
func (p *jsonReader) escape(b *strings.Builder) *jsonError {
	c := p.src[p.at+1]
	if c != 'u' {
		e, ok := jsonEscapes[c]
		if !ok {
			return p.fail(`Invalid \escape: `, p.at)
		}
		b.WriteByte(e)
		p.at += 2
		return nil
	}
	r, ok := p.hex4(p.at + 2)
	if !ok {
		return p.fail(`Invalid \uXXXX escape`, p.at+1)
	}
	p.at += 6
	if utf16.IsSurrogate(r) && strings.HasPrefix(p.src[p.at:], `\u`) {
		if low, ok := p.hex4(p.at + 2); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
			r = utf16.DecodeRune(r, low)
			p.at += 6
		}
	}
	b.WriteRune(r)
	return nil
}

func (p *jsonReader) hex4(at int) (rune, bool) {
	if at+4 > len(p.src) {
		return 0, false
	}
	n, err := strconv.ParseUint(p.src[at:at+4], 16, 16)
	return rune(n), err == nil && !strings.ContainsAny(p.src[at:at+4], "+_")
}

package inventory

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
)

// errNoLiteral says that a text is no Python literal. Which fault it has does not matter: the text is then
// taken as it stands.
var errNoLiteral = errors.New("malformed node or string")

// maxLiteralDepth bounds nesting; Python's own parser gives up at 200 brackets.
const maxLiteralDepth = 200

// parseLiteral is Python's ast.literal_eval for the values that YAML and JSON have too: None, True, False,
// numbers, strings, tuples, lists, dictionaries and sets. mk is applied to every string that is no key.
func parseLiteral(s string, mk func(string) value.Value) (value.Value, error) {
	p := literal{src: strings.TrimLeft(s, " \t"), mk: mk}
	v, err := p.tuple()
	if err != nil {
		return nil, err
	}
	p.depth = 0
	p.blank()
	for p.peek() == '\n' || p.peek() == '\r' {
		p.at++
		p.blank()
	}
	if p.at < len(p.src) {
		return nil, errNoLiteral
	}
	return v, nil
}

type literal struct {
	src   string
	at    int
	depth int // open brackets: inside of them newlines are blank
	mk    func(string) value.Value
}

func (p *literal) peek() byte {
	if p.at < len(p.src) {
		return p.src[p.at]
	}
	return 0
}

// blank skips spaces and a comment, and newlines inside of brackets.
func (p *literal) blank() {
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == ' ' || c == '\t' || c == '\f':
		case (c == '\n' || c == '\r') && p.depth > 0:
		case c == '#':
			for p.at+1 < len(p.src) && p.src[p.at+1] != '\n' {
				p.at++
			}
		default:
			return
		}
		p.at++
	}
}

// tuple reads a value, or several separated by commas.
func (p *literal) tuple() (value.Value, error) {
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	p.blank()
	if p.peek() != ',' {
		return v, nil
	}
	t := value.Tuple{v}
	for p.peek() == ',' {
		p.at++
		p.blank()
		if c := p.peek(); c == 0 || c == ')' || c == '\n' {
			break
		}
		if v, err = p.value(); err != nil {
			return nil, err
		}
		t = append(t, v)
		p.blank()
	}
	return t, nil
}

func (p *literal) value() (value.Value, error) {
	p.blank()
	c := p.peek()
	switch {
	case c == '(' || c == '[' || c == '{':
		return p.bracket(c)
	case c == '+' || c == '-':
		return p.signed(c)
	case c == '.' || c >= '0' && c <= '9':
		return p.number()
	case c == '"' || c == '\'':
		return p.text()
	}
	return p.name()
}

func (p *literal) bracket(c byte) (v value.Value, err error) {
	p.at++
	if p.depth++; p.depth > maxLiteralDepth {
		return nil, errNoLiteral
	}
	switch c {
	case '[':
		l := &value.List{}
		v, err = l, p.items(']', func(e value.Value) error {
			l.V = append(l.V, e)
			return nil
		})
	case '{':
		v, err = p.braces()
	default:
		if p.blank(); p.peek() == ')' {
			p.at++
			v = value.Tuple{}
			break
		}
		if v, err = p.tuple(); err == nil {
			p.blank()
			err = p.expect(')')
		}
	}
	p.depth--
	return v, err
}

func (p *literal) expect(c byte) error {
	if p.peek() != c {
		return errNoLiteral
	}
	p.at++
	return nil
}

// items reads values up to the closing bracket.
func (p *literal) items(end byte, add func(value.Value) error) error {
	for {
		p.blank()
		if p.peek() == end {
			p.at++
			return nil
		}
		v, err := p.value()
		if err != nil {
			return err
		}
		if err = add(v); err != nil {
			return err
		}
		p.blank()
		if p.peek() == ',' {
			p.at++
		} else if p.peek() != end {
			return errNoLiteral
		}
	}
}

// braces reads a dictionary or a set.
func (p *literal) braces() (value.Value, error) {
	d := value.NewDict()
	first, isSet := true, false
	err := p.items('}', func(k value.Value) error {
		p.blank()
		colon := p.peek() == ':'
		if first {
			isSet, first = !colon, false
		}
		if colon == isSet {
			return errNoLiteral
		}
		var v value.Value
		if colon {
			p.at++
			var err error
			if v, err = p.value(); err != nil {
				return err
			}
		}
		if t, ok := k.(*value.Tmpl); ok {
			k = t.Src
		}
		if d.Set(k, v) != nil {
			return errNoLiteral
		}
		return nil
	})
	if isSet {
		return &value.Set{D: d}, err
	}
	return d, err
}

func (p *literal) signed(c byte) (value.Value, error) {
	p.at++
	p.blank()
	v, err := p.number()
	return negate(v, c == '-', err)
}

func negate(v value.Value, minus bool, err error) (value.Value, error) {
	if err != nil || !minus {
		return v, err
	}
	switch x := v.(type) {
	case int64:
		return value.NormInt(new(big.Int).Neg(big.NewInt(x))), nil
	case *big.Int:
		return value.NormInt(new(big.Int).Neg(x)), nil
	case float64:
		return -x, nil
	}
	return nil, errNoLiteral
}

// number reads an int or a float. Complex numbers are no values here.
func (p *literal) number() (value.Value, error) {
	i := p.at
	for i < len(p.src) && numberByte(p.src, i) {
		i++
	}
	s := p.src[p.at:i]
	p.at = i
	if s == "" || strings.HasSuffix(s, "_") || strings.Contains(s, "__") {
		return nil, errNoLiteral
	}
	lower := strings.ToLower(s)
	if len(lower) > 1 && lower[0] == '0' && strings.IndexByte("xob", lower[1]) >= 0 {
		n, ok := new(big.Int).SetString(s, 0)
		return bigOrFail(n, ok)
	}
	if strings.ContainsAny(lower, ".e") {
		if strings.Contains(s, "_.") || strings.Contains(s, "._") {
			return nil, errNoLiteral
		}
		f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return nil, errNoLiteral
		}
		return f, nil
	}
	digits := strings.ReplaceAll(s, "_", "")
	if len(digits) > 1 && digits[0] == '0' && strings.Trim(digits, "0") != "" {
		return nil, errNoLiteral
	}
	n, ok := new(big.Int).SetString(digits, 10)
	return bigOrFail(n, ok)
}

func bigOrFail(n *big.Int, ok bool) (value.Value, error) {
	if !ok {
		return nil, errNoLiteral
	}
	return value.NormInt(n), nil
}

// numberByte says whether the byte at i may belong to a number: the sign of an exponent does.
func numberByte(s string, i int) bool {
	c := s[i]
	switch {
	case c == '.' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return true
	case c == '+' || c == '-':
		return i > 0 && (s[i-1] == 'e' || s[i-1] == 'E') && !strings.HasPrefix(strings.ToLower(s), "0x")
	}
	return false
}

var literalNames = map[string]value.Value{"None": nil, "True": true, "False": false}

// name reads None, True, False, set() or a string with a prefix.
func (p *literal) name() (value.Value, error) {
	i := p.at
	for i < len(p.src) && (p.src[i] == '_' || p.src[i] >= '0' && p.src[i] <= '9' || p.src[i]|0x20 >= 'a' && p.src[i]|0x20 <= 'z') {
		i++
	}
	s := p.src[p.at:i]
	if i < len(p.src) && (p.src[i] == '"' || p.src[i] == '\'') {
		return p.text()
	}
	p.at = i
	if v, ok := literalNames[s]; ok {
		return v, nil
	}
	if s == "set" && strings.HasPrefix(p.src[i:], "()") {
		p.at += 2
		return &value.Set{D: value.NewDict()}, nil
	}
	return nil, errNoLiteral
}

// text reads string literals that follow each other.
func (p *literal) text() (value.Value, error) {
	var b strings.Builder
	for {
		raw, err := p.prefix()
		if err != nil {
			return nil, err
		}
		if err := p.quoted(&b, raw); err != nil {
			return nil, err
		}
		p.blank()
		c := p.peek()
		next := c == '"' || c == '\''
		if i := p.at + 1; !next && strings.IndexByte("rRuUbBfF", c) >= 0 && c != 0 && i < len(p.src) {
			next = p.src[i] == '"' || p.src[i] == '\''
		}
		if !next {
			return p.mk(b.String()), nil
		}
	}
}

// prefix reads what stands before the quote: r and u are fine. Of b, Ansible makes text again.
func (p *literal) prefix() (raw bool, err error) {
	for p.peek() != '"' && p.peek() != '\'' {
		switch p.peek() {
		case 'r', 'R':
			raw = true
		case 'u', 'U', 'b', 'B':
		default:
			return false, errNoLiteral
		}
		p.at++
	}
	return raw, nil
}

func (p *literal) quoted(b *strings.Builder, raw bool) error {
	end := p.src[p.at : p.at+1]
	long := strings.Repeat(end, 3)
	triple := strings.HasPrefix(p.src[p.at:], long)
	if triple {
		end = long
	}
	p.at += len(end)
	for {
		switch rest := p.src[p.at:]; {
		case rest == "":
			return errNoLiteral
		case strings.HasPrefix(rest, end):
			p.at += len(end)
			return nil
		case rest[0] == '\n' && !triple:
			return errNoLiteral
		case rest[0] == '\\' && len(rest) > 1:
			if err := p.escape(b, raw); err != nil {
				return err
			}
		default:
			b.WriteByte(rest[0])
			p.at++
		}
	}
}

var simpleEscapes = map[byte]string{'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b",
	'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v"}

var hexEscapes = map[byte]int{'x': 2, 'u': 4, 'U': 8}

// escape reads one escape sequence; an unknown one stands for itself.
func (p *literal) escape(b *strings.Builder, raw bool) error {
	c := p.src[p.at+1]
	p.at += 2
	if raw {
		b.WriteString(`\` + string(rune(c)))
		return nil
	}
	if s, ok := simpleEscapes[c]; ok {
		b.WriteString(s)
		return nil
	}
	digits, base := hexEscapes[c], 16
	i := p.at
	if c >= '0' && c <= '7' {
		i, digits, base = p.at-1, 1, 8
		for digits < 3 && i+digits < len(p.src) && p.src[i+digits] >= '0' && p.src[i+digits] <= '7' {
			digits++
		}
	}
	if digits == 0 {
		b.WriteByte('\\')
		p.at--
		return nil
	}
	if i+digits > len(p.src) {
		return errNoLiteral
	}
	n, err := strconv.ParseUint(p.src[i:i+digits], base, 32)
	if err != nil || n > utf8.MaxRune {
		return errNoLiteral
	}
	b.WriteRune(rune(n))
	p.at = i + digits
	return nil
}

package value

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

var errLiteral = errors.New("malformed node or string")

// literalDepth is how many brackets CPython's parser nests.
const literalDepth = 200

// Literal reads a Python literal as ast.literal_eval does: strings, bytes, numbers, tuples,
// lists, dictionaries, sets, booleans and None. With jsonNames the words true, false and null are
// read too, as classic's templating does with a result.
func Literal(s string, jsonNames bool) (Value, error) {
	l := &literal{s: strings.TrimLeft(s, " \t"), json: jsonNames}
	v, err := l.value(0)
	if err != nil {
		return nil, err
	}
	if l.space(); l.i != len(l.s) {
		return nil, errLiteral
	}
	return v, nil
}

type literal struct {
	s    string
	i    int
	json bool
}

func (l *literal) space() {
	for l.i < len(l.s) {
		switch l.s[l.i] {
		case ' ', '\t', '\n', '\r', '\f':
			l.i++
		case '#':
			for l.i < len(l.s) && l.s[l.i] != '\n' {
				l.i++
			}
		default:
			return
		}
	}
}

func (l *literal) peek() byte {
	if l.space(); l.i < len(l.s) {
		return l.s[l.i]
	}
	return 0
}

func (l *literal) value(depth int) (Value, error) {
	if depth > literalDepth {
		return nil, errLiteral
	}
	switch c := l.peek(); {
	case c == '[':
		v, _, err := l.items(']', depth)
		return &List{v}, err
	case c == '(':
		v, comma, err := l.items(')', depth)
		if err == nil && len(v) == 1 && !comma {
			return v[0], nil
		}
		return Tuple(v), err
	case c == '{':
		return l.braces(depth)
	case c == '\'' || c == '"':
		return l.strings("")
	case c == '-' || c == '+':
		return l.signed(c, depth)
	case c >= '0' && c <= '9' || c == '.':
		return l.number()
	}
	return l.word()
}

// items reads what stands between brackets, and whether a comma was among it.
func (l *literal) items(end byte, depth int) (v []Value, comma bool, err error) {
	v = []Value{}
	l.i++
	for l.peek() != end {
		x, err := l.value(depth + 1)
		if err != nil {
			return nil, false, err
		}
		v = append(v, x)
		if l.peek() == ',' {
			l.i++
			comma = true
		} else if l.peek() != end {
			return nil, false, errLiteral
		}
	}
	l.i++
	return v, comma, nil
}

func (l *literal) braces(depth int) (Value, error) {
	d, colons, plain := NewDict(), 0, 0
	l.i++
	for l.peek() != '}' {
		k, err := l.value(depth + 1)
		if err != nil {
			return nil, err
		}
		var v Value
		if l.peek() == ':' {
			l.i++
			colons++
			if v, err = l.value(depth + 1); err != nil {
				return nil, err
			}
		} else {
			plain++
		}
		if d.Set(k, v) != nil {
			return nil, errLiteral
		}
		if l.peek() == ',' {
			l.i++
		} else if l.peek() != '}' {
			return nil, errLiteral
		}
	}
	l.i++
	if plain > 0 && colons > 0 {
		return nil, errLiteral
	}
	if plain > 0 {
		return &Set{d}, nil
	}
	return d, nil
}

func (l *literal) signed(sign byte, depth int) (Value, error) {
	l.i++
	if c := l.peek(); c == '-' || c == '+' {
		return nil, errLiteral
	}
	v, err := l.value(depth + 1)
	if err != nil {
		return nil, err
	}
	switch x := v.(type) {
	case int64:
		if sign == '-' {
			return NormInt(new(big.Int).Neg(big.NewInt(x))), nil
		}
		return x, nil
	case *big.Int:
		if sign == '-' {
			return NormInt(new(big.Int).Neg(x)), nil
		}
		return x, nil
	case float64:
		if sign == '-' {
			return -x, nil
		}
		return x, nil
	}
	return nil, errLiteral
}

func isNumberByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '.'
}

func (l *literal) number() (Value, error) {
	start := l.i
	for l.i < len(l.s) {
		c := l.s[l.i]
		sign := (c == '-' || c == '+') && l.i > start && (l.s[l.i-1]|0x20) == 'e' && !hasBase(l.s[start:l.i])
		if !sign && !isNumberByte(c) {
			break
		}
		l.i++
	}
	v, err := ParseNumber(l.s[start:l.i])
	if err != nil {
		return nil, errLiteral
	}
	return v, nil
}

func hasBase(s string) bool {
	return len(s) > 1 && s[0] == '0' && strings.IndexByte("xXbBoO", s[1]) >= 0
}

// ParseNumber reads an int or float as Python writes it in source: with underscores between
// digits, bases 2, 8 and 16 by prefix, no superfluous leading zero.
func ParseNumber(s string) (Value, error) {
	if s == "" || strings.HasPrefix(s, "_") || strings.HasSuffix(s, "_") || strings.Contains(s, "__") {
		return nil, errLiteral
	}
	t := strings.ReplaceAll(s, "_", "")
	if hasBase(t) {
		return ParseInt(t, 0)
	}
	if strings.Trim(t, "0123456789") == "" {
		if t[0] == '0' && strings.Trim(t, "0") != "" {
			return nil, errLiteral
		}
		return ParseInt(t, 10)
	}
	if strings.Trim(t, "0123456789.eE+-") != "" {
		return nil, errLiteral
	}
	f, err := strconv.ParseFloat(t, 64)
	if err != nil && !math.IsInf(f, 0) {
		return nil, errLiteral
	}
	return f, nil
}

// ParseInt reads an integer of any size in the base given; base 0 goes by the prefix.
func ParseInt(s string, base int) (Value, error) {
	if n, err := strconv.ParseInt(s, base, 64); err == nil {
		return n, nil
	}
	if strings.ContainsRune(s, '_') {
		return nil, errLiteral
	}
	if digits := len(strings.TrimPrefix(s, "-")); base == 10 && digits > maxDigits {
		return nil, fmt.Errorf("%s: value has %d digits%s", digitsText, digits, digitsAdvice)
	}
	b, ok := new(big.Int).SetString(s, base)
	if !ok {
		return nil, errLiteral
	}
	return NormInt(b), nil
}

func (l *literal) word() (Value, error) {
	start := l.i
	for l.i < len(l.s) && isNumberByte(l.s[l.i]) && l.s[l.i] != '.' {
		l.i++
	}
	w := l.s[start:l.i]
	switch w {
	case "True":
		return true, nil
	case "False":
		return false, nil
	case "None":
		return nil, nil
	case "set":
		if v, _, err := l.call(); err == nil && len(v) == 0 {
			return &Set{NewDict()}, nil
		}
		return nil, errLiteral
	}
	if v, ok := jsonName[w]; ok && l.json {
		return v, nil
	}
	if w != "" && l.i < len(l.s) && (l.s[l.i] == '\'' || l.s[l.i] == '"') {
		return l.strings(strings.ToLower(w))
	}
	return nil, errLiteral
}

func (l *literal) call() ([]Value, bool, error) {
	if l.peek() != '(' {
		return nil, false, errLiteral
	}
	return l.items(')', literalDepth-1)
}

var jsonName = map[string]Value{"true": true, "false": false, "null": nil}

// strings reads one or more adjacent string literals; prefix is that of the first, lower case.
func (l *literal) strings(prefix string) (Value, error) {
	switch prefix {
	case "", "u", "r", "b", "rb", "br":
	default:
		return nil, errLiteral
	}
	isBytes := strings.Contains(prefix, "b")
	var b strings.Builder
	for {
		s, err := l.quoted(strings.Contains(prefix, "r"))
		if err != nil {
			return nil, err
		}
		b.WriteString(s)
		if c := l.peek(); c != '\'' && c != '"' {
			break
		}
	}
	if isBytes {
		return []byte(b.String()), nil
	}
	return b.String(), nil
}

func (l *literal) quoted(raw bool) (string, error) {
	q := l.s[l.i : l.i+1]
	if triple := strings.Repeat(q, 3); strings.HasPrefix(l.s[l.i:], triple) {
		q = triple
	}
	l.i += len(q)
	start := l.i
	for {
		if l.i >= len(l.s) || (len(q) == 1 && l.s[l.i] == '\n') {
			return "", errLiteral
		}
		if strings.HasPrefix(l.s[l.i:], q) {
			break
		}
		if l.s[l.i] == '\\' {
			l.i++
		}
		l.i++
	}
	s := l.s[start:l.i]
	l.i += len(q)
	if raw {
		return s, nil
	}
	return Unescape(s)
}

var simpleEscape = map[byte]byte{
	'\\': '\\', '\'': '\'', '"': '"', 'a': 7, 'b': 8, 'f': 12, 'n': 10, 'r': 13, 't': 9, 'v': 11,
}

// Unescape replaces the backslash escapes of a Python string literal. An unknown escape keeps
// its backslash.
func Unescape(s string) (string, error) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 >= len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		n, err := unescapeOne(&b, s[i+1:])
		if err != nil {
			return "", err
		}
		i += 1 + n
	}
	return b.String(), nil
}

// unescapeOne writes what the escape at the start of s, after its backslash, stands for, and
// returns how many bytes of s it took.
func unescapeOne(b *strings.Builder, s string) (int, error) {
	c := s[0]
	if e, ok := simpleEscape[c]; ok {
		b.WriteByte(e)
		return 1, nil
	}
	switch {
	case c == '\n':
		return 1, nil
	case c == 'x':
		return hexEscape(b, s, 2)
	case c == 'u':
		return hexEscape(b, s, 4)
	case c == 'U':
		return hexEscape(b, s, 8)
	case c >= '0' && c <= '7':
		n, v := 0, rune(0)
		for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
			v = v*8 + rune(s[n]-'0')
			n++
		}
		b.WriteRune(v)
		return n, nil
	}
	b.WriteByte('\\')
	return 0, nil
}

func hexEscape(b *strings.Builder, s string, n int) (int, error) {
	if len(s) > n {
		if v, err := strconv.ParseUint(s[1:1+n], 16, 32); err == nil && v <= utf8.MaxRune {
			b.WriteRune(rune(v))
			return 1 + n, nil
		}
	}
	kind := map[int]string{2: `\xXX`, 4: `\uXXXX`, 8: `\UXXXXXXXX`}[n]
	return 0, errors.New("(unicode error) 'unicodeescape' codec can't decode bytes: truncated " + kind + " escape")
}

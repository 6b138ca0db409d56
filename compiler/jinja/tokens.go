package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"pbc/ir/value"
)

// operators, longer before shorter.
var operators = []string{
	"**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
}

func isNameRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r))
}

func (l *lexer) name() error {
	start := l.pos
	for i, r := range l.src[start:] {
		if !isNameRune(r) {
			l.pos = start + i
			break
		}
		l.pos = start + i + utf8.RuneLen(r)
	}
	s := l.src[start:l.pos]
	for _, r := range s {
		if unicode.IsNumber(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Nl, r) {
			return l.fail("Invalid character in identifier")
		}
	}
	l.emit(token{kind: tName, s: s})
	return nil
}

var brackets = map[string]byte{"{": '}', "(": ')', "[": ']'}

func (l *lexer) operator(o string, open *[]byte) error {
	if b, ok := brackets[o]; ok {
		*open = append(*open, b)
	}
	if o == "}" || o == ")" || o == "]" {
		n := len(*open)
		if n == 0 {
			return l.fail("unexpected '%s'", o)
		}
		if want := (*open)[n-1]; want != o[0] {
			return l.fail("unexpected '%s', expected '%c'", o, want)
		}
		*open = (*open)[:n-1]
	}
	l.emit(token{kind: tOp, s: o})
	l.pos += len(o)
	return nil
}

// digits returns how far decimal digits with single underscores between them reach from p.
func digits(s string, p int, ok func(byte) bool) int {
	for p < len(s) {
		if ok(s[p]) {
			p++
		} else if s[p] == '_' && p > 0 && ok(s[p-1]) && p+1 < len(s) && ok(s[p+1]) {
			p++
		} else {
			break
		}
	}
	return p
}

func isDecimal(c byte) bool { return c >= '0' && c <= '9' }

// floatEnd returns where the float at the start of s ends, 0 when there is none: digits, then a
// fraction, an exponent or both.
func floatEnd(s string) int {
	p := digits(s, 0, isDecimal)
	isFloat := false
	if p+1 < len(s) && s[p] == '.' && isDecimal(s[p+1]) {
		p = digits(s, p+1, isDecimal)
		isFloat = true
	}
	if p < len(s) && (s[p] == 'e' || s[p] == 'E') {
		q := p + 1
		if q < len(s) && (s[q] == '+' || s[q] == '-') {
			q++
		}
		if q < len(s) && isDecimal(s[q]) {
			return digits(s, q, isDecimal)
		}
	}
	if isFloat {
		return p
	}
	return 0
}

// intEnd returns where the integer at the start of s ends. A leading zero stands alone: Jinja
// reads 012 as 0 and 12.
func intEnd(s string) int {
	bases := map[byte]string{'b': "01", 'o': "01234567", 'x': "0123456789abcdefABCDEF"}
	if s[0] == '0' && len(s) > 1 {
		if set, ok := bases[s[1]|0x20]; ok {
			in := func(c byte) bool { return strings.IndexByte(set, c) >= 0 }
			from := 2
			if len(s) > 2 && s[2] == '_' {
				from = 3
			}
			if e := digits(s, from, in); e > from {
				return e
			}
		}
		return digits(s, 0, func(c byte) bool { return c == '0' })
	}
	return digits(s, 0, isDecimal)
}

func (l *lexer) number() error {
	rest := l.src[l.pos:]
	k, n := tInt, 0
	if l.pos == 0 || l.src[l.pos-1] != '.' {
		n = floatEnd(rest)
		k = tFloat
	}
	if n == 0 {
		k, n = tInt, intEnd(rest)
	}
	text := strings.ReplaceAll(rest[:n], "_", "")
	if strings.Trim(text, "0") == "" {
		text = "0"
	}
	v, err := value.ParseNumber(text)
	if err != nil {
		return l.fail("invalid number %s", rest[:n])
	}
	l.emit(token{kind: k, s: rest[:n], v: v})
	l.pos += n
	return nil
}

// quoted reads a string literal.
func (l *lexer) quoted(construct byte) error {
	q := l.src[l.pos]
	e := l.pos + 1
	for e < len(l.src) && l.src[e] != q {
		if l.src[e] == '\\' {
			e++
		}
		e++
	}
	if e >= len(l.src) {
		return l.unexpected(rune(q))
	}
	raw := l.src[l.pos+1 : e]
	if construct == '{' {
		l.strings = append(l.strings, span{l.pos, e})
		if l.opt.literalBackslash {
			raw = strings.ReplaceAll(raw, `\`, `\\`)
		}
	}
	if l.opt.Newline != "\n" {
		raw = strings.ReplaceAll(raw, "\n", l.opt.Newline)
	}
	s, err := value.Unescape(raw)
	if err != nil {
		msg := err.Error()
		return l.fail("%s", strings.TrimSpace(msg[strings.LastIndexByte(msg, ':')+1:]))
	}
	l.emit(token{kind: tString, s: s})
	l.advance(e + 1)
	return nil
}

// doubled returns src with the backslashes doubled inside the string literals of its variables:
// what classic does to text of playbooks, so that '\1' needs no escaping there.
func doubled(src string, opt Options) (string, error) {
	l := newLexer(src, opt)
	if err := l.run(); err != nil {
		return "", err
	}
	var b strings.Builder
	at := 0
	for _, s := range l.strings {
		b.WriteString(l.src[at:s.from])
		b.WriteString(strings.ReplaceAll(l.src[s.from:s.to], `\`, `\\`))
		at = s.to
	}
	b.WriteString(l.src[at:])
	return b.String(), nil
}

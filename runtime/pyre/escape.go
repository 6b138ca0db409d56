package pyre

import (
	"strconv"
	"strings"
)

// The classes of ASCII patterns: what stands inside brackets for each, and for its opposite.
var (
	asciiClass = map[rune]string{'w': `a-zA-Z0-9_`, 'd': `0-9`, 's': ` \t\n\r\f\v`}
	asciiOther = map[rune]string{
		'W': `\x00-/:-@\[-\^` + "`" + `\{-` + "\U0010ffff",
		'D': `\x00-/:-` + "\U0010ffff",
		'S': `\x00-\x08\x0e-\x1f!-` + "\U0010ffff",
	}
)

const (
	asciiWord    = `[a-zA-Z0-9_]`
	asciiEdge    = `(?:(?<=` + asciiWord + `)(?!` + asciiWord + `)|(?<!` + asciiWord + `)(?=` + asciiWord + `))`
	asciiNotEdge = `(?:(?<=` + asciiWord + `)(?=` + asciiWord + `)|(?<!` + asciiWord + `)(?!` + asciiWord + `))`
)

// escape reads a backslash escape outside brackets.
func (t *translator) escape() error {
	c := t.peek(1)
	t.last = atom
	switch {
	case strings.ContainsRune("AZbB", c):
		t.last = nothing
		t.put(t.anchor(c))
		t.i += 2
		return nil
	case strings.ContainsRune("wdsWDS", c):
		t.put(t.shorthand(c))
		t.i += 2
		return nil
	case c >= '1' && c <= '9':
		return t.backReference()
	}
	r, n, err := t.character(t.i, false)
	if err != nil {
		return err
	}
	t.literal(r)
	t.i += n
	return nil
}

func (t *translator) anchor(c rune) string {
	switch {
	case c == 'Z':
		return `\z`
	case c == 'b' && t.ascii:
		return asciiEdge
	case c == 'B' && t.ascii:
		return asciiNotEdge
	}
	if c == 'B' { // Python finds none in an empty text
		return `(?:\B(?!\A\z))`
	}
	return `\` + string(c)
}

func (t *translator) shorthand(c rune) string {
	if !t.ascii {
		return `\` + string(c)
	}
	if s, ok := asciiClass[c]; ok {
		return "[" + s + "]"
	}
	return "[" + asciiOther[c] + "]"
}

// octal reads octal digits behind the backslash at a place.
func (t *translator) octal(at int) (rune, int, error) {
	s := string(t.src[at+1:])
	n := octalRun(s, 3)
	v, _ := strconv.ParseInt(s[:n], 8, 32)
	if v > 0o377 {
		return 0, 0, t.fail(at, "octal escape value \\%s outside of range 0-0o377", s[:n])
	}
	return rune(v), 1 + n, nil
}

var controlEscapes = map[rune]rune{'a': '\a', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// character reads the escape of a single character at a place, and returns its length with the backslash.
func (t *translator) character(at int, inClass bool) (rune, int, error) {
	if at+1 >= len(t.src) {
		return 0, 0, t.fail(at, "bad escape (end of pattern)")
	}
	c := t.src[at+1]
	if r, ok := controlEscapes[c]; ok {
		return r, 2, nil
	}
	size := map[rune]int{'x': 2, 'u': 4, 'U': 8}[c]
	switch {
	case size == 2 || size > 0 && t.flags&Bytes == 0:
		return t.hex(at, size)
	case c == '0', c >= '0' && c <= '7' && octalRun(string(t.src[at+1:]), 3) == 3, inClass && c >= '0' && c <= '7':
		return t.octal(at)
	case c == 'b' && inClass:
		return '\b', 2, nil
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9':
		return 0, 0, t.fail(at, "bad escape \\%c", c)
	}
	return c, 2, nil
}

// hex reads \x, \u or \U with its digits.
func (t *translator) hex(at, size int) (rune, int, error) {
	n := 0
	for n < size && at+2+n < len(t.src) && strings.ContainsRune("0123456789abcdefABCDEF", t.src[at+2+n]) {
		n++
	}
	digits := string(t.src[at+2 : at+2+n])
	if n < size {
		return 0, 0, t.fail(at, "incomplete escape \\%c%s", t.src[at+1], digits)
	}
	v, err := strconv.ParseInt(digits, 16, 64)
	if err != nil || v > 0x10ffff {
		return 0, 0, t.fail(at, "bad escape \\%c%s", t.src[at+1], digits)
	}
	return rune(v), 2 + size, nil
}

// class reads a bracket expression. Shorthands that negate go last: the engine forgets what follows them.
func (t *translator) class() error {
	start := t.i
	t.put("[")
	t.i++
	if t.peek(0) == '^' {
		t.put("^")
		t.i++
	}
	late := ""
	for first := true; ; first = false {
		c := t.peek(0)
		switch {
		case c < 0:
			return t.fail(start, "unterminated character set")
		case c == ']' && !first:
			t.put(late + "]")
			t.i++
			return nil
		case c == '\\' && strings.ContainsRune("wdsWDS", t.peek(1)):
			if t.peek(2) == '-' && t.peek(3) >= 0 && t.peek(3) != ']' {
				return t.fail(t.i, "bad character range \\%c-%c", t.peek(1), t.peek(3))
			}
			late += t.member(t.peek(1))
			t.i += 2
			continue
		}
		if err := t.memberRange(); err != nil {
			return err
		}
	}
}

// member is a shorthand inside brackets; those that do not negate are written at once.
func (t *translator) member(c rune) (late string) {
	s := `\` + string(c)
	if t.ascii {
		s = asciiClass[c] + asciiOther[c]
	}
	if c >= 'a' {
		t.put(s)
		return ""
	}
	return s
}

// memberRange reads a character of a bracket expression, or a range of them.
func (t *translator) memberRange() error {
	at := t.i
	lo, n, err := t.classChar(t.i)
	if err != nil {
		return err
	}
	t.i += n
	if t.peek(0) != '-' || t.peek(1) == ']' || t.peek(1) < 0 {
		t.literal(lo)
		return nil
	}
	if t.peek(1) == '\\' && strings.ContainsRune("wdsWDS", t.peek(2)) {
		return t.fail(at, "bad character range %s", string(t.src[at:min(t.i+3, len(t.src))]))
	}
	hi, n, err := t.classChar(t.i + 1)
	if err != nil {
		return err
	}
	if hi < lo {
		return t.fail(at, "bad character range %s", string(t.src[at:t.i+1+n]))
	}
	t.i += 1 + n
	t.literal(lo)
	t.put("-")
	t.literal(hi)
	return nil
}

func (t *translator) classChar(at int) (rune, int, error) {
	if t.src[at] == '\\' {
		return t.character(at, true)
	}
	return t.src[at], 1, nil
}

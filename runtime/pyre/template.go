package pyre

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"pbc/runtime/exception"
)

func reError(format string, a ...any) error { return exception.Raise(errorClass, format, a...) }

// piece is a part of a replacement: text, or a group when group is not negative.
type piece struct {
	text  string
	group int
}

type pieces []piece

func (p pieces) fill(b *strings.Builder, m *Match) {
	for _, e := range p {
		if e.group < 0 {
			b.WriteString(e.text)
			continue
		}
		s, _ := m.Group(e.group)
		b.WriteString(s)
	}
}

// template parses a replacement: \1, \g<1>, \g<name>, octal and letter escapes.
func (r *Regexp) template(s string) (pieces, error) {
	var p pieces
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			p = append(p, piece{text.String(), -1})
			text.Reset()
		}
	}
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			text.WriteByte(s[i])
			i++
			continue
		}
		if i+1 >= len(s) {
			return nil, reError("bad escape (end of pattern) at position %d", i)
		}
		e, n, err := r.reference(s, i+1)
		if err != nil {
			return nil, err
		}
		if e.group >= 0 {
			flush()
			p = append(p, e)
		}
		text.WriteString(e.text)
		i += 1 + n
	}
	flush()
	return p, nil
}

var letterEscapes = map[byte]string{'n': "\n", 't': "\t", 'r': "\r", 'a': "\a", 'b': "\b", 'f': "\f", 'v': "\v", '\\': "\\"}

// reference reads the escape at s[i], behind its backslash: a group or a text, and its length.
func (r *Regexp) reference(s string, i int) (p piece, n int, err error) {
	c := s[i]
	switch {
	case c == 'g':
		return r.named(s, i)
	case c == '0':
		n = octalRun(s[i:], 3)
		return r.char(s[i : i+n]), n, nil
	case isDigit(c):
		n = 1
		if i+1 < len(s) && isDigit(s[i+1]) {
			if octalRun(s[i:], 3) == 3 {
				return r.char(s[i : i+3]), 3, nil
			}
			n = 2
		}
		g := r.Index(s[i : i+n])
		if g < 0 {
			return piece{}, 0, reError("invalid group reference %s at position %d", s[i:i+n], i)
		}
		return piece{group: g}, n, nil
	}
	if t, ok := letterEscapes[c]; ok {
		return piece{t, -1}, 1, nil
	}
	if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		return piece{}, 0, reError("bad escape \\%c at position %d", c, i-1)
	}
	_, n = utf8.DecodeRuneInString(s[i:])
	return piece{"\\" + s[i:i+n], -1}, n, nil
}

// char is the character of an octal number, in the pattern's own kind of text.
func (r *Regexp) char(octal string) piece {
	v, _ := strconv.ParseUint(octal, 8, 16)
	return piece{encode([]rune{rune(v & 0xff)}, r.flags), -1}
}

func octalRun(s string, most int) int {
	n := 0
	for n < most && n < len(s) && s[n] >= '0' && s[n] <= '7' {
		n++
	}
	return n
}

// named reads g<name> at s[i] and returns the group and the length read.
func (r *Regexp) named(s string, i int) (p piece, n int, err error) {
	if i+1 >= len(s) || s[i+1] != '<' {
		return p, 0, reError("missing < at position %d", i+1)
	}
	if i+2 >= len(s) {
		return p, 0, reError("missing group name at position %d", i+2)
	}
	end := strings.IndexByte(s[i:], '>')
	if end < 0 {
		return p, 0, reError("missing >, unterminated name at position %d", i+2)
	}
	name := s[i+2 : i+end]
	if name == "" {
		return p, 0, reError("missing group name at position %d", i+2)
	}
	g := r.Index(name)
	if g < 0 {
		if _, err := strconv.Atoi(name); err == nil {
			return p, 0, reError("invalid group reference %s at position %d", name, i+2)
		}
		return p, 0, exception.Raise("IndexError", "unknown group name '%s'", name)
	}
	return piece{group: g}, end + 1, nil
}

package pyre

import (
	"fmt"
	"strconv"
	"strings"
)

// piece is a part of a replacement: text, or a group when group is not negative.
type piece struct {
	text  string
	group int
}

type pieces []piece

func (p pieces) fill(m *Match) string {
	var b strings.Builder
	for _, e := range p {
		if e.group < 0 {
			b.WriteString(e.text)
			continue
		}
		s, _ := m.Group(e.group)
		b.WriteString(s)
	}
	return b.String()
}

var templateEscapes = map[byte]string{'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v", '\\': `\`}

// template parses a replacement: \1, \g<1>, \g<name>, octal and letter escapes.
func (r *Regexp) template(s string) (pieces, error) {
	var p pieces
	var text strings.Builder
	add := func(g int) {
		if text.Len() > 0 {
			p = append(p, piece{text.String(), -1})
			text.Reset()
		}
		if g >= 0 {
			p = append(p, piece{group: g})
		}
	}
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			text.WriteByte(s[i])
			continue
		}
		if i+1 >= len(s) {
			return nil, &Error{fmt.Sprintf("bad escape (end of pattern) at position %d", i)}
		}
		c := s[i+1]
		esc, known := templateEscapes[c]
		switch {
		case c == 'g':
			g, n, err := r.named(s, i)
			if err != nil {
				return nil, err
			}
			add(g)
			i += n - 1
			continue
		case c >= '0' && c <= '9':
			g, char, n := reference(s[i+1:])
			if g < 0 {
				text.WriteString(r.char(char))
			} else if err := r.exists(g, i+1); err != nil {
				return nil, err
			} else {
				add(g)
			}
			i += n
			continue
		case known:
			text.WriteString(esc)
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			return nil, &Error{fmt.Sprintf(`bad escape \%c at position %d`, c, i)}
		default:
			text.WriteByte('\\')
			text.WriteByte(c)
		}
		i++
	}
	add(-1)
	return p, nil
}

// char is a character by number, in the pattern's own kind of text.
func (r *Regexp) char(n int) string { return encode([]rune{rune(n)}, r.flags) }

// reference reads digits after a backslash: a group, or with a leading zero or three octal digits a
// character, for which the group is -1.
func reference(s string) (group, char, n int) {
	isOctal := func(i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '7' }
	if s[0] == '0' {
		n = 1
		for n < 3 && isOctal(n) {
			n++
		}
		v, _ := strconv.ParseInt(s[:n], 8, 32)
		return -1, int(v), n
	}
	n = 1
	if len(s) > 1 && s[1] >= '0' && s[1] <= '9' {
		n = 2
		if isOctal(0) && isOctal(1) && isOctal(2) {
			v, _ := strconv.ParseInt(s[:3], 8, 32)
			return -1, int(v), 3
		}
	}
	g, _ := strconv.Atoi(s[:n])
	return g, 0, n
}

func (r *Regexp) exists(g, at int) error {
	for _, n := range r.engine().GetGroupNumbers() {
		if n == g {
			return nil
		}
	}
	return &Error{fmt.Sprintf("invalid group reference %d at position %d", g, at)}
}

// named reads \g<name> at i and returns the group and the length read.
func (r *Regexp) named(s string, i int) (group, n int, err error) {
	if i+2 >= len(s) || s[i+2] != '<' {
		return 0, 0, &Error{fmt.Sprintf("missing < at position %d", i+2)}
	}
	end := strings.IndexByte(s[i:], '>')
	if end < 0 {
		return 0, 0, &Error{fmt.Sprintf("missing >, unterminated name at position %d", i+3)}
	}
	name := s[i+3 : i+end]
	if name == "" {
		return 0, 0, &Error{fmt.Sprintf("missing group name at position %d", i+3)}
	}
	if g, err := strconv.Atoi(name); err == nil {
		return g, end + 1, r.exists(g, i+3)
	}
	if g := r.engine().GroupNumberFromName(name); g >= 0 {
		return g, end + 1, nil
	}
	return 0, 0, &Error{fmt.Sprintf("unknown group name '%s'", name)}
}

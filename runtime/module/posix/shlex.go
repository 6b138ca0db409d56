package posix

import (
	"errors"
	"strings"
)

// The errors of Split, in Python's words.
var (
	ErrQuote  = errors.New("No closing quotation")
	ErrEscape = errors.New("No escaped character")
)

// Split is Python's shlex.split: words as a POSIX shell splits them, with nothing expanded.
func Split(s string) ([]string, error) {
	var words []string
	var cur strings.Builder
	in := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			if in {
				words = append(words, cur.String())
				cur.Reset()
			}
			in = false
		case c == '\\':
			if i+1 >= len(s) {
				return nil, ErrEscape
			}
			i++
			cur.WriteByte(s[i])
			in = true
		case c == '\'' || c == '"':
			n, err := quotedWord(&cur, s[i+1:], c)
			if err != nil {
				return nil, err
			}
			i += n
			in = true
		default:
			cur.WriteByte(c)
			in = true
		}
	}
	if in {
		words = append(words, cur.String())
	}
	return words, nil
}

// quotedWord reads up to the closing quote and returns how much it read, the quote included.
func quotedWord(b *strings.Builder, s string, q byte) (int, error) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == q:
			return i + 1, nil
		case q == '"' && s[i] == '\\':
			if i+1 >= len(s) {
				return 0, ErrEscape
			}
			i++
			if s[i] != '"' && s[i] != '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return 0, ErrQuote
}

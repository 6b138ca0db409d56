package inventory

import (
	"errors"
	"strings"
)

// SplitWords is Python's shlex.split(s, comments=True).
func SplitWords(s string) ([]string, error) {
	var l lexer
	for _, r := range s {
		if l.next(r) {
			break
		}
	}
	switch {
	case l.escape:
		return nil, errors.New("No escaped character")
	case l.quote != 0:
		return nil, errors.New("No closing quotation")
	}
	l.end()
	return l.words, nil
}

// lexer is the state of SplitWords between two characters.
type lexer struct {
	words  []string
	word   strings.Builder
	open   bool // a word has begun, maybe an empty quoted one
	quote  rune // the quote that is open, or 0
	escape bool // a backslash came before
}

func (l *lexer) end() {
	if l.open {
		l.words = append(l.words, l.word.String())
		l.word.Reset()
		l.open = false
	}
}

// next takes a character and says whether a comment starts there.
func (l *lexer) next(r rune) (comment bool) {
	switch {
	case l.escape:
		if l.quote == '"' && r != '\\' && r != '"' {
			l.word.WriteRune('\\')
		}
		l.word.WriteRune(r)
		l.escape = false
	case r == '\\' && l.quote != '\'':
		l.open, l.escape = true, true
	case l.quote != 0:
		if r == l.quote {
			l.quote = 0
		} else {
			l.word.WriteRune(r)
		}
	case r == ' ' || r == '\t' || r == '\r' || r == '\n':
		l.end()
	case r == '#':
		return true
	case r == '"' || r == '\'':
		l.open, l.quote = true, r
	default:
		l.open = true
		l.word.WriteRune(r)
	}
	return false
}

// Package args splits the text forms of module arguments as Ansible does: `src=a dest="b c"` into names and
// values, and `copy src=a` into an action and the rest. It knows quotes, Jinja blocks and Ansible's escapes, and
// nothing of tasks or YAML.
//
//	text    = line { "\n" line }
//	line    = token { " " token }
//	param   = tokens joined while a quote or a {{ }}, {% %}, {# #} block is open
//	kv      = key "=" value            the first "=" that is not the param's first byte nor behind a backslash
//	value   = quoted | bare            one pair of equal quotes around the whole is taken away
//
// Observed: ansible-core 2.14, by differential tests against parse_kv and split_args.
package args

import (
	"errors"
	"strings"
)

// ErrIndex is what Split returns where an older Ansible meets an IndexError: text that begins with white space or a
// line end has no parameter that it could be added to.
var ErrIndex = errors.New("list index out of range")

// UnbalancedError is returned for text that ends within quotes or a Jinja block. Its text is Ansible's message.
type UnbalancedError struct{ Text string }

func (e *UnbalancedError) Error() string {
	return "failed at splitting arguments, either an unbalanced jinja2 block or quotes: " + e.Text
}

// jinjaPairs are the blocks within which white space does not split.
var jinjaPairs = [3][2]string{{"{{", "}}"}, {"{%", "%}"}, {"{#", "#}"}}

type splitter struct {
	params []string
	newer  bool // what begins with white space begins with an empty parameter
	quote  byte // the quote that is open, 0 when none is
	depth  [len(jinjaPairs)]int
}

func (s *splitter) inBlock() bool { return s.depth != [len(jinjaPairs)]int{} }

// extend adds text to the last parameter.
func (s *splitter) extend(text string) error {
	if len(s.params) == 0 && !s.newer {
		return ErrIndex
	}
	if len(s.params) == 0 {
		s.params = []string{""}
	}
	s.params[len(s.params)-1] += text
	return nil
}

// Split cuts text at white space that is not within quotes or Jinja blocks. White space that was more than one
// blank, and line ends, stay at the end of the parameter before them: newer, for an ansible-core that ir.Newer means, has an empty one
// before all for that.
func Split(text string, newer bool) ([]string, error) {
	s := splitter{newer: newer}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		continued, err := s.line(line)
		if err != nil {
			return nil, err
		}
		if i < len(lines)-1 && !continued {
			if err := s.extend("\n"); err != nil {
				return nil, err
			}
		}
	}
	if s.inBlock() || s.quote != 0 {
		return nil, &UnbalancedError{text}
	}
	return s.params, nil
}

// line takes one line in, and says whether a lone backslash continues it.
func (s *splitter) line(line string) (continued bool, err error) {
	tokens := strings.Split(line, " ")
	for i, tok := range tokens {
		switch {
		case tok == "" && i > 0:
			err = s.extend(" ")
		case tok == `\` && s.quote == 0:
			continued = true
		default:
			err = s.token(tok, i, len(tokens))
		}
		if err != nil {
			return false, err
		}
	}
	return continued, nil
}

// token takes in the i-th of n tokens of a line.
func (s *splitter) token(tok string, i, n int) error {
	wasQuoted := s.quote != 0
	s.quote = quoteAfter(tok, s.quote)
	placed := false
	switch {
	case s.quote != 0 && !wasQuoted && !s.inBlock():
		s.params = append(s.params, tok)
		placed = true
	case s.inBlock() || s.quote != 0 || wasQuoted:
		if err := s.extend(glue(i, n, wasQuoted) + tok); err != nil {
			return err
		}
		placed = true
	}
	for k, pair := range jinjaPairs {
		d := depthAfter(tok, s.depth[k], pair)
		if d != s.depth[k] && !placed {
			s.params = append(s.params, tok)
			placed = true
		}
		s.depth[k] = d
	}
	if !placed && tok != "" && !s.inBlock() && s.quote == 0 {
		s.params = append(s.params, tok)
	}
	return nil
}

// glue is what stands between an open parameter and the token that continues it.
func glue(i, n int, wasQuoted bool) string {
	switch {
	case i == 0 && wasQuoted:
		return "" // the line end is there already
	case n == 1:
		return "\n"
	case i > 0:
		return " "
	}
	return ""
}

func quoteAfter(tok string, quote byte) byte {
	for i := 0; i < len(tok); i++ {
		c := tok[i]
		if c != '"' && c != '\'' || i > 0 && tok[i-1] == '\\' {
			continue
		}
		switch quote {
		case 0:
			quote = c
		case c:
			quote = 0
		}
	}
	return quote
}

func depthAfter(tok string, depth int, pair [2]string) int {
	depth += strings.Count(tok, pair[0]) - strings.Count(tok, pair[1])
	return max(depth, 0)
}

// Join puts parameters together again: with a blank, or nothing after one that ends a line.
func Join(params []string) string {
	var b strings.Builder
	for _, p := range params {
		if b.Len() > 0 && !strings.HasSuffix(b.String(), "\n") {
			b.WriteByte(' ')
		}
		b.WriteString(p)
	}
	return b.String()
}

// SplitAction cuts "copy src=a dest=b" into the action and the rest. Blank text is ErrIndex, as in Ansible.
func SplitAction(text string, newer bool) (action, rest string, err error) {
	params, err := Split(text, newer)
	if err != nil {
		return "", "", err
	}
	if len(params) == 0 {
		return "", "", ErrIndex
	}
	return strings.TrimSpace(params[0]), strings.Join(params[1:], " "), nil
}

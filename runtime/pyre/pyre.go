// Package pyre is Python's re for modules that take patterns from playbooks: it translates a pattern
// to regexp2's syntax, keeps Python's numbering of groups, its bytes patterns and its replacement
// templates. Spans are in characters for text and in bytes for bytes.
package pyre

import (
	"fmt"
	"strings"

	"github.com/dlclark/regexp2/v2"
)

// Flags are the flags of re.compile.
type Flags uint8

// The flags a module may want.
const (
	IgnoreCase Flags = 1 << iota
	Multiline
	DotAll
	// Bytes makes a bytes pattern: text is a run of bytes, and \w, \d, \s and \b know ASCII only.
	Bytes
)

// Error is Python's re.error.
type Error struct{ Msg string }

// Error is Python's message.
func (e *Error) Error() string { return e.Msg }

// Regexp is a compiled pattern. It is safe for concurrent use.
type Regexp struct {
	re    *regexp2.Regexp
	load  func() *regexp2.Regexp // instead of re: compiles at the first call
	flags Flags
}

// Compile compiles a pattern. The error is an *Error.
func Compile(pattern string, flags Flags) (*Regexp, error) {
	t := &translator{src: decode(pattern, flags), flags: flags}
	out, err := t.translate()
	if err != nil {
		return nil, err
	}
	opts := []regexp2.CompileOption{regexp2.OptionMaintainCaptureOrder()}
	var o regexp2.RegexOptions
	if t.flags&IgnoreCase != 0 {
		o |= regexp2.IgnoreCase
	}
	if t.flags&Multiline != 0 {
		o |= regexp2.Multiline
	}
	if t.flags&DotAll != 0 {
		o |= regexp2.Singleline
	}
	if t.verbose {
		o |= regexp2.IgnorePatternWhitespace
	}
	re, err := regexp2.Compile(out, append(opts, o)...)
	if err != nil {
		return nil, &Error{pyMessage(err.Error(), pattern)}
	}
	return &Regexp{re: re, flags: t.flags}, nil
}

// Flags returns the flags, those that the pattern sets itself included.
func (r *Regexp) Flags() Flags { return r.flags }

// decode turns text into the characters a pattern sees.
func decode(s string, flags Flags) []rune {
	if flags&Bytes == 0 {
		return []rune(s)
	}
	rs := make([]rune, len(s))
	for i := 0; i < len(s); i++ {
		rs[i] = rune(s[i])
	}
	return rs
}

func encode(rs []rune, flags Flags) string {
	if flags&Bytes == 0 {
		return string(rs)
	}
	b := make([]byte, len(rs))
	for i, c := range rs {
		b[i] = byte(c)
	}
	return string(b)
}

// Match is where a pattern was found.
type Match struct {
	r *Regexp
	m *regexp2.Match
}

// Search finds the first place where the pattern matches, nil when there is none.
func (r *Regexp) Search(s string) *Match {
	m, err := r.engine().FindRunesMatch(decode(s, r.flags))
	if err != nil || m == nil {
		return nil
	}
	return &Match{r, m}
}

// Group returns what a group matched, and whether it took part.
func (m *Match) Group(n int) (string, bool) {
	g := m.m.GroupByNumber(n)
	if g == nil || len(g.Captures) == 0 {
		return "", false
	}
	return encode(g.Runes(), m.r.flags), true
}

// Named is the span of a named group, -1 when it took no part.
func (m *Match) Named(name string) (start, end int) {
	g := m.m.GroupByName(name)
	if g == nil || len(g.Captures) == 0 {
		return -1, -1
	}
	return g.RuneIndex, g.RuneIndex + g.RuneLength
}

// Span is where the match starts and ends.
func (m *Match) Span() (start, end int) { return m.m.RuneIndex, m.m.RuneIndex + m.m.RuneLength }

// Expand fills in a replacement template. The error is an *Error.
func (m *Match) Expand(template string) (string, error) {
	parts, err := m.r.template(template)
	if err != nil {
		return "", err
	}
	return parts.fill(m), nil
}

// Subn replaces every match and says how many there were.
func (r *Regexp) Subn(repl, s string) (string, int, error) {
	parts, err := r.template(repl)
	if err != nil {
		return "", 0, err
	}
	text := decode(s, r.flags)
	var b strings.Builder
	n, at := 0, 0
	m, err := r.engine().FindRunesMatch(text)
	for ; err == nil && m != nil; m, err = r.engine().FindNextMatch(m) {
		b.WriteString(encode(text[at:m.RuneIndex], r.flags))
		b.WriteString(parts.fill(&Match{r, m}))
		at = m.RuneIndex + m.RuneLength
		n++
	}
	if err != nil {
		return "", 0, &Error{err.Error()}
	}
	b.WriteString(encode(text[at:], r.flags))
	return b.String(), n, nil
}

// Slice returns characters start to end of s, counted as spans are.
func (r *Regexp) Slice(s string, start, end int) string {
	text := decode(s, r.flags)
	if end < 0 {
		end = len(text)
	}
	return encode(text[start:end], r.flags)
}

// pyMessage says in Python's words what the engine found wrong with a pattern.
func pyMessage(msg, pattern string) string {
	switch {
	case strings.Contains(msg, "missing closing )"):
		return fmt.Sprintf("missing ), unterminated subpattern at position %d", strings.Index(pattern, "("))
	case strings.Contains(msg, "unexpected )"):
		return fmt.Sprintf("unbalanced parenthesis at position %d", strings.LastIndex(pattern, ")"))
	case strings.Contains(msg, "missing argument to repetition"), strings.Contains(msg, "quantifier"):
		return fmt.Sprintf("nothing to repeat at position %d", strings.IndexAny(pattern, "*+?"))
	case strings.Contains(msg, "unterminated"), strings.Contains(msg, "missing closing ]"):
		return fmt.Sprintf("unterminated character set at position %d", strings.Index(pattern, "["))
	}
	return msg
}

// Groups returns the names of the pattern's groups in order, "" for one without a name.
func (r *Regexp) Groups() []string {
	var names []string
	for _, n := range r.engine().GetGroupNumbers() {
		if n == 0 {
			continue
		}
		name := r.engine().GroupNameFromNumber(n)
		if name == fmt.Sprint(n) {
			name = ""
		}
		names = append(names, name)
	}
	return names
}

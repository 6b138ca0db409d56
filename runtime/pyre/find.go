package pyre

import (
	"strings"
	"sync"

	"github.com/dlclark/regexp2/v2"
)

// The methods of this file are named after those of Go's package regexp and answer with parts of the
// text and byte offsets, as those do. A host's program has one engine for expressions, not two.

// MustCompile is for patterns of the program's own: it compiles at the first use, so that a program which
// holds many starts fast, and panics then if the pattern is broken.
func MustCompile(pattern string) *Regexp {
	return &Regexp{load: sync.OnceValue(func() *regexp2.Regexp {
		r, err := Compile(pattern, 0)
		if err != nil {
			panic("pattern " + pattern + ": " + err.Error())
		}
		return r.re
	})}
}

// Escape is re.escape: a pattern that matches just s.
func Escape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if strings.IndexByte("()[]{}?*+-|^$\\.&~# \t\n\r\v\f", c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

func (r *Regexp) engine() *regexp2.Regexp {
	if r.load != nil {
		return r.load()
	}
	return r.re
}

// find returns the first match, nil when there is none. The patterns of a program's own pass no bound.
func (r *Regexp) find(s string) *regexp2.Match {
	m, _ := r.start(s)
	return m
}

// spans are the byte offsets of a match and its groups, in pairs; -1 for a group that took no part.
func (r *Regexp) spans(m *regexp2.Match) []int {
	groups := m.Groups()
	at := make([]int, 0, 2*len(groups))
	for i := range groups {
		g := &groups[i]
		if len(g.Captures) == 0 {
			at = append(at, -1, -1)
			continue
		}
		start, n := g.RuneIndex, g.RuneLength
		if r.flags&Bytes == 0 {
			start, n = g.ByteRange()
		}
		at = append(at, start, start+n)
	}
	return at
}

// MatchString says whether the pattern is found in s.
func (r *Regexp) MatchString(s string) bool { return r.find(s) != nil }

// FindStringSubmatchIndex returns the offsets of the first match and its groups in pairs, -1 for a group
// that took no part, and nil when there is no match.
func (r *Regexp) FindStringSubmatchIndex(s string) []int {
	m := r.find(s)
	if m == nil {
		return nil
	}
	return r.spans(m)
}

// FindStringIndex returns where the first match starts and ends, nil when there is none.
func (r *Regexp) FindStringIndex(s string) []int {
	at := r.FindStringSubmatchIndex(s)
	if at == nil {
		return nil
	}
	return at[:2]
}

// FindString returns the first match, "" when there is none.
func (r *Regexp) FindString(s string) string {
	if at := r.FindStringIndex(s); at != nil {
		return s[at[0]:at[1]]
	}
	return ""
}

// FindStringSubmatch returns the first match and its groups, "" for one that took no part, and nil when
// there is no match.
func (r *Regexp) FindStringSubmatch(s string) []string {
	at := r.FindStringSubmatchIndex(s)
	if at == nil {
		return nil
	}
	return parts(s, at)
}

// FindAllStringSubmatch returns every match with its groups.
func (r *Regexp) FindAllStringSubmatch(s string) [][]string {
	var all [][]string
	for m := r.find(s); m != nil; m, _ = r.engine().FindNextMatch(m) {
		all = append(all, parts(s, r.spans(m)))
	}
	return all
}

// ReplaceAllStringFunc replaces every match by what f makes of it.
func (r *Regexp) ReplaceAllStringFunc(s string, f func(string) string) string {
	var b strings.Builder
	end := 0
	for m := r.find(s); m != nil; m, _ = r.engine().FindNextMatch(m) {
		at := r.spans(m)
		b.WriteString(s[end:at[0]])
		b.WriteString(f(s[at[0]:at[1]]))
		end = at[1]
	}
	return b.String() + s[end:]
}

func parts(s string, at []int) []string {
	out := make([]string, len(at)/2)
	for i := range out {
		if at[2*i] >= 0 {
			out[i] = s[at[2*i]:at[2*i+1]]
		}
	}
	return out
}

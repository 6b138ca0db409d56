package pyre

import (
	"errors"
	"strconv"
	"strings"

	"github.com/dlclark/regexp2/v2"

	"pbc/runtime/bound"
	"pbc/runtime/exception"
)

// Match is where a pattern was found in a text.
type Match struct {
	r    *Regexp
	text string
	at   []int // where each group begins and ends, in pairs; -1 for one that took no part
}

// Span is where a group begins and ends, -1 when it took no part; group 0 is the whole match.
func (m *Match) Span(group int) (start, end int) { return m.at[2*group], m.at[2*group+1] }

// Len is the number of groups, the whole match included.
func (m *Match) Len() int { return len(m.at) / 2 }

// Group returns what a group matched, and whether it took part.
func (m *Match) Group(n int) (string, bool) {
	if n < 0 || n >= m.Len() || m.at[2*n] < 0 {
		return "", false
	}
	return m.text[m.at[2*n]:m.at[2*n+1]], true
}

// Index returns the number of a group that is named or numbered, -1 when there is none.
func (r *Regexp) Index(name string) int {
	if n, err := strconv.Atoi(name); err == nil {
		if n < 0 || n >= len(r.engine().GetGroupNumbers()) {
			return -1
		}
		return n
	}
	return r.engine().GroupNumberFromName(name)
}

// start begins a search: text is decoded as the pattern wants it.
func (r *Regexp) start(s string) (*regexp2.Match, error) {
	if r.flags&Bytes != 0 {
		return r.engine().FindRunesMatch(decode(s, r.flags))
	}
	return r.engine().FindStringMatch(s)
}

func (r *Regexp) match(s string, m *regexp2.Match) *Match { return &Match{r, s, r.spans(m)} }

// slow is the error of a search that passed a bound. The engine's own tells the text, which may be a secret.
func slow(err error) error {
	if errors.Is(err, regexp2.ErrBacktrackingStackLimit) {
		return bound.TooLarge()
	}
	return exception.Raise("TimeoutError", "the regular expression takes longer than %s", maxTime)
}

// Search finds the first place where the pattern matches, nil when there is none.
func (r *Regexp) Search(s string) (*Match, error) {
	m, err := r.start(s)
	if err != nil {
		return nil, slow(err)
	}
	if m == nil {
		return nil, nil
	}
	return r.match(s, m), nil
}

// Match matches at the beginning of s only; nil when it does not.
func (r *Regexp) Match(s string) (*Match, error) { return r.anchored(&r.prefix, `\A(?:`, `)`, s) }

// FullMatch matches the whole of s; nil when it does not.
func (r *Regexp) FullMatch(s string) (*Match, error) { return r.anchored(&r.full, `\A(?:`, `)\z`, s) }

func (r *Regexp) anchored(variant *atomicRegexp, before, after, s string) (*Match, error) {
	a, err := r.variant(variant, before, after)
	if err != nil {
		return nil, err
	}
	return a.Search(s)
}

// variant makes the same pattern with something around it.
func (r *Regexp) variant(at *atomicRegexp, before, after string) (*Regexp, error) {
	if a := at.Load(); a != nil {
		return a, nil
	}
	a, err := engine(before+r.engine().String()+after, r.flags)
	if err != nil {
		return nil, err
	}
	at.Store(a)
	return a, nil
}

// FindAll finds all matches, which do not overlap.
func (r *Regexp) FindAll(s string) ([]*Match, error) {
	var out []*Match
	err := r.each(s, func(m *Match) error {
		if out = append(out, m); len(out) > bound.Elems {
			return bound.TooLarge()
		}
		return nil
	})
	return out, err
}

// each calls f for every match.
func (r *Regexp) each(s string, f func(*Match) error) error {
	m, err := r.start(s)
	for m != nil && err == nil {
		x := r.match(s, m)
		if err := f(x); err != nil {
			return err
		}
		if x.at[0] == x.at[1] {
			// Python tries for a match that is not empty at the same place first
			var next *regexp2.Match
			if next, err = r.longer(s, x.at[0]); next != nil || err != nil {
				m = next
				continue
			}
		}
		m, err = r.engine().FindNextMatch(m)
	}
	if err != nil {
		return slow(err)
	}
	return nil
}

// longer finds a match at the place of an empty match that is not empty. The search goes on behind it.
func (r *Regexp) longer(s string, at int) (*regexp2.Match, error) {
	if at >= len(s) || !r.lazy {
		return nil, nil
	}
	a, err := r.variant(&r.nonEmpty, `\G(?:`, `)(?!\G)`)
	if err != nil {
		return nil, err
	}
	if r.flags&Bytes != 0 {
		return a.engine().FindRunesMatchStartingAt(decode(s, r.flags), at)
	}
	return a.engine().FindStringMatchStartingAt(s, at)
}

// Sub replaces all matches by a replacement template and says how many there were.
func (r *Regexp) Sub(template, s string) (string, int, error) {
	p, err := r.template(template)
	if err != nil {
		return "", 0, err
	}
	var b strings.Builder
	at, n := 0, 0
	err = r.each(s, func(m *Match) error {
		b.WriteString(s[at:m.at[0]])
		p.fill(&b, m)
		at = m.at[1]
		if n++; b.Len() > bound.Text {
			return bound.TooLarge()
		}
		return nil
	})
	if err != nil {
		return "", 0, err
	}
	b.WriteString(s[at:])
	return b.String(), n, nil
}

// Expand fills in a replacement template. The error is an exception re.error.
func (m *Match) Expand(template string) (string, error) {
	p, err := m.r.template(template)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	p.fill(&b, m)
	return b.String(), nil
}

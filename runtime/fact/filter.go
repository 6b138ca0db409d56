package fact

import (
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
)

// keep returns the facts whose names match one of the patterns, all when there is none. A pattern
// without a known prefix is tried with "ansible_" too; an empty one matches everything.
func keep(facts *value.Dict, patterns []string) *value.Dict {
	if len(patterns) == 0 {
		return facts
	}
	r := value.NewDict()
	for _, p := range patterns {
		short := !strings.HasPrefix(p, "ansible_") && !strings.HasPrefix(p, "facter") && !strings.HasPrefix(p, "ohai")
		for i, k := range facts.K {
			name, _ := value.Text(k)
			if p == "" || fnmatch(name, p) || short && fnmatch(name, "ansible_"+p) {
				r.SetStr(name, facts.V[i])
			}
		}
	}
	return r
}

// fnmatch is Python's fnmatch.fnmatchcase: *, ?, [set] and [!set], nothing else; a "[" without its
// "]" stands for itself.
func fnmatch(s, pattern string) bool {
	for pattern != "" {
		if pattern[0] == '*' {
			pattern = strings.TrimLeft(pattern, "*")
			for i := 0; i <= len(s); i++ {
				if fnmatch(s[i:], pattern) {
					return true
				}
			}
			return false
		}
		if s == "" {
			return false
		}
		c, n := utf8.DecodeRuneInString(s)
		ok, rest := matchRune(c, pattern)
		if !ok {
			return false
		}
		s, pattern = s[n:], rest
	}
	return s == ""
}

// matchRune matches one rune against the head of the pattern and returns what follows that head.
func matchRune(c rune, pattern string) (bool, string) {
	p, n := utf8.DecodeRuneInString(pattern)
	switch p {
	case '?':
		return true, pattern[n:]
	case '[':
		if set, rest, ok := cutSet(pattern[1:]); ok {
			return inSet(c, set), rest
		}
	}
	return c == p, pattern[n:]
}

// cutSet splits what follows a "[" at its "]"; a "]" or "!]" at the start belongs to the set.
func cutSet(s string) (set, rest string, ok bool) {
	from := 0
	if strings.HasPrefix(s, "!") {
		from = 1
	}
	if strings.HasPrefix(s[from:], "]") {
		from++
	}
	i := strings.IndexByte(s[from:], ']')
	if i < 0 {
		return "", "", false
	}
	return s[:from+i], s[from+i+1:], true
}

func inSet(c rune, set string) bool {
	rest, not := strings.CutPrefix(set, "!")
	r := []rune(rest)
	for i := 0; i < len(r); i++ {
		if i+2 < len(r) && r[i+1] == '-' {
			if r[i] <= c && c <= r[i+2] {
				return !not
			}
			i += 2
		} else if r[i] == c {
			return !not
		}
	}
	return not
}

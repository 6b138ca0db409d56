package callback

import (
	"fmt"
	"slices"
	"strings"
)

// match is a run of equal lines: a[a:a+n] == b[b:b+n].
type match struct{ a, b, n int }

// opcode says what becomes of a[a1:a2] and b[b1:b2].
type opcode struct {
	tag            byte // '=', '-' only in a, '+' only in b, '!' replaced
	a1, a2, b1, b2 int
}

// matcher finds the matches that Python's difflib.SequenceMatcher finds, with its heuristic that lines
// which make up more than one percent of a long text start no match.
type matcher struct {
	a, b []string
	b2j  map[string][]int
}

func newMatcher(a, b []string) *matcher {
	m := &matcher{a: a, b: b, b2j: map[string][]int{}}
	for j, line := range b {
		m.b2j[line] = append(m.b2j[line], j)
	}
	if n := len(b); n >= 200 {
		for line, at := range m.b2j {
			if len(at) > n/100+1 {
				delete(m.b2j, line)
			}
		}
	}
	return m
}

// longest finds the longest match in a[alo:ahi] and b[blo:bhi], of equals the first in a, then in b.
func (m *matcher) longest(alo, ahi, blo, bhi int) match {
	best := match{alo, blo, 0}
	lengths := map[int]int{}
	for i := alo; i < ahi; i++ {
		next := map[int]int{}
		for _, j := range m.b2j[m.a[i]] {
			if j < blo {
				continue
			}
			if j >= bhi {
				break
			}
			k := lengths[j-1] + 1
			next[j] = k
			if k > best.n {
				best = match{i - k + 1, j - k + 1, k}
			}
		}
		lengths = next
	}
	for best.a > alo && best.b > blo && m.a[best.a-1] == m.b[best.b-1] {
		best = match{best.a - 1, best.b - 1, best.n + 1}
	}
	for best.a+best.n < ahi && best.b+best.n < bhi && m.a[best.a+best.n] == m.b[best.b+best.n] {
		best.n++
	}
	return best
}

// matches returns all matches in order, adjacent ones joined, and an empty one at the end.
func (m *matcher) matches() []match {
	var found []match
	queue := [][4]int{{0, len(m.a), 0, len(m.b)}}
	for len(queue) > 0 {
		q := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		x := m.longest(q[0], q[1], q[2], q[3])
		if x.n == 0 {
			continue
		}
		found = append(found, x)
		if q[0] < x.a && q[2] < x.b {
			queue = append(queue, [4]int{q[0], x.a, q[2], x.b})
		}
		if x.a+x.n < q[1] && x.b+x.n < q[3] {
			queue = append(queue, [4]int{x.a + x.n, q[1], x.b + x.n, q[3]})
		}
	}
	slices.SortFunc(found, func(x, y match) int { return x.a - y.a })
	var joined []match
	for _, x := range found {
		if n := len(joined); n > 0 && joined[n-1].a+joined[n-1].n == x.a && joined[n-1].b+joined[n-1].n == x.b {
			joined[n-1].n += x.n
			continue
		}
		joined = append(joined, x)
	}
	return append(joined, match{len(m.a), len(m.b), 0})
}

func (m *matcher) opcodes() []opcode {
	var codes []opcode
	i, j := 0, 0
	for _, x := range m.matches() {
		switch {
		case i < x.a && j < x.b:
			codes = append(codes, opcode{'!', i, x.a, j, x.b})
		case i < x.a:
			codes = append(codes, opcode{'-', i, x.a, j, x.b})
		case j < x.b:
			codes = append(codes, opcode{'+', i, x.a, j, x.b})
		}
		i, j = x.a+x.n, x.b+x.n
		if x.n > 0 {
			codes = append(codes, opcode{'=', x.a, i, x.b, j})
		}
	}
	return codes
}

// hunks groups the opcodes into changes with up to n lines of context around them.
func (m *matcher) hunks(n int) [][]opcode {
	codes := m.opcodes()
	if len(codes) == 0 {
		codes = []opcode{{'=', 0, 1, 0, 1}}
	}
	if c := &codes[0]; c.tag == '=' {
		c.a1, c.b1 = max(c.a1, c.a2-n), max(c.b1, c.b2-n)
	}
	if c := &codes[len(codes)-1]; c.tag == '=' {
		c.a2, c.b2 = min(c.a2, c.a1+n), min(c.b2, c.b1+n)
	}
	var groups [][]opcode
	var group []opcode
	for _, c := range codes {
		if c.tag == '=' && c.a2-c.a1 > 2*n {
			group = append(group, opcode{'=', c.a1, min(c.a2, c.a1+n), c.b1, min(c.b2, c.b1+n)})
			groups = append(groups, group)
			group = nil
			c.a1, c.b1 = max(c.a1, c.a2-n), max(c.b1, c.b2-n)
		}
		group = append(group, c)
	}
	if len(group) > 0 && !(len(group) == 1 && group[0].tag == '=') {
		groups = append(groups, group)
	}
	return groups
}

// unifiedDiff returns the lines of a unified diff of two texts given as lines with their ends: Python's
// difflib.unified_diff. It is empty when the texts are equal.
func unifiedDiff(a, b []string, from, to string, context int) []string {
	var out []string
	for _, g := range newMatcher(a, b).hunks(context) {
		if out == nil {
			out = append(out, "--- "+from+"\n", "+++ "+to+"\n")
		}
		first, last := g[0], g[len(g)-1]
		out = append(out, fmt.Sprintf("@@ -%s +%s @@\n", hunkRange(first.a1, last.a2), hunkRange(first.b1, last.b2)))
		for _, c := range g {
			if c.tag == '=' {
				out = appendPrefixed(out, " ", a[c.a1:c.a2])
				continue
			}
			out = appendPrefixed(out, "-", a[c.a1:c.a2])
			out = appendPrefixed(out, "+", b[c.b1:c.b2])
		}
	}
	return out
}

func appendPrefixed(out []string, prefix string, lines []string) []string {
	for _, l := range lines {
		out = append(out, prefix+l)
	}
	return out
}

func hunkRange(start, stop int) string {
	switch n := stop - start; n {
	case 1:
		return fmt.Sprint(start + 1)
	case 0:
		return fmt.Sprintf("%d,0", start)
	default:
		return fmt.Sprintf("%d,%d", start+1, n)
	}
}

// splitLines is Python's str.splitlines(keepends=True).
func splitLines(s string) []string {
	var lines []string
	for s != "" {
		i := strings.IndexAny(s, "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029")
		if i < 0 {
			return append(lines, s)
		}
		n := 1
		switch {
		case strings.HasPrefix(s[i:], "\r\n"), s[i] == 0xc2:
			n = 2
		case s[i] == 0xe2:
			n = 3
		}
		lines = append(lines, s[:i+n])
		s = s[i+n:]
	}
	return lines
}

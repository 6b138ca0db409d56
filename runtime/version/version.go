package version

import (
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// Operators decide by the result of a comparison, under each name of the test's operators.
var Operators = map[string]func(c int) bool{
	"==": func(c int) bool { return c == 0 }, "=": func(c int) bool { return c == 0 }, "eq": func(c int) bool { return c == 0 },
	"<": func(c int) bool { return c < 0 }, "lt": func(c int) bool { return c < 0 },
	"<=": func(c int) bool { return c <= 0 }, "le": func(c int) bool { return c <= 0 },
	">": func(c int) bool { return c > 0 }, "gt": func(c int) bool { return c > 0 },
	">=": func(c int) bool { return c >= 0 }, "ge": func(c int) bool { return c >= 0 },
	"!=": func(c int) bool { return c != 0 }, "<>": func(c int) bool { return c != 0 }, "ne": func(c int) bool { return c != 0 },
}

// Types are the ways to compare, by version_type.
var Types = map[string]func(a, b string) (int, error){
	"loose": Loose, "strict": Strict, "semver": compareSemantic, "semantic": compareSemantic, "pep440": comparePEP440,
}

// looseParts splits a version into runs of digits, runs of lower case letters and what is left,
// without the dots.
func looseParts(s string) []value.Value {
	kind := func(c byte) byte {
		switch {
		case python.IsDigit(c):
			return 'd'
		case c >= 'a' && c <= 'z':
			return 'a'
		case c == '.':
			return '.'
		}
		return 'x'
	}
	var r []value.Value
	for i := 0; i < len(s); {
		j, k := i+1, kind(s[i])
		for j < len(s) && kind(s[j]) == k && k != '.' {
			j++
		}
		part := s[i:j]
		i = j
		switch k {
		case '.':
		case 'd':
			n, err := value.ParseInt(part, 10)
			if err == nil {
				r = append(r, n)
			}
		default:
			r = append(r, part)
		}
	}
	return r
}

func compareSeqs(a, b []value.Value) (int, error) {
	same, err := python.EqualSeq(a, b)
	if err != nil || same {
		return 0, err
	}
	lt, err := python.OrderSeq("<", a, b)
	if lt {
		return -1, err
	}
	return 1, err
}

// Loose compares as distutils' LooseVersion.
func Loose(a, b string) (int, error) { return compareSeqs(looseParts(a), looseParts(b)) }

// strictParts reads N.N[.N][{a|b}N]; a version without a tag sorts behind those with one.
func strictParts(s string) ([]value.Value, error) {
	bad := exception.ValueError("invalid version number '%s'", s)
	main, tag := s, []value.Value{int64(1)}
	if i := strings.IndexAny(s, "ab"); i > 0 {
		n, err := strconv.ParseInt(s[i+1:], 10, 64)
		if err != nil {
			return nil, bad
		}
		main, tag = s[:i], []value.Value{int64(0), s[i : i+1], n}
	}
	fields := strings.Split(main, ".")
	if len(fields) < 2 || len(fields) > 3 {
		return nil, bad
	}
	r := []value.Value{int64(0), int64(0), int64(0)}
	for i, f := range fields {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil || n < 0 || f[0] == '+' {
			return nil, bad
		}
		r[i] = n
	}
	return append(r, tag...), nil
}

// Strict compares as distutils' StrictVersion.
func Strict(a, b string) (int, error) {
	x, err := strictParts(a)
	if err != nil {
		return 0, err
	}
	y, err := strictParts(b)
	if err != nil {
		return 0, err
	}
	return compareSeqs(x, y)
}

type semantic struct {
	core [3]int64
	pre  []string
}

func parseSemantic(s string) (semantic, error) {
	bad := exception.ValueError("invalid semantic version '%s'", s)
	var v semantic
	main, _, _ := strings.Cut(s, "+")
	main, pre, hasPre := strings.Cut(main, "-")
	fields := strings.Split(main, ".")
	if len(fields) != 3 {
		return v, bad
	}
	for i, f := range fields {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil || f[0] == '+' || f[0] == '-' || len(f) > 1 && f[0] == '0' {
			return v, bad
		}
		v.core[i] = n
	}
	if hasPre {
		v.pre = strings.Split(pre, ".")
		for _, p := range v.pre {
			if p == "" {
				return v, bad
			}
		}
	}
	return v, nil
}

func compareSemantic(a, b string) (int, error) {
	x, err := parseSemantic(a)
	if err != nil {
		return 0, err
	}
	y, err := parseSemantic(b)
	if err != nil {
		return 0, err
	}
	for i := range x.core {
		if c := compareInts(x.core[i], y.core[i]); c != 0 {
			return c, nil
		}
	}
	switch {
	case x.pre == nil && y.pre == nil:
		return 0, nil
	case x.pre == nil:
		return 1, nil
	case y.pre == nil:
		return -1, nil
	}
	for i := range min(len(x.pre), len(y.pre)) {
		if c := comparePre(x.pre[i], y.pre[i]); c != 0 {
			return c, nil
		}
	}
	return compareInts(int64(len(x.pre)), int64(len(y.pre))), nil
}

func compareInts(a, b int64) int { return python.CompareFloats(float64(a), float64(b)) }

// comparePre compares two identifiers of a prerelease: numbers before words.
func comparePre(a, b string) int {
	x, err1 := strconv.ParseInt(a, 10, 64)
	y, err2 := strconv.ParseInt(b, 10, 64)
	switch {
	case err1 == nil && err2 == nil:
		return compareInts(x, y)
	case err1 == nil:
		return -1
	case err2 == nil:
		return 1
	}
	return strings.Compare(a, b)
}

// pep440 reads a version of Python's packages into a key that sorts as PEP 440 says.
type pep440 struct {
	s string
	i int
}

func (p *pep440) int() (int64, bool) {
	j := p.i
	for j < len(p.s) && python.IsDigit(p.s[j]) {
		j++
	}
	n, err := strconv.ParseInt(p.s[p.i:j], 10, 64)
	p.i = j
	return n, err == nil
}

func (p *pep440) sep() {
	if p.i < len(p.s) && strings.IndexByte("-_.", p.s[p.i]) >= 0 {
		p.i++
	}
}

// tag reads one of the words, with a number behind it, and returns which and the number.
func (p *pep440) tag(words []string) (int, int64, bool) {
	was := p.i
	p.sep()
	for i, w := range words {
		if strings.HasPrefix(p.s[p.i:], w) {
			p.i += len(w)
			back := p.i
			p.sep()
			n, ok := p.int()
			if !ok {
				p.i = back
			}
			return i, n, true
		}
	}
	p.i = was
	return 0, 0, false
}

const pepEnd = int64(1) << 60

func pep440Key(s string) ([]value.Value, error) {
	p := &pep440{s: strings.TrimPrefix(python.Lower(strings.TrimSpace(s)), "v")}
	bad := exception.Raise("packaging.version.InvalidVersion", "Invalid version: '%s'", s)
	n, ok := p.int()
	if !ok {
		return nil, bad
	}
	epoch, release := int64(0), []value.Value{n}
	if p.i < len(p.s) && p.s[p.i] == '!' {
		p.i++
		epoch = n
		if n, ok = p.int(); !ok {
			return nil, bad
		}
		release = []value.Value{n}
	}
	for p.i+1 < len(p.s) && p.s[p.i] == '.' && python.IsDigit(p.s[p.i+1]) {
		p.i++
		n, _ := p.int()
		release = append(release, n)
	}
	for len(release) > 1 && release[len(release)-1] == value.Value(int64(0)) {
		release = release[:len(release)-1]
	}
	pre, post, dev := []value.Value{pepEnd, int64(0)}, value.Value(-pepEnd), value.Value(pepEnd)
	kinds := map[int]int64{0: 1, 1: 0, 2: 2, 3: 2, 4: 2, 5: 1, 6: 0, 7: 2}
	hasPre := false
	if i, n, ok := p.tag([]string{"beta", "alpha", "preview", "pre", "rc", "b", "a", "c"}); ok {
		pre, hasPre = []value.Value{kinds[i], n}, true
	}
	if p.i+1 < len(p.s) && p.s[p.i] == '-' && python.IsDigit(p.s[p.i+1]) {
		p.i++
		n, _ := p.int()
		post = n
	} else if _, n, ok := p.tag([]string{"post", "rev", "r"}); ok {
		post = n
	}
	if _, n, ok := p.tag([]string{"dev"}); ok {
		dev = n
		if !hasPre && post == value.Value(-pepEnd) {
			pre = []value.Value{-pepEnd, int64(0)}
		}
	}
	local := []value.Value{int64(-1)}
	if p.i < len(p.s) && p.s[p.i] == '+' {
		local = pepLocal(p.s[p.i+1:])
		p.i = len(p.s)
	}
	if p.i != len(p.s) {
		return nil, bad
	}
	return []value.Value{epoch, &value.List{V: release}, &value.List{V: pre}, post, dev, &value.List{V: local}}, nil
}

func pepLocal(s string) []value.Value {
	r := []value.Value{int64(0)}
	for _, f := range strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune("-_.", c) }) {
		if n, err := strconv.ParseInt(f, 10, 64); err == nil {
			r = append(r, &value.List{V: []value.Value{n, ""}})
		} else {
			r = append(r, &value.List{V: []value.Value{int64(-1), f}})
		}
	}
	return r
}

func comparePEP440(a, b string) (int, error) {
	x, err := pep440Key(a)
	if err != nil {
		return 0, err
	}
	y, err := pep440Key(b)
	if err != nil {
		return 0, err
	}
	return compareSeqs(x, y)
}

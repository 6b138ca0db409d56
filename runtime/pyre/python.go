package pyre

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"

	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// regexTimeout bounds one match of a regular expression.
const regexTimeout = 10 * time.Second

// Regex is a Python regular expression.
type Regex struct {
	re           *regexp2.Regexp
	mode         string
	lazy         bool                  // holds a lazy quantifier or an alternative: an empty match may hide another
	prefix, full atomic.Pointer[Regex] // anchored variants, made when asked for
	nonEmpty     atomic.Pointer[Regex]
}

// patterns holds the compiled expressions of this process.
var patterns = struct {
	sync.Mutex
	m map[string]*Regex
}{m: map[string]*Regex{}}

const maxPatterns = 512

func reError(format string, a ...any) error { return exception.Raise("re.error", format, a...) }

// CompileRegex compiles a Python pattern; mode holds its flags: i and m.
func CompileRegex(pattern, mode string) (*Regex, error) {
	key := mode + "/" + pattern
	patterns.Lock()
	defer patterns.Unlock()
	if r, ok := patterns.m[key]; ok {
		return r, nil
	}
	translated, err := translateRegex(pattern)
	if err != nil {
		return nil, err
	}
	r, err := newRegex(translated, mode)
	if err != nil {
		return nil, err
	}
	if len(patterns.m) >= maxPatterns {
		clear(patterns.m)
	}
	patterns.m[key] = r
	return r, nil
}

// newRegex compiles a pattern that is in the engine's flavour.
func newRegex(translated, mode string) (*Regex, error) {
	opt := regexp2.None
	if strings.Contains(mode, "i") {
		opt |= regexp2.IgnoreCase
	}
	if strings.Contains(mode, "m") {
		opt |= regexp2.Multiline
	}
	re, err := regexp2.Compile(translated, opt, regexp2.OptionMaintainCaptureOrder())
	if err != nil {
		return nil, reError("%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	re.MatchTimeout = regexTimeout
	return &Regex{re: re, mode: mode, lazy: strings.ContainsAny(translated, "?|")}, nil
}

// Anchored says whether a prefix of s matches, or for how "fullmatch" the whole of it.
func (r *Regex) Anchored(s, how string) (bool, error) {
	x := &r.prefix
	p := `\A(?:` + r.re.String() + `)`
	if how == "fullmatch" {
		x, p = &r.full, p+`\z`
	}
	a := x.Load()
	if a == nil {
		var err error
		if a, err = newRegex(p, r.mode); err != nil {
			return false, err
		}
		x.Store(a)
	}
	m, err := a.Search(s)
	return m != nil, err
}

// match is one match: the byte offsets of each group, -1 for one that took no part.
type match [][2]int

func (r *Regex) spans(m *regexp2.Match) match {
	gs := m.Groups()
	out := make(match, len(gs))
	for i := range gs {
		if len(gs[i].Captures) == 0 {
			out[i] = [2]int{-1, -1}
			continue
		}
		at, n := gs[i].ByteRange()
		out[i] = [2]int{at, at + n}
	}
	return out
}

func (m match) Group(s string, i int) string {
	if m[i][0] < 0 {
		return ""
	}
	return s[m[i][0]:m[i][1]]
}

func slow(err error) error {
	return exception.Raise("TimeoutError", "regular expression took too long: %s", err)
}

// Search finds the first match, nil when there is none.
func (r *Regex) Search(s string) (match, error) {
	m, err := r.re.FindStringMatch(s)
	if err != nil {
		return nil, slow(err)
	}
	if m == nil {
		return nil, nil
	}
	return r.spans(m), nil
}

// All finds all matches.
func (r *Regex) All(s string) ([]match, error) {
	var out []match
	m, err := r.re.FindStringMatch(s)
	for m != nil && err == nil {
		x := r.spans(m)
		out = append(out, x)
		next := m
		if x[0][0] == x[0][1] {
			// Python tries for a match that is not empty at the same place first
			if next, err = r.longer(s, x[0][0], m); next != nil || err != nil {
				m = next
				continue
			}
			next = m
		}
		m, err = r.re.FindNextMatch(next)
	}
	if err != nil {
		return nil, slow(err)
	}
	return out, nil
}

// longer finds a match at the place of the empty match m that is not empty. What it returns goes on
// in the original expression.
func (r *Regex) longer(s string, at int, m *regexp2.Match) (*regexp2.Match, error) {
	if at >= len(s) || !r.lazy {
		return nil, nil
	}
	a := r.nonEmpty.Load()
	if a == nil {
		x, err := newRegex(`\G(?:`+r.re.String()+`)(?!\G)`, r.mode)
		if err != nil {
			return nil, err
		}
		a = x
		r.nonEmpty.Store(a)
	}
	return a.re.FindStringMatchStartingAt(s, at)
}

// GroupIndex returns the number of a group that is named or numbered, -1 when there is none.
func (r *Regex) GroupIndex(name string) int {
	if n, err := strconv.Atoi(name); err == nil {
		if n < 0 || n >= len(r.re.GetGroupNumbers()) {
			return -1
		}
		return n
	}
	return r.re.GroupNumberFromName(name)
}

// Sub replaces all matches by the template rep.
func (r *Regex) Sub(rep, s string) (string, error) {
	ms, err := r.All(s)
	if err != nil {
		return "", err
	}
	parts, err := r.template(rep)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	at := 0
	for _, m := range ms {
		b.WriteString(s[at:m[0][0]])
		for _, p := range parts {
			if p.group >= 0 {
				b.WriteString(m.Group(s, p.group))
			} else {
				b.WriteString(p.text)
			}
		}
		if b.Len() > bound.Text {
			return "", bound.TooLarge()
		}
		at = m[0][1]
	}
	b.WriteString(s[at:])
	return b.String(), nil
}

// replPart is a piece of a replacement: a group, or text when group is negative.
type replPart struct {
	group int
	text  string
}

// template parses the replacement of re.sub.
func (r *Regex) template(t string) ([]replPart, error) {
	var parts []replPart
	var lit strings.Builder
	flush := func() {
		if lit.Len() > 0 {
			parts = append(parts, replPart{-1, lit.String()})
			lit.Reset()
		}
	}
	for i := 0; i < len(t); {
		if t[i] != '\\' {
			lit.WriteByte(t[i])
			i++
			continue
		}
		if i+1 >= len(t) {
			return nil, reError("bad escape (end of pattern) at position %d", i)
		}
		g, text, n, err := r.replEscape(t, i+1)
		if err != nil {
			return nil, err
		}
		if g >= 0 {
			flush()
			parts = append(parts, replPart{group: g})
		}
		lit.WriteString(text)
		i += 1 + n
	}
	flush()
	return parts, nil
}

var replEscapes = map[byte]string{'n': "\n", 't': "\t", 'r': "\r", 'a': "\a", 'b': "\b", 'f': "\f", 'v': "\v", '\\': "\\"}

// replEscape reads the escape at t[i], behind its backslash: a group or a text, and its length.
func (r *Regex) replEscape(t string, i int) (group int, text string, n int, err error) {
	c := t[i]
	switch {
	case c == 'g':
		return r.namedGroup(t, i)
	case c == '0':
		n = octalRun(t[i:], 3)
		v, _ := strconv.ParseUint(t[i:i+n], 8, 16)
		return -1, string(rune(v)), n, nil
	case c >= '1' && c <= '9':
		n = 1
		if i+1 < len(t) && python.IsDigit(t[i+1]) {
			if octalRun(t[i:], 3) == 3 {
				v, _ := strconv.ParseUint(t[i:i+3], 8, 16)
				return -1, string(rune(v & 0xff)), 3, nil
			}
			n = 2
		}
		g, _ := strconv.Atoi(t[i : i+n])
		if r.GroupIndex(t[i:i+n]) < 0 {
			return 0, "", 0, reError("invalid group reference %d at position %d", g, i)
		}
		return g, "", n, nil
	}
	if s, ok := replEscapes[c]; ok {
		return -1, s, 1, nil
	}
	if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		return 0, "", 0, reError("bad escape \\%c at position %d", c, i-1)
	}
	_, w := utf8.DecodeRuneInString(t[i:])
	return -1, "\\" + t[i:i+w], w, nil
}

func octalRun(s string, most int) int {
	n := 0
	for n < most && n < len(s) && s[n] >= '0' && s[n] <= '7' {
		n++
	}
	return n
}

func (r *Regex) namedGroup(t string, i int) (int, string, int, error) {
	if i+1 >= len(t) || t[i+1] != '<' {
		return 0, "", 0, reError("missing < at position %d", i+1)
	}
	end := strings.IndexByte(t[i:], '>')
	if end < 0 {
		return 0, "", 0, reError("missing >, unterminated name at position %d", i+2)
	}
	name := t[i+2 : i+end]
	g := r.GroupIndex(name)
	if g < 0 {
		if _, err := strconv.Atoi(name); err == nil {
			return 0, "", 0, reError("invalid group reference %s at position %d", name, i+2)
		}
		return 0, "", 0, exception.Raise("IndexError", "unknown group name '%s'", name)
	}
	return g, "", end + 1, nil
}

// regexTranslator turns a Python pattern into one of .NET's flavour, which the engine speaks.
type regexTranslator struct {
	s    string
	i    int
	open []int // where the groups began that have not ended
	out  strings.Builder
}

func translateRegex(s string) (string, error) {
	t := &regexTranslator{s: s}
	for t.i < len(s) {
		if err := t.step(); err != nil {
			return "", err
		}
	}
	if n := len(t.open); n > 0 {
		return "", reError("missing ), unterminated subpattern at position %d", utf8.RuneCountInString(s[:t.open[n-1]]))
	}
	return t.out.String(), nil
}

func (t *regexTranslator) rest() string { return t.s[t.i:] }

func (t *regexTranslator) copy(n int) {
	t.out.WriteString(t.s[t.i : t.i+n])
	t.i += n
}

func (t *regexTranslator) step() error {
	switch t.s[t.i] {
	case '(':
		t.open = append(t.open, t.i)
	case ')':
		n := len(t.open)
		if n == 0 {
			return reError("unbalanced parenthesis at position %d", utf8.RuneCountInString(t.s[:t.i]))
		}
		t.open = t.open[:n-1]
	}
	switch c := t.s[t.i]; {
	case c == '\\':
		return t.escape(false)
	case c == '[':
		return t.class()
	case strings.HasPrefix(t.rest(), "(?P<"):
		t.out.WriteString("(?<")
		t.i += 4
	case strings.HasPrefix(t.rest(), "(?P="):
		end := strings.IndexByte(t.rest(), ')')
		if end < 0 {
			return reError("missing ), unterminated name at position %d", t.i+4)
		}
		t.out.WriteString(`\k<` + t.s[t.i+4:t.i+end] + ">")
		t.open = t.open[:len(t.open)-1]
		t.i += end + 1
	case strings.HasPrefix(t.rest(), "(?"):
		t.flags()
	case strings.HasPrefix(t.rest(), "{,"):
		t.out.WriteString("{0,")
		t.i += 2
	default:
		_, n := utf8.DecodeRuneInString(t.rest())
		t.copy(n)
	}
	return nil
}

// flags copies the start of a group, without the flags that .NET lacks: a, u and L.
func (t *regexTranslator) flags() {
	j := t.i + 2
	for j < len(t.s) && strings.IndexByte("aiLmsux-", t.s[j]) >= 0 {
		j++
	}
	if j == t.i+2 || j >= len(t.s) || t.s[j] != ')' && t.s[j] != ':' {
		t.copy(2)
		return
	}
	kept := strings.Map(func(r rune) rune {
		if strings.ContainsRune("auL", r) {
			return -1
		}
		return r
	}, t.s[t.i+2:j])
	end := t.s[j]
	t.i = j + 1
	if end == ')' {
		t.open = t.open[:len(t.open)-1]
	}
	if kept != "" || end == ':' {
		t.out.WriteString("(?" + kept + string(end))
	}
}

// escape translates a backslash escape, in a class or outside.
func (t *regexTranslator) escape(class bool) error {
	if t.i+1 >= len(t.s) {
		return reError("bad escape (end of pattern) at position %d", t.i)
	}
	c := t.s[t.i+1]
	known := "AbBdDsSwWZafnrtvxuUN"
	if class {
		known = "dDsSwWabfnrtvxuUN"
	}
	switch {
	case c == 'Z':
		t.out.WriteString(`\z`)
		t.i += 2
	case c == 'U' && t.i+10 <= len(t.s):
		n, err := strconv.ParseUint(t.s[t.i+2:t.i+10], 16, 32)
		if err != nil {
			return reError("incomplete escape %s at position %d", t.s[t.i:t.i+10], t.i)
		}
		t.out.WriteString(regexp2.Escape(string(rune(n))))
		t.i += 10
	case c == '0' || python.IsDigit(c) && octalRun(t.s[t.i+1:], 3) == 3:
		n := octalRun(t.s[t.i+1:], 3)
		v, _ := strconv.ParseUint(t.s[t.i+1:t.i+1+n], 8, 16)
		t.out.WriteString(`\x` + strconv.FormatUint(v>>4&0xf, 16) + strconv.FormatUint(v&0xf, 16))
		t.i += 1 + n
	case python.IsDigit(c), strings.IndexByte(known, c) >= 0:
		t.copy(2)
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return reError("bad escape \\%c at position %d", c, t.i)
	case c == '<' || c == '>' || c == '\'' || c == '"' || c == '_':
		t.out.WriteByte(c)
		t.i += 2
	default:
		_, n := utf8.DecodeRuneInString(t.s[t.i+1:])
		t.copy(1 + n)
	}
	return nil
}

// class translates a character class. \W, \D and \S go last: the engine forgets what follows them.
func (t *regexTranslator) class() error {
	start := t.i
	t.copy(1)
	if t.i < len(t.s) && t.s[t.i] == '^' {
		t.copy(1)
	}
	last := ""
	for first := true; ; first = false {
		if t.i >= len(t.s) {
			return reError("unterminated character set at position %d", start)
		}
		c := t.s[t.i]
		switch {
		case c == ']' && !first:
			t.out.WriteString(last)
			t.copy(1)
			return nil
		case c == ']', c == '[':
			t.out.WriteString(`\` + string(c))
			t.i++
		case c == '\\' && t.i+1 < len(t.s) && strings.IndexByte("WDS", t.s[t.i+1]) >= 0:
			last += t.s[t.i : t.i+2]
			t.i += 2
		case c == '\\':
			if err := t.escape(true); err != nil {
				return err
			}
		default:
			_, n := utf8.DecodeRuneInString(t.rest())
			t.copy(n)
		}
	}
}

// MatchStart says whether a Python regular expression matches at the start of a text.
func MatchStart(pattern, s string) (bool, error) {
	r, err := CompileRegex(pattern, "")
	if err != nil {
		return false, err
	}
	return r.Anchored(s, "match")
}

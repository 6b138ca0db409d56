package pyre

import (
	"fmt"
	"strconv"
	"strings"

	"pbc/runtime/exception"
)

// translator turns Python's syntax into regexp2's, and finds Python's errors with their positions.
type translator struct {
	src   []rune
	i     int
	out   []byte
	flags Flags
	// The flags a and x are not the engine's: what they change is written out.
	ascii, verbose bool
	open           []group
	last           item           // what a quantifier would repeat
	from           int            // where in out it begins
	names          map[string]int // of groups
	groups         int            // how many there are so far
	ahead, aheadAt int            // the highest group that a condition names, and where: it may come later
}

// group is an open parenthesis, and the flags that hold again behind it.
type group struct {
	at             int
	ascii, verbose bool
	out            int // where in the translation it begins
	number         int // 0 for one that captures nothing
}

func (t *translator) put(s string) { t.out = append(t.out, s...) }

// item is the kind of what was read last.
type item byte

const (
	nothing item = iota // the start of a branch, or an anchor: there is nothing to repeat
	atom
	repeat
)

// fail makes Python's error with its position, and in a pattern of several lines line and column.
func (t *translator) fail(at int, format string, a ...any) error {
	msg := fmt.Sprintf(format, a...) + " at position " + strconv.Itoa(at)
	if before := string(t.src[:min(at, len(t.src))]); strings.ContainsRune(string(t.src), '\n') {
		line := strings.LastIndexByte(before, '\n')
		msg += fmt.Sprintf(" (line %d, column %d)", strings.Count(before, "\n")+1, len([]rune(before[line+1:]))+1)
	}
	return reError("%s", msg)
}

func (t *translator) rest() string { return string(t.src[t.i:]) }

// peek returns the character n places on, -1 behind the end.
func (t *translator) peek(n int) rune {
	if t.i+n < len(t.src) {
		return t.src[t.i+n]
	}
	return -1
}

func (t *translator) translate() (string, error) {
	for t.i < len(t.src) {
		if err := t.step(); err != nil {
			return "", err
		}
	}
	if n := len(t.open); n > 0 {
		return "", t.fail(t.open[n-1].at, "missing ), unterminated subpattern")
	}
	if t.ahead > t.groups {
		return "", t.fail(t.aheadAt, "invalid group reference %d", t.ahead)
	}
	return string(t.out), nil
}

func (t *translator) step() error {
	c := t.src[t.i]
	switch c {
	case '\\':
		t.from = len(t.out)
		return t.escape()
	case '[':
		t.last, t.from = atom, len(t.out)
		return t.class()
	case '(':
		return t.group()
	case ')':
		return t.end()
	case '*', '+', '?':
		return t.repeat(t.i, string(c), 1)
	case '{':
		return t.brace()
	case '|', '^', '$':
		t.last = nothing
		t.put(string(c))
		t.i++
		return nil
	}
	switch {
	case t.verbose && strings.ContainsRune(" \t\n\r\f\v", c):
	case t.verbose && c == '#':
		for t.peek(1) >= 0 && t.peek(1) != '\n' {
			t.i++
		}
	case c == '.':
		t.last, t.from = atom, len(t.out)
		t.put(".")
	default:
		t.last, t.from = atom, len(t.out)
		t.literal(c)
	}
	t.i++
	return nil
}

// repeat writes a quantifier that stands at a place and is n characters long.
func (t *translator) repeat(at int, q string, n int) error {
	switch t.last {
	case nothing:
		return t.fail(at, "nothing to repeat")
	case repeat:
		return t.fail(at, "multiple repeat")
	}
	t.i += n
	t.put(q)
	switch t.peek(0) {
	case '?':
		t.put("?")
		t.i++
	case '+': // possessive: what it took is not given back
		t.out = append(t.out[:t.from], "(?>"+string(t.out[t.from:])+")"...)
		t.i++
	}
	t.last = repeat
	return nil
}

// brokenBrace reads a brace that begins no repetition.
func (t *translator) brokenBrace() error {
	t.last, t.from = atom, len(t.out)
	t.literal('{')
	t.i++
	return nil
}

// brace reads a repetition; a brace that begins none stands for itself.
func (t *translator) brace() error {
	s := t.rest()
	end := strings.IndexByte(s, '}')
	if end < 2 {
		return t.brokenBrace()
	}
	lo, hi, comma := strings.Cut(s[1:end], ",")
	if strings.Trim(lo, "0123456789") != "" || strings.Trim(hi, "0123456789") != "" {
		return t.brokenBrace()
	}
	if lo == "" {
		lo = "0"
	}
	low, err := strconv.ParseInt(lo, 10, 32)
	high := low
	if err == nil && hi != "" {
		high, err = strconv.ParseInt(hi, 10, 32)
	}
	switch {
	case err != nil:
		return exception.Raise("OverflowError", "the repetition number is too large")
	case high < low && hi != "":
		return t.fail(t.i+1, "min repeat greater than max repeat")
	}
	q := "{" + lo
	if comma {
		q += "," + hi
	}
	return t.repeat(t.i, q+"}", end+1)
}

// end closes a group.
func (t *translator) end() error {
	n := len(t.open)
	if n == 0 {
		return t.fail(t.i, "unbalanced parenthesis")
	}
	g := t.open[n-1]
	t.ascii, t.verbose, t.from = g.ascii, g.verbose, g.out
	t.open = t.open[:n-1]
	t.put(")")
	t.i++
	t.last = atom
	return nil
}

// literal writes a character that stands for itself.
func (t *translator) literal(c rune) {
	switch {
	case c < ' ' || c == 0x7f:
		t.put(fmt.Sprintf(`\x%02x`, c))
	case strings.ContainsRune(`\.+*?()|[]{}^$#- `, c):
		t.put(`\`)
		t.put(string(c))
	default:
		t.put(string(c))
	}
}

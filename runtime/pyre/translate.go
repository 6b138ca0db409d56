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
	out   strings.Builder
	flags Flags
	// The flags a and x are not the engine's: what they change is written out.
	ascii, verbose bool
	open           []group
	last           item // what a quantifier would repeat
}

// group is an open parenthesis, and the flags that hold again behind it.
type group struct {
	at             int
	ascii, verbose bool
}

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
	return t.out.String(), nil
}

func (t *translator) step() error {
	c := t.src[t.i]
	switch c {
	case '\\':
		return t.escape()
	case '[':
		t.last = atom
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
		t.out.WriteRune(c)
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
		t.out.WriteRune(c)
		t.last = atom
	default:
		t.literal(c)
		t.last = atom
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
	t.out.WriteString(q)
	if t.peek(0) == '?' {
		t.out.WriteByte('?')
		t.i++
	}
	t.last = repeat
	return nil
}

// brace reads a repetition; a brace that begins none stands for itself.
func (t *translator) brace() error {
	s := t.rest()
	end := strings.IndexByte(s, '}')
	if end < 2 {
		t.literal('{')
		t.last = atom
		t.i++
		return nil
	}
	lo, hi, comma := strings.Cut(s[1:end], ",")
	if strings.Trim(lo, "0123456789") != "" || strings.Trim(hi, "0123456789") != "" {
		t.literal('{')
		t.last = atom
		t.i++
		return nil
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
	t.ascii, t.verbose = t.open[n-1].ascii, t.open[n-1].verbose
	t.open = t.open[:n-1]
	t.out.WriteByte(')')
	t.i++
	t.last = atom
	return nil
}

// group reads an opening parenthesis with what says which kind of group it is.
func (t *translator) group() error {
	s := t.rest()
	switch {
	case strings.HasPrefix(s, "(?P="):
		end := strings.IndexByte(s, ')')
		if end < 0 {
			return t.fail(t.i+4, "missing ), unterminated name")
		}
		t.out.WriteString(`\k<` + s[4:end] + ">")
		t.i += len([]rune(s[:end+1]))
		t.last = atom
		return nil
	case strings.HasPrefix(s, "(?#"):
		end := strings.IndexByte(s, ')')
		if end < 0 {
			return t.fail(t.i, "missing ), unterminated comment")
		}
		t.i += len([]rune(s[:end+1]))
		return nil
	}
	t.open = append(t.open, group{t.i, t.ascii, t.verbose})
	t.last = nothing
	for _, p := range []struct{ python, engine string }{
		{"(?P<", "(?<"}, {"(?:", "(?:"}, {"(?=", "(?="}, {"(?!", "(?!"}, {"(?<=", "(?<="}, {"(?<!", "(?<!"}, {"(?>", "(?>"}, {"(?(", "(?("},
	} {
		if !strings.HasPrefix(s, p.python) {
			continue
		}
		n := len(p.python)
		if end := strings.IndexAny(s[n:], ">)"); n == 4 && p.python != "(?<=" && p.python != "(?<!" && end > 0 || p.python == "(?(" && end > 0 {
			// the name
			t.out.WriteString(p.engine + s[n:n+end+1])
			t.i += n + len([]rune(s[n:n+end+1]))
			return nil
		}
		t.out.WriteString(p.engine)
		t.i += n
		return nil
	}
	if strings.HasPrefix(s, "(?P") {
		return t.fail(t.i+1, "unknown extension ?P%c", max(t.peek(3), ' '))
	}
	if strings.HasPrefix(s, "(?") {
		return t.inline()
	}
	t.out.WriteByte('(')
	t.i++
	return nil
}

// inline reads flags: of the whole pattern, which must stand at its start, or of the group they open.
func (t *translator) inline() error {
	at := t.i
	set, unset := "", ""
	into := &set
	t.i += 2
	for {
		c := t.peek(0)
		t.i++
		switch {
		case c == '-' && into == &set:
			into = &unset
		case c >= 0 && strings.ContainsRune("aiLmsux", c):
			*into += string(c)
		case c == ')' && into == &set && set != "":
			if at != 0 {
				return t.fail(at, "global flags not at the start of the expression")
			}
			t.open = t.open[:len(t.open)-1]
			t.global(set)
			return nil
		case c == ':':
			t.scoped(set, unset)
			return nil
		case c < 0:
			return t.fail(at+2, "unexpected end of pattern")
		case set+unset != "":
			return t.fail(t.i-1, "unknown flag")
		default:
			return t.fail(at+1, "unknown extension ?%c", c)
		}
	}
}

func (t *translator) global(set string) {
	for _, c := range set {
		switch c {
		case 'i':
			t.flags |= IgnoreCase
		case 'm':
			t.flags |= Multiline
		case 's':
			t.flags |= DotAll
		case 'x':
			t.verbose = true
		case 'a':
			t.ascii = true
		}
	}
}

func (t *translator) scoped(set, unset string) {
	t.ascii = t.ascii && !strings.Contains(set, "u") || strings.Contains(set, "a")
	t.verbose = (t.verbose || strings.Contains(set, "x")) && !strings.Contains(unset, "x")
	keep := func(s string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune("ims", r) {
				return r
			}
			return -1
		}, s)
	}
	on, off := keep(set), keep(unset)
	if off != "" {
		off = "-" + off
	}
	t.out.WriteString("(?" + on + off + ":")
}

// literal writes a character that stands for itself.
func (t *translator) literal(c rune) {
	switch {
	case c < ' ' || c == 0x7f:
		fmt.Fprintf(&t.out, `\x%02x`, c)
	case strings.ContainsRune(`\.+*?()|[]{}^$#- `, c):
		t.out.WriteByte('\\')
		t.out.WriteRune(c)
	default:
		t.out.WriteRune(c)
	}
}

package pyre

import (
	"strconv"
	"strings"
	"unicode"
)

// group reads an opening parenthesis with what says which kind of group it is.
func (t *translator) group() error {
	s := t.rest()
	switch {
	case strings.HasPrefix(s, "(?P="):
		return t.namedReference()
	case strings.HasPrefix(s, "(?#"):
		end := strings.IndexByte(s, ')')
		if end < 0 {
			return t.fail(t.i, "missing ), unterminated comment")
		}
		t.i += len([]rune(s[:end+1]))
		return nil
	}
	t.open = append(t.open, group{at: t.i, ascii: t.ascii, verbose: t.verbose, out: len(t.out)})
	t.last = nothing
	switch {
	case !strings.HasPrefix(s, "(?"):
		t.capture()
		t.put("(")
		t.i++
		return nil
	case strings.HasPrefix(s, "(?P"):
		return t.namedGroup()
	case strings.HasPrefix(s, "(?("):
		return t.conditional()
	}
	for _, p := range []string{"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"} {
		if strings.HasPrefix(s, p) {
			t.put(p)
			t.i += len(p)
			return nil
		}
	}
	switch c := t.peek(2); {
	case c < 0:
		return t.fail(t.i+2, "unexpected end of pattern")
	case c == '<' && t.peek(3) < 0:
		return t.fail(t.i+3, "unexpected end of pattern")
	case c == '<':
		return t.fail(t.i+1, "unknown extension ?<%c", t.peek(3))
	case c == '-' || strings.ContainsRune("aiLmsux", c):
		return t.inline()
	default:
		return t.fail(t.i+1, "unknown extension ?%c", c)
	}
}

// capture numbers the group that was opened last.
func (t *translator) capture() int {
	t.groups++
	t.open[len(t.open)-1].number = t.groups
	return t.groups
}

// name reads a name up to its terminator, which n characters stand before.
func (t *translator) name(n int, terminator rune) (string, error) {
	from := t.i + n
	for i := from; i < len(t.src); i++ {
		if t.src[i] != terminator {
			continue
		}
		if i == from {
			return "", t.fail(from, "missing group name")
		}
		return string(t.src[from:i]), nil
	}
	if from >= len(t.src) {
		return "", t.fail(from, "missing group name")
	}
	return "", t.fail(from, "missing %c, unterminated name", terminator)
}

// identifier is a name that must be one in Python.
func (t *translator) identifier(n int, terminator rune) (string, error) {
	name, err := t.name(n, terminator)
	if err != nil {
		return "", err
	}
	for i, r := range name {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsNumber(r)) {
			return "", t.fail(t.i+n, "bad character in group name '%s'", name)
		}
	}
	return name, nil
}

// namedGroup reads (?P<name>.
func (t *translator) namedGroup() error {
	switch c := t.peek(3); {
	case c < 0:
		return t.fail(t.i+3, "unexpected end of pattern")
	case c != '<':
		return t.fail(t.i+1, "unknown extension ?P%c", c)
	}
	name, err := t.identifier(4, '>')
	if err != nil {
		return err
	}
	n := t.capture()
	if was, ok := t.names[name]; ok {
		return t.fail(t.i+4, "redefinition of group name '%s' as group %d; was group %d", name, n, was)
	}
	if t.names == nil {
		t.names = map[string]int{}
	}
	t.names[name] = n
	t.put("(?<" + name + ">")
	t.i += 5 + len([]rune(name))
	return nil
}

// namedReference reads (?P=name).
func (t *translator) namedReference() error {
	name, err := t.identifier(4, ')')
	if err != nil {
		return err
	}
	n, ok := t.names[name]
	if !ok {
		return t.fail(t.i+4, "unknown group name '%s'", name)
	}
	if t.isOpen(n) {
		return t.fail(t.i+4, "cannot refer to an open group")
	}
	t.last, t.from = atom, len(t.out)
	t.put(`\k<` + name + ">")
	t.i += 5 + len([]rune(name))
	return nil
}

func (t *translator) isOpen(n int) bool {
	for _, g := range t.open {
		if g.number == n {
			return true
		}
	}
	return false
}

// conditional reads (?(group).
func (t *translator) conditional() error {
	name, err := t.name(3, ')')
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n == 0 {
			return t.fail(t.i+3, "bad group number")
		}
		if n > t.ahead {
			t.ahead, t.aheadAt = n, t.i+3
		}
	} else if name, err = t.identifier(3, ')'); err != nil {
		return err
	} else if _, ok := t.names[name]; !ok {
		return t.fail(t.i+3, "unknown group name '%s'", name)
	}
	t.put("(?(" + name + ")")
	t.i += 4 + len([]rune(name))
	return nil
}

// backReference reads a reference to a group, or three octal digits.
func (t *translator) backReference() error {
	s := t.rest()
	if octalRun(s[1:], 3) == 3 {
		r, n, err := t.octal(t.i)
		if err != nil {
			return err
		}
		t.literal(r)
		t.i += n
		return nil
	}
	n := 2
	if len(s) > 2 && isDigit(s[2]) {
		n = 3
	}
	g, _ := strconv.Atoi(s[1:n])
	if g > t.groups {
		return t.fail(t.i+1, "invalid group reference %d", g)
	}
	if t.isOpen(g) {
		return t.fail(t.i, "cannot refer to an open group")
	}
	t.put(`\k<` + s[1:n] + ">")
	t.i += n
	return nil
}

// inline reads flags: of the whole pattern, which must stand at its start, or of the group they open.
func (t *translator) inline() error {
	at := t.i
	t.i += 2
	set, err := t.flagRun("missing -, : or )")
	if err != nil {
		return err
	}
	unset := ""
	switch t.peek(0) {
	case ')':
		if at != 0 {
			return t.fail(at, "global flags not at the start of the expression")
		}
		t.i++
		t.open = t.open[:len(t.open)-1]
		t.global(set)
		return nil
	case '-':
		t.i++
		if c := t.peek(0); c < 0 {
			return t.fail(t.i, "missing flag")
		} else if !strings.ContainsRune("aiLmsux", c) {
			return t.notFlag(c, "missing flag")
		}
		if unset, err = t.flagRun("missing :"); err != nil {
			return err
		}
		if t.peek(0) != ':' {
			return t.fail(t.i, "missing :")
		}
	}
	t.i++
	t.scoped(set, unset)
	return nil
}

// flagRun reads flags up to what ends them.
func (t *translator) flagRun(missing string) (string, error) {
	from := t.i
	for {
		c := t.peek(0)
		switch {
		case c < 0:
			return "", t.fail(t.i, "%s", missing)
		case strings.ContainsRune(":)-", c):
			return string(t.src[from:t.i]), nil
		case !strings.ContainsRune("aiLmsux", c):
			return "", t.notFlag(c, missing)
		}
		t.i++
	}
}

func (t *translator) notFlag(c rune, missing string) error {
	if unicode.IsLetter(c) {
		return t.fail(t.i, "unknown flag")
	}
	return t.fail(t.i, "%s", missing)
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

// scoped opens a group with flags of its own. Those that the engine lacks are the translator's to keep.
func (t *translator) scoped(set, unset string) {
	t.ascii = t.ascii && !strings.Contains(set, "u") || strings.Contains(set, "a")
	t.verbose = (t.verbose || strings.Contains(set, "x")) && !strings.Contains(unset, "x")
	on, off := engineFlags(set), engineFlags(unset)
	if off != "" {
		off = "-" + off
	}
	t.put("(?" + on + off + ":")
}

func engineFlags(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("ims", r) {
			return r
		}
		return -1
	}, s)
}

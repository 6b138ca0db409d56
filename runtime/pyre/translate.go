package pyre

import (
	"fmt"
	"strconv"
	"strings"
)

// translator turns Python's syntax into regexp2's.
type translator struct {
	src     []rune
	i       int
	out     strings.Builder
	flags   Flags
	verbose bool
}

func (t *translator) fail(format string, a ...any) error { return &Error{fmt.Sprintf(format, a...)} }

func (t *translator) rest() string { return string(t.src[t.i:]) }

func (t *translator) translate() (string, error) {
	t.globalFlags()
	for t.i < len(t.src) {
		c := t.src[t.i]
		var err error
		switch c {
		case '\\':
			err = t.escape(false)
		case '[':
			err = t.class()
		case '(':
			err = t.group()
		case '{':
			t.brace()
		default:
			t.out.WriteRune(c)
			t.i++
		}
		if err != nil {
			return "", err
		}
	}
	return t.out.String(), nil
}

// globalFlags takes "(?ims)" from the pattern's beginning.
func (t *translator) globalFlags() {
	for strings.HasPrefix(t.rest(), "(?") {
		s := t.rest()
		end := strings.IndexByte(s, ')')
		if end < 3 || strings.Trim(s[2:end], "aiLmsux") != "" {
			return
		}
		for _, c := range s[2:end] {
			switch c {
			case 'i':
				t.flags |= IgnoreCase
			case 'm':
				t.flags |= Multiline
			case 's':
				t.flags |= DotAll
			case 'x':
				t.verbose = true
			}
		}
		t.i += end + 1
	}
}

// The classes of a bytes pattern, and the inside of a bracket expression for each.
var asciiClass = map[rune]string{'w': `a-zA-Z0-9_`, 'd': `0-9`, 's': ` \t\n\r\f\v`}

const (
	asciiWord    = `[a-zA-Z0-9_]`
	asciiEdge    = `(?:(?<=` + asciiWord + `)(?!` + asciiWord + `)|(?<!` + asciiWord + `)(?=` + asciiWord + `))`
	asciiNotEdge = `(?:(?<=` + asciiWord + `)(?=` + asciiWord + `)|(?<!` + asciiWord + `)(?!` + asciiWord + `))`
)

// escape handles a backslash outside or inside a bracket expression.
func (t *translator) escape(inClass bool) error {
	if t.i+1 >= len(t.src) {
		return t.fail("bad escape (end of pattern) at position %d", t.i)
	}
	c := t.src[t.i+1]
	at := t.i
	t.i += 2
	ascii := t.flags&Bytes != 0
	switch {
	case c == 'Z' && !inClass:
		t.out.WriteString(`\z`)
	case c == 'A' && !inClass:
		t.out.WriteString(`\A`)
	case strings.ContainsRune("wds", c) && ascii && inClass:
		t.out.WriteString(asciiClass[c])
	case strings.ContainsRune("wds", c) && ascii:
		t.out.WriteString("[" + asciiClass[c] + "]")
	case strings.ContainsRune("WDS", c) && ascii && !inClass:
		t.out.WriteString("[^" + asciiClass[c+'a'-'A'] + "]")
	case c == 'b' && ascii && !inClass:
		t.out.WriteString(asciiEdge)
	case c == 'B' && ascii && !inClass:
		t.out.WriteString(asciiNotEdge)
	case c == 'b' && inClass:
		t.out.WriteString(`\x08`)
	case c == 'U' && t.i+8 <= len(t.src):
		n, err := strconv.ParseUint(string(t.src[t.i:t.i+8]), 16, 32)
		if err != nil {
			return t.fail("incomplete escape \\U at position %d", at)
		}
		t.i += 8
		t.literal(rune(n))
	case c == '0':
		t.octal()
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		if !strings.ContainsRune("wdsWDSbBnrtfavxu", c) {
			return t.fail("bad escape \\%c at position %d", c, at)
		}
		t.out.WriteRune('\\')
		t.out.WriteRune(c)
	case c >= '1' && c <= '9':
		t.out.WriteRune('\\')
		t.out.WriteRune(c)
	default:
		t.literal(c)
	}
	return nil
}

func (t *translator) octal() {
	n := 0
	for k := 0; k < 2 && t.i < len(t.src) && t.src[t.i] >= '0' && t.src[t.i] <= '7'; k++ {
		n = n*8 + int(t.src[t.i]-'0')
		t.i++
	}
	t.literal(rune(n))
}

// literal writes a character that stands for itself.
func (t *translator) literal(c rune) {
	switch {
	case c < ' ' || c == 0x7f:
		fmt.Fprintf(&t.out, `\x%02x`, c)
	case strings.ContainsRune(`\.+*?()|[]{}^$#-/ &~`, c):
		t.out.WriteRune('\\')
		t.out.WriteRune(c)
	default:
		t.out.WriteRune(c)
	}
}

// class copies a bracket expression. Negated shorthands go last: the engine forgets what follows them.
func (t *translator) class() error {
	start := t.i
	t.out.WriteRune('[')
	t.i++
	if t.i < len(t.src) && t.src[t.i] == '^' {
		t.out.WriteRune('^')
		t.i++
	}
	var late strings.Builder
	for first := true; ; first = false {
		if t.i >= len(t.src) {
			return t.fail("unterminated character set at position %d", start)
		}
		c := t.src[t.i]
		switch {
		case c == ']' && !first:
			t.out.WriteString(late.String())
			t.out.WriteRune(']')
			t.i++
			return nil
		case c == '\\' && t.i+1 < len(t.src) && strings.ContainsRune("WDS", t.src[t.i+1]):
			late.WriteRune('\\')
			late.WriteRune(t.src[t.i+1])
			t.i += 2
		case c == '\\':
			if err := t.escape(true); err != nil {
				return err
			}
		case c == '[' || c == ']':
			t.out.WriteRune('\\')
			t.out.WriteRune(c)
			t.i++
		default:
			t.out.WriteRune(c)
			t.i++
		}
	}
}

// group copies an opening parenthesis with what says which kind of group it is.
func (t *translator) group() error {
	s := t.rest()
	switch {
	case strings.HasPrefix(s, "(?P<"):
		t.out.WriteString("(?<")
		t.i += 4
	case strings.HasPrefix(s, "(?P="):
		end := strings.IndexByte(s, ')')
		if end < 0 {
			return t.fail("missing ), unterminated name at position %d", t.i+4)
		}
		t.out.WriteString(`\k<` + s[4:end] + ">")
		t.i += len([]rune(s[:end+1]))
	case strings.HasPrefix(s, "(?#"):
		end := strings.IndexByte(s, ')')
		if end < 0 {
			return t.fail("missing ), unterminated comment at position %d", t.i)
		}
		t.i += len([]rune(s[:end+1]))
	case strings.HasPrefix(s, "(?P"):
		return t.fail("unknown extension ?P%c at position %d", t.at(3), t.i+1)
	default:
		t.out.WriteRune('(')
		t.i++
	}
	return nil
}

func (t *translator) at(n int) rune {
	if t.i+n < len(t.src) {
		return t.src[t.i+n]
	}
	return ' '
}

// brace copies a repetition, and escapes a brace that is none.
func (t *translator) brace() {
	end := strings.IndexByte(t.rest(), '}')
	inner := ""
	if end > 0 {
		inner = t.rest()[1:end]
	}
	lo, hi, comma := strings.Cut(inner, ",")
	if end < 0 || strings.Trim(lo, "0123456789") != "" || strings.Trim(hi, "0123456789") != "" || lo == "" && !comma {
		t.out.WriteString(`\{`)
		t.i++
		return
	}
	if lo == "" {
		lo = "0"
	}
	t.out.WriteString("{" + lo)
	if comma {
		t.out.WriteString("," + hi)
	}
	t.out.WriteString("}")
	t.i += end + 1
}

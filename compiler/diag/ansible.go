package diag

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// ReadFile gives the source of a file that a Diagnostic names, for its excerpt.
type ReadFile func(file string) ([]byte, error)

// Ansible is d as ansible-playbook words it after "ERROR! ": the message, then, when d has a place,
// where "the error appears to be", the offending lines, and the advice that Ansible derives from them.
// Of warnings Ansible prints the message alone.
func Ansible(d *Diagnostic, read ReadFile) string {
	if !d.Pos.IsValid() || d.Kind == Warning || d.Kind == Deprecated {
		return d.Msg + d.Again
	}
	x := extended{d: d}
	x.render(read)
	if d.Twice {
		return d.Msg + "\n\n" + x.b.String() + d.Again + "\n\n" + x.b.String()
	}
	return d.Msg + "\n\n" + x.b.String()
}

// extended builds the second half of an Ansible error.
type extended struct {
	d *Diagnostic
	b strings.Builder
}

// kvShape is what Ansible takes for k=v arguments.
var kvShape = regexp.MustCompile(`[\p{L}\p{N}_]+\s*=\s*[\p{L}\p{N}_/-]+`)

func (x *extended) render(read ReadFile) {
	p := x.d.Pos
	place := position(p.File, p.Line, p.Col)
	if p.File == "<string>" || p.File == "<unicode>" || x.d.Hidden {
		x.b.WriteString(place)
		return
	}
	src, err := read(p.File)
	if err != nil {
		x.b.WriteString(place + "\n(could not open file to display line)")
		return
	}
	target, prev, ok := offending(string(src), p.Line-1)
	if !ok {
		x.b.WriteString(place + "\n(specified line no longer in file, maybe it changed?)")
		return
	}
	x.excerpt(place, target, prev)
	x.advice(target)
}

func position(file string, line, col int) string {
	return fmt.Sprintf("The error appears to be in '%s': line %d, column %d, but may\n"+
		"be elsewhere in the file depending on the exact syntax problem.\n", file, line, col)
}

// offending returns the line with that index, or the last one before it that is not blank, with its
// newline, and the line before. Going back from the first line continues at the last, as in Ansible.
func offending(src string, i int) (target, prev string, ok bool) {
	src = strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n")
	lines := strings.SplitAfter(src, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if i >= len(lines) {
		i = len(lines) - 1
	}
	at := func(i int) (string, bool) {
		if i < 0 {
			i += len(lines)
		}
		if i < 0 || i >= len(lines) {
			return "", false
		}
		return lines[i], true
	}
	for {
		if target, ok = at(i); !ok {
			return "", "", false
		}
		if strings.TrimSpace(target) != "" {
			break
		}
		i--
	}
	if i > 0 {
		prev = lines[i-1]
	}
	return target, prev, true
}

func rstrip(s string) string { return strings.TrimRight(s, " \t\n\r\v\f") }

func (x *extended) excerpt(place, target, prev string) {
	p := x.d.Pos
	if !kvShape.MatchString(prev) {
		fmt.Fprintf(&x.b, "%s\nThe offending line appears to be:\n\n%s\n%s\n%s^ here\n",
			place, rstrip(prev), rstrip(target), strings.Repeat(" ", max(p.Col-1, 0)))
		return
	}
	col := utf8.RuneCountInString(prev[:strings.IndexByte(prev, '=')])
	fmt.Fprintf(&x.b, "%s\nThe offending line appears to be:\n\n%s\n%s^ here\n\n%s",
		position(p.File, p.Line-1, col+1), rstrip(prev), strings.Repeat(" ", col), adviceShorthand)
}

// advice adds what Ansible guesses from the looks of the line.
func (x *extended) advice(target string) {
	if strings.Contains(target, "\t") {
		x.b.WriteString(adviceTab)
	}
	squeezed := strings.ReplaceAll(target, " ", "")
	quoted := strings.Contains(target, `"{{`) && strings.Contains(target, `'{{`)
	switch {
	case strings.Contains(target, "{{") && strings.Contains(target, "}}") && !quoted:
		x.b.WriteString(adviceVariable)
	case strings.Contains(squeezed, ":{{") && strings.Contains(squeezed, "}}"):
		x.b.WriteString(adviceDict)
	case x.secondColon(target):
		x.b.WriteString(adviceColon)
	default:
		x.quotes(target)
	}
}

// secondColon says whether a colon follows the place, and the line has another.
func (x *extended) secondColon(target string) bool {
	r := []rune(target)
	return len(r) > 1 && len(r) > x.d.Pos.Col && r[x.d.Pos.Col] == ':' && strings.Count(target, ":") > 1
}

// quotes looks at what stands between the first two colons.
func (x *extended) quotes(target string) {
	parts := strings.Split(target, ":")
	if len(parts) < 2 {
		return
	}
	middle := strings.TrimSpace(parts[1])
	first, last := byte(0), byte(0)
	if middle != "" {
		first, last = middle[0], middle[len(middle)-1]
	}
	isQuote := func(c byte) bool { return c == '"' || c == '\'' }
	if isQuote(first) && last != first {
		x.b.WriteString(advicePartlyQuoted)
	}
	if isQuote(first) && isQuote(last) && strings.Count(target, "'") > 2 || strings.Count(target, `"`) > 2 {
		x.b.WriteString(adviceUnbalanced)
	}
}

// Ansible's advice, word for word: users search for these sentences.
const (
	adviceDict = `This one looks easy to fix. YAML thought it was looking for the start of a
hash/dictionary and was confused to see a second "{". Most likely this was
meant to be an ansible template evaluation instead, so we have to give the
parser a small hint that we wanted a string instead. The solution here is to
just quote the entire value.

For instance, if the original line was:

    app_path: {{ base_path }}/foo

It should be written as:

    app_path: "{{ base_path }}/foo"
`
	adviceVariable = `We could be wrong, but this one looks like it might be an issue with
missing quotes. Always quote template expression brackets when they
start a value. For instance:

    with_items:
      - {{ foo }}

Should be written as:

    with_items:
      - "{{ foo }}"
`
	adviceColon = `This one looks easy to fix. There seems to be an extra unquoted colon in the line
and this is confusing the parser. It was only expecting to find one free
colon. The solution is just add some quotes around the colon, or quote the
entire line after the first colon.

For instance, if the original line was:

    copy: src=file.txt dest=/path/filename:with_colon.txt

It can be written as:

    copy: src=file.txt dest='/path/filename:with_colon.txt'

Or:

    copy: 'src=file.txt dest=/path/filename:with_colon.txt'
`
	advicePartlyQuoted = `This one looks easy to fix. It seems that there is a value started
with a quote, and the YAML parser is expecting to see the line ended
with the same kind of quote. For instance:

    when: "ok" in result.stdout

Could be written as:

   when: '"ok" in result.stdout'

Or equivalently:

   when: "'ok' in result.stdout"
`
	adviceUnbalanced = `We could be wrong, but this one looks like it might be an issue with
unbalanced quotes. If starting a value with a quote, make sure the
line ends with the same set of quotes. For instance this arbitrary
example:

    foo: "bad" "wolf"

Could be written as:

    foo: '"bad" "wolf"'
`
	adviceTab = `There appears to be a tab character at the start of the line.

YAML does not use tabs for formatting. Tabs should be replaced with spaces.

For example:
    - name: update tooling
      vars:
        version: 1.2.3
#    ^--- there is a tab there.

Should be written as:
    - name: update tooling
      vars:
        version: 1.2.3
# ^--- all spaces here.
`
	adviceShorthand = `There appears to be both 'k=v' shorthand syntax and YAML in this task. Only one syntax may be used.
`
)

package diag

import (
	"fmt"
	"strconv"
	"strings"

	"pbc/ir"
)

var kindLabels = map[Kind]string{
	Invalid: "", Unsupported: "unsupported: ", Warning: "warning: ", Deprecated: "deprecated: ", Later: "will fail: ",
}

// Format is d in pbc's own form: "file:line:col: message", the line with a caret under the place, the
// hint, and then the notes in the same form. A nil read leaves the excerpts out.
func Format(d *Diagnostic, read ReadFile) string {
	msg := d.Short
	if msg == "" {
		msg = d.Msg
	}
	var b strings.Builder
	entry(&b, d.Pos, kindLabels[d.Kind]+msg)
	if !d.Hidden {
		b.WriteString(excerpt(d.Pos, read))
	}
	if d.Hint != "" {
		fmt.Fprintf(&b, "    hint: %s\n", d.Hint)
	}
	for _, n := range d.Notes {
		entry(&b, n.Pos, "note: "+n.Msg)
		if !d.Hidden {
			b.WriteString(excerpt(n.Pos, read))
		}
	}
	return b.String()
}

func entry(b *strings.Builder, pos ir.Pos, msg string) {
	if s := pos.String(); s != "" {
		b.WriteString(s + ": ")
	}
	b.WriteString(msg + "\n")
}

// excerpt is the line at pos and a caret below its column, or nothing when there is no such line.
func excerpt(pos ir.Pos, read ReadFile) string {
	if !pos.IsValid() || read == nil {
		return ""
	}
	src, err := read(pos.File)
	if err != nil {
		return ""
	}
	lines := strings.Split(string(src), "\n")
	if pos.Line > len(lines) {
		return ""
	}
	line := strings.TrimRight(lines[pos.Line-1], "\r")
	number := strconv.Itoa(pos.Line)
	return fmt.Sprintf("    %s | %s\n    %s | %s^\n", number, line, strings.Repeat(" ", len(number)), indent(line, pos.Col-1))
}

// indent is blank text as wide as the first n characters of line: tabs stay tabs.
func indent(line string, n int) string {
	var b strings.Builder
	for _, r := range line {
		if n--; n < 0 {
			break
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	for ; n > 0; n-- {
		b.WriteByte(' ')
	}
	return b.String()
}

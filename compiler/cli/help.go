package cli

import (
	"pbc/runtime/python"
	"strings"
)

// helpColumn is where argparse starts the texts of options.
const helpColumn = 24

// printer lays texts out as argparse does, for one width.
type printer struct {
	Command
	width int
}

// usage is the text that starts with "usage:".
func (f printer) usage(options []*option) string {
	parts := []string{f.Prog}
	seen := map[string]bool{}
	for _, o := range options {
		if o.banned {
			continue
		}
		if o.mutex == "" {
			parts = append(parts, "["+usagePart(o)+"]")
			continue
		}
		if seen[o.mutex] {
			continue
		}
		seen[o.mutex] = true
		var group []string
		for _, g := range options {
			if g.mutex == o.mutex {
				group = append(group, usagePart(g))
			}
		}
		parts = append(parts, "["+strings.Join(group, " | ")+"]")
	}
	const prefix = "usage: "
	tail := f.tail()
	if one := prefix + strings.Join(append(append([]string(nil), parts...), tail...), " "); len(one) <= f.width {
		return one + "\n"
	}
	if 4*(len(prefix)+len(f.Prog)) > 3*f.width { // too narrow: the name stands alone
		indent := strings.Repeat(" ", len(prefix))
		lines := append([]string{prefix + f.Prog}, f.fill(parts[1:], indent, len(indent)-1)...)
		return strings.Join(append(lines, f.fill(tail, indent, len(indent)-1)...), "\n") + "\n"
	}
	indent := strings.Repeat(" ", len(prefix)+len(f.Prog)+1)
	lines := f.fill(parts, indent, len(prefix)-1)
	lines[0] = prefix + strings.TrimPrefix(lines[0], indent)
	lines = append(lines, f.fill(tail, indent, len(indent)-1)...)
	return strings.Join(lines, "\n") + "\n"
}

// tail is the end of the usage: the operands.
func (f printer) tail() []string {
	switch f.Operands {
	case Single:
		return []string{f.Operand}
	case Optional:
		return []string{"[" + f.Operand + "]"}
	case Any:
		return []string{"[" + f.Operand + " ...]"}
	case Action:
		return []string{f.actionNames(), "..."}
	}
	return []string{f.Operand, "[" + f.Operand + " ...]"}
}

// actionNames are the names of the subcommands as argparse shows them.
func (f printer) actionNames() string {
	var names []string
	for _, t := range f.actions {
		names = append(names, t.Action)
	}
	return "{" + strings.Join(names, ",") + "}"
}

func usagePart(o *option) string {
	if o.takesArg() {
		return o.strings[0] + " " + o.metavar()
	}
	return o.strings[0]
}

// fill puts parts on lines; the first line is used up to length already.
func (f printer) fill(parts []string, indent string, length int) []string {
	var lines, line []string
	for _, p := range parts {
		if length+1+len(p) > f.width && line != nil {
			lines = append(lines, indent+strings.Join(line, " "))
			line, length = nil, len(indent)-1
		}
		line = append(line, p)
		length += len(p) + 1
	}
	return append(lines, indent+strings.Join(line, " "))
}

// group is a heading of the help.
type group struct{ title, description string }

// help is the whole help.
func (f printer) help(options []*option, groups []group, description, positionalHelp string) string {
	var b strings.Builder
	b.WriteString(f.usage(options) + "\n")
	if description != "" {
		b.WriteString(strings.Join(wrap(description, f.width), "\n") + "\n\n")
	}
	b.WriteString("positional arguments:\n")
	if f.Operands == Action {
		b.WriteString("  " + f.actionNames() + "\n")
		for _, t := range f.actions {
			b.WriteString(f.entry("  "+t.Action, t.summary))
		}
	} else {
		b.WriteString(f.entry(f.Operand, positionalHelp))
	}
	for i, g := range groups {
		b.WriteString("\n" + g.title + ":\n")
		if g.description != "" {
			for _, line := range wrap(g.description, f.width-4) {
				b.WriteString("  " + line + "\n")
			}
			b.WriteString("\n")
		}
		if !f.Unsorted {
			options = sorted(options)
		}
		for _, o := range options {
			if o.group == i && !o.banned {
				b.WriteString(f.entry(invocation(o), o.help))
			}
		}
	}
	return b.String()
}

func invocation(o *option) string {
	parts := append([]string(nil), o.strings...)
	if o.takesArg() {
		for i := range parts {
			parts[i] += " " + o.metavar()
		}
	}
	return strings.Join(parts, ", ")
}

func (f printer) entry(head, text string) string {
	column := min(helpColumn, max(f.width-20, 4))
	lines := wrap(text, max(f.width-column, 11))
	indent := strings.Repeat(" ", column)
	if text == "" {
		return "  " + head + "\n"
	}
	if len(head) <= column-4 {
		head = "  " + head + strings.Repeat(" ", column-2-len(head))
		return head + strings.Join(lines, "\n"+indent) + "\n"
	}
	return "  " + head + "\n" + indent + strings.Join(lines, "\n"+indent) + "\n"
}

// wrap is Python's textwrap.wrap of a text whose blanks count as one.
func wrap(text string, width int) []string {
	return python.Wrapper{Width: width}.Wrap(strings.Join(strings.Fields(text), " "))
}

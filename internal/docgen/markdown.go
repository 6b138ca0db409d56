package main

import (
	"bytes"
	"fmt"
	"strings"
)

// state is what pbc does with a thing that Ansible has.
type state string

const (
	same        state = "same"
	differs     state = "differs"
	unsupported state = "unsupported"
	// idle is what may be given and has no effect.
	idle state = "no effect"
	// beyond is what pbc has although ansible-core alone has not: from collections.
	beyond state = "same (collection)"
)

// row is a line of a coverage table.
type row struct {
	name  string
	state state
	note  string
}

// writer collects a page.
type writer struct{ bytes.Buffer }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

func (w *writer) head(level int, text string) {
	w.line("\n%s %s\n", strings.Repeat("#", level), text)
}

// table writes a table of rows of cells.
func (w *writer) table(head []string, rows [][]string) {
	w.line("| %s |", strings.Join(head, " | "))
	w.line("|%s", strings.Repeat("---|", len(head)))
	for _, r := range rows {
		for i, c := range r {
			r[i] = cell(c)
		}
		w.line("| %s |", strings.Join(r, " | "))
	}
}

func cell(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "|", `\|`), "\n", " ")
}

func code(s string) string { return "`" + s + "`" }

// states writes the rows as a table, and how many there are of each state before it.
func (w *writer) states(what string, rows []row) {
	w.line("%s\n", tally(rows))
	var cells [][]string
	for _, r := range rows {
		cells = append(cells, []string{code(r.name), string(r.state), r.note})
	}
	w.table([]string{what, "state", "note"}, cells)
}

// tally counts rows by state: "3 same, 1 unsupported".
func tally(rows []row) string {
	var parts []string
	for _, s := range []state{same, beyond, differs, idle, unsupported} {
		n := 0
		for _, r := range rows {
			if r.state == s {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return strings.Join(parts, ", ") + "."
}

// replaceMark puts text between the comments of a mark.
func replaceMark(page []byte, mark, text string) ([]byte, error) {
	from, to := []byte("<!-- generated: "+mark+" -->\n"), []byte("<!-- end -->")
	i := bytes.Index(page, from)
	if i < 0 {
		return nil, fmt.Errorf("mark %q is missing", mark)
	}
	i += len(from)
	j := bytes.Index(page[i:], to)
	if j < 0 {
		return nil, fmt.Errorf("mark %q has no end", mark)
	}
	return append(append(append([]byte{}, page[:i]...), text...), page[i+j:]...), nil
}

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"
	"unicode"

	"pbc/internal/executor"
	"pbc/ir"
)

// asides are what a run with -v says of itself beside Ansible's words: on standard error, each thing once, and no more than maxAsides, as some
// of it is a host's word. Called by the name ansible-playbook pbc says nothing of the kind, so that its screen is Ansible's.
type asides struct {
	on   bool
	mu   sync.Mutex
	said map[string]bool
}

const maxAsides = 1000

func (a *asides) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.on || a.said[text] || len(a.said) >= maxAsides {
		return
	}
	if a.said == nil {
		a.said = map[string]bool{}
	}
	a.said[text] = true
	fmt.Fprintln(os.Stderr, "pbc: "+text)
}

// left says that a host runs a module in Python, and why: in the words of the host where it has some.
func (a *asides) left(name, why string) {
	if why = printable(why); why == "" {
		why = executor.Why(name)
	}
	a.say("the module %s runs in Python: %s", printable(name), why)
}

// printable is a text of a host as far as a terminal may see it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s[:min(len(s), 200)], ""))
}

// leftToPython lists the tasks of a program that pbc does not run itself, whole, with their places and why.
func leftToPython(w io.Writer, p *ir.Program) error {
	rows := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, play := range p.Plays {
		for _, t := range play.Tasks {
			if why := executor.Task(t); why != "" {
				at := t.Pos
				if rel, err := filepath.Rel(p.Basedir, at.File); err == nil && !strings.HasPrefix(rel, "..") {
					at.File = rel
				}
				fmt.Fprintf(rows, "%s\t%s\tPython: %s\n", at, t.Module, why)
			}
		}
	}
	return rows.Flush()
}

package main

import (
	"os"

	"golang.org/x/term"

	"pbc/runtime/callback"
)

// showsProgress is the width of the terminal that a line about the progress of the run is drawn on, 0 for none: output that goes
// elsewhere, a terminal that is plain or is to be left so, and one on which others write as well stay as Ansible has them.
func (s *session) showsProgress(opt callback.Options) int {
	name := os.Getenv("TERM")
	switch {
	case os.Getenv("PBC_PROGRESS") == "0", name == "", name == "dumb", opt.NoColor:
		return 0
	case !term.IsTerminal(int(os.Stdout.Fd())), opt.Verbosity > 0, s.req.Step:
		return 0
	case s.callbacks.stdout != "" || len(s.callbacks.enabled) > 0:
		return 0
	}
	return terminalWidth(0)
}

// terminalWidth is the width of the terminal now, or what it is taken for where the terminal does not say.
func terminalWidth(otherwise int) int {
	columns, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil || columns == 0 {
		return otherwise
	}
	return columns
}

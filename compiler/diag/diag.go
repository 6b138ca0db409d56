// Package diag is what the compiler says about a playbook: diagnostics with a place, told apart by
// whose fault they are. It prints them with an excerpt and a caret, or as Ansible prints its errors.
package diag

import (
	"fmt"

	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/failure"
)

// Kind says whose fault a Diagnostic is.
type Kind uint8

const (
	// Invalid is wrong Ansible: ansible-playbook refuses it too, before running.
	Invalid Kind = iota
	// Unsupported is right Ansible that pbc lacks.
	Unsupported
	// Warning does not stop anything.
	Warning
	// Deprecated is a warning that Ansible prints as [DEPRECATION WARNING].
	Deprecated
	// Later is a fault that Ansible would only meet while running: told by pbc check, stops nothing.
	Later
)

// Note is a second place that has to do with a Diagnostic.
type Note struct {
	Pos ir.Pos
	Msg string
}

// Diagnostic is one thing to say. It is an error.
type Diagnostic struct {
	Kind Kind
	Pos  ir.Pos
	// Msg is Ansible's own message for Invalid, pbc's otherwise: lower case, no full stop.
	Msg   string
	Hint  string // what to do about it, or a near miss; may be empty
	Notes []Note
	// Short is what pbc's own form says in place of Msg, when Ansible's text is long. May be empty.
	Short string
	// Twice says that Ansible gives its excerpt a second time, and Again what it puts in between.
	Twice bool
	Again string
	// Hidden says that the lines around Pos are secret and are not to be shown.
	Hidden bool
	// Tagged is what dialect tagged tells in place of Msg, where that is not Msg at Pos.
	Tagged *failure.Failure
	// TaggedExit is the exit code of dialect tagged, 0 for Exit.
	TaggedExit int
	// Missing is the file that is not there, "" where something else is wrong.
	Missing string
	// Exit is ansible-playbook's exit code when it ends on this, 0 for its usual one: 4 where Pos is in
	// a playbook or another file that it parses.
	Exit int
}

// Code is the exit code of an ansible-playbook that ends on d.
func (d *Diagnostic) Code(dialect expr.Dialect) int {
	switch {
	case dialect == expr.Tagged && d.TaggedExit != 0:
		return d.TaggedExit
	case d.Exit != 0:
		return d.Exit
	}
	return 4
}

func (d *Diagnostic) Error() string {
	if d.Pos.IsValid() {
		return d.Pos.String() + ": " + d.Msg
	}
	return d.Msg
}

// Errorf returns an Invalid diagnostic.
func Errorf(pos ir.Pos, format string, args ...any) *Diagnostic {
	return &Diagnostic{Kind: Invalid, Pos: pos, Msg: fmt.Sprintf(format, args...)}
}

// Unsupportedf returns an Unsupported diagnostic.
func Unsupportedf(pos ir.Pos, format string, args ...any) *Diagnostic {
	return &Diagnostic{Kind: Unsupported, Pos: pos, Msg: fmt.Sprintf(format, args...)}
}

// List collects diagnostics in the order they were found. The zero List is empty and ready.
type List struct{ Items []*Diagnostic }

// Add appends d, when it is not nil.
func (l *List) Add(d *Diagnostic) {
	if d != nil {
		l.Items = append(l.Items, d)
	}
}

// Stops says whether any of the diagnostics stops a compile.
func (l *List) Stops() bool {
	for _, d := range l.Items {
		if d.Kind == Invalid || d.Kind == Unsupported {
			return true
		}
	}
	return false
}

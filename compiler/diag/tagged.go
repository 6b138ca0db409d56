package diag

import (
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
)

// Told is d as the ansible-playbook of a dialect words it: see Ansible and Chain.
func Told(d *Diagnostic, dialect expr.Dialect, read ReadFile) string {
	if dialect == expr.Tagged {
		return Chain(d).Text(failure.ReadFile(read))
	}
	return Ansible(d, read)
}

// Chain is d as dialect tagged tells it.
func Chain(d *Diagnostic) *failure.Failure {
	if d.Tagged != nil {
		return d.Tagged
	}
	f := failure.New(d.Msg)
	if d.Pos.File != "" && d.Kind != Deprecated {
		f.At = &value.Origin{File: d.Pos.File, Line: d.Pos.Line, Col: d.Pos.Col}
	}
	return f
}

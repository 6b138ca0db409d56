package failure

import "pbc/ir/value"

// Reserved is dialect tagged's warning of a variable that has the name of a keyword; at is where the name is written, nil when that
// is not known.
func Reserved(name string, at *value.Origin) *Failure {
	f := &Failure{Msg: "Found variable using reserved name " + value.StrRepr(name) + ".", At: at}
	if at == nil || at.Line == 0 {
		f.Shown = name
	}
	return f
}

package jinja

import (
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// ValueAt is Value of a text that stands at pos, which errors of dialect tagged show.
func (o Options) ValueAt(s string, pos ir.Pos) value.Value { return o.place(o.Value(s), pos) }

// ConditionAt is Condition of a text that stands at pos, which errors of dialect tagged show.
func (o Options) ConditionAt(s string, pos ir.Pos) *value.Cond {
	c := o.Condition(s)
	o.place(c, pos)
	return c
}

// TemplateAt is Template of a text that stands at pos.
func (o Options) TemplateAt(s string, pos ir.Pos) *value.Tmpl {
	t := Template(s, o)
	o.place(t, pos)
	return t
}

func (o Options) place(v value.Value, pos ir.Pos) value.Value {
	if o.Dialect != expr.Tagged || pos.File == "" {
		return v
	}
	return value.Place(v, value.Origin{File: pos.File, Line: pos.Line, Col: pos.Col})
}

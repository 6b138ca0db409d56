package grant

import (
	"strings"

	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// Shape is a text as far as it is known before running: pieces, with a gap that anything fills between two. One piece is a text
// that is known.
type Shape []string

// anything is the shape that all texts have.
var anything = Shape{"", ""}

// Has says whether a text is of the shape. White space around it does not count.
func (p Shape) Has(text string) bool {
	text = strings.TrimSpace(text)
	first, last := strings.TrimLeft(p[0], " \t\r\n"), strings.TrimRight(p[len(p)-1], " \t\r\n")
	if len(p) == 1 {
		return strings.TrimSpace(first) == text
	}
	rest, ok := strings.CutPrefix(text, first)
	if rest, ok = cutSuffix(rest, last, ok); !ok {
		return false
	}
	for _, piece := range p[1 : len(p)-1] {
		_, after, found := strings.Cut(rest, piece)
		if !found {
			return false
		}
		rest = after
	}
	return true
}

func cutSuffix(s, suffix string, so bool) (string, bool) {
	rest, ok := strings.CutSuffix(s, suffix)
	return rest, ok && so
}

// String is the shape with a star for each gap.
func (p Shape) String() string { return strings.Join(p, "*") }

// then is the shape of a text of p with one of q after it.
func (p Shape) then(q Shape) Shape {
	out := append(Shape{}, p...)
	out[len(out)-1] += q[0]
	return append(out, q[1:]...)
}

// maxShapes bounds how many shapes a text may have before it counts as unknown, maxThrough through how many variables it is followed.
const (
	maxShapes  = 64
	maxThrough = 10
)

// Source is where a value comes from.
type Source struct {
	v    value.Value
	n    *expr.Node // in the place of v
	each bool       // an element of it
	// gap is a value of which nothing is known; inner, one whose names may be bound by the text around it.
	gap, inner bool
}

// Of is the source that is a value of the program.
func Of(v value.Value) Source { return Source{v: v} }

// Vars returns what a variable may hold, as far as the program and the inventory say, and whether that is all.
type Vars func(name string) (list []value.Value, all bool)

// reader finds the shapes of sources.
type reader struct {
	sets Sets
	vars Vars
	left int // how many variables to go through
	// steps bounds the work.
	steps *int
}

// maxSteps is how many expressions may be looked at for one question.
const maxSteps = 20000

// shapes are those of the texts within what the sources yield. Nil with ok is no text at all; without ok nothing is known.
func (r reader) shapes(list []Source) (out []Shape, ok bool) {
	for _, src := range list {
		more, ok := r.source(src)
		if out = append(out, more...); !ok || len(out) > maxShapes {
			return nil, false
		}
	}
	return out, true
}

func (r reader) source(src Source) ([]Shape, bool) {
	*r.steps++
	switch {
	case src.gap, *r.steps > maxSteps:
		return nil, false
	case src.each:
		list, ok := r.elements(src)
		if !ok {
			return nil, false
		}
		return r.shapes(list)
	case src.n != nil:
		return r.node(src.n, src.inner)
	}
	return r.value(src.v)
}

// value are the shapes of the texts within a value of the program.
func (r reader) value(v value.Value) ([]Shape, bool) {
	var parts []value.Value
	switch x := v.(type) {
	case nil, bool:
		return nil, true
	case *value.Tmpl:
		return r.template(x)
	case *value.List:
		parts = x.V
	case value.Tuple:
		parts = x
	case *value.Dict:
		parts = x.V
	default:
		return constant(v)
	}
	list := make([]Source, len(parts))
	for i, p := range parts {
		list[i] = Of(p)
	}
	return r.shapes(list)
}

// constant is the shape of a value that has no parts. A text that would be read as a template, or in which backslashes may have been
// read, is not known.
func constant(v any) ([]Shape, bool) {
	if v == nil {
		return nil, true
	}
	text, err := value.ToStr(v)
	if err != nil || strings.Contains(text, "{{") || strings.Contains(text, "{%") || strings.Contains(text, `\`) {
		return nil, false
	}
	return []Shape{{text}}, true
}

// template are the shapes of what a template yields: text with expressions. One with statements is not followed.
func (r reader) template(t *value.Tmpl) ([]Shape, bool) {
	if t.Fault != "" || len(t.Root) == 0 {
		return nil, false
	}
	if n := only(t); n != nil {
		return r.node(n, false)
	}
	out := []Shape{{""}}
	for _, n := range t.Root {
		next, ok := []Shape{{n.S}}, true
		switch n.Op {
		case expr.SOutput:
			next, ok = r.node(n.A[0], false)
			if !ok || next == nil {
				next, ok = []Shape{anything}, true
			}
		case expr.SData:
			ok = !strings.Contains(n.S, `\`)
		default:
			ok = false
		}
		if out = joined(out, next); !ok || out == nil {
			return nil, false
		}
	}
	if first := out[0][0]; strings.HasPrefix(first, "[") || strings.HasPrefix(first, "{") || strings.HasPrefix(first, "(") {
		return nil, false // it may be read as a list or a dictionary
	}
	return out, true
}

// only is the expression of a template that is nothing else, nil for others.
func only(t *value.Tmpl) *expr.Node {
	if len(t.Root) == 1 && t.Root[0].Op == expr.SOutput {
		return t.Root[0].A[0]
	}
	return nil
}

// joined are the texts of a with those of b after them, nil for too many.
func joined(a, b []Shape) []Shape {
	if len(a)*len(b) > maxShapes {
		return nil
	}
	var out []Shape
	for _, p := range a {
		for _, q := range b {
			out = append(out, p.then(q))
		}
	}
	return out
}

// node are the shapes of what an expression yields.
func (r reader) node(n *expr.Node, inner bool) ([]Shape, bool) {
	below := func(list ...*expr.Node) ([]Shape, bool) {
		var all []Source
		for _, x := range list {
			all = append(all, Source{n: x, inner: inner})
		}
		return r.shapes(all)
	}
	switch n.Op {
	case expr.OConst:
		return constant(n.V)
	case expr.OList, expr.OTuple, expr.ODict:
		return below(n.A...)
	case expr.OConcat:
		return r.concat(n.A, inner)
	case expr.OAdd:
		if textual(n.A[0]) || textual(n.A[1]) {
			return r.concat(n.A, inner)
		}
		if n.A[0].Op == expr.OList || n.A[1].Op == expr.OList {
			return below(n.A...)
		}
		return nil, false
	}
	list, ok := r.reads(n, inner)
	if !ok {
		return nil, false
	}
	r.left--
	return r.shapes(list)
}

// textual says whether an expression can only be text.
func textual(n *expr.Node) bool {
	switch n.Op {
	case expr.OConst:
		_, ok := n.V.(string)
		return ok
	case expr.OConcat:
		return true
	case expr.OAdd:
		return textual(n.A[0]) || textual(n.A[1])
	}
	return false
}

// concat are the shapes of texts put together: what is not known is a gap.
func (r reader) concat(parts []*expr.Node, inner bool) ([]Shape, bool) {
	out := []Shape{{""}}
	for _, p := range parts {
		next, ok := r.node(p, inner)
		if !ok || next == nil {
			next = []Shape{anything}
		}
		if out = joined(out, next); out == nil {
			return nil, false
		}
	}
	return out, true
}

// same are the filters that yield what they are given, or parts of it.
var same = map[string]bool{"string": true, "trim": true, "list": true, "flatten": true, "unique": true, "sort": true, "mandatory": true, "first": true, "last": true}

// reads are the values that an expression reads; without ok it is not known which.
func (r reader) reads(n *expr.Node, inner bool) ([]Source, bool) {
	switch n.Op {
	case expr.OConst, expr.OList:
		return []Source{{n: n, inner: inner}}, true
	case expr.OName:
		if *r.steps++; inner || r.left <= 0 || *r.steps > maxSteps {
			return nil, false
		}
		return r.variable(n.S)
	case expr.OAttr:
		return r.field(n.A[0], n.S, inner)
	case expr.OItem:
		if name, ok := n.A[1].V.(string); ok && n.A[1].Op == expr.OConst {
			return r.field(n.A[0], name, inner)
		}
	case expr.OFilter:
		switch name := ir.Short(n.S); {
		case name == "default" || name == "d":
			return r.either(n.A, inner)
		case same[name] && len(n.A) == 1 && len(n.KW) == 0:
			return r.reads(n.A[0], inner)
		}
	case expr.OOr:
		return r.either(n.A, inner)
	case expr.OCond:
		return r.either(n.A[1:], inner)
	}
	return nil, false
}

// either are the values of all of several expressions.
func (r reader) either(list []*expr.Node, inner bool) (out []Source, ok bool) {
	for _, n := range list {
		if n == nil || n.Op == expr.OName && n.S == "omit" {
			continue
		}
		if n.Op != expr.OConst && n.Op != expr.OConcat && n.Op != expr.OAdd {
			more, ok := r.reads(n, inner)
			if !ok {
				return nil, false
			}
			out = append(out, more...)
			continue
		}
		out = append(out, Source{n: n, inner: inner})
	}
	return out, true
}

// variable are the values that a variable may have.
func (r reader) variable(name string) ([]Source, bool) {
	var out []Source
	for _, s := range r.sets {
		if s.anyBind || s.binds[name] {
			return nil, false
		}
		out = append(out, s.loops[name]...)
	}
	list, all := r.vars(name)
	for _, v := range list {
		out = append(out, Of(v))
	}
	return out, all && len(out) > 0
}

// field are the values of an entry of dictionaries.
func (r reader) field(of *expr.Node, name string, inner bool) ([]Source, bool) {
	list, ok := r.reads(of, inner)
	if !ok {
		return nil, false
	}
	r.left--
	var out []Source
	for _, src := range list {
		dicts, ok := r.plain(src)
		if !ok {
			return nil, false
		}
		for _, v := range dicts {
			d, ok := v.(*value.Dict)
			if !ok {
				return nil, false
			}
			if v, ok := d.GetStr(name); ok {
				out = append(out, Of(v))
			}
		}
	}
	return out, true
}

// plain are the values of the program that a source yields, as they are written.
func (r reader) plain(src Source) ([]value.Value, bool) {
	list := []Source{src}
	if src.each {
		var ok bool
		if list, ok = r.elements(src); !ok {
			return nil, false
		}
	}
	var out []value.Value
	for _, e := range list {
		t, isTmpl := e.v.(*value.Tmpl)
		switch {
		case e.gap || e.n != nil || e.each:
			return nil, false
		case !isTmpl:
			out = append(out, e.v)
		case only(t) == nil || r.left <= 0:
			return nil, false
		default:
			from, ok := r.reads(only(t), false)
			if !ok {
				return nil, false
			}
			r.left--
			for _, f := range from {
				more, ok := r.plain(f)
				if !ok {
					return nil, false
				}
				out = append(out, more...)
			}
		}
	}
	return out, true
}

// elements are those of the lists that a source yields.
func (r reader) elements(src Source) ([]Source, bool) {
	if src.gap {
		return nil, false
	}
	src.each = false
	lists, ok := r.plain(src)
	if !ok {
		return nil, false
	}
	var out []Source
	for _, v := range lists {
		l, ok := v.(*value.List)
		if !ok {
			return nil, false
		}
		for _, e := range l.V {
			out = append(out, Of(e))
		}
	}
	return out, true
}

// Unknown is a source of which nothing is known.
func Unknown() Source { return Source{gap: true} }

// Begins says whether the source may yield a text that begins with one.
func (s Source) Begins(with string) bool {
	text, _ := value.Text(s.v)
	if t, ok := s.v.(*value.Tmpl); ok {
		text = t.Src
	}
	return s.gap || strings.HasPrefix(text, with) || strings.HasPrefix(text, "{")
}

package eval

import (
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// maxCalls bounds the nesting of macros and recursive loops.
const maxCalls = 200

// macro is a macro, in the scope it was defined in.
type macro struct {
	name   string
	params []expr.KW
	dflt   []exprFn // nil where a parameter has no default
	body   stmtFn
	frame  *frame
	// what the body asks for beyond its parameters
	varargs, kwargs, caller bool
}

func (m *macro) TypeName() string { return "Macro" }

func (m *macro) Repr() (string, error) { return "<Macro " + value.StrRepr(m.name) + ">", nil }

func (m *macro) Attr(name string) (val, bool) {
	switch name {
	case "name":
		return m.name, true
	case "arguments":
		t := tuple{}
		for _, p := range m.params {
			t = append(t, p.K)
		}
		return t, true
	case "catch_kwargs":
		return m.kwargs, true
	case "catch_varargs":
		return m.varargs, true
	case "caller":
		return m.caller, true
	}
	return nil, false
}

// mentions says whether a name is read anywhere in a body.
func mentions(ns []*expr.Node, name string) bool {
	found := false
	expr.WalkAll(ns, func(n *expr.Node) bool {
		found = found || n.Op == expr.OName && n.S == name
		return !found
	})
	return found
}

func (c *compiler) macro(n *expr.Node) func(f *frame) *macro {
	m := macro{name: n.S, params: n.KW, body: c.body(n.Body)}
	for _, k := range n.KW {
		var d exprFn
		if k.V != nil {
			d = c.expr(k.V)
		}
		m.dflt = append(m.dflt, d)
	}
	m.varargs, m.kwargs, m.caller = mentions(n.Body, "varargs"), mentions(n.Body, "kwargs"), mentions(n.Body, "caller")
	return func(f *frame) *macro {
		x := m
		x.frame = f
		return &x
	}
}

// call renders the macro.
func (m *macro) Call(c *python.Call) (val, error) {
	r := m.frame.run
	if r.depth++; r.depth > maxCalls {
		return nil, errRecursion
	}
	defer func() { r.depth-- }()
	f := m.frame.child()
	given, err := m.bind(f, c)
	if err != nil {
		return nil, err
	}
	for i, p := range m.params {
		if given[i] {
			continue
		}
		if m.dflt[i] == nil {
			f.set(p.K, &undef{Name: p.K, Hint: "parameter " + value.StrRepr(p.K) + " was not provided"})
			continue
		}
		v, err := m.dflt[i](f)
		if err != nil {
			return nil, err
		}
		f.set(p.K, v)
	}
	var out []val
	if err := m.body(f, &out); err != nil {
		return nil, err
	}
	return r.concat(out)
}

func (m *macro) param(name string) int {
	for i, p := range m.params {
		if p.K == name {
			return i
		}
	}
	return -1
}

// bind sets the parameters that the call gives.
func (m *macro) bind(f *frame, c *python.Call) ([]bool, error) {
	given := make([]bool, len(m.params))
	for i := range min(len(m.params), len(c.Args)) {
		f.set(m.params[i].K, c.Args[i])
		given[i] = true
	}
	if m.caller {
		f.set("caller", &undef{Name: "caller", Hint: "No caller defined"})
	}
	extra := value.NewDict()
	for _, a := range c.KW {
		if i := m.param(a.Name); i >= 0 {
			f.set(a.Name, a.V)
			given[i] = true
		} else if a.Name == "caller" && m.caller {
			f.set("caller", a.V)
		} else {
			extra.SetStr(a.Name, a.V)
		}
	}
	switch {
	case m.kwargs:
		f.set("kwargs", extra)
	case extra.Len() > 0 && python.Str(extra.K[0]) == "caller":
		return nil, exception.TypeError("macro %s was invoked with two values for the special caller argument. This is most likely a bug.", value.StrRepr(m.name))
	case extra.Len() > 0:
		return nil, exception.TypeError("macro %s takes no keyword argument %s", value.StrRepr(m.name), value.StrRepr(python.Str(extra.K[0])))
	}
	rest := tuple{}
	if len(c.Args) > len(m.params) {
		if !m.varargs {
			return nil, exception.TypeError("macro %s takes not more than %d argument(s)", value.StrRepr(m.name), len(m.params))
		}
		rest = append(rest, c.Args[len(m.params):]...)
	}
	if m.varargs {
		f.set("varargs", rest)
	}
	return given, nil
}

// callerName holds the caller of a call block; no template can spell it.
const callerName = "\x00caller"

// callBlock passes the body of a call block to its call as the macro caller.
func (c *compiler) callBlock(n *expr.Node) stmtFn {
	m := c.macro(&expr.Node{Op: expr.SMacro, S: "caller", KW: n.KW, Body: n.Body})
	k := *n.A[0]
	k.KW = append(append([]expr.KW{}, k.KW...), expr.KW{K: "caller", V: &expr.Node{Op: expr.OName, S: callerName}})
	x := c.call(&k)
	return func(f *frame, out *[]val) error {
		g := f.child()
		g.set(callerName, m(f))
		return emit(x)(g, out)
	}
}

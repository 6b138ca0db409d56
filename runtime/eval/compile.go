package eval

import (
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/python"
)

func (c *compiler) exprs(ns []*expr.Node) []exprFn {
	r := make([]exprFn, len(ns))
	for i, n := range ns {
		r[i] = c.expr(n)
	}
	return r
}

func evalAll(fs []exprFn, f *frame) ([]val, error) {
	r := make([]val, len(fs))
	for i, x := range fs {
		v, err := x(f)
		if err != nil {
			return nil, err
		}
		r[i] = v
	}
	return r, nil
}

// expr compiles one expression.
func (c *compiler) expr(n *expr.Node) exprFn {
	switch n.Op {
	case expr.OConst:
		return c.constant(n)
	case expr.OName:
		return c.name(n.S)
	case expr.OAttr:
		return c.shown(c.attr(n))
	case expr.OItem:
		return c.shown(c.binary(n, python.GetItem))
	case expr.OSlice:
		return c.slice(n)
	case expr.OCall:
		return c.call(n)
	case expr.OFilter:
		return c.filter(n, nil)
	case expr.OTest:
		return c.test(n)
	case expr.OConcat:
		return c.concat(n)
	case expr.OCompare:
		return c.compare(n)
	case expr.OAnd, expr.OOr:
		return c.logic(n)
	case expr.ONot:
		return c.not(n)
	case expr.ONeg:
		return c.unary(n, python.Negate)
	case expr.OPos:
		return c.unary(n, python.Positive)
	case expr.OCond:
		return c.cond(n)
	case expr.OList, expr.OTuple, expr.ODict:
		return c.display(n)
	}
	if op := binaryOps[n.Op]; op != nil {
		return c.binary(n, op)
	}
	c.fail("bad expression node %d", n.Op)
	return nil
}

var binaryOps = map[expr.Op]func(a, b val) (val, error){
	expr.OAdd: python.Add, expr.OSub: python.Sub, expr.OMul: python.Mul, expr.ODiv: python.Div, expr.OFloorDiv: python.FloorDiv, expr.OMod: python.Mod, expr.OPow: python.Power,
}

func (c *compiler) constant(n *expr.Node) exprFn {
	v := n.V
	if s, ok := v.(string); ok && c.tagged && (c.inCond || c.terms[n]) && looksTemplated(s) {
		help := embeddedTerm
		if c.inCond {
			help = embeddedCondition
		}
		return func(f *frame) (val, error) {
			if f.run.e.cfg.NoEmbedded {
				return v, nil
			}
			v, err := f.run.e.renderText(s)
			if err == nil {
				f.run.embedded(help)
			}
			return v, err
		}
	}
	return func(*frame) (val, error) { return v, nil }
}

// What to do about constants that hold templates.
const (
	embeddedCondition = "Use inline expressions, for example: `when: \"{{ a_var }}\" == 42` becomes `when: a_var == 42`"
	embeddedTerm      = "Use inline expressions, for example: `msg: \"{{ lookup('env', '{{ a_var }}') }}\"` becomes `msg: \"{{ lookup('env', a_var) }}\"`"
)

// lookups are the globals whose terms are rendered where they are constants that hold templates.
var lookups = map[string]bool{"lookup": true, "query": true, "q": true}

// markTerms notes the constants that a term of a lookup is, or is made of.
//
// Observed: ansible-core 2.19.
func (c *compiler) markTerms(n *expr.Node) {
	switch {
	case n == nil:
	case n.Op == expr.OConst:
		if c.terms == nil {
			c.terms = map[*expr.Node]bool{}
		}
		c.terms[n] = true
	case n.Op == expr.ODict:
		for i := 1; i < len(n.A); i += 2 {
			c.markTerms(n.A[i])
		}
	case n.Op == expr.OCond:
		c.markTerms(n.A[1])
		c.markTerms(n.A[2])
	case n.Op == expr.OList, n.Op == expr.OTuple, n.Op == expr.OAnd, n.Op == expr.OOr:
		for _, a := range n.A {
			c.markTerms(a)
		}
	}
}

func (c *compiler) binary(n *expr.Node, op func(a, b val) (val, error)) exprFn {
	l, r := c.expr(n.A[0]), c.expr(n.A[1])
	return func(f *frame) (val, error) {
		a, err := l(f)
		if err != nil {
			return nil, err
		}
		b, err := r(f)
		if err != nil {
			return nil, err
		}
		return f.run.e.count(op(a, b))
	}
}

func (c *compiler) unary(n *expr.Node, op func(val) (val, error)) exprFn {
	x := c.expr(n.A[0])
	return func(f *frame) (val, error) {
		v, err := x(f)
		if err != nil {
			return nil, err
		}
		return op(v)
	}
}

func (c *compiler) not(n *expr.Node) exprFn {
	return c.unary(n, func(v val) (val, error) {
		b, err := python.Truth(v)
		return !b, err
	})
}

func (c *compiler) attr(n *expr.Node) exprFn {
	o, name := c.expr(n.A[0]), n.S
	return func(f *frame) (val, error) {
		v, err := o(f)
		if err != nil {
			return nil, err
		}
		return python.GetAttr(v, name)
	}
}

// name reads a name. What is undefined in dialect classic is one value, which nothing changes.
func (c *compiler) name(name string) exprFn {
	if c.tagged {
		return func(f *frame) (val, error) {
			v, found, err := f.lookup(name)
			if !found {
				v = &undef{Name: name}
			}
			return v, err
		}
	}
	missing := &undef{Name: name, Shown: true}
	return c.shown(func(f *frame) (val, error) {
		v, found, err := f.lookup(name)
		if !found {
			return missing, err
		}
		return v, err
	})
}

// shown makes the undefined values that x gives show themselves as dialect classic does.
func (c *compiler) shown(x exprFn) exprFn {
	if c.tagged {
		return x
	}
	return func(f *frame) (val, error) {
		v, err := x(f)
		if u, ok := v.(*undef); ok && !u.Shown {
			seen := *u
			seen.Shown = true
			return &seen, err
		}
		return v, err
	}
}

func (c *compiler) slice(n *expr.Node) exprFn {
	var parts [3]exprFn
	for i, a := range n.A {
		if a != nil {
			parts[i] = c.expr(a)
		}
	}
	return func(f *frame) (val, error) {
		var v [3]val
		for i, x := range parts {
			if x == nil {
				continue
			}
			var err error
			if v[i], err = x(f); err != nil {
				return nil, err
			}
		}
		return &python.Slice{Start: v[0], Stop: v[1], Step: v[2]}, nil
	}
}

// logic is and and or, which give one of their operands.
func (c *compiler) logic(n *expr.Node) exprFn {
	l, r, goOn := c.expr(n.A[0]), c.expr(n.A[1]), n.Op == expr.OAnd
	return func(f *frame) (val, error) {
		a, err := l(f)
		if err != nil {
			return nil, err
		}
		b, err := python.Truth(a)
		if err != nil {
			return nil, err
		}
		if b != goOn {
			return a, nil
		}
		return r(f)
	}
}

func (c *compiler) concat(n *expr.Node) exprFn {
	fs := c.exprs(n.A)
	return func(f *frame) (val, error) {
		var b strings.Builder
		for _, x := range fs {
			v, err := x(f)
			if err != nil {
				return nil, err
			}
			s, err := value.ToStr(v)
			if err != nil {
				return nil, err
			}
			if b.Len()+len(s) > bound.Text {
				return nil, bound.TooLarge()
			}
			b.WriteString(s)
		}
		return f.run.e.count(b.String(), nil)
	}
}

func (c *compiler) cond(n *expr.Node) exprFn {
	test, a := c.expr(n.A[0]), c.expr(n.A[1])
	b := func(*frame) (val, error) {
		return &undef{Hint: "the inline if-expression on line 1 evaluated to false and no else section was defined.", Lenient: true}, nil
	}
	if n.A[2] != nil {
		b = c.expr(n.A[2])
	}
	return func(f *frame) (val, error) {
		ok, err := decide(test, f)
		if err != nil {
			return nil, err
		}
		if ok {
			return a(f)
		}
		return b(f)
	}
}

// decide computes an expression for its truth.
func decide(x exprFn, f *frame) (bool, error) {
	v, err := x(f)
	if err != nil {
		return false, err
	}
	return python.Truth(v)
}

// display is a list, tuple or dictionary written out.
func (c *compiler) display(n *expr.Node) exprFn {
	fs := c.exprs(n.A)
	return func(f *frame) (val, error) {
		v, err := evalAll(fs, f)
		if err != nil {
			return nil, err
		}
		switch n.Op {
		case expr.OList:
			return &list{V: v}, nil
		case expr.OTuple:
			return tuple(v), nil
		}
		d := value.NewDict()
		for i := 0; i+1 < len(v); i += 2 {
			if err := d.Set(v[i], v[i+1]); err != nil {
				return nil, err
			}
		}
		return d, nil
	}
}

// constantList returns a list or tuple of constants as one value, for "x in [...]".
func constantList(n *expr.Node) (val, bool) {
	if n.Op == expr.OConst {
		return n.V, true
	}
	if n.Op != expr.OList && n.Op != expr.OTuple {
		return nil, false
	}
	l := &list{}
	for _, a := range n.A {
		if a.Op != expr.OConst {
			return nil, false
		}
		l.V = append(l.V, a.V)
	}
	return l, true
}

func (c *compiler) compare(n *expr.Node) exprFn {
	l := c.expr(n.A[0])
	op := python.Comparison(n.Ops[0])
	if len(n.Ops) > 1 {
		return c.chain(l, n)
	}
	inList := n.Ops[0] == "in" || n.Ops[0] == "notin" || n.A[1].Op == expr.OConst
	if k, ok := constantList(n.A[1]); ok && inList && !(c.tagged && c.inCond) {
		return func(f *frame) (val, error) {
			a, err := l(f)
			if err != nil {
				return nil, err
			}
			r, err := op(a, k)
			return r, err
		}
	}
	r := c.expr(n.A[1])
	return func(f *frame) (val, error) {
		a, err := l(f)
		if err != nil {
			return nil, err
		}
		b, err := r(f)
		if err != nil {
			return nil, err
		}
		x, err := op(a, b)
		return x, err
	}
}

// chain is a comparison of several operators, which stops at the first that is false.
func (c *compiler) chain(l exprFn, n *expr.Node) exprFn {
	rest := c.exprs(n.A[1:])
	ops := make([]python.Comparer, len(rest))
	for i, o := range n.Ops {
		ops[i] = python.Comparison(o)
	}
	return func(f *frame) (val, error) {
		a, err := l(f)
		if err != nil {
			return nil, err
		}
		for i, x := range rest {
			b, err := x(f)
			if err != nil {
				return nil, err
			}
			r, err := ops[i](a, b)
			if err != nil || !r {
				return false, err
			}
			a = b
		}
		return true, nil
	}
}

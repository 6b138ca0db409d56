package eval

import (
	"sync"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/plugin/filter"
	"pbc/runtime/python"
)

// argFns computes the arguments of a call.
type argFns struct {
	pos, kw   []exprFn
	names     []string
	star, dbl exprFn
}

func (c *compiler) args(n *expr.Node, pos []*expr.Node) *argFns {
	a := &argFns{pos: c.exprs(pos)}
	for _, k := range n.KW {
		a.names = append(a.names, k.K)
		a.kw = append(a.kw, c.expr(k.V))
	}
	if n.Star != nil {
		a.star = c.expr(n.Star)
	}
	if n.Dbl != nil {
		a.dbl = c.expr(n.Dbl)
	}
	return a
}

func (a *argFns) eval(f *frame, k *python.Call) error {
	k.Ctx = f
	for _, x := range a.pos {
		v, err := x(f)
		if err != nil {
			return err
		}
		k.Args = append(k.Args, v)
	}
	for i, x := range a.kw {
		v, err := x(f)
		if err != nil {
			return err
		}
		k.KW = append(k.KW, python.Arg{Name: a.names[i], V: v})
	}
	if a.star == nil && a.dbl == nil {
		return nil
	}
	return a.spread(f, k)
}

// spread adds *args and **kwargs.
func (a *argFns) spread(f *frame, k *python.Call) error {
	if a.star != nil {
		v, err := a.star(f)
		if err != nil {
			return err
		}
		it, err := python.Iter(v)
		if err != nil {
			return err
		}
		k.Args = append(k.Args, it...)
	}
	if a.dbl == nil {
		return nil
	}
	v, err := a.dbl(f)
	if err != nil {
		return err
	}
	d, ok := v.(*dict)
	if !ok {
		if err := python.Use(v); err != nil {
			return err
		}
		return exception.TypeError("argument after ** must be a mapping, not %s", value.TypeName(v))
	}
	for i, key := range d.K {
		k.KW = append(k.KW, python.Arg{Name: python.Str(key), V: d.V[i]})
	}
	return nil
}

func (c *compiler) call(n *expr.Node) exprFn {
	if c.tagged && n.A[0].Op == expr.OName && lookups[n.A[0].S] {
		for _, a := range n.A[min(2, len(n.A)):] {
			c.markTerms(a)
		}
	}
	args := c.args(n, n.A[1:])
	if n.A[0].Op == expr.OAttr {
		return c.methodCall(n.A[0], args)
	}
	target, tagged := c.expr(n.A[0]), c.tagged
	return func(f *frame) (val, error) {
		v, err := target(f)
		if err != nil {
			return nil, err
		}
		var k python.Call
		if err := args.eval(f, &k); err != nil {
			return nil, err
		}
		if _, isMacro := v.(*macro); tagged && !isMacro {
			return deferCall(&k, func() (val, error) { return python.CallValue(v, &k) })
		}
		return python.CallValue(v, &k)
	}
}

// methodCall calls a method without making a bound one.
func (c *compiler) methodCall(o *expr.Node, args *argFns) exprFn {
	obj, name, tagged := c.expr(o.A[0]), o.S, c.tagged
	return func(f *frame) (val, error) {
		v, err := obj(f)
		if err != nil {
			return nil, err
		}
		if u, ok := v.(*undef); ok {
			return nil, u.Fail()
		}
		if x, ok := v.(*value.Vault); ok && x.Opened {
			v = x.Plain
		}
		m := python.MethodOf(v, name)
		var target val
		if m == nil {
			if target, err = python.GetAttr(v, name); err != nil {
				return nil, err
			}
			if err := python.Use(target); err != nil {
				return nil, err
			}
		}
		var k python.Call
		if err := args.eval(f, &k); err != nil {
			return nil, err
		}
		run := func() (val, error) {
			if m != nil {
				return m(v, &k)
			}
			return python.CallValue(target, &k)
		}
		if tagged {
			return f.run.e.count(deferCall(&k, run))
		}
		return f.run.e.count(run())
	}
}

// notLoaded is what Jinja says of a filter or test that is not there.
func (e *Eval) notLoaded(test bool, name string) string {
	if e.tagged() {
		return "No " + pluginKind(test) + " named " + value.StrRepr(name) + "."
	}
	return unknownPlugin(name)
}

// unknownPlugin is what Ansible's loader says of a plugin that nothing has.
func unknownPlugin(name string) string { return "Could not load \"" + name + "\": '" + name + "'" }

// filter compiles a filter. input stands for the innermost input of a filter or set block.
func (c *compiler) filter(n *expr.Node, input exprFn) exprFn {
	p, why := c.e.plugin(false, n.S)
	if p == nil {
		c.lacks(why)
	}
	in := input
	if n.A[0] != nil {
		if n.A[0].Op == expr.OFilter && input != nil {
			in = c.filter(n.A[0], input)
		} else {
			in = c.expr(n.A[0])
		}
		if p == filter.Table["list"] && len(n.A) == 1 && n.KW == nil && n.Star == nil && n.Dbl == nil && c.fresh(n.A[0]) {
			return in
		}
	}
	if p == filter.Table["default"] && !c.tagged && len(n.A) == 2 && n.KW == nil && n.Star == nil && n.Dbl == nil {
		return defaultOf(in, c.expr(n.A[1]))
	}
	x := c.pluginCall(plugged{p, "filter", n.S}, in, c.args(n, n.A[1:]))
	if p.Native && !c.tagged && n.S == p.Name {
		return nativeText(x)
	}
	return x
}

// defaultOf is the filter default with its one argument, without a call.
func defaultOf(in, instead exprFn) exprFn {
	return func(f *frame) (val, error) {
		v, err := in(f)
		if err != nil {
			return nil, err
		}
		d, err := instead(f)
		if err != nil {
			return nil, err
		}
		if u, ok := v.(*undef); ok && exception.NilOrUndefined(u.Err) {
			return d, nil
		}
		return v, nil
	}
}

// fresh says whether a node is a filter that makes a list, which need not be copied then.
func (c *compiler) fresh(n *expr.Node) bool {
	if n.Op != expr.OFilter {
		return false
	}
	p, _ := c.e.plugin(false, n.S)
	return p != nil && p.Fresh
}

// nativeText marks the text that a filter such as to_json makes. Ansible goes by the name that
// the template uses: ansible.builtin.to_json is not marked.
func nativeText(x exprFn) exprFn {
	return func(f *frame) (val, error) {
		v, err := x(f)
		if err != nil {
			return nil, err
		}
		s, err := value.ToStr(v)
		return &value.Str{S: s, Native: true}, err
	}
}

func (c *compiler) test(n *expr.Node) exprFn {
	p, why := c.e.plugin(true, n.S)
	if p == nil {
		c.lacks(why)
	}
	in := c.expr(n.A[0])
	if (p.Name == "defined" || p.Name == "undefined") && len(n.A) == 1 && len(n.KW) == 0 {
		return definedTest(in, p.Name == "undefined")
	}
	return c.pluginCall(plugged{p, "test", n.S}, in, c.args(n, n.A[1:]))
}

// definedTest is "is defined", without a call.
func definedTest(in exprFn, want bool) exprFn {
	return func(f *frame) (val, error) {
		v, err := in(f)
		if err != nil {
			return nil, err
		}
		u, isUndef := v.(*undef)
		if isUndef && u.Err != nil && !exception.NilOrUndefined(u.Err) {
			return v, nil
		}
		return isUndef == want, nil
	}
}

func (c *compiler) pluginCall(p plugged, in exprFn, args *argFns) exprFn {
	tagged := c.tagged
	return func(f *frame) (val, error) {
		v, err := in(f)
		if err != nil {
			return nil, err
		}
		k := newCall(f, p.Row, v)
		defer endCall(k)
		if err := args.eval(f, k); err != nil {
			return nil, err
		}
		if tagged {
			return f.run.e.count(p.deferred(k))
		}
		return f.run.e.count(p.Invoke(k))
	}
}

// calls are calls of filters and tests that are over: none of these keeps its Call.
var calls = sync.Pool{New: func() any { return &python.Call{} }}

// newCall is a call of a filter or test that has its input so far. It is given back by endCall.
func newCall(f *frame, p *plugin.Row, input val) *python.Call {
	k := calls.Get().(*python.Call)
	k.Ctx, k.Name = f, p.Name
	k.Args = append(k.Args, input)
	return k
}

func endCall(k *python.Call) {
	clear(k.Args)
	clear(k.KW)
	*k = python.Call{Args: k.Args[:0], KW: k.KW[:0]}
	calls.Put(k)
}

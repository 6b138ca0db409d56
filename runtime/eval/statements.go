package eval

import (
	"slices"
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// templateBody is the body of a whole template. After extends, what prints is passed over, and the rest still
// runs: the blocks see what it sets and imports.
func (c *compiler) templateBody(ns []*expr.Node) stmtFn {
	at := slices.IndexFunc(ns, func(n *expr.Node) bool { return n.Op == expr.SExtends })
	if at < 0 {
		return c.body(ns)
	}
	head := c.body(ns[:at+1])
	var tail []*expr.Node
	for _, n := range ns[at+1:] {
		switch n.Op {
		case expr.SData, expr.SOutput:
		case expr.SBlock:
			c.stmt(n) // makes the block known
		default:
			tail = append(tail, n)
		}
	}
	rest := c.body(tail)
	return func(f *frame, out *[]val) error {
		end := head(f, out)
		if _, ok := end.(*extendsSignal); !ok {
			return end
		}
		var unseen []val
		if err := rest(f, &unseen); err != nil {
			return err
		}
		return end
	}
}

// body compiles a list of statements.
func (c *compiler) body(ns []*expr.Node) stmtFn {
	ss := make([]stmtFn, 0, len(ns))
	for _, n := range ns {
		ss = append(ss, c.stmt(n))
	}
	if len(ss) == 1 {
		return ss[0]
	}
	return func(f *frame, out *[]val) error {
		for _, s := range ss {
			if err := s(f, out); err != nil {
				return err
			}
		}
		return nil
	}
}

func (c *compiler) stmt(n *expr.Node) stmtFn {
	switch n.Op {
	case expr.SData:
		v := val(n.S)
		return func(_ *frame, out *[]val) error { *out = append(*out, v); return nil }
	case expr.SOutput:
		return c.output(n)
	case expr.SIf:
		return c.ifStmt(n)
	case expr.SFor:
		return c.forStmt(n)
	case expr.SSet:
		return c.set(n.A[0], c.expr(n.A[1]))
	case expr.SSetBlock:
		return c.set(n.A[0], c.capture(c.body(n.Body), n.A[1]))
	case expr.SFilterBlock:
		return emit(c.capture(c.body(n.Body), n.A[0]))
	case expr.SMacro:
		m, name := c.macro(n), n.S
		return func(f *frame, _ *[]val) error { f.set(name, m(f)); return nil }
	case expr.SCallBlock:
		return c.callBlock(n)
	case expr.SWith:
		return c.with(n)
	case expr.SScope:
		return scoped(c.body(n.Body))
	case expr.SAutoescape:
		return scoped(c.body(n.Body)) // nothing escapes here, as in Ansible
	case expr.SDo:
		x := c.expr(n.A[0])
		return func(f *frame, _ *[]val) error { _, err := x(f); return err }
	case expr.SBreak:
		return func(*frame, *[]val) error { return errBreak }
	case expr.SContinue:
		return func(*frame, *[]val) error { return errContinue }
	}
	return c.templateStmt(n)
}

// templateStmt compiles the statements that reach other templates.
func (c *compiler) templateStmt(n *expr.Node) stmtFn {
	switch n.Op {
	case expr.SInclude:
		return c.include(n)
	case expr.SImport, expr.SFrom:
		return c.importStmt(n)
	case expr.SBlock:
		name := n.S
		c.blocks[name] = c.body(n.Body)
		scoped, required := len(n.Ops) > 0, n.Flag
		return func(f *frame, out *[]val) error {
			if required && len(f.run.blocks[name]) < 2 {
				return exception.Raise("jinja2.exceptions.TemplateRuntimeError", "Required block %s not found", value.StrRepr(name))
			}
			if !scoped {
				f = f.root()
			}
			return runBlock(f, name, 0, out)
		}
	case expr.SExtends:
		return c.extends(n)
	}
	c.fail("bad statement %d", n.Op)
	return nil
}

func scoped(b stmtFn) stmtFn {
	return func(f *frame, out *[]val) error { return b(f.child(), out) }
}

func emit(x exprFn) stmtFn {
	return func(f *frame, out *[]val) error {
		v, err := x(f)
		if err == nil {
			*out = append(*out, v)
		}
		return err
	}
}

func (c *compiler) output(n *expr.Node) stmtFn {
	x := c.expr(n.A[0])
	if c.tagged {
		return emit(x)
	}
	return func(f *frame, out *[]val) error {
		v, err := x(f)
		if err != nil {
			return err
		}
		if v == nil && (f.run.e.native() || f.run.e.cfg.keepsNone) {
			*out = append(*out, nil)
			return nil
		}
		if v, err = finalize(v); err != nil {
			return err
		}
		*out = append(*out, v)
		return nil
	}
}

// finalize is what classic does to each printed value: None prints nothing, iterators become
// lists, and an undefined value anywhere inside is an error.
func finalize(v val) (val, error) {
	switch x := v.(type) {
	case nil:
		return "", nil
	case string, int64, bool, float64:
		return v, nil
	case *value.View, *value.Range:
		it, err := python.Iter(x)
		if err != nil {
			return nil, err
		}
		v = &list{V: it}
	}
	return v, failUndef(v)
}

// failUndef returns the error of the first undefined value in v.
func failUndef(v val) error { return failUndefIn(v, &bound.Walk{}) }

func failUndefIn(v val, w *bound.Walk) error {
	var inner []val
	switch x := v.(type) {
	case *undef:
		if x.Lenient {
			return nil
		}
		return x.Fail()
	case *list:
		inner = x.V
	case *dict:
		inner = x.V
	default:
		inner, _ = python.AsTuple(v)
	}
	if len(inner) == 0 {
		return nil
	}
	if err := w.In(); err != nil {
		return err
	}
	defer w.Out()
	for _, e := range inner {
		if err := failUndefIn(e, w); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) ifStmt(n *expr.Node) stmtFn {
	test, then := c.expr(n.A[0]), c.body(n.Body)
	var els stmtFn
	if n.Else != nil {
		els = c.body(n.Else)
	}
	return func(f *frame, out *[]val) error {
		ok, err := decide(test, f)
		switch {
		case err != nil:
			return err
		case ok:
			return then(f, out)
		case els != nil:
			return els(f, out)
		}
		return nil
	}
}

type assignFn func(f *frame, v val) error

func (c *compiler) assign(n *expr.Node) assignFn {
	switch n.Op {
	case expr.OName:
		name := n.S
		return func(f *frame, v val) error { f.set(name, v); return nil }
	case expr.OAttr:
		o, name := c.expr(n.A[0]), n.S
		return func(f *frame, v val) error {
			x, err := o(f)
			if err != nil {
				return err
			}
			ns, ok := x.(*namespace)
			if !ok {
				return exception.Raise("jinja2.exceptions.TemplateRuntimeError", "cannot assign attribute on non-namespace object")
			}
			ns.d.SetStr(name, v)
			return nil
		}
	}
	parts := make([]assignFn, len(n.A))
	for i, a := range n.A {
		parts[i] = c.assign(a)
	}
	return func(f *frame, v val) error { return unpack(f, parts, v) }
}

func unpack(f *frame, parts []assignFn, v val) error {
	it, err := python.Iter(v)
	if err != nil {
		if python.Use(v) == nil {
			err = exception.TypeError("cannot unpack non-iterable %s object", value.TypeName(v))
		}
		return err
	}
	if len(it) > len(parts) {
		return exception.ValueError("too many values to unpack (expected %d)", len(parts))
	}
	if len(it) < len(parts) {
		return exception.ValueError("not enough values to unpack (expected %d, got %d)", len(parts), len(it))
	}
	for i, p := range parts {
		if err := p(f, it[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) set(target *expr.Node, x exprFn) stmtFn {
	assign := c.assign(target)
	return func(f *frame, _ *[]val) error {
		v, err := x(f)
		if err != nil {
			return err
		}
		return assign(f, v)
	}
}

// capture renders a body to one value and passes it through a filter chain, if there is one.
func (c *compiler) capture(b stmtFn, chain *expr.Node) exprFn {
	in := func(f *frame) (val, error) {
		var out []val
		if err := b(f.child(), &out); err != nil {
			return nil, err
		}
		return f.run.concat(out)
	}
	if chain == nil {
		return in
	}
	return c.filter(chain, in)
}

func (c *compiler) with(n *expr.Node) stmtFn {
	var targets []assignFn
	var values []exprFn
	for i := 0; i+1 < len(n.A); i += 2 {
		targets = append(targets, c.assign(n.A[i]))
		values = append(values, c.expr(n.A[i+1]))
	}
	b := c.body(n.Body)
	return func(f *frame, out *[]val) error {
		g := f.child()
		for i, x := range values {
			v, err := x(f)
			if err != nil {
				return err
			}
			if err := targets[i](g, v); err != nil {
				return err
			}
		}
		return b(g, out)
	}
}

// namespace is what namespace() makes.
type namespace struct{ d *dict }

func (n *namespace) TypeName() string { return "Namespace" }

// QualifiedName is the class with its module, as messages about missing attributes have it.
func (n *namespace) QualifiedName() string { return "jinja2.utils.Namespace" }

func (n *namespace) Repr() (string, error) { return value.Repr(n) }

// Wrapped implements value.Wrapper.
func (n *namespace) Wrapped() (before string, inner val, after string) {
	return "<Namespace ", n.d, ">"
}

func (n *namespace) Attr(name string) (val, bool) { return n.d.GetStr(name) }

// module is an imported template, or self: names that can be read and called.
type module struct {
	d    *dict
	name string // of the template
	self bool   // it is the variable self
}

func (m *module) TypeName() string {
	if m.self {
		return "TemplateReference"
	}
	return "TemplateModule"
}

// QualifiedName is the class with its module, as messages about missing attributes have it.
func (m *module) QualifiedName() string {
	if m.self {
		return "jinja2.runtime.TemplateReference"
	}
	return "jinja2.environment.TemplateModule"
}

func (m *module) Repr() (string, error) {
	if m.self {
		return "<TemplateReference None>", nil
	}
	return "<TemplateModule " + value.StrRepr(m.name) + ">", nil
}

func (m *module) Attr(name string) (val, bool) { return m.d.GetStr(name) }

// exports are the names that an imported template leaves at its top level.
func exports(f *frame) *dict {
	d := value.NewDict()
	for i, k := range f.names {
		if !strings.HasPrefix(k, "_") {
			d.SetStr(k, f.vals[i])
		}
	}
	return d
}

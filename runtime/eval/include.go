package eval

import (
	"errors"
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// notFound is Jinja's TemplateNotFound.
type notFound struct{ msg string }

func (n *notFound) Error() string { return n.msg }

// Unwrap gives the exception that it is to Python.
func (n *notFound) Unwrap() error {
	return &exception.Error{Class: "jinja2.exceptions.TemplateNotFound", Msg: n.msg}
}

// NoTemplate is the error of an Outside that has no template of a name, and says in dialect tagged where it was looked for.
type NoTemplate struct {
	Name string
	Dirs []string
}

func (n *NoTemplate) Error() string {
	shown := make([]string, len(n.Dirs))
	for i, d := range n.Dirs {
		shown[i] = value.StrRepr(d)
	}
	return value.StrRepr(n.Name) + " not found in search paths: " + strings.Join(shown, ", ")
}

// extendsSignal stops a template whose parent takes over.
type extendsSignal struct{ parent *program }

func (*extendsSignal) Error() string { return "extends outside of a template" }

// load returns the program of the template that v names, or of the first found that a list names.
func load(f *frame, v val) (*program, string, error) {
	if err := python.Use(v); err != nil {
		return nil, "", err
	}
	if _, isText := value.Text(v); isText {
		return loadOne(f, python.Str(v))
	}
	names, err := python.Iter(v)
	if err != nil {
		return nil, "", err
	}
	var tried []string
	for _, n := range names {
		p, name, err := loadOne(f, python.Str(n))
		if !errors.As(err, new(*notFound)) {
			return p, name, err
		}
		tried = append(tried, python.Str(n))
	}
	return nil, "", &notFound{"none of the templates given were found: " + strings.Join(tried, ", ")}
}

func loadOne(f *frame, name string) (*program, string, error) {
	e := f.run.e
	if e.cfg.Outside == nil {
		return nil, "", exception.TypeError("no loader for this environment specified")
	}
	t, found, err := e.included(name)
	var nowhere *NoTemplate
	if errors.As(err, &nowhere) {
		return nil, "", &notFound{nowhere.Error()}
	}
	if err != nil {
		return nil, "", err
	}
	if !found {
		return nil, "", &notFound{name}
	}
	if t.Fault != "" {
		return nil, "", exception.Raise("jinja2.exceptions.TemplateSyntaxError", "%s", t.Fault)
	}
	p := e.programOf(t)
	return p, name, p.err
}

// included asks for a template that this one includes.
func (e *Eval) included(name string) (*value.Tmpl, bool, error) {
	if o, ok := e.cfg.Outside.(Including); ok && e.from != "" {
		return o.TemplateFrom(e.from, name)
	}
	return e.cfg.Outside.Template(name)
}

func (c *compiler) include(n *expr.Node) stmtFn {
	x, ignore, context := c.expr(n.A[0]), n.S == "ignore", n.Flag
	return func(f *frame, out *[]val) error {
		v, err := x(f)
		if err != nil {
			return err
		}
		p, _, err := load(f, v)
		if err != nil {
			if ignore && errors.As(err, new(*notFound)) {
				return nil
			}
			return err
		}
		g, err := f.within(context)
		if err != nil {
			return err
		}
		defer func() { f.run.taint(g.run.unsafe) }()
		return p.exec(g, out)
	}
}

// within is the frame of another template that runs inside this one, which it sees with context only.
func (f *frame) within(context bool) (*frame, error) {
	g := &frame{run: f.run.fork()}
	if g.run.depth++; g.run.depth > maxCalls {
		return nil, errRecursion
	}
	if context {
		g.parent = f
	} else {
		g.run.isolate = true
	}
	return g, nil
}

// importStmt is import and from: it runs the other template for the names it leaves.
func (c *compiler) importStmt(n *expr.Node) stmtFn {
	x, context := c.expr(n.A[0]), n.Flag
	return func(f *frame, _ *[]val) error {
		v, err := x(f)
		if err != nil {
			return err
		}
		p, name, err := load(f, v)
		if err != nil {
			return err
		}
		g, err := f.within(context)
		if err != nil {
			return err
		}
		var out []val
		if err := p.exec(g, &out); err != nil {
			return err
		}
		d := exports(g)
		if n.Op == expr.SImport {
			f.set(n.S, &module{d: d, name: name})
			return nil
		}
		for i := 0; i+1 < len(n.Ops); i += 2 {
			f.set(n.Ops[i+1], exported(d, name, n.Ops[i]))
		}
		return nil
	}
}

func exported(d *dict, template, name string) val {
	if v, ok := d.GetStr(name); ok {
		return v
	}
	return &undef{Name: name, Hint: "the template " + value.StrRepr(template) + " (imported on line 1) does not export the requested name " + value.StrRepr(name)}
}

func (c *compiler) extends(n *expr.Node) stmtFn {
	x := c.expr(n.A[0])
	return func(f *frame, _ *[]val) error {
		v, err := x(f)
		if err != nil {
			return err
		}
		p, _, err := load(f, v)
		if err != nil {
			return err
		}
		if f.run.depth++; f.run.depth > maxCalls {
			return errRecursion
		}
		return &extendsSignal{p}
	}
}

// root is the scope of the whole template, which is all that a block sees unless it is scoped.
func (f *frame) root() *frame {
	for f.parent != nil {
		f = f.parent
	}
	return f
}

// runBlock renders a block inside a scope; level counts from the most derived template.
func runBlock(f *frame, name string, level int, out *[]val) error {
	bs := f.run.blocks[name]
	if level >= len(bs) {
		return (&undef{Hint: "there is no parent block called " + value.StrRepr(name) + ".", Name: "super"}).Fail()
	}
	g := f.child()
	g.set("super", &python.Function{Shown: "<BlockReference>", Func: func(*python.Call) (val, error) {
		var o []val
		if err := runBlock(f, name, level+1, &o); err != nil {
			return nil, err
		}
		return f.blockText(o)
	}})
	return bs[level](g, out)
}

// blockText joins what a block printed that was called. Dialect classic leaves that to Jinja, which joins nothing but text.
func (f *frame) blockText(out []val) (val, error) {
	if !f.Tagged() {
		for i, v := range out {
			if _, ok := value.Text(v); !ok {
				return nil, exception.TypeError("sequence item %d: expected str instance, %s found", i, value.TypeName(v))
			}
		}
	}
	return f.run.concat(out)
}

// selfOf is the variable self: the template's blocks as functions.
func selfOf(f *frame) *module {
	d := value.NewDict()
	for name := range f.run.blocks {
		d.SetStr(name, &python.Function{Shown: "<BlockReference>", Func: func(*python.Call) (val, error) {
			var o []val
			if err := runBlock(f.root(), name, 0, &o); err != nil {
				return nil, err
			}
			return f.blockText(o)
		}})
	}
	return &module{d: d, self: true}
}

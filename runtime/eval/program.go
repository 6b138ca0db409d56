package eval

import (
	"errors"
	"runtime"
	"strings"
	"sync/atomic"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/exception"
)

// exprFn computes an expression, stmtFn renders a statement onto out.
type (
	exprFn func(f *frame) (val, error)
	stmtFn func(f *frame, out *[]val) error
)

// program is a template as closures. It is shared; nothing but printed changes.
type program struct {
	dialect expr.Dialect
	root    stmtFn
	cond    exprFn // of a condition
	blocks  map[string]stmtFn
	mutates bool
	single  string       // the name, when the template is nothing but {{ name }}
	err     error        // an unknown filter or test
	printed atomic.Int32 // how many values it printed the last time
}

// compiler turns trees into closures.
type compiler struct {
	e      *Eval
	tagged bool
	blocks map[string]stmtFn
	inCond bool                // tagged: constants that hold templates are rendered
	terms  map[*expr.Node]bool // tagged: the constants of which that is so elsewhere, see markTerms
	// missing says that the program failed for a plugin that is not there.
	missing bool
}

func (e *Eval) compiler() *compiler {
	return &compiler{e: e, tagged: e.tagged(), blocks: map[string]stmtFn{}}
}

// templateFault carries Jinja's compile error through the recursion of a compiler.
type templateFault struct{ err error }

func rescue(err *error) {
	switch r := recover().(type) {
	case nil:
	case templateFault:
		*err = r.err
	case runtime.Error: // a tree that no parser has made
		*err = errors.New("malformed expression")
	default:
		panic(r)
	}
}

// lacks fails for a plugin that is not there. A role that is included later may bring it.
func (c *compiler) lacks(why string) {
	c.missing = true
	c.fail("%s", why)
}

func (c *compiler) fail(format string, a ...any) {
	panic(templateFault{exception.Raise("jinja2.exceptions.TemplateSyntaxError", format, a...)})
}

// mutators are the methods that change their object.
var mutators = map[string]bool{
	"append": true, "extend": true, "insert": true, "pop": true, "remove": true, "clear": true, "sort": true,
	"reverse": true, "update": true, "setdefault": true, "popitem": true,
}

// sharing are the filters that show whether two values are one: YAML writes an anchor then. In
// Ansible only what a template itself shares is one, for each variable it reads is a copy.
var sharing = map[string]bool{"attr": true, "to_yaml": true, "to_nice_yaml": true}

func mutates(ns []*expr.Node) bool {
	found := false
	expr.WalkAll(ns, func(n *expr.Node) bool {
		switch {
		case n.Op == expr.OAttr && mutators[n.S], n.Op == expr.OFilter && sharing[n.S]:
			found = true
		case n.Op == expr.SInclude || n.Op == expr.SImport || n.Op == expr.SFrom || n.Op == expr.SExtends:
			found = true
		}
		return !found
	})
	return found
}

// programOf returns the program of a template, made at its first use.
func (e *Eval) programOf(t *value.Tmpl) *program {
	if p, ok := t.Program().(*program); ok && p.dialect == e.cfg.Dialect {
		return p
	}
	p := &program{dialect: e.cfg.Dialect, mutates: mutates(t.Root), single: singleName(t)}
	c := e.compiler()
	func() {
		defer rescue(&p.err)
		p.root = c.templateBody(t.Root)
		p.blocks = c.blocks
	}()
	if !c.missing {
		t.SetProgram(p)
	}
	return p
}

// conditionOf returns the program of a condition, made at its first use.
func (e *Eval) conditionOf(c *value.Cond) *program {
	if p, ok := c.Program().(*program); ok && p.dialect == e.cfg.Dialect {
		return p
	}
	root := []*expr.Node{c.Root}
	p := &program{dialect: e.cfg.Dialect, mutates: mutates(root)}
	k := e.compiler()
	func() {
		defer rescue(&p.err)
		k.inCond = true
		p.cond = k.expr(c.Root)
	}()
	if !k.missing {
		c.SetProgram(p)
	}
	return p
}

// singleName returns the name in a template that is nothing but {{ name }}. As in Ansible, a final
// newline after it does not count, a sign of whitespace control does.
func singleName(t *value.Tmpl) string {
	s := strings.TrimSuffix(t.Src, "\n")
	if !strings.HasPrefix(s, "{{") || !strings.HasSuffix(s, "}}") || len(s) < 4 {
		return ""
	}
	name := strings.TrimSpace(s[2 : len(s)-2])
	for _, n := range t.Root {
		if n.Op == expr.SOutput && n.A[0].Op == expr.OName && n.A[0].S == name {
			return name
		}
	}
	return ""
}

// exec runs a template's program onto out.
func (p *program) exec(f *frame, out *[]val) error {
	f.run.template = true
	if f.run.blocks == nil && len(p.blocks) > 0 {
		f.run.blocks = map[string][]stmtFn{}
	}
	for n, b := range p.blocks {
		f.run.blocks[n] = append(f.run.blocks[n], b)
	}
	start := len(*out)
	err := p.root(f, out)
	if x, ok := err.(*extendsSignal); ok {
		*out = (*out)[:start]
		return x.parent.exec(f, out)
	}
	return err
}

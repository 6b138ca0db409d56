package eval

import (
	"pbc/ir/value"
)

// run is the state of one rendering: from a template's start to its end, includes apart.
type run struct {
	e      *Eval
	concat func([]val) (val, error)
	unsafe bool // classic: something unsafe was read
	// mutates says that the program may change what it reads, so that it reads copies.
	mutates bool
	names   map[string]val // variables resolved once for this run
	isolate bool           // include without context: no variables
	blocks  map[string][]stmtFn
	depth   int
}

func (r *run) taint(unsafe bool) { r.unsafe = r.unsafe || unsafe }

// taintBy taints the run when v holds something unsafe.
func (r *run) taintBy(v val) {
	if !r.unsafe && !r.e.tagged() && value.IsTainted(v) {
		r.unsafe = true
	}
}

// fork is the state for a template that this one includes or imports.
func (r *run) fork() *run {
	n := *r
	n.blocks = nil
	return &n
}

// frame is a scope of a template: its names, and the scope around it.
type frame struct {
	run    *run
	parent *frame
	names  []string
	vals   []val
}

func (f *frame) child() *frame { return &frame{run: f.run, parent: f} }

func (f *frame) set(name string, v val) {
	for i, n := range f.names {
		if n == name {
			f.vals[i] = v
			return
		}
	}
	f.names = append(f.names, name)
	f.vals = append(f.vals, v)
}

// local finds a name bound within the template.
func (f *frame) local(name string) (val, bool) {
	for x := f; x != nil; x = x.parent {
		for i := len(x.names) - 1; i >= 0; i-- {
			if x.names[i] == name {
				return x.vals[i], true
			}
		}
	}
	return nil, false
}

// locals are the names that Jinja's context of a template has: those set outside of loops and blocks, as far as they may
// leave the evaluator.
func (f *frame) locals() *dict {
	for f.parent != nil {
		f = f.parent
	}
	d := value.NewDict()
	for i, name := range f.names {
		if v, err := portable(f.vals[i]); err == nil {
			d.SetStr(name, v)
		}
	}
	return d
}

// lookup finds a name: bound in the template, a variable, a global.
func (f *frame) lookup(name string) (val, error) {
	if v, ok := f.local(name); ok {
		return v, nil
	}
	if name == "self" && f.run.blocks != nil {
		return selfOf(f), nil
	}
	if !f.run.isolate {
		v, ok, err := f.run.e.lookupVar(f.run, name)
		if ok || err != nil {
			return v, err
		}
		if v := f.run.e.magic(name); v != nil {
			return v, nil
		}
	}
	if v, ok := globals[name]; ok {
		return v, nil
	}
	return &undef{Name: name}, nil
}

// magic returns the variables that are views of the whole.
func (e *Eval) magic(name string) val {
	switch {
	case name == "hostvars" && e.cfg.Outside != nil:
		return &hostVars{e.cfg.Outside}
	case name == "vars" && e.cfg.Vars != nil:
		return &varsView{e}
	case name == "omit":
		return value.Omit
	}
	return nil
}

// Arg is a keyword argument.
type arg struct {
	name string
	v    val
}

// call is the arguments of a filter, test, method or function.
type call struct {
	f    *frame
	name string
	args []val
	kw   []arg
	spec *params // nil for methods and functions without a signature
}

// fn is a function of the evaluator's.
type fn func(c *call) (val, error)

// param returns parameter i or name, and whether it was given.
func (c *call) param(i int, name string) (val, bool) {
	if i >= 0 && i < len(c.args) {
		return c.args[i], true
	}
	for _, a := range c.kw {
		if a.name == name {
			return a.v, true
		}
	}
	return nil, false
}

func (c *call) get(i int, name string, dflt val) val {
	if v, ok := c.param(i, name); ok {
		return v
	}
	return dflt
}

// integer reads an argument that must be an int.
func (c *call) integer(i int, name string, dflt int64) (int64, error) {
	v, ok := c.param(i, name)
	if !ok {
		return dflt, nil
	}
	return asInt(v)
}

func asInt(v val) (int64, error) {
	switch n := num(v); n.kind {
	case 'i':
		return n.i, nil
	case 'b':
		return 0, raise("OverflowError", "Python int too large to convert to C ssize_t")
	}
	if err := use(v); err != nil {
		return 0, err
	}
	return 0, typeErr("'%s' object cannot be interpreted as an integer", value.TypeName(v))
}

// text reads an argument that must be a str.
func (c *call) text(i int, name, what string) (string, error) {
	v, ok := c.param(i, name)
	if !ok {
		return "", typeErr("%s expected at least %d argument, got %d", what, i+1, len(c.args))
	}
	return needText(v, what)
}

func needText(v val, what string) (string, error) {
	if s, ok := value.Text(v); ok {
		return s, nil
	}
	if err := use(v); err != nil {
		return "", err
	}
	return "", typeErr("%s must be str, not %s", what, value.TypeName(v))
}

// flag reads an argument as a truth value.
func (c *call) flag(i int, name string, dflt bool) (bool, error) {
	v, ok := c.param(i, name)
	if !ok {
		return dflt, nil
	}
	return truth(v)
}

// function is a callable value: a global, a method bound to its object, a helper of a template.
type function struct {
	repr string
	f    fn
}

func (*function) TypeName() string        { return "function" }
func (x *function) Repr() (string, error) { return x.repr, nil }

func bound(o val, name string, m methodFn) *function {
	return &function{
		repr: "<built-in method " + name + " of " + value.TypeName(o) + " object>",
		f:    func(c *call) (val, error) { return m(o, c) },
	}
}

// callable is implemented by objects that can be called.
type callable interface {
	call(c *call) (val, error)
}

func (x *function) call(c *call) (val, error) { return x.f(c) }

func callValue(v val, c *call) (val, error) {
	switch x := v.(type) {
	case callable:
		return x.call(c)
	case *undef:
		return nil, x.Fail()
	}
	return nil, typeErr("'%s' object is not callable", value.TypeName(v))
}

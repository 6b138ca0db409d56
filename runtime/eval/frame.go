package eval

import (
	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/python"
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
	at      *value.Origin  // tagged: what is being rendered
	// template says that a template is rendered, not a condition: there is a self.
	template bool
	blocks   map[string][]stmtFn
	depth    int
}

// rendering is a run with its outermost scope, made as one.
type rendering struct {
	run   run
	frame frame
}

// begin starts a rendering of a program.
func (e *Eval) begin(p *program) *frame {
	r := &e.first
	if e.begun {
		r = &rendering{}
	}
	e.begun = true
	r.run.e, r.run.mutates = e, p.mutates
	r.frame.run = &r.run
	return &r.frame
}

// deprecatedVar tells of a variable that goes.
func (r *run) deprecatedVar(name, instead string) {
	n := python.Deprecation("The `"+name+"` magic variable is deprecated.", "2.23")
	n.Help, n.At = "Use `"+instead+"` instead.", r.at
	r.e.tell(n)
}

// embedded tells of a constant that holds a template, with what to do about it.
func (r *run) embedded(help string) {
	n := python.Warning("Jinja constant strings should not contain embedded templates. This feature will be disabled by default in ansible-core 2.23.")
	n.Help, n.At = help, r.at
	r.e.tell(n)
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
	n.template, n.blocks = false, nil
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

// lookup finds a name: bound in the template, a variable, a global. An error is one of finding it.
func (f *frame) lookup(name string) (v val, found bool, err error) {
	if v, ok := f.local(name); ok {
		return v, true, nil
	}
	if f.run.template && name == "self" {
		return selfOf(f), true, nil
	}
	if !f.run.isolate {
		v, ok, err := f.run.e.lookupVar(f.run, name)
		if ok && name == "play_hosts" && f.run.e.tagged() {
			f.run.deprecatedVar(name, "ansible_play_batch")
		}
		if ok || err != nil {
			return v, true, err
		}
		if v := f.run.e.magic(name); v != nil {
			return v, true, nil
		}
	}
	v, found = globals[name]
	return v, found, nil
}

// magic returns the variables that are views of the whole.
func (e *Eval) magic(name string) val {
	switch {
	case name == "hostvars" && e.cfg.Outside != nil:
		return &hostVars{e.cfg.Outside, !e.tagged()}
	case name == "vars" && e.cfg.Vars != nil:
		return &varsView{e}
	case name == "ansible_delegated_vars":
		return e.delegatedVars()
	case name == "omit":
		return value.Omit
	}
	return nil
}

// Tagged says whether the dialect is tagged.
func (f *frame) Tagged() bool { return f.run.e.tagged() }

// Volatile says that what is being rendered may be different the next time.
func (f *frame) Volatile() { f.run.e.volatile = true }

// Tell tells the user something.
func (f *frame) Tell(n python.Notice) { f.run.e.tell(n) }

// ReadYAML reads YAML, which only the Outside can.
func (f *frame) ReadYAML(text string, all bool) (val, error) {
	o := f.run.e.cfg.Outside
	if o == nil {
		return nil, exception.FilterError("from_yaml needs the controller, which is not there")
	}
	if all {
		return o.Parse(ParseYAMLAll, text)
	}
	return o.Parse(ParseYAML, text)
}

// Plugin finds a filter or test for a filter that applies it.
func (f *frame) Plugin(test bool, name string) (python.Applier, error) {
	p, why := f.run.e.plugin(test, name)
	if p == nil {
		if !f.run.e.tagged() {
			why += "\n  line 0"
		}
		return nil, exception.Raise("jinja2.exceptions.TemplateSyntaxError", "%s", why)
	}
	tagged := f.run.e.tagged()
	named := plugged{p, pluginKind(test), name}
	return func(v val, args []val, kw []python.Arg) (val, error) {
		k := newCall(f, p, v)
		k.Args, k.KW = append(k.Args, args...), append(k.KW, kw...)
		defer endCall(k)
		if tagged {
			return named.deferred(k)
		}
		return p.Invoke(k)
	}, nil
}

// Every finds a filter or test that is applied to many values by one question: one in Python. It is nil for others.
func (f *frame) Every(test bool, name string) python.Every {
	p, _ := f.run.e.plugin(test, name)
	if p == nil || p.Every == nil || f.run.e.tagged() {
		return nil
	}
	return func(items, args []val, kw []python.Arg) ([]val, error) {
		return p.Every(&python.Call{Ctx: f, Name: p.Name, KW: kw, Args: args}, items)
	}
}

package link

import (
	"context"
	"errors"

	"pbc/compiler/grant"
	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// Python runs the plugins that are written in Python. Its methods may be called from several goroutines.
type Python interface {
	// Names are the plugins that stand before pbc's own. They grow when roles are included.
	Names() (*ir.Plugins, error)
	// Find says whether there is a filter or test, and whether it reads variables. Its error says why there is none.
	Find(ctx context.Context, test bool, name string) (context bool, err error)
	// Call calls a filter or test.
	Call(ctx context.Context, c eval.PluginCall, w World, warn func(kind, text string)) (value.Value, error)
	// Lookup runs a lookup plugin. For a plugin that there is not the error is eval.ErrNoLookup.
	Lookup(ctx context.Context, c LookupCall, w World) (value.Value, error)
	// LoadAction loads an action plugin, and says of it what the machine has to know, or why it cannot be loaded.
	LoadAction(ctx context.Context, name string, warn func(kind, text string)) (*value.Dict, error)
	// Action runs an action plugin to its end, and returns what the machine is to be told of it.
	Action(ctx context.Context, c ActionCall, w World) (*value.Dict, error)
}

// World is what a plugin in Python may look at while it runs.
type World interface {
	// Vars are the variables of the host, raw.
	Vars() *value.Dict
	// HostVars are those of another host, nil when there is none of that name.
	HostVars(host string) *value.Dict
	// Hosts are the names that hostvars has.
	Hosts() []string
	// TaskVars are the variables of the task on another host, raw.
	TaskVars(host string) *value.Dict
}

// plugins are the names of the plugins in Python that stand before pbc's own, nil for none.
func (l *Linker) plugins() (*ir.Plugins, error) {
	if l.opt.Python == nil {
		return nil, nil
	}
	p, err := l.opt.Python.Names()
	if err != nil {
		return nil, err
	}
	l.shadowing.Store(p)
	return p, nil
}

func (l *Linker) shadows(kind, name string) bool { return l.shadowing.Load().Has(kind, name) }

// world is what plugins see at a site. Unlocked says that the linker's lock is not held while the plugin runs.
type world struct {
	l        *Linker
	site     Site
	vars     eval.Vars // nil: those of the site
	own      taskVars
	unlocked bool
}

func (w *world) lock() func() {
	if !w.unlocked {
		return func() {}
	}
	w.l.mu.Lock()
	return w.l.mu.Unlock
}

// Vars implements World.
func (w *world) Vars() *value.Dict {
	defer w.lock()()
	vars := w.vars
	if vars == nil {
		c := LookupCall{}
		if err := w.l.prepare(w.site, &c, w.own); err != nil {
			return value.NewDict()
		}
		vars = c.Vars
	}
	return w.harmless(w.site.Host, w.l.flat(vars))
}

// harmless are variables of a host in which what it has made itself is plain text where it asks for more than the host may: plugins
// evaluate what they read.
func (w *world) harmless(host string, vars *value.Dict) *value.Dict {
	var sets grant.Sets
	set, _, _ := w.l.madeOn(host)
	for _, made := range []*value.Dict{set, w.own.local, w.own.includes} {
		for i := range made.Len() {
			name, _ := value.Text(made.K[i])
			v, ok := vars.GetStr(name)
			if !ok {
				continue
			}
			if sets == nil {
				sets = w.l.granted(w.site.Play, host)
			}
			if sets.Holds(v, w.l.jinja) != nil {
				vars.SetStr(name, value.Taint(v))
			}
		}
	}
	return vars
}

// flat makes one dictionary of variables.
func (l *Linker) flat(vars eval.Vars) *value.Dict {
	if all, ok := vars.(layers); ok && l.opt.Settings.HashMerge {
		vars = merged{all}
	}
	out := value.NewDict()
	for _, name := range vars.Names() {
		if v, ok := vars.Lookup(name); ok {
			out.SetStr(name, v)
		}
	}
	return out
}

// HostVars implements World.
func (w *world) HostVars(host string) *value.Dict {
	defer w.lock()()
	if w.l.opt.Inventory.Host(host) == nil {
		return nil
	}
	return w.harmless(host, w.l.flat(w.l.hostLayers(host)))
}

// TaskVars implements World.
func (w *world) TaskVars(host string) *value.Dict {
	defer w.lock()()
	site := w.site
	site.Host = host
	vars, err := w.l.taskLayers(site, w.own)
	if err != nil {
		return value.DictOf("inventory_hostname", host)
	}
	return w.harmless(host, w.l.flat(vars))
}

// Hosts implements World.
func (w *world) Hosts() []string {
	defer w.lock()()
	return w.l.hostNames()
}

// callPlugin calls a filter or test in Python.
func (l *Linker) callPlugin(ctx context.Context, c eval.PluginCall, w *world, warn func(kind, text string)) (value.Value, bool, error) {
	if l.opt.Python == nil {
		return nil, false, nil
	}
	if c.Probe {
		reads, err := l.opt.Python.Find(ctx, c.Test, c.Name)
		return reads, err == nil, err
	}
	v, err := l.opt.Python.Call(ctx, c, w, warn)
	return v, err == nil, err
}

// runLookup runs a lookup plugin: pbc's own unless one in Python stands before it.
func (l *Linker) runLookup(ctx context.Context, c LookupCall, w *world) (value.Value, error) {
	err := eval.ErrNoLookup
	if l.opt.Lookup != nil && !l.shadows("lookup", c.Name) {
		var v value.Value
		if v, err = l.opt.Lookup(ctx, c); err == nil {
			return v, nil
		}
	}
	var declined *eval.Declined
	if errors.As(err, &declined) {
		err = declined.Err
	} else if !errors.Is(err, eval.ErrNoLookup) {
		return nil, err
	}
	if l.opt.Python == nil {
		return nil, err
	}
	v, perr := l.opt.Python.Lookup(ctx, c, w)
	if errors.Is(perr, eval.ErrNoAnsible) {
		return nil, err
	}
	return v, perr
}

// answerPlugin calls a filter or test for a task. It does not hold the lock: a plugin may take its time.
func (l *Linker) answerPlugin(ctx context.Context, s Site, n *event.Need) *event.Answer {
	args, _ := n.Args.V.(*value.Dict)
	flag := func(name string) bool { v, _ := args.GetStr(name); return v == true }
	dict := func(name string) *value.Dict { v, _ := args.GetStr(name); d, _ := v.(*value.Dict); return d }
	c := eval.PluginCall{Test: flag("test"), Name: n.Name, Probe: flag("probe"), Each: flag("each"), KW: dict("kw"), Locals: dict("locals")}
	list, _ := args.GetStr("args")
	if x, ok := list.(*value.List); ok {
		c.Args = x.V
	}
	a := &event.Answer{}
	said := saying(a)
	v, found, err := l.callPlugin(ctx, c, &world{l: l, site: s, own: taskVarsOf(args), unlocked: true}, said)
	r := result(v, err)
	a.Value, a.Error, a.Kind, a.Found = r.Value, r.Error, r.Kind, found
	return a
}

// saying keeps what a plugin says for the task to tell.
func saying(a *event.Answer) func(kind, text string) {
	return func(kind, text string) {
		if kind == "deprecated" {
			a.Deprecations = append(a.Deprecations, text)
			return
		}
		a.Warnings = append(a.Warnings, text)
	}
}

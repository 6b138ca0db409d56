package eval

import (
	"strings"

	"pbc/ir/value"
)

// plugin finds a filter or test by name: in the table unless it is shadowed, else outside. Why says why there is none,
// in Jinja's words.
func (e *Eval) plugin(test bool, name string) (p *Plugin, why string) {
	if !e.shadowed(pluginKind(test), name) {
		if p := e.listed(test, name); p != nil {
			return p, ""
		}
	}
	if e.cfg.Outside == nil {
		return nil, notLoaded(name)
	}
	context, found, err := e.cfg.Outside.Plugin(PluginCall{Test: test, Name: name, Probe: true})
	switch {
	case err != nil:
		return nil, err.Error()
	case !found:
		return nil, notLoaded(name)
	}
	return &Plugin{Name: name, fn: outsideFn(test, name, context == true), python: name, each: outsideEach(test, name, context == true)}, ""
}

func pluginKind(test bool) string {
	if test {
		return "test"
	}
	return "filter"
}

// shadowed says whether a plugin in Python stands before this package's own of that name.
func (e *Eval) shadowed(kind, name string) bool {
	s, ok := e.cfg.Outside.(Shadowing)
	return ok && s.Shadows(kind, strings.TrimPrefix(name, "ansible.legacy."))
}

// listed finds a filter or test in the table.
func (e *Eval) listed(test bool, name string) *Plugin {
	table := filters
	if test {
		table = tests
	}
	for _, n := range []string{builtinName(name), name} {
		if p, ok := table[n]; ok && p.in(e.cfg.Dialect) {
			return p
		}
	}
	return nil
}

// outsideFn calls a plugin in Python.
func outsideFn(test bool, name string, context bool) fn {
	return func(c *call) (val, error) {
		k, err := c.outsideCall(test, name, context)
		if err != nil {
			return nil, err
		}
		v, _, err := c.f.run.e.cfg.Outside.Plugin(k)
		return v, err
	}
}

// outsideEach calls a plugin in Python for each of a list, by one question.
func outsideEach(test bool, name string, context bool) func(c *call, items []val) ([]val, error) {
	return func(c *call, items []val) ([]val, error) {
		k := call{f: c.f, kw: c.kw, args: append([]val{&list{V: items}}, c.args...)}
		pc, err := k.outsideCall(test, name, context)
		if err != nil {
			return nil, err
		}
		pc.Each = true
		v, _, err := c.f.run.e.cfg.Outside.Plugin(pc)
		if err != nil {
			return nil, err
		}
		l, ok := v.(*list)
		if !ok || len(l.V) != len(items) {
			return nil, ansibleErr("the plugin %s returned no result for each item", name)
		}
		return l.V, nil
	}
}

// outsideCall is the call as it goes out: the views of variables as what they show.
func (c *call) outsideCall(test bool, name string, context bool) (PluginCall, error) {
	k := PluginCall{Test: test, Name: name, KW: value.NewDict()}
	for _, a := range c.args {
		v, err := portable(a)
		if err != nil {
			return k, err
		}
		k.Args = append(k.Args, v)
	}
	for _, a := range c.kw {
		v, err := portable(a.v)
		if err != nil {
			return k, err
		}
		k.KW.SetStr(a.name, v)
	}
	if context {
		k.Locals = c.f.locals()
	}
	return k, nil
}

// portable is a value that may leave the evaluator: what only it has is replaced by what it shows.
func portable(v val) (val, error) {
	switch x := v.(type) {
	case *hostVars:
		d := value.NewDict()
		for _, h := range x.o.Hosts() {
			all, err := (&hostVarsOf{x.o, h}).whole()
			if err != nil {
				return nil, err
			}
			d.SetStr(h, all)
		}
		return d, nil
	case interface{ whole() (*dict, error) }:
		return x.whole()
	case *value.View:
		return &list{V: append([]val{}, x.Items()...)}, nil
	case *value.Range, value.Sequence:
		l, err := iter(v)
		return &list{V: l}, err
	case value.Object:
		return nil, typeErr("a value of type %s cannot be given to a plugin in Python", x.TypeName())
	}
	return v, nil
}

package eval

import (
	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/plugin/filter"
	"pbc/runtime/plugin/test"
	"pbc/runtime/python"
)

// plugin finds a filter or test by name: in the table unless it is shadowed, else outside. Why says why there is none,
// in Jinja's words.
func (e *Eval) plugin(test bool, name string) (p *plugin.Row, why string) {
	if !e.shadowed(pluginKind(test), name) {
		if p := e.listed(test, name); p != nil {
			return p, ""
		}
	}
	if e.cfg.Outside == nil {
		return nil, e.notLoaded(test, name)
	}
	context, found, err := e.cfg.Outside.Plugin(PluginCall{Test: test, Name: name, Probe: true})
	switch {
	case err != nil && err.Error() != unknownPlugin(name):
		return nil, err.Error()
	case err != nil, !found:
		return nil, e.notLoaded(test, name)
	}
	return &plugin.Row{Name: name, Python: name, Fn: e.outsideFn(test, name, context == true), Every: e.outsideEach(test, name, context == true)}, ""
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
	return ok && s.Shadows(kind, name)
}

// listed finds a filter or test in the table.
func (e *Eval) listed(isTest bool, name string) *plugin.Row {
	table, ofJinja := filter.Table, filter.OfJinja
	if isTest {
		table, ofJinja = test.Table, test.OfJinja
	}
	for _, n := range []string{ir.Short(name), name} {
		if n != name && ofJinja(n) && !e.tagged() {
			continue // classic knows what Jinja brings by its short name only
		}
		if p, ok := table[n]; ok && p.In(e.cfg.Dialect) {
			return p
		}
	}
	return nil
}

// outsideFn calls a plugin in Python.
func (e *Eval) outsideFn(test bool, name string, context bool) python.Func {
	return func(c *python.Call) (val, error) {
		k, err := outsideCall(c, test, name, context)
		if err != nil {
			return nil, err
		}
		v, _, err := e.cfg.Outside.Plugin(k)
		return v, err
	}
}

// outsideEach calls a plugin in Python for each of a list, by one question.
func (e *Eval) outsideEach(test bool, name string, context bool) func(c *python.Call, items []val) ([]val, error) {
	return func(c *python.Call, items []val) ([]val, error) {
		k := *c
		k.Args = append([]val{&list{V: items}}, c.Args...)
		pc, err := outsideCall(&k, test, name, context)
		if err != nil {
			return nil, err
		}
		pc.Each = true
		v, _, err := e.cfg.Outside.Plugin(pc)
		if err != nil {
			return nil, err
		}
		l, ok := v.(*list)
		if !ok || len(l.V) != len(items) {
			return nil, exception.AnsibleError("the plugin %s returned no result for each item", name)
		}
		return l.V, nil
	}
}

// outsideCall is the call as it goes out: the views of variables as what they show.
func outsideCall(c *python.Call, test bool, name string, context bool) (PluginCall, error) {
	k := PluginCall{Test: test, Name: name, KW: value.NewDict()}
	for _, a := range c.Args {
		v, err := portable(a)
		if err != nil {
			return k, err
		}
		k.Args = append(k.Args, v)
	}
	for _, a := range c.KW {
		v, err := portable(a.V)
		if err != nil {
			return k, err
		}
		k.KW.SetStr(a.Name, v)
	}
	if f, ok := c.Ctx.(*frame); ok && context {
		k.Locals = f.locals()
	}
	return k, nil
}

// portable is a value that may leave the evaluator: what only it has is replaced by what it shows.
func portable(v val) (val, error) {
	switch x := v.(type) {
	case *hostVars:
		d := value.NewDict()
		for _, h := range x.hosts() {
			all, err := (&hostVarsOf{o: x.o, host: h}).Dict()
			if err != nil {
				return nil, err
			}
			d.SetStr(h, all)
		}
		return d, nil
	case python.Mapping:
		return x.Dict()
	case *value.View:
		return &list{V: append([]val{}, x.Items()...)}, nil
	case *value.Range, value.Sequence:
		l, err := python.Iter(v)
		return &list{V: l}, err
	case value.Object:
		return nil, exception.TypeError("a value of type %s cannot be given to a plugin in Python", x.TypeName())
	}
	return v, nil
}

package compiler

import (
	"context"
	"errors"
	"maps"
	"slices"

	"pbc/compiler/link"
	"pbc/compiler/playbook"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// render evaluates a template whose result must be known before running.
func (u *Unit) render(_ *yaml.Node, text string, scope *playbook.Scope) (value.Value, error) {
	return u.early(scope).eval().Value(u.jinja.Value(text))
}

// lacking are the warnings of what is undefined in such a template.
func (u *Unit) lacking(n *yaml.Node, text string, scope *playbook.Scope) []*failure.Failure {
	_, found, err := u.early(scope).eval().Replacing(u.text(text, n))
	if err != nil {
		return nil
	}
	return found
}

func (u *Unit) early(scope *playbook.Scope) *early {
	return &early{u: u, dir: scope.Dir(), warn: scope.Warn, vars: staticVars{u: u, extra: u.opt.Extra, magic: scope.Magic(), given: scope.Included(), vars: scope.Vars()}}
}

// early answers evaluations before there are hosts: lookups are run, all else there is not.
type early struct {
	u    *Unit
	vars staticVars
	dir  string       // where lookups look for files
	warn func(string) // is told what lookups warn of
}

func (o *early) eval() *eval.Eval {
	return eval.New(eval.Config{Dialect: o.u.opt.Dialect, Vars: o.vars, Outside: o})
}

// Parse implements eval.Outside.
func (o *early) Parse(k eval.Kind, src string) (value.Value, error) {
	return link.Parse(o.u.jinja, o.u.opt.Playbook.Decrypt, k, src)
}

// Template implements eval.Outside.
func (*early) Template(string) (*value.Tmpl, bool, error) { return nil, false, nil }

// Lookup implements eval.Outside. What a lookup gave is kept, for a plan.
func (o *early) Lookup(plugin string, terms []value.Value, options *value.Dict) (value.Value, error) {
	key, err := value.Repr(value.NewList(plugin, value.NewList(terms...), options))
	if err != nil {
		return nil, err
	}
	if v, ok := o.u.opt.looked[key]; ok {
		return v.V, nil
	}
	if o.u.opt.Lookup == nil {
		return nil, eval.ErrNoLookup
	}
	v, err := o.u.opt.Lookup(context.Background(), link.LookupCall{Name: plugin, Terms: terms, Options: options, Vars: o.vars, Eval: o.eval(), Basedir: o.dir, Warn: o.warn})
	if errors.Is(err, eval.ErrNoLookup) {
		return nil, playbook.NoRender("the lookup " + plugin + " is none of pbc's own")
	}
	if err == nil {
		o.u.looked[key] = ir.Val{V: v}
	}
	return v, err
}

// lookedAt is what lookups have given, in the order of calls.
func (u *Unit) lookedAt() []ir.Looked {
	var out []ir.Looked
	for _, call := range slices.Sorted(maps.Keys(u.looked)) {
		out = append(out, ir.Looked{Call: call, Gave: u.looked[call]})
	}
	return out
}

// HostVar implements eval.Outside.
func (*early) HostVar(string, string) (value.Value, bool, error) { return nil, false, nil }

// Hosts implements eval.Outside.
func (*early) Hosts() []string { return nil }

// Plugin implements eval.Outside.
func (*early) Plugin(eval.PluginCall) (value.Value, bool, error) { return nil, false, nil }

// staticVars are the variables that are known before running.
type staticVars struct {
	u                   *Unit
	extra, magic, given *value.Dict
	vars                playbook.Map
}

// Lookup implements eval.Vars.
func (s staticVars) Lookup(name string) (value.Value, bool) {
	for _, d := range []*value.Dict{s.magic, s.extra, s.given} {
		if v, ok := d.GetStr(name); ok {
			return v, true
		}
	}
	if n := s.vars.Get(name); n != nil {
		return n.ToValue(s.u.text), true
	}
	return nil, false
}

// Names implements eval.Vars.
func (s staticVars) Names() []string {
	var out []string
	for _, e := range s.vars.Entries {
		out = append(out, e.Name)
	}
	for _, d := range []*value.Dict{s.magic, s.extra, s.given} {
		if d == nil {
			continue
		}
		for _, k := range d.K {
			n, _ := value.Text(k)
			out = append(out, n)
		}
	}
	return out
}

package link

import (
	"context"
	"errors"

	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// outside answers evaluations that run on the controller.
type outside struct {
	l    *Linker
	play int
	host string
}

// Parse implements eval.Outside.
func (o *outside) Parse(k eval.Kind, src string) (value.Value, error) { return o.l.parse(k, src) }

// Template implements eval.Outside.
func (o *outside) Template(name string) (*value.Tmpl, bool, error) {
	return nil, false, errors.New("templates are included on hosts only")
}

// Lookup implements eval.Outside.
func (o *outside) Lookup(plugin string, terms []value.Value, options *value.Dict) (value.Value, error) {
	return o.l.lookup(context.Background(), Site{Play: o.play, Host: o.host, Task: -1}, plugin, terms, options, nil)
}

// HostVar implements eval.Outside.
func (o *outside) HostVar(host, name string) (value.Value, bool, error) {
	return o.l.hostVar(host, name)
}

// Hosts implements eval.Outside.
func (o *outside) Hosts() []string { return o.l.hostNames() }

// Plugin implements eval.Outside.
func (o *outside) Plugin(eval.PluginCall) (value.Value, bool, error) { return nil, false, nil }

// Site is where a lookup is asked for.
type Site struct {
	Play int
	Host string
	Task int // -1 outside of tasks
}

// hostVar is a variable of a host as hostvars gives it. An empty name gives all.
func (l *Linker) hostVar(host, name string) (value.Value, bool, error) {
	if l.opt.Inventory.Host(host) == nil {
		return nil, false, nil
	}
	vars := l.hostLayers(host)
	ev := l.evaluator(-1, host, vars)
	if name != "" {
		raw, ok := vars.Lookup(name)
		if !ok {
			return nil, false, nil
		}
		v, err := ev.Value(raw)
		return v, true, err
	}
	all := value.NewDict()
	for _, n := range vars.Names() {
		raw, _ := vars.Lookup(n)
		v, err := ev.Value(raw)
		if err != nil {
			v = raw
		}
		all.SetStr(n, v)
	}
	return all, true, nil
}

func (l *Linker) hostNames() []string {
	var out []string
	for _, h := range l.opt.Inventory.Hosts() {
		out = append(out, h.Name)
	}
	return out
}

// taskLayers are the variables that a task sees on a host, for lookups that read variables.
func (l *Linker) taskLayers(s Site, local *value.Dict) (layers, error) {
	play, err := l.playVars(s.Play, s.Host)
	if err != nil {
		return nil, err
	}
	out := layers{local, l.opt.Extra}
	p := l.tables(s.Play)
	var lex *ir.Scope
	if s.Task >= 0 && s.Task < len(p.Tasks) {
		lex = p.Scopes[p.Tasks[s.Task].Scope]
	}
	add := func(list []int) {
		for _, n := range list {
			d, _ := p.Layers[n].V.(*value.Dict)
			out = append(out, d)
		}
	}
	set, included, facts := l.opt.Known.Vars(s.Host)
	if lex != nil {
		add(lex.IncludeParams)
		add(lex.RoleParams)
	}
	out = append(out, set, included)
	if lex != nil {
		add(lex.Task)
		add(lex.RoleVars)
	}
	out = append(out, play, facts)
	out = append(out, l.hostLayers(s.Host)...)
	if lex != nil {
		add(lex.RoleDefaults)
	}
	out = append(out, l.playLayers(s.Play)...)
	if h := l.opt.Inventory.Host(s.Host); h != nil {
		out = append(out, l.magic(s.Play, h))
	}
	return out, nil
}

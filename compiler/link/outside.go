package link

import (
	"context"
	"fmt"
	"path/filepath"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/module"
)

// outside answers evaluations that run on the controller.
type outside struct {
	l    *Linker
	play int
	host string
	task int // -1 outside of tasks
	// at is where the task is, nil for now; behind takes the name of a host that has not come there yet.
	at     ir.Address
	behind *string
}

// Parse implements eval.Outside.
func (o *outside) Parse(k eval.Kind, src string) (value.Value, error) { return o.l.parse(k, src) }

// Template implements eval.Outside.
func (o *outside) Template(name string) (*value.Tmpl, bool, error) { return o.TemplateFrom("", name) }

// TemplateFrom implements eval.Including. A template that a lookup renders looks beside itself first.
func (o *outside) TemplateFrom(from, name string) (*value.Tmpl, bool, error) {
	if o.host != "" {
		if err := o.l.granted(o.play, o.host).Template(name, o.l.definitions(o.play, o.host)); err != nil {
			return nil, false, o.refused(err)
		}
	}
	lex := o.l.scope(o.site())
	dirs := TemplateDirs(lex, "")
	if from != "" {
		dirs = append([]string{filepath.Dir(from)}, searchDirs(lex)...)
	}
	t, err := o.l.includedTemplate(o.play, dirs, name)
	if t == nil && err == nil && o.l.opt.Dialect == eval.Tagged {
		err = &eval.NoTemplate{Name: name, Dirs: dirs}
	}
	return t, t != nil, err
}

func (o *outside) site() Site {
	return Site{Play: o.play, Host: o.host, Task: o.task, At: o.at, behind: o.behind}
}

// Lookup implements eval.Outside.
func (o *outside) Lookup(plugin string, terms []value.Value, options *value.Dict) (value.Value, error) {
	return o.l.lookup(context.Background(), o.site(), LookupCall{Name: plugin, Terms: terms, Options: options})
}

// HostVar implements eval.Outside.
func (o *outside) HostVar(host, name string) (value.Value, bool, error) {
	if o.host != "" && o.host != host {
		if err := o.l.granted(o.play, o.host).HostVar(host, name, o.l.definitions(o.play, o.host)); err != nil {
			return nil, false, o.refused(err)
		}
	}
	return o.l.hostVar(o.site(), host, name)
}

// refused is the error of an evaluation that asks for what its host may not ask for.
func (o *outside) refused(err error) error { return fmt.Errorf("%s: %w", o.host, err) }

// Hosts implements eval.Outside.
func (o *outside) Hosts() []string { return o.l.hostNames() }

// Plugin implements eval.Outside. The lock is held.
func (o *outside) Plugin(c eval.PluginCall) (value.Value, bool, error) {
	return o.l.callPlugin(context.Background(), c, &world{l: o.l, site: o.site()}, nil)
}

// Shadows implements eval.Shadowing.
func (o *outside) Shadows(kind, name string) bool { return o.l.shadows(kind, name) }

// Site is where a lookup is asked for.
type Site struct {
	Play int
	Host string
	Task int // -1 outside of tasks
	// At is where the task is: it sees of other hosts what they had there. Nil is now.
	At     ir.Address
	behind *string // takes the name of a host that has not come there yet
}

// wantedVars are the host and the names of a question for several of its variables.
func wantedVars(n *event.Need) (host string, names []string) {
	d, _ := n.Args.V.(*value.Dict)
	v, _ := d.GetStr("host")
	host, _ = value.Text(v)
	v, _ = d.GetStr("names")
	list, _ := v.(*value.List)
	if list == nil {
		return host, nil
	}
	for _, v := range list.V {
		name, _ := value.Text(v)
		names = append(names, name)
	}
	return host, names
}

// hostVars answers a question for several variables of a host.
func (l *Linker) hostVars(s Site, n *event.Need) *event.Answer {
	host, names := wantedVars(n)
	made, _ := l.opt.Known.Vars(host, s.At)
	set, rest := value.NewDict(), value.NewDict()
	for _, name := range names {
		v, ok, err := l.hostVar(s, host, name)
		switch {
		case !ok || err != nil:
		case layers{made.Set, made.Included}.has(name):
			set.SetStr(name, v)
		default:
			rest.SetStr(name, v)
		}
	}
	return &event.Answer{Value: ir.Val{V: value.DictOf("set", set, "rest", rest)}}
}

// hostVar is a variable of a host as hostvars gives it at a site. An empty name gives all.
func (l *Linker) hostVar(s Site, host, name string) (value.Value, bool, error) {
	if l.opt.Inventory.Host(host) == nil {
		return nil, false, nil
	}
	made, there := l.opt.Known.Vars(host, s.At)
	if !there && s.behind != nil {
		*s.behind = host
	}
	of := l.layersOf(host, made)
	var vars eval.Vars = of
	if l.opt.Settings.HashMerge {
		vars = merged{of}
	}
	ev := eval.New(eval.Config{Dialect: l.opt.Dialect, Vars: vars, Outside: &outside{l: l, play: -1, host: host, task: -1, at: s.At, behind: s.behind}})
	if name != "" {
		raw, ok := vars.Lookup(name)
		if !ok {
			return nil, false, nil
		}
		v, err := ev.Shown(raw)
		return v, true, err
	}
	all := value.NewDict()
	for _, n := range vars.Names() {
		raw, _ := vars.Lookup(n)
		v, err := ev.Shown(raw)
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

// level is the part of a task's variables that stands together among what tasks have made.
type level struct {
	level event.Level
	vars  layers
}

// levels are the variables that a task sees on a host and that no task has made, highest first.
func (l *Linker) levels(s Site) ([]level, error) {
	play, err := l.playVars(s.Play, s.Host)
	if err != nil {
		return nil, err
	}
	t := l.tables(s.Play)
	lex := &ir.Scope{}
	if s.Task >= 0 && s.Task < len(t.Tasks) {
		lex = t.Scopes[t.Tasks[s.Task].Scope]
	}
	of := func(lists ...[]int) layers {
		var out layers
		for _, list := range lists {
			for _, n := range list {
				d, _ := t.Layers[n].V.(*value.Dict)
				out = append(out, d)
			}
		}
		return out
	}
	reversed := func(list []int) []int {
		var out []int
		for i := len(list) - 1; i >= 0; i-- {
			out = append(out, list[i])
		}
		return out
	}
	p := l.prog.Plays[s.Play]
	inv := value.NewDict()
	if h := l.opt.Inventory.Host(s.Host); h != nil {
		if inv, err = l.varsAt(s, h); err != nil {
			return nil, err
		}
	}
	above := append(layers{l.opt.Extra}, of(lex.IncludeParams, lex.RoleParams)...)
	defaults, vars := l.shownRoles(p)
	middle := append(of(lex.Task, lex.RoleVars, reversed(vars)), play)
	below := append(layers{inv}, of(lex.RoleDefaults, reversed(defaults))...)
	return []level{{event.AboveSet, above}, {event.AboveFacts, middle}, {event.BelowFacts, below}}, nil
}

// taskVars are variables that only the task has, while it runs.
type taskVars struct {
	local    *value.Dict // the item of its loop and the like
	includes *value.Dict // of the includes around it
}

// taskVarsOf reads them from the arguments of a need.
func taskVarsOf(args *value.Dict) taskVars {
	dict := func(name string) *value.Dict { v, _ := args.GetStr(name); d, _ := v.(*value.Dict); return d }
	return taskVars{dict("vars"), dict("includes")}
}

// taskLayers are the variables that a task sees on a host, for what runs on the controller in its place. Their order is
// that of the machine's scope.
func (l *Linker) taskLayers(s Site, own taskVars) (layers, error) {
	lv, err := l.levels(s)
	if err != nil {
		return nil, err
	}
	set, included, facts := l.madeOn(s.Host)
	out := layers{own.local}
	if h := l.opt.Inventory.Host(s.Host); h != nil {
		out = append(out, l.magic(s.Play, h))
	}
	out = append(out, l.taskMagic(s), lv[0].vars[0], own.includes)
	out = append(append(out, lv[0].vars[1:]...), set, included)
	out = append(out, lv[1].vars...)
	out = append(out, value.DictOf("ansible_facts", namespaced(facts)))
	if l.opt.Settings.InjectFacts {
		out = append(out, module.Injected(facts))
	} else if local, ok := facts.GetStr("ansible_local"); ok {
		out = append(out, value.DictOf("ansible_local", local))
	}
	return append(out, lv[2].vars...), nil
}

// taskMagic are the magic variables of a task's place: where its files are looked for, and its role.
func (l *Linker) taskMagic(s Site) *value.Dict {
	lex := l.scope(s)
	d := value.DictOf("ansible_search_path", lex.SearchPath(), "omit", l.opt.Settings.OmitVar())
	t := l.tables(s.Play)
	if s.Task >= 0 && s.Task < len(t.Tasks) {
		d.SetStr("environment", t.Tasks[s.Task].EnvironmentVar())
	}
	roles := t.Roles
	if lex.Role < 0 || lex.Role >= len(roles) {
		return d
	}
	r := roles[lex.Role]
	for _, name := range ir.RoleMagic {
		if v, ok := r.Magic(name); ok {
			d.SetStr(name, v)
		}
	}
	return d
}

package link

import (
	"errors"

	"pbc/compiler/inventory"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/module"
	"pbc/runtime/python"
)

// layers gives variables from dictionaries, the highest precedence first.
type layers []*value.Dict

// Lookup implements eval.Vars.
func (s layers) Lookup(name string) (value.Value, bool) {
	for _, d := range s {
		if v, ok := d.GetStr(name); ok {
			return v, true
		}
	}
	return nil, false
}

func (s layers) has(name string) bool {
	_, ok := s.Lookup(name)
	return ok
}

// Names implements eval.Vars.
func (s layers) Names() []string {
	seen := map[string]bool{}
	var out []string
	for _, d := range s {
		if d == nil {
			continue
		}
		for _, k := range d.K {
			if n, ok := value.Text(k); ok && !seen[n] {
				seen[n] = true
				out = append(out, n)
			}
		}
	}
	return out
}

// merged are layers whose dictionaries of one name are combined: hash_behaviour=merge.
type merged struct{ layers }

// Lookup implements eval.Vars.
func (s merged) Lookup(name string) (value.Value, bool) {
	var all []*value.Dict
	for _, d := range s.layers {
		v, ok := d.GetStr(name)
		if !ok {
			continue
		}
		one, isDict := v.(*value.Dict)
		if !isDict && all == nil {
			return v, true
		}
		if !isDict {
			break
		}
		all = append(all, one)
	}
	if all == nil {
		return nil, false
	}
	return value.MergeAll(all), true
}

// evaluator evaluates on the controller. The host is "" for the play as a whole.
func (l *Linker) evaluator(play int, host string, vars eval.Vars) *eval.Eval {
	if all, ok := vars.(layers); ok && l.opt.Settings.HashMerge {
		vars = merged{all}
	}
	set := l.opt.Settings
	return eval.New(eval.Config{Dialect: l.opt.Dialect, Vars: vars, Outside: &outside{l: l, play: play, host: host, task: -1},
		Native: set.Native, KeepUndefined: set.KeepUndefined, Null: set.Null.V, TrustLookups: set.TrustLookups, AllowBroken: set.AllowBroken, NoEmbedded: set.NoEmbedded})
}

// playValue evaluates a keyword of a play, which sees no host. One that is omit is not given: nil.
func (l *Linker) playValue(play int, v ir.Val) (value.Value, error) {
	if !v.IsSet() {
		return nil, nil
	}
	return l.valueIn(play, v, l.playLayers(play))
}

// valueIn evaluates what the layers of a play alone decide; omit is nothing.
func (l *Linker) valueIn(play int, v ir.Val, in layers) (value.Value, error) {
	r, err := l.evaluator(play, "", in).Value(v.V)
	if l.opt.Settings.IsOmit(r) {
		return nil, err
	}
	return r, err
}

// playLayers are the variables that the keywords of a play see.
func (l *Linker) playLayers(play int) layers { return l.playLayersWith(play, nil, nil) }

// playLayersWith are those variables and others: above the play's own, and above the defaults of its roles.
func (l *Linker) playLayersWith(play int, above, defaulted layers) layers {
	p := l.prog.Plays[play]
	out := append(layers{l.opt.Magic, l.opt.Extra}, above...)
	defaults, vars := l.shownRoles(p)
	out = append(out, reversedLayers(p, vars)...)
	out = append(out, l.prompted[play], l.staticPlayVars(play))
	out = append(out, defaulted...)
	out = append(out, reversedLayers(p, defaults)...)
	return append(out, value.DictOf("playbook_dir", l.playDir(p), "groups", l.opt.Inventory.GroupsDict(), "omit", l.opt.Settings.OmitVar()))
}

// shownRoles are the layers of the play's roles that all of its tasks see, by rising precedence. With private_role_vars
// those of role variables are not among them, in dialect tagged neither those of defaults.
//
// Observed: scenarios/settings/values.txtar.
func (l *Linker) shownRoles(p *ir.Play) (defaults, vars []int) {
	switch {
	case !l.opt.PrivateRoleVars:
		return p.RoleDefaults, p.RoleVars
	case l.opt.Dialect == expr.Tagged:
		return nil, nil
	}
	return p.RoleDefaults, nil
}

// reversedLayers are layers of a play, the last one first.
func reversedLayers(p *ir.Play, list []int) layers {
	var out layers
	for i := len(list) - 1; i >= 0; i-- {
		out = append(out, layer(p, list[i]))
	}
	return out
}

func layer(p *ir.Play, n int) *value.Dict {
	if n < 0 || n >= len(p.Layers) {
		return value.NewDict()
	}
	d, _ := p.Layers[n].V.(*value.Dict)
	return d
}

// staticPlayVars are the play's vars, and its vars_files as far as they can be named without a host.
func (l *Linker) staticPlayVars(play int) *value.Dict {
	p := l.prog.Plays[play]
	out := layer(p, p.Vars).Copy()
	return out
}

// playVars are the play's vars, vars_prompt and vars_files for one host.
func (l *Linker) playVars(play int, host string) (*value.Dict, error) {
	p := l.prog.Plays[play]
	out := layer(p, p.Vars).Copy()
	merge := l.opt.Settings.HashMerge
	out = inventory.Combine(out, l.prompted[play], merge)
	for i, f := range p.VarsFiles {
		vars := append(layers{l.opt.Magic, l.opt.Extra, out}, l.factLayers(host)...)
		vars = append(vars, l.playLayers(play)...)
		found, err := l.varsFile(play, host, f, p.VarsFilesAt[i], vars)
		var undef *value.UndefError
		if errors.As(err, &undef) && !l.gathered(host) {
			continue // what is missing may be a fact
		}
		if errors.As(err, &undef) {
			return nil, l.varsFileUndefined(play, i, err)
		}
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			out = inventory.Combine(out, d, merge)
		}
	}
	return out, nil
}

// gathered says whether facts of a host have been gathered.
func (l *Linker) gathered(host string) bool {
	if l.opt.Inventory.Host(host) == nil {
		return false
	}
	v, _ := l.opt.Known.Vars(host, nil)
	done, _ := v.Facts.GetStr("module_setup")
	ok, _ := python.Truth(done)
	return ok
}

// factLayers are the variables of a host that vars_files see: what tasks have set is not among them.
func (l *Linker) factLayers(host string) layers {
	if l.opt.Inventory.Host(host) == nil {
		return nil
	}
	v, _ := l.opt.Known.Vars(host, nil)
	return l.layersOf(host, HostVars{Facts: v.Facts})
}

// layersOf are the variables of a host with those that tasks have made.
func (l *Linker) layersOf(host string, made HostVars) layers {
	h := l.opt.Inventory.Host(host)
	if h == nil {
		return nil
	}
	inv, err := h.Vars()
	if err != nil {
		return nil
	}
	set, included, facts := made.Set, made.Included, made.Facts
	top := value.DictOf("inventory_hostname", host, "group_names", texts(h.GroupNames()), "groups", l.opt.Inventory.GroupsDict(),
		"ansible_facts", namespaced(facts), "playbook_dir", l.prog.Basedir, "omit", l.opt.Settings.OmitVar(), "ansible_check_mode", l.opt.Settings.Check,
		"ansible_diff_mode", l.opt.Settings.Diff, "ansible_verbosity", int64(l.opt.Settings.Verbosity))
	out := layers{l.opt.Extra, set, included}
	if l.opt.Settings.InjectFacts {
		out = append(out, module.Injected(facts))
	}
	return append(out, inv, top, l.opt.Magic)
}

func namespaced(facts *value.Dict) *value.Dict {
	d := value.NewDict()
	for i, k := range facts.K {
		name, _ := value.Text(k)
		if len(name) > 8 && name[:8] == "ansible_" && name != "ansible_local" {
			name = name[8:]
		}
		d.SetStr(name, facts.V[i])
	}
	return d
}

package link

import (
	"errors"
	"fmt"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/inventory"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/exception"
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
	var out value.Value
	found := false
	for _, d := range s.layers {
		v, ok := d.GetStr(name)
		if !ok {
			continue
		}
		high, both := out.(*value.Dict)
		low, isDict := v.(*value.Dict)
		switch {
		case !found:
			out, found = v, true
		case both && isDict:
			out = value.Merge(low, high)
		}
		if !isDict {
			return out, true
		}
	}
	return out, found
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
		d, err := l.varsFile(play, host, f, vars)
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
		out = inventory.Combine(out, d, merge)
	}
	return out, nil
}

// varsFile reads the first file of the alternatives that exists.
func (l *Linker) varsFile(play int, host string, f ir.Val, vars layers) (*value.Dict, error) {
	list, ok := f.V.(*value.List)
	if !ok {
		list = value.NewList(f.V)
	}
	for _, alternative := range list.V {
		v, err := l.evaluator(play, host, vars).Value(alternative)
		if err != nil {
			return nil, err
		}
		name, err := value.ToStr(v)
		if err != nil {
			return nil, err
		}
		p := l.prog.Plays[play]
		file := l.opt.Store.Find(nil, l.playDir(p), "vars", name)
		if file.Fault != "" {
			continue
		}
		d, _, err := l.opt.Front.LoadVars(file.Tree.Path)
		l.learn(d)
		return d, l.varsFileFault(file.Tree.Path, err)
	}
	if len(list.V) == 0 || l.opt.Dialect == expr.Tagged {
		return nil, nil // dialect tagged takes no notice
	}
	written, err := value.ToStr(f.V)
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("vars file %s was not found\nCould not find file on the Ansible Controller.\n"+
		"If you are using a module and expect the file to exist on the remote, see the remote_src option", written)
}

// UnreadableVars is a file of variables that is no YAML: what a task says of it, and what ends a run whose play names the file.
type UnreadableVars struct {
	Text  string
	Fault *diag.Diagnostic
}

// Error implements error.
func (e *UnreadableVars) Error() string { return e.Text }

// Unwrap is the fault.
func (e *UnreadableVars) Unwrap() error { return e.Fault }

// badVarsFile is a fault of a file that is there: the run ends before the play is shown.
type badVarsFile struct{ error }

// Unwrap is the fault itself.
func (b badVarsFile) Unwrap() error { return b.error }

// varsFileFault is the error of a file of vars_files that cannot be read; err may be nil.
func (l *Linker) varsFileFault(file string, err error) error {
	if err == nil {
		return nil
	}
	var unreadable *UnreadableVars
	var told *diag.Diagnostic
	switch {
	case errors.As(err, &unreadable):
	case l.opt.Dialect == expr.Tagged && errors.As(err, &told):
		chain := failure.Failure{Msg: "Invalid vars_files file " + value.StrRepr(file) + "."}.Because(diag.Chain(told))
		err = &diag.Diagnostic{Kind: diag.Invalid, Exit: 1, Msg: chain.Brief(), Tagged: chain}
	}
	return badVarsFile{err}
}

func (l *Linker) varsFileUndefined(play, entry int, err error) error {
	p := l.prog.Plays[play]
	s, _ := value.ToStr(p.VarsFiles[entry].V)
	msg := "an undefined variable was found when attempting to template the vars_files item '" + s + "'"
	if l.opt.Dialect == expr.Classic {
		return errors.New(msg + l.opt.Front.Excerpt(p.VarsFilesAt[entry]))
	}
	chain := failure.Failure{Msg: msg, At: originOf(p.VarsFilesAt[entry])}.Because(exception.Failure(err))
	return &diag.Diagnostic{Exit: 1, Msg: chain.Brief(), Tagged: chain}
}

func originOf(p ir.Pos) *value.Origin { return &value.Origin{File: p.File, Line: p.Line, Col: p.Col} }

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

// passedOver are the warnings of dialect tagged for entries of vars_files that no file is named by before there is a host.
func (l *Linker) passedOver(play int) []*failure.Failure {
	if l.opt.Dialect != expr.Tagged {
		return nil
	}
	var out []*failure.Failure
	p := l.prog.Plays[play]
	for i, f := range p.VarsFiles {
		var undef *value.UndefError
		if _, err := l.playValue(play, f); errors.As(err, &undef) {
			out = append(out, &failure.Failure{Msg: "skipping vars_files item due to an undefined variable", At: originOf(p.VarsFilesAt[i])})
		}
	}
	return out
}

// livePlay says whether the files of vars_files may be others for each task: when facts name them, or what nothing defines yet.
func (l *Linker) livePlay(play int) bool {
	n := newNames()
	p := l.prog.Plays[play]
	for _, f := range p.VarsFiles {
		n.value(f.V)
	}
	known := l.playLayers(play)
	n.close(known)
	if n.all {
		return true
	}
	hosts, _ := l.playHosts(play)
	for name := range n.set {
		if strings.HasPrefix(name, "ansible_") {
			return true
		}
		_, defined := known.Lookup(name)
		for _, host := range hosts {
			if !defined {
				_, defined = l.hostLayers(host).Lookup(name)
			}
		}
		if !defined {
			return true
		}
	}
	return false
}

// hostLayers are the variables of a host without a play's: what hostvars shows of it now.
func (l *Linker) hostLayers(host string) layers {
	if l.opt.Inventory.Host(host) == nil {
		return nil
	}
	v, _ := l.opt.Known.Vars(host, nil)
	return l.layersOf(host, v)
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

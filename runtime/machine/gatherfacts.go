package machine

import (
	"context"
	"slices"
	"strings"

	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// setupNames are the names of the module that gathers the usual facts.
var setupNames = []string{"setup", "ansible.builtin.setup", "ansible.legacy.setup"}

// networkFacts are the collections that gather the facts of hosts with these ansible_network_os.
//
// Ansible docs: "CONNECTION_FACTS_MODULES".
var networkFacts = map[string]string{"asa": "cisco.asa", "eos": "arista.eos", "frr": "frr.frr", "ios": "cisco.ios", "iosxr": "cisco.iosxr",
	"junos": "junipernetworks.junos", "nxos": "cisco.nxos", "vyos": "vyos.vyos", "exos": "extreme.exos", "slxos": "extreme.slxos",
	"voss": "extreme.voss", "ironware": "community.network"}

// gatherFacts runs the modules that gather facts, and puts their facts together: of two that know the same
// fact the later one's counts, and dictionaries are merged.
//
// Observed: scenarios/facts/gather_facts.txtar.
func (x *taskRun) gatherFacts(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	if _, err := x.strictly(get(args, "parallel")); err != nil { // of no effect otherwise
		return nil, err
	}
	args.Del("parallel")
	x.factsSettings(args)
	names, err := x.factsModules(args)
	if err != nil {
		return nil, err
	}
	defaults, err := x.joined(x.t.FactsDefaults)
	if err != nil {
		return nil, err
	}
	res := value.DictOf("ansible_facts", value.NewDict())
	failed, skipped := value.NewDict(), value.NewDict()
	for _, name := range names {
		own := x.factsArgs(name, args)
		if slices.Contains(setupNames, name) {
			own = withoutNull(value.Merge(defaults, own))
		}
		r, err := x.factsModule(ctx, name, own)
		switch {
		case err != nil:
			return nil, err
		case truthy(r, "unreachable"):
			return r, nil
		case truthy(r, "failed"):
			failed.SetStr(name, r)
		case truthy(r, "skipped"):
			skipped.SetStr(name, r)
		default:
			x.addFacts(res, r)
		}
	}
	x.factsFaults(res, failed, skipped, len(names))
	get(res, "ansible_facts").(*value.Dict).SetStr("_ansible_facts_gathered", true)
	res.SetStr("_ansible_verbose_override", true)
	return res, nil
}

// factsSettings puts the settings into the arguments of the task that a play begins with.
func (x *taskRun) factsSettings(args *value.Dict) {
	if !x.t.Implicit {
		return
	}
	if subset := get(args, "gather_subset"); isText(subset) {
		args.SetStr("gather_subset", value.NewList(subset)) // one name: the keyword of a play is not split at commas
	}
	s := x.m.code.Settings
	if !has(args, "gather_subset") && s.GatherSubset.IsSet() {
		args.SetStr("gather_subset", s.GatherSubset.V)
	}
	if !has(args, "gather_timeout") && s.GatherTimeout > 0 {
		args.SetStr("gather_timeout", int64(s.GatherTimeout))
	}
	if !has(args, "fact_path") && s.DefaultFactPath != "" {
		args.SetStr("fact_path", s.DefaultFactPath)
	}
}

// factsModules are the modules to run, with the one that "smart" stands for.
func (x *taskRun) factsModules(args *value.Dict) ([]string, error) {
	names := x.m.code.Settings.FactsModules
	if v, ok := x.vars.Lookup("ansible_facts_modules"); ok {
		v, err := x.eval().Value(v)
		if err != nil {
			return nil, err
		}
		names = listOfNames(v)
	}
	if len(names) == 0 {
		names = []string{"smart"}
	}
	i := slices.Index(names, "smart")
	if i < 0 {
		return names, nil
	}
	names = slices.Delete(slices.Clone(names), i, i+1)
	system, err := x.networkOS(args)
	if err != nil {
		return nil, err
	}
	switch {
	case system != "" && networkModule(system) != "":
		names = append(names, networkModule(system))
	case x.m.dialect == eval.Classic || system == "" && !slices.ContainsFunc(names, isSetup):
		names = append(names, "ansible.legacy.setup")
	case system != "" && len(names) == 0:
		return nil, x.actionFail("No fact modules available and we could not find a fact module for your network OS (" + system +
			"), try setting one via the `FACTS_MODULES` configuration.")
	}
	return names, nil
}

func isSetup(name string) bool { return slices.Contains(setupNames, name) }

// listOfNames reads a list, or a text of names with commas.
func listOfNames(v value.Value) []string {
	var out []string
	if l, ok := v.(*value.List); ok {
		for _, e := range l.V {
			s, _ := value.ToStr(e)
			out = append(out, s)
		}
		return out
	}
	s, _ := value.ToStr(v)
	for _, n := range strings.Split(s, ",") {
		out = append(out, strings.TrimSpace(n))
	}
	return out
}

func (x *taskRun) networkOS(args *value.Dict) (string, error) {
	v, ok := args.GetStr("network_os")
	if !ok {
		if v, ok = x.vars.Lookup("ansible_network_os"); !ok {
			return "", nil
		}
	}
	v, err := x.eval().Value(v)
	if err != nil {
		return "", err
	}
	s, _ := value.Text(v)
	return s, nil
}

// networkModule is the facts module of a network system, by its short or full name; "" for others.
func networkModule(system string) string {
	short := system[strings.LastIndex(system, ".")+1:]
	switch collection := networkFacts[short]; {
	case collection == "":
		return ""
	case system == short:
		return "ansible.legacy." + short + "_facts"
	case system == collection+"."+short:
		return system + "_facts"
	}
	return ""
}

// factsArgs are the arguments for one of the modules: those that only setup knows are kept from others,
// which is told.
func (x *taskRun) factsArgs(name string, args *value.Dict) *value.Dict {
	out := args.Copy()
	if isSetup(name) {
		return withoutNull(out)
	}
	all := func(v value.Value) bool {
		if l, ok := v.(*value.List); ok && len(l.V) == 1 {
			v = l.V[0]
		}
		s, _ := value.Text(v)
		return s == "all"
	}
	for _, k := range []struct{ arg, word string }{{"gather_subset", "subset"}, {"gather_timeout", "timeout"}, {"filter", "filter"}} {
		v := get(out, k.arg)
		out.Del(k.arg)
		text, _ := value.ToStr(v)
		classic := x.m.dialect == eval.Classic
		switch {
		case v == nil && (k.arg != "gather_subset" || !classic), k.arg == "gather_subset" && all(v):
		case classic:
			x.warnOf("Ignoring " + k.word + "(" + text + ") for " + name)
		default:
			x.warnOf("Not passing " + k.word + "(" + text + ") to " + name)
		}
	}
	return withoutNull(out)
}

// withoutNull drops the arguments that are null, as if they were omitted.
func withoutNull(args *value.Dict) *value.Dict {
	out := value.NewDict()
	for i, k := range args.K {
		if args.V[i] != nil {
			_ = out.Set(k, args.V[i])
		}
	}
	return out
}

// factsModule runs one module for this task.
func (x *taskRun) factsModule(ctx context.Context, name string, args *value.Dict) (*value.Dict, error) {
	env, err := x.environment()
	if err != nil {
		return nil, err
	}
	b, err := x.become()
	if err != nil {
		return nil, err
	}
	run := *x
	t := *x.t
	t.Module, t.Action = name, name
	if short := strings.TrimPrefix(name, "ansible.legacy."); !strings.Contains(short, ".") {
		t.Module = "ansible.builtin." + short
	}
	t.Files, t.ModuleFile = nil, ""
	run.t, run.instead = &t, t.Action
	p := &prepared{args: args, env: env, become: b}
	if s := x.m.code.Settings; x.t.Implicit && isSetup(name) && s.FactsRead && x.t.Register == "" {
		p.collectors = append([]string{}, s.Collectors...)
	}
	return run.module(ctx, p)
}

// addFacts adds what a module found. Dialect classic has lists of warnings though they are empty.
func (x *taskRun) addFacts(res, r *value.Dict) {
	if f, ok := get(r, "ansible_facts").(*value.Dict); ok {
		res.SetStr("ansible_facts", value.Merge(get(res, "ansible_facts").(*value.Dict), f))
	}
	for _, k := range []string{"warnings", "deprecations"} {
		all := value.NewList()
		for _, d := range []*value.Dict{res, r} {
			if l, ok := get(d, k).(*value.List); ok {
				all.V = append(all.V, l.V...)
			}
		}
		if len(all.V) > 0 || x.m.dialect == eval.Classic {
			res.SetStr(k, all)
		}
	}
}

// factsFaults tells of the modules that failed or were skipped, of n.
func (x *taskRun) factsFaults(res, failed, skipped *value.Dict, n int) {
	end := "\n"
	if x.m.dialect != eval.Classic {
		end = "."
	}
	if skipped.Len() > 0 {
		res.SetStr("msg", "The following modules were skipped: "+keyNames(skipped)+end)
		res.SetStr("skipped_modules", skipped)
		if skipped.Len() == n {
			res.SetStr("skipped", true)
		}
	}
	if failed.Len() > 0 {
		for _, v := range failed.V { // that nothing changed, only the whole task's result says
			if r := v.(*value.Dict); !truthy(r, "changed") {
				r.Del("changed")
			}
		}
		res.SetStr("failed", true)
		res.SetStr("msg", "The following modules failed to execute: "+keyNames(failed)+end)
		res.SetStr("failed_modules", failed)
		if x.tagged() {
			res.SetStr("_ansible_error", factsFailure(get(res, "msg"), failed).Value())
		}
	}
}

// factsFailure is the failure that sums up those of modules, from whose results it takes them.
func factsFailure(msg value.Value, failed *value.Dict) *failure.Failure {
	text, _ := value.Text(msg)
	all := failure.New(text)
	for _, v := range failed.V {
		r := v.(*value.Dict)
		own := failure.FromValue(get(r, "_ansible_error"))
		if own == nil {
			own = failure.New(toldOf(r))
		}
		all.Parts = append(all.Parts, own)
		r.Del("_ansible_error")
		r.SetStr("exception", traceless)
	}
	return all
}

func keyNames(d *value.Dict) string {
	names := make([]string, d.Len())
	for i, k := range d.K {
		names[i], _ = value.Text(k)
	}
	return strings.Join(names, ", ")
}

func isText(v value.Value) bool {
	_, ok := value.Text(v)
	return ok
}

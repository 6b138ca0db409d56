package machine

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/module"
)

// Two actions only choose the module that does the work: package by the host's package manager, service by
// what manages its services. Both ask a fact, and gather it when nobody has yet.

// notForSystemd are the options of service that systemd has no use for.
var notForSystemd = []string{"pattern", "runlevel", "sleep", "arguments", "args"}

// serviceModules are the modules of ansible-core that manage services, by what the fact calls the manager.
var serviceModules = []string{"openwrt_init", "service", "systemd", "sysvinit"}

func (x *taskRun) service(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	manager := "auto"
	if v, ok := args.GetStr("use"); ok {
		use, isText := value.Text(v)
		if !isText {
			return nil, noAttribute(v, "lower")
		}
		manager = strings.ToLower(use)
	}
	manager, lost, err := x.manager(ctx, "service_mgr", manager)
	if lost != nil || err != nil {
		return lost, err
	}
	if !slices.Contains(serviceModules, manager) {
		manager = "service"
	}
	args.Del("use")
	if manager == "systemd" {
		for _, k := range notForSystemd {
			if args.Del(k) {
				x.warnOf(`Ignoring "` + k + `" as it is not used in "systemd"`)
			}
		}
	}
	return x.chosen(ctx, "ansible.builtin."+manager, args)
}

func (x *taskRun) packages(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	manager := "auto"
	if v, ok := args.GetStr("use"); ok {
		manager, _ = value.ToStr(v)
	}
	if manager == "auto" && x.tagged() {
		manager = cmp.Or(x.packageUse(), "auto")
	}
	manager, lost, err := x.manager(ctx, "pkg_mgr", manager)
	if lost != nil || err != nil {
		return lost, err
	}
	if manager == "auto" {
		return module.ActionFail(`Could not detect which package manager to use. Try gathering facts or setting the "use" option.`, ""), nil
	}
	chosen := packageModule(manager)
	if !x.findable(ctx, chosen) {
		if x.tagged() {
			return module.ActionFail(`Could not find a matching action for the "`+manager+`" package manager.`, ""), nil
		}
		return module.ActionFail("Could not find a module for "+manager+".", ""), nil
	}
	args.Del("use")
	return x.chosen(ctx, chosen, args)
}

// packageUse is what a variable says instead of the option use, in dialect tagged.
func (x *taskRun) packageUse() string {
	v, ok := x.vars.Lookup("ansible_package_use")
	if !ok || v == nil {
		return ""
	}
	v, err := x.eval().Value(v)
	if err != nil {
		return ""
	}
	s, _ := value.ToStr(v)
	return s
}

// packageModule is the full name of a module that use or the fact names: those of ansible-core are never
// mistaken for a collection's.
func packageModule(manager string) string {
	if slices.Contains([]string{"apt", "dnf", "yum"}, manager) {
		return "ansible.builtin." + manager
	}
	return manager
}

// backends are what an action knows of the managers that stand behind one name.
type backends struct {
	of    string          // what the message calls them
	known map[string]bool // the names that use may have
	// modules are the modules of names that are not their module's own.
	modules      map[string]string
	facts        []string // the names for which a known fact counts
	older, newer string   // the two, as the message has them
}

// yumBackends are those of dialect classic's yum, dnfBackends those of tagged's dnf, which yum is another name of.
var (
	yumBackends = backends{of: "yum", known: map[string]bool{"yum": true, "yum4": true, "dnf": true},
		modules: map[string]string{"yum4": "dnf"}, facts: []string{"auto"}, older: "yum (yum3)", newer: "dnf (yum4)"}
	dnfBackends = backends{of: "dnf", known: map[string]bool{"yum": true, "yum4": true, "dnf": true, "dnf4": true, "dnf5": true},
		modules: map[string]string{"yum": "dnf", "yum4": "dnf", "dnf4": "dnf"}, facts: []string{"auto", "yum"}, older: "dnf4", newer: "dnf5"}
)

// yum runs the module of the yum that the host has: of version 3, or that in front of dnf.
func (x *taskRun) yum(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	if x.tagged() {
		return x.backend(ctx, dnfBackends, args)
	}
	return x.backend(ctx, yumBackends, args)
}

// dnf is no action in dialect classic.
func (x *taskRun) dnf(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	if x.tagged() {
		return x.backend(ctx, dnfBackends, args)
	}
	return x.module(ctx, x.ready)
}

// backend runs the module of the manager that use names or that the host has.
func (x *taskRun) backend(ctx context.Context, b backends, args *value.Dict) (*value.Dict, error) {
	if has(args, "use") && has(args, "use_backend") {
		return nil, x.actionFail("parameters are mutually exclusive: ('use', 'use_backend')")
	}
	name := "auto"
	if v := firstOf(args, "use", "use_backend"); v != nil {
		name, _ = value.ToStr(v)
	}
	if slices.Contains(b.facts, name) {
		if known, ok := x.knownFact("pkg_mgr"); ok {
			name = known
		}
	}
	res := value.NewDict()
	if !b.known[name] {
		found, lost, err := x.gathered(ctx, "pkg_mgr")
		if lost != nil || err != nil {
			return lost, err
		}
		if name = found; name != "auto" && (x.flags.DelegateTo == "" || x.flags.DelegateFacts) {
			res.SetStr("ansible_facts", value.DictOf("pkg_mgr", name))
		}
	}
	if !b.known[name] {
		res.Update(b.unknown(x.tagged()))
		return res, nil
	}
	args.Del("use")
	args.Del("use_backend")
	run, err := x.lastModule(ctx, *x.ready, "ansible.builtin."+cmp.Or(b.modules[name], name), args)
	if err != nil {
		return nil, err
	}
	res.Update(run)
	return res, nil
}

// unknown is the failure of a manager that is none of b.
func (b backends) unknown(tagged bool) *value.Dict {
	lines := []value.Value{"Could not detect which major revision of " + b.of + " is in use, which is required to determine module backend.",
		"You should manually specify use_backend to tell the module whether to use the " + b.older + " or " + b.newer + " backend})"}
	res := value.DictOf("failed", true, "msg", value.NewList(lines...), module.FailedBy, module.ByAction)
	if tagged {
		shown, _ := value.ToStr(value.Tuple(lines))
		res.SetStr("_ansible_error", failure.New(shown).Value())
	}
	return res
}

// findable says whether there is a module of that name, here or on the controller.
func (x *taskRun) findable(ctx context.Context, name string) bool {
	run, t := *x, *x.t
	t.Action, t.ModuleFile = name, ""
	run.t, run.instead = &t, name
	return x.m.run.Has(name) || run.payload(ctx, &module.Call{Name: name}, "") == nil
}

// noAttribute is Python's error of a method that a value does not have.
func noAttribute(v value.Value, name string) error {
	return &eval.Error{Class: "AttributeError", Msg: "'" + value.TypeName(v) + "' object has no attribute '" + name + "'"}
}

// manager is what use names or, for auto, what the fact says. Lost is the result of a host that cannot be
// asked.
func (x *taskRun) manager(ctx context.Context, fact, use string) (name string, lost *value.Dict, err error) {
	if use != "auto" {
		return use, nil, nil
	}
	if name, ok := x.knownFact(fact); ok && name != "auto" {
		return name, nil, nil
	}
	return x.gathered(ctx, fact)
}

// gathered is a fact of the host, "auto" when there is none.
func (x *taskRun) gathered(ctx context.Context, fact string) (name string, lost *value.Dict, err error) {
	res, err := x.submodule(ctx, "ansible.builtin.setup", value.DictOf("gather_subset", "!all", "filter", "ansible_"+fact))
	if err != nil || truthy(res, "unreachable") {
		return "", res, err
	}
	facts, _ := get(res, "ansible_facts").(*value.Dict)
	if name, ok := value.Text(get(facts, "ansible_"+fact)); ok {
		return name, nil, nil
	}
	return "auto", nil, nil
}

// knownFact is a fact of the host that the task runs on, when it has been gathered.
func (x *taskRun) knownFact(name string) (string, bool) {
	var v value.Value
	if host := x.flags.DelegateTo; host != "" {
		v, _, _ = x.outside().HostVar(host, "ansible_facts")
	} else {
		v, _ = x.vars.Lookup("ansible_facts")
	}
	facts, _ := v.(*value.Dict)
	return value.Text(get(facts, name))
}

// chosen runs the module that an action has chosen, with the defaults that the playbook gives that module.
func (x *taskRun) chosen(ctx context.Context, name string, args *value.Dict) (*value.Dict, error) {
	all := value.NewDict()
	list, ok := get(asDict(x.t.DefaultsOf.V), name).(*value.List)
	if !ok {
		list = value.NewList()
	}
	for _, d := range list.V {
		v, err := x.eval().Value(d)
		if err != nil {
			return nil, x.fieldFault("module_defaults", d, err)
		}
		if one, ok := v.(*value.Dict); ok {
			all.Update(one)
		}
	}
	all.Update(args)
	return x.lastModule(ctx, *x.ready, name, all)
}

// submodule runs another module for the task's action, as the task's user and in its environment, and waits for it.
func (x *taskRun) submodule(ctx context.Context, name string, args *value.Dict) (*value.Dict, error) {
	p := *x.ready
	p.async = nil
	return x.lastModule(ctx, p, name, args)
}

// lastModule runs the module that does the action's work, which the task need not wait for.
func (x *taskRun) lastModule(ctx context.Context, p prepared, name string, args *value.Dict) (*value.Dict, error) {
	run, t := *x, *x.t
	t.Module, t.Action, t.Files, t.ModuleFile = name, strings.Replace(name, "ansible.builtin.", "ansible.legacy.", 1), nil, ""
	p.args = args
	run.t, run.instead = &t, t.Action
	res, err := run.module(ctx, &p)
	x.moduleFailed = err == nil && truthy(res, "failed")
	return res, err
}

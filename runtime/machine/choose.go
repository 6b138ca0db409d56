package machine

import (
	"context"
	"slices"
	"strings"

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
	manager, lost, err := x.manager(ctx, "pkg_mgr", manager)
	if lost != nil || err != nil {
		return lost, err
	}
	if manager == "auto" {
		return module.ActionFail(`Could not detect which package manager to use. Try gathering facts or setting the "use" option.`, ""), nil
	}
	chosen, ok := packageModule(manager)
	if !ok {
		return module.ActionFail("Could not find a module for "+manager+".", ""), nil
	}
	args.Del("use")
	return x.chosen(ctx, chosen, args)
}

// inGeneral are the package managers whose modules have moved to the collection community.general.
var inGeneral = strings.Fields("zypper urpmi pacman opkg pkgin macports homebrew apk pkgng swdepot portage svr4pkg pkg5 xbps swupd sorcery installp openbsd_pkg")

// packageModule is the full name of a package manager's module.
func packageModule(manager string) (string, bool) {
	switch {
	case slices.Contains([]string{"apt", "dnf", "yum"}, manager):
		return "ansible.builtin." + manager, true
	case slices.Contains(inGeneral, manager):
		return "community.general." + manager, true
	}
	return manager, strings.Count(manager, ".") >= 2
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
	return x.submodule(ctx, name, all)
}

// submodule runs another module for the task's action, as the task's user and in its environment.
func (x *taskRun) submodule(ctx context.Context, name string, args *value.Dict) (*value.Dict, error) {
	run, t, p := *x, *x.t, *x.ready
	t.Module, t.Action, t.Files, t.ModuleFile = name, strings.Replace(name, "ansible.builtin.", "ansible.legacy.", 1), nil, ""
	p.args = args
	run.t, run.instead = &t, t.Action
	return run.module(ctx, &p)
}

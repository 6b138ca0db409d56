package compiler

import (
	"strings"

	"pbc/compiler/diag"
	"pbc/ir"
	"pbc/ir/value"
)

// check finds what is right Ansible that pbc does not do yet.
func (u *Unit) check(p *ir.Play, t *ir.Tables, out *diag.List) {
	if p != nil {
		u.checkStrategy(p, out)
	}
	for _, task := range t.Tasks {
		u.checkTask(task, out)
	}
}

// strategies are those that pbc keeps the promises of. Mitogen's promise the same as those they are named after.
var strategies = map[string]bool{"linear": true, "free": true, "host_pinned": true, "mitogen_linear": true, "mitogen_free": true, "mitogen_host_pinned": true}

// KnowsStrategy says whether pbc keeps the promises of a strategy; "" is the default one.
func KnowsStrategy(name string) bool {
	return name == "" || strategies[strings.TrimPrefix(name, "ansible.builtin.")]
}

func (u *Unit) checkStrategy(p *ir.Play, out *diag.List) {
	s, ok := value.Text(p.Strategy.V)
	_, later := p.Strategy.V.(*value.Tmpl) // known when the play begins
	switch {
	case !p.Strategy.IsSet(), later, ok && KnowsStrategy(s):
	default:
		text, _ := value.ToStr(p.Strategy.V)
		out.Add(diag.Unsupportedf(p.Pos, "strategy %q", text))
	}
}

func (u *Unit) checkTask(t *ir.Task, out *diag.List) {
	if s, _ := value.Text(t.Debugger.V); t.Debugger.IsSet() && s != "never" {
		out.Add(diag.Unsupportedf(t.Pos, "the keyword debugger"))
	}
	if t.Include != nil || t.Module == "ansible.builtin.meta" || u.opt.Supported == nil {
		return
	}
	if t.Module == "" {
		return // an unknown name behind action: fails when it runs, as in Ansible
	}
	if !u.native(t) {
		u.checkPython(t, out)
		return
	}
	if args, ok := t.Args.V.(*value.Dict); ok && u.opt.Refuses != nil {
		if why := u.opt.Refuses(t.Module, constants(args)); why != "" {
			out.Add(diag.Unsupportedf(t.Pos, "the module %s where %s", t.Module, why))
		}
	}
}

// native says whether pbc has the module of a task itself, and the task means that one.
func (u *Unit) native(t *ir.Task) bool {
	return u.opt.Supported(t.Module) && fullName(t.Module) && !t.Plugin() && !t.Foreign
}

// foreign says whether the module of a full name comes from a version of its collection that pbc's own was not compared with.
func (u *Unit) foreign(module string) bool {
	parts := strings.SplitN(module, ".", 3)
	if u.opt.Compared == nil || len(parts) < 3 || parts[0] == "ansible" && parts[1] == "builtin" {
		return false
	}
	return !u.opt.Compared(module, u.loader.CollectionVersion(parts[0]+"."+parts[1]))
}

// fullName says whether a module has a full name: a bare one is that of a module beside the playbook.
func fullName(module string) bool { return strings.Contains(module, ".") }

// checkPython finds what stands in the way of running a module that is not native.
func (u *Unit) checkPython(t *ir.Task, out *diag.List) {
	if u.opt.Core == "" {
		d := diag.Unsupportedf(t.Pos, "the module %s", t.Module)
		d.Hint = "it is not one of pbc's own, and no ansible-core is installed here to take it from"
		out.Add(d)
	}
}

// constants are the arguments that are known before the run.
func constants(args *value.Dict) *value.Dict {
	out := value.NewDict()
	for i, k := range args.K {
		if _, ok := args.V[i].(*value.Tmpl); !ok {
			_ = out.Set(k, args.V[i])
		}
	}
	return out
}

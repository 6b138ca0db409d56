package compiler

import (
	"fmt"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/lower"
	"pbc/ir"
	"pbc/ir/value"
)

// checkPlay finds what is right Ansible that pbc does not do yet.
func (u *Unit) checkPlay(p *lower.Play, out *diag.List) {
	u.checkShadows(out)
	u.checkStrategy(p, out)
	u.checkDefaultStrategy(p.IR, out)
	u.checkConnection(p.IR.Connection, p.IR.Pos, out)
	u.checkTasks(&p.IR.Tables, p.IR.Connection.V, out)
	u.checkDebuggers(p, 0, out)
}

// checkExtension does the same for what has come to a play.
func (u *Unit) checkExtension(p *lower.Play, e *ir.Extension, out *diag.List) {
	u.checkShadows(out)
	u.checkTasks(&e.Tables, nil, out)
	u.checkDebuggers(p, e.FirstTask, out)
}

// checkTasks checks the tasks of tables. The connection plugin that they inherit was checked.
func (u *Unit) checkTasks(t *ir.Tables, inherited value.Value, out *diag.List) {
	for _, task := range t.Tasks {
		if inherited == nil || !value.Same(task.Connection.V, inherited) {
			u.checkConnection(task.Connection, task.Pos, out)
		}
		u.checkBecome(task.Become.Method, task.Pos, out)
		u.checkTask(task, out)
	}
}

// strategies are those that pbc keeps the promises of. Mitogen's promise the same as those they are named after.
var strategies = map[string]bool{"linear": true, "debug": true, "free": true, "host_pinned": true, "mitogen_linear": true, "mitogen_free": true, "mitogen_host_pinned": true}

// LacksStrategy says what of a strategy pbc has not, "" when it keeps its promises, and where there is none of that name. A strategy of ""
// is the default one.
func (u *Unit) LacksStrategy(name string) string {
	short := ir.Short(name)
	switch {
	case short == "debug" && u.opt.NoDebugger:
		return "the task debugger (strategy: " + name + ")"
	case name == "" || strategies[short]:
		return ""
	}
	if file := u.pluginFile("strategy_plugins", name); file != "" {
		return fmt.Sprintf("strategy %q (%s)", name, file)
	}
	return ""
}

// Strategyless is the fault of a play that asks for a strategy which there is not: Ansible finds it when the play has begun. Nil is none.
func (u *Unit) Strategyless(play int, name string) error {
	if strategies[ir.Short(name)] {
		return nil
	}
	d := &diag.Diagnostic{Kind: diag.Invalid, Pos: u.Program.Plays[play].Pos, Msg: "Invalid play strategy specified: " + name}
	return &RunError{Msg: diag.Told(d, u.opt.Dialect, u.source.ReadFile), Code: 1}
}

// checkStrategy refuses the strategy that a play names, as far as it is known before the play begins.
func (u *Unit) checkStrategy(p *lower.Play, out *diag.List) {
	v := p.IR.Strategy.V
	if _, later := v.(*value.Tmpl); later || v == nil {
		return
	}
	name, _ := value.ToStr(v)
	if lacks := u.LacksStrategy(name); lacks != "" {
		out.Add(diag.Unsupportedf(p.Tree.Keywords.Get("strategy").Pos, "%s", lacks))
	}
}

// checkDefaultStrategy refuses the strategy of the settings, for the plays that name none.
func (u *Unit) checkDefaultStrategy(p *ir.Play, out *diag.List) {
	if lacks := u.LacksStrategy(u.opt.Strategy); lacks != "" && !p.Strategy.IsSet() {
		out.Add(diag.Unsupportedf(p.Pos, "%s, from %s", lacks, u.opt.StrategyFrom))
	}
}

// LacksConnection says whether Ansible may have a connection plugin of that name, and pbc has not. Names that nothing has, and
// those of plugins beside the playbook, are for whoever connects to tell of.
func LacksConnection(name string) bool {
	return ir.ConnectionOf(name) == ir.ForeignConnection
}

// checkConnection refuses a connection plugin that pbc has not, where it is known before the run.
func (u *Unit) checkConnection(v ir.Val, at ir.Pos, out *diag.List) {
	name, ok := value.Text(v.V)
	if !ok || ir.ConnectionOf(name) == ir.OwnConnection {
		return
	}
	if file := u.pluginFile("connection_plugins", name); file != "" {
		out.Add(diag.Unsupportedf(at, "the connection plugin %s (%s)", name, file))
	} else if LacksConnection(name) {
		out.Add(diag.Unsupportedf(at, "the connection plugin %s", name))
	}
}

func (u *Unit) checkTask(t *ir.Task, out *diag.List) {
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
	collection := parts[0] + "." + parts[1]
	return u.loader.CollectionDir(collection) != "" && !u.opt.Compared(module, u.loader.CollectionVersion(collection))
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

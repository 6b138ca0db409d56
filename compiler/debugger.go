package compiler

import (
	"fmt"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/link"
	"pbc/compiler/lower"
	"pbc/compiler/playbook"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/value"
)

// DebuggerHint says what to do about a debugger that there is not.
const DebuggerHint = "the debugger is that of the ansible-core that is reproduced, which is not installed here; debugger: never goes without, also against what is around a task"

// checkDebuggers refuses what would have tasks from a number on start the task debugger. The keyword is told of where it is written,
// once for all tasks that inherit it from there.
func (u *Unit) checkDebuggers(p *lower.Play, first int, out *diag.List) {
	told := map[*yaml.Node]bool{}
	for number := first; number < len(p.Tables().Tasks); number++ {
		t := p.Task(number)
		if t == nil || !hasResult(p, t) {
			continue
		}
		n := playbook.Inherited(t, "debugger")
		if told[n] {
			continue
		}
		told[n] = true
		if d := u.refuseDebugger(n); d != nil {
			out.Add(d)
		}
	}
}

// hasResult says whether a task may have a result, after which a debugger could start: meta tasks have none, nor do facts that are not gathered.
func hasResult(p *lower.Play, t *playbook.Task) bool {
	facts := t.Implicit && t.FQCN == "ansible.builtin.gather_facts"
	return t.Kind != playbook.Meta && !(facts && p.IR.GatherFacts.V == false)
}

// refuseDebugger is what is wrong with a value of the keyword debugger, nil when it never starts one, or one that there is. What is no text
// never does.
//
// Observed: ansible-core 2.14 and 2.19.
func (u *Unit) refuseDebugger(n *yaml.Node) *diag.Diagnostic {
	when, text := n.Text()
	switch {
	case !text || when == "" || when == "never":
		return nil
	case strings.Contains(when, "{{"):
		return diag.Unsupportedf(n.Pos, "a template as the keyword debugger")
	case !starting[when]:
		return diag.Unsupportedf(n.Pos, "debugger: %s, with which every task fails", strings.TrimSpace(when))
	case !u.opt.NoDebugger:
		return nil
	}
	return lacksDebugger(n.Pos, "the task debugger (debugger: "+when+")")
}

func lacksDebugger(at ir.Pos, what string) *diag.Diagnostic {
	d := diag.Unsupportedf(at, "%s", what)
	d.Hint = DebuggerHint
	return d
}

// starting are the values of the keyword debugger that may start one.
var starting = map[string]bool{"always": true, "on_failed": true, "on_unreachable": true, "on_skipped": true}

// checkDefaults refuses the settings that the plays of a plan would run under.
func (u *Unit) checkDefaults(plays []*ir.Play) error {
	var found diag.List
	for _, p := range plays {
		u.checkDefaultStrategy(p, &found)
		u.checkPlanned(p, &found)
	}
	return u.firstError(found)
}

// redone compiles a task as the debugger has left it. Fields are the keywords that have changed.
func (u *Unit) redone(play, task int, fields *value.Dict) (*ir.Extension, error) {
	p := u.plays[play]
	action, _ := fields.GetStr("action")
	args, _ := fields.GetStr("args")
	if name, ok := value.Text(action); ok && u.loader.Renamed(p.Task(task), name) == nil {
		return nil, fmt.Errorf("unsupported: %s as the action that the debugger gives a task", name)
	}
	e := p.Redo(u.loader.Redone(p.Task(task), action, args), fields)
	if err := ir.VerifyExtension(&e, p.Tables()); err != nil {
		return nil, fmt.Errorf("pbc compiled the task of the debugger wrongly: %w", err)
	}
	var found diag.List
	u.checkTasks(&e.Tables, nil, &found)
	return &e, u.firstError(found)
}

// Source reads a file of the playbooks, as it was when they were compiled.
func (u *Unit) Source(path string) ([]byte, error) { return u.source.ReadFile(path) }

// checkPlanned refuses what of a play of a plan would start a debugger that is not here.
func (u *Unit) checkPlanned(p *ir.Play, out *diag.List) {
	if name, ok := value.Text(p.Strategy.V); ok && u.opt.NoDebugger && link.Debugging(name) {
		out.Add(lacksDebugger(p.Pos, "the task debugger (strategy: "+name+")"))
	}
	for _, t := range p.Tasks {
		if u.opt.NoDebugger && t.MayDebug(false) {
			out.Add(lacksDebugger(t.Pos, "the task debugger (debugger: "+t.Debugger+")"))
		}
	}
}

package compiler

import (
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/lower"
	"pbc/compiler/playbook"
	"pbc/compiler/yaml"
	"pbc/ir"
)

// debuggerHint says what to do about a debugger that pbc has not.
const debuggerHint = "take it out, or say debugger: never, which tasks may also say against what is around them"

// checkDebuggers refuses what would have tasks from a number on start the task debugger. The keyword is told of where it is written,
// once for all tasks that inherit it from there.
func checkDebuggers(p *lower.Play, first int, out *diag.List) {
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
		if d := refuseDebugger(n); d != nil {
			out.Add(d)
		}
	}
}

// hasResult says whether a task may have a result, after which a debugger could start: meta tasks have none, nor do facts that are not gathered.
func hasResult(p *lower.Play, t *playbook.Task) bool {
	facts := t.Implicit && t.FQCN == "ansible.builtin.gather_facts"
	return t.Kind != playbook.Meta && !(facts && p.IR.GatherFacts.V == false)
}

// refuseDebugger is what is wrong with a value of the keyword debugger, nil when it never starts one. What is no text never does.
//
// Observed: ansible-core 2.14 and 2.19.
func refuseDebugger(n *yaml.Node) *diag.Diagnostic {
	when, text := n.Text()
	switch {
	case !text || when == "" || when == "never":
		return nil
	case !starting[when] && !strings.Contains(when, "{{"):
		return diag.Unsupportedf(n.Pos, "debugger: %s, with which every task fails", strings.TrimSpace(when))
	}
	d := diag.Unsupportedf(n.Pos, "the task debugger (debugger: %s)", strings.TrimSpace(when))
	d.Hint = debuggerHint
	return d
}

// starting are the values of the keyword debugger that may start one.
var starting = map[string]bool{"always": true, "on_failed": true, "on_unreachable": true, "on_skipped": true}

// checkDefaults refuses the settings that the plays of a plan would run under.
func (u *Unit) checkDefaults(plays []*ir.Play) error {
	var found diag.List
	for _, p := range plays {
		u.checkDefaultStrategy(p, &found)
	}
	return u.firstError(found)
}

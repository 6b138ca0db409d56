package link

import (
	"slices"

	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/module/posix"
)

// beforeStart lists the tasks of a play that --start-at-task passes over: those before the first that the option names, in
// the order in which a host without failures meets them. A play without such a task is passed over as a whole, with its gathering of facts.
// Where the first of all is meant, facts are gathered, even in a play that otherwise does not.
//
// Ansible docs: "Executing playbooks for troubleshooting". Observed: scenarios/cli/start_at_task.txtar.
func (l *Linker) beforeStart(play int, excluded []int) []int {
	if l.opt.StartAt == nil || l.started {
		return nil
	}
	p := l.prog.Plays[play]
	_, factless := l.skipsFacts(play, nil)
	var before []int
	first := true
	for _, n := range straight(p.Code) {
		flush, facts := n == implicitFlush, n == gathering
		if flush && ir.Newer(l.opt.Settings.CoreVersion) || facts && factless || !flush && slices.Contains(excluded, n) {
			continue
		}
		if flush && l.startsAt("", "meta") || !flush && l.startsAtTask(p, p.Tables.Tasks[n]) {
			l.started, l.startPlay = true, p
			if first {
				l.gatherAnyway = p
			}
			return slices.DeleteFunc(before, func(n int) bool { return p.Tables.Tasks[n].Implicit })
		}
		if !flush {
			before = append(before, n)
		}
		first = first && facts
	}
	if factless {
		before = append(before, gathering)
	}
	return before
}

// pastStart says whether a host is of a later batch of the play that --start-at-task begins with. Nothing is passed over from there on.
func (l *Linker) pastStart(play int, host string, hosts []string) bool {
	if l.startPlay != l.prog.Plays[play] {
		return false
	}
	if l.startHosts == nil {
		l.startHosts = hosts
	}
	if slices.Contains(l.startHosts, host) {
		return false
	}
	l.startPlay, l.gatherAnyway = nil, nil
	delete(l.shared, play)
	return true
}

// gathering is the task of every play that gathers facts.
const gathering = 0

// Unmet is what --start-at-task asked for when no task was that, else "".
func (l *Linker) Unmet() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.started || l.opt.StartAt == nil {
		return ""
	}
	return *l.opt.StartAt
}

// implicitFlush stands among tasks for the handlers that run between the sections of a play.
const implicitFlush = -1

// straight lists the tasks that a host without failures meets.
func straight(code []ir.Instr) []int {
	var out []int
	var blocks []ir.Instr
	for pc := 0; pc < len(code); pc++ {
		switch in := code[pc]; in.Op {
		case ir.OpTask, ir.OpInclude, ir.OpMeta:
			out = append(out, in.Task)
		case ir.OpFlush:
			out = append(out, implicitFlush)
		case ir.OpBlock:
			blocks = append(blocks, in)
		case ir.OpBody: // to the block's always, or its end
			if b := blocks[len(blocks)-1]; b.B >= 0 {
				pc = b.B - 1
				continue
			}
			pc = blocks[len(blocks)-1].C - 1
			blocks = blocks[:len(blocks)-1]
		case ir.OpAlways:
			blocks = blocks[:len(blocks)-1]
		}
	}
	return out
}

// startsAtTask says whether --start-at-task, a pattern, names a task: by its name as written, or else its action, with or without its role.
func (l *Linker) startsAtTask(p *ir.Play, t *ir.Task) bool {
	name, _ := value.ToStr(t.Name.V)
	shown := name
	if !t.Named() {
		name, shown = "", t.Action
	}
	if t.Role >= 0 {
		shown = p.Tables.Roles[t.Role].Name + " : " + shown
	}
	return l.startsAt(name, shown)
}

func (l *Linker) startsAt(name, shown string) bool {
	at := *l.opt.StartAt
	return name == at || shown == at || name != "" && posix.Fnmatch(name, at) || posix.Fnmatch(shown, at)
}

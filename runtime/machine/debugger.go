package machine

import (
	"errors"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// The task debugger starts after a result. It is the installed Ansible's own, on the controller: the host waits until it has been told to go
// on, or to run the task once more as the user has changed it.

// errRedo says that the task runs once more, as taskRun.next.
var errRedo = errors.New("the task runs once more")

// debugs says whether the debugger starts after a result.
//
// Observed: ansible-core 2.14 and 2.19.
func (x *taskRun) debugs(status event.Status) bool {
	set := x.m.code.Settings
	failed := status == event.Failed && (set.DebugIgnored || !x.flags.IgnoreErrors)
	unreachable := status == event.Unreachable
	enabled := set.Debugger && (failed || unreachable)
	switch x.t.Debugger {
	case "always":
		return true
	case "never":
		return false
	case "on_failed":
		return enabled || failed
	case "on_unreachable":
		return enabled || unreachable
	case "on_skipped":
		return enabled || status == event.Skipped
	}
	return enabled
}

// remembered is what the tasks before have left on the host, where the debugger may ask for it; else nil.
func (x *taskRun) remembered() *Host {
	if !x.t.MayDebug(x.m.code.Settings.Debugger) {
		return nil
	}
	h := x.m.host
	return &Host{Facts: h.Facts.Copy(), Set: h.Set.Copy(), Included: h.Included.Copy()}
}

// stop has the debugger started after a result, where that is due, and waits for its end. The error is errRedo when the task runs once more.
// Before is what the host had before the result: the debugger shows the variables that the task saw.
func (x *taskRun) stop(e *event.Event, before *Host) error {
	if before == nil || !x.debugs(e.Status) {
		return nil
	}
	args := value.DictOf("again", x.again, "result", e.Result.V, "includes", x.aroundVars())
	x.undo(args, before)
	if x.final != nil {
		args.SetStr("rendered", x.renderedFields())
	}
	a, err := x.m.up.Ask(x.ctx, &event.Need{Ask: event.Debug, Task: x.number, Addr: x.addr, Args: ir.Val{V: args}})
	if err != nil {
		return err
	}
	if a.Go == event.End || a.Error != "" {
		return errEnded
	}
	said := asDict(a.Value.V)
	if next, _ := value.Text(get(said, "next")); next != "redo" {
		return nil
	}
	x.redo(a, said, e.Status == event.Unreachable && !x.flags.IgnoreUnreachable)
	return errRedo
}

// undo adds to a question what the result has changed of the variables, as it was before.
func (x *taskRun) undo(args *value.Dict, before *Host) {
	old, gone := value.NewDict(), value.NewList()
	h := x.m.host
	for _, pair := range [][2]*value.Dict{{before.Set, h.Set}, {before.Included, h.Included}, {before.Facts, h.Facts}} {
		for i, k := range pair[1].K {
			name, _ := value.Text(k)
			was, there := pair[0].GetStr(name)
			switch {
			case !there:
				gone.V = append(gone.V, name)
			case !value.Same(was, pair[1].V[i]):
				old.SetStr(name, was)
			}
		}
	}
	for _, name := range []string{"ansible_current_hosts", "ansible_failed_hosts", "ansible_play_hosts", "play_hosts"} {
		if v, ok := x.vars.Lookup(name); ok {
			old.SetStr(name, v)
		}
	}
	args.SetStr("before", old)
	args.SetStr("gone", gone)
}

// renderedFields are the keywords of the task as they were rendered.
func (x *taskRun) renderedFields() *value.Dict {
	p := x.final
	return value.DictOf("args", p.args, "name", x.label, "environment", get(asDict(get(x.pluginTask(p), "fields")), "environment"),
		"check_mode", x.flags.Check, "diff", x.flags.Diff, "no_log", x.flags.NoLog, "delegate_to", textOrNil(x.flags.DelegateTo))
}

// redo makes the run that follows. What the debugger has changed of variables stands above all others.
func (x *taskRun) redo(a *event.Answer, said *value.Dict, gone bool) {
	next := x.m.begin(x.ctx, x.number, x.addr)
	next.again, next.gone = true, x.gone || gone
	next.t, next.own, next.moduleOf = x.t, x.own, x.own
	if x.written != nil {
		next.t = x.written
	}
	if len(a.Extensions) == 1 && len(a.Extensions[0].Tables.Tasks) == 1 {
		ext := &a.Extensions[0]
		x.m.addExtension(ext)
		next.t, next.own, next.moduleOf = x.m.tasks[ext.FirstTask], ext.FirstTask, ext.FirstTask
		next.vars.lex = x.m.scopeOf(x.ctx, next.t, ext.FirstTask).lex
		next.flags.Looped = next.t.Loop != nil
	}
	next.vars.local.Update(asDict(get(said, "vars")))
	if list, ok := get(said, "gone").(*value.List); ok {
		next.vars.hidden = map[string]bool{}
		for _, v := range list.V {
			name, _ := value.Text(v)
			next.vars.hidden[name] = true
		}
	}
	next.banner = x.banner
	next.label = x.banner
	x.next = next
}

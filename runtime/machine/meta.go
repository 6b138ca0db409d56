package machine

import (
	"context"
	"maps"
	"slices"
	"strings"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/version"
)

// metaAction is one of the things a meta task can do.
type metaAction struct {
	// once says that one host of a play does it for all.
	once bool
	// unconditional says that conditions are warned of and not looked at.
	unconditional bool
	done, skipped string // what is said of it; %s is the host
	// since is the first ansible-core that knows it, "" for all.
	since string
	// end says that the host's part in the play is over.
	end bool
}

// metaActions are Ansible's meta tasks.
//
// Ansible docs: "ansible.builtin.meta module". Observed: ansible-core 2.14.
var metaActions = map[string]metaAction{
	"noop":              {unconditional: true, done: "noop"},
	"flush_handlers":    {done: "triggered running handlers for %s", skipped: ", not running handlers for %s"},
	"refresh_inventory": {once: true, unconditional: true, done: "inventory successfully refreshed"},
	"clear_facts":       {once: true, done: "facts cleared", skipped: ", not clearing facts and fact cache for %s"},
	"clear_host_errors": {once: true, done: "cleared host errors", skipped: ", not clearing host error state for %s"},
	"end_batch":         {once: true, done: "ending batch", skipped: ", continuing current batch", end: true},
	"end_play":          {once: true, done: "ending play", skipped: ", continuing play", end: true},
	"end_role":          {done: "ending role %r for %s", skipped: "continuing role %r for %s", since: "2.18"},
	"end_host":          {done: "ending play for %s", skipped: ", continuing execution for %s", end: true},
	"reset_connection":  {unconditional: true, done: "reset connection"},
	"role_complete":     {done: "role_complete"},
}

// MetaActions returns what a meta task may be asked for, sorted.
func MetaActions() []string { return slices.Sorted(maps.Keys(metaActions)) }

// meta runs a meta task. What concerns the whole play or the inventory is the controller's to do:
// it is told by the event.
func (m *Machine) meta(ctx context.Context, number int, addr ir.Address) (bool, error) {
	t := m.tasks[number]
	if m.skips(number, t) {
		m.pass(ir.Instr{Op: ir.OpMeta, Task: number}, addr)
		return false, nil
	}
	m.beside = nil
	a, err := m.barrier(ctx, number, addr)
	if err != nil || a.Go == event.Fail || a.Go == event.Skip {
		return err == nil && a.Go == event.Fail, err
	}
	what, _ := value.Text(get(asDict(t.Args.V), "_raw_params"))
	act, known := metaActions[what]
	if known && act.since != "" {
		n, err := version.Loose(m.code.Settings.CoreVersion, act.since)
		known = err == nil && n >= 0
	}
	x := m.begin(ctx, number, addr)
	if a.Go == event.Apply {
		m.leaveOut(number, t)
		if a.Result == nil || a.Result.Status == event.Skipped {
			return false, nil
		}
		return false, m.metaEffect(x, what, act)
	}
	if err := x.started(); err != nil {
		return false, err
	}
	if !known {
		sep := ""
		if x.tagged() {
			sep = "\n"
		}
		return false, m.abort(x, "invalid meta action requested: "+what+sep+x.excerpt())
	}
	run := true
	if act.unconditional {
		if len(t.When) > 0 {
			x.warn(what + " task does not support when conditional")
		}
	} else if run, err = x.condition(t.When, x.eval()); err != nil {
		return false, m.abort(x, err.Error()+x.excerpt())
	}
	if run && what == "flush_handlers" && m.flushing {
		return false, m.abort(x, "flush_handlers cannot be used as a handler")
	}
	if err := m.metaReport(x, what, act, run); err != nil || !run {
		if what == "flush_handlers" {
			m.standBeside(addr)
		}
		return false, err
	}
	if what == "flush_handlers" {
		return m.flushMeta(x)
	}
	return false, m.metaEffect(x, what, act)
}

// abort ends the whole run with an error, as Ansible does for faults of the playbook it meets late. The controller believes it of tasks
// that can have such a fault: compiler/effect, Judge.Ends.
func (m *Machine) abort(x *taskRun, msg string) error {
	err := m.up.Emit(&event.Event{Kind: event.Message, Level: "error", Addr: x.addr, Task: x.number, Name: msg})
	if err == nil {
		err = errEnded
	}
	return err
}

// tell says something at -vv.
func (m *Machine) tell(x *taskRun, text string) error {
	return m.up.Emit(&event.Event{Kind: event.Message, Level: "vv", Addr: x.addr, Task: x.number, Name: text})
}

// metaReport says that a meta task ran or was skipped.
func (m *Machine) metaReport(x *taskRun, what string, act metaAction, run bool) error {
	e := &event.Event{Kind: event.Meta, Addr: x.addr, Task: x.number, Name: what, Flags: x.flags}
	role := ""
	if r := m.roles[x.t.Role]; r != nil {
		role = r.Name
	}
	withHost := func(text string) string { return strings.NewReplacer("%s", m.host.Name, "%r", role).Replace(text) }
	msg := withHost(act.done)
	res := value.DictOf("msg", msg, "changed", false)
	if !run {
		reason := what + " conditional evaluated to False" + withHost(act.skipped)
		msg = what
		if what == "end_host" {
			msg = "end_host conditional evaluated to false, continuing execution for " + m.host.Name
		}
		res = value.DictOf("msg", msg, "skipped", true, "skip_reason", reason)
		e.Status = event.Skipped
		msg = reason
	}
	e.Result = ir.Val{V: res}
	if what != "end_role" || !run { // whose last word Ansible takes for one of the role's end, which says nothing
		if err := m.tell(x, "META: "+msg); err != nil {
			return err
		}
	}
	return m.up.Emit(e)
}

// roleEnd takes a host to the end of a role.
type roleEnd struct{ role int }

func (e *roleEnd) Error() string { return "the role has ended" }

// toRoleEnd finds where the role ends in the code after pc, and leaves the blocks on the way there.
func (m *Machine) toRoleEnd(end *roleEnd, lv *level, code []ir.Instr, pc int) (int, bool) {
	for at := pc; at < len(code); at++ {
		if code[at].Op != ir.OpRoleDone || code[at].Task != end.role {
			continue
		}
		for n := len(lv.blocks); n > 0 && lv.blocks[n-1].in.C <= at; n-- {
			lv.pop()
		}
		return at, true
	}
	return 0, false
}

// outermostFailed says whether the outermost block of the host has failed.
func (m *Machine) outermostFailed() bool {
	b := m.outermost()
	return b != nil && (b.phase == inRescue || b.phase == inAlways && b.failed)
}

// metaEffect does what a meta task means on this host.
func (m *Machine) metaEffect(x *taskRun, what string, act metaAction) error {
	switch what {
	case "clear_facts":
		m.host.Facts = value.NewDict()
		m.facts = nil
	case "refresh_inventory", "reset_connection":
		if what == "reset_connection" && !x.tagged() && x.connection() == "local" {
			x.warn("Reset is not implemented for this connection")
		}
		a, err := m.up.Ask(x.ctx, &event.Need{Ask: event.Inventory, Task: x.number, Addr: x.addr, Name: what})
		if err == nil && a.Go == event.End {
			return errEnded
		}
		if what == "refresh_inventory" {
			m.forgetHandlers()
		}
		return err
	}
	switch {
	case what == "end_role":
		return &roleEnd{role: x.t.Role}
	case act.end && m.endsFailed():
		m.fatalEnd = x.metaFatal()
		return errFailed
	case act.end:
		return errEnded
	}
	return nil
}

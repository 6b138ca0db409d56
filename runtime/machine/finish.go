package machine

import (
	"strings"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// finish takes the result of a task: variables, handlers, the event. It says whether the host has
// failed.
//
// Observed: ansible-core 2.14's strategy, processing of results.
func (x *taskRun) finish(res *value.Dict) (bool, error) {
	status := taskStatus(res)
	failed := status == event.Failed && !x.flags.IgnoreErrors
	rescued := failed && x.m.rescuing()
	e := &event.Event{Kind: event.Finished, Addr: x.addr, Task: x.number, Status: status, Result: ir.Val{V: res}, Flags: x.flags,
		Handler: x.t.Handler, Rescued: rescued}
	if x.t.Role >= 0 && status != event.Skipped && status != event.Unreachable {
		x.m.roleRan[x.t.Role] = true
	}
	if status == event.OK || status == event.Changed {
		if err := x.runHandlersFor(res, status); err != nil {
			return false, err
		}
	}
	if err := x.m.up.Emit(e); err != nil {
		return false, err
	}
	x.m.host.Store(x.t, e)
	x.m.facts = nil
	if rescued {
		x.m.host.Set.SetStr("ansible_failed_task", value.Taint(x.failedTask()))
		x.m.host.Set.SetStr("ansible_failed_result", value.Taint(visible(res)))
	}
	if status == event.Unreachable && !x.flags.IgnoreUnreachable {
		return false, errUnreachable
	}
	return failed, nil
}

// failedTask is what a rescue sees as ansible_failed_task.
func (x *taskRun) failedTask() *value.Dict {
	args := x.t.Args.V
	if d, ok := args.(*value.Dict); ok {
		args = d.Copy()
	}
	name := value.Value("")
	if x.t.Name.IsSet() {
		name, _ = value.ToStr(x.t.Name.V)
	}
	return value.DictOf("name", name, "action", x.t.Action, "args", args, "register", x.t.Register, "ignore_errors", x.flags.IgnoreErrors,
		"no_log", x.flags.NoLog, "delegate_to", x.flags.DelegateTo)
}

// taskStatus is the status of a whole task: of a loop, that of its items together.
func taskStatus(res *value.Dict) event.Status {
	list, looped := get(res, "results").(*value.List)
	if !looped {
		return statusOf(res)
	}
	items := dicts(list)
	if anyOf(items, func(r *value.Dict) bool { return truthy(r, "unreachable") }) {
		return event.Unreachable
	}
	if anyOf(items, func(r *value.Dict) bool { return has(r, "failed_when_result") }) {
		if anyOf(items, func(r *value.Dict) bool { return truthy(r, "failed_when_result") }) {
			return event.Failed
		}
	} else if anyOf(items, func(r *value.Dict) bool { return truthy(r, "failed") }) || truthy(res, "failed") {
		return event.Failed
	}
	switch {
	case truthy(res, "skipped"):
		return event.Skipped
	case truthy(res, "changed"):
		return event.Changed
	}
	return event.OK
}

func dicts(list *value.List) []*value.Dict {
	var out []*value.Dict
	for _, e := range list.V {
		if d, ok := e.(*value.Dict); ok {
			out = append(out, d)
		}
	}
	return out
}

func anyOf(list []*value.Dict, is func(*value.Dict) bool) bool {
	for _, d := range list {
		if is(d) {
			return true
		}
	}
	return false
}

// runHandlersFor notifies the handlers that the task names, when it changed something.
func (x *taskRun) runHandlersFor(res *value.Dict, status event.Status) error {
	if len(x.notify) == 0 || status != event.Changed {
		return nil
	}
	for _, name := range x.notify {
		if err := x.notifyHandler(name); err != nil {
			return err
		}
	}
	return nil
}

// notifyHandler marks the handler of that name, the last one defined, and all that listen to it.
func (x *taskRun) notifyHandler(name string) error {
	found := false
	mark := func(i int) error {
		found = true
		if x.m.notified[i] {
			return nil
		}
		x.m.notified[i] = true
		h := x.m.begin(x.ctx, x.m.handlers[i].Task, x.addr)
		return x.m.up.Emit(&event.Event{Kind: event.Notified, Addr: x.addr, Task: x.m.handlers[i].Task, Name: h.rawName()})
	}
	for i := len(x.m.handlers) - 1; i >= 0; i-- {
		if x.m.handlerNamed(x, i, name) {
			if err := mark(i); err != nil {
				return err
			}
			break
		}
	}
	for i := range x.m.handlers {
		if x.m.handlerListens(x, i, name) {
			if err := mark(i); err != nil {
				return err
			}
		}
	}
	if found {
		return nil
	}
	msg := "The requested handler '" + name + "' was not found in either the main handlers list nor in the listening handlers list"
	if x.m.code.Settings.MissingHandler {
		return x.m.abort(x, msg)
	}
	x.warn(msg)
	return nil
}

func (m *Machine) handlerNamed(x *taskRun, i int, name string) bool {
	t := m.tasks[m.handlers[i].Task]
	if m.excluded[m.handlers[i].Task] || !t.Name.IsSet() {
		return false
	}
	h := m.begin(x.ctx, m.handlers[i].Task, x.addr)
	own := h.name()
	if own == name {
		return true
	}
	r := m.roles[t.Role]
	if t.Role < 0 || r == nil {
		return false
	}
	return name == r.Name+" : "+own || name == shortRole(r.Name)+" : "+own
}

func (m *Machine) handlerListens(x *taskRun, i int, topic string) bool {
	t := m.tasks[m.handlers[i].Task]
	if m.excluded[m.handlers[i].Task] {
		return false
	}
	h := m.begin(x.ctx, m.handlers[i].Task, x.addr)
	for _, l := range t.Listen {
		v, err := h.eval().Value(l.V)
		if err != nil {
			continue
		}
		if list, ok := v.(*value.List); ok {
			for _, e := range list.V {
				if s, _ := value.ToStr(e); s == topic {
					return true
				}
			}
			continue
		}
		if s, _ := value.ToStr(v); s == topic {
			return true
		}
	}
	return false
}

// apply takes the result of a task that another host ran for all (run_once).
func (m *Machine) apply(t *ir.Task, e *event.Event) bool {
	if e == nil {
		return false
	}
	m.host.Store(t, e)
	m.facts = nil
	if t.Role >= 0 && e.Status != event.Skipped {
		m.roleRan[t.Role] = true
	}
	return e.Status == event.Failed && !e.Flags.IgnoreErrors
}

// Store keeps what a finished task leaves on its host: facts, variables, the registered result. The
// controller keeps its own copy of every host by the same rule.
func (h *Host) Store(t *ir.Task, e *event.Event) {
	res := asDict(e.Result.V)
	if e.Status == event.OK || e.Status == event.Changed {
		items := []*value.Dict{res}
		if l, ok := get(res, "results").(*value.List); ok && e.Flags.Looped {
			items = dicts(l)
		}
		for _, r := range items {
			if f, ok := get(r, "ansible_facts").(*value.Dict); ok && t.Module != "ansible.builtin.debug" && !e.Flags.DelegateFacts {
				h.storeFacts(t.Module, f, truthy(r, "_ansible_facts_cacheable"))
			}
		}
	}
	if t.Register != "" && e.Kind == event.Finished {
		h.Set.SetStr(t.Register, register(t, res))
	}
}

func register(t *ir.Task, res *value.Dict) value.Value {
	v := value.Value(visible(res))
	if !cleanFacts(t.Module) {
		v = value.Taint(v)
	}
	return v
}

func (h *Host) storeFacts(module string, facts *value.Dict, cacheable bool) {
	switch module {
	case "ansible.builtin.include_vars":
		h.Included.Update(facts)
	case "ansible.builtin.set_fact":
		h.Set.Update(facts)
		if cacheable {
			h.Facts.Update(facts)
		}
	default:
		h.Facts.Update(asDict(value.Taint(facts)))
	}
}

// visible is a result as a registered variable shows it: without Ansible's internal keys.
func visible(res *value.Dict) *value.Dict {
	out := strip(res).(*value.Dict)
	out.Del("invocation")
	return out
}

func strip(v value.Value) value.Value {
	switch x := v.(type) {
	case *value.Dict:
		out := value.NewDict()
		for i, k := range x.K {
			if s, ok := value.Text(k); ok && internalKey(s) {
				continue
			}
			_ = out.Set(k, strip(x.V[i]))
		}
		return out
	case *value.List:
		out := &value.List{V: make([]value.Value, len(x.V))}
		for i, e := range x.V {
			out.V[i] = strip(e)
		}
		return out
	}
	return v
}

func internalKey(k string) bool {
	return strings.HasPrefix(k, "_ansible_") || k == "__omit_place_holder__"
}

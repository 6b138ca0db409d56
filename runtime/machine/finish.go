package machine

import (
	"errors"
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
	if status == event.Unreachable && x.t.Loop != nil {
		x.flags.DelegateTo = x.writtenDelegate() // no item's
	}
	rescued := failed && x.m.rescuing()
	e := &event.Event{Kind: event.Finished, Addr: x.addr, Task: x.number, Name: x.label, As: x.as(), Status: status, Result: ir.Val{V: res}, Flags: x.flags,
		Handler: x.t.Handler, Rescued: rescued, Caught: failed && x.m.caught()}
	x.m.fatal = failed && !e.Caught && x.flags.Fatal()
	if x.t.Role >= 0 && status != event.Skipped && status != event.Unreachable {
		x.m.roleRan[x.t.Role] = true
	}
	if status == event.OK || status == event.Changed {
		if err := x.take(res, e); err != nil {
			return false, err
		}
	}
	if err := x.m.up.Emit(e); err != nil {
		return false, err
	}
	if x.badRegister() {
		return failed, x.m.abort(x, x.registerFault())
	}
	before := x.remembered()
	x.m.host.Store(x.t, e)
	x.m.facts = nil
	if err := x.stop(e, before); err != nil {
		return false, err
	}
	if failed && !rescued {
		x.m.fall()
	}
	switch {
	case x.gone && status != event.Unreachable: // as Ansible has it: the host stays lost
		return false, x.m.park(x)
	case status != event.Unreachable:
		return failed, nil
	case !x.flags.IgnoreUnreachable:
		return false, x.m.park(x)
	}
	return x.ignored()
}

// ignored is what becomes of a host that cannot be reached where that is ignored. any_errors_fatal and run_once do not ignore it: in newer
// ones the host fails, in older ones the play ends for one that is alone, but before a rescue or an always.
//
// Observed: ansible-core 2.14 and 2.19.
func (x *taskRun) ignored() (bool, error) {
	m := x.m
	switch {
	case !x.flags.Fatal() || m.code.Settings.Free:
		return false, nil
	case m.newer:
		m.fall()
		return true, nil
	case m.waits == ir.WaitNever && !m.comesToShelter():
		return false, errEnded
	}
	return false, nil
}

// park waits, in a play that may clear the errors of its hosts or include what does, for that to be done for this one, which cannot be reached: then it goes
// on with the next task. The error is that of a host that is gone for good.
func (m *Machine) park(x *taskRun) error {
	if !m.clears && !m.grows || m.waits == ir.WaitNever {
		return errUnreachable
	}
	_, err := m.ask(x.ctx, &event.Need{Ask: event.Barrier, Addr: x.addr, Task: x.number, Args: ir.Val{V: value.DictOf("unreachable", true)}, Open: true, Passed: m.passed})
	if errors.Is(err, errEnded) {
		return errUnreachable
	}
	m.passed = x.addr
	return err
}

// failedTask is what a rescue sees as ansible_failed_task.
func failedTask(t *ir.Task, f event.Flags) *value.Dict {
	args := t.Args.V
	if d, ok := args.(*value.Dict); ok {
		args = d.Copy()
	}
	name := value.Value("")
	if t.Name.IsSet() {
		name, _ = value.ToStr(t.Name.V)
	}
	return value.DictOf("name", name, "action", t.Action, "args", args, "register", t.Register, "ignore_errors", f.IgnoreErrors,
		"no_log", f.NoLog, "delegate_to", f.DelegateTo)
}

// taskStatus is the status of a whole task: of a loop, that of its items together.
func taskStatus(res *value.Dict) event.Status {
	list, looped := get(res, "results").(*value.List)
	if !looped {
		return statusOf(res)
	}
	items := dicts(list)
	verdict := "failed"
	if anyOf(items, func(r *value.Dict) bool { return has(r, "failed_when_result") }) {
		verdict = "failed_when_result"
	}
	switch {
	case anyOf(items, func(r *value.Dict) bool { return truthy(r, verdict) }):
		return event.Failed
	case anyOf(items, func(r *value.Dict) bool { return truthy(r, "unreachable") }):
		return event.Unreachable
	case verdict == "failed" && truthy(res, "failed"):
		return event.Failed
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

// elements are those of a list; anything else is its own only one.
func elements(v value.Value) []value.Value {
	if l, ok := v.(*value.List); ok {
		return l.V
	}
	return []value.Value{v}
}

// apply takes the result of a task that another host ran for all (run_once). The task's role has run on that host alone.
//
// Observed: ansible-core 2.14, 2.18 and 2.19.
func (m *Machine) apply(t *ir.Task, e *event.Event) bool {
	m.host.Store(t, e)
	m.facts = nil
	return (e.Status == event.Failed || e.Status == event.Unreachable && m.newer) && !e.Flags.IgnoreErrors
}

// Store keeps what a finished task leaves on its host: facts, variables, the registered result, and what a rescue sees of a failure. The
// controller keeps its own copy of every host by the same rule.
func (h *Host) Store(t *ir.Task, e *event.Event) {
	facts := Facts(t, e)
	h.StoreFacts(facts[ownHost])
	h.StoreFacts(facts[h.Name])
	if t.Register != "" && e.Kind == event.Finished {
		h.Set.SetStr(t.Register, register(t, asDict(e.Result.V)))
	}
	if e.Rescued {
		h.Set.SetStr("ansible_failed_task", value.Taint(failedTask(t, e.Flags)))
		h.Set.SetStr("ansible_failed_result", value.Taint(visible(asDict(e.Result.V))))
	}
}

// Shared are the variables that a task which ran once leaves to the hosts that never come to it: StoreFacts takes them.
func Shared(t *ir.Task, e *event.Event) *value.List {
	out := Facts(t, e)[ownHost]
	if out == nil {
		out = value.NewList()
	}
	if t.Register != "" {
		out.V = append(out.V, value.DictOf("module", "ansible.builtin.set_fact", "facts", value.DictOf(t.Register, register(t, asDict(e.Result.V)))))
	}
	return out
}

// ownHost stands for whichever host runs a task.
const ownHost = ""

// Facts are the variables that a finished task gives to hosts: under "" those for the host that runs it,
// under a name those that delegate_facts gives to the host of that name. StoreFacts takes each.
func Facts(t *ir.Task, e *event.Event) map[string]*value.List {
	if e.Status != event.OK && e.Status != event.Changed || t.Module == "ansible.builtin.debug" {
		return nil
	}
	res := asDict(e.Result.V)
	items := []*value.Dict{res}
	if l, ok := get(res, "results").(*value.List); ok && e.Flags.Looped {
		items = dicts(l)
	}
	out := map[string]*value.List{}
	for _, r := range items {
		f, ok := get(r, "ansible_facts").(*value.Dict)
		if !ok {
			continue
		}
		to := ownHost
		if e.Flags.DelegateFacts {
			to = firstText(delegatedHost(r), e.Flags.DelegateTo)
		}
		if out[to] == nil {
			out[to] = &value.List{}
		}
		out[to].V = append(out[to].V, value.DictOf("module", t.Module, "facts", f, "cacheable", truthy(r, "_ansible_facts_cacheable")))
	}
	return out
}

func delegatedHost(res *value.Dict) string {
	s, _ := value.Text(get(asDict(get(res, "_ansible_delegated_vars")), "ansible_delegated_host"))
	return s
}

// StoreFacts keeps variables that Facts gave for the host. Nil is none.
func (h *Host) StoreFacts(list *value.List) {
	if list == nil {
		return
	}
	for _, d := range dicts(list) {
		module, _ := value.Text(get(d, "module"))
		h.storeFacts(module, asDict(get(d, "facts")), truthy(d, "cacheable"))
	}
}

// Lasting says whether some of the variables that Facts gave are facts of the host, which a cache keeps. Nil has none.
func Lasting(list *value.List) bool {
	if list == nil {
		return false
	}
	for _, d := range dicts(list) {
		module, _ := value.Text(get(d, "module"))
		if module != "ansible.builtin.include_vars" && module != "ansible.builtin.set_fact" || module == "ansible.builtin.set_fact" && truthy(d, "cacheable") {
			return true
		}
	}
	return false
}

// takeFacts keeps what tasks of other hosts left for this one meanwhile.
func (m *Machine) takeFacts(v value.Value) {
	if l, ok := v.(*value.List); ok {
		m.host.StoreFacts(l)
		m.facts = nil
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
		if h.MergeHashes {
			facts = value.Merge(h.Included, facts)
		}
		h.Included.Update(facts)
	case "ansible.builtin.set_fact":
		h.Set.Update(facts)
		if cacheable { // as a fact it is no template any more
			h.Facts.Update(asDict(value.Taint(facts)))
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

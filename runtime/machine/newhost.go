package machine

import (
	"pbc/ir/event"
	"pbc/ir/value"
)

// changesHosts are the modules whose results say how the inventory is to change. That happens when the whole task has come to its end, and not if it
// has failed: only then it shows whether anything has changed, and changed_when and failed_when are judged again.
//
// Observed: ansible-core 2.14 and 2.19.
var changesHosts = map[string]bool{"ansible.builtin.add_host": true, "ansible.builtin.group_by": true}

// changesHosts says whether the results of the task change the inventory.
func (x *taskRun) changesHosts() bool { return changesHosts[x.m.tasks[x.moduleOf].Module] }

// take does what the result of a task that has not failed asks for: it notifies handlers, and changes the inventory.
func (x *taskRun) take(res *value.Dict, e *event.Event) error {
	if !x.changesHosts() {
		return x.runHandlersFor(e.Status)
	}
	results := []*value.Dict{res}
	if list, ok := get(res, "results").(*value.List); ok && x.t.Loop != nil {
		results = dicts(list)
	}
	for _, r := range results {
		if truthy(r, "skipped") {
			continue
		}
		if err := x.runHandlersFor(changedOr(res)); err != nil { // what comes of this result is too late for its own
			return err
		}
		if err := x.changeInventory(r); err != nil {
			return err
		}
		if err := x.tellHeld(r); err != nil {
			return err
		}
		if truthy(r, "changed") {
			res.SetStr("changed", true)
		}
	}
	e.Status = changedOr(res)
	return nil
}

func changedOr(res *value.Dict) event.Status {
	if truthy(res, "changed") {
		return event.Changed
	}
	return event.OK
}

// changeInventory does what a result says, and judges it.
func (x *taskRun) changeInventory(r *value.Dict) error {
	a, err := x.ask(x.ctx, event.Inventory, "", r)
	if err != nil {
		return x.m.abort(x, err.Error())
	}
	r.SetStr("changed", truthy(a, "changed"))
	if name, ok := value.Text(get(r, "ansible_loop_var")); ok {
		x.vars.local.SetStr(name, get(r, name))
		defer x.vars.local.Del(name)
	}
	x.remember(x.t.Register, r)
	if len(x.t.ChangedWhen) > 0 {
		if ok, err := x.condition(x.t.ChangedWhen, x.eval()); err == nil {
			r.SetStr("changed", ok)
		}
	}
	if len(x.t.FailedWhen) > 0 {
		if ok, err := x.condition(x.t.FailedWhen, x.eval()); err == nil {
			r.SetStr("failed", ok)
			r.SetStr("failed_when_result", ok)
		}
	}
	return nil
}

// tellHeld tells of the next item that was held back, now that its result is complete.
func (x *taskRun) tellHeld(r *value.Dict) error {
	if len(x.held) == 0 {
		return nil
	}
	item := x.held[0]
	x.held = x.held[1:]
	item.Status, item.Result.V = changedOr(r), shown(r)
	return x.m.up.Emit(item)
}

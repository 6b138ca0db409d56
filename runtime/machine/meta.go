package machine

import (
	"context"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// meta runs a meta task. What concerns the whole play or the inventory is the controller's to do:
// it is told by the event, and by the outcome of the batch.
//
// Ansible docs: "ansible.builtin.meta module".
func (m *Machine) meta(ctx context.Context, number int, addr ir.Address) (bool, error) {
	t := m.tasks[number]
	if m.skips(number, t) {
		return false, nil
	}
	a, err := m.barrier(ctx, number, addr)
	if err != nil {
		return false, err
	}
	if a.Go == event.Fail {
		return true, nil
	}
	x := m.begin(ctx, number, addr)
	what, _ := value.Text(get(asDict(t.Args.V), "_raw_params"))
	if what == "flush_handlers" {
		return m.flush(ctx, addr)
	}
	run, err := x.condition(t.When, x.eval())
	if err != nil {
		return x.finish(x.failure(err))
	}
	if !run {
		return false, m.metaSkipped(x, what)
	}
	return false, m.metaRun(x, what)
}

// metaSkipped reports a meta task whose condition does not hold, where Ansible does.
func (m *Machine) metaSkipped(x *taskRun, what string) error {
	return m.up.Emit(&event.Event{Kind: event.Meta, Addr: x.addr, Task: x.number, Name: what, Status: event.Skipped, Flags: x.flags})
}

func (m *Machine) metaRun(x *taskRun, what string) error {
	e := &event.Event{Kind: event.Meta, Addr: x.addr, Task: x.number, Name: what, Flags: x.flags}
	if err := m.up.Emit(e); err != nil {
		return err
	}
	switch what {
	case "clear_facts":
		m.host.Facts = value.NewDict()
		m.host.Included = value.NewDict()
		m.facts = nil
	case "end_host", "end_play", "end_batch":
		return errEnded
	case "refresh_inventory", "reset_connection":
		_, err := m.up.Ask(x.ctx, &event.Need{Ask: event.Inventory, Task: x.number, Addr: x.addr, Name: what})
		return err
	}
	return nil
}

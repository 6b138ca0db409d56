package machine

import (
	"context"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// Newer ones have a host go by an implicit flush that has nothing notified, but only while no handler is marked for any host of the play. What a
// handler has marked and no flush has run, of a host that has failed in a flush or by a handler that notifies one before it, thus keeps the idle hosts
// at their flush: the others go on without them, and they come after all of these.
//
// Observed: the linear strategy of ansible-core 2.19.

// implicitFlush runs the notified handlers between the sections of a play, see flush.
func (m *Machine) implicitFlush(ctx context.Context, addr ir.Address) (bool, error) {
	if !m.flushesTogether(addr) {
		return m.flush(ctx, addr)
	}
	need := &event.Need{Ask: event.Barrier, Addr: addr, Task: m.handlers[0].Task, Open: true, Passed: m.passed, Marked: m.marks(false),
		Args: ir.Val{V: value.DictOf("flush", true, "idle", len(m.notices)+len(m.notified) == 0)}}
	a, err := m.ask(ctx, need)
	if err != nil || a.Go == event.Fail {
		return err == nil, err
	}
	failed, err := m.flush(ctx, addr)
	m.passed = below(addr) // whoever goes on has to hear whether others stay
	return failed, err
}

// flushesTogether says whether hosts wait at a flush: where some handler may have been notified, and something comes after.
func (m *Machine) flushesTogether(addr ir.Address) bool {
	return m.code.Flushes && m.newer && m.waits != ir.WaitNever && len(addr) == 1 && addr[0] >= m.notifies && m.tasksAfter(addr[0])
}

// tasksAfter says whether the play has tasks behind an instruction.
func (m *Machine) tasksAfter(at int) bool {
	for _, in := range m.code.Instrs[at+1:] {
		if in.Op == ir.OpTask || in.Op == ir.OpInclude || in.Op == ir.OpMeta {
			return true
		}
	}
	return false
}

// marks says whether handlers are marked for the host, in a flush that of now among them.
func (m *Machine) marks(flushing bool) event.Marks {
	switch {
	case flushing:
		return event.Flushing
	case len(m.notified) > 0:
		return event.LeftOver
	}
	return event.Unmarked
}

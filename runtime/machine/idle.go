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
	if m.code.Flushes && !m.newer && m.endsAtFlush() {
		return false, errFailed
	}
	if !m.flushesTogether(addr) {
		return m.flush(ctx, addr)
	}
	notified := len(m.notices)+len(m.notified) > 0
	if m.newer && !notified && m.outermostFailed() { // it is through with the play
		return m.flush(ctx, addr)
	}
	args := value.DictOf("flush", true, "idle", m.newer && !notified)
	if !m.newer {
		args = value.DictOf("flush", true, "failed", m.outermostFailed(), "shielded", m.shieldedFlush())
	}
	need := &event.Need{Ask: event.Barrier, Addr: addr, Open: true, Passed: m.passed, Marked: m.marks(false), Args: ir.Val{V: args}}
	a, err := m.ask(ctx, need)
	if err != nil || a.Go == event.Fail {
		return err == nil, err
	}
	failed, err := m.flush(ctx, addr)
	m.passed = below(addr) // whoever goes on has to hear whether others stay
	return failed, err
}

// To older ones a host that flushes its handlers has failed once its outermost block has: where the flush is one of any_errors_fatal, that ends the
// play for all that are in no rescue or always then.
//
// Observed: the linear strategy of ansible-core 2.14.

// shieldedFlush says whether a host that flushes its handlers now does not fail with others: it has none to run, and comes to a rescue or an always.
func (m *Machine) shieldedFlush() bool {
	return len(m.notified) == 0 && m.comesToShelter()
}

// endsAtFlush says whether a flush of any_errors_fatal ends the play for a host that is alone.
func (m *Machine) endsAtFlush() bool {
	if m.waits != ir.WaitNever || m.code.Settings.Free || !m.outermostFailed() || m.shieldedFlush() {
		return false
	}
	m.fatalEnd = true
	return true
}

// metaFatal says whether older ones take a meta task of a host that has failed before for a failure that is fatal for all. Its keywords are as they are
// written.
func (x *taskRun) metaFatal() bool {
	fatal := x.flags.AnyErrorsFatal
	if x.t.AnyErrorsFatal.IsSet() {
		fatal = asWritten(x.t.AnyErrorsFatal)
	}
	return !x.m.newer && fatal && !asWritten(x.t.IgnoreErrors)
}

// flushMeta runs the handlers for a meta task.
func (m *Machine) flushMeta(x *taskRun) (bool, error) {
	if x.metaFatal() {
		if m.endsAtFlush() {
			return false, errFailed
		}
		if m.waits != ir.WaitNever {
			args := value.DictOf("after", true, "failed", m.outermostFailed(), "shielded", m.shieldedFlush())
			if _, err := m.ask(x.ctx, &event.Need{Ask: event.Barrier, Addr: x.addr, Task: x.number, Args: ir.Val{V: args}}); err != nil {
				return false, err
			}
		}
	}
	return m.flush(x.ctx, x.addr)
}

// flushesTogether says whether hosts wait at a flush: where some handler may have been notified, and something comes after.
func (m *Machine) flushesTogether(addr ir.Address) bool {
	if !m.code.Flushes || m.waits == ir.WaitNever || len(addr) != 1 {
		return false
	}
	return !m.newer || addr[0] >= m.notifies && m.tasksAfter(addr[0])
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

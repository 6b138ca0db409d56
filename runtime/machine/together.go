package machine

import (
	"context"
	"slices"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// What the failure of one host means for the others, as far as a host knows it: where it stands among blocks, and that it fails with others.

// standsAt notes where the host is: there it fails when others' failure is its own, not where it has come to since.
func (m *Machine) standsAt() {
	if m.waits == ir.WaitNever {
		return
	}
	m.stand = m.stand[:0]
	for _, l := range m.levels {
		m.stand = append(m.stand, slices.Clone(l.blocks))
	}
}

// goBack puts the host where it stood at its last task. Of code that has ended since, an include's, nothing can take the failure:
// together has asked there in time.
func (m *Machine) goBack() {
	for i, blocks := range m.stand {
		if i < len(m.levels) {
			m.levels[i].blocks = slices.Clone(blocks)
		}
	}
}

// noteLag notes, of a failure that goes through the innermost code, whether something further out takes it than the block in which the host stood.
func (m *Machine) noteLag(further bool) {
	switch here := len(m.levels); {
	case here > len(m.stand): // code that has yet to begin
	case here < len(m.stand) || further:
		m.lags = true
	}
}

// carry takes a failure out of the innermost code, to what takes it. The tasks of a play that stand in no block are in one of their own
// where handlers are forced.
func (m *Machine) carry(lv *level) (pc int, caught bool) {
	blocks, forced := len(lv.blocks), m.bareInForced(lv)
	pc, caught = m.unwind(lv)
	m.noteLag(!caught || forced || len(lv.blocks) < blocks)
	if caught {
		m.top.falls = false
		m.standsAt()
	}
	return pc, caught
}

// bareInForced says whether code stands in no block but that of force_handlers.
func (m *Machine) bareInForced(lv *level) bool {
	n := len(lv.blocks)
	return n > 0 && lv.blocks[n-1].in.Flag && m.code.Settings.ForceHandlers
}

// together waits, after a task whose failure is one of all hosts, for those that still run it: the host fails with them, where a rescue
// or an always may take it, even if nothing follows. Elsewhere the next barrier tells in time, see goBack. It says whether the host has failed.
//
// Observed: ansible-core 2.19.
func (m *Machine) together(x *taskRun) (bool, error) {
	if !x.flags.AnyErrorsFatal || x.flags.IgnoreErrors {
		return false, nil
	}
	return m.withOthers(x.ctx, x.number, x.addr)
}

// withOthers asks whether the host fails with others, for together.
func (m *Machine) withOthers(ctx context.Context, task int, addr ir.Address) (bool, error) {
	if !m.newer || m.waits == ir.WaitNever || !m.sheltered() {
		return false, nil
	}
	a, err := m.ask(ctx, &event.Need{Ask: event.Barrier, Addr: addr, Task: task, Args: ir.Val{V: value.DictOf("after", true)}})
	return err == nil && a.Go == event.Fail, err
}

// sheltered says whether some block around has a rescue or an always.
func (m *Machine) sheltered() bool {
	for _, l := range m.levels {
		for _, b := range l.blocks {
			if b.in.A >= 0 || b.in.B >= 0 {
				return true
			}
		}
	}
	return false
}

// shielded says whether the host is in a rescue or an always, which the failure of others does not end: as far as Ansible looks,
// which is the innermost block. The mark of a role's end is in one of its own.
//
// Observed: ansible-core 2.14.
func (m *Machine) shielded() bool {
	return !m.flushing && !m.pastRole && m.levels[len(m.levels)-1].innermost() != inBody
}

// alone ends the play of a host that is the only one of its batch, as the controller does for several: a failure that is fatal for all, and is not caught,
// ends it but in a rescue or an always.
//
// Observed: ansible-core 2.14.
func (m *Machine) alone() error {
	fatal := m.fatal
	m.fatal = false
	if fatal && m.waits == ir.WaitNever && !m.newer && !m.code.Settings.Free && !m.shielded() {
		return errFailed
	}
	return nil
}

// innermost is the part of the innermost block that runs, of those that are written in the playbook.
func (l *level) innermost() phase {
	blocks := l.blocks
	if len(blocks) == 0 || blocks[len(blocks)-1].in.Flag {
		return inBody
	}
	return blocks[len(blocks)-1].phase
}

// caught says whether a failure here and now leaves the host unfailed for the moment: its own block goes on with a rescue or an
// always, or a block around that has a rescue.
//
// Observed: ansible-core 2.14, for which the always of a block further out does not count.
func (m *Machine) caught() bool {
	inner := true
	for i := len(m.levels) - 1; i >= 0; i-- {
		blocks := m.levels[i].blocks
		inner = inner && (i == 0 || len(blocks) > 0)
		for j := len(blocks) - 1; j >= 0; j-- {
			b := blocks[j]
			if b.in.Flag && !m.code.Settings.ForceHandlers {
				continue
			}
			if b.phase == inBody && b.in.A >= 0 || inner && !b.in.Flag && b.phase != inAlways && b.in.B >= 0 {
				return true
			}
			inner = false
		}
		inner = false
	}
	return false
}

package machine

// topState is what Ansible knows of the outermost block of a host: what it knew when the host began its last task, and what that has come to. A failure goes
// to the blocks further out no sooner than the host begins its next task; a host whose part in the play another host ends before that has not failed by it.
//
// Observed: ansible-core 2.14 and 2.19.
type topState struct {
	failed bool
	rescue bool // the host stands at a rescue
	falls  bool // the failure of the last task is on its way through the blocks
}

// begins notes where the host stands when it begins a task.
func (m *Machine) begins() {
	m.top = topState{failed: m.outermostFailed(), rescue: m.levels[len(m.levels)-1].innermost() == inRescue}
}

// fails notes a failure before anything takes it, once. That of a block whose always is through has been noted when the block failed.
func (m *Machine) fails(again bool) {
	if m.top.falls {
		return
	}
	m.top.falls = true
	if again {
		return
	}
	lv := m.levels[len(m.levels)-1]
	m.top.failed = m.top.failed || !m.nested()
	m.top.rescue = false
	if n := len(lv.blocks); n > 0 && !lv.blocks[n-1].in.Flag {
		b := lv.blocks[n-1]
		m.top.rescue = b.phase == inBody && b.in.A >= 0
	}
}

// nested says whether the host is in a block below the outermost one; what an include brings is.
func (m *Machine) nested() bool {
	n := 0
	for _, b := range m.levels[0].blocks {
		if !b.in.Flag || m.code.Settings.ForceHandlers {
			n++
		}
	}
	return n > 1 || len(m.levels) > 1 && !m.flushing || m.bareInForced(m.levels[0])
}

// endsFailed says whether a host whose part is ended by a meta task counts as failed: when the outermost block has failed. Dialect tagged
// takes one that ends in a rescue for rescued.
//
// Observed: ansible-core 2.14 and 2.19.
func (m *Machine) endsFailed() bool { return m.top.failed && !(m.newer && m.top.rescue) }

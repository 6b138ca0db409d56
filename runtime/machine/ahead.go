package machine

import (
	"slices"

	"pbc/ir"
)

// comesToShelter says whether what the host comes to after the present task, should that not fail, is in a rescue or an always, see shielded.
// A host that cannot be reached never gets there, and yet counts by that among those that any_errors_fatal and run_once fail.
//
// Observed: ansible-core 2.14.
func (m *Machine) comesToShelter() bool {
	if m.flushing && m.moreHandlers() {
		return false
	}
	failed := false
	for i := len(m.levels) - 1; i >= 0; i-- {
		l := m.levels[i]
		if i < len(m.levels)-1 && l.more && !failed {
			return false
		}
		l = &level{blocks: slices.Clone(l.blocks), code: l.code, next: l.next}
		p, found := inBody, false
		if p, found, failed = m.ahead(l, failed); found {
			return p != inBody
		}
	}
	return false
}

// ahead is the part of the innermost block in which the next task of the code is that its host does not leave out. Without one found
// the host leaves the code, as one that has failed or not.
func (m *Machine) ahead(l *level, failed bool) (p phase, found, fails bool) {
	for {
		if failed {
			to, caught := m.unwind(l)
			if !caught {
				return inBody, false, true
			}
			l.next, failed = to, false
		}
		if l.next >= len(l.code) {
			return inBody, false, false
		}
		in := l.code[l.next]
		l.next++
		switch in.Op {
		case ir.OpBlock:
			l.blocks = append(l.blocks, block{in: in})
		case ir.OpBody, ir.OpRescued:
			l.next = l.leave()
		case ir.OpAlways:
			b := l.pop()
			failed, l.next = b.failed, b.in.C
		case ir.OpTask, ir.OpInclude, ir.OpMeta:
			if !m.excluded[in.Task] {
				return l.innermost(), true, false
			}
		default:
			return l.innermost(), true, false
		}
	}
}

// moreHandlers says whether handlers are to run after the present one.
func (m *Machine) moreHandlers() bool {
	for i := m.handler + 1; i < len(m.handlers); i++ {
		if m.notified[m.handlerKey(i)] {
			return true
		}
	}
	return false
}

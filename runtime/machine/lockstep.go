package machine

import "pbc/ir"

// How the linear strategy of older ones keeps hosts together in a flush of handlers: by how far each is in its own list, in which what
// a handler includes follows that handler. Hosts that include more than others therefore come to the later handlers later. A host
// that is through with its list counts as being at its end: its next task runs beside what others have last.
//
// Observed: ansible-core 2.14. Newer ones keep to the order of the play.

// flat says whether addresses of a flush are places in the host's own list of handlers.
func (m *Machine) flat() bool { return m.flushing && !m.newer }

// nextHandler is the address of the handler at an index, which comes next.
func (m *Machine) nextHandler(i int) ir.Address {
	if m.flat() {
		i = m.flushTo
		m.flushTo++
	}
	return append(append(ir.Address{}, m.flushAt...), i)
}

// addressOf is the address of an instruction, the code of which has a prefix.
func (m *Machine) addressOf(in ir.Instr, index int, prefix ir.Address) ir.Address {
	if m.flat() && (in.Op == ir.OpTask || in.Op == ir.OpInclude || in.Op == ir.OpMeta) {
		return m.nextHandler(index)
	}
	return append(append(ir.Address{}, prefix...), index)
}

// standBeside notes that the host has gone by a flush: through its list without the last handler, or, once it has been through one,
// without a look at it.
func (m *Machine) standBeside(flush ir.Address) {
	m.beside = nil
	if m.newer || m.waits == ir.WaitNever || !m.flushed || len(m.handlers) == 0 {
		return
	}
	end := len(m.handlers)
	if m.flushing {
		end = m.flushTo
	}
	m.beside = append(append(ir.Address{}, flush...), end-1)
}

// takeBeside is where the task runs that starts now, if others are there.
func (m *Machine) takeBeside() ir.Address {
	at := m.beside
	m.beside = nil
	return at
}

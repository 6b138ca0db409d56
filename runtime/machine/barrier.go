package machine

import (
	"context"
	"math"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// Where a host waits for the others of its play. The tasks at which all wait are known (Code.Barriers); between two of them hosts
// run at their own speed. A host asks before such a task, and before whatever it runs next after it has run one or has passed
// one over: others may still be there. Whoever answers lets it go when nobody can be behind.

// barrier waits for the other hosts of the play, where that is due before a task, and says how to go on.
func (m *Machine) barrier(ctx context.Context, task int, addr ir.Address) (*event.Answer, error) {
	if m.stopped() {
		return nil, errEnded
	}
	defer func() { m.pastRole = false }()
	open := m.barriers[task] || m.waits == ir.WaitAlways
	if err := m.alone(); err != nil {
		return nil, err
	}
	if m.waits == ir.WaitNever || !open && m.passed == nil {
		m.lags = false
		m.standsAt()
		m.begins()
		return &event.Answer{Go: event.Run}, nil
	}
	a, err := m.ask(ctx, &event.Need{Ask: event.Barrier, Addr: addr, Task: task, Args: ir.Val{V: m.barrierArgs(ctx, task, addr)}, Open: open, Passed: m.passed, Beside: m.beside, Marked: m.marks(m.flushing)})
	if a != nil && a.Go != event.Run {
		m.beside = nil
	}
	if a != nil && (open || a.Go == event.Fail) {
		m.passed = addr
	} else {
		m.passed = nil
	}
	return a, err
}

// ask waits at a barrier.
func (m *Machine) ask(ctx context.Context, n *event.Need) (*event.Answer, error) {
	a, err := m.up.Ask(ctx, n)
	if err != nil {
		return nil, err
	}
	if a.Strict {
		m.waits = ir.WaitAlways
	}
	m.takeFacts(a.Value.V)
	if a.Forget {
		m.forgetHandlers()
		if m.flushing && a.Go == event.Run { // the handler that it waits to run is forgotten, too
			a.Go = event.Skip
		}
	}
	if a.Lost != nil {
		m.lost = *a.Lost
	}
	switch a.Go {
	case event.End:
		if a.Over && m.endsFailed() {
			return a, errFailed
		}
		return a, errEnded
	case event.Fail:
		if m.lags {
			return m.ask(ctx, n)
		}
		m.goBack()
	case event.Run, event.Apply:
		m.lags = false
		m.standsAt()
		m.begins()
	}
	return a, nil
}

// bypasses are the modules that one host runs for all. Without run_once the others get nothing of the result.
var bypasses = map[string]bool{"ansible.builtin.add_host": true, "ansible.builtin.pause": true}

// bypass says whether one host runs the task for all, whatever its keywords say. Strategies without an order among hosts refuse such tasks.
func (m *Machine) bypass(t *ir.Task) bool { return bypasses[t.Module] || m.loaded[m.pluginOf(t)] }

// refuseBypass ends the run before a task that one host would run for all, as strategies without an order among hosts do.
//
// Observed: ansible-core 2.14 and 2.19.
func (m *Machine) refuseBypass(x *taskRun) error {
	msg := "The '" + x.t.Action + "' module bypasses the host loop, which is currently not supported in the free strategy " +
		"and would instead execute for every host in the inventory list."
	if x.tagged() {
		msg += "\n"
	}
	return m.abort(x, msg+x.excerpt())
}

// barrierArgs tells the controller what decides who runs the task, and how many at a time.
func (m *Machine) barrierArgs(ctx context.Context, task int, addr ir.Address) *value.Dict {
	t := m.tasks[task]
	shielded := m.shielded()
	if t.Module == "ansible.builtin.meta" {
		what, _ := value.Text(get(asDict(t.Args.V), "_raw_params"))
		return value.DictOf("run_once", metaActions[what].once, "shielded", shielded)
	}
	bypass := m.bypass(t)
	if !t.RunOnce.IsSet() && !t.Throttle.IsSet() && !bypass && !shielded {
		return nil
	}
	x := m.begin(ctx, task, addr)
	once, _ := x.keyword("run_once", t.RunOnce, false)
	throttle, _ := x.number64("throttle", t.Throttle, 0)
	return value.DictOf("run_once", once || bypass, "alone", bypass && !once, "throttle", throttle, "shielded", shielded)
}

// pass notes that the host goes by an instruction that others may run.
func (m *Machine) pass(in ir.Instr, addr ir.Address) {
	if m.waits != ir.WaitAtBarriers {
		return
	}
	switch in.Op {
	case ir.OpTask:
		if m.barriers[in.Task] && (!m.excluded[in.Task] || m.tasks[in.Task].Implicit) { // facts may be gathered of others
			m.passed = addr
		}
	case ir.OpMeta:
		what, _ := value.Text(get(asDict(m.tasks[in.Task].Args.V), "_raw_params"))
		switch {
		case m.excluded[in.Task]:
		case m.barriers[in.Task]:
			m.passed = addr
		case what == "flush_handlers":
			m.pass(ir.Instr{Op: ir.OpFlush}, addr)
		}
	case ir.OpInclude: // what others include is not known here
		switch {
		case m.excluded[in.Task]:
		case m.flat():
			m.passed = below(m.flushAt)
		default:
			m.passed = below(addr)
		}
	case ir.OpFlush:
		m.passHandlers(0, addr)
	}
}

// passHandlers notes that the host does not run the handlers from an index on.
func (m *Machine) passHandlers(from int, flush ir.Address) {
	for i := from; i < len(m.handlers); i++ {
		m.passHandler(i, append(append(ir.Address{}, flush...), i))
	}
	if m.grows && m.waits == ir.WaitAtBarriers && flush[0] >= m.notifies { // others may have handlers that this host does not know
		m.passed = below(flush)
	}
}

// passHandler notes that the host does not run a handler that others may run.
func (m *Machine) passHandler(i int, at ir.Address) {
	t := m.handlers[i].Task
	if m.waits != ir.WaitAtBarriers || at[0] < m.notifies || m.excluded[t] {
		return
	}
	switch {
	case m.tasks[t].Include != nil:
		m.passed = below(at)
	case m.barriers[t]:
		m.passed = at
	}
}

// below is behind all addresses within an include or a flush.
func below(addr ir.Address) ir.Address {
	return append(append(ir.Address{}, addr...), math.MaxInt32)
}

// passAll notes that the host goes by the instructions from one index to another.
func (m *Machine) passAll(code []ir.Instr, from, to int, prefix ir.Address) {
	if m.flat() {
		if from < to && m.waits == ir.WaitAtBarriers {
			m.passed = below(m.flushAt)
		}
		return
	}
	for i := from; i < to && m.waits == ir.WaitAtBarriers; i++ {
		m.pass(code[i], append(append(ir.Address{}, prefix...), i))
	}
}

// learnBarriers takes the tasks at which the hosts of the play wait for each other.
func (m *Machine) learnBarriers(tasks []int) {
	for _, t := range tasks {
		m.barriers[t] = true
	}
}

// includes says whether code may bring in more code while it runs.
func includes(code []ir.Instr) bool {
	for _, in := range code {
		if in.Op == ir.OpInclude {
			return true
		}
	}
	return false
}

// firstNotifying is the index of the first instruction of a play that may notify a handler.
func (m *Machine) firstNotifying() int {
	for i, in := range m.code.Instrs {
		if in.Op == ir.OpInclude || in.Op == ir.OpTask && len(m.tasks[in.Task].Notify) > 0 {
			return i
		}
	}
	return len(m.code.Instrs)
}

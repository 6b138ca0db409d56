package controller

import (
	"context"
	"math"
	"reflect"
	"slices"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/machine"
)

// round is one task run by the hosts that stand at its address.
type round struct {
	addr  ir.Address
	hosts []*hostRun
	// pending are the hosts that have yet to be let go: no more run at a time than limit says.
	pending []*hostRun
	limit   int
	// leader runs a run_once task for all; result is its result. Alone says that it has it for itself. Same wait to take it, dropped
	// wait for it and do nothing.
	leader  *hostRun
	ledAt   ir.Address // where
	ledTask int
	alone   bool
	same    []*hostRun
	dropped []*hostRun
	applied bool       // the others have what it left
	failed  []*hostRun // those that fail by it, although it has not: it was not reached
	result  *event.Event
	// left are the hosts of the batch that could be reached when the round began, see judge.
	left   []string
	judged bool
	mixed  bool // see isMixed
	// turns are nil where the task debugger never starts.
	turns *turns
}

// advance shows what can be shown and, when every host waits, lets those go whose turn it is.
func (r *playRun) advance(ctx context.Context) {
	if !r.together() {
		r.debugNext(ctx)
		return
	}
	r.drain(ctx)
	if r.interrupted {
		r.dismiss()
		return
	}
	if r.fatal != nil || r.feed() || r.busy() || r.includes() || r.apply() {
		return
	}
	r.judge()
	if !r.broken && r.resume() {
		return
	}
	if r.broken || r.over || !r.release() {
		r.dismiss()
	}
}

// feed lets hosts of the round go as far as forks and throttle allow. It says whether any still has to
// wait for that.
func (r *playRun) feed() bool {
	running := 0
	for _, h := range r.hosts {
		if h.state == hostRunning {
			running++
		}
	}
	for len(r.round.pending) > 0 && (r.round.limit <= 0 || running < r.round.limit) && r.round.turns.ahead(r.round.limit) {
		h := r.round.pending[0]
		r.round.pending = r.round.pending[1:]
		if h.state != hostWaiting {
			continue
		}
		r.round.turns.begun(h)
		if h.redo != nil {
			r.letGo(h, h.redo)
			r.begins(h)
		} else {
			r.letGo(h, &event.Answer{Go: event.Run})
		}
		running++
	}
	return len(r.round.pending) > 0
}

// busy says whether any host is still running, or debugged.
func (r *playRun) busy() bool {
	for _, h := range r.hosts {
		if h.state == hostRunning || h.state == hostDebugging {
			return true
		}
	}
	return false
}

// release lets the hosts with the lowest address go on. It says whether there was one.
func (r *playRun) release() bool {
	after := r.round.addr
	if r.play.Free {
		after = nil
	}
	if late := r.mates(r.seq.at, nil); len(late) > 0 {
		r.begin(r.seq.at, late)
		return true
	}
	if r.passIdle() {
		return true
	}
	low := r.lowest(after)
	if len(low) == 0 {
		return false
	}
	addr := low[0].need.Addr
	if askOf(low[0].need).flush {
		r.flush(low)
		return !r.broken
	}
	if !r.strict.Load() && !low[0].need.Open {
		r.runOn(addr)
		return true
	}
	if r.stepping {
		if r.play.Free {
			low = low[:1] // hosts are asked for one by one
		}
		if goOn, err := r.step(low); !goOn {
			return err == nil
		}
	}
	r.begin(addr, r.mates(addr, low))
	return true
}

// begin lets hosts run what they wait for as one round.
func (r *playRun) begin(addr ir.Address, hosts []*hostRun) {
	r.round = &round{addr: addr, hosts: hosts, limit: r.c.opt.Forks, left: r.left(), mixed: r.isMixed(hosts)}
	if n := askOf(hosts[0].need).throttle; n > 0 && (r.round.limit <= 0 || n < r.round.limit) {
		r.round.limit = n
	}
	if !r.play.Free {
		r.round.lead()
	}
	if r.mayDebug(hosts[0].need.Task) {
		r.round.turns = &turns{}
	}
	r.leaveBehind(addr)
	r.round.pending = r.round.hosts
	r.feed()
}

// lowest are the hosts that wait at the lowest address after one; where none waits after it, at the lowest of all: what hosts
// have left behind them comes when all have come to the end. Nil is before all.
//
// Observed: ansible-core 2.14's linear strategy.
func (r *playRun) lowest(after ir.Address) []*hostRun {
	var low []*hostRun
	marked := r.marked()
	for _, h := range r.hosts {
		if h.state != hostWaiting || after != nil && h.need.Addr.Compare(after) <= 0 || !marked && askOf(h.need).idle {
			continue
		}
		switch {
		case len(low) == 0 || h.need.Addr.Compare(low[0].need.Addr) < 0:
			low = []*hostRun{h}
		case h.need.Addr.Compare(low[0].need.Addr) == 0:
			low = append(low, h)
		}
	}
	if len(low) == 0 && after != nil {
		return r.lowest(nil)
	}
	return low
}

// runOn lets all hosts run at their own speed that wait at an address or behind it, with no place between at which all wait.
func (r *playRun) runOn(addr ir.Address) {
	r.round = &round{addr: addr, left: r.left()}
	r.leaveBehind(addr)
	for _, h := range r.hosts {
		if h.state == hostWaiting && !h.need.Open && (h.need.Passed.Compare(addr) < 0 || h.need.Addr.Compare(addr) == 0) {
			r.letGo(h, &event.Answer{Go: event.Run})
		}
	}
}

// apply gives the result of a run_once task to the hosts that wait where it was run. It says whether there were any.
func (r *playRun) apply() bool {
	if r.round.leader == nil || r.round.applied {
		return false
	}
	waiting := func(hosts []*hostRun) []*hostRun {
		return slices.DeleteFunc(slices.Clone(hosts), func(h *hostRun) bool { return h.state != hostWaiting })
	}
	r.round.applied = true
	same, dropped := waiting(r.round.same), waiting(r.round.dropped)
	r.share(same)
	if e := r.round.result; e != nil && e.Status == event.Unreachable && !r.round.alone {
		r.round.failed = same
	}
	r.applyResult(same)
	for _, h := range dropped {
		r.letGo(h, &event.Answer{Go: event.Skip})
	}
	return r.failElsewhere() || len(same)+len(dropped) > 0
}

// leaveBehind has nobody wait for what hosts have that wait behind an address, which others run now: their turn comes when all have come to the end.
func (r *playRun) leaveBehind(addr ir.Address) {
	for _, h := range r.hosts {
		switch {
		case h.state != hostWaiting:
		case h.need.Addr.Compare(addr) < 0:
			r.c.opt.Memory.enter(h.name, ir.Address{math.MaxInt32})
			h.behindAll = true
		case h.behindAll:
			h.at, h.behindAll = h.need.Addr, false
			r.c.opt.Memory.enter(h.name, h.at)
		}
	}
}

// failElsewhere has the hosts fail with the leader of the round that stand somewhere else, where they are. Newer ones have them all fail once more, out of
// the rescue that they have come to: see failAll. It says whether there were any.
//
// Observed: ansible-core 2.14 and 2.19.
func (r *playRun) failElsewhere() bool {
	e := r.round.result
	if e == nil || e.Kind != event.Finished || e.Status != event.Failed || !e.Flags.RunOnce || e.Flags.IgnoreErrors {
		return false
	}
	found := false
	for _, h := range r.hosts {
		if h.state != hostWaiting || h == r.round.leader || slices.Contains(r.round.hosts, h) {
			continue
		}
		r.strict.Store(true) // where they go on nobody has reckoned with: one that runs on could wait for them, and they for it
		found, h.doomed, h.at = true, true, ir.Address{}
		r.c.opt.Memory.enter(h.name, h.at)
		r.letGo(h, &event.Answer{Go: event.Run})
	}
	return found
}

// share gives the variables of a run_once task to the hosts that do not come to it.
func (r *playRun) share(same []*hostRun) {
	e := r.round.result
	if r.round.alone || e == nil || e.Kind != event.Finished {
		return
	}
	t, _ := r.c.opt.Linker.Task(r.number, e.Task)
	for _, h := range r.hosts {
		if t == nil || h.state == hostDone || h == r.round.leader || slices.Contains(same, h) {
			continue
		}
		vars := machine.Shared(t, e)
		r.c.opt.Memory.change(h.name, e.Addr, func(m *machine.Host) { m.StoreFacts(vars) })
		h.facts = append(h.facts, vars.V...)
	}
}

// barrierAsk is what a host says of the task it waits to run.
type barrierAsk struct {
	once     bool // run_once
	alone    bool // the result is the one host's only
	throttle int
	shielded bool // within a rescue or always
	after    bool // the task has run: go on, or fail with others
	// unreachable says that the task has found the host unreachable.
	unreachable bool
	// flush says that it is no task but an implicit flush of handlers, idle that nothing is notified for it.
	flush, idle bool
	failed      bool // of a flush of any_errors_fatal: the host has failed before
}

func askOf(n *event.Need) barrierAsk {
	if n == nil {
		return barrierAsk{}
	}
	d, _ := n.Args.V.(*value.Dict)
	flag := func(name string) bool {
		v, _ := d.GetStr(name)
		b, _ := v.(bool)
		return b
	}
	v, _ := d.GetStr("throttle")
	throttle, _ := v.(int64)
	return barrierAsk{once: flag("run_once"), alone: flag("alone"), throttle: int(throttle), shielded: flag("shielded"), after: flag("after"),
		unreachable: flag("unreachable"), flush: flag("flush"), idle: flag("idle"), failed: flag("failed")}
}

// applyResult gives the result of a run_once task to the hosts that did not run it.
func (r *playRun) applyResult(hosts []*hostRun) {
	result := r.round.result
	if result != nil {
		own := *result // what a rescue sees is the first host's alone
		own.Rescued = false
		result = &own
	}
	if r.round.alone {
		result = nil
	}
	for _, h := range hosts {
		h.trouble = trouble{} // it has gone on since
		if result != nil && result.Kind == event.Finished {
			r.remember(h, result)
		}
		r.letGo(h, &event.Answer{Go: event.Apply, Result: result})
	}
}

func (r *playRun) letGo(h *hostRun, a *event.Answer) {
	n := h.need
	h.state, h.need = hostRunning, nil
	if a.Go != event.Run {
		h.beside = nil
	}
	if h.doomed && a.Go == event.Run {
		a.Go, h.doomed, h.begun = event.Fail, false, nil
	}
	if now := r.lost(); n.Ask == event.Barrier && !reflect.DeepEqual(now, h.told) {
		a.Lost, h.told = now, now
	}
	if n.Ask == event.Barrier {
		a.Forget, h.forget = h.forget, false
	}
	a.Strict = r.strict.Load()
	if len(h.facts) > 0 && n.Ask == event.Barrier {
		a.Value, h.facts = ir.Val{V: &value.List{V: h.facts}}, nil
	}
	r.reply(h, n, a)
}

// dismiss ends the play for the hosts that still wait.
func (r *playRun) dismiss() {
	for _, h := range r.hosts {
		if h.state == hostWaiting || h.state == hostAsking || h.state == hostDebugging {
			r.letGo(h, &event.Answer{Go: event.End, Over: r.over && !r.interrupted})
		}
	}
}

// includes answers the hosts that ask for files, once nobody is behind them.
func (r *playRun) includes() bool {
	var list []asking
	for _, h := range r.hosts {
		if h.state != hostWaiting && h.state != hostAsking {
			continue
		}
		at := 1
		if len(list) > 0 {
			at = list[0].need.Addr.Compare(h.need.Addr)
		}
		if at > 0 {
			list = nil
		}
		if at >= 0 {
			list = append(list, asking{h, h.need})
		}
	}
	for _, a := range list {
		if a.host.state == hostWaiting {
			return false // it may come to ask for the same
		}
	}
	if list == nil {
		return false
	}
	r.byTurn(list)
	answers := r.bring(list)
	for i, a := range answers {
		r.letGo(list[i].host, a)
	}
	return true
}

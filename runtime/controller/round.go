package controller

import (
	"context"
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
	next  int // the first host of which not everything is shown
	// pending are the hosts that have yet to be let go: no more run at a time than limit says.
	pending []*hostRun
	limit   int
	// leader runs a run_once task for all; result is its result. Alone says that it has it for itself.
	leader  *hostRun
	alone   bool
	applied bool // the others have what it left
	result  *event.Event
	// left are the hosts of the batch that could be reached when the round began, see judge.
	left   []string
	judged bool
}

// advance shows what can be shown and, when every host waits, begins the next round.
func (r *playRun) advance(ctx context.Context) {
	if !r.lockstep() {
		return
	}
	for {
		r.drain()
		if r.fatal != nil || r.feed() || r.busy() {
			return
		}
		if r.includes() {
			continue
		}
		if r.apply() {
			return
		}
		r.judge()
		if !r.broken && r.settle() {
			return
		}
		if r.broken || r.over || !r.release() {
			r.showAll(nil)
			r.dismiss()
			return
		}
		return
	}
}

// feed lets hosts of the round go as far as forks and throttle allow. It says whether any still has to
// wait for that.
func (r *playRun) feed() bool {
	if r.round == nil {
		return false
	}
	running := 0
	for _, h := range r.hosts {
		if h.state == hostRunning {
			running++
		}
	}
	for len(r.round.pending) > 0 && (r.round.limit <= 0 || running < r.round.limit) {
		h := r.round.pending[0]
		r.round.pending = r.round.pending[1:]
		if h.state == hostWaiting {
			r.letGo(h, &event.Answer{Go: event.Run})
			running++
		}
	}
	return len(r.round.pending) > 0
}

// busy says whether any host is still running.
func (r *playRun) busy() bool {
	for _, h := range r.hosts {
		if h.state == hostRunning {
			return true
		}
	}
	return false
}

// drain shows the events of the round, host by host, in the order of the play.
func (r *playRun) drain() {
	if r.round == nil {
		r.showAll(nil)
		return
	}
	for r.round.next < len(r.round.hosts)-len(r.round.pending) {
		h := r.round.hosts[r.round.next]
		r.showQueue(h, r.round.addr)
		if h.state == hostRunning {
			return
		}
		r.round.next++
	}
	if len(r.round.pending) == 0 {
		r.showAll(r.round.addr)
	}
}

// showAll shows what the hosts have reported up to an address; nil is all of it.
func (r *playRun) showAll(till ir.Address) {
	for _, h := range r.hosts {
		r.showQueue(h, till)
	}
}

// showQueue shows what a host has reported, but for what comes after an address: that waits for what other hosts report up to there.
// Nil shows all.
func (r *playRun) showQueue(h *hostRun, till ir.Address) {
	queue := h.queue
	h.queue = nil
	for i, e := range queue {
		if till != nil && e.Addr.Compare(till) > 0 {
			h.queue = queue[i:]
			return
		}
		r.show(h, e)
	}
}

// release lets the hosts with the lowest address go on. It says whether there was one.
func (r *playRun) release() bool {
	var last ir.Address
	if r.round != nil {
		last = r.round.addr
	}
	low := r.lowest(last)
	if len(low) == 0 {
		return false
	}
	addr := low[0].need.Addr
	r.showAll(addr)
	ask := askOf(low[0].need)
	r.round = &round{addr: addr, hosts: low, limit: r.c.opt.Forks, left: r.left()}
	if ask.throttle > 0 && (r.round.limit <= 0 || ask.throttle < r.round.limit) {
		r.round.limit = ask.throttle
	}
	if ask.once {
		r.round.leader, r.round.alone = low[0], ask.alone
		r.round.hosts = low[:1]
	}
	r.round.pending = r.round.hosts
	r.feed()
	return true
}

// lowest are the hosts that wait at the lowest address after one; where none waits after it, at the lowest of all: what hosts
// have left behind them comes when all have come to the end. Nil is before all.
//
// Observed: ansible-core 2.14's linear strategy.
func (r *playRun) lowest(after ir.Address) []*hostRun {
	var low []*hostRun
	for _, h := range r.hosts {
		if h.state != hostWaiting || after != nil && h.need.Addr.Compare(after) <= 0 {
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

// apply gives the result of a run_once task to the hosts that wait where it was run. It says whether there were any.
func (r *playRun) apply() bool {
	if r.round == nil || r.round.leader == nil || r.round.applied {
		return false
	}
	var same []*hostRun
	for _, h := range r.hosts {
		if h.state == hostWaiting && h.need.Addr.Compare(r.round.addr) == 0 {
			same = append(same, h)
		}
	}
	r.round.applied = true
	r.share(same)
	r.applyResult(same)
	return len(same) > 0
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
		r.c.opt.Memory.With(h.name, func(m *machine.Host) { m.StoreFacts(vars) })
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
}

func askOf(n *event.Need) barrierAsk {
	var a barrierAsk
	if n == nil {
		return a
	}
	d, ok := n.Args.V.(*value.Dict)
	if !ok {
		return a
	}
	once, _ := d.GetStr("run_once")
	a.once, _ = once.(bool)
	alone, _ := d.GetStr("alone")
	a.alone, _ = alone.(bool)
	throttle, _ := d.GetStr("throttle")
	t, _ := throttle.(int64)
	a.throttle = int(t)
	shielded, _ := d.GetStr("shielded")
	a.shielded, _ = shielded.(bool)
	after, _ := d.GetStr("after")
	a.after, _ = after.(bool)
	return a
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
		if result != nil && result.Kind == event.Finished {
			r.remember(h, result)
		}
		r.letGo(h, &event.Answer{Go: event.Apply, Result: result})
	}
}

func (r *playRun) letGo(h *hostRun, a *event.Answer) {
	n := h.need
	h.state, h.need = hostRunning, nil
	if h.doomed && a.Go == event.Run {
		a.Go, h.doomed = event.Fail, false
	}
	if now := r.lost(); n.Ask == event.Barrier && !reflect.DeepEqual(now, h.told) {
		a.Lost, h.told = now, now
	}
	if len(h.facts) > 0 && n.Ask == event.Barrier {
		a.Value, h.facts = ir.Val{V: &value.List{V: h.facts}}, nil
	}
	r.reply(h, n, a)
}

// dismiss ends the play for the hosts that still wait.
func (r *playRun) dismiss() {
	for _, h := range r.hosts {
		if h.state == hostWaiting || h.state == hostAsking {
			r.letGo(h, &event.Answer{Go: event.End})
		}
	}
}

// includes answers the hosts that ask for files, once all of the round have asked or gone on.
func (r *playRun) includes() bool {
	var list []asking
	for _, h := range r.hosts {
		if h.state == hostAsking {
			list = append(list, asking{h, h.need})
		}
	}
	if list == nil {
		return false
	}
	for i, a := range r.bring(list) {
		r.letGo(list[i].host, a)
	}
	return true
}

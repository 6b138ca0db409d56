package controller

import (
	"context"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
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
	leader *hostRun
	alone  bool
	result *event.Event
	// lost are the hosts that failed or became unreachable in this round.
	lost []*hostRun
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
		r.judge()
		if r.broken || r.over || !r.release() {
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
		for _, h := range r.hosts {
			r.showQueue(h)
		}
		return
	}
	for r.round.next < len(r.round.hosts) {
		h := r.round.hosts[r.round.next]
		r.showQueue(h)
		if h.state == hostRunning {
			return
		}
		r.round.next++
	}
	for _, h := range r.hosts {
		r.showQueue(h)
	}
}

func (r *playRun) showQueue(h *hostRun) {
	queue := h.queue
	h.queue = nil
	for _, e := range queue {
		r.show(h, e)
	}
}

// release lets the hosts with the lowest address go on. It says whether there was one.
func (r *playRun) release() bool {
	var low []*hostRun
	for _, h := range r.hosts {
		if h.state != hostWaiting {
			continue
		}
		switch {
		case len(low) == 0 || h.need.Addr.Compare(low[0].need.Addr) < 0:
			low = []*hostRun{h}
		case h.need.Addr.Compare(low[0].need.Addr) == 0:
			low = append(low, h)
		}
	}
	if len(low) == 0 {
		return false
	}
	addr := low[0].need.Addr
	if r.round != nil && r.round.leader != nil && r.round.addr.Compare(addr) == 0 {
		r.applyResult(low)
		return true
	}
	ask := askOf(low[0].need)
	r.round = &round{addr: addr, hosts: low, limit: r.c.opt.Forks}
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

// barrierAsk is what a host says of the task it waits to run.
type barrierAsk struct {
	once     bool // run_once
	alone    bool // the result is the one host's only
	throttle int
	shielded bool // within a rescue or always
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
	return a
}

// applyResult gives the result of a run_once task to the hosts that did not run it.
func (r *playRun) applyResult(hosts []*hostRun) {
	result := r.round.result
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

// judge applies any_errors_fatal and max_fail_percentage to the round that has ended.
//
// Observed: ansible-core 2.14's linear strategy.
func (r *playRun) judge() {
	if r.broken || r.round == nil || len(r.round.lost) == 0 {
		return
	}
	lost := 0
	for _, h := range r.hosts {
		if h.state == hostDone && (h.outcome == event.HostFailed || h.outcome == event.HostUnreachable) {
			lost++
		}
	}
	tooMany := r.play.MaxFail >= 0 && float64(lost)/float64(len(r.hosts))*100 > r.play.MaxFail
	if tooMany {
		r.c.emit(noHostsRemaining)
	}
	if !tooMany && !r.fatalRound() {
		return
	}
	left := 0
	for _, h := range r.hosts {
		switch {
		case h.state == hostDone:
		case askOf(h.need).shielded && !tooMany:
			left++
		default:
			r.c.failed[h.name] = true
		}
	}
	if left == 0 {
		r.broken = true
		if tooMany || !r.c.opt.Tagged {
			r.c.emit(noHostsRemaining)
		}
	}
}

// fatalRound says whether the task of the round ends the play for all when it fails for one.
func (r *playRun) fatalRound() bool {
	if r.play.AnyErrorsFatal {
		return true
	}
	for _, h := range r.round.lost {
		if h.fatal() {
			return true
		}
	}
	return false
}

// fatal says whether the failure of the last task of a host ends the play for all hosts.
func (h *hostRun) fatal() bool {
	return h.last != nil && (h.last.Flags.AnyErrorsFatal || h.last.Flags.RunOnce)
}

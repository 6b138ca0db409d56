package controller

import (
	"slices"

	"pbc/ir"
	"pbc/ir/event"
)

// Hosts of newer ones wait for each other at the implicit flushes of a play, see machine's implicitFlush. One with nothing notified is idle: it goes by as
// soon as no handler is marked for any host, and otherwise runs the flush when the order comes to it. Those that others have left behind
// come to it after all others.

// passIdle lets idle hosts go by the flush at which they wait, unless others have yet to run something up to there. It says whether there were any.
func (r *playRun) passIdle() bool {
	if r.marked() {
		if slices.ContainsFunc(r.hosts, func(h *hostRun) bool { return h.marked == event.LeftOver }) {
			r.strict.Store(true) // hosts may be at different places for long
		}
		return false
	}
	var low ir.Address
	for _, h := range r.hosts {
		if h.state == hostWaiting && !askOf(h.need).idle && (low == nil || h.need.Addr.Compare(low) < 0) {
			low = h.need.Addr
		}
	}
	found := false
	for _, h := range r.hosts {
		if h.state == hostWaiting && askOf(h.need).idle && (r.play.Free || low == nil || low.Compare(h.need.Addr) > 0) {
			found = true
			r.letGo(h, &event.Answer{Go: event.Run})
		}
	}
	return found
}

// marked says whether a handler is marked for any host, those among them that have failed.
func (r *playRun) marked() bool {
	if r.play.Free {
		return false
	}
	return slices.ContainsFunc(r.hosts, func(h *hostRun) bool { return h.marked != event.Unmarked })
}

// failsFlush says whether older ones take a flush for a failed task: where one of the hosts has failed before. It is one of any_errors_fatal then, see
// ir.Code.
func (r *playRun) failsFlush(hosts []*hostRun) bool {
	return !r.c.opt.Newer && (r.failedBefore(r.round) || slices.ContainsFunc(hosts, func(h *hostRun) bool { return askOf(h.need).failed }))
}

// flush has the hosts run a flush together that wait for it.
func (r *playRun) flush(hosts []*hostRun) {
	addr := hosts[0].need.Addr
	r.round = &round{addr: addr, left: r.left()}
	r.leaveBehind(addr)
	if r.failsFlush(hosts) {
		r.failAll(r.round, nil)
		if r.breakOff(r.round); r.broken {
			return
		}
	}
	for _, h := range hosts {
		r.letGo(h, &event.Answer{Go: event.Run})
	}
}

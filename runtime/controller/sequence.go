package controller

import (
	"context"

	"pbc/ir"
	"pbc/ir/event"
)

// What hosts report arrives in the order in which they did it; it is shown in linear order: task by task, by address, and of each
// task host by host, in the order of the play. A place is shown as soon as no host can report anything from before it, and then
// host by host as they come. What has arrived too early waits in the queue of its host, which is bounded: a host that is far
// ahead is not read from until others have come closer.

// sequence is the place that is being shown.
type sequence struct {
	at   ir.Address // nil: the next one has to be found
	host int        // the host whose turn it is
	// until is the place of the task that this host runs beside those of the place.
	until ir.Address
	// told says that tellFirst has been here.
	told bool
}

// drain shows what can be shown, and starts the task debugger where a host waits for it.
func (r *playRun) drain(ctx context.Context) {
	if r.debugged != nil {
		return
	}
	idle := !r.busy() && len(r.round.pending) == 0
	for {
		if r.seq.at == nil && !r.nextPlace(idle) {
			return
		}
		order := r.order()
		if !r.seq.told && !r.tellFirst(order, idle) {
			return
		}
		r.seq.told = true
		for r.seq.host < len(order) {
			h := order[r.seq.host]
			r.showUntil(h, r.seq.at)
			if r.stops(ctx, h) {
				return
			}
			end := r.showBeside(h)
			if r.besides(h, r.seq.at) || !idle && !r.past(h, end) {
				return
			}
			r.seq.host, r.seq.until = r.seq.host+1, nil
		}
		r.seq = sequence{}
	}
}

// showUntil shows what a host has reported from an address, or before.
func (r *playRun) showUntil(h *hostRun, at ir.Address) {
	for len(h.queue) > 0 && h.queue[0].e.Addr.Compare(at) <= 0 {
		r.showNext(h)
	}
	if len(h.queue) == 0 {
		h.queue = nil
	}
}

// showNext shows the first event in the queue of a host.
func (r *playRun) showNext(h *hostRun) {
	q := h.queue[0]
	h.queue[0] = queued{}
	h.queue = h.queue[1:]
	r.show(h, q.e)
	h.peer.taken(q.size)
}

// past says whether a host has nothing more to report from an address.
func (r *playRun) past(h *hostRun, at ir.Address) bool {
	switch {
	case len(h.queue) > 0 || h.state == hostDone:
		return true
	case h.state == hostRunning:
		return h.at.Compare(at) > 0
	case h.state == hostAsking: // what it includes has addresses of its own
		return h.need.Addr.Compare(at) >= 0
	}
	left := r.round.leader != nil && r.round.leader != h && r.round.addr.Compare(at) == 0 // one runs it for all
	return left || h.need.Addr.Compare(at) > 0
}

// nextPlace finds the lowest address that somebody has reported from, when nobody can be behind it. Idle says that all wait: then
// who is behind runs later what the round has passed.
func (r *playRun) nextPlace(idle bool) bool {
	var low ir.Address
	found := false
	for _, h := range r.hosts {
		if len(h.queue) > 0 && (!found || h.queue[0].e.Addr.Compare(low) < 0) {
			low, found = h.queue[0].e.Addr, true
		}
	}
	if !found {
		return false
	}
	for _, h := range r.hosts {
		if h.behind(low) && (!idle || low.Compare(r.round.addr) > 0) {
			return false
		}
	}
	if low == nil {
		low = ir.Address{}
	}
	r.seq = sequence{at: low}
	r.settle(low)
	return true
}

// behind says whether a host may yet report something from before an address.
func (h *hostRun) behind(at ir.Address) bool {
	switch {
	case len(h.queue) > 0 || h.state == hostDone:
		return false
	case h.state == hostRunning:
		return h.at.Compare(at) < 0
	}
	return h.need.Addr.Compare(at) < 0
}

// settle forgets what the hosts had before an address that all have come to.
func (r *playRun) settle(at ir.Address) {
	for _, h := range r.hosts {
		r.c.opt.Memory.settle(h.name, at)
	}
}

// enter notes that a host has come to an address.
func (r *playRun) enter(h *hostRun, at ir.Address) {
	if r.together() && at != nil && (h.at == nil || h.at.Compare(at) < 0) {
		h.at = at
		r.c.opt.Memory.enter(h.name, at)
	}
}

// queued is an event that is not shown yet, and the bytes that it took.
type queued struct {
	e    *event.Event
	size int
}

package controller

import (
	"context"

	"pbc/ir/event"
)

// A host that cannot be reached is out of the play, unless a later task of it may clear the errors of hosts: then it goes on behind the
// task that did not reach it, once all others have come to the end of the play.
//
// Observed: the linear strategy of ansible-core 2.14 and of 2.19, which comes round to the tasks that a host has left behind it.

// unpark lets those hosts go on whose errors have been cleared, and ends the play for the others that wait for that. It says whether there
// were any.
func (r *playRun) unpark(ctx context.Context) bool {
	found, over := false, r.over || r.broken || r.interrupted
	for _, h := range r.hosts {
		n := h.parked
		if n == nil {
			continue
		}
		found, h.parked = true, nil
		h.state, h.need = hostWaiting, n
		if over || !h.cleared {
			r.letGo(h, &event.Answer{Go: event.End})
			continue
		}
		h.cleared = false
		h.at = n.Addr
		r.c.opt.Memory.enter(h.name, n.Addr)
	}
	if found {
		r.advance(ctx)
	}
	return found
}

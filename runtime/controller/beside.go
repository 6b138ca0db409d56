package controller

import (
	"slices"

	"pbc/ir"
	"pbc/ir/event"
)

// In older ones a host that has gone by a flush without its last handler runs its next task beside those that run that handler: in one round
// with them, and shown with them. Such a round can hold two tasks. Where one of them is to be run once, the hosts behind the one that runs it
// do nothing in that round, whatever they were to run.
//
// Observed: the linear strategy of ansible-core 2.14.

// showBeside shows the task that a host has begun beside those of the place that is being shown. It returns the end of what the host
// has to show there.
func (r *playRun) showBeside(h *hostRun) ir.Address {
	if r.seq.until == nil && len(h.queue) > 0 {
		if e := h.queue[0].e; e.Kind == event.Started && e.Beside != nil && e.Beside.Compare(r.seq.at) == 0 {
			r.seq.until = e.Addr
		}
	}
	if r.seq.until == nil {
		return r.seq.at
	}
	r.showUntil(h, r.seq.until)
	return r.seq.until
}

// besides says whether the next task of a host belongs to a place at which others run another one, and has yet to begin.
func (r *playRun) besides(h *hostRun, at ir.Address) bool {
	switch {
	case r.c.opt.Newer || at == nil || h.state != hostWaiting && h.state != hostRunning:
		return false
	case h.beside != nil && h.beside.Compare(at) == 0:
		return true
	}
	return h.state == hostWaiting && h.need.Addr.Compare(at) == 0 && h.need.Task != r.shown.task
}

// place is where an event of a host is shown.
func (r *playRun) place(h *hostRun, e *event.Event) ir.Address {
	switch {
	case e.Beside != nil && r.seq.at != nil && e.Beside.Compare(r.seq.at) == 0:
		return e.Beside
	case h.mates != nil && h.mated.Compare(e.Addr) == 0:
		return h.mates
	}
	return e.Addr
}

// mates adds to the hosts of a round those that run their next task beside it.
func (r *playRun) mates(at ir.Address, hosts []*hostRun) []*hostRun {
	out := slices.Clone(hosts)
	for _, h := range r.hosts {
		if h.state == hostWaiting && r.besides(h, at) && !slices.Contains(hosts, h) {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b *hostRun) int { return a.index - b.index })
	return out
}

// lead finds the first host of a round whose task is run once, and parts the hosts behind it from the round: they take its result where
// they were to run the same, and do nothing else.
func (d *round) lead() {
	for i, h := range d.hosts {
		ask := askOf(h.need)
		if !ask.once {
			continue
		}
		d.leader, d.alone = h, ask.alone
		for _, other := range d.hosts[i+1:] {
			if other.need.Task == h.need.Task && other.need.Addr.Compare(h.need.Addr) == 0 {
				d.same = append(d.same, other)
			} else {
				d.dropped = append(d.dropped, other)
			}
		}
		d.hosts = d.hosts[:i+1]
		return
	}
}

// failElsewhere has the hosts fail that wait at other places while a run_once task has failed: it has failed for all hosts of the play, wherever they
// are. It says whether there were any.
//
// Observed: the linear strategy of ansible-core 2.14.
func (r *playRun) failElsewhere() bool {
	e, d := r.round.result, r.round
	if r.c.opt.Newer || d.alone || e == nil || e.Kind != event.Finished || e.Status != event.Failed || !e.Flags.RunOnce || e.Flags.IgnoreErrors {
		return false
	}
	found := false
	for _, h := range r.hosts {
		if h == d.leader || h.state != hostWaiting || slices.Contains(d.same, h) {
			continue
		}
		h.doomed, found = true, true
	}
	return found && r.resume()
}

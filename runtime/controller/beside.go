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
	if r.seq.until == nil {
		r.seq.until, h.until = h.until, nil
	}
	if r.seq.until == nil && h.startsBeside(r.seq.at) {
		r.seq.until = h.queue[0].e.Addr
	}
	if r.seq.until == nil {
		return r.seq.at
	}
	r.showUntil(h, r.seq.until)
	return r.seq.until
}

// startsBeside says whether the next that a host has to show is the start of a task beside those of a place.
func (h *hostRun) startsBeside(at ir.Address) bool {
	if len(h.queue) == 0 {
		return false
	}
	e := h.queue[0].e
	return e.Kind == event.Started && e.Beside != nil && e.Beside.Compare(at) == 0
}

// tellFirst shows what Ansible tells of a place where some hosts run a meta task among the handlers, and others another task: the meta tasks run
// while the hosts are gone through, the results come after that, or when another task needs the room of an earlier one. It says whether all is there
// that it takes to know.
func (r *playRun) tellFirst(order []*hostRun, idle bool) bool {
	if r.c.opt.Newer || !r.metaHandlerAt(r.seq.at) && !(r.round.mixed && r.round.addr.Compare(r.seq.at) == 0) {
		return true
	}
	for _, h := range order {
		switch {
		case len(h.queue) == 0 && (r.besides(h, r.seq.at) || !idle && !r.past(h, r.seq.at)):
			return false
		case len(h.queue) > 0 && h.state == hostRunning && r.isMeta(h.queue[0].e.Task) && !slices.ContainsFunc(h.queue, isMetaResult):
			return false
		}
	}
	var begun []*hostRun
	for _, h := range order {
		if !r.startsTask(h) {
			r.showUntil(h, r.seq.at)
			continue
		}
		if n := r.c.opt.Forks; n > 0 && len(begun) >= n {
			first := begun[0]
			begun = begun[1:]
			r.showUntil(first, first.until)
		}
		h.until = h.queue[0].e.Addr
		r.showNext(h)
		begun = append(begun, h)
	}
	return true
}

func isMetaResult(q queued) bool { return q.e.Kind == event.Meta }

// startsTask says whether the next that a host has to show is the start of a task at the place, one that is no meta task.
func (r *playRun) startsTask(h *hostRun) bool {
	if len(h.queue) == 0 || h.queue[0].e.Kind != event.Started || r.isMeta(h.queue[0].e.Task) {
		return false
	}
	return h.startsBeside(r.seq.at) || h.queue[0].e.Addr.Compare(r.seq.at) == 0
}

// metaHandlerAt says whether what hosts have to show of a place is a meta task that is a handler.
func (r *playRun) metaHandlerAt(at ir.Address) bool {
	for _, h := range r.hosts {
		if len(h.queue) == 0 || h.queue[0].e.Addr.Compare(at) != 0 {
			continue
		}
		t, _ := r.c.opt.Linker.Task(r.number, h.queue[0].e.Task)
		return t != nil && t.Handler && r.isMeta(h.queue[0].e.Task)
	}
	return false
}

// isMeta says whether a task is a meta task.
func (r *playRun) isMeta(task int) bool {
	t, _ := r.c.opt.Linker.Task(r.number, task)
	return t != nil && t.Module == "ansible.builtin.meta"
}

// isMixed says whether some of the hosts wait to run a meta task, and others another task.
func (r *playRun) isMixed(hosts []*hostRun) bool {
	metas := 0
	for _, h := range hosts {
		if r.isMeta(h.need.Task) {
			metas++
		}
	}
	return metas > 0 && metas < len(hosts)
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

// leads says whether an event is of the task that a host runs for all, and not of what an include has brought since.
func (d *round) leads(h *hostRun, e *event.Event) bool {
	return d.leader == h && d.ledAt.Compare(e.Addr) == 0
}

// lead finds the first host of a round whose task is run once, and parts the hosts behind it from the round: they take its result where
// they were to run the same, and do nothing else.
func (d *round) lead() {
	for i, h := range d.hosts {
		ask := askOf(h.need)
		if !ask.once {
			continue
		}
		d.leader, d.ledAt, d.ledTask, d.alone = h, h.need.Addr, h.need.Task, ask.alone
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

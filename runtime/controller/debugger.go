package controller

import (
	"context"
	"errors"
	"slices"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/callback"
)

// The task debugger stops a host after a result and, once that is shown, asks the user. One host is debugged at a time, and nothing is shown
// meanwhile. Hosts come in the order in which they have run the task; one that runs it again does so before those that have not begun yet,
// and its result comes behind those of the hosts that have.

// ErrQuit is what ends a run where the user has left the task debugger. All of it has been shown, and there is no recap.
var ErrQuit = errors.New("the task debugger was left")

// turns are the hosts that run a task of a round after which the debugger may start, in the order in which they have begun it, one that has
// run it again more than once; done is how many of them have been shown and debugged.
type turns struct {
	hosts []*hostRun
	done  int
}

// ahead says whether one more host may begin the task: as many as forks may be before the one whose result is looked at.
func (t *turns) ahead(limit int) bool { return t == nil || limit <= 0 || len(t.hosts)-t.done <= limit }

func (t *turns) begun(h *hostRun) {
	if t != nil {
		t.hosts = append(t.hosts, h)
	}
}

// mayDebug says whether the debugger may start after a task.
func (r *playRun) mayDebug(task int) bool {
	t, _ := r.c.opt.Linker.Task(r.number, task)
	return t != nil && t.MayDebug(r.play.Debugger)
}

// order is the order in which the hosts' results of the place that is shown come.
func (r *playRun) order() []*hostRun {
	if t := r.round.turns; t != nil && r.round.addr.Compare(r.seq.at) == 0 {
		return append(slices.Clip(t.hosts), r.hosts...)
	}
	return r.hosts
}

// byTurn puts the hosts that ask for the files of an include in the order in which they have come to their results.
func (r *playRun) byTurn(list []asking) {
	t := r.round.turns
	if t == nil || len(list) == 0 || r.round.addr.Compare(list[0].need.Addr) != 0 {
		return
	}
	last := map[*hostRun]int{}
	for i, h := range t.hosts {
		last[h] = i
	}
	slices.SortStableFunc(list, func(a, b asking) int { return last[a.host] - last[b.host] })
}

// stops says whether what is shown has come to a host that waits for the debugger, or that is yet to begin: nothing behind it is shown.
func (r *playRun) stops(ctx context.Context, h *hostRun) bool {
	t := r.round.turns
	if t != nil && r.round.addr.Compare(r.seq.at) == 0 {
		t.done = min(r.seq.host, len(t.hosts))
		if r.seq.host == len(t.hosts) && len(r.round.pending) > 0 {
			return true
		}
	}
	if h.state != hostDebugging || len(h.queue) > 0 {
		return false
	}
	r.debug(ctx, h)
	return true
}

// debug starts the debugger for a host, unless it runs.
func (r *playRun) debug(ctx context.Context, h *hostRun) {
	if r.debugged != nil {
		return
	}
	r.debugged = h
	n := h.need
	r.c.emit(callback.Aside{})
	go func() {
		a := r.c.opt.Linker.Answer(ctx, r.number, h.name, n)
		select {
		case r.c.inbox <- message{p: h.peer, need: n, answer: a}:
		case <-ctx.Done():
		}
	}()
}

// debugNext starts the debugger for a host of those that keep no order.
func (r *playRun) debugNext(ctx context.Context) {
	for _, h := range r.hosts {
		if h.state == hostDebugging {
			r.debug(ctx, h)
			return
		}
	}
}

// undebugged takes what the user has said in the debugger.
func (r *playRun) undebugged(ctx context.Context, a *event.Answer) error {
	h := r.debugged
	r.debugged = nil
	r.c.emit(callback.Aside{Ended: true})
	said, _ := a.Value.V.(*value.Dict)
	next, _ := said.GetStr("next")
	switch {
	case a.Error != "":
		r.fatal = errorf("%s", a.Error)
		return r.fatal
	case next == "quit":
		r.fatal = ErrQuit
		return r.fatal
	case h.state != hostDebugging: // it is gone
	case next == "redo":
		r.rollBack(h)
		h.state, h.redo = hostWaiting, a
		if r.together() {
			r.round.pending = append([]*hostRun{h}, r.round.pending...)
			r.seq.host++
		} else {
			r.letGo(h, a)
			r.begins(h)
		}
	default:
		r.letGo(h, a)
		if r.together() {
			r.seq.host++
		}
	}
	r.showLate()
	r.advance(ctx)
	return r.fatal
}

// begins tells that a host runs its task again.
func (r *playRun) begins(h *hostRun) {
	h.redo = nil
	r.c.emit(callback.HostStart{Host: h.name, Task: r.task(h.last)})
}

// rollBack takes back what the last result of a host has come to, as far as Ansible does before it runs a task again.
//
// Observed: ansible-core 2.14 and 2.19.
func (r *playRun) rollBack(h *hostRun) {
	e := h.last
	r.c.stats.takeBack(h.name, e)
	clear(r.failed)
	if !e.Flags.RunOnce || e.Status != event.Failed || e.Flags.IgnoreErrors {
		return
	}
	if strategy := ir.Short(r.play.Strategy); strategy == "" || strategy == "linear" {
		r.removed = slices.DeleteFunc(r.removed, func(name string) bool { return name != h.name && r.byName[name] != nil })
		return
	}
	for _, other := range r.hosts { // those that fail with it stay failed in other strategies
		if other.state == hostWaiting && other.need.Addr.Compare(h.need.Addr) == 0 {
			r.letGo(other, &event.Answer{Go: event.Fail})
		}
	}
}

// late is an event that came while the debugger had the screen, of hosts that keep no order.
type late struct {
	host *hostRun
	queued
}

// showLate shows what has been held back.
func (r *playRun) showLate() {
	list := r.late
	r.late = nil
	for _, x := range list {
		r.show(x.host, x.e)
		x.host.peer.taken(x.size)
	}
}

// checkDebug holds a question for the debugger to the task that the host has just run.
func (r *playRun) checkDebug(h *hostRun, n *event.Need) error {
	t, _ := r.c.opt.Linker.Task(r.number, n.Task)
	switch {
	case h.state != hostRunning:
		return errorf("%w: a second wait", errLies)
	case t == nil || !t.MayDebug(r.play.Debugger):
		return errorf("%w: the debugger after a task that has none", errLies)
	case h.last == nil || h.last.Task != n.Task || h.last.Addr.Compare(n.Addr) != 0 || h.last.Kind != event.Finished:
		return errorf("%w: the debugger before a result", errLies)
	}
	return nil
}

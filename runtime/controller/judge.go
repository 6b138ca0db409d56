package controller

import (
	"slices"

	"pbc/ir"
	"pbc/ir/event"
)

// trouble is what the last task of a host in a round came to, as far as it concerns other hosts.
type trouble struct {
	failed      bool // and is not ignored
	caught      bool // a rescue or an always takes the failure for now
	include     bool // the failure is that of an include, of which nobody says whether it is caught
	unreachable bool
	sheltered   bool // it would have come to a rescue or an always, see event.Event
	knows       bool // the host has failed with the others by itself
	// fatal says that a failure of this task ends the play for all: any_errors_fatal or run_once.
	fatal bool
}

// note keeps what a result means for the other hosts.
func (r *playRun) note(h *hostRun, e *event.Event) {
	f := e.Flags
	h.trouble = trouble{failed: e.Status == event.Failed && !f.IgnoreErrors, caught: e.Caught, unreachable: e.Status == event.Unreachable,
		sheltered: h.sheltered, fatal: f.Fatal() || r.round.leads(h, e) && !f.IgnoreErrors}
	h.trouble.knows = r.c.opt.Newer && !r.play.Free && f.IgnoreUnreachable && h.trouble.unreachable && f.Fatal()
	switch {
	case h.trouble.knows:
		r.fail(h.name)
		r.remove(h.name)
	case h.trouble.failed && f.RunOnce:
		for _, name := range r.batch {
			if !r.c.unreachable[name] && (name != h.name || !e.Rescued) {
				r.remove(name)
			}
		}
	case h.trouble.failed && !e.Rescued, h.trouble.unreachable && !f.IgnoreUnreachable:
		r.remove(h.name)
	}
}

// remove takes a host from ansible_play_hosts.
func (r *playRun) remove(host string) {
	if !slices.Contains(r.removed, host) {
		r.removed = append(r.removed, host)
	}
}

// code is the exit code of the run when this batch was its last.
func (r *playRun) code() int {
	switch {
	case r.breaks:
		return exitFailed
	case len(r.c.unreachable) > 0:
		return exitUnreachable
	case len(r.down) > r.unheard():
		return exitFailed
	}
	return exitOK
}

// unheard is how many of the hosts have failed where the outermost block has not heard of it, in a batch that a meta task has ended: Ansible's exit code does
// not count them, although later plays are without them.
func (r *playRun) unheard() int {
	n := 0
	for _, h := range r.hosts {
		if r.over && !r.interrupted && h.outcome == event.HostFailed && h.below {
			n++
		}
	}
	return n
}

// fail has a host take no part in later plays, and counts it for any_errors_fatal and max_fail_percentage.
func (r *playRun) fail(host string) {
	r.failed[host] = true
	r.c.failed[host] = true
}

// lost is what the hosts are told of those that the play has lost.
func (r *playRun) lost() *ir.Lost {
	l := &ir.Lost{Removed: slices.Clone(r.removed)}
	for _, name := range r.batch {
		if r.failed[name] {
			l.Failed = append(l.Failed, name)
		}
		if r.c.unreachable[name] {
			l.Unreachable = append(l.Unreachable, name)
		}
	}
	return l
}

// left are the hosts of the batch that can be reached, those that have failed among them.
func (r *playRun) left() []string {
	var out []string
	for _, name := range r.batch {
		if !r.c.unreachable[name] {
			out = append(out, name)
		}
	}
	return out
}

// judge applies any_errors_fatal and max_fail_percentage to the round that has ended. It is called more than once for
// a round, and judges it once. Strategies without an order among hosts know neither.
//
// Observed: the linear strategy of ansible-core 2.14 and of 2.19.
func (r *playRun) judge() {
	d := r.round
	if d.judged || r.broken || r.play.Free {
		return
	}
	d.judged = true
	var failed []string
	fatal, bad := false, false
	for _, h := range d.hosts {
		t := h.trouble
		fatal = fatal || t.fatal
		bad = bad || t.unreachable
		if h.state == hostWaiting && askOf(h.need).failed { // a flush
			fatal, bad = true, true
		}
		if t.include {
			t.caught = h.state != hostDone
		}
		if t.failed && (r.c.opt.Newer || !t.caught) {
			failed, bad = append(failed, h.name), true
		}
	}
	if r.metaForAll(d) {
		fatal = true
		if h := d.leader; r.over && h.outcome == event.HostFailed { // it has ended what had failed before
			failed, bad = append(failed, h.name), true
		}
	}
	if fatal && (bad || r.failedBefore(d)) {
		r.failAll(d, failed)
	}
	if r.play.MaxFail >= 0 && float64(len(r.failed))/float64(len(r.batch)) > r.play.MaxFail/100 {
		for _, name := range d.left {
			if !slices.Contains(failed, name) {
				r.fail(name)
			}
		}
		r.breaks = true
		r.c.emit(noHostsRemaining)
	}
	r.breakOff(d)
}

// breakOff ends the batch at once when none of its hosts is left that has not failed.
func (r *playRun) breakOff(d *round) {
	switch {
	case r.breaks && len(r.failed) >= len(d.left):
		r.broken = true
		r.c.emit(noHostsRemaining)
	case r.breaks: // the next failure may be the last: whatever comes after it must not have begun
		r.strict.Store(true)
	}
}

// metaForAll says whether the round is a meta task that one host does for all, which older ones take for one of any_errors_fatal.
func (r *playRun) metaForAll(d *round) bool {
	return !r.c.opt.Newer && d.leader != nil && r.isMeta(d.ledTask)
}

// failedBefore says whether a host that has failed before, and stands where it has yet to come to what takes the failure, counts among those of a round: older ones
// have it do nothing in the round, and look at it as at the others. Where one host runs the task for all, only those before that one do.
//
// Observed: ansible-core 2.14.
func (r *playRun) failedBefore(d *round) bool {
	if r.c.opt.Newer {
		return false
	}
	for _, h := range r.hosts {
		if d.leader != nil && h.index >= d.leader.index {
			break
		}
		switch {
		case slices.Contains(d.hosts, h) || !h.trouble.failed || h.trouble.caught || h.trouble.include:
		case h.state == hostWaiting, h.state == hostDone && d.addr.Compare(h.flush) < 0:
			return true
		}
	}
	return false
}

// flushes says whether a host that has failed is still to flush its handlers, as Ansible has it: until then it does not count as failed.
//
// Observed: ansible-core 2.14, which never counts it.
func (h *hostRun) flushes() bool {
	return h.flush != nil && h.last != nil && h.last.Addr.Compare(h.flush) < 0
}

// failAll is any_errors_fatal after the hosts that have failed. In newer ones the others fail as well, and are rescued
// where they would be; in older ones they only count as failed, but for those in a rescue or always, and the play ends
// once all do.
func (r *playRun) failAll(d *round, failed []string) {
	for _, name := range d.left {
		h := r.byName[name]
		switch {
		case r.c.opt.Newer && !slices.Contains(failed, name):
			r.fail(name)
			r.remove(name)
			if h != nil {
				h.doomed = h.state != hostDone && !h.trouble.knows && !slices.Contains(d.failed, h)
			}
		case !r.c.opt.Newer && (r.over || !h.shielded()):
			r.fail(name)
			r.breaks = true
		}
	}
}

// shielded says whether the host is in a rescue or an always, or would be had it been reached.
func (h *hostRun) shielded() bool {
	switch {
	case h == nil:
		return false
	case h.state == hostDone:
		return h.trouble.unreachable && h.trouble.sheltered
	}
	return askOf(h.need).shielded
}

// alone judges the last task of the only host of a batch, which runs without rounds.
func (r *playRun) alone(h *hostRun) {
	if r.play.Free || len(r.hosts) > 1 {
		return
	}
	r.round = &round{hosts: r.hosts, left: r.left()}
	if h.outcome == event.HostUnreachable {
		r.round.left = append(r.round.left, h.name)
	}
	r.judge()
}

// resume lets the hosts go on that have waited for the end of the round to hear whether they fail with others, and those that do. It says
// whether there were any.
func (r *playRun) resume() bool {
	found := false
	for _, h := range r.hosts {
		if h.state != hostWaiting || !h.doomed && !askOf(h.need).after {
			continue
		}
		if h.doomed { // it goes back to where its last task was
			h.at = ir.Address{}
			r.c.opt.Memory.enter(h.name, h.at)
		}
		found = true
		r.letGo(h, &event.Answer{Go: event.Run})
	}
	return found
}

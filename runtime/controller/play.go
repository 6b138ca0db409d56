package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"sort"
	"sync"
	"sync/atomic"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/runtime/machine"
)

func sortTexts(s []string) { sort.Strings(s) }

// playRun is one batch of hosts running one play.
type playRun struct {
	c      *Controller
	number int
	play   *Play
	hosts  []*hostRun
	byName map[string]*hostRun
	round  *round
	seq    sequence
	strict atomic.Bool // every task is to be waited at from now on
	shown  shown
	batch  []string // all hosts of the batch, those that earlier plays have lost among them
	// reduced says that some of the batch have failed in earlier plays, see together.
	reduced bool
	// failed are the hosts that count as failed for any_errors_fatal and max_fail_percentage: not all that have failed.
	failed map[string]bool
	// down are the hosts that have failed, here or earlier.
	down        map[string]bool
	removed     []string // see ir.Lost
	breaks      bool     // any_errors_fatal or max_fail_percentage ends the run after this batch
	broken      bool     // and the batch at once
	over        bool     // no task of this batch is begun any more
	ended       bool     // meta: end_play
	fatal       error
	tasks       map[int]*callback.Task
	interrupted bool // by the user
	// stepping has every task asked for before it runs.
	stepping bool
	// debugged is the host that the task debugger runs for, nil for none.
	debugged *hostRun
	late     []late
}

// hostState says what a host is doing.
type hostState uint8

const (
	hostRunning   hostState = iota
	hostWaiting             // at a barrier
	hostAsking              // for the files of an include, with others
	hostDebugging           // the task debugger is to start, or runs
	hostDone
	hostLater // its turn has not come: see admit
)

// hostRun is one host of a playRun.
type hostRun struct {
	name  string
	index int
	peer  *peer
	state hostState
	// need is that of hostWaiting, hostAsking and hostDebugging.
	need *event.Need
	redo *event.Answer // of hostWaiting: it runs its task once more, as the debugger has left it
	at   ir.Address    // nothing more comes from before that
	// beside is where its next task may be run and shown, see event.Need.
	beside ir.Address
	// mated is the place of the last task that it ran beside others', in a round of this address.
	mated, mates ir.Address
	queue        []queued   // not shown yet
	until        ir.Address // where ends what it has to show of a place, once tellFirst has begun that
	begun        ir.Address // the last task that it began
	shown        shownOf
	// last is the last task the host began, for telling where it was lost.
	last *event.Event
	// included is the result of the include that the host met last.
	included *value.Dict
	outcome  event.Outcome
	below    bool // see event.Event
	trouble  trouble
	flush    ir.Address // see event.Event
	// sheltered is what the last task's start said, see event.Event.
	sheltered bool
	marked    event.Marks // see event.Need
	doomed    bool        // it fails with others when it is let go
	// parked is what a host waits at that could not be reached, in a play that may clear its errors; cleared says that it has.
	parked  *event.Need
	cleared bool
	// behindAll says that others have gone by it, see leaveBehind.
	behindAll bool
	told      *ir.Lost // what it was told last
	forget    bool     // see event.Answer
	// facts are what delegate_facts gave to the host, for the next answer that lets it go on.
	facts []value.Value
}

func newPlayRun(c *Controller, number int, p *Play, hosts []string) *playRun {
	r := &playRun{c: c, number: number, play: p, byName: map[string]*hostRun{}, tasks: map[int]*callback.Task{}, round: &round{}, stepping: c.opt.Step != nil,
		batch: hosts, failed: map[string]bool{}, down: maps.Clone(c.failed), removed: c.lostHosts()}
	for _, name := range hosts {
		if c.lost(name) {
			continue
		}
		h := &hostRun{name: name, index: len(r.hosts), state: hostLater}
		r.hosts = append(r.hosts, h)
		r.byName[name] = h
	}
	r.reduced = !c.opt.Newer && len(r.left()) > len(r.hosts)
	return r
}

// run starts every host and sees the play to its end.
func (r *playRun) run(ctx context.Context) error {
	if len(r.hosts) == 0 {
		return nil
	}
	defer r.leave()
	for _, h := range r.hosts {
		r.enter(h, ir.Address{})
		r.c.live(callback.Doing{Host: h.name})
	}
	if err := r.admit(ctx); err != nil {
		return err
	}
	interrupt := r.c.opt.Interrupt
	for r.active() > 0 || r.unpark(ctx) {
		select {
		case m := <-r.c.inbox:
			if err := r.take(ctx, m); err != nil {
				return err
			}
			if err := r.admit(ctx); err != nil {
				return err
			}
		case <-interrupt:
			interrupt = nil
			r.interrupt()
		case <-ctx.Done():
			r.abandon()
			return ctx.Err()
		}
	}
	return r.fatal
}

func (r *playRun) active() int {
	n := 0
	for _, h := range r.hosts {
		if h.state != hostDone {
			n++
		}
	}
	return n
}

// leave takes the hosts out of the play: what their tasks left is theirs.
func (r *playRun) leave() {
	for _, h := range r.hosts {
		r.c.opt.Memory.enter(h.name, nil)
	}
}

// strictly says whether the hosts wait at every task, also a host that is alone.
func (r *playRun) strictly() bool { return r.play.Order == Strict || r.c.opt.Step != nil }

// together says whether the hosts keep the order of the linear strategy. In older ones hosts of the batch that failed in an earlier play do
// nothing, and yet count for any_errors_fatal: one that is left of several is judged as they are.
func (r *playRun) together() bool {
	return r.strictly() || !r.play.Free && (len(r.hosts) > 1 || len(r.hosts) == 1 && r.reduced)
}

// waits says where the hosts wait for each other.
func (r *playRun) waits() ir.Waits {
	switch {
	case r.strictly():
		return ir.WaitAlways
	case r.together():
		return ir.WaitAtBarriers
	}
	return ir.WaitNever
}

// admit starts the hosts whose turn it is to take part in the play: all, or with strategy host_pinned no more at a time than forks.
func (r *playRun) admit(ctx context.Context) error {
	var next []*hostRun
	running := 0
	for _, h := range r.hosts {
		switch {
		case h.state == hostLater && (r.over || r.interrupted):
			h.state = hostDone
		case h.state == hostLater:
			next = append(next, h)
		case h.state != hostDone:
			running++
		}
	}
	if r.play.Pinned && !r.together() && r.c.opt.Forks > 0 {
		next = next[:min(len(next), max(0, r.c.opt.Forks-running))]
	}
	if len(next) == 0 {
		return nil
	}
	return r.start(ctx, next)
}

// start connects to hosts and sends them their batches, all at the same time.
func (r *playRun) start(ctx context.Context, hosts []*hostRun) error {
	limit := r.c.opt.Forks
	if limit <= 0 {
		limit = len(hosts)
	}
	slots := make(chan struct{}, limit)
	connecting, cancel := r.c.untilInterrupt(ctx)
	defer cancel()
	errs := make([]error, len(hosts))
	var wg sync.WaitGroup
	for i, h := range hosts {
		h.state = hostRunning
		h.peer = r.c.peers[h.name]
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = r.startHost(connecting, h)
		}()
	}
	wg.Wait()
	for i, h := range hosts {
		if errs[i] != nil && r.c.interrupting() {
			h.state = hostDone
			continue
		}
		if errs[i] != nil {
			return errs[i]
		}
		if r.c.peers[h.name] != h.peer {
			r.c.peers[h.name] = h.peer
			go h.peer.listen(ctx, r.c.inbox)
		}
	}
	return nil
}

func (r *playRun) startHost(ctx context.Context, h *hostRun) error {
	if r.c.interrupting() {
		return ErrInterrupted
	}
	s, err := r.c.opt.Linker.Batch(r.number, h.name, r.batch)
	if err != nil {
		return err
	}
	s.Batch.Code.Settings.Waits = r.waits()
	h.told = r.lost()
	s.Batch.Host.Lost = *h.told
	route := s.Batch.Host.Route.V
	if h.peer != nil && !value.Same(h.peer.route, route) {
		h.peer.close()
		h.peer = nil
	}
	if h.peer == nil {
		if h.peer, err = r.c.dial(ctx, h.name); err != nil {
			return err
		}
		h.peer.route = route
	}
	if err := h.peer.start(s.Batch, s.Blobs); err != nil {
		m, _ := r.c.opt.Memory.Vars(h.name, nil)
		s.Batch.Host.Set, s.Batch.Host.Facts = ir.Val{V: m.Set}, ir.Val{V: m.Facts}
		h.peer, err = r.c.newPeer(h.name, r.c.opt.Dialer.Dead(h.name, &Unreachable{Msg: lostMessage(err)}))
		if err != nil {
			return err
		}
		return h.peer.start(s.Batch, s.Blobs)
	}
	return nil
}

// dial connects to a host. One that cannot be reached gets an agent that says so for every task
// that needs it.
func (c *Controller) dial(ctx context.Context, host string) (*peer, error) {
	if c.opt.Detached {
		return c.newPeer(host, c.opt.Dialer.Dead(host, &Unreachable{Msg: "the run is detached"}))
	}
	rw, err := c.opt.Dialer.Dial(ctx, host)
	var u *Unreachable
	if err != nil && ctx.Err() != nil {
		return nil, ErrInterrupted
	}
	if errors.As(err, &u) {
		rw, err = c.opt.Dialer.Dead(host, u), nil
	}
	if err != nil {
		return nil, err
	}
	return c.newPeer(host, rw)
}

// take deals with one message.
func (r *playRun) take(ctx context.Context, m message) error {
	if m.answer != nil {
		return r.undebugged(ctx, m.answer)
	}
	h := r.byName[m.p.host]
	if h == nil || h.peer != m.p || h.state == hostDone {
		m.p.taken(m.size)
		if m.err == nil {
			m.p.fail(fmt.Errorf("%w: it went on after the end of its play", errLies))
		}
		return nil
	}
	err := m.err
	switch {
	case m.event != nil:
		err = r.check(h, m.event, m.size)
	case m.need != nil:
		err = r.checkNeed(h, m.need)
	}
	switch {
	case err != nil:
		m.p.taken(m.size)
		m.p.fail(err)
		r.lose(h, err)
	case m.event != nil:
		r.event(h, m.event, m.size)
	case m.need.Ask == event.Barrier && askOf(m.need).unreachable:
		h.parked = m.need
		r.finish(h, &event.Event{Kind: event.Done, Outcome: event.HostUnreachable})
	case m.need.Ask == event.Barrier:
		r.enter(h, m.need.Addr)
		h.state, h.need, h.beside, h.marked = hostWaiting, m.need, m.need.Beside, m.need.Marked
	case m.need.Ask == event.Debug:
		r.enter(h, m.need.Addr)
		h.state, h.need = hostDebugging, m.need
	case m.need.Ask == event.Fragments && r.together():
		r.enter(h, m.need.Addr)
		h.state, h.need = hostAsking, m.need
	default:
		r.answer(ctx, h, m.need)
	}
	r.advance(ctx)
	return r.fatal
}

// event keeps what an event says and shows it when its turn has come.
func (r *playRun) event(h *hostRun, e *event.Event, size int) {
	r.enter(h, e.Addr)
	r.follow(h, e)
	switch e.Kind {
	case event.Started:
		h.last, h.trouble, h.sheltered, h.beside = e, trouble{}, e.Sheltered, nil
		if e.Beside != nil && e.Beside.Compare(r.round.addr) == 0 {
			h.mated, h.mates = e.Addr, e.Beside
		}
	case event.Finished:
		if h.last != nil && h.last.Task == e.Task {
			h.last = e
		}
		r.note(h, e)
		r.remember(h, e)
	case event.Meta:
		h.trouble = trouble{}
		if e.Name == "end_host" && e.Status != event.Skipped {
			r.remove(h.name)
		}
		if r.round.leads(h, e) {
			r.round.result = e
		}
		if e.Name == "refresh_inventory" {
			r.forgetHandlers(h)
		}
		if e.Name == "clear_facts" && e.Status != event.Skipped {
			r.forgetFacts(h, e.Addr)
		}
	case event.Done:
		r.finish(h, e)
	}
	if r.together() && e.Kind != event.Done {
		h.queue = append(h.queue, queued{e, size})
		return
	}
	if r.debugged != nil && e.Kind != event.Done {
		r.late = append(r.late, late{h, queued{e, size}})
		return
	}
	r.show(h, e)
	h.peer.taken(size)
	if e.Kind == event.Done {
		r.alone(h)
	}
}

// forgetHandlers has all hosts forget the handlers that are marked for them, but one that has done so: see machine's forgetHandlers.
func (r *playRun) forgetHandlers(but *hostRun) {
	for _, h := range r.hosts {
		h.forget = r.together() && h != but
	}
}

// forgetFacts clears the facts of a host; hosts that run together have one of them clear those of all.
func (r *playRun) forgetFacts(h *hostRun, at ir.Address) {
	hosts := []*hostRun{h}
	if r.together() {
		hosts = r.hosts
	}
	for _, h := range hosts {
		r.c.opt.Memory.change(h.name, at, func(m *machine.Host) { m.Facts = value.NewDict() })
		r.c.opt.Memory.forget(h.name)
	}
}

// remember keeps the variables a task leaves, on the hosts that it leaves them on.
func (r *playRun) remember(h *hostRun, e *event.Event) {
	t, _ := r.c.opt.Linker.Task(r.number, cmp.Or(e.As, e.Task))
	if t == nil {
		return
	}
	r.c.opt.Memory.change(h.name, e.Addr, func(m *machine.Host) { m.Store(t, e) })
	for name, facts := range machine.Facts(t, e) {
		if name == "" || name == h.name {
			r.c.opt.Memory.save(h.name, facts)
			continue
		}
		r.c.opt.Memory.change(name, e.Addr, func(m *machine.Host) { m.StoreFacts(facts) })
		r.c.opt.Memory.save(name, facts)
		if other := r.byName[name]; other != nil {
			other.facts = append(other.facts, facts.V...)
		}
	}
	if r.round.leads(h, e) {
		r.round.result = e
	}
}

// finish takes a host out of the play.
func (r *playRun) finish(h *hostRun, e *event.Event) {
	h.state, h.outcome, h.below, h.marked = hostDone, e.Outcome, e.Below, e.Marked
	r.c.opt.Memory.finish(h.name)
	switch e.Outcome {
	case event.HostFailed:
		if e.Flags.AnyErrorsFatal { // in a flush or another meta task
			h.trouble = trouble{failed: true, fatal: true}
		}
		r.down[h.name] = true
		r.c.failed[h.name] = true
		if h.flush = e.Flush; h.trouble.failed && !h.flushes() {
			r.fail(h.name)
		}
	case event.HostUnreachable:
		if !h.cleared {
			r.c.unreachable[h.name] = true
		}
		if e.Name != "" {
			r.unreachableResult(h, e.Name)
		}
	}
}

// lose takes out a host whose session has ended: it is unreachable where it was.
func (r *playRun) lose(h *hostRun, err error) {
	h.state, h.outcome = hostDone, event.HostUnreachable
	r.c.live(callback.Doing{Host: h.name, Gone: true})
	r.c.opt.Memory.finish(h.name)
	r.c.unreachable[h.name] = true
	r.unreachableResult(h, lostMessage(err))
	if !r.together() {
		r.alone(h)
	}
}

func lostMessage(err error) string {
	return "Data could not be sent to remote host: the connection was lost: " + err.Error()
}

// unreachableResult shows that a host was lost, as the result of the task it was running.
func (r *playRun) unreachableResult(h *hostRun, msg string) {
	e := &event.Event{Kind: event.Finished, Status: event.Unreachable,
		Result: ir.Val{V: value.DictOf("unreachable", true, "msg", msg, "changed", false)}}
	if h.last != nil {
		e.Task, e.Addr, e.Flags, e.Handler = h.last.Task, h.last.Addr, h.last.Flags, h.last.Handler
	}
	if d := r.round; d.leader == h && e.Addr.Compare(d.ledAt) < 0 { // it was to run a task for all, and has not begun it
		e.Task, e.Addr = d.ledTask, d.ledAt
	}
	r.note(h, e)
	if r.together() {
		h.queue = append(h.queue, queued{e: e})
		return
	}
	r.show(h, e)
}

// answer answers a need that concerns one host alone, beside the loop.
func (r *playRun) answer(ctx context.Context, h *hostRun, n *event.Need) {
	if n.Ask == event.PlayHosts {
		r.reply(h, n, &event.Answer{Lost: r.lost()})
		return
	}
	if n.Ask == event.Inventory && n.Name == "" || n.Ask == event.Fragments {
		r.reply(h, n, r.decide(ctx, h, n))
		return
	}
	go func() {
		var a *event.Answer
		if n.Ask == event.Delegate {
			a = r.c.delegate(ctx, r.number, h.name, n)
		} else {
			a = r.c.opt.Linker.Answer(ctx, r.number, h.name, n)
		}
		if a.Open != "" {
			r.strict.Store(true)
		}
		r.reply(h, n, a)
	}()
}

// decide answers what must be answered in order: inventory changes, and the files of an include.
func (r *playRun) decide(ctx context.Context, h *hostRun, n *event.Need) *event.Answer {
	if n.Ask == event.Inventory {
		return r.c.opt.Linker.Answer(ctx, r.number, h.name, n)
	}
	return r.bring([]asking{{h, n}})[0]
}

func (r *playRun) reply(h *hostRun, n *event.Need, a *event.Answer) {
	a.ID = n.ID
	h.peer.answered()
	// A host that is gone is told so by its reader.
	_ = h.peer.send(event.KindAnswer, a)
}

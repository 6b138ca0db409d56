package controller

import (
	"context"
	"slices"
	"sync"

	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/machine"
)

// Memory is what the controller knows of the hosts: the variables that tasks have left on them. While hosts of a play run at their
// own speed it keeps what tasks left beside where they were, so that it can tell what a host had when it came to some place: a
// reader on another host sees that of its own place in the program, however far the other has come meanwhile.
type Memory struct {
	mu    sync.Mutex
	hosts map[string]*remembered
	// moved is closed when a host has come further; nil when nobody waits for that.
	moved chan struct{}
	// Keeper keeps facts between runs; nil keeps none. To be set before anything else.
	Keeper Keeper
	// MergeHashes is hash_behaviour=merge. To be set before anything else.
	MergeHashes bool
}

// Keeper keeps the facts of hosts between runs. Its methods are called one at a time.
type Keeper interface {
	// Load returns the facts of a host, nil for none.
	Load(host string) *value.Dict
	// Save keeps the facts of a host in the place of older ones; an empty dictionary forgets them.
	Save(host string, facts *value.Dict)
}

// remembered is what is known of one host.
type remembered struct {
	// base is what nobody reads past any more, later the changes since, in the order of their addresses.
	base  *machine.Host
	later []change
	// shot is base with the first changes of later, for readers; nil when it has to be made.
	shot    *machine.Host
	changes int
	// at is where the host is while it runs beside others: it has nothing to do before that. Nil is everywhere.
	at ir.Address
	// done says that the host has nothing more to do in the play, whose other hosts may still read what it had before.
	done bool
}

// change is what one task left.
type change struct {
	at   ir.Address
	make func(*machine.Host)
}

// NewMemory returns an empty memory.
func NewMemory() *Memory {
	return &Memory{hosts: map[string]*remembered{}}
}

func (m *Memory) host(name string) *remembered {
	r := m.hosts[name]
	if r == nil {
		r = &remembered{base: machine.NewHost(name)}
		r.base.MergeHashes = m.MergeHashes
		m.hosts[name] = r
		if m.Keeper != nil {
			r.base.Facts.Update(m.Keeper.Load(name))
		}
	}
	return r
}

// Recall has the keeper load what it has of a host.
func (m *Memory) Recall(host string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.host(host)
}

// Vars returns what tasks have left on a host before an address: registered results and set_fact, include_vars, and facts. They
// must not be changed. A nil address is now. It says whether the host has come there: else the answer may change.
func (m *Memory) Vars(host string, before ir.Address) (vars *machine.Host, there bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.host(host)
	return r.before(before), r.has(before)
}

// has says whether nothing more comes from before an address.
func (r *remembered) has(before ir.Address) bool {
	return before == nil || r.done || r.at == nil || r.at.Compare(before) >= 0
}

func (r *remembered) before(at ir.Address) *machine.Host {
	n := len(r.later)
	for at != nil && n > 0 && r.later[n-1].at.Compare(at) >= 0 {
		n--
	}
	if r.shot == nil || r.changes != n {
		h := &machine.Host{Name: r.base.Name, Facts: r.base.Facts.Copy(), Set: r.base.Set.Copy(), Included: r.base.Included.Copy(), MergeHashes: r.base.MergeHashes}
		for _, c := range r.later[:n] {
			c.make(h)
		}
		r.shot, r.changes = h, n
	}
	return r.shot
}

// Await waits until a host has come to an address, or is gone from the play.
func (m *Memory) Await(ctx context.Context, host string, at ir.Address) error {
	for {
		m.mu.Lock()
		there := m.host(host).has(at)
		if m.moved == nil {
			m.moved = make(chan struct{})
		}
		moved := m.moved
		m.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// enter says where a host is: nothing comes from before that any more. Nil takes it out of the play.
func (m *Memory) enter(host string, at ir.Address) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.host(host)
	if r.at, r.done = at, false; at == nil {
		r.settle(nil)
	}
	m.wake()
}

// finish says that a host has nothing more to do in the play.
func (m *Memory) finish(host string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.host(host).done = true
	m.wake()
}

// wake has those look again who wait for a host.
func (m *Memory) wake() {
	if m.moved != nil {
		close(m.moved)
		m.moved = nil
	}
}

// change keeps what a task left on a host. The function is called for every copy of the host's variables that is made.
func (m *Memory) change(host string, at ir.Address, f func(*machine.Host)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.host(host)
	if r.at == nil {
		r.settle(nil)
		f(r.base)
		r.shot = nil
		return
	}
	i := len(r.later)
	for i > 0 && r.later[i-1].at.Compare(at) > 0 {
		i--
	}
	r.later = slices.Insert(r.later, i, change{at, f})
	if i < r.changes {
		r.shot = nil
	}
}

// settle makes base what the host had before an address, nil for now: nobody reads past that any more.
func (m *Memory) settle(host string, before ir.Address) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.hosts[host]; r != nil {
		r.settle(before)
	}
}

func (r *remembered) settle(before ir.Address) {
	n := 0
	for n < len(r.later) && (before == nil || r.later[n].at.Compare(before) < 0) {
		r.later[n].make(r.base)
		n++
	}
	if n == 0 {
		return
	}
	r.later = slices.Delete(r.later, 0, n)
	if r.changes -= n; r.changes < 0 {
		r.shot, r.changes = nil, 0
	}
}

// save has the keeper keep the facts of a host, when what a task left has changed them.
func (m *Memory) save(host string, left *value.List) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Keeper != nil && machine.Lasting(left) {
		m.Keeper.Save(host, m.host(host).before(nil).Facts)
	}
}

// forget has the keeper forget a host.
func (m *Memory) forget(host string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Keeper != nil {
		m.Keeper.Save(host, value.NewDict())
	}
}

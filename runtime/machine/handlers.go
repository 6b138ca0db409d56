package machine

import (
	"context"
	"slices"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// This file finds the handlers that tasks notify, and runs them.
//
// Dialect classic marks handlers when they are notified. Dialect tagged keeps the notifications and looks for their handlers
// when these are flushed, so that what was defined meanwhile counts; only a handler that notifies is served at once.

// runHandlersFor notifies the handlers that the task names, when it changed something.
func (x *taskRun) runHandlersFor(status event.Status) error {
	if len(x.notify) == 0 || status != event.Changed {
		return nil
	}
	for _, name := range x.notify {
		if err := x.notifyHandler(name); err != nil {
			return err
		}
	}
	return nil
}

func (x *taskRun) notifyHandler(name string) error {
	found := x.m.handlersOf(x, name)
	switch {
	case len(found) == 0:
		return x.noHandler(name)
	case x.m.newer && !x.m.flushing:
		x.m.notices.add(name)
		return x.m.tell(x, "Notification for handler "+name+" has been saved.")
	}
	return x.mark(found)
}

// noHandler is what becomes of a notification that no handler answers to.
func (x *taskRun) noHandler(name string) error {
	msg := "The requested handler '" + name + "' was not found in either the main handlers list nor in the listening handlers list"
	if x.m.code.Settings.MissingHandler {
		return x.m.abort(x, msg)
	}
	x.warn(msg)
	return nil
}

// mark has the handlers at these places of the list run by the next flush.
func (x *taskRun) mark(found []int) error {
	for _, i := range found {
		if x.m.notified[x.m.handlerKey(i)] {
			continue
		}
		x.m.notified[x.m.handlerKey(i)] = true
		t := x.m.handlers[i].Task
		h := x.m.begin(x.ctx, t, x.addr)
		if err := x.m.up.Emit(&event.Event{Kind: event.Notified, Addr: x.addr, Task: t, Name: h.fullName(h.handlerName())}); err != nil {
			return err
		}
	}
	return nil
}

// handlerKey says which handlers are one: the handler of a role that stands in the list twice is, to dialect classic.
func (m *Machine) handlerKey(i int) int {
	if m.newer {
		return i
	}
	return m.handlers[i].Task
}

// notices are notifications whose handlers are looked for by the next flush, each once, in order.
type notices []string

func (n *notices) add(name string) {
	if !slices.Contains(*n, name) {
		*n = append(*n, name)
	}
}

// handlersOf finds the handlers of a notification: that of this name, and those that listen to it. To dialect tagged several
// listeners of one name are one, the first in the last list.
func (m *Machine) handlersOf(x *taskRun, name string) []int {
	var out []int
	if i := m.handlerNamed(x, name); i >= 0 {
		out = append(out, i)
	}
	if !m.newer {
		for i := range m.handlers {
			if m.handlerListens(i, name) {
				out = append(out, i)
			}
		}
		return out
	}
	seen := map[string]bool{}
	for _, i := range m.lastListFirst() {
		if !m.handlerListens(i, name) {
			continue
		}
		own := m.begin(x.ctx, m.handlers[i].Task, x.addr).handlerName()
		if own != "" && seen[own] {
			continue
		}
		seen[own] = true
		out = append(out, i)
	}
	return out
}

// lastListFirst are the places of the handlers, those of the last list first.
func (m *Machine) lastListFirst() []int {
	var out []int
	end := len(m.handlers)
	for first := end - 1; first >= 0; first-- {
		if !m.handlers[first].First {
			continue
		}
		for i := first; i < end; i++ {
			out = append(out, i)
		}
		end = first
	}
	return out
}

// handlerNamed finds the handler of that name, -1 for none: of several the first in the last list.
func (m *Machine) handlerNamed(x *taskRun, name string) int {
	for _, i := range m.lastListFirst() {
		if m.handlerIs(x, i, name) {
			return i
		}
	}
	return -1
}

func (m *Machine) handlerIs(x *taskRun, i int, name string) bool {
	number := m.handlers[i].Task
	t := m.tasks[number]
	if m.excluded[number] || !t.Named() {
		return false
	}
	h := m.begin(x.ctx, number, x.addr)
	own, err := h.sharedName()
	if err != nil {
		if len(t.Listen) == 0 {
			x.warn("Handler '" + h.writtenName() + "' is unusable because it has no listen topics and the name could not be templated " +
				"(host-specific variables are not supported in handler names). The error: " + err.Error())
		}
		return false
	}
	return own == name || m.ofRole(t, own, name)
}

// ofRole says whether a notification means a name or topic of a handler by the role that the handler is of.
func (m *Machine) ofRole(t *ir.Task, own, notified string) bool {
	r := m.roles[t.Role]
	if t.Role < 0 || r == nil {
		return false
	}
	return notified == r.Name+" : "+own || notified == r.ShortName()+" : "+own
}

// sharedName renders the name of a handler without the variables of the host.
func (x *taskRun) sharedName() (string, error) {
	x.vars.hostless = true
	defer func() { x.vars.hostless = false }()
	v, err := x.eval().Value(x.t.Name.V)
	if err != nil {
		return "", err
	}
	return value.ToStr(v)
}

// handlerName is the name of a handler once it has been looked for: rendered, if it can be without the
// host.
func (x *taskRun) handlerName() string {
	if x.t.Named() {
		if s, err := x.sharedName(); err == nil {
			return s
		}
	}
	return x.writtenName()
}

// handlerListens says whether a handler listens to a topic. Topics are compared as they are written: Ansible renders no listen.
func (m *Machine) handlerListens(i int, topic string) bool {
	number := m.handlers[i].Task
	if m.excluded[number] {
		return false
	}
	for _, l := range m.tasks[number].Listen {
		for _, written := range elements(l.V) {
			if t, ok := written.(*value.Tmpl); ok {
				written = t.Src
			}
			if s, _ := value.ToStr(written); s == topic || m.newer && m.ofRole(m.tasks[number], s, topic) {
				return true
			}
		}
	}
	return false
}

// flush runs the notified handlers in the order of their definition, each at most once.
func (m *Machine) flush(ctx context.Context, addr ir.Address) (bool, error) {
	if m.flushFailed { // older ones end the play there
		return false, errFailed
	}
	if len(m.notices) > 0 {
		if err := m.expandNotices(ctx, addr); err != nil {
			return false, err
		}
	}
	m.flushing, m.flushAt, m.flushTo, m.beside = true, addr, 0, nil
	defer func() { m.flushing, m.cut = false, false }()
	last := false
	for i := 0; i < len(m.handlers); i++ {
		m.handler = i
		at := m.nextHandler(i)
		last = m.notified[m.handlerKey(i)]
		if !last {
			m.passHandler(i, at)
			continue
		}
		if failed, err := m.runHandler(ctx, i, at); failed || err != nil {
			m.passHandlers(i+1, addr)
			m.flushFailed = failed && !m.newer
			return failed, err
		}
	}
	m.passHandlers(len(m.handlers), addr)
	m.flushed = true
	if !last {
		m.standBeside(addr)
	}
	return false, nil
}

// forgetHandlers forgets what has been marked: a host of an inventory that has been read again is none of those that the handlers know. What files that
// handlers include have left is one of their own.
//
// Observed: ansible-core 2.14 and 2.19.
func (m *Machine) forgetHandlers() {
	m.notified, m.cut = map[int]bool{}, m.flushing
}

// noteForced notes where the host flushes its handlers although it has failed.
func (m *Machine) noteForced(l *level, flush ir.Address) {
	if n := len(l.blocks); !m.newer && n > 0 && l.blocks[n-1].in.Flag && l.blocks[n-1].failed {
		m.forced = flush
	}
}

// runHandler runs the handler at a place of the list.
func (m *Machine) runHandler(ctx context.Context, i int, at ir.Address) (failed bool, err error) {
	key := m.handlerKey(i)
	t := m.handlers[i].Task
	again := m.tasks[t].Include != nil || m.newer // what notifies it from within has it run again
	if again {
		delete(m.notified, key)
	}
	m.stays = false
	switch {
	case m.tasks[t].Include != nil:
		failed, err = m.include(ctx, t, at)
	case m.tasks[t].Module == "ansible.builtin.meta":
		failed, err = m.meta(ctx, t, at)
	default:
		failed, err = m.task(ctx, t, at)
	}
	if !again && !m.stays {
		delete(m.notified, key)
	}
	return failed, err
}

// expandNotices marks the handlers of the notifications that were kept.
func (m *Machine) expandNotices(ctx context.Context, addr ir.Address) error {
	kept := m.notices
	m.notices = nil
	x := m.begin(ctx, m.handlers[0].Task, addr)
	for _, name := range kept {
		if err := x.mark(m.handlersOf(x, name)); err != nil {
			return err
		}
	}
	return nil
}

package controller

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/transport/wire"
)

// hostile is a fleet of which the host b is hostile: it runs its first task as the others do, and does something else in its second.
type hostile struct {
	fleet
	attack func(a *attacker)
}

// attacker is what an attack has at hand.
type attacker struct {
	*actor
	raw  io.ReadWriteCloser // the connection below the session
	sess *wire.Session
	w    *wire.Stream // the stream of the session
}

// Task implements Linker: there are two tasks.
func (f *hostile) Task(n, task int) (*ir.Task, *ir.Role) {
	if task < 0 || task > 1 {
		return nil, nil
	}
	return f.fleet.Task(n, task)
}

// Dial implements Dialer.
func (f *hostile) Dial(ctx context.Context, host string) (io.ReadWriteCloser, error) {
	if host != "b" {
		return f.fleet.Dial(ctx, host)
	}
	near, far := net.Pipe()
	go f.serve(far)
	return near, nil
}

// MayAsk and MayTell implement Gate: a name is forbidden.
func (f *hostile) MayAsk(_ int, _ string, n *event.Need) error { return forbidden(n.Name) }

func (f *hostile) MayTell(_ int, _ string, e *event.Event) error { return forbidden(e.Name) }

func forbidden(name string) error {
	if name == "forbidden" {
		return errors.New(name)
	}
	return nil
}

func (f *hostile) serve(raw io.ReadWriteCloser) {
	sess := wire.Server(raw, wire.Options{})
	defer sess.Close()
	stream, err := sess.Accept()
	if err != nil {
		return
	}
	a := &attacker{actor: &actor{f: &f.fleet, host: "b", frames: wire.NewFrames(stream)}, raw: raw, sess: sess, w: stream}
	a.send(event.KindHello, &event.Hello{Version: ir.FormatVersion})
	if _, err := a.frames.ReadFrame(); err != nil {
		return
	}
	a.task(0, "ok")
	a.ask(1, "ok")
	a.event(&event.Event{Kind: event.Started, Addr: ir.Address{1}, Task: 1})
	f.attack(a)
	<-sess.Done()
}

func (a *attacker) event(e *event.Event) { a.send(event.KindEvent, e) }
func (a *attacker) need(n *event.Need)   { a.send(event.KindNeed, n) }

func (a *attacker) bytes(b []byte) { _, _ = a.w.Write(b) }

func finished(task int) *event.Event {
	return &event.Event{Kind: event.Finished, Addr: ir.Address{task}, Task: task, Result: ir.Val{V: value.NewDict()}}
}

func frame(length int, payload string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(length)), payload...)
}

// patience is what a host has to read and to answer in: much for a pipe, and little to wait for.
const patience = time.Second

// TestHostileHost has one of three hosts do what no agent does: it is unreachable then, and the others come to their end.
func TestHostileHost(t *testing.T) {
	for _, c := range []struct {
		name   string
		attack func(a *attacker)
		why    string // part of the message
	}{
		{"closes the connection", func(a *attacker) { a.raw.Close() }, "connection closed by peer"},
		{"closes its end of the stream", func(a *attacker) { a.w.CloseWrite() }, "EOF"},
		{"is silent", func(a *attacker) { a.raw.(net.Conn).SetDeadline(time.Unix(0, 1)); <-a.sess.Done() }, ""},
		{"a frame that is no message", func(a *attacker) { a.bytes(frame(4, "junk")) }, "is not a message"},
		{"a message of no kind", func(a *attacker) { a.send(99, &event.Event{}) }, "unknown message of kind 99"},
		{"a body that is none", func(a *attacker) { a.bytes(frame(4, "\x92\x01\xc1\xc1")) }, ""},
		{"a list longer than memory", func(a *attacker) { a.bytes(frame(8, "\x92\x01\xdd\xff\xff\xff\xff\x00")) }, ""},
		{"a huge frame", func(a *attacker) { a.bytes(frame(1<<31, "")) }, "frame too long"},
		{"an endless frame", func(a *attacker) {
			a.bytes(frame(wire.MaxFrame+1, ""))
			for _, err := a.w.Write(make([]byte, 1<<20)); err == nil; _, err = a.w.Write(make([]byte, 1<<20)) {
			}
		}, "frame too long"},
		{"bytes that are no session", func(a *attacker) { _, _ = a.raw.Write(bytes.Repeat([]byte{0xff}, 64)) }, ""},
		{"nested without end", func(a *attacker) {
			a.bytes(frame(1<<20+2, "\x92\x01"+strings.Repeat("\x91", 1<<20)))
		}, ""},
		{"an unknown task", func(a *attacker) { e := finished(7); a.event(e) }, "task 7, which the play does not have"},
		{"a negative task", func(a *attacker) { e := finished(1); e.Task = -1; a.event(e) }, "task -1"},
		{"an unknown event", func(a *attacker) { a.event(&event.Event{Kind: 77}) }, "an event of kind 77"},
		{"an unknown status", func(a *attacker) { e := finished(1); e.Status = 9; a.event(e) }, "status 9"},
		{"a task again", func(a *attacker) { a.event(&event.Event{Kind: event.Started, Task: 0, Addr: ir.Address{0}}) }, "it began [0] after [1]"},
		{"the end of the play for all", func(a *attacker) {
			a.event(&event.Event{Kind: event.Meta, Name: "end_play", Task: 1, Addr: ir.Address{1}})
		}, "end_play of another task"},
		{"facts for another host", func(a *attacker) {
			e := finished(1)
			e.Flags = event.Flags{DelegateTo: "c", DelegateFacts: true}
			a.event(e)
		}, "not delegated to c"},
		{"work for another host", func(a *attacker) {
			a.need(&event.Need{ID: 9, Ask: event.Delegate, Task: 1, Addr: ir.Address{1}, Args: ir.Val{V: value.DictOf("host", "c", "route", value.NewDict(), "call", value.NewDict())}})
		}, "not delegated to c"},
		{"an error of no task", func(a *attacker) { a.event(&event.Event{Kind: event.Message, Level: "error", Name: "over"}) }, "an error of no task"},
		{"messages without end", func(a *attacker) {
			for a.sess.Err() == nil {
				a.event(&event.Event{Kind: event.Message, Level: "v", Name: "x", Addr: ir.Address{1}, Task: 1})
			}
		}, "more than 65536 messages of one task"},
		{"what the gate refuses to answer", func(a *attacker) { a.need(&event.Need{ID: 9, Ask: event.Lookup, Name: "forbidden", Task: 1}) }, "forbidden"},
		{"what the gate refuses to show", func(a *attacker) {
			a.event(&event.Event{Kind: event.Message, Level: "error", Name: "forbidden", Addr: ir.Address{1}, Task: 1})
		}, "forbidden"},
		{"an endless address", func(a *attacker) { e := finished(1); e.Addr = make(ir.Address, 1<<16); a.event(e) }, "an address of 65536 parts"},
		{"questions without end, answers unread", func(a *attacker) {
			for a.sess.Err() == nil {
				a.need(&event.Need{ID: 9, Ask: event.HostVar, Name: "x"})
			}
		}, "does not read"},
		{"answers unread", func(a *attacker) {
			for range 1 << 14 {
				a.need(&event.Need{ID: 9, Ask: event.Lookup, Name: "x"})
			}
			<-a.sess.Done()
		}, ""},
		{"goes on after its end", func(a *attacker) {
			a.event(finished(1))
			a.event(&event.Event{Kind: event.Done})
			for a.sess.Err() == nil {
				a.event(finished(1))
			}
		}, "-"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &hostile{fleet: fleet{scripts: map[string]string{"a": "ok ok", "c": "ok ok"},
				play: Play{ID: "p", Batches: [][]string{{"a", "b", "c"}}, MaxFail: -1}}, attack: c.attack}
			run := New(Options{Linker: f, Gate: f, Dialer: f, Callback: f, Memory: NewMemory(), Playbooks: []string{"site.yml"}, Starts: []int{0}, Patience: patience})
			code, err := run.Run(t.Context())
			wantCode, want := exitUnreachable, "task0: a b c task1: a b? c"
			if c.why == "-" {
				wantCode, want = exitOK, "task0: a b c task1: a b c"
			}
			if err != nil || code != wantCode {
				t.Errorf("exit code %d, error %v; want %d", code, err, wantCode)
			}
			if d := cmp.Diff(want, strings.Join(f.log, " ")); d != "" {
				t.Error(d)
			}
			if got := f.why; !strings.Contains(got, c.why) && c.why != "-" {
				t.Errorf("lost for %q, want %q", got, c.why)
			}
		})
	}
}

// TestHostileHostMemory bounds what a host can have the controller keep: of what it sends ahead of the others, and of questions.
func TestHostileHostMemory(t *testing.T) {
	big := value.DictOf("stdout", strings.Repeat("x", 64<<10))
	var most uint64
	f := &hostile{fleet: fleet{scripts: map[string]string{"a": "ok ok", "c": "ok ok"}, play: Play{ID: "p", Batches: [][]string{{"a", "b", "c"}}, MaxFail: -1}},
		attack: func(a *attacker) {
			var m runtime.MemStats
			for i := range 600 { // 38 MB of items, which are shown and forgotten
				a.event(&event.Event{Kind: event.Item, Addr: ir.Address{1}, Task: 1, Result: ir.Val{V: big}})
				if i%100 == 0 {
					runtime.GC()
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapAlloc)
				}
			}
			a.raw.Close()
		}}
	run := New(Options{Linker: f, Dialer: f, Callback: f, Memory: NewMemory(), Playbooks: []string{"site.yml"}, Starts: []int{0}, Patience: patience})
	code, err := run.Run(t.Context())
	if err != nil || code != exitUnreachable {
		t.Errorf("exit code %d, error %v; want %d", code, err, exitUnreachable)
	}
	if most > 16<<20 {
		t.Errorf("%d MB in use, want at most 16", most>>20)
	}
}

// TestShownOf counts up to what is one too many.
func TestShownOf(t *testing.T) {
	item, message, started := &event.Event{Kind: event.Item}, &event.Event{Kind: event.Message}, &event.Event{Kind: event.Started}
	for _, c := range []struct {
		name string
		s    shownOf
		e    *event.Event
		size int
		lies bool
	}{
		{"the last message", shownOf{messages: maxMessages - 1}, message, 1, false},
		{"a message more", shownOf{messages: maxMessages}, message, 1, true},
		{"a result after many messages", shownOf{messages: maxMessages}, item, 1, false},
		{"a result more", shownOf{results: maxResults}, item, 1, true},
		{"the last bytes", shownOf{bytes: maxShown - 9}, item, 9, false},
		{"a byte more", shownOf{bytes: maxShown - 9}, item, 10, true},
		{"another task", shownOf{messages: maxMessages, results: maxResults, bytes: maxShown}, started, 1, false},
		{"a task more", shownOf{tasks: maxBegun}, started, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.s.more(c.e, c.size); errors.Is(err, errLies) != c.lies {
				t.Errorf("got %v", err)
			}
		})
	}
}

package controller

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vmihailenco/msgpack/v5"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/transport/wire"
)

// fleet is a play, its hosts and the agents of them, each of which follows its script: a word for each
// task, "ok", "bad", "once" (run_once), "throttle", "die" (the connection ends), "leave" (the same of a run_once, before it begins), "junk" (no
// message), "skip" (the host does not come there).
type fleet struct {
	play    Play
	scripts map[string]string
	fatal   bool // any_errors_fatal

	mu      sync.Mutex
	log     []string // what the screen shows
	why     string   // a host is unreachable
	applied []string // hosts that took another's result
	running int
	most    int // the most tasks that ran at the same time
}

// Plays and the rest implement Linker.
func (f *fleet) Plays() int              { return 1 }
func (f *fleet) Play(int) (*Play, error) { return &f.play, nil }
func (f *fleet) Task(_, task int) (*ir.Task, *ir.Role) {
	return &ir.Task{Name: ir.Val{V: fmt.Sprint("task", task)}, Action: "a", Role: -1}, nil
}
func (f *fleet) Batch(_ int, host string, _ []string) (*Shipment, error) {
	return &Shipment{Batch: &ir.Batch{Version: ir.FormatVersion, Code: &ir.Code{}, Host: ir.HostPart{Name: host}}}, nil
}
func (f *fleet) Include(int, int, []string, *value.Dict) ([]ir.Extension, error) {
	return nil, fmt.Errorf("nothing to include")
}
func (f *fleet) Answer(context.Context, int, string, *event.Need) *event.Answer {
	return &event.Answer{Error: "nothing to answer"}
}

// Dial and the rest implement Dialer.
func (f *fleet) Dial(_ context.Context, host string) (io.ReadWriteCloser, error) {
	near, far := net.Pipe()
	go f.agent(host, far)
	return near, nil
}
func (f *fleet) DialTask(context.Context, string, *value.Dict) (io.ReadWriteCloser, error) {
	return nil, fmt.Errorf("nothing is delegated")
}
func (f *fleet) Dead(string, *Unreachable) io.ReadWriteCloser { panic("every host can be reached") }

// Handle and Close implement callback.Callback.
func (f *fleet) Handle(e callback.Event) {
	switch e := e.(type) {
	case callback.TaskStart:
		f.log = append(f.log, e.Task.Name+":")
	case callback.Result:
		if e.Status == callback.Unreachable {
			msg, _ := e.Result.GetStr("msg")
			f.why, _ = value.Text(msg)
		}
		f.log = append(f.log, e.Host+[...]string{"", "!", "-", "?"}[e.Status])
	case callback.NoHostsRemaining:
		f.log = append(f.log, "none left")
	}
}
func (f *fleet) Close() error { return nil }

func (f *fleet) count(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running += n
	f.most = max(f.most, f.running)
}

// agent plays the script of a host.
func (f *fleet) agent(host string, rw io.ReadWriteCloser) {
	sess := wire.Server(rw, wire.Options{})
	defer sess.Close()
	stream, err := sess.Accept()
	if err != nil {
		return
	}
	a := &actor{f: f, host: host, frames: wire.NewFrames(stream)}
	a.send(event.KindHello, &event.Hello{Version: ir.FormatVersion})
	if _, err := a.frames.ReadFrame(); err != nil {
		return
	}
	outcome := event.Completed
	for i, word := range strings.Fields(f.scripts[host]) {
		if word == "skip" {
			continue
		}
		if outcome = a.task(i, word); outcome != event.Completed {
			break
		}
	}
	if outcome != event.HostUnreachable {
		a.send(event.KindEvent, &event.Event{Kind: event.Done, Outcome: outcome})
		<-sess.Done()
	}
}

type actor struct {
	f      *fleet
	host   string
	frames *wire.Frames
}

func (a *actor) send(kind uint8, body any) {
	if b, err := event.Encode(kind, body); err == nil && a.frames.WriteFrame(b) == nil {
		_ = a.frames.Flush()
	}
}

// ask waits at the barrier of a task.
func (a *actor) ask(i int, word string) (answer event.Answer) {
	args := value.DictOf("run_once", word == "once" || word == "leave", "throttle", int64(strings.Count(word, "throttle")))
	a.send(event.KindNeed, &event.Need{ID: uint32(i + 1), Ask: event.Barrier, Addr: ir.Address{i}, Task: i, Args: ir.Val{V: args}, Open: true})
	b, err := a.frames.ReadFrame()
	if err == nil {
		_, b, err = event.Open(b)
	}
	if err != nil || msgpack.Unmarshal(b, &answer) != nil {
		answer.Go = event.End
	}
	return answer
}

// task runs a task as its word says. HostUnreachable ends the session.
func (a *actor) task(i int, word string) event.Outcome {
	switch answer := a.ask(i, word); answer.Go {
	case event.End:
		return event.HostEnded
	case event.Apply:
		a.f.mu.Lock()
		a.f.applied = append(a.f.applied, a.host)
		a.f.mu.Unlock()
		return event.Completed
	}
	if word == "leave" {
		return event.HostUnreachable
	}
	a.f.count(1)
	a.send(event.KindEvent, &event.Event{Kind: event.Started, Addr: ir.Address{i}, Task: i})
	switch word {
	case "die":
		return event.HostUnreachable
	case "junk":
		if a.frames.WriteFrame([]byte("junk")) == nil && a.frames.Flush() == nil {
			_, _ = a.frames.ReadFrame() // until the controller hangs up
		}
		return event.HostUnreachable
	}
	e := &event.Event{Kind: event.Finished, Addr: ir.Address{i}, Task: i, Result: ir.Val{V: value.NewDict()}}
	e.Flags.RunOnce, e.Flags.AnyErrorsFatal = word == "once", a.f.fatal
	if word == "bad" {
		e.Status = event.Failed
	}
	a.f.count(-1)
	a.send(event.KindEvent, e)
	if word == "bad" {
		return event.HostFailed
	}
	return event.Completed
}

func TestPlay(t *testing.T) {
	for _, c := range []struct {
		name     string
		a, b, c  string
		fatal    bool
		maxFail  float64
		forks    int
		want     string
		code     int
		parallel int // no more tasks than this at the same time, 0 for any
		applied  int
	}{
		{name: "in step, in the order of the play", a: "ok ok", b: "ok ok", c: "ok ok", want: "task0: a b c task1: a b c"},
		{name: "the lowest address first", a: "skip ok ok", b: "ok skip ok", c: "skip ok ok", want: "task0: b task1: a c task2: a b c"},
		{name: "one fails, the others go on", a: "ok ok", b: "bad ok", c: "ok ok", want: "task0: a b! c task1: a c", code: 2},
		{name: "any_errors_fatal ends the round", a: "ok ok", b: "bad ok", c: "ok ok", fatal: true, want: "task0: a b! c none left", code: 2},
		{name: "max_fail_percentage passed", a: "ok ok", b: "bad ok", c: "ok ok", maxFail: 30, want: "task0: a b! c none left none left", code: 2},
		{name: "max_fail_percentage kept", a: "ok ok", b: "bad ok", c: "ok ok", maxFail: 34, want: "task0: a b! c task1: a c", code: 2},
		{name: "run_once", a: "once ok", b: "once ok", c: "once ok", want: "task0: a task1: a b c", applied: 2},
		{name: "run_once by the first that is there", a: "bad", b: "ok once", c: "ok once", want: "task0: a! b c task1: b", code: 2, applied: 1},
		{name: "run_once, lost before it begins", a: "leave ok", b: "once ok", c: "once ok", want: "task0: a? none left", code: 2, applied: 2},
		{name: "run_once, lost before it begins its second task", a: "ok leave ok", b: "ok once ok", c: "ok once ok", want: "task0: a b c a? none left", code: 2, applied: 2},
		{name: "throttle", a: "throttle", b: "throttle", c: "throttle", want: "task0: a b c", parallel: 1},
		{name: "forks", a: "ok ok", b: "ok ok", c: "ok ok", forks: 1, want: "task0: a b c task1: a b c", parallel: 1},
		{name: "a connection ends", a: "ok ok", b: "die", c: "ok ok", want: "task0: a b? c task1: a c", code: 4},
		{name: "a host sends junk", a: "ok ok", b: "junk", c: "ok ok", want: "task0: a b? c task1: a c", code: 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fleet{scripts: map[string]string{"a": c.a, "b": c.b, "c": c.c},
				play: Play{ID: "p", Batches: [][]string{{"a", "b", "c"}}, MaxFail: c.maxFail}, fatal: c.fatal}
			if c.maxFail == 0 {
				f.play.MaxFail = -1
			}
			run := New(Options{Linker: f, Dialer: f, Callback: f, Memory: NewMemory(), Forks: c.forks, Playbooks: []string{"site.yml"}, Starts: []int{0}})
			code, err := run.Run(context.Background())
			if err != nil || code != c.code {
				t.Errorf("exit code %d, error %v; want %d", code, err, c.code)
			}
			if d := cmp.Diff(c.want, strings.Join(f.log, " ")); d != "" {
				t.Error(d)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if c.parallel > 0 && f.most > c.parallel {
				t.Errorf("%d tasks at the same time, want at most %d", f.most, c.parallel)
			}
			if len(f.applied) != c.applied {
				t.Errorf("%v took the result of another, want %d hosts", f.applied, c.applied)
			}
		})
	}
}

// Package agent is the process on a host: it takes batches from a controller, runs them, and serves
// single module calls. The same code runs inside pbc for local connections, over a pipe.
//
// Vocabulary: the upstream is whoever opened the session, a controller or the agent of another user;
// a hop is an agent of another user on the same host, started by sudo or its like.
//
// Invariants: one batch runs at a time; a message from upstream is decoded with bounds; when the
// session ends, so does everything that was started in it.
package agent

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/machine"
	"pbc/runtime/module"
	"pbc/transport/wire"
)

// Options configure an agent. The zero Options serve with the built-in modules and no hops.
type Options struct {
	// Digest names the program that serves, for the controller's check.
	Digest string
	// Hop starts an agent of another user and returns the stream to it. Nil refuses to change user.
	Hop func(ctx context.Context, b machine.Become) (io.ReadWriteCloser, error)
	// Local says that the agent runs inside the controller.
	Local bool
	// Hopped says that the agent is that of a user whom a task became.
	Hopped bool
	// Unreachable, when not empty, makes every module fail as on a host that cannot be reached: the
	// tasks that need no host still run.
	Unreachable string
	// Refused makes that an error of the connection, which fails the task.
	Refused bool
	// Modules, when not nil, runs modules in the place of those that the agent has: for tests of what is around them.
	Modules func(ctx context.Context, c *module.Call) *value.Dict
}

// flushAfter is how long an event may wait for company before it is sent.
const flushAfter = 4 * time.Millisecond

// maxBatch bounds a batch in bytes, decompressed.
const maxBatch = 256 << 20

// server is one session of an agent.
type server struct {
	host   *machine.Host // of the latest batch
	opt    Options
	frames *wire.Frames
	ctx    context.Context
	cancel context.CancelFunc
	runner *runner

	mu      sync.Mutex
	waiting map[uint32]chan *event.Answer
	lastID  uint32
	pending bool // a flush is due
	blobs   map[string][]byte
	running sync.WaitGroup
	// stop is closed when the batch is to begin no more tasks.
	stop     chan struct{}
	stopOnce sync.Once
}

// Serve runs an agent until the stream ends. It returns nil when the other side closed it.
func Serve(rw io.ReadWriteCloser, opt Options) error {
	sess := wire.Server(rw, wire.Options{})
	defer sess.Close()
	stream, err := sess.Accept()
	if err != nil {
		return quiet(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &server{opt: opt, frames: wire.NewFrames(stream), ctx: ctx, cancel: cancel,
		waiting: map[uint32]chan *event.Answer{}, blobs: map[string][]byte{}, stop: make(chan struct{})}
	s.runner = newRunner(s)
	defer s.end()
	go func() {
		<-sess.Done()
		cancel()
	}()
	if err := s.hello(); err != nil {
		return quiet(err)
	}
	return quiet(s.loop())
}

func quiet(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, wire.ErrGone) || errors.Is(err, wire.ErrClosed) {
		return nil
	}
	return err
}

func (s *server) end() {
	s.cancel()
	s.running.Wait()
	s.runner.close()
}

func (s *server) hello() error {
	return s.send(event.KindHello, &event.Hello{Version: ir.FormatVersion, Digest: s.opt.Digest,
		Platform: runtime.GOOS + "/" + runtime.GOARCH, Pid: os.Getpid()}, true)
}

// send writes a message. Without now it may wait a moment for others.
func (s *server) send(kind uint8, body any, now bool) error {
	b, err := event.Encode(kind, body)
	if err != nil {
		return err
	}
	if err := s.frames.WriteFrame(b); err != nil {
		return err
	}
	if now {
		return s.frames.Flush()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.pending {
		s.pending = true
		time.AfterFunc(flushAfter, s.flush)
	}
	return nil
}

func (s *server) flush() {
	s.mu.Lock()
	s.pending = false
	s.mu.Unlock()
	if s.frames.Flush() != nil {
		s.cancel()
	}
}

// loop takes messages until the stream ends.
func (s *server) loop() error {
	for {
		b, err := s.frames.ReadFrame()
		if err != nil {
			return err
		}
		kind, body, err := event.Open(b)
		if err != nil {
			return err
		}
		if err := s.take(kind, body); err != nil {
			return err
		}
	}
}

func (s *server) take(kind uint8, body []byte) error {
	switch kind {
	case event.KindBatch:
		return s.batch(body)
	case event.KindAnswer:
		var a event.Answer
		if err := msgpack.Unmarshal(body, &a); err != nil {
			return err
		}
		s.mu.Lock()
		c := s.waiting[a.ID]
		delete(s.waiting, a.ID)
		s.mu.Unlock()
		if c != nil {
			c <- &a
		}
	case event.KindBlob:
		var b event.Blob
		if err := msgpack.Unmarshal(body, &b); err != nil {
			return err
		}
		s.mu.Lock()
		s.blobs[b.Digest] = b.Bytes
		s.mu.Unlock()
	case event.KindCall:
		var c event.Call
		if err := msgpack.Unmarshal(body, &c); err != nil {
			return err
		}
		s.running.Add(1)
		go s.call(c)
	case event.KindCancel:
		s.stopOnce.Do(func() { close(s.stop) })
	default:
		return fmt.Errorf("unknown message of kind %d", kind)
	}
	return nil
}

// batch starts a machine. The next batch may come when it has reported Done.
func (s *server) batch(body []byte) error {
	var l event.Load
	if err := msgpack.Unmarshal(body, &l); err != nil {
		return err
	}
	b, err := decodeBatch(l.Batch)
	if err != nil {
		return err
	}
	// The controller's word on the host's variables counts: tasks of other hosts may have changed them.
	host := machine.NewHost(b.Host.Name)
	host.Facts.Update(dict(b.Host.Facts.V))
	host.Set.Update(dict(b.Host.Set.V))
	host.Detached = s.host != nil && s.host.Detached // once waited for, the host stays reachable in its own way
	s.host = host
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		if err := sound(s.ctx, func() *machine.Machine { return machine.New(b, host, s, s.runner).StopAt(s.stop) }); err != nil && s.ctx.Err() == nil {
			_ = s.Emit(&event.Event{Kind: event.Done, Outcome: event.HostUnreachable, Name: err.Error()})
		}
	}()
	return nil
}

// sound makes and runs a machine and turns a panic into its error: a batch that breaks what machines rely on costs
// its host the play, not the process, which may be the controller's own.
func sound(ctx context.Context, made func() *machine.Machine) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("the batch cannot be run: " + failure.Crash(p))
		}
	}()
	return made().Run(ctx)
}

func dict(v value.Value) *value.Dict {
	d, _ := v.(*value.Dict)
	return d
}

func decodeBatch(b []byte) (*ir.Batch, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(z, maxBatch))
	if err != nil {
		return nil, err
	}
	var batch ir.Batch
	if err := msgpack.Unmarshal(raw, &batch); err != nil {
		return nil, err
	}
	if batch.Version != ir.FormatVersion {
		return nil, fmt.Errorf("batch of format %d, want %d", batch.Version, ir.FormatVersion)
	}
	if batch.Code == nil {
		return nil, errors.New("batch without code")
	}
	return &batch, nil
}

// Emit implements machine.Upstream.
func (s *server) Emit(e *event.Event) error {
	return s.send(event.KindEvent, e, e.Kind == event.Done)
}

// Ask implements machine.Upstream.
func (s *server) Ask(ctx context.Context, n *event.Need) (*event.Answer, error) {
	if n.Ask == event.FetchBlob {
		s.mu.Lock()
		b, ok := s.blobs[n.Name]
		s.mu.Unlock()
		if ok {
			return &event.Answer{Blob: b}, nil
		}
	}
	c := make(chan *event.Answer, 1)
	s.mu.Lock()
	s.lastID++
	n.ID = s.lastID
	s.waiting[n.ID] = c
	s.mu.Unlock()
	if err := s.send(event.KindNeed, n, true); err != nil {
		return nil, err
	}
	select {
	case a := <-c:
		return a, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.ctx.Done():
		return nil, s.ctx.Err()
	}
}

// call runs one module for a hop or a delegated task.
func (s *server) call(c event.Call) {
	defer s.running.Done()
	mc, b := machine.DecodeCall(dict(c.Call.V))
	mc.Blobs = &upstreamBlobs{s}
	dir, err := s.runner.TempDir(mc.RemoteBase, mc.Shell)
	res := value.DictOf("failed", true, "msg", fmt.Sprint(err))
	var lost *module.TempError
	switch elsewhere := errors.As(err, &lost); {
	case elsewhere && mc.WantsTemp && !s.opt.Hopped:
		res = lost.Result()
	case err == nil, elsewhere:
		mc.RemoteTmp = dir
		res = s.runner.Run(s.ctx, mc, b)
	}
	_ = s.send(event.KindReply, &event.Reply{ID: c.ID, Result: ir.Val{V: res}}, true)
}

// fetch returns a whole blob, and keeps it for the agents of other users.
func (s *server) fetch(ctx context.Context, digest string) ([]byte, error) {
	b, err := io.ReadAll(machine.NewBlobReader(ctx, s, digest))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blobs[digest] = b
	return b, nil
}

type upstreamBlobs struct{ s *server }

// Open implements module.Blobs.
func (u *upstreamBlobs) Open(digest string) (io.ReadCloser, error) {
	return machine.NewBlobReader(u.s.ctx, u.s, digest), nil
}

package agent

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/module"
	"pbc/transport/wire"
)

// upstream is the other end of an agent's session.
type upstream struct {
	t      *testing.T
	sess   *wire.Session
	frames *wire.Frames
	ended  chan error // what Serve returned
}

// serve starts an agent on a pipe and takes its greeting.
func serve(t *testing.T, opt Options) *upstream {
	t.Helper()
	near, far := net.Pipe()
	u := &upstream{t: t, ended: make(chan error, 1)}
	go func() { u.ended <- Serve(far, opt) }()
	u.sess = wire.Client(near, wire.Options{})
	t.Cleanup(func() { u.sess.Close() })
	stream, err := u.sess.Open()
	if err != nil {
		t.Fatal(err)
	}
	u.frames = wire.NewFrames(stream)
	var h event.Hello
	if u.next(&h); h.Version != ir.FormatVersion || h.Digest != opt.Digest {
		t.Fatalf("got the greeting %+v", h)
	}
	return u
}

// next reads a message into body and returns its kind.
func (u *upstream) next(body any) uint8 {
	u.t.Helper()
	b, err := u.frames.ReadFrame()
	if err != nil {
		u.t.Fatal(err)
	}
	kind, raw, err := event.Open(b)
	if err == nil {
		err = msgpack.Unmarshal(raw, body)
	}
	if err != nil {
		u.t.Fatal(err)
	}
	return kind
}

func (u *upstream) raw(frame []byte) {
	u.t.Helper()
	if err := u.frames.WriteFrame(frame); err != nil {
		u.t.Fatal(err)
	}
	if err := u.frames.Flush(); err != nil {
		u.t.Fatal(err)
	}
}

func (u *upstream) send(kind uint8, body any) {
	u.t.Helper()
	b, err := event.Encode(kind, body)
	if err != nil {
		u.t.Fatal(err)
	}
	u.raw(b)
}

// packed is a batch, or anything else, as it travels.
func packed(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := msgpack.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err = z.Write(raw); err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestMalformed(t *testing.T) {
	load := func(b []byte) []byte {
		frame, err := event.Encode(event.KindBatch, &event.Load{Batch: b})
		if err != nil {
			t.Fatal(err)
		}
		return frame
	}
	sound := packed(t, &ir.Batch{Version: ir.FormatVersion, Code: &ir.Code{}})
	for _, c := range []struct {
		name, want string
		frame      []byte
	}{
		{"no message", "is not a message", []byte("hi")},
		{"unknown kind", "unknown message of kind 99", []byte{0x92, 99, 0x80}},
		{"no load", "msgpack", []byte{0x92, event.KindBatch, 0xc1}},
		{"not compressed", "gzip: invalid header", load([]byte("this is no batch"))},
		{"cut short", "unexpected EOF", load(sound[:len(sound)-12])},
		{"another thing", "msgpack", load(packed(t, "text"))},
		{"another format", fmt.Sprintf("batch of format 99, want %d", ir.FormatVersion), load(packed(t, &ir.Batch{Version: 99}))},
		{"without code", "batch without code", load(packed(t, &ir.Batch{Version: ir.FormatVersion}))},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := serve(t, Options{Digest: "d"})
			u.raw(c.frame)
			if err := <-u.ended; err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got the error %v, want %s", err, c.want)
			}
		})
	}
}

// TestBrokenBatch holds that a batch whose numbers lead nowhere costs the host its play, and the agent
// nothing.
func TestBrokenBatch(t *testing.T) {
	for _, c := range []struct {
		name string
		in   ir.Instr
	}{
		{"no such task", ir.Instr{Op: ir.OpTask, Task: 5}},
		{"the end of no block", ir.Instr{Op: ir.OpBody}},
		{"unknown operation", ir.Instr{Op: 200}},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := serve(t, Options{})
			u.send(event.KindBatch, &event.Load{Batch: packed(t, &ir.Batch{Version: ir.FormatVersion, Code: &ir.Code{Instrs: []ir.Instr{c.in}}})})
			var e event.Event
			if u.next(&e); e.Kind != event.Done || e.Outcome != event.HostUnreachable || e.Name == "" {
				t.Errorf("got %+v", e)
			}
			u.send(event.KindBatch, &event.Load{Batch: packed(t, &ir.Batch{Version: ir.FormatVersion, Code: &ir.Code{}})})
			e = event.Event{}
			if u.next(&e); e.Kind != event.Done || e.Outcome != event.Completed {
				t.Errorf("the next batch ends with %+v", e)
			}
		})
	}
}

func TestEndOfStreamIsNoError(t *testing.T) {
	u := serve(t, Options{})
	u.sess.Close()
	if err := <-u.ended; err != nil {
		t.Error(err)
	}
}

func TestPanicOfAModule(t *testing.T) {
	m := &module.Module{Name: "m", Run: func(context.Context, *module.Call) *value.Dict { panic("oh") }}
	res := guarded(context.Background(), m, &module.Call{})
	msg, _ := res.GetStr("msg")
	failed, _ := res.GetStr("failed")
	if msg != value.Value("module m crashed: a panic of type string") || failed != true {
		t.Errorf("got %v", res)
	}
}

// TestHopAsksForBlobsAlone holds that the agent of another user learns nothing from the controller but the
// bytes of files.
func TestHopAsksForBlobsAlone(t *testing.T) {
	for ask := event.Barrier; ask <= event.TemplateFile; ask++ {
		near, far := net.Pipe()
		s := &server{ctx: context.Background(), blobs: map[string][]byte{"digest": []byte("bytes")}}
		go func() {
			if h, err := newHop(near, s); err == nil {
				<-h.sess.Done()
			}
		}()
		sess := wire.Server(far, wire.Options{})
		stream, err := sess.Accept()
		if err != nil {
			t.Fatal(err)
		}
		u := &upstream{t: t, sess: sess, frames: wire.NewFrames(stream)}
		u.send(event.KindNeed, &event.Need{ID: 7, Ask: ask, Name: "digest"})
		var a event.Answer
		u.next(&a)
		if allowed := ask == event.FetchBlob; a.ID != 7 || (a.Error == "") != allowed || (string(a.Blob) == "bytes") != allowed {
			t.Errorf("the question %d is answered with %+v", ask, a)
		}
		sess.Close()
	}
}

package controller

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/vmihailenco/msgpack/v5"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/transport/wire"
)

// peer is the controller's end of the session with one agent.
type peer struct {
	host string
	sess *wire.Session
	out  *outbox
	// route is how the host was reached, as the batch has it.
	route value.Value
	// sent counts the messages written, for tests that assert what a play costs.
	sent int

	mu    sync.Mutex
	calls map[uint32]chan *value.Dict
	last  uint32
	blobs map[string]bool // already sent
	why   error           // the session was ended for this
	asked chan struct{}   // a place for each question without an answer
	// held are the bytes of events that are not shown yet; room is told when they get less.
	held int
	room *sync.Cond
}

// window bounds, in bytes, what has come from an agent and is not read yet.
const window = 256 << 10

// maxHeld bounds, in bytes, the events of one host that have arrived and are not shown yet. One event may be larger.
const maxHeld = 128 << 10

// message is what a peer's reader hands to the controller: an event, a need, or the end.
type message struct {
	p     *peer
	event *event.Event
	need  *event.Need
	err   error
	// answer is what has come of the task debugger.
	answer *event.Answer
	size   int // of an event, in bytes
}

func (c *Controller) newPeer(host string, rw io.ReadWriteCloser) (*peer, error) {
	patience := c.opt.Patience
	if patience <= 0 {
		patience = wire.DefaultTimeout
	}
	sess := wire.Client(rw, wire.Options{Window: window, Interval: patience / 4, Timeout: patience})
	stream, err := sess.Open()
	if err != nil {
		sess.Close()
		return nil, err
	}
	p := &peer{host: host, sess: sess, calls: map[uint32]chan *value.Dict{}, blobs: map[string]bool{}, asked: make(chan struct{}, maxAsked)}
	p.out = newOutbox(stream, patience, p.fail)
	p.room = sync.NewCond(&p.mu)
	return p, nil
}

// close ends the session, and with it the agent.
func (p *peer) close() {
	p.sess.Close()
	p.taken(p.hold(0))
}

// fail ends the session for a reason that counts more than the end itself.
func (p *peer) fail(why error) {
	p.mu.Lock()
	if p.why == nil {
		p.why = why
	}
	p.mu.Unlock()
	p.sess.Close()
}

// cause is why the session ended, where it was ended here.
func (p *peer) cause() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.why
}

// hold counts bytes that wait to be shown, and waits itself while there are too many. It returns how many there are.
func (p *peer) hold(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n > 0 && p.held > 0 && p.held+n > maxHeld {
		p.room.Wait()
	}
	p.held += n
	return p.held
}

// taken says that bytes have been shown.
func (p *peer) taken(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held -= n
	p.room.Signal()
}

// listen passes the agent's messages to the inbox until the session ends, and then says so.
func (p *peer) listen(ctx context.Context, inbox chan<- message) {
	for {
		m, err := p.next()
		if err != nil {
			m = &message{err: err}
		}
		if m != nil {
			m.p = p
			p.hold(m.size)
			if m.need != nil && !p.mayAsk(ctx) {
				return
			}
			select {
			case inbox <- *m:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			p.sess.Close()
			return
		}
	}
}

// mayAsk waits while too many questions have no answer. It is false at the end of the run.
func (p *peer) mayAsk(ctx context.Context) bool {
	select {
	case p.asked <- struct{}{}:
		return true
	case <-p.sess.Done():
		return true // which the next message tells
	case <-ctx.Done():
		return false
	}
}

// answered makes room for another question.
func (p *peer) answered() {
	select {
	case <-p.asked:
	default:
	}
}

// next reads one message. It is nil for those that the peer deals with itself.
func (p *peer) next() (*message, error) {
	b, err := p.out.frames.ReadFrame()
	if err != nil {
		if why := p.cause(); why != nil {
			return nil, why
		}
		if cause := p.sess.Err(); cause != nil && !errors.Is(cause, wire.ErrClosed) {
			err = cause
		}
		return nil, err
	}
	kind, body, err := event.Open(b)
	if err != nil {
		return nil, err
	}
	switch kind {
	case event.KindEvent:
		var e event.Event
		if err := msgpack.Unmarshal(body, &e); err != nil {
			return nil, err
		}
		return &message{event: &e, size: len(b)}, nil
	case event.KindNeed:
		var n event.Need
		if err := msgpack.Unmarshal(body, &n); err != nil {
			return nil, err
		}
		return &message{need: &n}, nil
	case event.KindReply:
		var r event.Reply
		if err := msgpack.Unmarshal(body, &r); err != nil {
			return nil, err
		}
		p.deliver(&r)
		return nil, nil
	case event.KindHello:
		var h event.Hello
		if err := msgpack.Unmarshal(body, &h); err != nil {
			return nil, err
		}
		if h.Version != ir.FormatVersion {
			return nil, fmt.Errorf("the agent speaks format %d, want %d", h.Version, ir.FormatVersion)
		}
		return nil, nil
	}
	return nil, fmt.Errorf("unknown message of kind %d", kind)
}

func (p *peer) deliver(r *event.Reply) {
	p.mu.Lock()
	c := p.calls[r.ID]
	delete(p.calls, r.ID)
	p.mu.Unlock()
	if c == nil {
		return
	}
	d, ok := r.Result.V.(*value.Dict)
	if !ok {
		d = value.DictOf("failed", true, "msg", "the agent sent no result")
	}
	c <- d
}

// send hands a message over to be written at once. That it could not be is told by the reader.
func (p *peer) send(kind uint8, body any) error {
	b, err := event.Encode(kind, body)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.sent++
	p.mu.Unlock()
	return p.out.put(b, false)
}

// start sends a batch, which runs at once, and ahead of it the blobs it is sure to need.
func (p *peer) start(b *ir.Batch, blobs map[string][]byte) error {
	select {
	case <-p.sess.Done():
		if why := p.cause(); why != nil {
			return why
		}
		return p.sess.Err()
	default:
	}
	for d, bytes := range blobs {
		if p.blobs[d] {
			continue
		}
		p.blobs[d] = true
		if err := p.queue(event.KindBlob, &event.Blob{Digest: d, Bytes: bytes}); err != nil {
			return err
		}
	}
	packed, err := pack(b)
	if err != nil {
		return err
	}
	return p.send(event.KindBatch, &event.Load{Batch: packed, Run: true})
}

// queue hands a message over that goes with the next one that is sent.
func (p *peer) queue(kind uint8, body any) error {
	b, err := event.Encode(kind, body)
	if err != nil {
		return err
	}
	return p.out.put(b, true)
}

// packers are writers that can be used again: one takes more memory than most batches.
var packers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for unknown levels only
	return z
}}

// pack encodes a batch as an agent takes it.
func pack(b *ir.Batch) ([]byte, error) {
	raw, err := msgpack.Marshal(b)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	z := packers.Get().(*gzip.Writer)
	defer packers.Put(z)
	z.Reset(&buf)
	if _, err := z.Write(raw); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// call lets the agent run one module and waits for its result.
func (p *peer) call(ctx context.Context, module string, c *value.Dict) (*value.Dict, error) {
	done := make(chan *value.Dict, 1)
	p.mu.Lock()
	p.last++
	id := p.last
	p.calls[id] = done
	p.mu.Unlock()
	if err := p.send(event.KindCall, &event.Call{ID: id, Module: module, Call: ir.Val{V: c}}); err != nil {
		return nil, err
	}
	select {
	case d := <-done:
		return d, nil
	case <-p.sess.Done():
		return nil, p.sess.Err()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

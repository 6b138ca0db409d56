package controller

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"pbc/transport/wire"
)

// maxUnsent bounds, in bytes, what waits to be sent to one agent: more than it can ask for before it reads.
const maxUnsent = 64 << 20

// errDeaf is an agent that does not read, though it may give signs of life.
var errDeaf = errors.New("the host does not read what it is sent")

// outbox writes messages to an agent beside whoever sends them: one host that does not read holds nobody up.
type outbox struct {
	frames *wire.Frames
	stall  time.Duration // how long an agent may leave what it is sent unread
	// fail ends the session for a reason.
	fail func(error)

	mu      sync.Mutex
	waiting [][]byte
	bytes   int
	busy    bool
	timer   *time.Timer // runs while something is being written
}

// paced is a stream that tells the outbox when it moves.
type paced struct {
	io.ReadWriter
	moved func()
}

// Write writes in pieces, so that a long message on a slow line is not taken for a host that does not read.
func (p *paced) Write(b []byte) (int, error) {
	const piece = 32 << 10
	done := 0
	for done < len(b) {
		n, err := p.ReadWriter.Write(b[done:min(done+piece, len(b))])
		done += n
		if err != nil {
			return done, err
		}
		p.moved()
	}
	return done, nil
}

func newOutbox(stream io.ReadWriter, stall time.Duration, fail func(error)) *outbox {
	o := &outbox{fail: fail, stall: stall}
	o.timer = time.AfterFunc(stall, func() { o.fail(errDeaf) })
	o.timer.Stop()
	o.frames = wire.NewFrames(&paced{stream, func() { o.timer.Reset(stall) }})
	return o
}

// put hands over a frame, which is the outbox's then. It goes out with those before it, at once unless more is said to come.
func (o *outbox) put(frame []byte, more bool) error {
	if len(frame) > wire.MaxFrame {
		return fmt.Errorf("%w: got %d bytes, want at most %d", wire.ErrFrameTooLong, len(frame), wire.MaxFrame)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bytes += len(frame); o.bytes > maxUnsent && o.busy {
		go o.fail(errDeaf)
		return errDeaf
	}
	o.waiting = append(o.waiting, frame)
	if !o.busy && !more {
		o.busy = true
		go o.write()
	}
	return nil
}

// write sends what waits, and ends when nothing does.
func (o *outbox) write() {
	o.timer.Reset(o.stall)
	defer o.timer.Stop()
	for {
		o.mu.Lock()
		batch := o.waiting
		o.waiting = nil
		o.busy = len(batch) > 0
		o.mu.Unlock()
		if batch == nil {
			return
		}
		for _, b := range batch {
			if o.frames.WriteFrame(b) != nil {
				return // its reader tells why
			}
			o.mu.Lock()
			o.bytes -= len(b)
			o.mu.Unlock()
		}
		if o.frames.Flush() != nil {
			return
		}
	}
}

package agent

import (
	"io"

	"github.com/vmihailenco/msgpack/v5"

	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/transport/wire"
)

// newHop opens a session with the agent of another user and passes its needs upward.
func newHop(rw io.ReadWriteCloser, s *server) (*hop, error) {
	sess := wire.Client(rw, wire.Options{})
	stream, err := sess.Open()
	if err != nil {
		sess.Close()
		return nil, err
	}
	h := &hop{sess: sess, frames: wire.NewFrames(stream), calls: map[uint32]chan *value.Dict{}}
	go h.listen(s)
	return h, nil
}

// listen takes the hop's messages until it ends.
func (h *hop) listen(s *server) {
	for {
		b, err := h.frames.ReadFrame()
		if err != nil {
			h.sess.Close()
			return
		}
		kind, body, err := event.Open(b)
		if err != nil {
			h.sess.Close()
			return
		}
		switch kind {
		case event.KindReply:
			var r event.Reply
			if msgpack.Unmarshal(body, &r) == nil {
				h.deliver(&r)
			}
		case event.KindNeed:
			var n event.Need
			if msgpack.Unmarshal(body, &n) == nil {
				go h.forward(s, &n)
			}
		}
	}
}

func (h *hop) deliver(r *event.Reply) {
	h.mu.Lock()
	c := h.calls[r.ID]
	delete(h.calls, r.ID)
	h.mu.Unlock()
	if c == nil {
		return
	}
	res := dict(r.Result.V)
	if res == nil {
		res = failed("the agent of the other user sent no result")
	}
	c <- res
}

// forward asks the hop's question upstream and returns the answer. A hop may ask for blobs alone: what
// the controller knows of variables and files is not the other user's to read.
func (h *hop) forward(s *server, n *event.Need) {
	id := n.ID
	a := &event.Answer{Error: "not answered to the agent of another user"}
	if n.Ask == event.FetchBlob {
		var err error
		if a, err = s.Ask(s.ctx, n); err != nil {
			a = &event.Answer{Error: err.Error()}
		}
	}
	out := *a
	out.ID = id
	b, err := event.Encode(event.KindAnswer, &out)
	if err == nil && h.frames.WriteFrame(b) == nil {
		_ = h.frames.Flush()
	}
}

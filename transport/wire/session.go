// Package wire is the conversation between a controller and an agent, or between an agent and the
// agent of its next user: one byte stream that carries many streams, each with its own back-pressure,
// and frames on a stream. It turns any io.ReadWriteCloser into a Session.
//
// A session starts without a handshake: what a client writes to its first stream may be the first
// bytes on the connection. Each end sends a sign of life every Options.Interval; an end that hears
// nothing for Options.Timeout gives the peer up. The protocol on the connection is smux, version 2.
//
// The package knows neither SSH nor what the frames say. Both ends link it, so it stays small.
package wire

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/xtaci/smux"
)

// The defaults of Options.
const (
	DefaultInterval = 5 * time.Second
	DefaultTimeout  = 20 * time.Second
)

// What one session may hold of bytes that nobody has read yet. Memory is taken as bytes arrive.
const (
	streamWindow  = 4 << 20
	sessionWindow = 16 << 20
)

var (
	// ErrClosed is what a session's users get after its own Close.
	ErrClosed = errors.New("session closed")
	// ErrGone says that the connection ended below the session: the peer exited or was cut off.
	ErrGone = errors.New("connection closed by peer")
	// ErrSilent says that the peer gave no sign of life for Options.Timeout.
	ErrSilent = errors.New("no sign of life from peer")
)

// Options tune a session. The zero Options are the defaults.
type Options struct {
	Interval time.Duration // between two signs of life; zero means DefaultInterval
	Timeout  time.Duration // of silence before the peer is given up; zero means DefaultTimeout, and it is at least two intervals
	// Window bounds the bytes that the peer may send on one stream before they are read; zero means 4 MB.
	Window int
}

func (o Options) config() *smux.Config {
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	o.Timeout = max(o.Timeout, 2*o.Interval)
	c := smux.DefaultConfig()
	c.Version = 2
	c.KeepAliveInterval, c.KeepAliveTimeout = o.Interval, o.Timeout
	c.MaxStreamBuffer, c.MaxReceiveBuffer = streamWindow, sessionWindow
	if o.Window > 0 {
		c.MaxStreamBuffer, c.MaxReceiveBuffer = o.Window, sessionWindow/streamWindow*o.Window
	}
	return c
}

// Session is one end of a conversation. Its methods may be called from several goroutines.
type Session struct {
	mux  *smux.Session
	link *link
}

// Client starts the end that opened the connection. The session owns rw and closes it.
func Client(rw io.ReadWriteCloser, o Options) *Session { return start(rw, o, smux.Client) }

// Server starts the other end.
func Server(rw io.ReadWriteCloser, o Options) *Session { return start(rw, o, smux.Server) }

type starter func(io.ReadWriteCloser, *smux.Config) (*smux.Session, error)

func start(rw io.ReadWriteCloser, o Options, s starter) *Session {
	l := &link{rw: rw, done: make(chan struct{})}
	mux, err := s(l, o.config())
	if err != nil {
		panic(fmt.Sprintf("wire: own configuration refused: %v", err))
	}
	return &Session{mux: mux, link: l}
}

// Open starts a stream; the peer's Accept returns it. It costs no round trip.
func (s *Session) Open() (*Stream, error) {
	st, err := s.mux.OpenStream()
	if err != nil {
		return nil, s.cause(err)
	}
	return &Stream{st: st, s: s}, nil
}

// Accept waits for a stream that the peer opens. It fails when the session ends.
func (s *Session) Accept() (*Stream, error) {
	st, err := s.mux.AcceptStream()
	if err != nil {
		return nil, s.cause(err)
	}
	return &Stream{st: st, s: s}, nil
}

// Close ends the session, all its streams and the connection. What was written before has been
// handed to the connection. Closing twice is allowed.
func (s *Session) Close() error {
	s.link.fail(ErrClosed)
	if err := s.mux.Close(); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return fmt.Errorf("closing the connection: %w", err)
	}
	return nil
}

// Done is closed when the session has ended for whatever reason. Bytes that had arrived can still
// be read from the streams until Close.
func (s *Session) Done() <-chan struct{} { return s.link.done }

// Err tells why the session ended: ErrClosed, ErrGone, ErrSilent or the connection's own error. It is
// nil before Done is closed.
func (s *Session) Err() error {
	select {
	case <-s.link.done:
		return s.link.err
	default:
		return nil
	}
}

// cause replaces the multiplexer's error by the reason for which the session ended.
func (s *Session) cause(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if why := s.Err(); why != nil {
		return why
	}
	if errors.Is(err, smux.ErrInvalidProtocol) {
		err = fmt.Errorf("peer does not speak the protocol: %w", err)
		s.link.fail(err)
	}
	return err
}

// Stream is one ordered byte stream of a session. Write blocks while the peer does not read. One
// goroutine may read while another writes.
type Stream struct {
	st *smux.Stream
	s  *Session
}

// Read returns io.EOF only when the peer closed this stream; a broken session gives Session.Err.
func (t *Stream) Read(p []byte) (int, error) {
	n, err := t.st.Read(p)
	return n, t.s.cause(err)
}

// Write returns when the connection has taken p.
func (t *Stream) Write(p []byte) (int, error) {
	n, err := t.st.Write(p)
	return n, t.s.cause(err)
}

// CloseWrite says that nothing more will be written; reading goes on.
func (t *Stream) CloseWrite() error { return t.s.cause(t.st.CloseWrite()) }

// Close ends the stream both ways. Closing twice is allowed.
func (t *Stream) Close() error {
	if err := t.st.Close(); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return t.s.cause(err)
	}
	return nil
}

// link stands between the multiplexer and the connection and keeps the first reason for which either
// stopped.
type link struct {
	rw   io.ReadWriteCloser
	once sync.Once
	done chan struct{}
	err  error
}

func (l *link) fail(err error) {
	l.once.Do(func() {
		l.err = err
		close(l.done)
	})
}

func (l *link) Read(p []byte) (int, error) {
	n, err := l.rw.Read(p)
	if n > 0 || err == nil {
		return n, nil
	}
	if errors.Is(err, io.EOF) {
		err = ErrGone
	}
	l.fail(err)
	return 0, l.err
}

func (l *link) Write(p []byte) (int, error) {
	n, err := l.rw.Write(p)
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
			err = ErrGone
		}
		l.fail(err)
	}
	return n, err
}

// Close is called by the multiplexer: after Session.Close, or when it has given the peer up.
func (l *link) Close() error {
	l.fail(ErrSilent)
	return l.rw.Close()
}

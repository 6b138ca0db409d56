package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func pair(o Options) (client, server *Session) {
	a, b := net.Pipe()
	return Client(a, o), Server(b, o)
}

func TestStreamsCarryFramesBothWays(t *testing.T) {
	client, server := pair(Options{})
	go echo(server)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { ask(t, client) })
	}
	wg.Wait()
	client.Close()
	<-server.Done()
	if !errors.Is(server.Err(), ErrGone) || !errors.Is(client.Err(), ErrClosed) {
		t.Errorf("got %v and %v, want ErrGone and ErrClosed", server.Err(), client.Err())
	}
	server.Close()
}

func echo(s *Session) {
	for {
		st, err := s.Accept()
		if err != nil {
			return
		}
		go func() {
			f := NewFrames(st)
			for {
				p, err := f.ReadFrame()
				if err != nil {
					st.Close()
					return
				}
				f.WriteFrame(p)
				f.Flush()
			}
		}()
	}
}

func ask(t *testing.T, s *Session) {
	st, err := s.Open()
	if err != nil {
		t.Error(err)
		return
	}
	f := NewFrames(st)
	for _, size := range []int{0, 1, 70000, 3 << 20} {
		want := bytes.Repeat([]byte{byte(size % 251)}, size)
		if err := f.WriteFrame(want); err != nil {
			t.Error(err)
		}
		if err := f.Flush(); err != nil {
			t.Error(err)
		}
		got, err := f.ReadFrame()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("size %d: got %d bytes and %v", size, len(got), err)
		}
	}
	st.CloseWrite()
	if _, err := f.ReadFrame(); err != io.EOF {
		t.Errorf("after CloseWrite: got %v, want EOF", err)
	}
}

// silent is a peer whose network swallows everything.
type silent struct {
	once   sync.Once
	closed chan struct{}
}

func (s *silent) Read([]byte) (int, error)    { <-s.closed; return 0, io.ErrClosedPipe }
func (s *silent) Write(p []byte) (int, error) { return len(p), nil }
func (s *silent) Close() error                { s.once.Do(func() { close(s.closed) }); return nil }

func TestSilentPeerIsGivenUpInBoundedTime(t *testing.T) {
	began := time.Now()
	s := Client(&silent{closed: make(chan struct{})}, Options{Interval: 10 * time.Millisecond, Timeout: 100 * time.Millisecond})
	st, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	_, err = st.Read(make([]byte, 1))
	if took := time.Since(began); !errors.Is(err, ErrSilent) || took > 10*time.Second {
		t.Errorf("got %v after %v, want ErrSilent soon", err, took)
	}
	<-s.Done()
}

// pulse reports every read of a connection.
type pulse struct {
	net.Conn
	reads chan struct{}
}

func (p *pulse) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	if err == nil {
		p.reads <- struct{}{}
	}
	return n, err
}

func TestIdleSessionStaysAlive(t *testing.T) {
	a, b := net.Pipe()
	o := Options{Interval: 5 * time.Millisecond, Timeout: 50 * time.Millisecond}
	beat := &pulse{a, make(chan struct{})}
	client, server := Client(beat, o), Server(b, o)
	for range 40 { // four times the timeout
		<-beat.reads
	}
	if client.Err() != nil || server.Err() != nil {
		t.Errorf("got %v and %v, want both alive", client.Err(), server.Err())
	}
	server.Close()
	client.Close()
}

func TestBytesThatArrivedOutliveTheConnection(t *testing.T) {
	client, server := pair(Options{})
	out, _ := client.Open()
	in := make(chan *Stream, 1)
	go func() { st, _ := server.Accept(); in <- st }()
	out.Write([]byte("last words"))
	st := <-in
	client.Close()
	<-server.Done()
	buf := make([]byte, 10)
	if _, err := io.ReadFull(st, buf); err != nil || string(buf) != "last words" {
		t.Errorf("got %q and %v", buf, err)
	}
	if _, err := st.Read(buf); !errors.Is(err, ErrGone) {
		t.Errorf("then got %v, want ErrGone, which is not the end of the stream", err)
	}
	server.Close()
}

func TestWriterWaitsForReader(t *testing.T) {
	client, server := pair(Options{})
	st, _ := client.Open()
	const total = 64 << 20
	written := make(chan error, 1)
	var sent atomic.Int64
	go func() {
		chunk := make([]byte, 64<<10)
		for sent.Load() < total {
			n, err := st.Write(chunk)
			if err != nil {
				written <- err
				return
			}
			sent.Add(int64(n))
		}
		written <- nil
	}()
	in, err := server.Accept()
	if err != nil {
		t.Fatal(err)
	}
	for read := int64(0); read < total; {
		n, err := io.CopyN(io.Discard, in, 1<<20)
		if read += n; err != nil {
			t.Fatal(err)
		}
		if ahead := sent.Load() - read; ahead > sessionWindow {
			t.Fatalf("the writer is %d bytes ahead, want at most %d", ahead, sessionWindow)
		}
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	client.Close()
	server.Close()
}

func TestUnreadStreamBlocksItsWriter(t *testing.T) {
	client, server := pair(Options{})
	st, _ := client.Open()
	if _, err := server.Accept(); err != nil {
		t.Fatal(err)
	}
	st.st.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	n, err := st.Write(make([]byte, 2*sessionWindow))
	if err == nil || n > sessionWindow {
		t.Errorf("got %d bytes taken and %v, want the writer to wait", n, err)
	}
	client.Close()
	server.Close()
}

func TestForeignBytesAreRefused(t *testing.T) {
	a, b := net.Pipe()
	go b.Write([]byte("Welcome to this fine server!\n"))
	s := Client(a, Options{})
	_, err := s.Accept()
	if err == nil || s.Err() == nil {
		t.Fatalf("got %v and %v, want an error", err, s.Err())
	}
	s.Close()
	b.Close()
}

func TestReadFrame(t *testing.T) {
	frame := func(n uint32, p string) string { return string(binary.BigEndian.AppendUint32(nil, n)) + p }
	for _, tt := range []struct {
		name, in string
		want     []string
		err      error
	}{
		{"empty stream", "", nil, io.EOF},
		{"two frames", frame(1, "a") + frame(0, ""), []string{"a", ""}, io.EOF},
		{"ends in the length", frame(1, "a") + "\x00\x00", []string{"a"}, io.ErrUnexpectedEOF},
		{"ends in the payload", frame(9, "short"), nil, io.ErrUnexpectedEOF},
		{"ends after the length", frame(9, ""), nil, io.ErrUnexpectedEOF},
		{"claims too much", frame(MaxFrame+1, "x"), nil, ErrFrameTooLong},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			f := NewFrames(struct {
				io.Reader
				io.Writer
			}{bytes.NewReader([]byte(tt.in)), io.Discard})
			var err error
			for {
				var p []byte
				if p, err = f.ReadFrame(); err != nil {
					break
				}
				got = append(got, string(p))
			}
			if d := cmp.Diff(tt.want, got); d != "" || !errors.Is(err, tt.err) {
				t.Errorf("got %v, want %v\n%s", err, tt.err, d)
			}
		})
	}
}

func TestFramesGatherUntilFlush(t *testing.T) {
	var out bytes.Buffer
	f := NewFrames(&out)
	f.WriteFrame([]byte("one"))
	f.WriteFrame([]byte("two"))
	if out.Len() != 0 {
		t.Errorf("%d bytes left before Flush", out.Len())
	}
	f.Flush()
	if got, want := out.String(), "\x00\x00\x00\x03one\x00\x00\x00\x03two"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := f.WriteFrame(make([]byte, MaxFrame+1)); !errors.Is(err, ErrFrameTooLong) {
		t.Errorf("got %v, want ErrFrameTooLong", err)
	}
}

// FuzzFrames holds that no input makes the reader take memory that the input does not pay for, and that
// what was read is written back as it stood.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x03one\x00\x00\x00\x00"))
	f.Add([]byte("\x00\xff\xff\xffx"))
	f.Add([]byte("\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		r := NewFrames(struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(in), &out})
		for {
			p, err := r.ReadFrame()
			if err != nil {
				break
			}
			if cap(p) > 2*len(in)+growStep {
				t.Fatalf("%d bytes taken for %d", cap(p), len(in))
			}
			if err := r.WriteFrame(p); err != nil {
				t.Fatal(err)
			}
		}
		r.Flush()
		if !bytes.HasPrefix(in, out.Bytes()) {
			t.Errorf("wrote %q, read from %q", out.Bytes(), in)
		}
	})
}

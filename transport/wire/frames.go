package wire

// The grammar of a stream that carries frames:
//
//	stream  = *frame
//	frame   = length payload
//	length  = 4 bytes, unsigned, big endian, at most MaxFrame
//	payload = length bytes
//
// A stream ends between two frames; an end inside one is an error.

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// MaxFrame is the longest payload in bytes: a result with the text of a large file, and that as lines. Memory is taken only for what has come.
const MaxFrame = 128 << 20

const (
	frameBuffer = 32 << 10
	growStep    = 256 << 10 // memory is taken in such steps, as the bytes arrive
)

// ErrFrameTooLong is wrapped by the error about a frame beyond MaxFrame.
var ErrFrameTooLong = errors.New("frame too long")

// Frames reads and writes frames on a stream. Any number of goroutines may write; one may read.
type Frames struct {
	r  *bufio.Reader
	mu sync.Mutex
	w  *bufio.Writer
}

// NewFrames starts on a stream that has carried nothing yet in either direction.
func NewFrames(rw io.ReadWriter) *Frames {
	return &Frames{r: bufio.NewReaderSize(rw, frameBuffer), w: bufio.NewWriterSize(rw, frameBuffer)}
}

// WriteFrame appends a frame to what the next Flush sends. It sends by itself when more than 32 KB
// have gathered, and then blocks as long as the peer does not read. It does not keep p.
func (f *Frames) WriteFrame(p []byte) error {
	if len(p) > MaxFrame {
		return fmt.Errorf("%w: got %d bytes, want at most %d", ErrFrameTooLong, len(p), MaxFrame)
	}
	var head [4]byte
	binary.BigEndian.PutUint32(head[:], uint32(len(p)))
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.w.Write(head[:]); err != nil {
		return err
	}
	_, err := f.w.Write(p)
	return err
}

// Flush sends what WriteFrame has gathered.
func (f *Frames) Flush() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.w.Flush()
}

// ReadFrame returns the next payload, which is the caller's. It returns io.EOF at the end of a stream
// between two frames, and io.ErrUnexpectedEOF inside one.
func (f *Frames) ReadFrame() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > MaxFrame {
		return nil, fmt.Errorf("%w: got %d bytes, want at most %d", ErrFrameTooLong, n, MaxFrame)
	}
	return f.payload(int(n))
}

// payload reads n bytes and takes memory for them only as they come.
func (f *Frames) payload(n int) ([]byte, error) {
	buf := make([]byte, 0, min(n, growStep))
	for len(buf) < n {
		have := len(buf)
		if have == cap(buf) {
			bigger := make([]byte, have, min(n, 2*have))
			copy(bigger, buf)
			buf = bigger
		}
		buf = buf[:cap(buf)]
		if _, err := io.ReadFull(f.r, buf[have:]); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return buf, nil
}

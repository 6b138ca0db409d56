package ir

// The grammar of a plan file. Numbers are unsigned, big endian.
//
//	plan    = magic version dialect maker size length sum payload
//	magic   = 89 70 62 63 0d 0a 1a 0a        (the PNG trick: a transfer as text breaks it)
//	version = 2 bytes                        FormatVersion
//	dialect = text                           "classic" or "tagged"
//	maker   = text                           the pbc that wrote it
//	text    = 1 byte, then that many bytes of UTF-8
//	size    = 8 bytes                        length of the payload once inflated, at most MaxPlan
//	length  = 8 bytes                        length of the payload
//	sum     = 32 bytes                       SHA-256 of everything else: what is before it, then the payload
//	payload = length bytes                   DEFLATE of one msgpack value, the Program
//
// Nothing follows the payload. Structs are arrays of their fields in the order of their declaration, maps
// are sorted by key, values are as ir/value writes them: the same Program gives the same bytes. Neither
// times nor random numbers are in a plan.
//
// A plan may come from anywhere: sizes are compared before memory is taken, nesting and counts are checked by
// a scan before anything is decoded, and what is decoded is verified.

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/vmihailenco/msgpack/v5"
)

// MaxPlan is the size in bytes that a plan may have, inflated.
const MaxPlan = 1 << 30

const (
	planMagic = "\x89pbc\r\n\x1a\n"
	// maxRatio is what DEFLATE can gain at most: 258 bytes from a quarter of a byte.
	maxRatio = 1040
)

// ErrNotPlan is wrapped by the error about a file that is no plan at all.
var ErrNotPlan = errors.New("not a plan")

// Encode writes a plan. It fails on a program that Verify refuses, and on values that cannot be sent.
func Encode(p *Program) ([]byte, error) {
	if err := Verify(p); err != nil {
		return nil, err
	}
	var raw bytes.Buffer
	e := msgpack.NewEncoder(&raw)
	e.UseArrayEncodedStructs(true)
	e.UseCompactInts(true)
	if err := e.Encode(p); err != nil {
		return nil, err
	}
	if raw.Len() > MaxPlan {
		return nil, fmt.Errorf("plan of %d bytes, want at most %d", raw.Len(), MaxPlan)
	}
	var payload bytes.Buffer
	w, err := flate.NewWriter(&payload, 5)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(raw.Bytes()); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return frame(p, raw.Len(), payload.Bytes())
}

// frame puts the head before a payload.
func frame(p *Program, size int, payload []byte) ([]byte, error) {
	b := binary.BigEndian.AppendUint16([]byte(planMagic), FormatVersion)
	for _, s := range []string{p.Dialect, p.Maker} {
		if len(s) > 255 {
			return nil, fmt.Errorf("%q is too long for the head of a plan", s)
		}
		b = append(append(b, byte(len(s))), s...)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(size))
	b = binary.BigEndian.AppendUint64(b, uint64(len(payload)))
	return append(append(b, planSum(b, payload)...), payload...), nil
}

func planSum(head, payload []byte) []byte {
	h := sha256.New()
	h.Write(head)
	h.Write(payload)
	return h.Sum(nil)
}

// head is what stands before a payload.
type head struct {
	version        uint16
	dialect, maker string
	size, length   uint64
	bytes, sum     []byte
}

var errShort = errors.New("truncated: the file ends within its head")

// readHead reads the head and returns what follows it.
func readHead(b []byte) (h head, rest []byte, err error) {
	if !bytes.HasPrefix(b, []byte(planMagic)) {
		if len(b) < len(planMagic) && bytes.HasPrefix([]byte(planMagic), b) && len(b) > 0 {
			return h, nil, errShort
		}
		return h, nil, fmt.Errorf("%w: it does not begin as plans do", ErrNotPlan)
	}
	rest = b[len(planMagic):]
	take := func(n int) []byte {
		if err != nil || len(rest) < n {
			err = errShort
			return make([]byte, n)
		}
		t := rest[:n]
		rest = rest[n:]
		return t
	}
	text := func() string { return string(take(int(take(1)[0]))) }
	h.version = binary.BigEndian.Uint16(take(2))
	h.dialect, h.maker = text(), text()
	h.size, h.length = binary.BigEndian.Uint64(take(8)), binary.BigEndian.Uint64(take(8))
	h.bytes = b[:len(b)-len(rest)]
	h.sum = take(sha256.Size)
	return h, rest, err
}

// Decode reads a plan. The error names what is wrong with it: no plan (it wraps ErrNotPlan), another version, cut
// off, damaged, or holding what no compiler makes.
func Decode(b []byte) (*Program, error) {
	h, payload, err := readHead(b)
	switch {
	case errors.Is(err, ErrNotPlan):
		return nil, err
	case h.version > FormatVersion:
		return nil, fmt.Errorf("format %d, written by pbc %s, is newer than format %d of this pbc: update pbc, or compile the playbook again",
			h.version, h.maker, FormatVersion)
	case h.version < FormatVersion && err == nil:
		return nil, fmt.Errorf("format %d, written by pbc %s, is older than format %d of this pbc: compile the playbook again", h.version, h.maker, FormatVersion)
	case err != nil:
		return nil, err
	case uint64(len(payload)) < h.length:
		return nil, fmt.Errorf("truncated: got %d of %d bytes", len(payload), h.length)
	case uint64(len(payload)) > h.length:
		return nil, fmt.Errorf("damaged: %d bytes after the end", uint64(len(payload))-h.length)
	case !bytes.Equal(planSum(h.bytes, payload), h.sum):
		return nil, errors.New("damaged: its contents do not match its checksum")
	case h.dialect != "classic" && h.dialect != "tagged":
		return nil, fmt.Errorf("dialect %q is not known: got neither classic nor tagged", h.dialect)
	case h.size > MaxPlan || h.size > maxRatio*(h.length+1):
		return nil, fmt.Errorf("damaged: it claims to hold %d bytes in %d", h.size, h.length)
	}
	return decodePayload(h, payload)
}

func decodePayload(h head, payload []byte) (*Program, error) {
	var raw bytes.Buffer // grows as bytes arrive: the size is only a claim
	n, err := io.Copy(&raw, io.LimitReader(flate.NewReader(bytes.NewReader(payload)), int64(h.size)+1))
	if err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	if uint64(n) != h.size {
		return nil, fmt.Errorf("damaged: got %d bytes or more, want %d", n, h.size)
	}
	if err := scan(raw.Bytes()); err != nil {
		return nil, fmt.Errorf("malformed: %w", err)
	}
	r := bytes.NewReader(raw.Bytes())
	var p Program
	if err := msgpack.NewDecoder(r).Decode(&p); err != nil {
		return nil, fmt.Errorf("malformed: %w", err)
	}
	if p.Dialect != h.dialect || p.Maker != h.maker {
		return nil, errors.New("malformed: head and contents name different dialects or makers")
	}
	if err := Verify(&p); err != nil {
		return nil, fmt.Errorf("malformed: %w", err)
	}
	return &p, nil
}

// encodeSorted writes a map in the order of its keys.
func encodeSorted[V any](e *msgpack.Encoder, m map[string]V, put func(V) error) error {
	if m == nil {
		return e.EncodeNil()
	}
	if err := e.EncodeMapLen(len(m)); err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if err := e.EncodeString(k); err != nil {
			return err
		}
		if err := put(m[k]); err != nil {
			return err
		}
	}
	return nil
}

// decodeMap reads a map that encodeSorted wrote. Keys given twice are refused.
func decodeMap[V any](d *msgpack.Decoder, get func(*V) error) (map[string]V, error) {
	n, err := d.DecodeMapLen()
	if err != nil || n < 0 {
		return nil, err
	}
	m := map[string]V{}
	for range n {
		k, err := d.DecodeString()
		if err != nil {
			return nil, err
		}
		var v V
		if err := get(&v); err != nil {
			return nil, err
		}
		if _, twice := m[k]; twice {
			return nil, fmt.Errorf("key %q given twice", k)
		}
		m[k] = v
	}
	return m, nil
}

// EncodeMsgpack implements msgpack.CustomEncoder.
func (m Blobs) EncodeMsgpack(e *msgpack.Encoder) error { return encodeSorted(e, m, e.EncodeBytes) }

// DecodeMsgpack implements msgpack.CustomDecoder.
func (m *Blobs) DecodeMsgpack(d *msgpack.Decoder) (err error) {
	*m, err = decodeMap(d, func(v *[]byte) (err error) {
		*v, err = d.DecodeBytes()
		return err
	})
	return err
}

// EncodeMsgpack implements msgpack.CustomEncoder.
func (m Vals) EncodeMsgpack(e *msgpack.Encoder) error {
	return encodeSorted(e, m, func(v Val) error { return v.EncodeMsgpack(e) })
}

// DecodeMsgpack implements msgpack.CustomDecoder.
func (m *Vals) DecodeMsgpack(d *msgpack.Decoder) (err error) {
	*m, err = decodeMap(d, func(v *Val) error { return v.DecodeMsgpack(d) })
	return err
}

// EncodeMsgpack implements msgpack.CustomEncoder.
func (m Fragments) EncodeMsgpack(e *msgpack.Encoder) error {
	return encodeSorted(e, m, func(v *Fragment) error { return e.Encode(v) })
}

// DecodeMsgpack implements msgpack.CustomDecoder.
func (m *Fragments) DecodeMsgpack(d *msgpack.Decoder) (err error) {
	*m, err = decodeMap(d, func(v **Fragment) error { return d.Decode(v) })
	return err
}

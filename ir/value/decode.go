package value

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"pbc/ir/expr"
)

// Decode reads one value that Encode wrote. The bytes may come from anywhere: no length is
// believed beyond what is there, nesting is bounded, and what is not well formed is an error.
func Decode(b []byte) (Value, error) {
	r := bytes.NewReader(b)
	v, err := NewDecoder(r).Value()
	if err != nil {
		return nil, err
	}
	if r.Len() > 0 {
		return nil, fmt.Errorf("%d bytes after the value", r.Len())
	}
	return v, nil
}

// Decoder reads values, and the parts of messages around them, from a source that may be hostile.
type Decoder struct{ expr.Decoder }

// NewDecoder returns a Decoder of what is in r.
func NewDecoder(r *bytes.Reader) Decoder {
	return Decoder{expr.Decoder{D: msgpack.NewDecoder(r), R: r}}
}

// Value reads one value.
func (d Decoder) Value() (Value, error) { return d.value(0) }

func (d Decoder) value(depth int) (Value, error) {
	if depth > MaxDepth {
		return nil, errDeep
	}
	c, err := d.D.PeekCode()
	if err != nil {
		return nil, err
	}
	switch {
	case c == msgpcode.Nil:
		return nil, d.D.DecodeNil()
	case c == msgpcode.True || c == msgpcode.False:
		return d.D.DecodeBool()
	case c == msgpcode.Double || c == msgpcode.Float:
		return d.D.DecodeFloat64()
	case msgpcode.IsString(c):
		return d.String()
	case msgpcode.IsBin(c):
		s, err := d.String()
		return []byte(s), err
	case msgpcode.IsFixedArray(c) || c == msgpcode.Array16 || c == msgpcode.Array32:
		v, err := d.array(depth)
		return &List{v}, err
	case msgpcode.IsFixedMap(c) || c == msgpcode.Map16 || c == msgpcode.Map32:
		return d.dict(depth)
	case msgpcode.IsExt(c):
		return d.ext(depth)
	case c == msgpcode.Uint64:
		return d.unsigned()
	}
	return d.D.DecodeInt64()
}

func (d Decoder) unsigned() (Value, error) {
	n, err := d.D.DecodeUint64()
	if n > math.MaxInt64 {
		return new(big.Int).SetUint64(n), err
	}
	return int64(n), err
}

func (d Decoder) array(depth int) ([]Value, error) {
	n, err := d.Count()
	if err != nil {
		return nil, err
	}
	v := []Value{} // grows as elements arrive: n is only a claim
	for range n {
		x, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		v = append(v, x)
	}
	return v, nil
}

func (d Decoder) dict(depth int) (*Dict, error) {
	n, err := d.D.DecodeMapLen()
	if err != nil {
		return nil, err
	}
	if n < 0 || n > d.R.Len()/2 {
		return nil, fmt.Errorf("map of %d entries in %d bytes", n, d.R.Len())
	}
	m := NewDict()
	for range n {
		k, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if err := m.Set(k, v); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (d Decoder) ext(depth int) (Value, error) {
	id, n, err := d.D.DecodeExtHeader()
	if err != nil {
		return nil, err
	}
	left := d.R.Len()
	if n < 0 || n > left {
		return nil, fmt.Errorf("extension of %d bytes in %d", n, left)
	}
	v, err := d.extBody(id, n, depth)
	if err != nil {
		return nil, err
	}
	if used := left - d.R.Len(); used != n {
		return nil, fmt.Errorf("extension %d of %d bytes holds %d", id, n, used)
	}
	return v, nil
}

func (d Decoder) extBody(id int8, n, depth int) (Value, error) {
	switch id {
	case extBig, extStr, extVault, extOmit:
		b := make([]byte, n)
		if err := d.D.ReadFull(b); err != nil {
			return nil, err
		}
		return extText(id, b)
	case extTuple:
		v, err := d.array(depth)
		return Tuple(v), err
	case extSet:
		return d.set(depth)
	case extDate:
		return d.date()
	case extDelta:
		ns, err := d.D.DecodeInt64()
		return &Delta{time.Duration(ns)}, err
	case extUndef:
		return d.undef()
	case extTmpl:
		return d.tmpl()
	case extCond:
		return d.cond()
	case extRange:
		return d.span(depth)
	case extView:
		return d.view(depth)
	}
	return nil, fmt.Errorf("unknown extension %d", id)
}

func vaultOf(s string) (Value, error) {
	cipher, opened, ok := strings.Cut(s, "\x00")
	v := &Vault{Cipher: cipher}
	if place, isPlace := strings.CutPrefix(opened, "@"); isPlace {
		place, opened, ok = strings.Cut(place, "\x00")
		if v.At = placeText(place); v.At == nil {
			return nil, errors.New("malformed place of a vault")
		}
	}
	switch {
	case !ok:
	case strings.HasPrefix(opened, "f") && len(opened) > 1:
		v.Fault = opened[1:]
	case strings.HasPrefix(opened, "p"):
		v.Opened, v.Plain = true, opened[1:]
	default:
		return nil, errors.New("malformed vault")
	}
	return v, nil
}

// placeText reads "line:column:file" as it is written, nil when it is not that.
func placeText(s string) *Origin {
	line, rest, _ := strings.Cut(s, ":")
	col, file, ok := strings.Cut(rest, ":")
	l, err1 := strconv.Atoi(line)
	c, err2 := strconv.Atoi(col)
	if !ok || err1 != nil || err2 != nil || strconv.Itoa(l) != line || strconv.Itoa(c) != col || l < 0 || c < 0 {
		return nil
	}
	return &Origin{File: file, Line: l, Col: c}
}

func extText(id int8, b []byte) (Value, error) {
	switch id {
	case extBig:
		n, ok := new(big.Int).SetString(string(b), 10)
		if !ok || len(b) > 1<<16 || n.IsInt64() {
			return nil, errors.New("malformed big integer")
		}
		return n, nil
	case extVault:
		return vaultOf(string(b))
	case extOmit:
		return Omit, nil
	}
	return markedText(b)
}

func markedText(b []byte) (Value, error) {
	malformed := errors.New("malformed marked text")
	if len(b) == 0 || b[0] > markUnsafe|markNative|markSecret|markPlaced {
		return nil, malformed
	}
	m := b[0]
	out := &Str{S: string(b[1:]), Unsafe: m&markUnsafe != 0, Native: m&markNative != 0, Secret: m&markSecret != 0}
	if m&markPlaced != 0 {
		place, text, ok := strings.Cut(out.S, "\x00")
		out.S, out.At = text, placeText(place)
		if !ok || out.At == nil {
			return nil, malformed
		}
	}
	return out, nil
}

func (d Decoder) set(depth int) (Value, error) {
	v, err := d.array(depth)
	if err != nil {
		return nil, err
	}
	s := &Set{NewDict()}
	for _, x := range v {
		if err := s.D.Set(x, nil); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// fields reads the header of an array that must have n items.
func (d Decoder) fields(n int) error {
	got, err := d.Count()
	if err == nil && got != n {
		err = fmt.Errorf("%d fields, want %d", got, n)
	}
	return err
}

func (d Decoder) date() (Value, error) {
	if err := d.fields(4); err != nil {
		return nil, err
	}
	sec, err1 := d.D.DecodeInt64()
	nano, err2 := d.D.DecodeInt64()
	off, err3 := d.D.DecodeInt64()
	kind, err4 := d.D.DecodeUint64()
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	if sec < -1<<40 || sec > 1<<40 || nano < 0 || nano >= 1e9 || off < -86400 || off > 86400 {
		return nil, errors.New("date out of range")
	}
	return dateOf(sec, nano, off, kind), nil
}

func (d Decoder) undef() (Value, error) {
	if err := d.fields(4); err != nil {
		return nil, err
	}
	name, err1 := d.String()
	hint, err2 := d.String()
	lenient, err3 := d.D.DecodeBool()
	cause, err4 := d.String()
	u := &Undef{Name: name, Hint: hint, Lenient: lenient}
	if cause != "" {
		u.Err = errors.New(cause)
	}
	return u, errors.Join(err1, err2, err3, err4)
}

func (d Decoder) line() (int, error) {
	n, err := d.D.DecodeInt64()
	if n < 0 || n > 1<<31 {
		return 0, errors.New("line out of range")
	}
	return int(n), err
}

func (d Decoder) tmpl() (*Tmpl, error) {
	if err := d.fields(8); err != nil {
		return nil, err
	}
	t := &Tmpl{}
	var errs [8]error
	t.Src, errs[0] = d.String()
	t.Shown, errs[5] = d.String()
	t.Fault, errs[1] = d.String()
	t.Line, errs[2] = d.line()
	t.Newline, errs[3] = d.String()
	t.Verbatim, errs[4] = d.D.DecodeBool()
	t.At, errs[7] = d.origin()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	t.Root, errs[6] = d.Nodes()
	return t, errs[6]
}

func (d Decoder) cond() (Value, error) {
	if err := d.fields(6); err != nil {
		return nil, err
	}
	c := &Cond{}
	var errs [5]error
	c.Src, errs[0] = d.String()
	c.Fault, errs[1] = d.String()
	c.Line, errs[2] = d.line()
	c.At, errs[4] = d.origin()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if c.Root, errs[3] = d.Node(); errs[3] != nil {
		return nil, errs[3]
	}
	code, err := d.D.PeekCode()
	if err != nil {
		return nil, err
	}
	if code == msgpcode.Nil {
		return c, d.D.DecodeNil()
	}
	c.Tmpl, err = d.tmpl()
	return c, err
}

func (d Decoder) span(depth int) (Value, error) {
	v, err := d.array(depth)
	if err != nil {
		return nil, err
	}
	var n [3]int64
	for i, x := range v {
		k, ok := x.(int64)
		if i >= 3 || !ok {
			return nil, errors.New("malformed range")
		}
		n[i] = k
	}
	if len(v) != 3 || n[2] == 0 {
		return nil, errors.New("malformed range")
	}
	return &Range{n[0], n[1], n[2]}, nil
}

func (d Decoder) view(depth int) (Value, error) {
	if err := d.fields(2); err != nil {
		return nil, err
	}
	kind, err := d.D.DecodeUint64()
	if err != nil {
		return nil, err
	}
	if kind != 'k' && kind != 'v' && kind != 'i' {
		return nil, errors.New("malformed view")
	}
	m, err := d.dict(depth)
	return &View{D: m, Kind: byte(kind)}, err
}

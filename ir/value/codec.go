package value

// The wire form of a value, in msgpack. None, bool, int within 64 bits, float, str and bytes are
// msgpack's nil, bool, int, float64, str and bin; a list is an array and a dictionary a map, in
// order, its keys any hashable value. The rest are extensions:
//
//	1 int beyond 64 bits: its decimal digits    8  Tmpl: [src, shown, fault, line, newline, verbatim, origin, nodes]
//	2 Str: one byte of marks, then the text     9  Cond: [src, fault, line, origin, node, Tmpl or nil]
//	3 tuple: array                              10 Vault: text [NUL @ line : column : file] [NUL f fault | NUL p plain]
//	4 set: array of its elements                11 Omit: nothing
//	5 date: [seconds, nanoseconds, zone, kind]  12 range: [start, stop, step]
//	6 delta: nanoseconds                        13 view: [kind, map]
//	7 Undef: [name, message, lenient, error]    An origin is nil or [file, line, column].
//
// Equal values encode to equal bytes. Marks are 1 unsafe, 2 native, 4 secret, 8 that "line:column:file" and a null byte precede the text. References are not
// kept: what was shared is written twice, and what contains itself is refused.

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"pbc/ir/expr"
)

const (
	extBig int8 = iota + 1
	extStr
	extTuple
	extSet
	extDate
	extDelta
	extUndef
	extTmpl
	extCond
	extVault
	extOmit
	extRange
	extView
)

const (
	markUnsafe = 1 << iota
	markNative
	markSecret
	markPlaced
)

// MaxDepth bounds the nesting of values that are encoded or decoded.
const MaxDepth = 1000

var errDeep = errors.New("value nested too deep")

// Encode writes v as msgpack. It refuses an evaluator's Objects, and nesting beyond MaxDepth.
func Encode(v Value) ([]byte, error) {
	var b bytes.Buffer
	err := EncodeTo(msgpack.NewEncoder(&b), v)
	return b.Bytes(), err
}

// EncodeTo is Encode onto an encoder that writes a larger message.
func EncodeTo(e *msgpack.Encoder, v Value) error { return encode(e, v, 0) }

func encode(e *msgpack.Encoder, v Value, depth int) error {
	if depth > MaxDepth {
		return errDeep
	}
	switch x := v.(type) {
	case nil:
		return e.EncodeNil()
	case bool:
		return e.EncodeBool(x)
	case int64:
		return e.EncodeInt(x)
	case float64:
		return e.EncodeFloat64(x)
	case string:
		return e.EncodeString(x)
	case []byte:
		return e.EncodeBytes(append([]byte{}, x...))
	case *List:
		return encodeArray(e, x.V, depth)
	case *Dict:
		return encodeMap(e, x, depth)
	}
	return encodeExt(e, v, depth)
}

func encodeArray(e *msgpack.Encoder, v []Value, depth int) error {
	if err := e.EncodeArrayLen(len(v)); err != nil {
		return err
	}
	for _, x := range v {
		if err := encode(e, x, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func encodeMap(e *msgpack.Encoder, d *Dict, depth int) error {
	if err := e.EncodeMapLen(d.Len()); err != nil {
		return err
	}
	for i := 0; i < d.Len(); i++ {
		if err := encode(e, d.K[i], depth+1); err != nil {
			return err
		}
		if err := encode(e, d.V[i], depth+1); err != nil {
			return err
		}
	}
	return nil
}

// encodeExt writes the kinds that msgpack lacks: the body first, for its length.
func encodeExt(e *msgpack.Encoder, v Value, depth int) error {
	var b bytes.Buffer
	id, err := extBody(&b, v, depth)
	if err != nil {
		return err
	}
	if err := e.EncodeExtHeader(id, b.Len()); err != nil {
		return err
	}
	_, err = e.Writer().Write(b.Bytes())
	return err
}

func extBody(b *bytes.Buffer, v Value, depth int) (int8, error) {
	e := msgpack.NewEncoder(b)
	switch x := v.(type) {
	case *big.Int:
		b.WriteString(x.String())
		return extBig, nil
	case *Str:
		b.WriteByte(x.marks())
		if x.At != nil {
			fmt.Fprintf(b, "%d:%d:%s\x00", x.At.Line, x.At.Col, x.At.File)
		}
		b.WriteString(x.S)
		return extStr, nil
	case Tuple:
		return extTuple, encodeArray(e, x, depth)
	case *Set:
		return extSet, encodeArray(e, x.D.K, depth)
	case *Date:
		return extDate, x.encode(e)
	case *Delta:
		return extDelta, e.EncodeInt(int64(x.D))
	case *Undef:
		return extUndef, x.encode(e)
	case *Tmpl:
		return extTmpl, x.encode(e)
	case *Cond:
		return extCond, x.encode(e)
	case *Vault:
		b.WriteString(x.Cipher)
		if at := x.At; at != nil {
			fmt.Fprintf(b, "\x00@%d:%d:%s", at.Line, at.Col, at.File)
		}
		if x.Fault != "" {
			b.WriteString("\x00f" + x.Fault)
		} else if x.Opened {
			b.WriteString("\x00p" + x.Plain)
		}
		return extVault, nil
	case OmitType:
		return extOmit, nil
	case *Range:
		return extRange, encodeArray(e, []Value{x.Start, x.Stop, x.Step}, depth)
	case *View:
		err := errors.Join(e.EncodeArrayLen(2), e.EncodeUint(uint64(x.Kind)), encodeMap(e, x.D, depth))
		return extView, err
	}
	return 0, fmt.Errorf("a value of type %s cannot be sent", TypeName(v))
}

func (x *Str) marks() byte {
	var m byte
	if x.Unsafe {
		m |= markUnsafe
	}
	if x.Native {
		m |= markNative
	}
	if x.Secret {
		m |= markSecret
	}
	if x.At != nil {
		m |= markPlaced
	}
	return m
}

func (x *Date) encode(e *msgpack.Encoder) error {
	_, off := x.T.Zone()
	kind := uint64(0)
	if x.HasTime {
		kind |= 1
	}
	if x.HasZone {
		kind |= 2
	}
	return errors.Join(e.EncodeArrayLen(4), e.EncodeInt(x.T.Unix()), e.EncodeInt(int64(x.T.Nanosecond())),
		e.EncodeInt(int64(off)), e.EncodeUint(kind))
}

// encode keeps what using u would say; the object that lacked the name stays behind.
func (u *Undef) encode(e *msgpack.Encoder) error {
	hint := u.Hint
	if u.HasObj && u.Err == nil {
		hint = u.Error()
	}
	return errors.Join(e.EncodeArrayLen(4), e.EncodeString(u.Name), e.EncodeString(hint),
		e.EncodeBool(u.Lenient), e.EncodeString(errText(u.Err)))
}

func (t *Tmpl) encode(e *msgpack.Encoder) error {
	return errors.Join(e.EncodeArrayLen(8), e.EncodeString(t.Src), e.EncodeString(t.Shown), e.EncodeString(t.Fault), e.EncodeInt(int64(t.Line)),
		e.EncodeString(t.Newline), e.EncodeBool(t.Verbatim), t.At.encode(e), expr.EncodeNodes(e, t.Root))
}

func (c *Cond) encode(e *msgpack.Encoder) error {
	err := errors.Join(e.EncodeArrayLen(6), e.EncodeString(c.Src), e.EncodeString(c.Fault), e.EncodeInt(int64(c.Line)), c.At.encode(e),
		expr.EncodeNode(e, c.Root))
	if err != nil || c.Tmpl == nil {
		return errors.Join(err, e.EncodeNil())
	}
	return c.Tmpl.encode(e)
}

func dateOf(sec, nano, off int64, kind uint64) *Date {
	zone := time.UTC
	if off != 0 {
		zone = time.FixedZone("", int(off))
	}
	return &Date{T: time.Unix(sec, nano).In(zone), HasTime: kind&1 != 0, HasZone: kind&2 != 0}
}

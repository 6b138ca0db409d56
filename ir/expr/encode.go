package expr

// The wire form of a tree, in msgpack:
//
//	nodes = array of node
//	node  = nil | [op, mask, line, field...]
//
// mask has one bit per field that is not empty, lowest first, and the fields follow in that order:
//
//	1 S     str        16  Ops   array of str     256  Else  nodes
//	2 V     constant   32  Star  node             512  Flag  (no field: the bit is the value)
//	4 A     nodes      64  Dbl   node
//	8 KW    array of [str, node]   128  Body  nodes
//
// A constant is nil, bool, int, float, str, or bin: the decimal digits of an int beyond 64 bits.
// V of an OConst is always written, other nodes have none.

import (
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

const (
	hasS = 1 << iota
	hasV
	hasA
	hasKW
	hasOps
	hasStar
	hasDbl
	hasBody
	hasElse
	hasFlag
)

// MaxDepth bounds the nesting of a tree that is decoded.
const MaxDepth = 1000

func (n *Node) mask() uint64 {
	var m uint64
	for i, has := range [...]bool{
		n.S != "", n.Op == OConst, len(n.A) > 0, len(n.KW) > 0, len(n.Ops) > 0,
		n.Star != nil, n.Dbl != nil, len(n.Body) > 0, len(n.Else) > 0, n.Flag,
	} {
		if has {
			m |= 1 << i
		}
	}
	return m
}

// EncodeNodes writes a list of trees. It fails only when the writer does, or on a constant that
// no parser makes.
func EncodeNodes(e *msgpack.Encoder, ns []*Node) error {
	if err := e.EncodeArrayLen(len(ns)); err != nil {
		return err
	}
	for _, n := range ns {
		if err := EncodeNode(e, n); err != nil {
			return err
		}
	}
	return nil
}

// EncodeNode writes one tree; nil is written as nil.
func EncodeNode(e *msgpack.Encoder, n *Node) error {
	if n == nil {
		return e.EncodeNil()
	}
	m := n.mask()
	fields := 3
	for bit := uint64(1); bit < hasFlag; bit <<= 1 {
		if m&bit != 0 {
			fields++
		}
	}
	err := errors.Join(e.EncodeArrayLen(fields), e.EncodeUint(uint64(n.Op)), e.EncodeUint(m), e.EncodeUint(uint64(n.Line)))
	if err != nil {
		return err
	}
	return n.encodeFields(e, m)
}

func (n *Node) encodeFields(e *msgpack.Encoder, m uint64) error {
	steps := []func() error{
		func() error { return e.EncodeString(n.S) },
		func() error { return encodeConst(e, n.V) },
		func() error { return EncodeNodes(e, n.A) },
		func() error { return encodeKW(e, n.KW) },
		func() error { return encodeStrings(e, n.Ops) },
		func() error { return EncodeNode(e, n.Star) },
		func() error { return EncodeNode(e, n.Dbl) },
		func() error { return EncodeNodes(e, n.Body) },
		func() error { return EncodeNodes(e, n.Else) },
	}
	for i, step := range steps {
		if m&(1<<i) == 0 {
			continue
		}
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func encodeKW(e *msgpack.Encoder, kw []KW) error {
	if err := e.EncodeArrayLen(len(kw)); err != nil {
		return err
	}
	for _, k := range kw {
		if err := errors.Join(e.EncodeArrayLen(2), e.EncodeString(k.K), EncodeNode(e, k.V)); err != nil {
			return err
		}
	}
	return nil
}

func encodeStrings(e *msgpack.Encoder, ss []string) error {
	if err := e.EncodeArrayLen(len(ss)); err != nil {
		return err
	}
	for _, s := range ss {
		if err := e.EncodeString(s); err != nil {
			return err
		}
	}
	return nil
}

func encodeConst(e *msgpack.Encoder, v any) error {
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
	case *big.Int:
		return e.EncodeBytes([]byte(x.String()))
	}
	return fmt.Errorf("expression constant of kind %T", v)
}

// Left is what a decoder reads from: it tells how many bytes are left, so that no length is
// believed that cannot be true. *bytes.Reader is one.
type Left interface {
	io.Reader
	Len() int
}

// Decoder reads trees from a source that may be hostile.
type Decoder struct {
	D *msgpack.Decoder
	R Left // what D reads from
}

// Count reads the length of an array and refuses one longer than the bytes that are left.
func (d Decoder) Count() (int, error) {
	n, err := d.D.DecodeArrayLen()
	if err != nil {
		return 0, err
	}
	if n < 0 || n > d.R.Len() {
		return 0, fmt.Errorf("array of %d items in %d bytes", n, d.R.Len())
	}
	return n, nil
}

// String reads a text, refusing one longer than the bytes that are left.
func (d Decoder) String() (string, error) {
	n, err := d.D.DecodeBytesLen()
	if err != nil {
		return "", err
	}
	if n < 0 || n > d.R.Len() {
		return "", fmt.Errorf("text of %d bytes in %d", n, d.R.Len())
	}
	b := make([]byte, n)
	err = d.D.ReadFull(b)
	return string(b), err
}

// Nodes reads a list of trees.
func (d Decoder) Nodes() ([]*Node, error) { return d.nodes(0) }

// Node reads one tree, or nil.
func (d Decoder) Node() (*Node, error) { return d.node(0) }

func (d Decoder) nodes(depth int) ([]*Node, error) {
	n, err := d.Count()
	if err != nil {
		return nil, err
	}
	var ns []*Node // grows as nodes arrive: n is only a claim
	for range n {
		x, err := d.node(depth + 1)
		if err != nil {
			return nil, err
		}
		ns = append(ns, x)
	}
	return ns, nil
}

func (d Decoder) node(depth int) (*Node, error) {
	if depth > MaxDepth {
		return nil, errors.New("expression nested too deep")
	}
	c, err := d.D.PeekCode()
	if err != nil {
		return nil, err
	}
	if c == msgpcode.Nil {
		return nil, d.D.DecodeNil()
	}
	if _, err := d.Count(); err != nil {
		return nil, err
	}
	op, err1 := d.D.DecodeUint64()
	m, err2 := d.D.DecodeUint64()
	line, err3 := d.D.DecodeUint64()
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	if op > uint64(SAutoescape) || m >= 2*hasFlag || line > 1<<31 {
		return nil, fmt.Errorf("expression node %d with mask %#x at line %d", op, m, line)
	}
	n := &Node{Op: Op(op), Line: int(line), Flag: m&hasFlag != 0}
	return n, d.fields(n, m, depth)
}

func (d Decoder) fields(n *Node, m uint64, depth int) error {
	var err error
	steps := []func(){
		func() { n.S, err = d.String() },
		func() { n.V, err = d.constant() },
		func() { n.A, err = d.nodes(depth) },
		func() { n.KW, err = d.keywords(depth) },
		func() { n.Ops, err = d.strings() },
		func() { n.Star, err = d.node(depth + 1) },
		func() { n.Dbl, err = d.node(depth + 1) },
		func() { n.Body, err = d.nodes(depth) },
		func() { n.Else, err = d.nodes(depth) },
	}
	for i, step := range steps {
		if m&(1<<i) == 0 {
			continue
		}
		if step(); err != nil {
			return err
		}
	}
	return nil
}

func (d Decoder) keywords(depth int) ([]KW, error) {
	n, err := d.Count()
	if err != nil {
		return nil, err
	}
	var kw []KW
	for range n {
		if _, err := d.Count(); err != nil {
			return nil, err
		}
		var k KW
		if k.K, err = d.String(); err != nil {
			return nil, err
		}
		if k.V, err = d.node(depth + 1); err != nil {
			return nil, err
		}
		kw = append(kw, k)
	}
	return kw, nil
}

func (d Decoder) strings() ([]string, error) {
	n, err := d.Count()
	if err != nil {
		return nil, err
	}
	var ss []string
	for range n {
		s, err := d.String()
		if err != nil {
			return nil, err
		}
		ss = append(ss, s)
	}
	return ss, nil
}

func (d Decoder) constant() (any, error) {
	c, err := d.D.PeekCode()
	if err != nil {
		return nil, err
	}
	switch {
	case c == msgpcode.Nil:
		return nil, d.D.DecodeNil()
	case c == msgpcode.True || c == msgpcode.False:
		return d.D.DecodeBool()
	case c == msgpcode.Double:
		return d.D.DecodeFloat64()
	case msgpcode.IsBin(c):
		return d.bigInt()
	case msgpcode.IsString(c):
		return d.String()
	}
	return d.D.DecodeInt64()
}

func (d Decoder) bigInt() (any, error) {
	s, err := d.String()
	if err != nil {
		return nil, err
	}
	b, ok := new(big.Int).SetString(s, 10)
	if !ok || len(s) > 1<<16 || b.IsInt64() {
		return nil, errors.New("malformed integer constant")
	}
	return b, nil
}

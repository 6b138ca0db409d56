package value

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
)

// Dict is Python's dict: ordered by insertion, with Python's equality of keys (1, 1.0 and True are
// one key). K and V are its keys and values in order; change them only through the methods.
// The zero Dict is empty and ready. A nil *Dict may be read, not written.
type Dict struct {
	K   []Value
	V   []Value
	idx map[any]int // built past indexFrom entries
}

const indexFrom = 8

type (
	tupleKey string
	bigKey   string
	noneKey  struct{}
)

// ErrUnhashable is wrapped by the errors of keys that Python refuses.
var ErrUnhashable = errors.New("unhashable")

// HashKey returns a Go value that is equal for keys that Python holds equal, or an error wrapping
// ErrUnhashable.
func HashKey(k Value) (any, error) {
	switch x := k.(type) {
	case string:
		return x, nil
	case *Str:
		return x.S, nil
	case int64:
		return x, nil
	case bool:
		if x {
			return int64(1), nil
		}
		return int64(0), nil
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<62 {
			return int64(x), nil
		}
		return x, nil
	case nil:
		return noneKey{}, nil
	case *big.Int:
		return bigKey(x.String()), nil
	case Tuple:
		return hashTuple(x)
	case []byte:
		return tupleKey(x), nil
	case *Undef:
		return nil, x.Fail()
	case *List, *Dict, *Set:
		return nil, fmt.Errorf("%w type: '%s'", ErrUnhashable, TypeName(k))
	}
	return k, nil
}

// maxTupleKey bounds the bytes by which a tuple is known.
const maxTupleKey = 1 << 24

func hashTuple(t Tuple) (any, error) {
	var b strings.Builder
	for _, e := range t {
		h, err := HashKey(e)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%T:%v\x00", h, h)
		if b.Len() > maxTupleKey {
			return nil, fmt.Errorf("%w: the tuple is too large", ErrUnhashable)
		}
	}
	return tupleKey(b.String()), nil
}

// NewDict returns an empty dictionary.
func NewDict() *Dict { return &Dict{} }

// DictOf returns a dictionary of keys and values, given in turn.
func DictOf(kv ...Value) *Dict {
	d := NewDict()
	for i := 0; i+1 < len(kv); i += 2 {
		if err := d.Set(kv[i], kv[i+1]); err != nil {
			panic(err)
		}
	}
	return d
}

// Len is the number of entries.
func (d *Dict) Len() int {
	if d == nil {
		return 0
	}
	return len(d.K)
}

func (d *Dict) find(h any) int {
	if d.idx != nil {
		if i, ok := d.idx[h]; ok {
			return i
		}
		return -1
	}
	for i, k := range d.K {
		if hk, _ := HashKey(k); hk == h {
			return i
		}
	}
	return -1
}

// GetStr returns the value of a text key.
func (d *Dict) GetStr(k string) (Value, bool) {
	if d.Len() == 0 {
		return nil, false
	}
	if d.idx == nil {
		for i, e := range d.K {
			x, ok := e.(string) // nearly always
			if !ok {
				x, ok = Text(e)
			}
			if ok && x == k {
				return d.V[i], true
			}
		}
		return nil, false
	}
	i, ok := d.idx[k]
	if !ok {
		return nil, false
	}
	return d.V[i], true
}

// Get returns the value of a key, and whether it is there.
func (d *Dict) Get(k Value) (Value, bool, error) {
	h, err := HashKey(k)
	if err != nil || d == nil {
		return nil, false, err
	}
	i := d.find(h)
	if i < 0 {
		return nil, false, nil
	}
	return d.V[i], true, nil
}

// Set adds an entry, or replaces the value of the one with that key, which keeps its place.
func (d *Dict) Set(k, v Value) error {
	h, err := HashKey(k)
	if err != nil {
		return err
	}
	if i := d.find(h); i >= 0 {
		d.V[i] = v
		return nil
	}
	d.K = append(d.K, k)
	d.V = append(d.V, v)
	if d.idx != nil {
		d.idx[h] = len(d.K) - 1
	} else if len(d.K) > indexFrom {
		d.reindex()
	}
	return nil
}

// SetStr is Set with a text key, which cannot fail.
func (d *Dict) SetStr(k string, v Value) { _ = d.Set(k, v) }

// Del removes an entry and says whether it was there.
func (d *Dict) Del(k Value) bool {
	h, err := HashKey(k)
	if err != nil {
		return false
	}
	i := d.find(h)
	if i < 0 {
		return false
	}
	d.K = append(d.K[:i:i], d.K[i+1:]...)
	d.V = append(d.V[:i:i], d.V[i+1:]...)
	d.idx = nil
	if len(d.K) > indexFrom {
		d.reindex()
	}
	return true
}

func (d *Dict) reindex() {
	d.idx = make(map[any]int, 2*len(d.K))
	for i, k := range d.K {
		h, _ := HashKey(k)
		d.idx[h] = i
	}
}

// Equal says whether d and o hold the same entries in the same order: Same, not Python's ==.
func (d *Dict) Equal(o *Dict) bool {
	if d == nil || o == nil {
		return d.Len() == o.Len()
	}
	return sameAll(d.K, o.K) && sameAll(d.V, o.V)
}

// Copy returns a dictionary with the same entries: Python's dict.copy.
func (d *Dict) Copy() *Dict {
	n := &Dict{}
	if d == nil {
		return n
	}
	n.K, n.V = append(n.K, d.K...), append(n.V, d.V...)
	if len(n.K) > indexFrom {
		n.reindex()
	}
	return n
}

// Update sets every entry of other in d.
func (d *Dict) Update(other *Dict) {
	if other == nil {
		return
	}
	for i, k := range other.K {
		_ = d.Set(k, other.V[i])
	}
}

// Items returns what the view iterates over.
func (x *View) Items() []Value {
	switch x.Kind {
	case 'k':
		return x.D.K
	case 'v':
		return x.D.V
	}
	r := make([]Value, len(x.D.K))
	for i := range r {
		r[i] = Tuple{x.D.K[i], x.D.V[i]}
	}
	return r
}

// Len is the number of integers in the range, at most what an int holds.
func (r *Range) Len() int {
	from, to, step := uint64(r.Start), uint64(r.Stop), uint64(r.Step)
	switch {
	case r.Step > 0 && r.Start < r.Stop:
	case r.Step < 0 && r.Start > r.Stop:
		from, to, step = to, from, -step
	default:
		return 0
	}
	return int(min((to-from-1)/step, math.MaxInt-1) + 1) // the difference of two int64 is a uint64
}

// Merge returns a copy of low with the entries of high over it; dictionaries in both are merged in the same way, all the way down.
func Merge(low, high *Dict) *Dict {
	out := low.Copy()
	for i, k := range high.K {
		v := high.V[i]
		old, _, _ := out.Get(k)
		if x, ok := old.(*Dict); ok {
			if y, ok := v.(*Dict); ok {
				v = Merge(x, y)
			}
		}
		_ = out.Set(k, v) // a key of a dictionary can be one
	}
	return out
}

// MergeAll merges dictionaries, the highest first, from the lowest up: what a higher one has in the place of a dictionary hides those below it.
func MergeAll(all []*Dict) *Dict {
	out := all[len(all)-1]
	for i := len(all) - 2; i >= 0; i-- {
		out = Merge(out, all[i])
	}
	return out
}

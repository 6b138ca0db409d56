package value

import (
	"bytes"
	"math"
	"math/big"
)

// Same says whether a and b are the same value of the same kind, marks, order of keys and
// templates included. It is stricter than Python's ==: 1 and 1.0 are not the same. Two Objects
// are the same when they are identical.
func Same(a, b Value) bool {
	switch x := a.(type) {
	case *big.Int:
		y, ok := b.(*big.Int)
		return ok && x.Cmp(y) == 0
	case float64:
		y, ok := b.(float64)
		return ok && math.Float64bits(x) == math.Float64bits(y)
	case *Str:
		y, ok := b.(*Str)
		return ok && x.same(y)
	case []byte:
		y, ok := b.([]byte)
		return ok && bytes.Equal(x, y)
	case *List:
		y, ok := b.(*List)
		return ok && sameAll(x.V, y.V)
	case Tuple:
		y, ok := b.(Tuple)
		return ok && sameAll(x, y)
	case *Dict:
		y, ok := b.(*Dict)
		return ok && x.Equal(y)
	case *Set:
		y, ok := b.(*Set)
		return ok && x.D.Equal(y.D)
	case *Tmpl:
		y, ok := b.(*Tmpl)
		return ok && x.Equal(y)
	case *Cond:
		y, ok := b.(*Cond)
		return ok && x.Equal(y)
	}
	return sameRare(a, b)
}

func sameRare(a, b Value) bool {
	switch x := a.(type) {
	case *Range:
		y, ok := b.(*Range)
		return ok && *x == *y
	case *View:
		y, ok := b.(*View)
		return ok && x.Kind == y.Kind && x.D.Equal(y.D)
	case *Date:
		y, ok := b.(*Date)
		return ok && x.HasTime == y.HasTime && x.HasZone == y.HasZone && x.T.Equal(y.T)
	case *Delta:
		y, ok := b.(*Delta)
		return ok && *x == *y
	case *Vault:
		y, ok := b.(*Vault)
		return ok && x.Cipher == y.Cipher && x.Opened == y.Opened && x.Plain == y.Plain && x.Fault == y.Fault && SameOrigin(x.At, y.At)
	case *Undef:
		y, ok := b.(*Undef)
		if !ok {
			return false
		}
		same := x.Name == y.Name && x.Hint == y.Hint && x.HasObj == y.HasObj && x.Lenient == y.Lenient
		return same && Same(x.Obj, y.Obj) && errText(x.Err) == errText(y.Err)
	}
	return a == b
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func sameAll(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Same(a[i], b[i]) {
			return false
		}
	}
	return true
}

func (x *Str) same(y *Str) bool {
	a, b := *x, *y
	a.At, b.At = nil, nil
	return a == b && SameOrigin(x.At, y.At)
}

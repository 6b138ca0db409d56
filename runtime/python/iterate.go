package python

import (
	"math/big"
	"unicode/utf8"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
)

// Truth is Python's bool(v).
func Truth(v value.Value) (bool, error) {
	switch x := v.(type) {
	case bool:
		return x, nil
	case nil:
		return false, nil
	case int64:
		return x != 0, nil
	case string:
		return x != "", nil
	case *value.Str:
		return x.S != "", nil
	case *value.List:
		return len(x.V) > 0, nil
	case *value.Dict:
		return x.Len() > 0, nil
	case float64:
		return x != 0, nil
	case value.Tuple:
		return len(x) > 0, nil
	case *value.Undef:
		if x.Lenient {
			return false, nil
		}
		return false, x.Fail()
	}
	return truthRare(v), nil
}

func truthRare(v value.Value) bool {
	switch x := v.(type) {
	case *value.Set:
		return x.D.Len() > 0
	case *value.View:
		return x.D.Len() > 0
	case *value.Range:
		return x.Len() > 0
	case *big.Int:
		return x.Sign() != 0
	case []byte:
		return len(x) > 0
	case *value.Delta:
		return x.D != 0
	case value.Sequence:
		return len(x.Elems()) > 0
	}
	return true
}

// AsTuple sees tuples, and objects that are tuples to Python, as their elements.
func AsTuple(v value.Value) ([]value.Value, bool) {
	switch x := v.(type) {
	case value.Tuple:
		return x, true
	case tupleLike:
		return x.Tuple(), true
	}
	return nil, false
}

// Elems returns the elements of a container that has them at hand. The caller does not change
// the slice.
func Elems(v value.Value) ([]value.Value, bool) {
	switch x := v.(type) {
	case *value.List:
		return x.V, true
	case value.Tuple:
		return x, true
	case *value.Dict:
		if x == nil {
			return nil, true
		}
		return x.K, true
	case *value.Set:
		return x.D.K, true
	case *value.View:
		return x.Items(), true
	case value.Sequence:
		return x.Elems(), true
	case *value.Undef:
		return nil, x.Lenient
	}
	return nil, false
}

// Iter returns the elements of whatever Python iterates over.
func Iter(v value.Value) ([]value.Value, error) {
	if it, ok := Elems(v); ok {
		return it, nil
	}
	switch x := v.(type) {
	case string:
		return runes(x), nil
	case *value.Str:
		return runes(x.S), nil
	case []byte:
		r := make([]value.Value, len(x))
		for i, b := range x {
			r[i] = int64(b)
		}
		return r, nil
	case *value.Range:
		n := x.Len()
		if n > bound.Elems {
			return nil, bound.TooLarge()
		}
		r := make([]value.Value, n)
		for i := range r {
			r[i] = x.Start + int64(i)*x.Step
		}
		return r, nil
	case *value.Undef:
		return nil, x.Fail()
	}
	return nil, exception.TypeError("'%s' object is not iterable", value.ClassName(v))
}

func runes(s string) []value.Value {
	r := make([]value.Value, 0, len(s))
	for i := 0; i < len(s); {
		_, n := utf8.DecodeRuneInString(s[i:])
		r = append(r, s[i:i+n])
		i += n
	}
	return r
}

// sized are objects that know how long they are without listing their elements.
type sized interface{ Len() int }

// Length is Python's len(v).
func Length(v value.Value) (int, error) {
	switch x := v.(type) {
	case string:
		return utf8.RuneCountInString(x), nil
	case *value.Str:
		return utf8.RuneCountInString(x.S), nil
	case *value.Vault:
		s, err := value.ToStr(x)
		return utf8.RuneCountInString(s), err
	case []byte:
		return len(x), nil
	case sized:
		return x.Len(), nil
	case *value.Undef:
		if !x.Lenient {
			return 0, x.Fail()
		}
	}
	if it, ok := Elems(v); ok {
		return len(it), nil
	}
	return 0, exception.TypeError("object of type '%s' has no len()", value.ClassName(v))
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// DeepCopy copies the containers in v, so that changing the copy leaves v alone.
func DeepCopy(v value.Value) value.Value {
	switch x := v.(type) {
	case *value.List:
		return &value.List{V: copyAll(x.V)}
	case value.Tuple:
		return value.Tuple(copyAll(x))
	case *value.Dict:
		d := x.Copy()
		d.V = copyAll(d.V)
		return d
	case *value.Set:
		return &value.Set{D: x.D.Copy()}
	}
	return v
}

func copyAll(v []value.Value) []value.Value {
	r := make([]value.Value, len(v))
	for i, e := range v {
		r[i] = DeepCopy(e)
	}
	return r
}

// Bounded fails for a value that nobody can follow to its end: one that is too deep, holds itself, or has too
// many paths.
func Bounded(v value.Value) error { return boundedIn(v, &bound.Walk{}) }

func boundedIn(v value.Value, w *bound.Walk) error {
	var inner []value.Value
	switch x := v.(type) {
	case *value.List:
		inner = x.V
	case *value.Dict:
		inner = x.V
	default:
		inner, _ = AsTuple(v)
	}
	if len(inner) == 0 {
		return nil
	}
	if err := w.In(); err != nil {
		return err
	}
	defer w.Out()
	for _, e := range inner {
		if err := boundedIn(e, w); err != nil {
			return err
		}
	}
	return nil
}

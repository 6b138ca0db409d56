package eval

import (
	"math/big"
	"unicode/utf8"

	"pbc/ir/value"
)

// truth is Python's bool(v).
func truth(v val) (bool, error) {
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
	case *list:
		return len(x.V) > 0, nil
	case *dict:
		return x.Len() > 0, nil
	case float64:
		return x != 0, nil
	case tuple:
		return len(x) > 0, nil
	case *undef:
		if x.Lenient {
			return false, nil
		}
		return false, x.Fail()
	}
	return truthRare(v), nil
}

func truthRare(v val) bool {
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

// tupleLike is implemented by objects that are tuples to Python.
type tupleLike interface{ Tuple() []val }

// mapping is implemented by objects that are mappings to Python.
type mapping interface{ Dict() (*dict, error) }

// asTuple sees tuples, and objects that are tuples to Python, as their elements.
func asTuple(v val) ([]val, bool) {
	switch x := v.(type) {
	case tuple:
		return x, true
	case tupleLike:
		return x.Tuple(), true
	}
	return nil, false
}

// elems returns the elements of a container that has them at hand. The caller does not change
// the slice.
func elems(v val) ([]val, bool) {
	switch x := v.(type) {
	case *list:
		return x.V, true
	case tuple:
		return x, true
	case *dict:
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
	case *undef:
		return nil, x.Lenient
	}
	return nil, false
}

// iter returns the elements of whatever Python iterates over.
func iter(v val) ([]val, error) {
	if it, ok := elems(v); ok {
		return it, nil
	}
	switch x := v.(type) {
	case string:
		return runes(x), nil
	case *value.Str:
		return runes(x.S), nil
	case []byte:
		r := make([]val, len(x))
		for i, b := range x {
			r[i] = int64(b)
		}
		return r, nil
	case *value.Range:
		n := x.Len()
		if n > maxElems {
			return nil, tooLarge()
		}
		r := make([]val, n)
		for i := range r {
			r[i] = x.Start + int64(i)*x.Step
		}
		return r, nil
	case *undef:
		return nil, x.Fail()
	}
	return nil, typeErr("'%s' object is not iterable", value.TypeName(v))
}

func runes(s string) []val {
	r := make([]val, 0, len(s))
	for i := 0; i < len(s); {
		_, n := utf8.DecodeRuneInString(s[i:])
		r = append(r, s[i:i+n])
		i += n
	}
	return r
}

// length is Python's len(v).
func length(v val) (int, error) {
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
	case *value.Range:
		return x.Len(), nil
	case *undef:
		if !x.Lenient {
			return 0, x.Fail()
		}
	}
	if it, ok := elems(v); ok {
		return len(it), nil
	}
	return 0, typeErr("object of type '%s' has no len()", value.TypeName(v))
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// deepCopy copies the containers in v, so that changing the copy leaves v alone.
func deepCopy(v val) val {
	switch x := v.(type) {
	case *list:
		return &list{V: copyAll(x.V)}
	case tuple:
		return tuple(copyAll(x))
	case *dict:
		d := x.Copy()
		d.V = copyAll(d.V)
		return d
	case *value.Set:
		return &value.Set{D: x.D.Copy()}
	}
	return v
}

func copyAll(v []val) []val {
	r := make([]val, len(v))
	for i, e := range v {
		r[i] = deepCopy(e)
	}
	return r
}

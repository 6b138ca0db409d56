package python

import (
	"pbc/ir/value"
	"pbc/runtime/exception"
)

// AsDict returns the dictionary that a value is to Python, and whether it is one.
func AsDict(v value.Value) (*value.Dict, bool) {
	switch x := v.(type) {
	case *value.Dict:
		return x, true
	case Mapping:
		d, err := x.Dict()
		return d, err == nil
	}
	return nil, false
}

// Pairs returns the keys and values of a mapping as tuples.
func Pairs(v value.Value) ([]value.Value, error) {
	d, ok := AsDict(v)
	if !ok {
		if err := Use(v); err != nil {
			return nil, err
		}
		return nil, exception.Raise("AttributeError", "'%s' object has no attribute 'items'", value.ClassName(v))
	}
	return (&value.View{D: d, Kind: 'i'}).Items(), nil
}

// tupleLike is implemented by objects that are tuples to Python.
type tupleLike interface{ Tuple() []value.Value }

// Mapping is implemented by objects that are mappings to Python.
type Mapping interface{ Dict() (*value.Dict, error) }

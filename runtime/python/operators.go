package python

import (
	"strings"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
)

// Add is a + b.
func Add(a, b value.Value) (value.Value, error) {
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			if s, ok := smallArith('+', x, y); ok {
				return s, nil
			}
		}
	case string, *value.Str:
		return addText(a, b)
	case *value.Vault:
		s, err := value.ToStr(x)
		if err != nil {
			return nil, err
		}
		return addText(s, b)
	case []byte:
		y, ok := b.([]byte)
		if ok && len(x)+len(y) <= bound.Text {
			return append(append([]byte{}, x...), y...), nil
		}
	case *value.List:
		y, ok := b.(*value.List)
		if !ok {
			return nil, badConcat("list", b)
		}
		if len(x.V)+len(y.V) > bound.Elems {
			return nil, bound.TooLarge()
		}
		r := make([]value.Value, 0, len(x.V)+len(y.V))
		return &value.List{V: append(append(r, x.V...), y.V...)}, nil
	case value.Tuple:
		y, ok := b.(value.Tuple)
		if !ok {
			return nil, badConcat("tuple", b)
		}
		if len(x)+len(y) > bound.Elems {
			return nil, bound.TooLarge()
		}
		return append(append(value.Tuple{}, x...), y...), nil
	case *value.Date:
		if d, ok := b.(*value.Delta); ok {
			return shifted(x, d.D)
		}
	case *value.Delta:
		switch y := b.(type) {
		case *value.Delta:
			return &value.Delta{D: x.D + y.D}, nil
		case *value.Date:
			return Add(b, a)
		}
	}
	return arith('+', a, b)
}

func badConcat(kind string, b value.Value) error {
	if err := Use(b); err != nil {
		return err
	}
	return exception.TypeError("can only concatenate %s (not \"%s\") to %s", kind, value.ClassName(b), kind)
}

func addText(a, b value.Value) (value.Value, error) {
	x, _ := value.Text(a)
	y, ok := value.Text(b)
	if !ok {
		return nil, badConcat("str", b)
	}
	if len(x)+len(y) > bound.Text {
		return nil, bound.TooLarge()
	}
	return x + y, nil
}

// Sub is a - b.
func Sub(a, b value.Value) (value.Value, error) {
	switch x := a.(type) {
	case *value.Date:
		switch y := b.(type) {
		case *value.Date:
			return between(x, y)
		case *value.Delta:
			return shifted(x, -y.D)
		}
	case *value.Delta:
		if y, ok := b.(*value.Delta); ok {
			return &value.Delta{D: x.D - y.D}, nil
		}
	case *value.Set:
		if y, ok := b.(*value.Set); ok {
			return setMinus(x, y), nil
		}
	}
	return arith('-', a, b)
}

func setMinus(x, y *value.Set) *value.Set {
	r := &value.Set{D: value.NewDict()}
	for _, k := range x.D.K {
		if _, ok, _ := y.D.Get(k); !ok {
			_ = r.D.Set(k, nil)
		}
	}
	return r
}

// Mul is a * b.
func Mul(a, b value.Value) (value.Value, error) {
	for _, p := range [2][2]value.Value{{a, b}, {b, a}} {
		n := Num(p[1])
		if d, ok := p[0].(*value.Delta); ok && n.Kind != 0 {
			return scaled(d, n)
		}
		if n.Kind != 'i' {
			continue
		}
		if r, ok, err := repeat(p[0], int(n.I)); ok || err != nil {
			return r, err
		}
	}
	if other, ok := sequenceTimes(a, b); ok && Use2(a, b) == nil {
		return nil, exception.TypeError("can't multiply sequence by non-int of type '%s'", ShownType(other))
	}
	return arith('*', a, b)
}

// sequenceTimes says whether one of two operands is a sequence, and returns the other.
func sequenceTimes(a, b value.Value) (other value.Value, ok bool) {
	for _, p := range [2][2]value.Value{{a, b}, {b, a}} {
		_, isText := value.Text(p[0])
		_, isList := p[0].(*value.List)
		_, isTuple := p[0].(value.Tuple)
		if isText || isList || isTuple {
			return p[1], true
		}
	}
	return nil, false
}

// ShownType is the name of a value's type as Ansible's classes for marked text have it.
func ShownType(v value.Value) string {
	if x, ok := v.(*value.Str); ok {
		switch {
		case x.Unsafe && x.Native:
			return "NativeJinjaUnsafeText"
		case x.Unsafe:
			return "AnsibleUnsafeText"
		case x.Native:
			return "NativeJinjaText"
		}
	}
	return value.TypeName(v)
}

// repeat is a sequence times n; ok is false when v is no sequence.
func repeat(v value.Value, n int) (r value.Value, ok bool, err error) {
	n = max(n, 0)
	if s, isText := value.Text(v); isText {
		if len(s) > 0 && n > bound.Text/len(s) {
			return nil, false, bound.TooLarge()
		}
		return strings.Repeat(s, n), true, nil
	}
	var items []value.Value
	switch x := v.(type) {
	case *value.List:
		items = x.V
	case value.Tuple:
		items = x
	default:
		return nil, false, nil
	}
	if len(items) > 0 && n > bound.Elems/len(items) {
		return nil, false, bound.TooLarge()
	}
	out := make([]value.Value, 0, n*len(items))
	for range n {
		out = append(out, items...)
	}
	if _, isList := v.(*value.List); isList {
		return &value.List{V: out}, true, nil
	}
	return value.Tuple(out), true, nil
}

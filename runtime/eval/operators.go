package eval

import (
	"strings"

	"pbc/ir/value"
)

// Bounds on what one operation makes, so that no template takes the process down.
const (
	maxElems = 1 << 24 // elements of a list
	maxText  = 1 << 28 // bytes of a text
)

func tooLarge() error { return raise("MemoryError", "the result is too large") }

func add(a, b val) (val, error) {
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
	case *list:
		y, ok := b.(*list)
		if !ok {
			return nil, badConcat("list", b)
		}
		r := make([]val, 0, len(x.V)+len(y.V))
		return &list{V: append(append(r, x.V...), y.V...)}, nil
	case tuple:
		y, ok := b.(tuple)
		if !ok {
			return nil, badConcat("tuple", b)
		}
		return append(append(tuple{}, x...), y...), nil
	case *value.Date:
		if d, ok := b.(*value.Delta); ok {
			return &value.Date{T: x.T.Add(d.D), HasTime: x.HasTime, HasZone: x.HasZone}, nil
		}
	case *value.Delta:
		switch y := b.(type) {
		case *value.Delta:
			return &value.Delta{D: x.D + y.D}, nil
		case *value.Date:
			return add(b, a)
		}
	}
	return arith('+', a, b)
}

func badConcat(kind string, b val) error {
	if err := use(b); err != nil {
		return err
	}
	return typeErr("can only concatenate %s (not \"%s\") to %s", kind, value.TypeName(b), kind)
}

func addText(a, b val) (val, error) {
	x, _ := value.Text(a)
	y, ok := value.Text(b)
	if !ok {
		return nil, badConcat("str", b)
	}
	if len(x)+len(y) > maxText {
		return nil, tooLarge()
	}
	return x + y, nil
}

func sub(a, b val) (val, error) {
	switch x := a.(type) {
	case *value.Date:
		switch y := b.(type) {
		case *value.Date:
			return &value.Delta{D: x.T.Sub(y.T)}, nil
		case *value.Delta:
			return &value.Date{T: x.T.Add(-y.D), HasTime: x.HasTime, HasZone: x.HasZone}, nil
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

func mul(a, b val) (val, error) {
	for _, p := range [2][2]val{{a, b}, {b, a}} {
		n := num(p[1])
		if n.kind != 'i' {
			continue
		}
		if r, ok, err := repeat(p[0], int(n.i)); ok || err != nil {
			return r, err
		}
	}
	if other, ok := sequenceTimes(a, b); ok && use2(a, b) == nil {
		return nil, typeErr("can't multiply sequence by non-int of type '%s'", shownType(other))
	}
	return arith('*', a, b)
}

// sequenceTimes says whether one of two operands is a sequence, and returns the other.
func sequenceTimes(a, b val) (other val, ok bool) {
	for _, p := range [2][2]val{{a, b}, {b, a}} {
		_, isText := value.Text(p[0])
		_, isList := p[0].(*list)
		_, isTuple := p[0].(tuple)
		if isText || isList || isTuple {
			return p[1], true
		}
	}
	return nil, false
}

// shownType is the name of a value's type as Ansible's classes for marked text have it.
func shownType(v val) string {
	if x, ok := v.(*value.Str); ok {
		switch {
		case x.Unsafe:
			return "AnsibleUnsafeText"
		case x.Native:
			return "NativeJinjaText"
		}
	}
	return value.TypeName(v)
}

// repeat is a sequence times n; ok is false when v is no sequence.
func repeat(v val, n int) (r val, ok bool, err error) {
	n = max(n, 0)
	if s, isText := value.Text(v); isText {
		if len(s) > 0 && n > maxText/len(s) {
			return nil, false, tooLarge()
		}
		return strings.Repeat(s, n), true, nil
	}
	var items []val
	switch x := v.(type) {
	case *list:
		items = x.V
	case tuple:
		items = x
	default:
		return nil, false, nil
	}
	if len(items) > 0 && n > maxElems/len(items) {
		return nil, false, tooLarge()
	}
	out := make([]val, 0, n*len(items))
	for range n {
		out = append(out, items...)
	}
	if _, isList := v.(*list); isList {
		return &list{V: out}, true, nil
	}
	return tuple(out), true, nil
}

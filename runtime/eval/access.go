package eval

import (
	"errors"
	"math/big"
	"strings"

	"pbc/ir/value"
)

// slice is Python's slice object, made by a[b:c:d].
type slice struct{ start, stop, step val }

func (*slice) TypeName() string      { return "slice" }
func (*slice) Repr() (string, error) { return "slice", nil }

// index reads a bound of a slice; has is false for None.
func index(v val) (i int, has bool, err error) {
	if v == nil {
		return 0, false, nil
	}
	switch n := num(v); n.kind {
	case 'i':
		return int(n.i), true, nil
	case 'b':
		if n.b.Sign() < 0 {
			return -maxText, true, nil
		}
		return maxText, true, nil
	}
	if err := use(v); err != nil {
		return 0, false, err
	}
	return 0, false, typeErr("slice indices must be integers or None or have an __index__ method")
}

// bounds resolves s for a sequence of n elements.
func (s *slice) bounds(n int) (start, stop, step int, err error) {
	step, has, err := index(s.step)
	if err != nil {
		return 0, 0, 0, err
	}
	if !has {
		step = 1
	} else if step == 0 {
		return 0, 0, 0, valueErr("slice step cannot be zero")
	}
	lo, hi, first, last := 0, n, 0, n
	if step < 0 {
		lo, hi, first, last = -1, n-1, n-1, -1
	}
	if start, err = clamp(s.start, first, lo, hi, n); err != nil {
		return 0, 0, 0, err
	}
	stop, err = clamp(s.stop, last, lo, hi, n)
	return start, stop, step, err
}

func clamp(v val, dflt, lo, hi, n int) (int, error) {
	i, has, err := index(v)
	if err != nil || !has {
		return dflt, err
	}
	if i < 0 {
		return max(i+n, lo), nil
	}
	return min(i, hi), nil
}

func (s *slice) of(v []val) ([]val, error) {
	a, b, c, err := s.bounds(len(v))
	if err != nil {
		return nil, err
	}
	r := []val{}
	for i := a; c > 0 && i < b || c < 0 && i > b; i += c {
		r = append(r, v[i])
	}
	return r, nil
}

func (s *slice) ofText(t string) (val, error) {
	if s.step == nil && isASCII(t) {
		a, b, _, err := s.bounds(len(t))
		if err != nil || a >= b {
			return "", err
		}
		return t[a:b], nil
	}
	part, err := s.of(runes(t))
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, r := range part {
		b.WriteString(r.(string))
	}
	return b.String(), nil
}

func getSlice(o val, s *slice) (val, error) {
	switch x := o.(type) {
	case *list:
		r, err := s.of(x.V)
		return &list{V: r}, err
	case string:
		return s.ofText(x)
	case *value.Str:
		return s.ofText(x.S)
	case []byte:
		a, b, c, err := s.bounds(len(x))
		if err != nil || c != 1 || a >= b {
			return []byte{}, err
		}
		return x[a:b], nil
	case *value.Range:
		return rangeSlice(x, s)
	case *undef:
		return x, nil
	case *dict:
		return nil, typeErr("unhashable type: 'slice'")
	}
	if t, ok := asTuple(o); ok {
		r, err := s.of(t)
		return tuple(r), err
	}
	return lacks(o, "slice"), nil
}

func rangeSlice(x *value.Range, s *slice) (val, error) {
	a, b, c, err := s.bounds(x.Len())
	if err != nil {
		return nil, err
	}
	at := func(i int) int64 { return x.Start + int64(i)*x.Step }
	return &value.Range{Start: at(a), Stop: at(b), Step: x.Step * int64(c)}, nil
}

// at returns element i, counted from the end when negative.
func at(v []val, i int64) (val, bool) {
	if i < 0 {
		i += int64(len(v))
	}
	if i < 0 || i >= int64(len(v)) {
		return nil, false
	}
	return v[i], true
}

// itemGetter is implemented by objects that have items.
type itemGetter interface {
	Item(k val) (v val, ok bool, err error)
}

// getItem is o[k] as Jinja's environment resolves it: the item, else the attribute of that name,
// else undefined.
func getItem(o, k val) (val, error) {
	if u, ok := o.(*undef); ok {
		if u.Lenient {
			return nil, u.Fail()
		}
		return u, nil
	}
	if x, ok := o.(*value.Vault); ok && x.Opened {
		o = x.Plain
	}
	if s, ok := k.(*slice); ok {
		return getSlice(o, s)
	}
	v, ok, err := item(o, k)
	if errors.Is(err, value.ErrUnhashable) {
		return noElement(o, k), nil
	}
	if ok || err != nil {
		return v, err
	}
	if s, ok := value.Text(k); ok {
		return attrOrUndef(o, s), nil
	}
	if err := use(k); err != nil {
		return nil, err
	}
	return noElement(o, k), nil
}

func noElement(o, k val) *undef {
	r, _ := value.Repr(k)
	u := lacks(o, r)
	u.Hint = value.TypeName(o) + " object has no element " + r
	if o == nil {
		u.Hint = "None has no element " + r
	}
	return u
}

// item is o[k] alone; ok is false where Python raises.
func item(o, k val) (v val, ok bool, err error) {
	switch x := o.(type) {
	case *dict:
		if s, isText := value.Text(k); isText {
			v, ok = x.GetStr(s)
			return v, ok, nil
		}
		return x.Get(k)
	case itemGetter:
		return x.Item(k)
	}
	n := num(k)
	if n.kind != 'i' {
		return nil, false, nil
	}
	switch x := o.(type) {
	case *list:
		v, ok = at(x.V, n.i)
	case string:
		v, ok = textAt(x, n.i)
	case *value.Str:
		v, ok = textAt(x.S, n.i)
	case []byte:
		if n.i < 0 {
			n.i += int64(len(x))
		}
		if n.i >= 0 && n.i < int64(len(x)) {
			v, ok = int64(x[n.i]), true
		}
	case *value.Range:
		v, ok = rangeAt(x, n.i)
	default:
		if t, isTuple := asTuple(o); isTuple {
			v, ok = at(t, n.i)
		}
	}
	return v, ok, nil
}

func rangeAt(x *value.Range, i int64) (val, bool) {
	if i < 0 {
		i += int64(x.Len())
	}
	if i < 0 || i >= int64(x.Len()) {
		return nil, false
	}
	return x.Start + i*x.Step, true
}

func textAt(s string, i int64) (val, bool) {
	if !isASCII(s) {
		return at(runes(s), i)
	}
	if i < 0 {
		i += int64(len(s))
	}
	if i < 0 || i >= int64(len(s)) {
		return nil, false
	}
	return s[i : i+1], true
}

func attrOrUndef(o val, name string) val {
	if v, ok := attr(o, name); ok {
		return v
	}
	return lacks(o, name)
}

// getAttr is o.name as Jinja's environment resolves it: the attribute, else the item.
func getAttr(o val, name string) (val, error) {
	switch x := o.(type) {
	case *dict:
		if dictMethods[name] == nil {
			if v, ok := x.GetStr(name); ok {
				return v, nil
			}
			return attrOrUndef(o, name), nil
		}
	case *undef:
		if x.Lenient {
			return nil, x.Fail()
		}
		return x, nil
	}
	if v, ok := attr(o, name); ok {
		return v, nil
	}
	if x, ok := o.(itemGetter); ok {
		if v, ok, err := x.Item(name); ok || err != nil {
			return v, err
		}
	}
	return lacks(o, name), nil
}

// attrGetter is implemented by objects that have attributes beside their methods.
type attrGetter interface {
	Attr(name string) (val, bool)
}

// attr finds an attribute of a value.
func attr(o val, name string) (val, bool) {
	switch x := o.(type) {
	case attrGetter:
		if v, ok := x.Attr(name); ok {
			return v, true
		}
	case *value.Date:
		if v, ok := dateAttr(x, name); ok {
			return v, true
		}
	case *value.Delta:
		if v, ok := deltaAttr(x, name); ok {
			return v, true
		}
	case int64, *big.Int, bool:
		switch name {
		case "real", "numerator":
			return o, true
		case "imag":
			return int64(0), true
		case "denominator":
			return int64(1), true
		}
	}
	if m := method(o, name); m != nil {
		return bound(o, name, m), true
	}
	return nil, false
}

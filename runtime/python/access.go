package python

import (
	"errors"
	"math/big"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
)

// Slice is Python's slice object, made by a[b:c:d].
type Slice struct{ Start, Stop, Step value.Value }

// TypeName is Python's name of the class.
func (*Slice) TypeName() string { return "slice" }

// Repr shows a slice by its class.
func (*Slice) Repr() (string, error) { return "slice", nil }

// index reads a bound of a slice; has is false for None.
func index(v value.Value) (i int, has bool, err error) {
	if v == nil {
		return 0, false, nil
	}
	switch n := Num(v); n.Kind {
	case 'i':
		return int(n.I), true, nil
	case 'b':
		if n.b.Sign() < 0 {
			return -bound.Text, true, nil
		}
		return bound.Text, true, nil
	}
	if err := Use(v); err != nil {
		return 0, false, err
	}
	return 0, false, exception.TypeError("slice indices must be integers or None or have an __index__ method")
}

// bounds resolves s for a sequence of n elements.
func (s *Slice) bounds(n int) (start, stop, step int, err error) {
	step, has, err := index(s.Step)
	if err != nil {
		return 0, 0, 0, err
	}
	if !has {
		step = 1
	} else if step == 0 {
		return 0, 0, 0, exception.ValueError("slice step cannot be zero")
	}
	lo, hi, first, last := 0, n, 0, n
	if step < 0 {
		lo, hi, first, last = -1, n-1, n-1, -1
	}
	if start, err = clamp(s.Start, first, lo, hi, n); err != nil {
		return 0, 0, 0, err
	}
	stop, err = clamp(s.Stop, last, lo, hi, n)
	return start, stop, step, err
}

func clamp(v value.Value, dflt, lo, hi, n int) (int, error) {
	i, has, err := index(v)
	if err != nil || !has {
		return dflt, err
	}
	if i < 0 {
		return max(i+n, lo), nil
	}
	return min(i, hi), nil
}

func (s *Slice) of(v []value.Value) ([]value.Value, error) {
	a, b, c, err := s.bounds(len(v))
	if err != nil {
		return nil, err
	}
	r := []value.Value{}
	for i := a; c > 0 && i < b || c < 0 && i > b; i += c {
		r = append(r, v[i])
	}
	return r, nil
}

func (s *Slice) ofText(t string) (value.Value, error) {
	if s.Step == nil && isASCII(t) {
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

func getSlice(o value.Value, s *Slice) (value.Value, error) {
	switch x := o.(type) {
	case *value.List:
		r, err := s.of(x.V)
		return &value.List{V: r}, err
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
	case *value.Undef:
		return x, nil
	case *value.Dict:
		return nil, exception.TypeError("unhashable type: 'slice'")
	}
	if t, ok := AsTuple(o); ok {
		r, err := s.of(t)
		return value.Tuple(r), err
	}
	return Lacks(o, "slice"), nil
}

func rangeSlice(x *value.Range, s *Slice) (value.Value, error) {
	a, b, c, err := s.bounds(x.Len())
	if err != nil {
		return nil, err
	}
	at := func(i int) int64 { return x.Start + int64(i)*x.Step }
	return &value.Range{Start: at(a), Stop: at(b), Step: x.Step * int64(c)}, nil
}

// at returns element i, counted from the end when negative.
func at(v []value.Value, i int64) (value.Value, bool) {
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
	Item(k value.Value) (v value.Value, ok bool, err error)
}

// GetItem is o[k] as Jinja's environment resolves it: the item, else the attribute of that name,
// else undefined.
func GetItem(o, k value.Value) (value.Value, error) {
	if u, ok := o.(*value.Undef); ok {
		if u.Lenient {
			return nil, u.Fail()
		}
		return u, nil
	}
	if x, ok := o.(*value.Vault); ok && x.Opened {
		o = x.Plain
	}
	if s, ok := k.(*Slice); ok {
		return getSlice(o, s)
	}
	v, ok, err := ItemOf(o, k)
	if errors.Is(err, value.ErrUnhashable) {
		return noElement(o, k), nil
	}
	if ok || err != nil {
		return v, err
	}
	if s, ok := value.Text(k); ok {
		return AttrOrUndef(o, s), nil
	}
	if err := Use(k); err != nil {
		return nil, err
	}
	return noElement(o, k), nil
}

func noElement(o, k value.Value) *value.Undef {
	r, _ := value.Repr(k)
	u := Lacks(o, r)
	u.Element = true
	u.Hint = value.ClassName(o) + " object has no element " + r
	if o == nil {
		u.Hint = "None has no element " + r
	}
	return u
}

// ItemOf is o[k] alone; ok is false where Python raises.
func ItemOf(o, k value.Value) (v value.Value, ok bool, err error) {
	switch x := o.(type) {
	case *value.Dict:
		if s, isText := value.Text(k); isText {
			v, ok = x.GetStr(s)
			return v, ok, nil
		}
		return x.Get(k)
	case itemGetter:
		return x.Item(k)
	}
	n := Num(k)
	if n.Kind != 'i' {
		return nil, false, nil
	}
	switch x := o.(type) {
	case *value.List:
		v, ok = at(x.V, n.I)
	case string:
		v, ok = textAt(x, n.I)
	case *value.Str:
		v, ok = textAt(x.S, n.I)
	case []byte:
		if n.I < 0 {
			n.I += int64(len(x))
		}
		if n.I >= 0 && n.I < int64(len(x)) {
			v, ok = int64(x[n.I]), true
		}
	case *value.Range:
		v, ok = rangeAt(x, n.I)
	default:
		if t, isTuple := AsTuple(o); isTuple {
			v, ok = at(t, n.I)
		}
	}
	return v, ok, nil
}

func rangeAt(x *value.Range, i int64) (value.Value, bool) {
	if i < 0 {
		i += int64(x.Len())
	}
	if i < 0 || i >= int64(x.Len()) {
		return nil, false
	}
	return x.Start + i*x.Step, true
}

func textAt(s string, i int64) (value.Value, bool) {
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

// AttrOrUndef is an attribute of a value, undefined when it has none of that name.
func AttrOrUndef(o value.Value, name string) value.Value {
	if v, ok := AttrOf(o, name); ok {
		return v
	}
	return Lacks(o, name)
}

// GetAttr is o.name as Jinja's environment resolves it: the attribute, else the item.
func GetAttr(o value.Value, name string) (value.Value, error) {
	switch x := o.(type) {
	case *value.Dict:
		if DictMethods[name] == nil {
			if v, ok := x.GetStr(name); ok {
				return v, nil
			}
			return AttrOrUndef(o, name), nil
		}
	case *value.Undef:
		if x.Lenient {
			return nil, x.Fail()
		}
		return x, nil
	}
	if v, ok := AttrOf(o, name); ok {
		return v, nil
	}
	if x, ok := o.(itemGetter); ok {
		if v, ok, err := x.Item(name); ok || err != nil {
			return v, err
		}
	}
	return Lacks(o, name), nil
}

// attrGetter is implemented by objects that have attributes beside their methods.
type attrGetter interface {
	Attr(name string) (value.Value, bool)
}

// AttrOf finds an attribute of a value.
func AttrOf(o value.Value, name string) (value.Value, bool) {
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
	case float64:
		switch name {
		case "real":
			return o, true
		case "imag":
			return 0.0, true
		}
	case int64, *big.Int, bool:
		switch name {
		case "real", "numerator":
			n, err := Positive(o)
			return n, err == nil
		case "imag":
			return int64(0), true
		case "denominator":
			return int64(1), true
		}
	}
	if m := MethodOf(o, name); m != nil {
		return boundMethod(o, name, m), true
	}
	return nil, false
}

package python

import (
	"math"
	"math/big"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
)

// unordered is the result of comparing with NaN.
const unordered = 2

// compareNumbers returns -1, 0, 1 or unordered, and whether a and b are both numbers.
func compareNumbers(a, b value.Value) (int, bool) {
	x, y := Num(a), Num(b)
	switch {
	case x.Kind == 0 || y.Kind == 0:
		return 0, false
	case x.Kind == 'i' && y.Kind == 'i':
		switch {
		case x.I < y.I:
			return -1, true
		case x.I > y.I:
			return 1, true
		}
		return 0, true
	case x.Kind == 'f' && y.Kind == 'f':
		return CompareFloats(x.F, y.F), true
	case x.Kind == 'f':
		return compareMixed(x.F, y), true
	case y.Kind == 'f':
		c := compareMixed(y.F, x)
		if c == unordered {
			return c, true
		}
		return -c, true
	}
	return x.Big().Cmp(y.Big()), true
}

// CompareFloats is -1, 0 or 1 as x is less than, equal to or greater than y, and 2 when one is not a number.
func CompareFloats(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	case x == y:
		return 0
	}
	return unordered
}

// compareMixed compares a float with an integer exactly.
func compareMixed(f float64, n Number) int {
	switch {
	case math.IsNaN(f):
		return unordered
	case math.IsInf(f, 1):
		return 1
	case math.IsInf(f, -1):
		return -1
	}
	return new(big.Float).SetFloat64(f).Cmp(new(big.Float).SetInt(n.Big()))
}

// Equal is Python's a == b. Comparing an undefined value is an error.
func Equal(a, b value.Value) (bool, error) { return equalIn(a, b, nil) }

func equalIn(a, b value.Value, w *bound.Walk) (bool, error) {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return x == y, nil
		}
		return equalText(x, b)
	case *value.Str:
		return equalText(x.S, b)
	case int64:
		if y, ok := b.(int64); ok {
			return x == y, nil
		}
	case *value.Undef:
		if !x.Lenient {
			return false, x.Fail()
		}
		y, ok := b.(*value.Undef)
		return ok && y.Lenient, nil
	}
	if u, ok := b.(*value.Undef); ok {
		if u.Lenient {
			return false, nil
		}
		return false, u.Fail()
	}
	if c, ok := compareNumbers(a, b); ok {
		return c == 0, nil
	}
	return equalRest(a, b, w)
}

func equalText(x string, b value.Value) (bool, error) {
	if y, ok := value.Text(b); ok {
		return x == y, nil
	}
	switch y := b.(type) {
	case *value.Undef:
		if !y.Lenient {
			return false, y.Fail()
		}
	case *value.Vault:
		s, err := value.ToStr(y)
		return s == x, err
	}
	return false, nil
}

// equalVault compares what a vault holds.
func equalVault(x *value.Vault, b value.Value) (bool, error) {
	s, err := value.ToStr(x)
	if err != nil {
		return false, err
	}
	return equalText(s, b)
}

func equalRest(a, b value.Value, w *bound.Walk) (bool, error) {
	switch x := a.(type) {
	case *value.List:
		y, ok := b.(*value.List)
		if !ok {
			return false, nil
		}
		return equalSeq(x.V, y.V, w)
	case *value.Dict:
		y, ok := b.(*value.Dict)
		if !ok {
			return false, nil
		}
		return equalDict(x, y, w)
	case *value.View:
		return equalView(x, b)
	case *value.Range:
		y, ok := b.(*value.Range)
		return ok && *x == *y, nil
	case *value.Date:
		y, ok := b.(*value.Date)
		return ok && x.T.Equal(y.T), nil
	case *value.Delta:
		y, ok := b.(*value.Delta)
		return ok && *x == *y, nil
	case *value.Set:
		y, ok := b.(*value.Set)
		return ok && x.D.Len() == y.D.Len() && setMinus(x, y).D.Len() == 0, nil
	case []byte:
		y, ok := b.([]byte)
		return ok && string(x) == string(y), nil
	case *value.Vault:
		return equalVault(x, b)
	}
	if x, ok := AsTuple(a); ok {
		y, ok := AsTuple(b)
		if !ok {
			return false, nil
		}
		return equalSeq(x, y, w)
	}
	if _, ok := AsTuple(b); ok || Num(a).Kind != 0 {
		return false, nil
	}
	switch b.(type) {
	case *value.List, *value.Dict, []byte, *value.Set:
		return false, nil
	}
	return a == b, nil
}

// equalView compares the keys or items of a dictionary with a set, or another view, of the same elements; values are equal to
// nothing but themselves.
func equalView(x *value.View, b value.Value) (bool, error) {
	if x.Kind == 'v' {
		return value.Value(x) == b, nil
	}
	var other []value.Value
	switch y := b.(type) {
	case *value.Set:
		other = y.D.K
	case *value.View:
		if y.Kind == 'v' {
			return false, nil
		}
		other = y.Items()
	default:
		return false, nil
	}
	mine := x.Items()
	if len(mine) != len(other) {
		return false, nil
	}
	for _, e := range mine {
		i, err := Find(other, e)
		if err != nil || i < 0 {
			return false, err
		}
	}
	return true, nil
}

// EqualSeq compares two sequences element by element.
func EqualSeq(a, b []value.Value) (bool, error) { return equalSeq(a, b, nil) }

// down makes the walk of a comparison of containers at its first, and enters it.
func down(w *bound.Walk) (*bound.Walk, error) {
	if w == nil {
		w = &bound.Walk{}
	}
	return w, w.In()
}

// identical says whether two elements are one container, which Python does not look into.
func identical(a, b value.Value) bool {
	switch a.(type) {
	case *value.List, *value.Dict:
		return a == b
	}
	return false
}

func equalSeq(a, b []value.Value, w *bound.Walk) (bool, error) {
	if len(a) != len(b) {
		return false, nil
	}
	w, err := down(w)
	if err != nil {
		return false, err
	}
	defer w.Out()
	for i := range a {
		if identical(a[i], b[i]) {
			continue
		}
		if e, err := equalIn(a[i], b[i], w); err != nil || !e {
			return false, err
		}
	}
	return true, nil
}

func equalDict(x, y *value.Dict, w *bound.Walk) (bool, error) {
	if x.Len() != y.Len() {
		return false, nil
	}
	w, err := down(w)
	if err != nil {
		return false, err
	}
	defer w.Out()
	for i, k := range x.K {
		v, ok, err := y.Get(k)
		if err != nil || !ok {
			return false, err
		}
		if identical(x.V[i], v) {
			continue
		}
		if e, err := equalIn(x.V[i], v, w); err != nil || !e {
			return false, err
		}
	}
	return true, nil
}

// holds says whether the result c of a comparison satisfies op.
func holds(op string, c int) bool {
	if c == unordered {
		return false
	}
	switch op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

// Order is a op b, where op is <, <=, > or >=.
func Order(op string, a, b value.Value) (bool, error) {
	if c, ok := compareNumbers(a, b); ok {
		return holds(op, c), nil
	}
	if x, ok := value.Text(a); ok {
		if y, ok := value.Text(b); ok {
			return holds(op, strings.Compare(x, y)), nil
		}
	}
	switch x := a.(type) {
	case *value.List:
		if y, ok := b.(*value.List); ok {
			return OrderSeq(op, x.V, y.V)
		}
	case *value.Date:
		if y, ok := b.(*value.Date); ok {
			return holds(op, x.T.Compare(y.T)), nil
		}
	case *value.Delta:
		if y, ok := b.(*value.Delta); ok {
			return holds(op, CompareFloats(float64(x.D), float64(y.D))), nil
		}
	case *value.Set:
		if y, ok := b.(*value.Set); ok {
			return orderSet(op, x, y), nil
		}
	}
	x, xok := AsTuple(a)
	y, yok := AsTuple(b)
	if xok && yok {
		return OrderSeq(op, x, y)
	}
	if err := Use2(a, b); err != nil {
		return false, err
	}
	return false, exception.TypeError("'%s' not supported between instances of '%s' and '%s'", op, value.ClassName(a), value.ClassName(b))
}

// OrderSeq is Order of two sequences.
func OrderSeq(op string, a, b []value.Value) (bool, error) {
	for i := 0; i < len(a) && i < len(b); i++ {
		e, err := Equal(a[i], b[i])
		if err != nil {
			return false, err
		}
		if !e {
			return Order(op, a[i], b[i])
		}
	}
	return holds(op, CompareFloats(float64(len(a)), float64(len(b)))), nil
}

// orderSet compares sets by inclusion.
func orderSet(op string, x, y *value.Set) bool {
	if op[0] == '>' {
		x, y = y, x
	}
	within := setMinus(x, y).D.Len() == 0
	return within && (len(op) == 2 || x.D.Len() < y.D.Len())
}

// Less is a < b.
func Less(a, b value.Value) (bool, error) { return Order("<", a, b) }

// Contains is x in c.
func Contains(x, c value.Value) (bool, error) {
	switch y := c.(type) {
	case string:
		return inText(x, y)
	case *value.Str:
		return inText(x, y.S)
	case *value.Dict:
		if s, ok := value.Text(x); ok {
			_, ok := y.GetStr(s)
			return ok, nil
		}
		_, ok, err := y.Get(x)
		return ok, err
	case *value.Set:
		_, ok, err := y.D.Get(x)
		return ok, err
	case *value.View:
		if y.Kind == 'k' {
			return Contains(x, y.D)
		}
	case *value.Range:
		return inRange(x, y)
	case []byte:
		return inBytes(x, y)
	case *value.Undef:
		if !y.Lenient {
			return false, y.Fail()
		}
	case container:
		return y.Contains(x)
	}
	it, ok := Elems(c)
	if !ok {
		return false, exception.TypeError("argument of type '%s' is not iterable", value.ClassName(c))
	}
	for _, e := range it {
		if r, err := Equal(x, e); err != nil || r {
			return r, err
		}
	}
	return false, Use(x)
}

// container is implemented by objects that answer "in" themselves.
type container interface {
	Contains(x value.Value) (bool, error)
}

func inText(x value.Value, text string) (bool, error) {
	s, ok := value.Text(x)
	if !ok {
		if err := Use(x); err != nil {
			return false, err
		}
		return false, exception.TypeError("'in <string>' requires string as left operand, not %s", value.ClassName(x))
	}
	return strings.Contains(text, s), nil
}

func inRange(x value.Value, r *value.Range) (bool, error) {
	n := Num(x)
	if n.Kind == 'f' && n.F == math.Trunc(n.F) && math.Abs(n.F) < 1<<62 {
		n = Number{Kind: 'i', I: int64(n.F)}
	}
	if n.Kind != 'i' {
		return false, Use(x)
	}
	if r.Step > 0 && (n.I < r.Start || n.I >= r.Stop) || r.Step < 0 && (n.I > r.Start || n.I <= r.Stop) {
		return false, nil
	}
	return (n.I-r.Start)%r.Step == 0, nil
}

func inBytes(x value.Value, b []byte) (bool, error) {
	if y, ok := x.([]byte); ok {
		return strings.Contains(string(b), string(y)), nil
	}
	if n := Num(x); n.Kind == 'i' {
		return n.I >= 0 && n.I < 256 && strings.IndexByte(string(b), byte(n.I)) >= 0, nil
	}
	return false, exception.TypeError("a bytes-like object is required, not '%s'", value.ClassName(x))
}

// Comparer decides a comparison of two values.
type Comparer func(a, b value.Value) (bool, error)

// Comparison returns the operator of that name: ==, !=, <, <=, >, >=, in, notin.
func Comparison(op string) Comparer {
	switch op {
	case "==":
		return Equal
	case "!=":
		return func(a, b value.Value) (bool, error) { r, err := Equal(a, b); return !r, err }
	case "in":
		return Contains
	case "notin":
		return func(a, b value.Value) (bool, error) { r, err := Contains(a, b); return !r, err }
	}
	return func(a, b value.Value) (bool, error) { return Order(op, a, b) }
}

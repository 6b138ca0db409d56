package eval

import (
	"math"
	"math/big"
	"strings"

	"pbc/ir/value"
)

// unordered is the result of comparing with NaN.
const unordered = 2

// compareNumbers returns -1, 0, 1 or unordered, and whether a and b are both numbers.
func compareNumbers(a, b val) (int, bool) {
	x, y := num(a), num(b)
	switch {
	case x.kind == 0 || y.kind == 0:
		return 0, false
	case x.kind == 'i' && y.kind == 'i':
		switch {
		case x.i < y.i:
			return -1, true
		case x.i > y.i:
			return 1, true
		}
		return 0, true
	case x.kind == 'f' && y.kind == 'f':
		return compareFloats(x.f, y.f), true
	case x.kind == 'f':
		return compareMixed(x.f, y), true
	case y.kind == 'f':
		c := compareMixed(y.f, x)
		if c == unordered {
			return c, true
		}
		return -c, true
	}
	return x.big().Cmp(y.big()), true
}

func compareFloats(x, y float64) int {
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
func compareMixed(f float64, n number) int {
	switch {
	case math.IsNaN(f):
		return unordered
	case math.IsInf(f, 1):
		return 1
	case math.IsInf(f, -1):
		return -1
	}
	return new(big.Float).SetFloat64(f).Cmp(new(big.Float).SetInt(n.big()))
}

// equal is Python's a == b. Comparing an undefined value is an error.
func equal(a, b val) (bool, error) {
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
	case *undef:
		if !x.Lenient {
			return false, x.Fail()
		}
		y, ok := b.(*undef)
		return ok && y.Lenient, nil
	}
	if u, ok := b.(*undef); ok {
		if u.Lenient {
			return false, nil
		}
		return false, u.Fail()
	}
	if c, ok := compareNumbers(a, b); ok {
		return c == 0, nil
	}
	return equalRest(a, b)
}

func equalText(x string, b val) (bool, error) {
	if y, ok := value.Text(b); ok {
		return x == y, nil
	}
	switch y := b.(type) {
	case *undef:
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
func equalVault(x *value.Vault, b val) (bool, error) {
	s, err := value.ToStr(x)
	if err != nil {
		return false, err
	}
	return equalText(s, b)
}

func equalRest(a, b val) (bool, error) {
	switch x := a.(type) {
	case *list:
		y, ok := b.(*list)
		if !ok {
			return false, nil
		}
		return equalSeq(x.V, y.V)
	case *dict:
		y, ok := b.(*dict)
		if !ok {
			return false, nil
		}
		return equalDict(x, y)
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
	if x, ok := asTuple(a); ok {
		y, ok := asTuple(b)
		if !ok {
			return false, nil
		}
		return equalSeq(x, y)
	}
	if _, ok := asTuple(b); ok || num(a).kind != 0 {
		return false, nil
	}
	switch b.(type) {
	case *list, *dict, []byte, *value.Set:
		return false, nil
	}
	return a == b, nil
}

func equalSeq(a, b []val) (bool, error) {
	if len(a) != len(b) {
		return false, nil
	}
	for i := range a {
		if e, err := equal(a[i], b[i]); err != nil || !e {
			return false, err
		}
	}
	return true, nil
}

func equalDict(x, y *dict) (bool, error) {
	if x.Len() != y.Len() {
		return false, nil
	}
	for i, k := range x.K {
		v, ok, err := y.Get(k)
		if err != nil || !ok {
			return false, err
		}
		if e, err := equal(x.V[i], v); err != nil || !e {
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

// order is a op b, where op is <, <=, > or >=.
func order(op string, a, b val) (bool, error) {
	if c, ok := compareNumbers(a, b); ok {
		return holds(op, c), nil
	}
	if x, ok := value.Text(a); ok {
		if y, ok := value.Text(b); ok {
			return holds(op, strings.Compare(x, y)), nil
		}
	}
	switch x := a.(type) {
	case *list:
		if y, ok := b.(*list); ok {
			return orderSeq(op, x.V, y.V)
		}
	case *value.Date:
		if y, ok := b.(*value.Date); ok {
			return holds(op, x.T.Compare(y.T)), nil
		}
	case *value.Delta:
		if y, ok := b.(*value.Delta); ok {
			return holds(op, compareFloats(float64(x.D), float64(y.D))), nil
		}
	case *value.Set:
		if y, ok := b.(*value.Set); ok {
			return orderSet(op, x, y), nil
		}
	}
	x, xok := asTuple(a)
	y, yok := asTuple(b)
	if xok && yok {
		return orderSeq(op, x, y)
	}
	if err := use2(a, b); err != nil {
		return false, err
	}
	return false, typeErr("'%s' not supported between instances of '%s' and '%s'", op, value.TypeName(a), value.TypeName(b))
}

func orderSeq(op string, a, b []val) (bool, error) {
	for i := 0; i < len(a) && i < len(b); i++ {
		e, err := equal(a[i], b[i])
		if err != nil {
			return false, err
		}
		if !e {
			return order(op, a[i], b[i])
		}
	}
	return holds(op, compareFloats(float64(len(a)), float64(len(b)))), nil
}

// orderSet compares sets by inclusion.
func orderSet(op string, x, y *value.Set) bool {
	if op[0] == '>' {
		x, y = y, x
	}
	within := setMinus(x, y).D.Len() == 0
	return within && (len(op) == 2 || x.D.Len() < y.D.Len())
}

func less(a, b val) (bool, error) { return order("<", a, b) }

// contains is x in c.
func contains(x, c val) (bool, error) {
	switch y := c.(type) {
	case string:
		return inText(x, y)
	case *value.Str:
		return inText(x, y.S)
	case *dict:
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
			return contains(x, y.D)
		}
	case *value.Range:
		return inRange(x, y)
	case []byte:
		return inBytes(x, y)
	case *undef:
		if !y.Lenient {
			return false, y.Fail()
		}
	case container:
		return y.Contains(x)
	}
	it, ok := elems(c)
	if !ok {
		return false, typeErr("argument of type '%s' is not iterable", value.TypeName(c))
	}
	for _, e := range it {
		if r, err := equal(x, e); err != nil || r {
			return r, err
		}
	}
	return false, use(x)
}

// container is implemented by objects that answer "in" themselves.
type container interface{ Contains(x val) (bool, error) }

func inText(x val, text string) (bool, error) {
	s, ok := value.Text(x)
	if !ok {
		if err := use(x); err != nil {
			return false, err
		}
		return false, typeErr("'in <string>' requires string as left operand, not %s", value.TypeName(x))
	}
	return strings.Contains(text, s), nil
}

func inRange(x val, r *value.Range) (bool, error) {
	n := num(x)
	if n.kind == 'f' && n.f == math.Trunc(n.f) && math.Abs(n.f) < 1<<62 {
		n = number{kind: 'i', i: int64(n.f)}
	}
	if n.kind != 'i' {
		return false, use(x)
	}
	if r.Step > 0 && (n.i < r.Start || n.i >= r.Stop) || r.Step < 0 && (n.i > r.Start || n.i <= r.Stop) {
		return false, nil
	}
	return (n.i-r.Start)%r.Step == 0, nil
}

func inBytes(x val, b []byte) (bool, error) {
	if y, ok := x.([]byte); ok {
		return strings.Contains(string(b), string(y)), nil
	}
	if n := num(x); n.kind == 'i' {
		return n.i >= 0 && n.i < 256 && strings.IndexByte(string(b), byte(n.i)) >= 0, nil
	}
	return false, typeErr("a bytes-like object is required, not '%s'", value.TypeName(x))
}

package python

import (
	"math"
	"math/big"
	"math/bits"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
)

// Number is a value seen as a number.
type Number struct {
	Kind byte // 'i' int, 'b' big int, 'f' float, 0 none
	I    int64
	F    float64
	b    *big.Int
}

// Num reads a value as a number; the kind of what is none is 0. A boolean is 0 or 1.
func Num(v value.Value) Number {
	switch x := v.(type) {
	case int64:
		return Number{Kind: 'i', I: x}
	case bool:
		if x {
			return Number{Kind: 'i', I: 1}
		}
		return Number{Kind: 'i'}
	case float64:
		return Number{Kind: 'f', F: x}
	case *big.Int:
		return Number{Kind: 'b', b: x}
	}
	return Number{}
}

// Big returns an integer as a big.Int.
func (n Number) Big() *big.Int {
	if n.Kind == 'b' {
		return n.b
	}
	return big.NewInt(n.I)
}

// Float returns the number as a float, which fails for an integer that is too large.
func (n Number) Float() (float64, error) {
	switch n.Kind {
	case 'i':
		return float64(n.I), nil
	case 'b':
		f, _ := new(big.Float).SetInt(n.b).Float64()
		if math.IsInf(f, 0) {
			return 0, exception.Raise("OverflowError", "int too large to convert to float")
		}
		return f, nil
	}
	return n.F, nil
}

func floats(a, b Number) (x, y float64, err error) {
	if x, err = a.Float(); err == nil {
		y, err = b.Float()
	}
	return x, y, err
}

func badOp(op string, a, b value.Value) error {
	if err := Use2(a, b); err != nil {
		return err
	}
	return exception.TypeError("unsupported operand type(s) for %s: '%s' and '%s'", op, value.ClassName(a), value.ClassName(b))
}

// DivZero is Python's ZeroDivisionError.
func DivZero(what string) error { return exception.Raise("ZeroDivisionError", "%s", what) }

// arith is a + b, a - b or a * b of numbers.
func arith(op byte, a, b value.Value) (value.Value, error) {
	x, y := Num(a), Num(b)
	if x.Kind == 0 || y.Kind == 0 {
		return nil, badOp(string(op), a, b)
	}
	if x.Kind == 'f' || y.Kind == 'f' {
		p, q, err := floats(x, y)
		if err != nil {
			return nil, err
		}
		switch op {
		case '+':
			return p + q, nil
		case '-':
			return p - q, nil
		}
		return p * q, nil
	}
	if x.Kind == 'i' && y.Kind == 'i' {
		if r, ok := smallArith(op, x.I, y.I); ok {
			return r, nil
		}
	}
	r := new(big.Int)
	switch op {
	case '+':
		r.Add(x.Big(), y.Big())
	case '-':
		r.Sub(x.Big(), y.Big())
	default:
		if x.Big().BitLen()+y.Big().BitLen() > maxBits {
			return nil, bound.TooLarge()
		}
		r.Mul(x.Big(), y.Big())
	}
	return value.NormInt(r), nil
}

// smallArith computes within 64 bits and says whether the result fits.
func smallArith(op byte, a, b int64) (int64, bool) {
	switch op {
	case '+':
		s := a + b
		return s, (s > a) == (b > 0)
	case '-':
		d := a - b
		return d, (d < a) == (b > 0)
	}
	hi, lo := bits.Mul64(abs64(a), abs64(b))
	if hi != 0 || lo >= 1<<63 {
		return 0, false
	}
	return a * b, true
}

func abs64(i int64) uint64 {
	if i < 0 {
		return -uint64(i)
	}
	return uint64(i)
}

// Div is a / b.
func Div(a, b value.Value) (value.Value, error) {
	if d, ok := a.(*value.Delta); ok {
		if v, ok, err := deltaDiv("/", d, b); ok {
			return v, err
		}
	}
	x, y := Num(a), Num(b)
	if x.Kind == 0 || y.Kind == 0 {
		return nil, badOp("/", a, b)
	}
	const exact = 1 << 53
	if x.Kind != 'f' && y.Kind != 'f' && (x.Kind == 'b' || y.Kind == 'b' || abs64(x.I) > exact || abs64(y.I) > exact) {
		if y.Big().Sign() == 0 {
			return nil, DivZero("division by zero")
		}
		f, _ := new(big.Rat).SetFrac(x.Big(), y.Big()).Float64()
		if math.IsInf(f, 0) {
			return nil, exception.Raise("OverflowError", "integer division result too large for a float")
		}
		return f, nil
	}
	p, q, err := floats(x, y)
	if err != nil {
		return nil, err
	}
	if q == 0 {
		if x.Kind == 'f' || y.Kind == 'f' {
			return nil, DivZero("float division by zero")
		}
		return nil, DivZero("division by zero")
	}
	return p / q, nil
}

// floatDivmod is Python's divmod of floats.
func floatDivmod(a, b float64) (float64, float64) {
	m := math.Mod(a, b)
	d := (a - m) / b
	if m == 0 {
		m = math.Copysign(0, b)
	} else if (b < 0) != (m < 0) {
		m += b
		d--
	}
	if d == 0 {
		return math.Copysign(0, a/b), m
	}
	fd := math.Floor(d)
	if d-fd > 0.5 {
		fd++
	}
	return fd, m
}

// divmod is a // b and a % b; op names the one that is wanted in errors.
func divmod(op string, a, b value.Value) (q, r value.Value, err error) {
	x, y := Num(a), Num(b)
	switch {
	case x.Kind == 0 || y.Kind == 0:
		return nil, nil, badOp(op, a, b)
	case x.Kind == 'f' || y.Kind == 'f':
		return floatQuotient(op, x, y)
	case x.Kind == 'i' && y.Kind == 'i' && y.I != 0 && x.I != math.MinInt64:
		d, m := x.I/y.I, x.I%y.I
		if m != 0 && (m < 0) != (y.I < 0) {
			m += y.I
			d--
		}
		return d, m, nil
	case y.Big().Sign() == 0:
		if op == "%" {
			return nil, nil, DivZero("integer modulo by zero")
		}
		return nil, nil, DivZero("integer division or modulo by zero")
	}
	d, m := new(big.Int).QuoRem(x.Big(), y.Big(), new(big.Int))
	if m.Sign() != 0 && (m.Sign() < 0) != (y.Big().Sign() < 0) {
		m.Add(m, y.Big())
		d.Sub(d, big.NewInt(1))
	}
	return value.NormInt(d), value.NormInt(m), nil
}

func floatQuotient(op string, x, y Number) (value.Value, value.Value, error) {
	p, q, err := floats(x, y)
	if err != nil {
		return nil, nil, err
	}
	if q == 0 {
		if op == "%" {
			return nil, nil, DivZero("float modulo")
		}
		return nil, nil, DivZero("float floor division by zero")
	}
	d, m := floatDivmod(p, q)
	return d, m, nil
}

// FloorDiv is a // b.
func FloorDiv(a, b value.Value) (value.Value, error) {
	if d, ok := a.(*value.Delta); ok {
		if v, ok, err := deltaDiv("//", d, b); ok {
			return v, err
		}
	}
	q, _, err := divmod("//", a, b)
	return q, err
}

// Mod is a % b: the remainder, or the formatting of text.
func Mod(a, b value.Value) (value.Value, error) {
	if s, ok := value.Text(a); ok {
		return PercentFormat(s, b)
	}
	if d, ok := a.(*value.Delta); ok {
		if v, ok, err := deltaDiv("%", d, b); ok {
			return v, err
		}
	}
	_, r, err := divmod("%", a, b)
	return r, err
}

// maxBits bounds the integers that * and ** make.
const maxBits = 1 << 22

// Power is a ** b.
func Power(a, b value.Value) (value.Value, error) {
	x, y := Num(a), Num(b)
	if x.Kind == 0 || y.Kind == 0 {
		return nil, badOp("** or pow()", a, b)
	}
	if x.Kind != 'f' && y.Kind == 'i' && y.I >= 0 {
		if int64(x.Big().BitLen()) > 1 && y.I > maxBits/int64(x.Big().BitLen()) {
			return nil, bound.TooLarge()
		}
		return value.NormInt(new(big.Int).Exp(x.Big(), big.NewInt(y.I), nil)), nil
	}
	p, q, err := floats(x, y)
	if err != nil {
		return nil, err
	}
	return floatPower(p, q)
}

func floatPower(p, q float64) (value.Value, error) {
	if p == 0 && q < 0 {
		return nil, DivZero("0.0 cannot be raised to a negative power")
	}
	if p < 0 && q != math.Trunc(q) && !math.IsInf(p, 0) && !math.IsNaN(q) {
		return nil, exception.TypeError("Type 'complex' is unsupported for variable storage.")
	}
	r := math.Pow(p, q)
	if x, ok := exactPower(p, q); ok {
		r = x
	}
	if math.IsInf(r, 0) && !math.IsInf(p, 0) && !math.IsInf(q, 0) {
		return nil, exception.Raise("OverflowError", "(34, 'Numerical result out of range')")
	}
	return NearestPower(p, q, r), nil
}

// NearestPower corrects math.Pow, which may be one unit off, where the C library is exact: when
// a neighbour of r raised to 1/q gives p back and r does not.
func NearestPower(p, q, r float64) float64 {
	inv := 1 / q
	if q <= 0 || q >= 1 || inv != math.Trunc(inv) && math.Abs(inv-math.Round(inv)) > 1e-9 {
		return r
	}
	n := math.Round(r)
	if n != r && math.Abs(n-r) < 1e-9*math.Abs(n) && math.Pow(n, math.Round(inv)) == p {
		return n
	}
	return r
}

// Negate is -a.
func Negate(a value.Value) (value.Value, error) {
	switch x := a.(type) {
	case int64:
		if x == math.MinInt64 {
			return new(big.Int).Neg(big.NewInt(x)), nil
		}
		return -x, nil
	case float64:
		return -x, nil
	case bool:
		return -Num(x).I, nil
	case *big.Int:
		return value.NormInt(new(big.Int).Neg(x)), nil
	case *value.Undef:
		return nil, x.Fail()
	case *value.Delta:
		return &value.Delta{D: -x.D}, nil
	}
	return nil, exception.TypeError("bad operand type for unary -: '%s'", value.ClassName(a))
}

// Positive is +a.
func Positive(a value.Value) (value.Value, error) {
	switch x := a.(type) {
	case int64, float64, *big.Int:
		return a, nil
	case bool:
		return Num(x).I, nil
	case *value.Undef:
		return nil, x.Fail()
	}
	return nil, exception.TypeError("bad operand type for unary +: '%s'", value.ClassName(a))
}

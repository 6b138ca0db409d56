package eval

import (
	"math"
	"math/big"
	"math/bits"

	"pbc/ir/value"
)

// number is a value seen as a number.
type number struct {
	kind byte // 'i' int, 'b' big int, 'f' float, 0 none
	i    int64
	f    float64
	b    *big.Int
}

func num(v val) number {
	switch x := v.(type) {
	case int64:
		return number{kind: 'i', i: x}
	case bool:
		if x {
			return number{kind: 'i', i: 1}
		}
		return number{kind: 'i'}
	case float64:
		return number{kind: 'f', f: x}
	case *big.Int:
		return number{kind: 'b', b: x}
	}
	return number{}
}

// big returns an integer as a big.Int.
func (n number) big() *big.Int {
	if n.kind == 'b' {
		return n.b
	}
	return big.NewInt(n.i)
}

func (n number) float() (float64, error) {
	switch n.kind {
	case 'i':
		return float64(n.i), nil
	case 'b':
		f, _ := new(big.Float).SetInt(n.b).Float64()
		if math.IsInf(f, 0) {
			return 0, raise("OverflowError", "int too large to convert to float")
		}
		return f, nil
	}
	return n.f, nil
}

func floats(a, b number) (x, y float64, err error) {
	if x, err = a.float(); err == nil {
		y, err = b.float()
	}
	return x, y, err
}

func badOp(op string, a, b val) error {
	if err := use2(a, b); err != nil {
		return err
	}
	return typeErr("unsupported operand type(s) for %s: '%s' and '%s'", op, value.TypeName(a), value.TypeName(b))
}

func divZero(what string) error { return raise("ZeroDivisionError", "%s", what) }

// arith is a + b, a - b or a * b of numbers.
func arith(op byte, a, b val) (val, error) {
	x, y := num(a), num(b)
	if x.kind == 0 || y.kind == 0 {
		return nil, badOp(string(op), a, b)
	}
	if x.kind == 'f' || y.kind == 'f' {
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
	if x.kind == 'i' && y.kind == 'i' {
		if r, ok := smallArith(op, x.i, y.i); ok {
			return r, nil
		}
	}
	r := new(big.Int)
	switch op {
	case '+':
		r.Add(x.big(), y.big())
	case '-':
		r.Sub(x.big(), y.big())
	default:
		r.Mul(x.big(), y.big())
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

func div(a, b val) (val, error) {
	x, y := num(a), num(b)
	if x.kind == 0 || y.kind == 0 {
		return nil, badOp("/", a, b)
	}
	const exact = 1 << 53
	if x.kind != 'f' && y.kind != 'f' && (x.kind == 'b' || y.kind == 'b' || abs64(x.i) > exact || abs64(y.i) > exact) {
		if y.big().Sign() == 0 {
			return nil, divZero("division by zero")
		}
		f, _ := new(big.Rat).SetFrac(x.big(), y.big()).Float64()
		if math.IsInf(f, 0) {
			return nil, raise("OverflowError", "integer division result too large for a float")
		}
		return f, nil
	}
	p, q, err := floats(x, y)
	if err != nil {
		return nil, err
	}
	if q == 0 {
		if x.kind == 'f' || y.kind == 'f' {
			return nil, divZero("float division by zero")
		}
		return nil, divZero("division by zero")
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
func divmod(op string, a, b val) (q, r val, err error) {
	x, y := num(a), num(b)
	switch {
	case x.kind == 0 || y.kind == 0:
		return nil, nil, badOp(op, a, b)
	case x.kind == 'f' || y.kind == 'f':
		return floatQuotient(op, x, y)
	case x.kind == 'i' && y.kind == 'i' && y.i != 0 && x.i != math.MinInt64:
		d, m := x.i/y.i, x.i%y.i
		if m != 0 && (m < 0) != (y.i < 0) {
			m += y.i
			d--
		}
		return d, m, nil
	case y.big().Sign() == 0:
		if op == "%" {
			return nil, nil, divZero("integer modulo by zero")
		}
		return nil, nil, divZero("integer division or modulo by zero")
	}
	d, m := new(big.Int).QuoRem(x.big(), y.big(), new(big.Int))
	if m.Sign() != 0 && (m.Sign() < 0) != (y.big().Sign() < 0) {
		m.Add(m, y.big())
		d.Sub(d, big.NewInt(1))
	}
	return value.NormInt(d), value.NormInt(m), nil
}

func floatQuotient(op string, x, y number) (val, val, error) {
	p, q, err := floats(x, y)
	if err != nil {
		return nil, nil, err
	}
	if q == 0 {
		if op == "%" {
			return nil, nil, divZero("float modulo")
		}
		return nil, nil, divZero("float floor division by zero")
	}
	d, m := floatDivmod(p, q)
	return d, m, nil
}

func floorDiv(a, b val) (val, error) {
	q, _, err := divmod("//", a, b)
	return q, err
}

func mod(a, b val) (val, error) {
	if s, ok := value.Text(a); ok {
		return percentFormat(s, b)
	}
	_, r, err := divmod("%", a, b)
	return r, err
}

// maxBits bounds the integers that ** makes.
const maxBits = 1 << 22

func power(a, b val) (val, error) {
	x, y := num(a), num(b)
	if x.kind == 0 || y.kind == 0 {
		return nil, badOp("** or pow()", a, b)
	}
	if x.kind != 'f' && y.kind == 'i' && y.i >= 0 {
		if int64(x.big().BitLen()) > 1 && y.i > maxBits/int64(x.big().BitLen()) {
			return nil, raise("MemoryError", "exponent too large")
		}
		return value.NormInt(new(big.Int).Exp(x.big(), big.NewInt(y.i), nil)), nil
	}
	p, q, err := floats(x, y)
	if err != nil {
		return nil, err
	}
	return floatPower(p, q)
}

func floatPower(p, q float64) (val, error) {
	if p == 0 && q < 0 {
		return nil, divZero("0.0 cannot be raised to a negative power")
	}
	r := math.Pow(p, q)
	if math.IsInf(r, 0) && !math.IsInf(p, 0) && !math.IsInf(q, 0) {
		return nil, raise("OverflowError", "(34, 'Numerical result out of range')")
	}
	return nearestPower(p, q, r), nil
}

// nearestPower corrects math.Pow, which may be one unit off, where the C library is exact: when
// a neighbour of r raised to 1/q gives p back and r does not.
func nearestPower(p, q, r float64) float64 {
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

func negate(a val) (val, error) {
	switch x := a.(type) {
	case int64:
		if x == math.MinInt64 {
			return new(big.Int).Neg(big.NewInt(x)), nil
		}
		return -x, nil
	case float64:
		return -x, nil
	case bool:
		return -num(x).i, nil
	case *big.Int:
		return value.NormInt(new(big.Int).Neg(x)), nil
	case *undef:
		return nil, x.Fail()
	case *value.Delta:
		return &value.Delta{D: -x.D}, nil
	}
	return nil, typeErr("bad operand type for unary -: '%s'", value.TypeName(a))
}

func positive(a val) (val, error) {
	switch x := a.(type) {
	case int64, float64, *big.Int:
		return a, nil
	case bool:
		return num(x).i, nil
	case *undef:
		return nil, x.Fail()
	}
	return nil, typeErr("bad operand type for unary +: '%s'", value.TypeName(a))
}

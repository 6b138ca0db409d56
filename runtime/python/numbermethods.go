package python

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
)

func onInt(f func(b *big.Int) value.Value) Method {
	return func(o value.Value, _ *Call) (value.Value, error) { return f(Num(o).Big()), nil }
}

var intMethods = map[string]Method{
	"bit_length":       onInt(func(b *big.Int) value.Value { return int64(b.BitLen()) }),
	"bit_count":        onInt(bitCount),
	"as_integer_ratio": onInt(func(b *big.Int) value.Value { return value.Tuple{value.NormInt(b), int64(1)} }),
	"conjugate":        func(o value.Value, _ *Call) (value.Value, error) { return Positive(o) },
	"to_bytes":         toBytes,
	"from_bytes":       fromBytes,
}

func onFloat(f func(x float64) value.Value) Method {
	return func(o value.Value, _ *Call) (value.Value, error) { return f(o.(float64)), nil }
}

var floatMethods = map[string]Method{
	"is_integer":       onFloat(func(x float64) value.Value { return x == math.Trunc(x) && !math.IsInf(x, 0) }),
	"conjugate":        onFloat(func(x float64) value.Value { return x }),
	"hex":              onFloat(func(x float64) value.Value { return floatHex(x) }),
	"as_integer_ratio": func(o value.Value, _ *Call) (value.Value, error) { return floatRatio(o.(float64)) },
}

func bitCount(b *big.Int) value.Value {
	n := 0
	for _, w := range b.Bits() {
		n += bits.OnesCount(uint(w))
	}
	return int64(n)
}

// byteOrder reads the arguments of int.to_bytes and int.from_bytes behind their first.
func byteOrder(c *Call) (little, signed bool, err error) {
	order, err := needText(c.Get(1, "byteorder", "big"), "byteorder")
	if err == nil && order != "big" && order != "little" {
		err = exception.ValueError("byteorder must be either 'little' or 'big'")
	}
	if err == nil {
		signed, err = c.Flag(-1, "signed", false)
	}
	return order == "little", signed, err
}

func toBytes(o value.Value, c *Call) (value.Value, error) {
	n, err := c.Integer(0, "length", 1)
	if err != nil {
		return nil, err
	}
	little, signed, err := byteOrder(c)
	b := Num(o).Big()
	limit := new(big.Int).Lsh(big.NewInt(1), uint(8*min(max(n, 0), bound.Width)))
	switch {
	case err != nil:
		return nil, err
	case n < 0:
		return nil, exception.ValueError("length argument must be non-negative")
	case n > bound.Width:
		return nil, bound.TooLarge()
	case b.Sign() < 0 && !signed:
		return nil, exception.Raise("OverflowError", "can't convert negative int to unsigned")
	}
	if signed {
		half := new(big.Int).Rsh(limit, 1)
		if b.Cmp(half) >= 0 || b.Cmp(new(big.Int).Neg(half)) < 0 {
			return nil, exception.Raise("OverflowError", "int too big to convert")
		}
		if b.Sign() < 0 {
			b = new(big.Int).Add(b, limit)
		}
	}
	if b.Cmp(limit) >= 0 {
		return nil, exception.Raise("OverflowError", "int too big to convert")
	}
	r := b.FillBytes(make([]byte, n))
	if little {
		turn(r)
	}
	return r, nil
}

func turn(b []byte) {
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
}

func fromBytes(_ value.Value, c *Call) (value.Value, error) {
	v, err := need(c, 0, "from_bytes")
	if err != nil {
		return nil, err
	}
	b, ok := v.([]byte)
	if !ok {
		return nil, exception.TypeError("cannot convert '%s' object to bytes", value.ClassName(v))
	}
	little, signed, err := byteOrder(c)
	if err != nil {
		return nil, err
	}
	b = append([]byte{}, b...)
	if little {
		turn(b)
	}
	n := new(big.Int).SetBytes(b)
	if signed && len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return value.NormInt(n), nil
}

// floatHex is float.hex.
func floatHex(x float64) string {
	sign := ""
	if math.Signbit(x) {
		sign, x = "-", -x
	}
	switch {
	case math.IsInf(x, 0):
		return sign + "inf"
	case math.IsNaN(x):
		return "nan"
	case x == 0:
		return sign + "0x0.0p+0"
	}
	if x < 0x1p-1022 { // Python does not normalise
		return fmt.Sprintf("%s0x0.%013xp-1022", sign, math.Float64bits(x))
	}
	mantissa, exp, _ := strings.Cut(strconv.FormatFloat(x, 'x', 13, 64), "p")
	n, _ := strconv.Atoi(exp)
	return fmt.Sprintf("%s%sp%+d", sign, mantissa, n)
}

func floatRatio(x float64) (value.Value, error) {
	switch {
	case math.IsInf(x, 0):
		return nil, exception.Raise("OverflowError", "cannot convert Infinity to integer ratio")
	case math.IsNaN(x):
		return nil, exception.ValueError("cannot convert NaN to integer ratio")
	}
	r := new(big.Rat)
	r.SetFloat64(x)
	return value.Tuple{value.NormInt(r.Num()), value.NormInt(r.Denom())}, nil
}

// exactPower is p ** q rounded once, for a q that is a small whole number or lies half way between two.
func exactPower(p, q float64) (float64, bool) {
	const most = 64
	if p <= 0 && q != math.Trunc(q) || p == 0 || math.IsInf(p, 0) || math.IsNaN(p) || math.Abs(q) > most || 2*q != math.Trunc(2*q) {
		return 0, false
	}
	const precision = 53*most + 64
	base := new(big.Float).SetPrec(precision).SetFloat64(p)
	out := new(big.Float).SetPrec(precision).SetInt64(1)
	for range int(math.Abs(q)) {
		out.Mul(out, base)
	}
	if q != math.Trunc(q) {
		out.Mul(out, new(big.Float).SetPrec(precision).Sqrt(base))
	}
	if q < 0 {
		out.Quo(new(big.Float).SetPrec(precision).SetInt64(1), out)
	}
	r, _ := out.Float64()
	return r, true
}

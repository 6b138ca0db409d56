package python

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"pbc/ir/value"
	"pbc/runtime/exception"
)

// ParseInt is int(s, base): white space, a sign, underscores between digits, the base's prefix.
func ParseInt(s string, base int64) (value.Value, bool) {
	if n, ok := plainInt(s); ok && base == 10 {
		return n, true
	}
	t := strings.Map(asciiDigit, strings.TrimFunc(s, IsSpaceRune))
	sign := ""
	if strings.HasPrefix(t, "-") || strings.HasPrefix(t, "+") {
		sign, t = t[:1], t[1:]
	}
	if base != 0 && (base < 2 || base > 36) {
		return nil, false
	}
	if prefix := map[int64]string{2: "0b", 8: "0o", 16: "0x"}[base]; prefix != "" && len(t) > 2 && strings.EqualFold(t[:2], prefix) {
		t = strings.TrimPrefix(t[2:], "_")
	}
	if t == "" || t[0] == '_' || t[len(t)-1] == '_' || strings.Contains(t, "__") || t[0] == '-' || t[0] == '+' {
		return nil, false
	}
	v, err := value.ParseInt(strings.Replace(sign, "+", "", 1)+strings.ReplaceAll(t, "_", ""), int(base))
	return v, err == nil
}

// plainInt reads what nearly every number is: a few decimal digits.
func plainInt(s string) (n int64, ok bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = 10*n + int64(s[i]-'0')
	}
	return n, true
}

// asciiDigit is the ASCII digit for a decimal digit of any script.
func asciiDigit(r rune) rune {
	if r < utf8.RuneSelf || !unicode.Is(unicode.Nd, r) {
		return r
	}
	n := rune(0) // Unicode has the digits of a script in a row
	for unicode.Is(unicode.Nd, r-n-1) {
		n++
	}
	return '0' + n%10
}

// ParseFloat is float(s).
func ParseFloat(s string) (float64, bool) {
	t := strings.ToLower(strings.Map(asciiDigit, strings.TrimFunc(s, IsSpaceRune)))
	if strings.Contains(t, "x") || strings.HasPrefix(t, "_") || strings.HasSuffix(t, "_") || strings.Contains(t, "__") || strings.Contains(t, "p") {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(t, "_", ""), 64)
	return f, err == nil || math.IsInf(f, 0)
}

// Truncate is int(f).
func Truncate(f float64) (value.Value, error) {
	if math.IsInf(f, 0) {
		return nil, exception.Raise("OverflowError", "cannot convert float infinity to integer")
	}
	if math.IsNaN(f) {
		return nil, exception.ValueError("cannot convert float NaN to integer")
	}
	b, _ := big.NewFloat(math.Trunc(f)).Int(nil)
	return value.NormInt(b), nil
}

// RoundFloat is round(f, p): to the nearest, exactly.
func RoundFloat(f float64, p int) float64 {
	if math.IsInf(f, 0) || math.IsNaN(f) || p > 300 {
		return f
	}
	if p >= 0 {
		r, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', p, 64), 64)
		return r
	}
	m := math.Pow(10, float64(-p))
	return math.RoundToEven(f/m) * m
}

// RoundInt is round(n, p) of an integer, p being negative.
func RoundInt(n *big.Int, p int64) value.Value {
	m := new(big.Int).Exp(big.NewInt(10), big.NewInt(-p), nil)
	q, r := new(big.Int).DivMod(n, m, new(big.Int))
	twice := r.Lsh(r, 1).Cmp(m)
	if twice > 0 || twice == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	return value.NormInt(q.Mul(q, m))
}

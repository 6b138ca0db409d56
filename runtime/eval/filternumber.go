package eval

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"pbc/ir/value"
)

var numbersTable = []*Plugin{
	{Name: "int", Params: "default=0, base=10", Doc: "Read a value as an integer.", python: "do_int", fn: intFilter},
	{Name: "float", Params: "default=0.0", Doc: "Read a value as a float.", python: "do_float", fn: floatFilter},
	{Name: "abs", Params: "", Doc: "Return the absolute value.", fn: absFilter},
	{Name: "round", Params: "precision=0, method='common'", Doc: "Round a number.", python: "do_round", fn: roundFilter},
	{Name: "log", Params: "base=e", Doc: "Return a logarithm.", python: "logarithm", fn: logFilter},
	{Name: "pow", Params: "y", Doc: "Raise to a power.", python: "power", fn: powFilter},
	{Name: "root", Params: "base=2", Doc: "Extract a root.", python: "inversepower", fn: rootFilter},
	{Name: "human_readable", Params: "isbits=false, unit=none", Doc: "Write a number of bytes for humans.", fn: humanReadable},
	{Name: "human_to_bytes", Params: "default_unit=none, isbits=false", Doc: "Read a number of bytes written for humans.", fn: humanToBytes},
	{Name: "filesizeformat", Params: "binary=false", Doc: "Write a file size for humans.", python: "do_filesizeformat", fn: fileSizeFilter},
}

// parseInt is int(s, base): white space, a sign, underscores between digits, the base's prefix.
func parseInt(s string, base int64) (val, bool) {
	t := strings.TrimFunc(s, isSpaceRune)
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

// parseFloat is float(s).
func parseFloat(s string) (float64, bool) {
	t := strings.ToLower(strings.TrimFunc(s, isSpaceRune))
	if strings.Contains(t, "x") || strings.HasPrefix(t, "_") || strings.HasSuffix(t, "_") || strings.Contains(t, "__") || strings.Contains(t, "p") {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(t, "_", ""), 64)
	return f, err == nil || math.IsInf(f, 0)
}

// truncate is int(f).
func truncate(f float64) (val, error) {
	if math.IsInf(f, 0) {
		return nil, raise("OverflowError", "cannot convert float infinity to integer")
	}
	if math.IsNaN(f) {
		return nil, valueErr("cannot convert float NaN to integer")
	}
	b, _ := big.NewFloat(math.Trunc(f)).Int(nil)
	return value.NormInt(b), nil
}

func intFilter(c *call) (val, error) {
	dflt := c.opt(1, int64(0))
	base, err := c.optInt(2, 10)
	if err != nil {
		return nil, err
	}
	v := c.args[0]
	if s, ok := value.Text(v); ok {
		if n, ok := parseInt(s, base); ok {
			return n, nil
		}
		f, ok := parseFloat(s)
		if !ok || math.IsNaN(f) {
			return dflt, nil
		}
		return truncate(f)
	}
	switch n := num(v); n.kind {
	case 'i':
		return n.i, nil
	case 'b':
		return v, nil
	case 'f':
		if math.IsNaN(n.f) {
			return dflt, nil
		}
		return truncate(n.f)
	}
	return dflt, use(v)
}

func floatFilter(c *call) (val, error) {
	v := c.args[0]
	if n := num(v); n.kind != 0 {
		return n.float()
	}
	if s, ok := value.Text(v); ok {
		if f, ok := parseFloat(s); ok {
			return f, nil
		}
	}
	return c.opt(1, 0.0), use(v)
}

func absFilter(c *call) (val, error) {
	v := c.args[0]
	if num(v).kind == 0 {
		if d, ok := v.(*value.Delta); ok {
			return &value.Delta{D: d.D.Abs()}, nil
		}
		if err := use(v); err != nil {
			return nil, err
		}
		return nil, typeErr("bad operand type for abs(): '%s'", value.TypeName(v))
	}
	negative, err := less(v, int64(0))
	if err != nil {
		return nil, err
	}
	if negative {
		return negate(v)
	}
	return positive(v)
}

// roundFloat is round(f, p): to the nearest, exactly.
func roundFloat(f float64, p int) float64 {
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

// roundInt is round(n, p) of an integer, p being negative.
func roundInt(n *big.Int, p int64) val {
	m := new(big.Int).Exp(big.NewInt(10), big.NewInt(-p), nil)
	q, r := new(big.Int).DivMod(n, m, new(big.Int))
	twice := r.Lsh(r, 1).Cmp(m)
	if twice > 0 || twice == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	return value.NormInt(q.Mul(q, m))
}

func roundFilter(c *call) (val, error) {
	v := c.args[0]
	p, err := c.optInt(1, 0)
	if err != nil {
		return nil, err
	}
	p = min(max(p, -400), 400)
	method := str(c.opt(2, "common"))
	if method != "common" && method != "ceil" && method != "floor" {
		return nil, raise("jinja2.exceptions.FilterArgumentError", "method must be common, ceil or floor")
	}
	n := num(v)
	if n.kind == 0 {
		if err := use(v); err != nil {
			return nil, err
		}
		return nil, typeErr("type %s doesn't define __round__ method", value.TypeName(v))
	}
	if method == "common" && n.kind != 'f' {
		if p >= 0 {
			return positive(v)
		}
		return roundInt(n.big(), p), nil
	}
	f, err := n.float()
	if err != nil {
		return nil, err
	}
	scale := math.Pow(10, float64(p))
	switch method {
	case "ceil":
		return math.Ceil(f*scale) / scale, nil
	case "floor":
		return math.Floor(f*scale) / scale, nil
	}
	return roundFloat(f, int(p)), nil
}

// real reads a number for the math filters.
func real(v val, what string) (float64, error) {
	n := num(v)
	if n.kind == 0 {
		if err := use(v); err != nil {
			return 0, err
		}
		return 0, filterTypeErr("%s() can only be used on numbers: must be real number, not %s", what, value.TypeName(v))
	}
	return n.float()
}

func logFilter(c *call) (val, error) {
	x, err := real(c.args[0], "log")
	if err != nil {
		return nil, err
	}
	if x <= 0 {
		return nil, valueErr("math domain error")
	}
	if !c.given(1) {
		return math.Log(x) / math.Log(math.E), nil
	}
	base, err := real(c.args[1], "log")
	if err != nil {
		return nil, err
	}
	if base == 10 {
		return math.Log10(x), nil
	}
	if base <= 0 {
		return nil, valueErr("math domain error")
	}
	if base == 1 {
		return nil, divZero("float division by zero")
	}
	return math.Log(x) / math.Log(base), nil
}

func powFilter(c *call) (val, error) {
	x, err := real(c.args[0], "pow")
	if err != nil {
		return nil, err
	}
	y, err := real(c.args[1], "pow")
	if err != nil {
		return nil, err
	}
	if x == 0 && y < 0 || x < 0 && y != math.Trunc(y) {
		return nil, valueErr("math domain error")
	}
	r := math.Pow(x, y)
	if math.IsInf(r, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
		return nil, raise("OverflowError", "math range error")
	}
	return nearestPower(x, y, r), nil
}

func rootFilter(c *call) (val, error) {
	x, err := real(c.args[0], "root")
	if err != nil {
		return nil, err
	}
	base := 2.0
	if c.given(1) {
		if base, err = real(c.args[1], "root"); err != nil {
			return nil, err
		}
	}
	if x < 0 {
		return nil, filterTypeErr("root() can only be used on numbers: math domain error")
	}
	if base == 2 {
		return math.Sqrt(x), nil
	}
	if base == 0 {
		return nil, divZero("float division by zero")
	}
	return nearestPower(x, 1/base, math.Pow(x, 1/base)), nil
}

// units are the prefixes of sizes, large before small.
var units = []struct {
	name string
	n    float64
}{
	{"Y", 1 << 80}, {"Z", 1 << 70}, {"E", 1 << 60}, {"P", 1 << 50}, {"T", 1 << 40}, {"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"B", 1},
}

func humanReadable(c *call) (val, error) {
	bits, err := c.optFlag(1, false)
	if err != nil {
		return nil, err
	}
	n := num(c.args[0])
	if n.kind == 0 {
		if err := use(c.args[0]); err != nil {
			return nil, err
		}
		return nil, filterTypeErr("human_readable() failed on bad input: '>=' not supported between instances of '%s' and 'int'", value.TypeName(c.args[0]))
	}
	size, err := n.float()
	if err != nil {
		return nil, err
	}
	base := "Bytes"
	if bits {
		base = "bits"
	}
	unit := c.opt(2, nil)
	limit, suffix := 1.0, ""
	for _, u := range units {
		limit, suffix = u.n, u.name
		if unit == nil && size >= u.n || unit != nil && strings.EqualFold(str(unit), u.name) {
			break
		}
	}
	if limit != 1 {
		suffix += base[:1]
	} else {
		suffix = base
	}
	return fmt.Sprintf("%.2f %s", size/limit, suffix), nil
}

func humanToBytes(c *call) (val, error) {
	if err := use(c.args[0]); err != nil {
		return nil, err
	}
	text := str(c.args[0])
	bad := filterErr("human_to_bytes() can't interpret following string: %s", text)
	bits, err := c.optFlag(2, false)
	if err != nil {
		return nil, err
	}
	s := strings.TrimLeftFunc(text, isSpaceRune)
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && isDigit(s[i]); i++ {
		}
	}
	f, err := strconv.ParseFloat(s[:i], 64)
	if err != nil {
		return nil, bad
	}
	unit := strings.TrimLeftFunc(s[i:], isSpaceRune)
	for j := range len(unit) {
		if c := unit[j] | 0x20; c < 'a' || c > 'z' {
			unit = unit[:j]
			break
		}
	}
	if unit == "" {
		if d := c.opt(1, nil); d != nil {
			unit = str(d)
		}
	}
	if unit == "" {
		return truncate(math.RoundToEven(f))
	}
	scale, ok := unitScale(unit, bits)
	if !ok {
		return nil, bad
	}
	return truncate(math.RoundToEven(f * scale))
}

// unitScale checks a unit as Ansible does: a prefix, with a B for bytes, a b for bits, or spelled out.
func unitScale(unit string, bits bool) (float64, bool) {
	key := strings.ToUpper(unit[:1])
	scale := 0.0
	for _, u := range units {
		if u.name == key {
			scale = u.n
		}
	}
	if scale == 0 {
		return 0, false
	}
	short, long := "B", "byte"
	if bits {
		short, long = "b", "bit"
	}
	if len(unit) > 1 {
		l := strings.ToLower(unit)
		expected := key + short
		if key == "B" {
			expected = short
		}
		spelled := l == long || l == long+"s" || strings.Contains(l, long)
		if unit[1:] != short && unit != expected && !spelled {
			return 0, false
		}
	}
	return scale, true
}

func fileSizeFilter(c *call) (val, error) {
	binary, err := c.optFlag(1, false)
	if err != nil {
		return nil, err
	}
	b := 0.0
	if s, ok := value.Text(c.args[0]); ok {
		if b, ok = parseFloat(s); !ok {
			return nil, valueErr("could not convert string to float: %s", value.StrRepr(s))
		}
	} else if n := num(c.args[0]); n.kind != 0 {
		if b, err = n.float(); err != nil {
			return nil, err
		}
	} else if err := use(c.args[0]); err != nil {
		return nil, err
	} else {
		return nil, typeErr("float() argument must be a string or a real number, not '%s'", value.TypeName(c.args[0]))
	}
	base, names := 1000.0, []string{"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"}
	if binary {
		base, names = 1024, []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"}
	}
	if b == 1 {
		return "1 Byte", nil
	}
	if b < base {
		return fmt.Sprintf("%d Bytes", int64(b)), nil
	}
	unit := base
	for _, n := range names {
		unit *= base
		if b < unit || n == names[len(names)-1] {
			return fmt.Sprintf("%.1f %s", base*b/unit, n), nil
		}
	}
	return nil, nil
}

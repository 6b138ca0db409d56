package number

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/python"
)

// Filters are the rows of this family.
var Filters = []*plugin.Row{
	{Name: "int", Params: "default=0, base=10", Doc: "Read a value as an integer.", Python: "do_int", Fn: intFilter},
	{Name: "float", Params: "default=0.0", Doc: "Read a value as a float.", Python: "do_float", Fn: floatFilter},
	{Name: "abs", Params: "", InC: true, Doc: "Return the absolute value.", Fn: absFilter},
	{Name: "round", Params: "precision=0, method='common'", Doc: "Round a number.", Python: "do_round", Fn: roundFilter},
	{Name: "log", Params: "base=e", Doc: "Return a logarithm.", Python: "logarithm", Fn: logFilter},
	{Name: "pow", Params: "y", Doc: "Raise to a power.", Python: "power", Fn: powFilter},
	{Name: "root", Params: "base=2", Doc: "Extract a root.", Python: "inversepower", Fn: rootFilter},
	{Name: "human_readable", Params: "isbits=false, unit=none", Doc: "Write a number of bytes for humans.", Fn: humanReadable},
	{Name: "human_to_bytes", Params: "default_unit=none, isbits=false", Doc: "Read a number of bytes written for humans.", Fn: humanToBytes},
	{Name: "filesizeformat", Params: "binary=false", Doc: "Write a file size for humans.", Python: "do_filesizeformat", Fn: fileSizeFilter},
}

func intFilter(c *python.Call) (value.Value, error) {
	dflt := c.Opt(1, int64(0))
	v := c.Args[0]
	if s, ok := value.Text(v); ok {
		base, err := c.OptInt(2, 10)
		if err != nil {
			return dflt, nil
		}
		if n, ok := python.ParseInt(s, base); ok {
			return n, nil
		}
		f, ok := python.ParseFloat(s)
		if !ok || math.IsNaN(f) {
			return dflt, nil
		}
		return python.Truncate(f)
	}
	switch n := python.Num(v); n.Kind {
	case 'i':
		return n.I, nil
	case 'b':
		return v, nil
	case 'f':
		if math.IsNaN(n.F) {
			return dflt, nil
		}
		return python.Truncate(n.F)
	}
	return dflt, python.Use(v)
}

func floatFilter(c *python.Call) (value.Value, error) {
	v := c.Args[0]
	if n := python.Num(v); n.Kind != 0 {
		return n.Float()
	}
	if s, ok := value.Text(v); ok {
		if f, ok := python.ParseFloat(s); ok {
			return f, nil
		}
	}
	return c.Opt(1, 0.0), python.Use(v)
}

func absFilter(c *python.Call) (value.Value, error) {
	v := c.Args[0]
	if python.Num(v).Kind == 0 {
		if d, ok := v.(*value.Delta); ok {
			return &value.Delta{D: d.D.Abs()}, nil
		}
		if err := python.Use(v); err != nil && c.Ctx.Tagged() {
			return nil, err
		}
		return nil, exception.TypeError("bad operand type for abs(): '%s'", value.TypeName(v))
	}
	negative, err := python.Less(v, int64(0))
	if err != nil {
		return nil, err
	}
	if negative {
		return python.Negate(v)
	}
	return python.Positive(v)
}

func roundFilter(c *python.Call) (value.Value, error) {
	v := c.Args[0]
	p, err := c.OptInt(1, 0)
	if err != nil {
		return nil, err
	}
	p = min(max(p, -400), 400)
	method, err := c.OptText(2, "common")
	if err != nil {
		return nil, err
	}
	if method != "common" && method != "ceil" && method != "floor" {
		return nil, exception.Raise("jinja2.exceptions.FilterArgumentError", "method must be common, ceil or floor")
	}
	n := python.Num(v)
	if n.Kind == 0 {
		if err := python.Use(v); err != nil {
			return nil, err
		}
		return nil, exception.TypeError("type %s doesn't define __round__ method", value.TypeName(v))
	}
	if method == "common" && n.Kind != 'f' {
		if p >= 0 {
			return python.Positive(v)
		}
		return python.RoundInt(n.Big(), p), nil
	}
	f, err := n.Float()
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
	return python.RoundFloat(f, int(p)), nil
}

// real reads a number for the math filters.
func real(v value.Value, what string) (float64, error) {
	n := python.Num(v)
	if n.Kind == 0 {
		if err := python.Use(v); err != nil {
			return 0, err
		}
		return 0, exception.FilterTypeError("%s() can only be used on numbers: must be real number, not %s", what, value.TypeName(v))
	}
	return n.Float()
}

func logFilter(c *python.Call) (value.Value, error) {
	x, err := real(c.Args[0], "log")
	if err != nil {
		return nil, err
	}
	if x <= 0 {
		return nil, exception.ValueError("math domain error")
	}
	if !c.Given(1) {
		return math.Log(x) / math.Log(math.E), nil
	}
	base, err := real(c.Args[1], "log")
	if err != nil {
		return nil, err
	}
	if base == 10 {
		return math.Log10(x), nil
	}
	if base <= 0 {
		return nil, exception.ValueError("math domain error")
	}
	if base == 1 {
		return nil, python.DivZero("float division by zero")
	}
	return math.Log(x) / math.Log(base), nil
}

func powFilter(c *python.Call) (value.Value, error) {
	x, err := real(c.Args[0], "pow")
	if err != nil {
		return nil, err
	}
	y, err := real(c.Args[1], "pow")
	if err != nil {
		return nil, err
	}
	if x == 0 && y < 0 || x < 0 && y != math.Trunc(y) {
		return nil, exception.ValueError("math domain error")
	}
	r := math.Pow(x, y)
	if math.IsInf(r, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
		return nil, exception.Raise("OverflowError", "math range error")
	}
	return python.NearestPower(x, y, r), nil
}

func rootFilter(c *python.Call) (value.Value, error) {
	x, err := real(c.Args[0], "root")
	if err != nil {
		return nil, err
	}
	base := 2.0
	if c.Given(1) {
		if base, err = real(c.Args[1], "root"); err != nil {
			return nil, err
		}
	}
	if x < 0 {
		return nil, exception.FilterTypeError("root() can only be used on numbers: math domain error")
	}
	if base == 2 {
		return math.Sqrt(x), nil
	}
	if base == 0 {
		return nil, python.DivZero("float division by zero")
	}
	return python.NearestPower(x, 1/base, math.Pow(x, 1/base)), nil
}

// units are the prefixes of sizes, large before small.
var units = []struct {
	name string
	n    float64
}{
	{"Y", 1 << 80}, {"Z", 1 << 70}, {"E", 1 << 60}, {"P", 1 << 50}, {"T", 1 << 40}, {"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"B", 1},
}

func humanReadable(c *python.Call) (value.Value, error) {
	bits, err := c.OptFlag(1, false)
	if err != nil {
		return nil, err
	}
	n := python.Num(c.Args[0])
	if n.Kind == 0 {
		if err := python.Use(c.Args[0]); err != nil {
			return nil, err
		}
		return nil, exception.FilterTypeError("human_readable() failed on bad input: '>=' not supported between instances of '%s' and 'int'", value.TypeName(c.Args[0]))
	}
	size, err := n.Float()
	if err != nil {
		return nil, err
	}
	base := "Bytes"
	if bits {
		base = "bits"
	}
	unit := c.Opt(2, nil)
	if python.Use(unit) != nil {
		return nil, exception.FilterError("human_readable() can't interpret following string: %s", python.Str(c.Args[0]))
	}
	limit, suffix := 1.0, ""
	for _, u := range units {
		limit, suffix = u.n, u.name
		if unit == nil && size >= u.n || unit != nil && strings.EqualFold(python.Str(unit), u.name) {
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

func humanToBytes(c *python.Call) (value.Value, error) {
	if err := python.Use(c.Args[0]); err != nil {
		return nil, err
	}
	if c.Ctx.Tagged() {
		r, err := taggedToBytes(c)
		if err != nil {
			err = exception.Because(exception.AnsibleError("human_to_bytes() can't interpret the input"), err)
		}
		return r, err
	}
	text := python.Str(c.Args[0])
	bad := exception.FilterError("human_to_bytes() can't interpret following string: %s", text)
	bits, err := c.OptFlag(2, false)
	if err != nil {
		return nil, err
	}
	number, rest := leadingNumber(strings.TrimLeftFunc(text, python.IsSpaceRune))
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return nil, bad
	}
	unit := letters(strings.TrimLeftFunc(rest, python.IsSpaceRune))
	if unit == "" {
		if d := c.Opt(1, nil); d != nil {
			unit = python.Str(d)
		}
	}
	if unit == "" {
		return python.Truncate(math.RoundToEven(f))
	}
	scale, ok := unitScale(unit, bits)
	if !ok {
		return nil, bad
	}
	return python.Truncate(math.RoundToEven(f * scale))
}

// leadingNumber splits digits, with a point among them, from what follows.
func leadingNumber(s string) (number, rest string) {
	i := 0
	for i < len(s) && python.IsDigit(s[i]) {
		i++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && python.IsDigit(s[i]); i++ {
		}
	}
	return s[:i], s[i:]
}

// letters are those at the beginning of s.
func letters(s string) string {
	for j := range len(s) {
		if c := s[j] | 0x20; c < 'a' || c > 'z' {
			return s[:j]
		}
	}
	return s
}

// taggedToBytes is human_to_bytes of dialect tagged: what follows the unit, and units with more letters, are refused.
func taggedToBytes(c *python.Call) (value.Value, error) {
	text := python.Str(c.Args[0])
	bits, err := c.OptFlag(2, false)
	if err != nil {
		return nil, err
	}
	number, rest := leadingNumber(text)
	unit := letters(strings.TrimLeftFunc(rest, python.IsSpaceRune))
	after := strings.TrimLeftFunc(rest, python.IsSpaceRune)[len(unit):]
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || strings.HasSuffix(number, ".") || strings.TrimLeftFunc(after, python.IsSpaceRune) != "" {
		return nil, exception.ValueError("human_to_bytes() can't interpret following string: %s", text)
	}
	if d := c.Opt(1, nil); unit == "" && d != nil {
		unit = python.Str(d)
	}
	if unit == "" {
		return python.Truncate(math.RoundToEven(f))
	}
	scale, err := taggedScale(text, unit, bits)
	if err != nil {
		return nil, err
	}
	return python.Truncate(math.RoundToEven(f * scale))
}

// unitNames are the units of dialect tagged as they are spelled out, without byte or bit.
var unitNames = map[string]string{"B": "", "K": "kilo", "M": "mega", "G": "giga", "T": "tera", "P": "peta", "E": "exa", "Z": "zeta", "Y": "yotta"}

// taggedScale is what a unit stands for: a prefix, with B for bytes, b for bits, or spelled out.
func taggedScale(text, unit string, bits bool) (float64, error) {
	key := strings.ToUpper(unit[:1])
	scale := 0.0
	var known []string
	for _, u := range units {
		name := u.name
		if name == "" {
			name = "B"
		}
		known = append(known, name)
		if name == key {
			scale = u.n
		}
	}
	if scale == 0 {
		return 0, exception.While(exception.ValueError("human_to_bytes() failed to convert %s (unit = %s). The suffix must be one of %s",
			text, unit, strings.Join(known, ", ")))
	}
	short, long := "B", "byte"
	if bits {
		short, long = "b", "bit"
	}
	abbreviated, expected := key+short, key+short+" or "+key
	if key == "B" {
		abbreviated, expected = short, short+" or "+long
	}
	if len(unit) > 1 && unit != abbreviated && strings.ToLower(unit) != unitNames[key]+long {
		return 0, exception.ValueError("human_to_bytes() failed to convert %s. Value is not a valid string (expect %s)", text, expected)
	}
	return scale, nil
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

func fileSizeFilter(c *python.Call) (value.Value, error) {
	binary, err := c.OptFlag(1, false)
	if err != nil {
		return nil, err
	}
	b := 0.0
	if s, ok := value.Text(c.Args[0]); ok {
		if b, ok = python.ParseFloat(s); !ok {
			return nil, exception.ValueError("could not convert string to float: %s", value.StrRepr(s))
		}
	} else if n := python.Num(c.Args[0]); n.Kind != 0 {
		if b, err = n.Float(); err != nil {
			return nil, err
		}
	} else if err := python.Use(c.Args[0]); err != nil {
		return nil, err
	} else {
		return nil, exception.TypeError("float() argument must be a string or a real number, not '%s'", value.TypeName(c.Args[0]))
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

package python

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
)

// spec is a parsed format: of % or of format().
type spec struct {
	fill        string
	align, sign byte
	alt, zero   bool
	width, prec int // prec is -1 when absent
	comma       byte
	typ         byte
}

func (sp spec) pad(s string) string {
	n := sp.width - utf8.RuneCountInString(s)
	if n <= 0 {
		return s
	}
	switch sp.align {
	case '<':
		return s + strings.Repeat(sp.fill, n)
	case '^':
		return strings.Repeat(sp.fill, n/2) + s + strings.Repeat(sp.fill, n-n/2)
	}
	return strings.Repeat(sp.fill, n) + s
}

// number pads a number, its sign apart.
func (sp spec) number(sign, body string) string {
	if sp.align == '=' {
		if n := sp.width - len(sign) - len(body); n > 0 {
			body = strings.Repeat(sp.fill, n) + body
		}
		return sign + body
	}
	return sp.pad(sign + body)
}

func (sp spec) signOf(negative bool) string {
	if negative {
		return "-"
	}
	if sp.sign == '+' || sp.sign == ' ' {
		return string(sp.sign)
	}
	return ""
}

func (sp spec) cut(s string) string {
	if sp.prec < 0 || utf8.RuneCountInString(s) <= sp.prec {
		return s
	}
	return string([]rune(s)[:sp.prec])
}

func thousands(s string, sep byte, n int) string {
	if sep == 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i > 0 && (len(s)-i)%n == 0 {
			b.WriteByte(sep)
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func (sp spec) integer(v *big.Int) (string, error) {
	a := new(big.Int).Abs(v)
	body, prefix, n := "", "", 4
	switch sp.typ {
	case 'x':
		body, prefix = a.Text(16), "0x"
	case 'X':
		body, prefix = strings.ToUpper(a.Text(16)), "0X"
	case 'o':
		body, prefix = a.Text(8), "0o"
	case 'b':
		body, prefix = a.Text(2), "0b"
	case 'c':
		return sp.pad(string(rune(v.Int64()))), nil
	default:
		n = 3
		var err error
		if body, err = value.IntText(a); err != nil {
			return "", exception.ValueError("%s", err)
		}
	}
	if sp.prec > len(body) {
		body = strings.Repeat("0", sp.prec-len(body)) + body
	}
	sign := sp.signOf(v.Sign() < 0)
	if sp.alt {
		sign += prefix
	}
	return sp.number(sign, thousands(body, sp.comma, n)), nil
}

func (sp spec) float(f float64) string {
	a := math.Abs(f)
	var body string
	switch {
	case math.IsInf(a, 0):
		body = "inf"
	case math.IsNaN(a):
		body = "nan"
	default:
		body = sp.floatBody(a)
	}
	if (math.IsInf(a, 0) || math.IsNaN(a)) && sp.fill == "0" {
		sp.fill, sp.align = " ", '>'
	}
	if sp.typ == 'E' || sp.typ == 'G' || sp.typ == 'F' {
		body = strings.ToUpper(body)
	}
	if sp.comma != 0 {
		i := strings.IndexAny(body, ".e%")
		if i < 0 {
			i = len(body)
		}
		body = thousands(body[:i], sp.comma, 3) + body[i:]
	}
	return sp.number(sp.signOf(math.Signbit(f) && !math.IsNaN(f)), body)
}

func (sp spec) floatBody(a float64) string {
	prec := sp.prec
	if prec < 0 {
		prec = 6
	}
	switch sp.typ {
	case 'e', 'E':
		return strconv.FormatFloat(a, 'e', prec, 64)
	case 'g', 'G', 'n':
		return formatG(a, max(prec, 1), sp.alt)
	case '%':
		return strconv.FormatFloat(a*100, 'f', prec, 64) + "%"
	case 0:
		if sp.prec < 0 {
			return value.FloatRepr(a)
		}
		body := formatG(a, max(sp.prec, 1), false)
		if !strings.ContainsAny(body, ".e") {
			body += ".0"
		}
		return body
	}
	return strconv.FormatFloat(a, 'f', prec, 64)
}

func formatG(a float64, prec int, alt bool) string {
	if a == 0 {
		return "0"
	}
	short := func(s string) string {
		if alt || !strings.Contains(s, ".") {
			return s
		}
		return strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	e := strconv.FormatFloat(a, 'e', prec-1, 64)
	i := strings.IndexByte(e, 'e')
	x, _ := strconv.Atoi(e[i+1:])
	if x < -4 || x >= prec {
		return short(e[:i]) + e[i:]
	}
	return short(strconv.FormatFloat(a, 'f', prec-1-x, 64))
}

// specReader reads a format specification from left to right.
type specReader struct {
	r []rune
	i int
}

func (p *specReader) peek() rune {
	if p.i < len(p.r) {
		return p.r[p.i]
	}
	return 0
}

// skip passes over the next rune if it is one of set, and returns it.
func (p *specReader) skip(set string) byte {
	if c := p.peek(); c != 0 && strings.ContainsRune(set, c) {
		p.i++
		return byte(c)
	}
	return 0
}

func (p *specReader) int() (int, error) {
	n := 0
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		if n = n*10 + int(c-'0'); n > bound.Width {
			return 0, exception.ValueError("Too many decimal digits in format string")
		}
		p.i++
	}
	return n, nil
}

func parseSpec(s string) (spec, error) {
	sp := spec{fill: " ", prec: -1}
	p := &specReader{r: []rune(s)}
	if len(p.r) > 1 && strings.ContainsRune("<>^=", p.r[1]) {
		sp.fill, sp.align, p.i = string(p.r[0]), byte(p.r[1]), 2
	} else {
		sp.align = p.skip("<>^=")
	}
	sp.sign = p.skip("+- ")
	sp.alt = p.skip("#") != 0
	if p.skip("0") != 0 {
		sp.zero = true
		if sp.align == 0 {
			sp.fill, sp.align = "0", '='
		}
	}
	var err error
	if sp.width, err = p.int(); err != nil {
		return sp, err
	}
	sp.comma = p.skip(",_")
	if p.skip(".") != 0 {
		if c := p.peek(); c < '0' || c > '9' {
			return sp, exception.ValueError("Format specifier missing precision")
		}
		if sp.prec, err = p.int(); err != nil {
			return sp, err
		}
	}
	if c := p.peek(); c != 0 && c < 0x80 {
		sp.typ = byte(c)
		p.i++
	}
	if p.i < len(p.r) {
		return sp, exception.ValueError("Invalid format specifier")
	}
	return sp, nil
}

// formatValue is Python's format(v, s).
func formatValue(v value.Value, s string) (string, error) {
	if s == "" {
		return value.ToStr(v)
	}
	if d, ok := v.(*value.Date); ok {
		return dateText(d, s), nil
	}
	sp, err := parseSpec(s)
	if err != nil {
		return "", err
	}
	unknown := func(kind string) error {
		return exception.ValueError("Unknown format code '%c' for object of type '%s'", sp.typ, kind)
	}
	switch x := v.(type) {
	case string, *value.Str:
		if sp.typ != 0 && sp.typ != 's' {
			return "", unknown("str")
		}
		if sp.align == 0 || sp.align == '=' && sp.zero {
			sp.align = '<'
		}
		t, _ := value.Text(x)
		return sp.pad(sp.cut(t)), nil
	case bool, int64, *big.Int:
		return formatInteger(x, sp, unknown)
	case float64:
		if strings.IndexByte("eEfFgGn%\x00", sp.typ) < 0 {
			return "", unknown("float")
		}
		if sp.align == 0 {
			sp.align = '>'
		}
		return sp.float(x), nil
	case *value.Date:
		return Strftime(x.T, s), nil
	case *value.Undef:
		return "", x.Fail()
	}
	return "", exception.TypeError("unsupported format string passed to %s.__format__", value.ClassName(v))
}

func formatInteger(x value.Value, sp spec, unknown func(string) error) (string, error) {
	if sp.align == 0 {
		sp.align = '>'
	}
	switch {
	case sp.typ != 0 && strings.IndexByte("eEfFgG%", sp.typ) >= 0:
		f, err := Num(x).Float()
		return sp.float(f), err
	case sp.typ != 0 && strings.IndexByte("bcdoxXn", sp.typ) < 0:
		return "", unknown(value.TypeName(x))
	case sp.prec >= 0:
		return "", exception.ValueError("Precision not allowed in integer format specifier")
	}
	if b, ok := x.(bool); ok && sp.typ == 0 && sp.width > 0 {
		return sp.integer(Num(b).Big())
	}
	return sp.integer(Num(x).Big())
}

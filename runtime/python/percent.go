package python

import (
	"math"
	"math/big"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
)

// percent is the state of one "format % arguments".
type percent struct {
	s    string
	i    int
	args []value.Value
	used int
	m    *value.Dict // the argument, when it is a mapping
	// items says that the argument is another object with items, which Python lets be left over as a mapping.
	items bool
	out   strings.Builder
}

// PercentFormat is Python's s % a.
func PercentFormat(s string, a value.Value) (value.Value, error) {
	p := &percent{s: s}
	switch x := a.(type) {
	case value.Tuple:
		p.args = x
	case *value.Dict:
		p.m, p.args = x, []value.Value{a}
	case *value.Undef:
		if !x.Shown {
			return nil, x.Fail()
		}
		p.args = []value.Value{a}
	default:
		_, p.items = a.(*value.List)
		p.args = []value.Value{a}
	}
	for p.i < len(s) {
		c := s[p.i]
		p.i++
		if c != '%' {
			p.out.WriteByte(c)
			continue
		}
		if err := p.conversion(); err != nil {
			return nil, err
		}
	}
	if p.used < len(p.args) && p.m == nil && !p.items {
		return nil, exception.TypeError("not all arguments converted during string formatting")
	}
	return p.out.String(), nil
}

func (p *percent) next() (value.Value, error) {
	if p.used >= len(p.args) {
		return nil, exception.TypeError("not enough arguments for format string")
	}
	p.used++
	return p.args[p.used-1], nil
}

// key reads a (name) and returns what it names.
func (p *percent) key() (v value.Value, ok bool, err error) {
	if p.i >= len(p.s) || p.s[p.i] != '(' {
		return nil, false, nil
	}
	if p.m == nil {
		return nil, false, exception.TypeError("format requires a mapping")
	}
	n := strings.IndexByte(p.s[p.i:], ')')
	if n < 0 {
		return nil, false, exception.ValueError("incomplete format key")
	}
	k := p.s[p.i+1 : p.i+n]
	p.i += n + 1
	if v, ok = p.m.GetStr(k); !ok {
		return nil, false, exception.Raise("KeyError", "%s", value.StrRepr(k))
	}
	return v, true, nil
}

func (p *percent) flags(sp *spec) {
	for ; p.i < len(p.s); p.i++ {
		switch p.s[p.i] {
		case '-':
			sp.align = '<'
		case '+':
			sp.sign = '+'
		case ' ':
			if sp.sign == 0 {
				sp.sign = ' '
			}
		case '#':
			sp.alt = true
		case '0':
			sp.zero = true
		default:
			return
		}
	}
}

// size reads a width or precision, * taking it from the arguments.
func (p *percent) size() (int, error) {
	if p.i < len(p.s) && p.s[p.i] == '*' {
		p.i++
		v, err := p.next()
		if err != nil {
			return 0, err
		}
		n := Num(v)
		if n.Kind != 'i' {
			return 0, exception.TypeError("* wants int")
		}
		if n.I > bound.Width {
			return 0, bound.TooLarge()
		}
		return int(n.I), nil
	}
	n := 0
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		if n = n*10 + int(p.s[p.i]-'0'); n > bound.Width {
			return 0, exception.ValueError("width too big")
		}
		p.i++
	}
	return n, nil
}

func (p *percent) conversion() error {
	v, have, err := p.key()
	if err != nil {
		return err
	}
	sp := spec{fill: " ", prec: -1}
	p.flags(&sp)
	if sp.width, err = p.size(); err != nil {
		return err
	}
	if sp.width < 0 {
		sp.align, sp.width = '<', -sp.width
	}
	if p.i < len(p.s) && p.s[p.i] == '.' {
		p.i++
		if sp.prec, err = p.size(); err != nil {
			return err
		}
		sp.prec = max(sp.prec, 0)
	}
	for p.i < len(p.s) && strings.IndexByte("lhL", p.s[p.i]) >= 0 {
		p.i++
	}
	if p.i >= len(p.s) {
		return exception.ValueError("incomplete format")
	}
	sp.typ = p.s[p.i]
	p.i++
	if sp.typ == '%' {
		p.out.WriteByte('%')
		return nil
	}
	if !have {
		if v, err = p.next(); err != nil {
			return err
		}
	}
	if sp.align == 0 {
		sp.align = '>'
		if sp.zero && strings.IndexByte("srac", sp.typ) < 0 {
			sp.align, sp.fill = '=', "0"
		}
	}
	s, err := p.convert(v, sp)
	p.out.WriteString(s)
	return err
}

func (p *percent) convert(v value.Value, sp spec) (string, error) {
	switch sp.typ {
	case 's':
		s, err := value.ToStr(v)
		return sp.pad(sp.cut(s)), err
	case 'r':
		s, err := value.Repr(v)
		return sp.pad(sp.cut(s)), err
	case 'a':
		s, err := ascii(v)
		return sp.pad(sp.cut(s)), err
	case 'd', 'i', 'u', 'x', 'X', 'o':
		return percentInteger(v, sp)
	case 'f', 'F', 'e', 'E', 'g', 'G':
		n := Num(v)
		if n.Kind == 0 {
			if err := Use(v); err != nil {
				return "", err
			}
			return "", exception.TypeError("must be real number, not %s", value.ClassName(v))
		}
		f, err := n.Float()
		return sp.float(f), err
	case 'c':
		if n := Num(v); n.Kind == 'i' {
			return sp.pad(string(rune(n.I))), nil
		}
		if s, ok := value.Text(v); ok && len([]rune(s)) == 1 {
			return sp.pad(s), nil
		}
		return "", exception.TypeError("%%c requires int or char")
	}
	return "", exception.ValueError("unsupported format character '%c' (0x%x) at index %d", sp.typ, sp.typ, p.i-1)
}

func percentInteger(v value.Value, sp spec) (string, error) {
	decimal := strings.IndexByte("diu", sp.typ) >= 0
	if f, ok := v.(float64); ok && decimal {
		if math.IsInf(f, 0) {
			return "", exception.Raise("OverflowError", "cannot convert float infinity to integer")
		}
		if math.IsNaN(f) {
			return "", exception.ValueError("cannot convert float NaN to integer")
		}
		b, _ := big.NewFloat(math.Trunc(f)).Int(nil)
		v = value.NormInt(b)
	}
	n := Num(v)
	if n.Kind == 0 || n.Kind == 'f' {
		if err := Use(v); err != nil {
			return "", err
		}
		if decimal {
			return "", exception.TypeError("%%%c format: a real number is required, not %s", sp.typ, value.ClassName(v))
		}
		return "", exception.TypeError("%%%c format: an integer is required, not %s", sp.typ, value.ClassName(v))
	}
	if decimal {
		sp.typ = 'd'
	}
	return sp.integer(n.Big())
}

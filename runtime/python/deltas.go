package python

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"pbc/ir/value"
	"pbc/runtime/exception"
)

var deltaMethods = map[string]Method{
	"total_seconds": func(o value.Value, _ *Call) (value.Value, error) { return o.(*value.Delta).D.Seconds(), nil },
}

// shifted is a date moved by a difference.
func shifted(d *value.Date, by time.Duration) (value.Value, error) {
	t := d.T.Add(by)
	if t.Year() < 1 || t.Year() > 9999 {
		return nil, exception.Raise("OverflowError", "date value out of range")
	}
	if !d.HasTime { // a date knows whole days only
		t = d.T.AddDate(0, 0, int(math.Floor(by.Hours()/24)))
	}
	return &value.Date{T: t, HasTime: d.HasTime, HasZone: d.HasZone}, nil
}

// between is x - y.
func between(x, y *value.Date) (value.Value, error) {
	if x.HasTime && y.HasTime && x.HasZone != y.HasZone {
		return nil, exception.TypeError("can't subtract offset-naive and offset-aware datetimes")
	}
	return &value.Delta{D: x.T.Sub(y.T)}, nil
}

// scaled is a difference times a number.
func scaled(d *value.Delta, n Number) (value.Value, error) {
	if n.Kind == 'f' {
		r := new(big.Rat)
		if r.SetFloat64(n.F) == nil {
			return nil, exception.ValueError("cannot convert NaN to integer ratio")
		}
		return deltaOf(r.Mul(r, micros(d)))
	}
	return deltaOf(new(big.Rat).Mul(micros(d), new(big.Rat).SetInt(n.Big())))
}

func micros(d *value.Delta) *big.Rat { return new(big.Rat).SetInt64(int64(d.D / time.Microsecond)) }

// deltaOf rounds microseconds, half of one to the even.
func deltaOf(us *big.Rat) (value.Value, error) {
	twice := new(big.Int).Add(new(big.Int).Mul(us.Num(), big.NewInt(2)), us.Denom())
	q, rest := new(big.Int).DivMod(twice, new(big.Int).Mul(us.Denom(), big.NewInt(2)), new(big.Int))
	if rest.Sign() == 0 && q.Bit(0) == 1 {
		q.Sub(q, big.NewInt(1))
	}
	if !q.IsInt64() || q.Int64() > math.MaxInt64/1000 || q.Int64() < math.MinInt64/1000 {
		return nil, exception.Raise("OverflowError", "timedelta is out of range")
	}
	return &value.Delta{D: time.Duration(q.Int64()) * time.Microsecond}, nil
}

// deltaDiv is a difference divided as op, one of / // %, says. Ok is false for what Python does not divide so.
func deltaDiv(op string, d *value.Delta, b value.Value) (v value.Value, ok bool, err error) {
	other, isDelta := b.(*value.Delta)
	n := Num(b)
	var by *big.Rat
	switch {
	case isDelta:
		by = micros(other)
	case op == "%" || n.Kind == 0 || n.Kind == 'f' && op == "//":
		return nil, false, nil
	case n.Kind == 'f':
		if by = new(big.Rat).SetFloat64(n.F); by == nil {
			return nil, true, exception.ValueError("cannot convert NaN to integer ratio")
		}
	default:
		by = new(big.Rat).SetInt(n.Big())
	}
	if by.Sign() == 0 {
		return nil, true, DivZero("integer division or modulo by zero")
	}
	q := new(big.Rat).Quo(micros(d), by)
	floor := new(big.Int).Div(q.Num(), q.Denom())
	switch {
	case op == "/" && isDelta:
		f, _ := q.Float64()
		return f, true, nil
	case op == "/":
		v, err = deltaOf(q)
	case op == "//" && isDelta:
		return value.NormInt(floor), true, nil
	case op == "//":
		v, err = deltaOf(new(big.Rat).SetInt(floor))
	default:
		v, err = deltaOf(new(big.Rat).Sub(micros(d), new(big.Rat).Mul(by, new(big.Rat).SetInt(floor))))
	}
	return v, true, err
}

// dateText is strftime: a date without zone has no text for one.
func dateText(d *value.Date, f string) string {
	if d.HasZone || !strings.ContainsAny(f, "zZ") {
		return Strftime(d.T, f)
	}
	var b strings.Builder
	for i := 0; i < len(f); i++ {
		if f[i] == '%' && i+1 < len(f) {
			if i++; f[i] != 'z' && f[i] != 'Z' {
				b.WriteString(f[i-1 : i+1])
			}
			continue
		}
		b.WriteByte(f[i])
	}
	return Strftime(d.T, b.String())
}

// isoParts are the layouts of the time of day by the argument timespec of isoformat.
var isoParts = map[string]string{
	"hours": "15", "minutes": "15:04", "seconds": "15:04:05", "milliseconds": "15:04:05.000", "microseconds": "15:04:05.000000",
}

func isoFormat(o value.Value, c *Call) (value.Value, error) {
	d := o.(*value.Date)
	sep, err := needText(c.Get(0, "sep", "T"), "isoformat() argument 1")
	if err != nil || !d.HasTime {
		return d.ISO(), err
	}
	if len([]rune(sep)) != 1 {
		return nil, exception.TypeError("isoformat() argument 1 must be a unicode character, not str")
	}
	spec, err := needText(c.Get(1, "timespec", "auto"), "isoformat() argument 2")
	if err != nil {
		return nil, err
	}
	layout, ok := isoParts[spec]
	switch {
	case spec == "auto":
		iso := d.ISO()
		return iso[:10] + sep + iso[11:], nil
	case !ok:
		return nil, exception.ValueError("Unknown timespec value")
	}
	zone := ""
	if d.HasZone {
		zone = "-07:00"
	}
	return d.T.Format("2006-01-02") + sep + d.T.Format(layout+zone), nil
}

// zoned is a method of a date with a zone, null for others.
func zoned(f func(d *value.Date) value.Value) Method {
	return onDate(func(d *value.Date) value.Value {
		if !d.HasZone {
			return nil
		}
		return f(d)
	})
}

func offset(d *value.Date) time.Duration {
	_, s := d.T.Zone()
	return time.Duration(s) * time.Second
}

func zoneName(d *value.Date) string {
	o := offset(d)
	if o == 0 {
		return "UTC"
	}
	sign := '+'
	if o < 0 {
		sign, o = '-', -o
	}
	return fmt.Sprintf("UTC%c%02d:%02d", sign, o/time.Hour, o%time.Hour/time.Minute)
}

func fromTimestamp(zone *time.Location) Method {
	return func(_ value.Value, c *Call) (value.Value, error) {
		v, err := need(c, 0, "fromtimestamp")
		if err != nil {
			return nil, err
		}
		n := Num(v)
		if n.Kind == 0 {
			if err := Use(v); err != nil {
				return nil, err
			}
			return nil, exception.TypeError("'%s' object cannot be interpreted as an integer", value.ClassName(v))
		}
		s, err := n.Float()
		if err != nil || math.Abs(s) > 253402300799 {
			return nil, exception.ValueError("year is out of range")
		}
		whole := math.Floor(s)
		t := time.Unix(int64(whole), int64(math.RoundToEven((s-whole)*1e6))*1000).In(zone)
		y, m, d := t.Date()
		return &value.Date{T: time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC), HasTime: true}, nil
	}
}

package value

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// FloatRepr is Python's repr of a float.
func FloatRepr(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	a := math.Abs(f)
	if a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// StrRepr is Python's repr of a str.
func StrRepr(s string) string {
	q := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, "\"") {
		q = '"'
	}
	var b strings.Builder
	b.WriteByte(q)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 { // a byte that is not UTF-8: Python's surrogateescape
			fmt.Fprintf(&b, "\\udc%02x", s[i])
		} else {
			reprRune(&b, r, q)
		}
		i += n
	}
	b.WriteByte(q)
	return b.String()
}

func reprRune(b *strings.Builder, r rune, q byte) {
	switch {
	case r == rune(q) || r == '\\':
		b.WriteByte('\\')
		b.WriteRune(r)
	case r == '\n':
		b.WriteString("\\n")
	case r == '\r':
		b.WriteString("\\r")
	case r == '\t':
		b.WriteString("\\t")
	case strconv.IsPrint(r):
		b.WriteRune(r)
	case r <= 0xff:
		fmt.Fprintf(b, "\\x%02x", r)
	case r <= 0xffff:
		fmt.Fprintf(b, "\\u%04x", r)
	default:
		fmt.Fprintf(b, "\\U%08x", r)
	}
}

// Repr is Python's repr(v). It fails on an undefined value.
func Repr(v Value) (string, error) {
	var w reprWriter
	err := w.value(v)
	return w.b.String(), err
}

// Bounds on what Repr writes.
const (
	maxRepr      = 1 << 26 // bytes
	maxReprDepth = 900     // about where Python gives up
)

// Errors of values that have no text, in Python's words.
var (
	ErrReprDepth = errors.New("maximum recursion depth exceeded while getting the repr of an object")
	ErrReprSize  = errors.New("the result is too large")
)

// Wrapper may be implemented by Objects whose text is that of a value they hold, between two others. They
// may hold themselves.
type Wrapper interface {
	Object
	Wrapped() (before string, inner Value, after string)
}

// reprWriter writes a value. Inside are the lists and dictionaries around it: one of these is shown by dots.
type reprWriter struct {
	b      strings.Builder
	inside []Value
}

func (w *reprWriter) enter(v Value) (again bool, err error) {
	if v != nil && slices.Contains(w.inside, v) {
		return true, nil
	}
	if len(w.inside) >= maxReprDepth {
		return false, ErrReprDepth
	}
	if w.b.Len() > maxRepr {
		return false, ErrReprSize
	}
	w.inside = append(w.inside, v)
	return false, nil
}

func (w *reprWriter) leave() { w.inside = w.inside[:len(w.inside)-1] }

func (w *reprWriter) seq(open string, v []Value, end string) error {
	w.b.WriteString(open)
	for i, e := range v {
		if i > 0 {
			w.b.WriteString(", ")
		}
		if err := w.value(e); err != nil {
			return err
		}
	}
	w.b.WriteString(end)
	return nil
}

func (w *reprWriter) value(v Value) error {
	switch x := v.(type) {
	case string:
		w.b.WriteString(StrRepr(x))
	case *Str:
		if x.Markup {
			w.b.WriteString("Markup(" + StrRepr(x.S) + ")")
			return nil
		}
		w.b.WriteString(StrRepr(x.S))
	case *Vault:
		s, err := x.text()
		w.b.WriteString(StrRepr(s))
		return err
	case *Tmpl:
		w.b.WriteString(StrRepr(x.Src))
	case *List:
		if again, err := w.enter(x); again || err != nil {
			w.b.WriteString("[...]")
			return err
		}
		defer w.leave()
		return w.seq("[", x.V, "]")
	case Tuple:
		if _, err := w.enter(nil); err != nil {
			return err
		}
		defer w.leave()
		if len(x) == 1 {
			return w.seq("(", x, ",)")
		}
		return w.seq("(", x, ")")
	case *Set:
		if x.D.Len() == 0 {
			w.b.WriteString("set()")
			return nil
		}
		return w.seq("{", x.D.K, "}")
	case *View:
		return w.seq(TypeName(v)+"([", x.Items(), "])")
	case *Dict:
		if again, err := w.enter(x); again || err != nil {
			w.b.WriteString("{...}")
			return err
		}
		defer w.leave()
		return w.dict(x)
	case []byte:
		w.b.WriteString(bytesRepr(x))
	case *Date:
		w.b.WriteString(x.repr())
	case *Delta:
		w.b.WriteString(x.repr())
	case *Undef:
		if x.Lenient {
			w.b.WriteString("Undefined")
			return nil
		}
		return w.undef(x)
	case Wrapper:
		before, inner, after := x.Wrapped()
		w.b.WriteString(before)
		err := w.value(inner)
		w.b.WriteString(after)
		return err
	case Object:
		s, err := x.Repr()
		w.b.WriteString(s)
		return err
	default:
		s, err := ToStr(v)
		w.b.WriteString(s)
		return err
	}
	return nil
}

// undef writes what AnsibleUndefined shows of itself.
func (w *reprWriter) undef(u *Undef) error {
	if !u.Shown {
		return u.Fail()
	}
	hint, name := "None", "None"
	if u.Hint != "" {
		hint = StrRepr(u.Hint)
	}
	switch {
	case u.Element: // the name is the repr of a key, and the hint the message of using it
		hint, name = "None", u.Name
	case u.Name != "":
		name = StrRepr(u.Name)
	}
	w.b.WriteString("AnsibleUndefined(hint=" + hint + ", obj=")
	if !u.HasObj {
		w.b.WriteString("missing")
	} else if err := w.value(u.Obj); err != nil {
		return err
	}
	w.b.WriteString(", name=" + name + ")")
	return nil
}

func (w *reprWriter) dict(d *Dict) error {
	w.b.WriteByte('{')
	for i, k := range d.K {
		if i > 0 {
			w.b.WriteString(", ")
		}
		if err := w.value(k); err != nil {
			return err
		}
		w.b.WriteString(": ")
		if err := w.value(d.V[i]); err != nil {
			return err
		}
	}
	w.b.WriteByte('}')
	return nil
}

func (x *Date) repr() string {
	t := x.T
	if !x.HasTime {
		return fmt.Sprintf("datetime.date(%d, %d, %d)", t.Year(), t.Month(), t.Day())
	}
	s := fmt.Sprintf("datetime.datetime(%d, %d, %d, %d, %d", t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute())
	us := t.Nanosecond() / 1000
	if t.Second() != 0 || us != 0 {
		s += fmt.Sprintf(", %d", t.Second())
	}
	if us != 0 {
		s += fmt.Sprintf(", %d", us)
	}
	if x.HasZone {
		s += ", tzinfo=" + zoneRepr(t)
	}
	return s + ")"
}

// zoneRepr is the repr of a datetime.timezone: of a timedelta, whose seconds are never negative.
func zoneRepr(t time.Time) string {
	_, secs := t.Zone()
	switch {
	case secs == 0:
		return "datetime.timezone.utc"
	case secs < 0:
		return fmt.Sprintf("datetime.timezone(datetime.timedelta(days=-1, seconds=%d))", secs+24*3600)
	}
	return fmt.Sprintf("datetime.timezone(datetime.timedelta(seconds=%d))", secs)
}

// ISO is Python's isoformat().
func (x *Date) ISO() string {
	s := x.str()
	if x.HasTime {
		return s[:10] + "T" + s[11:]
	}
	return s
}

func (x *Date) str() string {
	if !x.HasTime {
		return x.T.Format("2006-01-02")
	}
	f := "2006-01-02 15:04:05"
	if x.T.Nanosecond() >= 1000 {
		f += ".000000"
	}
	if x.HasZone {
		f += "-07:00"
	}
	return x.T.Format(f)
}

// Python converts integers to text and back only up to so many digits.
const (
	maxDigits    = 4300
	maxDigitBits = 14285 // of the largest integer of maxDigits digits
	digitsText   = "Exceeds the limit (4300 digits) for integer string conversion"
	digitsAdvice = "; use sys.set_int_max_str_digits() to increase the limit"
)

// IntText is the decimal text of an integer, which Python refuses to make of very large ones.
func IntText(x *big.Int) (string, error) {
	if x.BitLen() <= maxDigitBits {
		if s := x.String(); len(strings.TrimPrefix(s, "-")) <= maxDigits {
			return s, nil
		}
	}
	return "", errors.New(digitsText + digitsAdvice)
}

// ToStr is Python's str(v). It fails on an undefined value that is not lenient.
func ToStr(v Value) (string, error) {
	switch x := v.(type) {
	case string:
		return x, nil
	case *Str:
		return x.S, nil
	case *Tmpl:
		return x.Src, nil
	case nil:
		return "None", nil
	case bool:
		if x {
			return "True", nil
		}
		return "False", nil
	case int64:
		return strconv.FormatInt(x, 10), nil
	case *big.Int:
		return IntText(x)
	case float64:
		return FloatRepr(x), nil
	case *Undef:
		if x.Lenient {
			return "", nil
		}
		return "", x.Fail()
	case *Range:
		if x.Step == 1 {
			return fmt.Sprintf("range(%d, %d)", x.Start, x.Stop), nil
		}
		return fmt.Sprintf("range(%d, %d, %d)", x.Start, x.Stop, x.Step), nil
	case *Date:
		return x.str(), nil
	case *Delta:
		return x.str(), nil
	case OmitType:
		return "__omit_place_holder__", nil
	case *Vault:
		return x.text()
	}
	switch v.(type) {
	case []byte, *List, Tuple, *Dict, *Set, *View, Object:
		return Repr(v)
	}
	return "", fmt.Errorf("%T is no value", v)
}

// repr names the parts that are not 0, of which only the days may be negative.
func (x *Delta) repr() string {
	const day = 24 * time.Hour
	days := x.D / day
	rest := x.D % day
	if rest < 0 {
		days, rest = days-1, rest+day
	}
	var parts []string
	for _, p := range []struct {
		name string
		n    time.Duration
	}{{"days", days}, {"seconds", rest / time.Second}, {"microseconds", rest % time.Second / time.Microsecond}} {
		if p.n != 0 {
			parts = append(parts, fmt.Sprintf("%s=%d", p.name, p.n))
		}
	}
	if parts == nil {
		return "datetime.timedelta(0)"
	}
	return "datetime.timedelta(" + strings.Join(parts, ", ") + ")"
}

// bytesRepr is repr(b'...').
func bytesRepr(b []byte) string {
	quote := byte('\'')
	if strings.IndexByte(string(b), '\'') >= 0 && strings.IndexByte(string(b), '"') < 0 {
		quote = '"'
	}
	out := []byte{'b', quote}
	for _, c := range b {
		switch {
		case c == quote || c == '\\':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, `\n`...)
		case c == '\r':
			out = append(out, `\r`...)
		case c == '\t':
			out = append(out, `\t`...)
		case c < ' ' || c >= 0x7f:
			out = fmt.Appendf(out, `\x%02x`, c)
		default:
			out = append(out, c)
		}
	}
	return string(append(out, quote))
}

func (x *Delta) str() string {
	us := x.D.Microseconds()
	day := int64(24 * 3600 * 1_000_000)
	days := us / day
	rest := us % day
	if rest < 0 {
		rest += day
		days--
	}
	s := ""
	if days == 1 || days == -1 {
		s = fmt.Sprintf("%d day, ", days)
	} else if days != 0 {
		s = fmt.Sprintf("%d days, ", days)
	}
	sec := rest / 1_000_000
	s += fmt.Sprintf("%d:%02d:%02d", sec/3600, sec/60%60, sec%60)
	if f := rest % 1_000_000; f != 0 {
		s += fmt.Sprintf(".%06d", f)
	}
	return s
}

package python

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"pbc/ir/value"
	"pbc/runtime/exception"
)

func dateAttr(x *value.Date, name string) (value.Value, bool) {
	t := x.T
	switch name {
	case "year":
		return int64(t.Year()), true
	case "month":
		return int64(t.Month()), true
	case "day":
		return int64(t.Day()), true
	}
	if !x.HasTime {
		return nil, false
	}
	switch name {
	case "hour":
		return int64(t.Hour()), true
	case "minute":
		return int64(t.Minute()), true
	case "second":
		return int64(t.Second()), true
	case "microsecond":
		return int64(t.Nanosecond() / 1000), true
	case "fold":
		return int64(0), true
	case "tzinfo":
		return nil, !x.HasZone
	case "min":
		return &value.Date{T: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), HasTime: true}, true
	case "max":
		return &value.Date{T: time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC), HasTime: true}, true
	case "resolution":
		return &value.Delta{D: time.Microsecond}, true
	}
	return nil, false
}

const day = 24 * time.Hour

func deltaAttr(x *value.Delta, name string) (value.Value, bool) {
	days := x.D / day
	if x.D%day < 0 {
		days--
	}
	rest := x.D - days*day
	switch name {
	case "days":
		return int64(days), true
	case "seconds":
		return int64(rest / time.Second), true
	case "microseconds":
		return int64(rest % time.Second / time.Microsecond), true
	}
	return nil, false
}

func onDate(f func(d *value.Date) value.Value) Method {
	return func(o value.Value, _ *Call) (value.Value, error) { return f(o.(*value.Date)), nil }
}

// instant reads a date's wall clock: without a zone it is that of this machine.
func instant(d *value.Date) time.Time {
	if d.HasZone {
		return d.T
	}
	t := d.T
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.Local)
}

var dateMethods = map[string]Method{
	"strftime": func(o value.Value, c *Call) (value.Value, error) {
		f, err := c.text(0, "format", "strftime() argument 1")
		return dateText(o.(*value.Date), f), err
	},
	"isoformat":        isoFormat,
	"utcoffset":        zoned(func(d *value.Date) value.Value { return &value.Delta{D: offset(d)} }),
	"dst":              zoned(func(*value.Date) value.Value { return nil }),
	"tzname":           zoned(func(d *value.Date) value.Value { return zoneName(d) }),
	"fromtimestamp":    fromTimestamp(time.Local),
	"utcfromtimestamp": fromTimestamp(time.UTC),
	"strptime": func(_ value.Value, c *Call) (value.Value, error) {
		s, err := c.text(0, "date_string", "strptime() argument 1")
		if err != nil {
			return nil, err
		}
		f, err := c.text(1, "format", "strptime() argument 2")
		if err != nil {
			return nil, err
		}
		return Strptime(s, f)
	},
	"timestamp": onDate(func(d *value.Date) value.Value {
		t := instant(d)
		return float64(t.Unix()) + float64(t.Nanosecond()/1000)/1e6
	}),
	"weekday":    onDate(func(d *value.Date) value.Value { return (int64(d.T.Weekday()) + 6) % 7 }),
	"isoweekday": onDate(func(d *value.Date) value.Value { return (int64(d.T.Weekday())+6)%7 + 1 }),
	"isocalendar": onDate(func(d *value.Date) value.Value {
		y, w := d.T.ISOWeek()
		return value.Tuple{int64(y), int64(w), (int64(d.T.Weekday())+6)%7 + 1}
	}),
	"toordinal": onDate(func(d *value.Date) value.Value { return d.T.Unix()/86400 + 719163 }),
	"date": onDate(func(d *value.Date) value.Value {
		y, m, n := d.T.Date()
		return &value.Date{T: time.Date(y, m, n, 0, 0, 0, 0, time.UTC)}
	}),
	"ctime":   onDate(func(d *value.Date) value.Value { return d.T.Format(time.ANSIC) }),
	"replace": replaceDate,
}

func replaceDate(o value.Value, c *Call) (value.Value, error) {
	d := o.(*value.Date)
	t := d.T
	parts := []int{t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond() / 1000}
	for i, name := range []string{"year", "month", "day", "hour", "minute", "second", "microsecond"} {
		v, err := c.Integer(i, name, int64(parts[i]))
		if err != nil {
			return nil, err
		}
		parts[i] = int(v)
	}
	for i, limit := range []struct {
		from, to int
		fault    string
	}{{1, 9999, ""}, {1, 12, "month must be in 1..12"}, {1, 31, "day is out of range for month"}, {0, 23, "hour must be in 0..23"},
		{0, 59, "minute must be in 0..59"}, {0, 59, "second must be in 0..59"}, {0, 999999, "microsecond must be in 0..999999"}} {
		if parts[i] >= limit.from && parts[i] <= limit.to {
			continue
		}
		if limit.fault == "" {
			return nil, exception.ValueError("year %d is out of range", parts[i])
		}
		return nil, exception.ValueError("%s", limit.fault)
	}
	n := time.Date(parts[0], time.Month(parts[1]), parts[2], parts[3], parts[4], parts[5], parts[6]*1000, t.Location())
	if int(n.Month()) != parts[1] || n.Day() != parts[2] {
		return nil, exception.ValueError("day is out of range for month")
	}
	return &value.Date{T: n, HasTime: d.HasTime, HasZone: d.HasZone}, nil
}

// Strftime formats a time as the C library does in the C locale.
func Strftime(t time.Time, f string) string {
	var b strings.Builder
	for i := 0; i < len(f); i++ {
		if f[i] != '%' || i+1 >= len(f) {
			b.WriteByte(f[i])
			continue
		}
		i++
		pad := byte(0)
		if strings.IndexByte("-_0^#", f[i]) >= 0 && i+1 < len(f) {
			pad = f[i]
			i++
		}
		width := 0
		for ; IsDigit(f[i]) && i+1 < len(f); i++ {
			width = min(10*width+int(f[i]-'0'), 1<<10)
		}
		s, ok := timeField(t, f[i])
		if !ok {
			b.WriteByte('%')
			if pad != 0 {
				b.WriteByte(pad)
			}
			b.WriteByte(f[i])
			continue
		}
		s = padField(s, f[i], pad)
		fill := "0"
		if _, err := strconv.Atoi(s); err != nil || pad == '_' {
			fill = " "
		}
		b.WriteString(strings.Repeat(fill, max(width-len(s), 0)) + s)
	}
	return b.String()
}

// padField applies a glibc flag to a field.
func padField(s string, field, flag byte) string {
	switch flag {
	case '^':
		return strings.ToUpper(s)
	case '#':
		if field == 'p' || field == 'Z' {
			return strings.ToLower(s)
		}
		return strings.ToUpper(s)
	case '-', '_', '0':
		n := strings.TrimLeft(s, " 0")
		if n == "" {
			n = "0"
		}
		if _, err := strconv.Atoi(n); err != nil {
			return s
		}
		if flag == '-' {
			return n
		}
		return strings.Repeat(map[byte]string{'_': " ", '0': "0"}[flag], len(s)-len(n)) + n
	}
	return s
}

var goLayouts = map[byte]string{
	'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'y': "06", 'B': "January", 'b': "Jan", 'h': "Jan",
	'A': "Monday", 'a': "Mon", 'p': "PM", 'I': "03", 'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04", 'D': "01/02/06",
	'x': "01/02/06", 'X': "15:04:05", 'c': "Mon Jan _2 15:04:05 2006", 'r': "03:04:05 PM", 'e': "_2", 'Z': "MST", 'z': "-0700",
}

func timeField(t time.Time, c byte) (string, bool) {
	if l, ok := goLayouts[c]; ok {
		return t.Format(l), true
	}
	switch c {
	case '%':
		return "%", true
	case 'n':
		return "\n", true
	case 't':
		return "\t", true
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay()), true
	case 's':
		return strconv.FormatInt(t.Unix(), 10), true
	case 'f':
		return fmt.Sprintf("%06d", t.Nanosecond()/1000), true
	case 'P':
		return strings.ToLower(t.Format("PM")), true
	case 'k':
		return fmt.Sprintf("%2d", t.Hour()), true
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1), true
	case 'C':
		return fmt.Sprintf("%02d", t.Year()/100), true
	case 'u':
		return strconv.Itoa((int(t.Weekday())+6)%7 + 1), true
	case 'w':
		return strconv.Itoa(int(t.Weekday())), true
	case 'U':
		return fmt.Sprintf("%02d", (t.YearDay()+6-int(t.Weekday()))/7), true
	case 'W':
		return fmt.Sprintf("%02d", (t.YearDay()+6-(int(t.Weekday())+6)%7)/7), true
	}
	y, w := t.ISOWeek()
	switch c {
	case 'V':
		return fmt.Sprintf("%02d", w), true
	case 'G':
		return strconv.Itoa(y), true
	case 'g':
		return fmt.Sprintf("%02d", y%100), true
	}
	return "", false
}

var parseLayouts = map[byte]string{
	'Y': "2006", 'm': "1", 'd': "2", 'H': "15", 'M': "4", 'S': "5", 'y': "06", 'B': "January", 'b': "Jan", 'A': "Monday",
	'a': "Mon", 'p': "PM", 'I': "3", 'z': "-0700", 'Z': "MST", '%': "%",
}

// Strptime is datetime.strptime.
func Strptime(s, f string) (*value.Date, error) {
	mismatch := exception.ValueError("time data %s does not match format %s", value.StrRepr(s), value.StrRepr(f))
	var layout strings.Builder
	zone, us := false, false
	for i := 0; i < len(f); i++ {
		if f[i] != '%' || i+1 >= len(f) {
			layout.WriteByte(f[i])
			continue
		}
		i++
		zone = zone || f[i] == 'z'
		l, ok := parseLayouts[f[i]]
		switch {
		case f[i] == 'f':
			us = true
			str := layout.String()
			if !strings.HasSuffix(str, ".") {
				return nil, exception.ValueError("'%c' is only read after a point in format '%s'", f[i], f)
			}
			layout.Reset()
			layout.WriteString(strings.TrimSuffix(str, "."))
		case !ok:
			return nil, exception.ValueError("'%c' is a bad directive in format %s", f[i], value.StrRepr(f))
		default:
			layout.WriteString(l)
		}
	}
	if us && !strings.Contains(s, ".") {
		return nil, mismatch
	}
	t, err := time.Parse(layout.String(), s)
	if err != nil {
		return nil, parseFailure(err, mismatch)
	}
	if t.Year() == 0 && !strings.Contains(f, "%Y") && !strings.Contains(f, "%y") {
		t = t.AddDate(1900, 0, 0)
	}
	return &value.Date{T: t, HasTime: true, HasZone: zone}, nil
}

// parseFailure tells what Python tells apart: a day that its month lacks, and text left over.
func parseFailure(err, mismatch error) error {
	var p *time.ParseError
	if !errors.As(err, &p) {
		return mismatch
	}
	if strings.HasSuffix(p.Message, "day out of range") {
		return exception.ValueError("day is out of range for month")
	}
	if _, extra, ok := strings.Cut(p.Message, "extra text: "); ok {
		if rest, err := strconv.Unquote(extra); err == nil {
			return exception.ValueError("unconverted data remains: %s", rest)
		}
	}
	return mismatch
}

// Clock is what now() reads; tests set it.
var Clock = time.Now

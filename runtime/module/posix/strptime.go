package posix

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"pbc/runtime/pyre"
)

// directives are the fields of time.strptime, as regular expressions in the C locale.
var directives = map[byte]string{
	'Y': `\d\d\d\d`, 'm': `1[0-2]|0[1-9]|[1-9]`, 'd': `3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9]`,
	'H': `2[0-3]|[0-1]\d|\d`, 'M': `[0-5]\d|\d`, 'S': `6[0-1]|[0-5]\d|\d`, 'y': `\d\d`,
	'I': `1[0-2]|0[1-9]|[1-9]`, 'p': `am|pm`, 'f': `[0-9]{1,6}`,
	'j': `36[0-6]|3[0-5]\d|[1-2]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9]`,
	'b': `jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec`,
	'B': `january|february|march|april|may|june|july|august|september|october|november|december`,
	'a': `mon|tue|wed|thu|fri|sat|sun`, 'A': `monday|tuesday|wednesday|thursday|friday|saturday|sunday`,
}

// shorthands are directives that stand for others.
var shorthands = strings.NewReplacer("%c", "%a %b %d %H:%M:%S %Y", "%x", "%m/%d/%y", "%X", "%H:%M:%S",
	"%T", "%H:%M:%S", "%D", "%m/%d/%y", "%R", "%H:%M", "%%", "%%")

// Strptime reads a local time as Python's time.strptime and mktime do. The error is Python's message.
func Strptime(s, format string) (time.Time, error) {
	re, fields, err := strptimePattern(format)
	if err != nil {
		return time.Time{}, err
	}
	loc := re.FindStringSubmatchIndex(s)
	if loc == nil {
		return time.Time{}, fmt.Errorf("time data %s does not match format %s", quoted(s), quoted(format))
	}
	if loc[1] != len(s) {
		return time.Time{}, fmt.Errorf("unconverted data remains: %s", s[loc[1]:])
	}
	get := map[byte]string{}
	for i, f := range fields {
		get[f] = strings.ToLower(strings.TrimSpace(s[loc[2*i+2]:loc[2*i+3]]))
	}
	return assemble(get)
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `\'`) + "'" }

func strptimePattern(format string) (*pyre.Regexp, []byte, error) {
	var b strings.Builder
	var fields []byte
	full := shorthands.Replace(format)
	b.WriteString(`(?i)^`)
	for i := 0; i < len(full); i++ {
		c := full[i]
		switch {
		case c == '%' && i+1 < len(full) && full[i+1] == '%':
			b.WriteByte('%')
			i++
		case c == '%':
			if i+1 >= len(full) {
				return nil, nil, fmt.Errorf("stray %% in format '%s'", format)
			}
			i++
			d, ok := directives[full[i]]
			if !ok {
				return nil, nil, fmt.Errorf("'%c' is a bad directive in format '%s'", full[i], format)
			}
			b.WriteString("(" + d + ")")
			fields = append(fields, full[i])
		case strings.IndexByte(" \t\n", c) >= 0:
			for i+1 < len(full) && strings.IndexByte(" \t\n", full[i+1]) >= 0 {
				i++
			}
			b.WriteString(`\s+`)
		default:
			b.WriteString(pyre.Escape(string(c)))
		}
	}
	re, err := pyre.Compile(b.String(), 0)
	return re, fields, err
}

func assemble(get map[byte]string) (time.Time, error) {
	num := func(f byte, absent int) int {
		if v, ok := get[f]; ok {
			n, _ := strconv.Atoi(v)
			return n
		}
		return absent
	}
	year := num('Y', 1900)
	if y, ok := get['y']; ok {
		n, _ := strconv.Atoi(y)
		year = 1900 + n
		if n < 69 {
			year += 100
		}
	}
	month, hour := num('m', 1), num('H', 0)
	for _, f := range []byte{'b', 'B'} {
		if v, ok := get[f]; ok {
			month = strings.Index(directives['b'], v[:3])/4 + 1
		}
	}
	if _, ok := get['I']; ok {
		hour = num('I', 0) % 12
		if get['p'] == "pm" {
			hour += 12
		}
	}
	day := num('d', 1)
	if _, ok := get['j']; ok {
		month, day = 1, num('j', 1)
	} else if last := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day(); day > last {
		return time.Time{}, fmt.Errorf("day is out of range for month")
	}
	return time.Date(year, time.Month(month), day, hour, num('M', 0), num('S', 0), 0, time.Local), nil
}

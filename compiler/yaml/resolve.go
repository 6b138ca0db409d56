package yaml

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pbc/ir/value"
)

// The shapes of YAML 1.1's implicit tags, as https://yaml.org/type/ and PyYAML narrow them: a float
// needs its point, an exponent its sign, an octal number a leading 0 and nothing else.
var (
	floatShape = regexp.MustCompile(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?` +
		`|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*` +
		`|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
	intShape = regexp.MustCompile(`^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)` +
		`|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)
	dateShape = regexp.MustCompile(`^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}` +
		`|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?` +
		`(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?)$`)
	dateParts = regexp.MustCompile(`^([0-9]{4})-([0-9][0-9]?)-([0-9][0-9]?)` +
		`(?:(?:[Tt]|[ \t]+)([0-9][0-9]?):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?` +
		`(?:[ \t]*(Z|([-+])([0-9][0-9]?)(?::([0-9]{2}))?))?)?$`)
)

var words = map[string]string{
	"yes": "!!bool", "Yes": "!!bool", "YES": "!!bool", "no": "!!bool", "No": "!!bool", "NO": "!!bool",
	"true": "!!bool", "True": "!!bool", "TRUE": "!!bool", "false": "!!bool", "False": "!!bool", "FALSE": "!!bool",
	"on": "!!bool", "On": "!!bool", "ON": "!!bool", "off": "!!bool", "Off": "!!bool", "OFF": "!!bool",
	"~": "!!null", "null": "!!null", "Null": "!!null", "NULL": "!!null", "": "!!null",
	"<<": "!!merge", "=": "!!value",
}

// implicitTag is the tag of a plain scalar.
func implicitTag(s string) string {
	if t, ok := words[s]; ok {
		return t
	}
	c := s[0]
	if c != '+' && c != '-' && c != '.' && (c < '0' || c > '9') {
		return "!!str"
	}
	switch {
	case floatShape.MatchString(s):
		return "!!float"
	case c != '.' && intShape.MatchString(s):
		return "!!int"
	case c >= '0' && dateShape.MatchString(s):
		return "!!timestamp"
	}
	return "!!str"
}

// scalarValue is the value of a scalar with that tag. Its errors are those that Python raises, which
// Ansible does not expect and reports as unexpected exceptions.
func scalarValue(tag, s string) (value.Value, error) {
	switch tag {
	case "!!null":
		return nil, nil
	case "!!bool":
		return boolValue(s)
	case "!!int":
		return intValue(s)
	case "!!float":
		return floatValue(s)
	case "!!timestamp":
		return dateValue(s)
	case "!!binary":
		return binaryValue(s)
	}
	return s, nil
}

func boolValue(s string) (value.Value, error) {
	switch strings.ToLower(s) {
	case "yes", "true", "on":
		return true, nil
	case "no", "false", "off":
		return false, nil
	}
	return nil, errors.New(value.StrRepr(strings.ToLower(s)))
}

func intValue(s string) (value.Value, error) {
	s = strings.ReplaceAll(s, "_", "")
	neg, digits, err := sign(s)
	if err != nil {
		return nil, err
	}
	base := 10
	switch {
	case digits == "0":
		return int64(0), nil
	case strings.HasPrefix(digits, "0b"):
		base, digits = 2, digits[2:]
	case strings.HasPrefix(digits, "0x"):
		base, digits = 16, digits[2:]
	case strings.HasPrefix(digits, "0"):
		base = 8
	case strings.Contains(digits, ":"):
		return sexagesimal(neg, digits)
	}
	n, err := pythonInt(digits, base)
	if err != nil {
		return nil, err
	}
	if neg {
		n.Neg(n)
	}
	return value.NormInt(n), nil
}

// sign takes the sign off a number. An empty number is Python's IndexError.
func sign(s string) (neg bool, rest string, err error) {
	if s == "" {
		return false, "", errors.New("string index out of range")
	}
	neg = s[0] == '-'
	if s[0] == '-' || s[0] == '+' {
		s = s[1:]
	}
	if s == "" {
		return false, "", errors.New("string index out of range")
	}
	return neg, s, nil
}

func pythonInt(digits string, base int) (*big.Int, error) {
	text := strings.TrimSpace(digits)
	if base == 8 { // int("0o17", 8) is 15
		text = strings.TrimPrefix(strings.TrimPrefix(text, "0o"), "0O")
	}
	n, ok := new(big.Int).SetString(text, base)
	if !ok {
		return nil, fmt.Errorf("invalid literal for int() with base %d: %s", base, value.StrRepr(digits))
	}
	return n, nil
}

func sexagesimal(neg bool, digits string) (value.Value, error) {
	n, sixty := new(big.Int), big.NewInt(60)
	for _, part := range strings.Split(digits, ":") {
		d, err := pythonInt(part, 10)
		if err != nil {
			return nil, err
		}
		n.Add(n.Mul(n, sixty), d)
	}
	if neg {
		n.Neg(n)
	}
	return value.NormInt(n), nil
}

func floatValue(s string) (value.Value, error) {
	s = strings.ToLower(strings.ReplaceAll(s, "_", ""))
	neg, digits, err := sign(s)
	if err != nil {
		return nil, err
	}
	f := 0.0
	switch {
	case digits == ".inf":
		f = math.Inf(1)
	case digits == ".nan":
		return math.NaN(), nil
	case strings.Contains(digits, ":"):
		f, err = floatSexagesimal(digits)
	default:
		f, err = pythonFloat(digits)
	}
	if neg {
		f = -f
	}
	return f, err
}

// floatSexagesimal adds the parts from the last to the first, as PyYAML does: the order shows in the
// last digits.
func floatSexagesimal(digits string) (float64, error) {
	parts := strings.Split(digits, ":")
	sum, base := 0.0, 1.0
	for i := len(parts) - 1; i >= 0; i-- {
		f, err := pythonFloat(parts[i])
		if err != nil {
			return 0, err
		}
		sum += float64(f * base)
		base *= 60
	}
	return sum, nil
}

func pythonFloat(s string) (float64, error) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("could not convert string to float: %s", value.StrRepr(s))
	}
	return f, nil
}

func dateValue(s string) (value.Value, error) {
	m := dateParts.FindStringSubmatch(s)
	if m == nil {
		return nil, errors.New("'NoneType' object has no attribute 'groupdict'")
	}
	n := func(i int) int {
		v, _ := strconv.Atoi(m[i])
		return v
	}
	d := &value.Date{HasTime: m[4] != ""}
	if err := checkDate(n(1), n(2), n(3)); err != nil {
		return nil, err
	}
	if !d.HasTime {
		d.T = time.Date(n(1), time.Month(n(2)), n(3), 0, 0, 0, 0, time.UTC)
		return d, nil
	}
	if err := checkTime(n(4), n(5), n(6)); err != nil {
		return nil, err
	}
	micro, _ := strconv.Atoi((m[7] + "000000")[:6])
	zone := time.UTC
	if m[8] != "" {
		d.HasZone = true
	}
	if m[9] != "" {
		secs := n(10)*3600 + n(11)*60
		if secs >= 24*3600 {
			return nil, errors.New("offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24)")
		}
		if m[9] == "-" {
			secs = -secs
		}
		zone = time.FixedZone("", secs)
	}
	d.T = time.Date(n(1), time.Month(n(2)), n(3), n(4), n(5), n(6), micro*1000, zone)
	return d, nil
}

func checkDate(year, month, day int) error {
	switch {
	case year < 1:
		return fmt.Errorf("year %d is out of range", year)
	case month < 1 || month > 12:
		return errors.New("month must be in 1..12")
	case day < 1 || time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() != day || day > 31:
		return errors.New("day is out of range for month")
	}
	return nil
}

func checkTime(hour, minute, second int) error {
	switch {
	case hour > 23:
		return errors.New("hour must be in 0..23")
	case minute > 59:
		return errors.New("minute must be in 0..59")
	case second > 59:
		return errors.New("second must be in 0..59")
	}
	return nil
}

// binaryValue decodes base64 as Python does: characters outside of the alphabet are skipped.
func binaryValue(s string) (value.Value, error) {
	kept := strings.Map(func(r rune) rune {
		if r == '+' || r == '/' || r == '=' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, s)
	b, err := base64.StdEncoding.DecodeString(kept)
	if err != nil {
		return nil, &problemError{"failed to decode base64 data: Incorrect padding"}
	}
	return b, nil
}

// problemError is a fault that PyYAML reports at the node, unlike Python's own exceptions.
type problemError struct{ problem string }

func (e *problemError) Error() string { return e.problem }

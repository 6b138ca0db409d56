package argspec

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/pyre"
)

// errConvert is a conversion that Ansible refuses; its text completes Ansible's sentence.
func errConvert(v value.Value, to string) error { return &refused{v, to} }

// refused is the error of a value that has no conversion.
type refused struct {
	v  value.Value
	to string
}

func (e *refused) Error() string { return class(e.v) + " cannot be converted to " + e.to }

// class is Python's str(type(v)).
func class(v value.Value) string { return "<class '" + value.TypeName(v) + "'>" }

// Convert turns v into type t as dialect classic does. Its errors are Ansible's sentences.
func Convert(t Type, v value.Value, env Environ) (value.Value, error) {
	return converter{env: env}.to(t, v)
}

// converter turns values into the types of an argument spec.
type converter struct {
	env    Environ
	tagged bool
	newer  bool // the ansible-core is one that ir.Newer means
	// playbook says that the values are a playbook's own, before they have become a module's arguments: dialect classic
	// has classes of its own for their texts.
	playbook bool
}

// class is how messages name the type of v.
func (c converter) class(v value.Value) string {
	if c.tagged {
		return value.TypeName(v)
	}
	if c.playbook {
		return PlaybookClass(v)
	}
	return class(v)
}

// PlaybookClass is Python's str(type(v)) of a value of a playbook in dialect classic.
func PlaybookClass(v value.Value) string {
	s, marked := v.(*value.Str)
	_, isText := value.Text(v)
	switch {
	case marked && s.Unsafe:
		return "<class 'ansible.utils.unsafe_proxy.AnsibleUnsafeText'>"
	case isText:
		return "<class 'ansible.parsing.yaml.objects.AnsibleUnicode'>"
	}
	return class(v)
}

// sentence is the message of a failed conversion.
func (c converter) sentence(err error) error {
	var r *refused
	if c.playbook && errors.As(err, &r) {
		return errors.New(c.class(r.v) + " cannot be converted to " + r.to)
	}
	return err
}

func (c converter) to(t Type, v value.Value) (value.Value, error) {
	switch t {
	case Str, "":
		return c.text(v)
	case Int:
		if c.newer {
			return toWholeInt(v)
		}
		return toInt(v)
	case Bool:
		b, err := ToBool(v)
		if err != nil && c.tagged {
			err = errors.New(strings.Replace(err.Error(), "boolean.  Valid", "boolean. Valid", 1))
		}
		return b, err
	case List:
		return toList(v)
	case Map:
		return c.toMap(v)
	case Path:
		s, err := c.text(v)
		if err != nil {
			return nil, err
		}
		return c.env.ExpandPath(s), nil
	case Float:
		return toFloat(v)
	case Bytes:
		return toBytes(v, false)
	case Bits:
		return toBytes(v, true)
	case JSON, JSONArg:
		return toJSONArg(v)
	}
	return v, nil
}

// text is ToStr, but that dialect tagged takes None for no text.
func (c converter) text(v value.Value) (string, error) {
	if c.tagged && v == nil {
		return "", nil
	}
	return ToStr(v)
}

// ToStr is the conversion to "str": Python's str of what is not text.
func ToStr(v value.Value) (string, error) {
	if s, ok := value.Text(v); ok {
		return s, nil
	}
	return value.ToStr(v)
}

// ParseInt reads text as Python's int(s, 10): blanks around it, a sign, single underscores between
// digits.
func ParseInt(s string) (value.Value, bool) {
	t := strings.TrimSpace(s)
	digits := strings.TrimLeft(t, "+-")
	if len(t)-len(digits) > 1 || digits == "" || strings.HasPrefix(digits, "_") ||
		strings.HasSuffix(digits, "_") || strings.Contains(digits, "__") {
		return nil, false
	}
	t = strings.ReplaceAll(t, "_", "")
	if n, err := strconv.ParseInt(t, 10, 64); err == nil {
		return n, true
	}
	b, ok := new(big.Int).SetString(t, 10)
	if !ok {
		return nil, false
	}
	return value.NormInt(b), true
}

func toInt(v value.Value) (value.Value, error) {
	switch x := v.(type) {
	case int64, *big.Int, bool:
		return v, nil
	case string, *value.Str:
		s, _ := value.Text(x)
		if n, ok := ParseInt(s); ok {
			return n, nil
		}
	}
	return nil, errConvert(v, "an int")
}

// toWholeInt is the conversion to "int" of a newer ansible-core, which takes any number that is whole.
func toWholeInt(v value.Value) (value.Value, error) {
	if n, err := toInt(v); err == nil {
		return n, nil
	}
	s, isText := value.Text(v)
	if f, isFloat := v.(float64); isFloat {
		s, isText = value.FloatRepr(f), true
	}
	if digits, ok := wholeDigits(s); isText && ok {
		if n, ok := ParseInt(digits); ok {
			return n, nil
		}
	}
	shown, err := value.Repr(v)
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf(`"%s" cannot be converted to an int`, shown)
}

// maxExponent bounds the exponent of a number that is read exactly.
const maxExponent = 1000

// wholeDigits writes a number that Python's decimal.Decimal reads as the digits of an integer. ok is false when it is none.
func wholeDigits(s string) (digits string, ok bool) {
	m := decimal.FindStringSubmatch(strings.ReplaceAll(strings.TrimSpace(s), "_", ""))
	if m == nil || m[2]+m[3] == "" {
		return "", false
	}
	exponent, err := strconv.Atoi("0" + strings.TrimLeft(m[4], "+-"))
	if m[4] != "" && err != nil || exponent > maxExponent {
		return "", false
	}
	if strings.HasPrefix(m[4], "-") {
		exponent = -exponent
	}
	all, point := m[2]+m[3], len(m[2])+exponent
	if point < 0 {
		all, point = strings.Repeat("0", -point)+all, 0
	}
	all += strings.Repeat("0", max(0, point-len(all)))
	if strings.Trim(all[point:], "0") != "" {
		return "", false
	}
	return m[1] + "0" + all[:point], true
}

var decimal = pyre.MustCompile(`^([-+]?)([0-9]*)\.?([0-9]*)(?:[eE]([-+]?[0-9]+))?$`)

func toFloat(v value.Value) (value.Value, error) {
	switch x := v.(type) {
	case float64:
		return x, nil
	case int64:
		return float64(x), nil
	case bool:
		if x {
			return 1.0, nil
		}
		return 0.0, nil
	case *big.Int:
		f, _ := new(big.Float).SetInt(x).Float64()
		return f, nil
	case string, *value.Str:
		s, _ := value.Text(x)
		if f, ok := parseFloat(s); ok {
			return f, nil
		}
	}
	return nil, errConvert(v, "a float")
}

// parseFloat reads text as Python's float(s): no hexadecimal, underscores only between digits.
func parseFloat(s string) (float64, bool) {
	t := strings.TrimSpace(s)
	if strings.ContainsAny(t, "xXpP") {
		return 0, false
	}
	if strings.Contains(t, "_") {
		if !betweenDigits.MatchString(t) {
			return 0, false
		}
		t = strings.ReplaceAll(t, "_", "")
	}
	f, err := strconv.ParseFloat(t, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return f, true
}

var betweenDigits = pyre.MustCompile(`^[^_]*(?:[0-9]_[0-9][^_]*)+$`)

// truth are the texts and numbers Ansible takes for a bool.
var truth = map[string]bool{
	"y": true, "yes": true, "on": true, "1": true, "true": true, "t": true, "1.0": true,
	"n": false, "no": false, "off": false, "0": false, "false": false, "f": false, "0.0": false,
}

// ToBool is the conversion to "bool".
func ToBool(v value.Value) (value.Value, error) {
	key := ""
	switch x := v.(type) {
	case bool:
		return x, nil
	case string, *value.Str:
		key, _ = value.Text(x)
		key = strings.ToLower(strings.TrimSpace(key))
	case int64:
		key = strconv.FormatInt(x, 10)
	case float64:
		key = value.FloatRepr(x)
	default:
		return nil, errConvert(v, "a bool")
	}
	if b, ok := truth[key]; ok {
		if _, isText := value.Text(v); !isText || !strings.Contains(key, ".") {
			return b, nil
		}
	}
	s, _ := value.ToStr(v)
	return nil, fmt.Errorf("The value '%s' is not a valid boolean.  Valid booleans include: %s", s, validBooleans)
}

// validBooleans is one order of the set that Python prints in any.
const validBooleans = "0, 1, 'no', 'false', 'yes', 'y', 'off', 't', 'f', 'on', 'true', '0', 'n', '1'"

func toList(v value.Value) (value.Value, error) {
	switch x := v.(type) {
	case *value.List:
		return x, nil
	case value.Tuple:
		return value.NewList(x...), nil
	case string, *value.Str:
		s, _ := value.Text(x)
		l := value.NewList()
		for _, e := range strings.Split(s, ",") {
			l.V = append(l.V, e)
		}
		return l, nil
	case int64, *big.Int, float64, bool:
		s, err := value.ToStr(x)
		return value.NewList(s), err
	}
	return nil, errConvert(v, "a list")
}

func (c converter) toMap(v value.Value) (value.Value, error) {
	if d, ok := v.(*value.Dict); ok {
		return d, nil
	}
	s, ok := value.Text(v)
	switch {
	case !ok:
		return nil, errConvert(v, "a dict")
	case strings.HasPrefix(s, "{"):
		if j, err := value.ParseJSON([]byte(s)); err == nil {
			return j, nil
		}
		if !c.tagged && callOrImport.MatchString(s) {
			return s, nil
		}
		l, err := value.Literal(s, false)
		if _, isDict := l.(*value.Dict); err != nil || c.tagged && !isDict {
			return nil, errors.New("unable to evaluate string as dictionary")
		}
		return l, nil
	case strings.Contains(s, "="):
		d, err := pairs(s)
		if err != nil && c.tagged {
			err = errors.New(`unable to evaluate string in the "key=value" format as dictionary`)
		}
		return d, err
	}
	return nil, errors.New("dictionary requested, could not parse JSON or key=value")
}

// callOrImport is text that Ansible does not try to evaluate.
var callOrImport = pyre.MustCompile(`\w\.\w+\(|import \w+`)

// pairs reads "k1=v1, k2='v 2'".
func pairs(s string) (value.Value, error) {
	d := value.NewDict()
	for i, f := range splitPairs(strings.TrimSpace(s)) {
		k, v, ok := strings.Cut(f, "=")
		if !ok {
			return nil, fmt.Errorf("dictionary update sequence element #%d has length 1; 2 is required", i)
		}
		d.SetStr(k, v)
	}
	return d, nil
}

func splitPairs(s string) []string {
	var fields []string
	var cur strings.Builder
	var quote rune
	escaped := false
	end := func() {
		if cur.Len() > 0 {
			fields = append(fields, cur.String())
		}
		cur.Reset()
	}
	for _, c := range s {
		switch {
		case escaped:
			cur.WriteRune(c)
			escaped = false
		case c == '\\':
			escaped = true
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote != 0 && quote == c:
			quote = 0
		case quote == 0 && (c == ',' || c == ' '):
			end()
		default:
			cur.WriteRune(c)
		}
	}
	end()
	return fields
}

var human = pyre.MustCompile(`^\s*(\d*\.?\d*)\s*([A-Za-z]+)?`)

var sizes = map[byte]float64{'Y': 1 << 80, 'Z': 1 << 70, 'E': 1 << 60, 'P': 1 << 50, 'T': 1 << 40,
	'G': 1 << 30, 'M': 1 << 20, 'K': 1 << 10, 'B': 1}

// toBytes reads "10M" as bytes, or "10Mb" as bits.
func toBytes(v value.Value, bits bool) (value.Value, error) {
	unitLetter, unitName, bad := byte('B'), "byte", errConvert(v, "a Byte value")
	if bits {
		unitLetter, unitName, bad = 'b', "bit", errConvert(v, "a Bit value")
	}
	s, err := value.ToStr(v)
	if err != nil {
		return nil, err
	}
	m := human.FindStringSubmatch(s)
	num, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return nil, bad
	}
	unit := m[2]
	if unit == "" {
		return toWhole(num), nil
	}
	factor, ok := sizes[strings.ToUpper(unit)[0]]
	if !ok {
		return nil, bad
	}
	if len(unit) > 1 && !strings.Contains(strings.ToLower(unit), unitName) && unit[1] != unitLetter {
		return nil, bad
	}
	return toWhole(num * factor), nil
}

// toWhole rounds half to even, as Python's round.
func toWhole(f float64) value.Value {
	b, _ := big.NewFloat(math.RoundToEven(f)).Int(nil)
	return value.NormInt(b)
}

func toJSONArg(v value.Value) (value.Value, error) {
	if s, ok := value.Text(v); ok {
		return strings.TrimSpace(s), nil
	}
	switch v.(type) {
	case *value.List, value.Tuple, *value.Dict:
		return value.JSON(v, value.JSONOptions{ASCII: true})
	}
	return nil, errConvert(v, "a json string")
}

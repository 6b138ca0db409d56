package keyword

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"pbc/ir/failure"
	"pbc/ir/value"
)

// TypeError is returned for a value that a keyword cannot take. Its text is Ansible's message.
type TypeError struct {
	Keyword *Keyword
	Value   value.Value
	Cause   string
	whole   string
	item    value.Value // of a list, that is not of the type of its items
}

// Tagged is the error as dialect tagged tells it of a value that is written at a place, of an item at its own place.
func (e *TypeError) Tagged(at *value.Origin) *failure.Failure {
	if e.item != nil {
		if own := value.OriginOf(e.item); own != nil {
			at = own
		}
		return &failure.Failure{Msg: fmt.Sprintf("Keyword '%s' items must be of type 'str', not '%s'.", e.Keyword.Name, value.TypeName(e.item)), At: at}
	}
	shown, err := value.Repr(e.Value)
	if err != nil {
		shown = err.Error()
	}
	return &failure.Failure{Msg: "The value " + shown + " could not be converted to '" + string(e.Keyword.Type) + "'.", At: at, Handling: true}
}

func (e *TypeError) Error() string {
	if e.whole != "" {
		return e.whole
	}
	return fmt.Sprintf("the field '%s' has an invalid value (%s), and could not be converted to an %s.The error was: %s",
		e.Keyword.Name, show(e.Value), e.Keyword.Type, e.Cause)
}

// show is Python's str of a value, which may be text with marks.
func show(v value.Value) string {
	s, err := value.ToStr(v)
	if err != nil {
		return err.Error()
	}
	return s
}

// Convert turns a rendered value into the keyword's type, or fails with a TypeError. None stays None: it is for
// the caller to take the default. Values of type Any, Text and Class are returned as they are.
func (k *Keyword) Convert(v value.Value) (value.Value, error) {
	if v == nil {
		return nil, nil
	}
	out, cause := v, ""
	switch k.Type {
	case String:
		out = show(v)
	case Int:
		out, cause = toInt(v)
	case Float:
		out, cause = toFloat(v)
	case Percent:
		if s, ok := value.Text(v); ok {
			out, cause = toFloat(strings.ReplaceAll(s, "%", ""))
		} else {
			out, cause = toFloat(v)
		}
	case Bool:
		out, cause = toBool(v)
	case List:
		return k.toList(v)
	case Dict:
		if _, ok := v.(*value.Dict); !ok {
			cause = show(v) + " is not a dictionary"
		}
	}
	if cause != "" {
		return nil, &TypeError{Keyword: k, Value: v, Cause: cause}
	}
	return out, nil
}

func (k *Keyword) toList(v value.Value) (value.Value, error) {
	l, ok := v.(*value.List)
	if !ok {
		l = value.NewList(v)
	}
	if !k.Strings && !k.TextOrInt {
		return l, nil
	}
	for _, item := range l.V {
		s, text := value.Text(item)
		switch {
		case text && k.Required && strings.TrimSpace(s) == "":
			return nil, &TypeError{Keyword: k, Value: v, whole: "the field '" + k.Name + "' is required, and cannot have empty values"}
		case text || k.TextOrInt && isInt(item):
		default:
			return nil, &TypeError{Keyword: k, Value: v, whole: fmt.Sprintf(
				"the field '%s' should be a list of %s, but the item '%s' is a %s", k.Name, k.listOf(), show(item), ClassName(item)), item: item}
		}
	}
	return l, nil
}

// listOf is how Python shows the type of the items.
func (k *Keyword) listOf() string {
	if k.TextOrInt {
		return "((<class 'str'>,), <class 'int'>)"
	}
	return "(<class 'str'>,)"
}

func isInt(v value.Value) bool {
	switch v.(type) {
	case int64, *big.Int, bool:
		return true
	}
	return false
}

// validBooleans are the values Ansible names in its message. Python prints them in an order of its own each time.
const validBooleans = "0, 1, 'y', 'yes', 'on', '1', 'true', 't', 'n', 'no', 'off', '0', 'false', 'f'"

// Truth reads a boolean as Ansible's strict conversion does, and says whether v is one.
func Truth(v value.Value) (b, ok bool) {
	switch x := v.(type) {
	case bool:
		return x, true
	case int64:
		return x == 1, x == 0 || x == 1
	case float64:
		return x == 1, x == 0 || x == 1
	}
	s, _ := value.Text(v)
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "y", "yes", "on", "1", "true", "t":
		return true, true
	case "n", "no", "off", "0", "false", "f":
		return false, true
	}
	return false, false
}

// toBool is Ansible's strict conversion; cause is the text of the exception.
func toBool(v value.Value) (out value.Value, cause string) {
	if _, err := value.HashKey(v); err != nil {
		return nil, err.Error()
	}
	b, ok := Truth(v)
	if !ok {
		return nil, "The value '" + show(v) + "' is not a valid boolean.  Valid booleans include: " + validBooleans
	}
	return b, ""
}

// toInt is Python's int(v); cause is the text of the exception.
func toInt(v value.Value) (out value.Value, cause string) {
	switch x := v.(type) {
	case int64, *big.Int:
		return x, ""
	case bool:
		if x {
			return int64(1), ""
		}
		return int64(0), ""
	case float64:
		f := new(big.Float).SetFloat64(x)
		n, _ := f.Int(nil)
		return value.NormInt(n), ""
	}
	s, ok := value.Text(v)
	if !ok {
		return nil, "int() argument must be a string, a bytes-like object or a real number, not '" + value.TypeName(v) + "'"
	}
	n, ok := parseInt(strings.TrimSpace(s))
	if !ok {
		return nil, "invalid literal for int() with base 10: " + value.StrRepr(s)
	}
	return n, ""
}

// parseInt reads Python's decimal integers: a sign, digits, single underscores between digits.
func parseInt(s string) (value.Value, bool) {
	if strings.HasPrefix(s, "_") || strings.HasSuffix(s, "_") || strings.Contains(s, "__") {
		return nil, false
	}
	n, ok := new(big.Int).SetString(strings.ReplaceAll(s, "_", ""), 10)
	if !ok {
		return nil, false
	}
	return value.NormInt(n), true
}

// toFloat is Python's float(v); cause is the text of the exception.
func toFloat(v value.Value) (out value.Value, cause string) {
	switch x := v.(type) {
	case float64:
		return x, ""
	case int64:
		return float64(x), ""
	case bool:
		if x {
			return 1.0, ""
		}
		return 0.0, ""
	}
	s, ok := value.Text(v)
	if !ok {
		return nil, "float() argument must be a string or a real number, not '" + value.TypeName(v) + "'"
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil {
		return nil, "could not convert string to float: " + value.StrRepr(s)
	}
	return f, ""
}

// ClassName is how Python shows the type of a rendered value. (Values as read from YAML are of classes of Ansible's own.)
func ClassName(v value.Value) string { return "<class '" + value.TypeName(v) + "'>" }

package machine

import (
	"math/big"
	"strconv"
	"strings"

	"pbc/ir/event"
	"pbc/ir/value"

	"pbc/ir"
)

func contains(s, sub string) bool { return strings.Contains(s, sub) }

func oneOf(s string, list []string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// isIdentifier says whether s may name a variable: Python's rule for ASCII names, without its
// keywords.
func isIdentifier(s string) bool {
	for i, r := range s {
		switch {
		case r == '_', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
		case i > 0 && r >= '0' && r <= '9':
		default:
			return false
		}
	}
	return s != "" && !oneOf(s, pythonKeywords)
}

var pythonKeywords = strings.Fields("False None True and as assert async await break class continue def del elif else except finally for from global " +
	"if import in is lambda nonlocal not or pass raise return try while with yield")

// toInt is Python's int(v) for the types a keyword may have.
func toInt(v value.Value) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case bool:
		if n {
			return 1, true
		}
		return 0, true
	case float64:
		return int64(n), true
	case *big.Int:
		return 0, false
	}
	s, ok := value.Text(v)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	return n, err == nil
}

// toFloat is Python's float(v).
func toFloat(v value.Value) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	if s, ok := value.Text(v); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		return f, err == nil
	}
	n, ok := toInt(v)
	return float64(n), ok
}

func need(what event.Ask, x *taskRun, args *value.Dict) *event.Need {
	return &event.Need{Ask: what, Task: x.moduleOf, Addr: x.addr, Args: ir.Val{V: args}}
}

// written is a value with its templates as their text: a copy.
func written(v value.Value) value.Value {
	switch x := v.(type) {
	case *value.Tmpl:
		return x.Src
	case *value.List:
		out := &value.List{V: make([]value.Value, len(x.V))}
		for i, e := range x.V {
			out.V[i] = written(e)
		}
		return out
	case *value.Dict:
		out := value.NewDict()
		for i, k := range x.K {
			_ = out.Set(k, written(x.V[i]))
		}
		return out
	}
	return v
}

package eval

import (
	"strings"

	"pbc/ir/value"
)

// Boolean reads a value as Ansible's settings and keywords do: a boolean, 0 or 1, or one of the words
// yes, on, true, y, t, 1 and their opposites in any case. Ok is false for everything else.
//
// Observed: ansible.module_utils.parsing.convert_bool.
func Boolean(v value.Value) (b, ok bool) {
	switch x := v.(type) {
	case bool:
		return x, true
	case int64:
		return x == 1, x == 0 || x == 1
	case float64:
		return x == 1, x == 0 || x == 1
	}
	s, isText := value.Text(v)
	if !isText {
		return false, false
	}
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "y", "yes", "on", "1", "true", "t", "1.0":
		return true, true
	case "n", "no", "off", "0", "false", "f", "0.0":
		return false, true
	}
	return false, false
}

package eval

import (
	"pbc/ir/keyword"
	"pbc/ir/value"
)

// Boolean reads a value as Ansible's strict conversion does, which options and keywords share: a boolean, 0 or 1, or one of the
// words yes, on, true, y, t, 1 and their opposites in any case. Ok is false for everything else.
func Boolean(v value.Value) (b, ok bool) { return keyword.Truth(v) }

package eval

import (
	"pbc/ir/value"
)

// The kinds of value that this package names on every line.
type (
	val   = value.Value
	list  = value.List
	tuple = value.Tuple
	dict  = value.Dict
	undef = value.Undef
)

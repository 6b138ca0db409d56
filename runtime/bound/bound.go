package bound

import (
	"pbc/runtime/exception"
)

// Width bounds the widths and precisions that formatting honours.
const Width = 1 << 20

// Bounds on what one operation makes, so that no template takes the process down.
const (
	Elems = 1 << 23 // elements of a list
	Text  = 1 << 27 // bytes of a text
)

// TooLarge is the error of an operation whose result would pass its bound: a MemoryError.
func TooLarge() error { return exception.Raise("MemoryError", "the result is too large") }

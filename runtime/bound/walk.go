package bound

import "pbc/runtime/exception"

// Bounds of a recursion over a value. A value may hold itself, directly or not, and one that holds
// others twice at every level has more paths than anybody can follow.
const (
	Depth  = 1000    // how deep, as Python's recursion limit
	Visits = 1 << 24 // how many values in all
)

// Walk bounds one recursion over a value. The zero Walk is ready.
type Walk struct{ depth, visits int }

// In goes down to one more value. The error is Python's RecursionError, or a MemoryError.
func (w *Walk) In() error {
	w.depth++
	w.visits++
	switch {
	case w.depth > Depth:
		return exception.Raise("RecursionError", "maximum recursion depth exceeded")
	case w.visits > Visits:
		return TooLarge()
	}
	return nil
}

// Out comes back from a value.
func (w *Walk) Out() { w.depth-- }

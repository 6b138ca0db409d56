//go:build !linux && !freebsd

package fact

// mountSize is not known here: no facts tell it.
func mountSize(string) (s fsSize, ok bool) { return s, false }

package failure

import (
	"fmt"
	"runtime"
)

// Crash says what a recovered panic was without the values that it was about, which may be secrets: in full only what the Go
// runtime itself said, of anything else the type.
func Crash(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a panic of type %T", p)
}

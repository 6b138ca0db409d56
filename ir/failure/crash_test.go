package failure

import (
	"errors"
	"strings"
	"testing"
)

func TestCrash(t *testing.T) {
	secret := []string{"CANARY"}
	for _, c := range []struct {
		name  string
		cause func()
		want  string
	}{
		{"text", func() { panic("CANARY") }, "a panic of type string"},
		{"error", func() { panic(errors.New("CANARY")) }, "a panic of type *errors.errorString"},
		{"index", func() { _ = secret[len(secret)+1] }, "runtime error: index out of range [2] with length 1"},
		{"map key", func() { _ = map[any]int{any(secret): 1} }, "runtime error: hash of unhashable type []string"},
		{"type", func() { _ = any(secret).(string) }, "interface conversion: interface {} is []string, not string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				got := Crash(recover())
				if got != c.want || strings.Contains(got, "CANARY") {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}()
			c.cause()
		})
	}
}

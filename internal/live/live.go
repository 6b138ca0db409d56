// Package live gives tests the real Ansible to compare with, and one rule for where there is none.
package live

import (
	"fmt"
	"os"
	"strings"

	"pbc/compiler/installed"
)

// T is the part of testing.TB that is used.
type T interface {
	Helper()
	Name() string
	Fatalf(string, ...any)
	SkipNow()
}

// Ansible gives the ansible-core on PATH. Where there is none the test ends as Missing has it.
func Ansible(t T) *installed.Core {
	t.Helper()
	if core := installed.OnPath(os.Getenv("PATH"), ""); core != nil {
		return core
	}
	Missing(t, "no ansible-core is installed")
	return nil
}

// Missing ends a test that lacks what is named: in CI (the environment has CI) it fails, elsewhere it is skipped, which standard
// error is told in capitals.
func Missing(t T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s: .ci/prepare installs it, and in CI it may not be missing", what)
	}
	fmt.Fprintf(os.Stderr, "%s: %s IS SKIPPED\n", strings.ToUpper(what), t.Name())
	t.SkipNow()
}

// Package recorded reads what tests compare with: the cases that a package's testdata/record.py has written.
package recorded

import (
	"encoding/json"
	"os"
)

// T is the part of testing.TB that is used.
type T interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// Cases reads testdata/cases.json of the package under test. Fewer than atLeast cases fail the test.
func Cases[Case any](t T, atLeast int) []Case {
	t.Helper()
	data, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []Case
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < atLeast {
		t.Fatalf("got %d cases, want at least %d", len(cases), atLeast)
	}
	return cases
}

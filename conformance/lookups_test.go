package conformance

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pbc/runtime/eval"
	"pbc/runtime/lookup"
)

// TestLookupsHaveScenarios fails for a lookup plugin that no scenario uses.
func TestLookupsHaveScenarios(t *testing.T) {
	var all strings.Builder
	err := filepath.WalkDir("scenarios", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := all.String()
	var names []string
	for _, l := range eval.Lookups() {
		names = append(names, l.Name)
	}
	for _, l := range lookup.Names() {
		names = append(names, l[0])
	}
	for _, name := range names {
		used := false
		for _, call := range []string{"lookup('" + name + "'", "query('" + name + "'", "lookup('ansible.builtin." + name + "'", "{name: " + name + ","} {
			used = used || strings.Contains(text, call)
		}
		if !used {
			t.Errorf("no scenario uses the lookup %s", name)
		}
	}
}

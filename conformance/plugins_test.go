package conformance_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pbc/runtime/eval"
	"pbc/runtime/plugin"
)

// Where a template names a filter or a test: behind a bar, behind "is", or as text, for map and select.
var (
	filterUse = regexp.MustCompile(`\|\s*([A-Za-z_][\w.]*)`)
	testUse   = regexp.MustCompile(`\bis\s+(?:not\s+)?([A-Za-z_][\w.]*)`)
	quotedUse = regexp.MustCompile(`['"]([\w.]+|[=<>!]{1,2})['"]`)
)

// TestEveryPluginHasAScenario holds the scenarios to the evaluator's tables: each filter and test, under each of its names, is
// used by some scenario.
func TestEveryPluginHasAScenario(t *testing.T) {
	for _, kind := range []struct {
		name, folder string
		rows         []*plugin.Row
		use          *regexp.Regexp
	}{
		{"filter", "filters", eval.Filters(), filterUse},
		{"test", "tests", eval.Tests(), testUse},
	} {
		t.Run(kind.name, func(t *testing.T) {
			used := uses(t, filepath.Join("scenarios", kind.folder), kind.use)
			for _, row := range kind.rows {
				for _, name := range append([]string{row.Name}, row.Aliases...) {
					if !used[name] && !used["ansible.builtin."+name] && !used["ansible.legacy."+name] {
						t.Errorf("no scenario of %s uses the %s %s", kind.folder, kind.name, name)
					}
				}
			}
		})
	}
}

// uses are the names that the scenarios of a folder use.
func uses(t *testing.T, folder string, use *regexp.Regexp) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios in %s: %v", folder, err)
	}
	used := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, re := range []*regexp.Regexp{use, quotedUse} {
			for _, m := range re.FindAllStringSubmatch(strings.ReplaceAll(string(text), "''", "'"), -1) {
				used[m[1]] = true
			}
		}
	}
	return used
}

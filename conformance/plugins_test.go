package conformance_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pbc/runtime/eval"
	"pbc/runtime/lookup"
	"pbc/runtime/plugin"
)

// Where an expression names a filter or a test: behind a bar, behind "is", or as text, for map and select. A lookup is named in a
// call, or by an item that a call takes its name from.
var (
	filterUse = regexp.MustCompile(`\|\s*([A-Za-z_][\w.]*)`)
	testUse   = regexp.MustCompile(`\bis\s+(?:not\s+)?([A-Za-z_][\w.]*)`)
	quotedUse = regexp.MustCompile(`['"]([\w.]+|[=<>!]{1,2})['"]`)
	lookupUse = regexp.MustCompile(`(?:(?:lookup|query|q)\(\s*['"]|\{name: )([\w.]+)`)
)

// TestEveryPluginHasAScenario holds the scenarios to the evaluator's tables: each filter, test and lookup, under each of its
// names, is used by a scenario that agrees with the oracle of either dialect.
func TestEveryPluginHasAScenario(t *testing.T) {
	for _, list := range []string{"agreed.txt", "agreed.tagged.txt"} {
		for _, kind := range []struct {
			name, area string
			want       []string
			use        []*regexp.Regexp
		}{
			{"filter", "filters", names(eval.Filters()), []*regexp.Regexp{filterUse, quotedUse}},
			{"test", "tests", names(eval.Tests()), []*regexp.Regexp{testUse, quotedUse}},
			{"lookup", "", lookups(), []*regexp.Regexp{lookupUse}},
		} {
			t.Run(list+"/"+kind.name, func(t *testing.T) {
				used := uses(t, list, kind.area, kind.use)
				for _, name := range kind.want {
					if !used[name] && !used["ansible.builtin."+name] && !used["ansible.legacy."+name] {
						t.Errorf("no scenario of %s uses the %s %s", list, kind.name, name)
					}
				}
			})
		}
	}
}

// names are all names of the rows.
func names(rows []*plugin.Row) []string {
	var all []string
	for _, row := range rows {
		all = append(append(all, row.Name), row.Aliases...)
	}
	return all
}

// lookups are the names of the lookups that a host answers itself, and of those that the controller answers.
func lookups() []string {
	var all []string
	for _, l := range eval.Lookups() {
		all = append(all, l.Name)
	}
	for _, l := range lookup.Names() {
		all = append(all, l[0])
	}
	return all
}

// uses are the names that the listed scenarios of an area use, of any area when that is "".
func uses(t *testing.T, list, area string, use []*regexp.Regexp) map[string]bool {
	t.Helper()
	listed, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for name := range strings.FieldsSeq(string(listed)) {
		if !strings.HasPrefix(name, area+"/") && area != "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join("scenarios", name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, re := range use {
			for _, m := range re.FindAllStringSubmatch(strings.ReplaceAll(string(text), "''", "'"), -1) {
				used[m[1]] = true
			}
		}
	}
	if len(used) == 0 {
		t.Fatalf("no scenario of %s uses anything", list)
	}
	return used
}

package config

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestRealTables holds the table against the settings of three releases of ansible-core: testdata/settings-VERSION.tsv has their names,
// types, defaults where those are a word or a number, variables, places in ansible.cfg, and choices but for colours.
func TestRealTables(t *testing.T) {
	names := map[Type]string{String: "string", Bool: "bool", Int: "int", Float: "float", List: "list", Path: "path", PathSpec: "pathspec", PathList: "pathlist", Mapping: "dict"}
	for _, core := range []string{"2.14", "2.18", "2.19"} {
		b, err := os.ReadFile("testdata/settings-" + core + ".tsv")
		if err != nil {
			t.Fatal(err)
		}
		c := &Config{core: core}
		have := map[string]string{}
		for _, s := range Settings(core) {
			if !strings.Contains(s.Name, ".") {
				row := strings.Join([]string{s.Name, names[s.Type], plain(s), c.living(s.Env), c.living(s.Ini), s.Choices}, "\t")
				have[s.Name] = strings.TrimRight(row, "\t")
			}
		}
		for _, want := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
			name, _, _ := strings.Cut(want, "\t")
			if got := have[name]; got != want {
				t.Errorf("%s: got %q, want %q", core, got, want)
			}
			delete(have, name)
		}
		for name := range have {
			t.Errorf("%s has no setting %s", core, name)
		}
	}
}

// living are the names that the ansible-core still has, "-" for none.
func (c *Config) living(names string) string {
	var out []string
	for _, name := range strings.Fields(names) {
		if c.knows(name) {
			out = append(out, name)
		}
	}
	if out == nil {
		return "-"
	}
	return strings.Join(out, " ")
}

// plain is a default that is a word or a number, "-" for others.
func plain(s Setting) string {
	text := fmt.Sprint(s.Default)
	switch list, _ := s.Default.([]string); {
	case s.Default == nil && s.Type == Bool:
		return "false"
	case s.Default == nil, s.Default == Unset, list != nil, s.Type == List, text == "", strings.ContainsAny(text, "/{[~"):
		return "-"
	}
	return text
}

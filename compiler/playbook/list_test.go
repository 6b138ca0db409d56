package playbook

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// listOptions reads a command line of the recorded ones.
func listOptions(line string) ListOptions {
	o := ListOptions{Match: func(patterns []string) []string {
		if strings.Contains(strings.Join(patterns, ","), "localhost") {
			return []string{"localhost"}
		}
		return nil
	}}
	f := strings.Fields(line)
	for i, word := range f {
		switch word {
		case "--list-tasks":
			o.Tasks = true
		case "--list-tags":
			o.Tags = true
		case "--list-hosts":
			o.Hosts = true
		case "--tags":
			o.Only = strings.Split(f[i+1], ",")
		case "--skip-tags":
			o.Skip = strings.Split(f[i+1], ",")
		}
	}
	return o
}

func TestListingsAreAnsibles(t *testing.T) {
	files, err := filepath.Glob("testdata/lists/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		order, cases, want := caseFiles(t, file)
		for _, name := range order {
			options := cases[name]["/case/options"]
			for _, line := range strings.Split(strings.TrimSpace(options), "\n") {
				t.Run(name+" "+line, func(t *testing.T) {
					_, ansible, found := strings.Cut(want[name], "$ "+line+"\n")
					if !found {
						t.Fatal("not recorded")
					}
					ansible, _, _ = strings.Cut(ansible, "$ --")
					l := memoryLoader(cases[name])
					pb, diags := l.Load("site.yml")
					if diags.Stops() {
						t.Fatal(diags.Items[0])
					}
					var got string
					texts, err := l.List(pb, listOptions(line))
					if err != nil {
						t.Fatal(err)
					}
					for _, text := range texts {
						got += strings.TrimSuffix(text, "\n") + "\n"
					}
					if d := cmp.Diff(ansible, got); d != "" {
						t.Errorf("-ansible +pbc\n%s", d)
					}
				})
			}
		}
	}
}

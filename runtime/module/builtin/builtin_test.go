package builtin

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pbc/ir/value"
	"pbc/runtime/module"
)

// TestEveryModuleHasScenarios fails for a module that no differential test calls, and that has no scenarios
// of its own in the conformance suite.
func TestEveryModuleHasScenarios(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	step := regexp.MustCompile("[`+ ]((?:ansible\\.[a-z]+\\.)?[a-z_]+) \\{")
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		data, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range step.FindAllStringSubmatch(string(data), -1) {
			called[m[1]] = true
		}
	}
	// systemd_service is another name of systemd; the modules that gather facts have their tests there.
	elsewhere := map[string]bool{"systemd_service": true, "setup": true, "service_facts": true, "package_facts": true}
	for _, m := range All() {
		if own, _ := filepath.Glob("../../../conformance/scenarios/" + m.Short + "/*.txtar"); len(own) > 0 {
			continue
		}
		if !called[m.Name] && !called[m.Short] && !elsewhere[m.Short] {
			t.Errorf("no scenario calls %s", m.Name)
		}
	}
}

func TestLookup(t *testing.T) {
	for _, c := range []struct{ name, ask, want string }{
		{"short", "copy", "ansible.builtin.copy"},
		{"full", "ansible.builtin.copy", "ansible.builtin.copy"},
		{"legacy", "ansible.legacy.copy", "ansible.builtin.copy"},
		{"of a collection", "ansible.posix.sysctl", "ansible.posix.sysctl"},
		{"collection by short name", "sysctl", "ansible.posix.sysctl"},
		{"unknown", "no_such_module", ""},
		{"other collection", "community.general.copy", ""},
		{"legacy of a collection's", "ansible.legacy.nonsense", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if m, ok := Lookup(c.ask); ok {
				got = m.Name
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestNothingGiven runs every module without arguments: each must answer, none may panic.
func TestNothingGiven(t *testing.T) {
	for _, m := range All() {
		t.Run(m.Short, func(t *testing.T) {
			ctx, stop := context.WithCancel(context.Background())
			stop()
			for _, args := range []*value.Dict{nil, {}, value.DictOf("nonsense", int64(1))} {
				r := m.Run(ctx, &module.Call{Name: m.Name, Args: args, RemoteTmp: t.TempDir(), Check: true})
				if r == nil {
					t.Fatal("no result")
				}
			}
		})
	}
}

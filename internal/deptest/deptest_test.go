package deptest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/internal/deptest/srctest"
)

// pkg is what go list tells of a package.
type pkg struct {
	ImportPath    string
	Imports, Deps []string
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,Deps", "pbc/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func matches(pattern, path string) bool {
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == base || strings.HasPrefix(path, base+"/")
	}
	return pattern == path
}

func anyMatches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, path) })
}

// broken returns the dependencies of p that r bans.
func (r rule) broken(p pkg) []string {
	if !matches(r.from, p.ImportPath) {
		return nil
	}
	deps := p.Deps
	if r.direct {
		deps = p.Imports
	}
	var bad []string
	for _, d := range deps {
		for _, ban := range r.never {
			if matches(ban, d) && !anyMatches(r.except, d) && !slices.Contains(exempt[p.ImportPath], ban) {
				bad = append(bad, d)
			}
		}
	}
	return bad
}

func TestPolicy(t *testing.T) {
	srctest.Touch(t, "../..")
	all := list(t)
	if len(all) < 10 {
		t.Fatalf("go list knows %d packages only", len(all))
	}
	for _, r := range policy {
		for _, p := range all {
			for _, d := range r.broken(p) {
				t.Errorf("%s depends on %s: %s", p.ImportPath, d, r.why)
			}
		}
	}
}

func TestRulesBite(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    rule
		p    pkg
		want []string
	}{
		{"below", rule{from: "pbc/ir/...", never: []string{"pbc/..."}, except: []string{"pbc/ir/..."}},
			pkg{ImportPath: "pbc/ir/value", Deps: []string{"fmt", "pbc/ir", "pbc/agent"}}, []string{"pbc/agent"}},
		{"itself", rule{from: "pbc/x/...", never: []string{"net/http/..."}}, pkg{ImportPath: "pbc/x", Deps: []string{"net/http", "net/httptest"}}, []string{"net/http"}},
		{"another", rule{from: "pbc/x", never: []string{"net"}}, pkg{ImportPath: "pbc/x/y", Deps: []string{"net"}}, nil},
		{"direct only", rule{from: "pbc/x", never: []string{"net"}, direct: true}, pkg{ImportPath: "pbc/x", Deps: []string{"net"}}, nil},
	} {
		if d := cmp.Diff(tt.want, tt.r.broken(tt.p)); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
}

func TestEveryRuleHasAReason(t *testing.T) {
	for _, r := range policy {
		if r.why == "" || len(r.never) == 0 {
			t.Errorf("%+v", r)
		}
	}
}

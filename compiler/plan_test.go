package compiler_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"

	"pbc/compiler"
	"pbc/compiler/files"
	"pbc/compiler/playbook"
	"pbc/ir"
	"pbc/ir/value"
)

var equal = []cmp.Option{cmp.Comparer(func(a, b ir.Val) bool { return value.Same(a.V, b.V) }), cmpopts.EquateEmpty()}

func compile(dir, book string) *compiler.Unit {
	u, _ := compiler.Compile(compiler.Options{Files: []string{book}, Store: files.NewStore(), Managed: "Ansible managed",
		Playbook: playbook.Options{Cwd: dir, Home: dir}})
	return u
}

func plan(t *testing.T, u *compiler.Unit) []byte {
	t.Helper()
	p, err := u.Seal()
	if err != nil {
		t.Fatal(err)
	}
	b, err := ir.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// roundTrip compiles a playbook twice and compares the plans, and one of them with what is read from it.
func roundTrip(t *testing.T, dir, book string) bool {
	u := compile(dir, book)
	if u == nil {
		return false
	}
	p, err := u.Seal()
	if err != nil {
		t.Fatal(err)
	}
	b := plan(t, u)
	got, err := ir.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p, got, equal...); d != "" {
		t.Error(d)
	}
	if !bytes.Equal(b, plan(t, compile(dir, book))) {
		t.Error("two compiles give different plans")
	}
	if p.Locked {
		return true
	}
	opened, err := compiler.Open(got, compiler.Options{Store: files.NewPlanStore(got)})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(u.Program.Plays, opened.Program.Plays, append(equal, cmpopts.IgnoreFields(ir.File{}, "Vars"), cmpopts.IgnoreFields(ir.Play{}, "Fault", "FaultExit"))...); d != "" {
		t.Errorf("the plan opened is not what was compiled: %s", d)
	}
	return true
}

func TestDemo(t *testing.T) {
	dir, err := filepath.Abs("../testdata/demo")
	if err != nil {
		t.Fatal(err)
	}
	if !roundTrip(t, dir, filepath.Join(dir, "site.yml")) {
		t.Error("the demo does not compile")
	}
}

// TestScenarios makes a plan of every playbook of the conformance suite that compiles.
func TestScenarios(t *testing.T) {
	compiled := 0
	err := filepath.WalkDir("../conformance/scenarios", func(name string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".txtar" {
			return err
		}
		a, err := txtar.ParseFile(name)
		if err != nil {
			return err
		}
		t.Run(strings.TrimPrefix(name, "../conformance/scenarios/"), func(t *testing.T) {
			dir := t.TempDir()
			for _, book := range unpack(t, dir, a) {
				if roundTrip(t, dir, book) {
					compiled++
				}
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if compiled < 50 {
		t.Errorf("only %d playbooks compiled", compiled)
	}
}

// unpack writes the files of a scenario and returns those at the top that look like playbooks.
func unpack(t *testing.T, dir string, a *txtar.Archive) (books []string) {
	t.Helper()
	for _, f := range a.Files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) == ".yml" && bytes.Contains(f.Data, []byte("hosts:")) {
			books = append(books, name)
		}
	}
	return books
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/internal/deptest/srctest"
)

// The tests of this file hold the pages that are written by hand to what is there.

// read returns a file of the repository.
func read(t *testing.T, root, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func rootOf(t *testing.T) string {
	t.Helper()
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	srctest.Touch(t, root)
	return root
}

var written = []string{"README.md", "ARCHITECTURE.md", "RATIONALE.md", "CONTRIBUTING.md", "CHANGELOG.md", "conformance/README.md",
	"docs/usage.md", "docs/troubleshooting.md", "docs/conformance.md", "docs/diff.md"}

var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	root := rootOf(t)
	for _, name := range written {
		for _, m := range link.FindAllStringSubmatch(read(t, root, name), -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(name), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", name, m[1], err)
			}
		}
	}
}

// place matches what looks like a path of the repository in code quotes.
var place = regexp.MustCompile("`((?:ir|compiler|runtime|agent|transport|conformance|internal|cmd|testdata)/[a-z0-9_/.]*)`")

func TestPathsAreThere(t *testing.T) {
	root := rootOf(t)
	for _, name := range written {
		for _, m := range place.FindAllStringSubmatch(read(t, root, name), -1) {
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s names %s, which is not there", name, m[1])
			}
		}
	}
}

// packages returns the import paths of the repository, without the module's name.
func packages(t *testing.T, root string) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for line := range strings.Lines(string(out)) {
		list = append(list, strings.TrimPrefix(strings.TrimSpace(line), "pbc/"))
	}
	return list
}

func TestArchitectureNamesEveryPackage(t *testing.T) {
	root := rootOf(t)
	page := read(t, root, "ARCHITECTURE.md")
	for _, p := range packages(t, root) {
		named := strings.Contains(page, "`"+p+"`")
		for dir := p; !named && dir != "."; dir = filepath.Dir(dir) {
			named = strings.Contains(page, "`"+dir+"/…`")
		}
		if !named {
			t.Errorf("ARCHITECTURE.md does not name the package %s", p)
		}
	}
}

func TestRationaleNamesEveryDependency(t *testing.T) {
	root := rootOf(t)
	page := read(t, root, "RATIONALE.md")
	requires := regexp.MustCompile(`(?m)^(?:require )?\s*([a-z0-9.]+\.[a-z]+/\S+) v\S+( // indirect)?$`)
	found := requires.FindAllStringSubmatch(read(t, root, "go.mod"), -1)
	if len(found) < 5 {
		t.Fatalf("go.mod requires %d modules only", len(found))
	}
	for _, m := range found {
		name := strings.TrimPrefix(m[1], "github.com/")
		name = regexp.MustCompile(`/v\d+$`).ReplaceAllString(name, "")
		_, short, _ := strings.Cut(name, "spf13/")
		if m[2] == "" && !strings.Contains(page, name) && (short == "" || !strings.Contains(page, short)) {
			t.Errorf("RATIONALE.md does not say why there is %s", m[1])
		}
	}
}

// TestReadmeRun does what the README shows and expects what it shows.
func TestReadmeRun(t *testing.T) {
	root := rootOf(t)
	_, rest, ok := strings.Cut(read(t, root, "README.md"), "$ ../../pbc playbook -i inventory -e root=/tmp/site site.yml\n")
	shown, _, ended := strings.Cut(rest, "\n\nThe second run")
	if !ok || !ended {
		t.Fatal("the README shows no run")
	}
	var want []string
	for line := range strings.Lines(shown + "\n") {
		want = append(want, strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "    "))
	}
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "pbc"), "./cmd/pbc")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.CopyFS(filepath.Join(dir, "demo"), os.DirFS(filepath.Join(root, "testdata", "demo"))); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(filepath.Join(dir, "pbc"), "playbook", "-i", "inventory", "-e", "root="+filepath.Join(dir, "site"), "site.yml")
	run.Dir = filepath.Join(dir, "demo")
	run.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8"}
	out, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSuffix(strings.TrimSuffix(string(out), "\n"), "\n"), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the README's run (-README +is):\n%s", diff)
	}
}

// command matches the first word of how a subcommand of pbc is used.
var command = regexp.MustCompile(`(?:Use:\s+"|Prog:\s+"pbc )([a-z]+)`)

func TestEveryCommandIsTold(t *testing.T) {
	root := rootOf(t)
	pages := read(t, root, "docs/usage.md") + read(t, root, "docs/conformance.md")
	files, err := filepath.Glob(filepath.Join(root, "cmd", "pbc", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range files {
		rel, _ := filepath.Rel(root, f)
		for _, m := range command.FindAllStringSubmatch(read(t, root, rel), -1) {
			found[m[1]] = true
		}
	}
	delete(found, "pbc")
	if len(found) < 3 {
		t.Fatalf("cmd/pbc has %d commands only", len(found))
	}
	for c := range found {
		if !strings.Contains(pages, "pbc "+c) {
			t.Errorf("neither docs/usage.md nor docs/conformance.md tells of pbc %s", c)
		}
	}
}

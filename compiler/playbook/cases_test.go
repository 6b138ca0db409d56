package playbook

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"pbc/compiler/diag"
	"pbc/compiler/yaml"
	"pbc/ir/value"
)

// memory is a Source of files in memory, below /case.
type memory map[string]string

func (m memory) ReadFile(p string) ([]byte, error) {
	if text, ok := m[p]; ok {
		return []byte(text), nil
	}
	return nil, &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
}

func (m memory) Stat(p string) FileKind {
	if _, ok := m[p]; ok {
		return File
	}
	if p == "/" || len(m.List(p)) > 0 {
		return Dir
	}
	return Absent
}

func (m memory) List(dir string) []string {
	var out []string
	for p := range m {
		rest, ok := strings.CutPrefix(p, strings.TrimSuffix(dir, "/")+"/")
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, "/")
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func (m memory) Real(p string) string { return p }

var simpleTemplate = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// renderSimple renders {{ name }} from the scope, which is enough for the names of files.
func renderSimple(_ *yaml.Node, text string, s *Scope) (value.Value, error) {
	vars := s.Vars()
	var fault error
	out := simpleTemplate.ReplaceAllStringFunc(text, func(m string) string {
		name := simpleTemplate.FindStringSubmatch(m)[1]
		if v, ok := s.Magic().GetStr(name); ok {
			return v.(string)
		}
		n := vars.Get(name)
		if n == nil {
			told := (&value.Undef{Name: name}).Error()
			fault = (&value.Undef{Name: name, Hint: told + ". " + told}).Fail() // as the evaluator of dialect classic does
			return ""
		}
		return show(n)
	})
	return out, fault
}

func memoryLoader(m memory) *Loader {
	return NewLoader(Options{
		Source: m, Cwd: "/case", Home: "/case", Render: renderSimple,
		RolesPath: []string{"/case/extra-roles"}, CollectionPaths: []string{"/case/installed"},
	})
}

// outcome is what ansible-playbook --syntax-check would print and end with.
func outcome(m memory, diags diag.List) string {
	var warnings []string
	for _, d := range diags.Items {
		switch d.Kind {
		case diag.Warning:
			warnings = append(warnings, "[WARNING]: "+strings.ReplaceAll(d.Msg, "\n", " "))
		case diag.Deprecated:
			warnings = append(warnings, "[DEPRECATION WARNING]: "+d.Msg)
		case diag.Invalid, diag.Later: // --syntax-check also starts the plays
			exit := d.Exit
			if exit == 0 {
				exit = 4
			}
			text := strings.TrimRight(diag.Ansible(d, m.ReadFile), "\n")
			return fmt.Sprintf("%d\n%s\n", exit, strings.Join(append(warnings, text), "\n"))
		case diag.Unsupported:
			return "unsupported: " + d.Error()
		}
	}
	return "0\n" + strings.Join(warnings, "\n") + "\n"
}

// caseFiles reads the cases of a txtar file in order.
func caseFiles(t *testing.T, file string) (order []string, cases map[string]memory, want map[string]string) {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cases, want = map[string]memory{}, map[string]string{}
	for _, f := range ar.Files {
		name, rest, _ := strings.Cut(f.Name, "/")
		if cases[name] == nil {
			cases[name] = memory{}
			order = append(order, name)
		}
		if rest == "want" {
			want[name] = string(f.Data)
		} else {
			cases[name][path.Join("/case", rest)] = string(f.Data)
		}
	}
	return order, cases, want
}

// randomOrder matches the lists that Python prints in another order each time.
var randomOrder = regexp.MustCompile(`(only allowed in the following modules: |Valid booleans include: )[^\n]*`)

func TestAsAnsibleLoadsIt(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	count := 0
	for _, file := range files {
		order, cases, want := caseFiles(t, file)
		for _, name := range order {
			count++
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				l := memoryLoader(cases[name])
				_, diags := l.Load("site.yml")
				got := randomOrder.ReplaceAllString(outcome(cases[name], diags), "$1")
				ansible := randomOrder.ReplaceAllString(want[name], "$1")
				if d := cmp.Diff(ansible, got); d != "" {
					t.Errorf("-ansible +pbc\n%s\nansible:\n%s\npbc:\n%s", d, ansible, got)
				}
			})
		}
	}
	if count < 60 {
		t.Errorf("got %d cases, want at least 60", count)
	}
}

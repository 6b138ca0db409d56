package lookup

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pbc/ir/value"
	"pbc/runtime/eval"
)

// disk is a Host that only reads files.
type disk struct{}

func (disk) Stat(path string) (fs.FileInfo, error)      { return os.Stat(path) }
func (disk) ReadDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }
func (disk) ReadFile(path string) ([]byte, error)       { return os.ReadFile(path) }
func (disk) Template(Call, string, string, *value.Dict) (value.Value, error) {
	return nil, errors.New("no templates")
}
func (disk) MatchHosts([]string, func(string)) ([]string, error) { return []string{"a", "b"}, nil }
func (disk) Setting(name string) (value.Value, bool)             { return "v", name == "K" }

func TestRun(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"files/a.txt": " hello\n\n", "files/c.ini": "[DEFAULT]\nd=1\n[s]\nk = v\nK2: w\n  more\n", "files/x.csv": "a,b\nc,\"d,e\"\n", "role/files/b.txt": "b",
	} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("LOOKUP_TEST", "set")
	for _, c := range []struct {
		name, plugin string
		terms        []value.Value
		options      *value.Dict
		want         string
	}{
		{"file", "file", []value.Value{"a.txt"}, nil, "[' hello']"},
		{"file of a role", "ansible.builtin.file", []value.Value{"b.txt"}, nil, "['b']"},
		{"file stripped", "file", []value.Value{"a.txt"}, value.DictOf("lstrip", true, "rstrip", false), `['hello\n\n']`},
		{"env", "env", []value.Value{"LOOKUP_TEST", "LOOKUP_TEST_NOT"}, value.DictOf("default", "d"), "['set', 'd']"},
		{"ini", "ini", []value.Value{"k", "k2", "d"}, value.DictOf("section", "s", "file", "c.ini"), `['v', 'w\nmore', '1']`},
		{"ini inline", "ini", []value.Value{"k section=s file=c.ini"}, nil, "['v']"},
		{"ini by pattern", "ini", []value.Value{"k.*"}, value.DictOf("section", "s", "file", "c.ini", "re", true), `['v', 'w\nmore']`},
		{"csvfile", "csvfile", []value.Value{"c"}, value.DictOf("file", "x.csv", "delimiter", ","), "['d,e']"},
		{"csvfile missing key", "csvfile", []value.Value{"zz"}, value.DictOf("file", "x.csv", "delimiter", ",", "default", "none"), "['none']"},
		{"pipe", "pipe", []value.Value{"echo hi"}, nil, "['hi']"},
		{"lines", "lines", []value.Value{`printf 'a\nb\n'`}, nil, "['a', 'b']"},
		{"first_found skip", "first_found", []value.Value{value.DictOf("files", value.NewList("no"), "skip", true)}, nil, "[]"},
		{"password with a seed", "password", []value.Value{"/dev/null length=8 seed=x"}, nil, "['O9iX65Wv']"},
		{"hosts", "inventory_hostnames", []value.Value{"all"}, nil, "['a', 'b']"},
		{"config", "config", []value.Value{"K"}, nil, "['v']"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Run(context.Background(), Call{Name: c.plugin, Terms: c.terms, Options: c.options, Eval: eval.New(eval.Config{}),
				Search: []string{filepath.Join(dir, "role")}, Basedir: dir, Host: disk{}})
			if err != nil {
				t.Fatal(err)
			}
			if s, _ := value.Repr(got); s != c.want {
				t.Fatalf("got %s, want %s", s, c.want)
			}
		})
	}
}

func TestRunErrors(t *testing.T) {
	for _, c := range []struct {
		plugin, term, want string
	}{
		{"file", "nosuch", "could not locate file in lookup: nosuch"},
		{"pipe", "false", "lookup_plugin.pipe(false) returned 1"},
		{"first_found", "nosuch", "No file was found when using first_found."},
		{"config", "NOSUCH", "Unable to find setting NOSUCH"},
		{"template", "nosuch", "the template file nosuch could not be found for the lookup"},
		{"nosuch", "x", eval.ErrNoLookup.Error()},
	} {
		t.Run(c.plugin, func(t *testing.T) {
			_, err := Run(context.Background(), Call{Name: c.plugin, Terms: []value.Value{c.term}, Eval: eval.New(eval.Config{}), Basedir: t.TempDir(), Host: disk{}})
			if err == nil || err.Error() != c.want {
				t.Fatalf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestRunWarns(t *testing.T) {
	missing := "Unable to find 'nosuch' in expected paths (use -vvvvv to see paths)"
	for _, c := range []struct {
		name, plugin, term string
		want               []string
	}{
		{"file", "file", "nosuch", []string{missing}},
		{"template", "template", "nosuch", []string{missing}},
		{"the folder of a pattern", "fileglob", "nosuch/*.txt", []string{missing}},
		{"a pattern without a folder", "fileglob", "*.txt", nil},
		{"first_found expects some to be missing", "first_found", "nosuch", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			warn := func(s string) { got = append(got, s) }
			// Whether the plugin fails is TestRunErrors' matter.
			_, _ = Run(context.Background(), Call{Name: c.plugin, Terms: []value.Value{c.term}, Eval: eval.New(eval.Config{}), Basedir: t.TempDir(), Host: disk{}, Warn: warn})
			if !slices.Equal(got, c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
}

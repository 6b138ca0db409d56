package cli

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/compiler/config"
	"pbc/compiler/diag"
	record "pbc/internal/recorded"
	"pbc/ir/value"
)

// recorded is a command line and what Ansible made of it, as testdata/record.py writes it.
type recorded struct {
	Args    []string
	Columns int
	Want    struct {
		Code           int
		Stdout, Stderr string
		Options        map[string]any
	}
}

func readRecorded(t testing.TB) []recorded {
	t.Helper()
	return record.Cases[recorded](t, 75)
}

func settings(t testing.TB) *config.Config {
	t.Helper()
	c, err := config.Load(func(string) (string, bool) { return "", false }, "2.14.18")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fields are the fields of a command line that are not zero, as JSON has them.
func fields(t *testing.T, p *Playbook) map[string]any {
	t.Helper()
	sort.Strings(p.Tags)
	sort.Strings(p.SkipTags)
	v := reflect.ValueOf(*p)
	got := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || v.Field(i).IsZero() {
			continue
		}
		b, err := json.Marshal(v.Field(i).Interface())
		if err != nil {
			t.Fatal(err)
		}
		var x any
		if err := json.Unmarshal(b, &x); err != nil {
			t.Fatal(err)
		}
		got[f.Name] = x
	}
	return got
}

func TestAgainstAnsible(t *testing.T) {
	cases := readRecorded(t)
	t.Setenv("HOME", "/nonexistent")
	t.Chdir("/")
	c := settings(t)
	for _, tt := range cases {
		t.Run(strings.Join(tt.Args, " "), func(t *testing.T) {
			p, err := ParsePlaybook(tt.Args, c, Terminal{Columns: tt.Columns})
			var exit *Exit
			if errors.As(err, &exit) {
				want := Exit{tt.Want.Code, tt.Want.Stdout, tt.Want.Stderr}
				if d := cmp.Diff(want, *exit); d != "" || tt.Want.Options != nil {
					t.Errorf("-ansible +pbc\n%s", d)
				}
				return
			}
			if d := cmp.Diff(tt.Want.Options, fields(t, p)); d != "" {
				t.Errorf("-ansible +pbc\n%s", d)
			}
		})
	}
}

func TestGiven(t *testing.T) {
	p, err := ParsePlaybook([]string{"-u", "x", "-M", "m", "y"}, settings(t), Terminal{})
	if err != nil {
		t.Fatal(err)
	}
	if !p.Given("remote_user") || p.Given("connection") {
		t.Error("Given")
	}
}

func TestVersion(t *testing.T) {
	_, err := ParsePlaybook([]string{"--version"}, settings(t), Terminal{Version: func() string { return "v" }})
	if d := cmp.Diff(&Exit{Stdout: "v\n"}, err); d != "" {
		t.Error(d)
	}
}

// The wanted values and messages are ansible-core 2.14's.
func TestExtraVars(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "v.yml")
	list := filepath.Join(dir, "l.yml")
	broken := filepath.Join(dir, "b.yml")
	for name, text := range map[string]string{file: "a: 1\nb: [x]\n", list: "- 1\n", broken: "a: b: c\n"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		opts []string
		want string
		err  string
	}{
		{"k=v is text", []string{"a=1 b='x y'"}, "{'a': '1', 'b': 'x y'}", ""},
		{"JSON", []string{`{"a": 1e3}`}, "{'a': 1000.0}", ""},
		{"YAML", []string{"{a: yes, b: 0x10}"}, "{'a': True, 'b': 16}", ""},
		{"file, then k=v", []string{"@" + file, "b=2"}, "{'a': 1, 'b': '2'}", ""},
		{"free text", []string{"a=1 some words"}, "{'a': '1', '_raw_params': 'some words'}", ""},
		{"empty", []string{""}, "{}", ""},
		{"path without @", []string{"/x"}, "", "Please prepend extra_vars filename '/x' with '@'"},
		{"list", []string{"[1]"}, "", "Invalid extra vars data supplied. '[1]' could not be made into a dictionary"},
		{"list in a file", []string{"@" + list}, "", "Invalid extra vars data supplied. '@" + list + "' could not be made into a dictionary"},
		{"broken", []string{"@" + broken}, "", "mapping values are not allowed in this context"},
		{"no file", []string{"@" + dir + "/no"}, "", "Could not find or access '" + dir + "/no' on the Ansible Controller."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := Vars{}.ExtraVars(tt.opts)
			if err != nil {
				var dg *diag.Diagnostic
				msg := err.Error()
				if errors.As(err, &dg) {
					msg = dg.Msg
				}
				if tt.err == "" || !strings.Contains(msg, tt.err) {
					t.Errorf("got %q, want %q", msg, tt.err)
				}
				return
			}
			if got, _ := value.Repr(d); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		name, text string
		width      int
		want       []string
	}{
		{"hyphens", "a comma-separated list of e-mail x-1", 9, []string{"a comma-", "separated", "list of", "e-mail", "x-1"}},
		{"long word", "abcdefghij kl", 4, []string{"abcd", "efgh", "ij", "kl"}},
		{"empty", "", 10, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, wrap(tt.text, tt.width)); d != "" {
				t.Error(d)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range readRecorded(f) {
		f.Add(strings.Join(c.Args, "\x00"))
	}
	c := settings(f)
	f.Fuzz(func(t *testing.T, line string) {
		p, err := ParsePlaybook(strings.Split(line, "\x00"), c, Terminal{})
		var exit *Exit
		if err != nil && !errors.As(err, &exit) || err == nil && len(p.Playbooks) == 0 {
			t.Errorf("got %v, %v", p, err)
		}
	})
}

func TestNewerOptions(t *testing.T) {
	p, err := ParsePlaybook([]string{"-J", "x"}, settings(t), Terminal{Tagged: true})
	if err != nil || !p.AskVaultPass {
		t.Errorf("got %v, %v", p, err)
	}
	var exit *Exit
	if _, err := ParsePlaybook([]string{"-J", "x"}, settings(t), Terminal{}); !errors.As(err, &exit) || exit.Code != 2 {
		t.Errorf("-J in dialect classic: %v", err)
	}
}

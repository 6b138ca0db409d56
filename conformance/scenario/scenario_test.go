package scenario

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const playbook = "-- playbook.yml --\n- hosts: all\n"

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		text string
		want [][]string // the runs
	}{
		{"standard line", "Shows.\n" + playbook, [][]string{{"-i", "inventory", "playbook.yml"}}},
		{"args", "Shows.\n\nargs: -v -e 'a=b c'\n" + playbook, [][]string{{"-i", "inventory", "-v", "-e", "a=b c", "playbook.yml"}}},
		{"runs", "Shows.\n\nruns: 2\n" + playbook, [][]string{{"-i", "inventory", "playbook.yml"}, {"-i", "inventory", "playbook.yml"}}},
		{"run", "Shows.\n\nrun: a.yml\nrun: -v b.yml\n" + playbook, [][]string{{"a.yml"}, {"-v", "b.yml"}}},
		{"prose like a key", "args: in prose.\n" + playbook, [][]string{{"-i", "inventory", "playbook.yml"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := Parse("area/name", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, s.Runs); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCommand(t *testing.T) {
	for line, want := range map[string][]string{
		"-v a.yml":             {"ansible-playbook", "-v", "a.yml"},
		"ansible-vault view a": {"ansible-vault", "view", "a"},
		"a.yml ansible-vault":  {"ansible-playbook", "a.yml", "ansible-vault"},
		"":                     {"ansible-playbook"},
	} {
		program, args := Command(strings.Fields(line))
		if diff := cmp.Diff(want, append([]string{program}, args...)); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
	}
}

func TestIn(t *testing.T) {
	s, err := Parse("area/name", []byte("Shows.\n\naccept: stdout /both/ why\naccept: classic stdout /old/ why\naccept: tagged exit /new/ why\n"+playbook))
	if err != nil {
		t.Fatal(err)
	}
	for dialect, want := range map[string]string{"classic": "(?m)both (?m)old", "tagged": "(?m)both (?m)new"} {
		var got []string
		for _, a := range s.In(dialect).Accept {
			got = append(got, a.Pattern.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("in %s: got %q, want %q", dialect, got, want)
		}
	}
	if len(s.Accept) != 3 {
		t.Errorf("the scenario itself has %d, want 3", len(s.Accept))
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no prose", playbook, "no word"},
		{"no playbook", "Shows.\n", "no playbook.yml"},
		{"unknown key", "Shows.\n\nnonsense: 1\n" + playbook, "unknown key"},
		{"no key", "Shows.\n\nmore prose\n" + playbook, "want key: value"},
		{"mode of nothing", "Shows.\n\nmode: 0600 x\n" + playbook, "no file x"},
		{"bad mode", "Shows.\n\nmode: 0999 playbook.yml\n" + playbook, "invalid syntax"},
		{"file of a run too many", "Shows.\n" + playbook + "-- @2/x --\n", "is for run 2"},
		{"file outside", "Shows.\n" + playbook + "-- ../x --\n", "leaves the place"},
		{"bad expression", "Shows.\n\naccept: stdout /(/ why\n" + playbook, "error parsing regexp"},
		{"no reason", "Shows.\n\naccept: stdout /x/\n" + playbook, "want WHERE"},
		{"open quote", "Shows.\n\nargs: 'a\n" + playbook, "not closed"},
		{"unknown dialect", "Shows.\n\ndialect: none\n" + playbook, "want classic or tagged"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("area/name", []byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestDigest(t *testing.T) {
	digest := func(text string) string {
		s, err := Parse("area/name", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return s.Digest()
	}
	base := digest("Shows.\n" + playbook)
	tests := []struct {
		name, text string
		same       bool
	}{
		{"other prose", "Says.\n" + playbook, true},
		{"an accepted difference", "Shows.\n\naccept: stdout /x/ why\n" + playbook, true},
		{"other arguments", "Shows.\n\nargs: -v\n" + playbook, false},
		{"other environment", "Shows.\n\nenv: A=b\n" + playbook, false},
		{"another mode", "Shows.\n\nmode: 0600 playbook.yml\n" + playbook, false},
		{"another file", "Shows.\n" + playbook + "-- x --\n", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := digest(test.text); (got == base) != test.same {
				t.Errorf("got %s beside %s, want the same: %v", got, base, test.same)
			}
		})
	}
}

func TestPlace(t *testing.T) {
	s, err := Parse("area/place", []byte(`Every kind of file.

runs: 2
mode: 0600 secret
mode: 0700 d
dir: d
link: l -> secret
noeol: secret
remove: @2/gone
-- playbook.yml --
port @PORT@
-- secret --
text
-- gone --
-- @2/sub/later --
`))
	if err != nil {
		t.Fatal(err)
	}
	place, err := s.Open("@PORT@", "22")
	if err != nil {
		t.Fatal(err)
	}
	defer place.Close()
	if err := place.Build(s); err != nil {
		t.Fatal(err)
	}
	first := listing(t, place.Work)
	want := map[string]string{
		"d": "drwx------ ", "gone": "-rw-r--r-- ", "inventory": "-rw-r--r-- one ansible_connection=local\n",
		"l": "Lrwxrwxrwx text", "playbook.yml": "-rw-r--r-- port 22\n", "secret": "-rw------- text",
	}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
	if err := place.Lay(s, 2); err != nil {
		t.Fatal(err)
	}
	delete(want, "gone")
	want["sub"], want["sub/later"] = "drwxr-xr-x ", "-rw-r--r-- "
	if diff := cmp.Diff(want, listing(t, place.Work)); diff != "" {
		t.Error(diff)
	}
}

// listing gives mode and content of all below dir.
func listing(t *testing.T, dir string) map[string]string {
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		data := []byte{}
		if !d.IsDir() {
			if data, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		rel, err := filepath.Rel(dir, path)
		out[rel] = info.Mode().String() + " " + string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func FuzzParse(f *testing.F) {
	f.Add("Shows.\n\nargs: -v 'a b'\nmode: 0600 playbook.yml\n" + playbook)
	f.Add("Shows.\n\nrun: x\naccept: tree /a/ b\nlink: a -> b\n-- @2/x --\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("area/name", []byte(text))
		if err == nil && (len(s.Runs) == 0 || s.Digest() == "") {
			t.Errorf("%q is accepted without a run", text)
		}
	})
}

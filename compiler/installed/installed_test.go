package installed

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir/expr"
)

func TestFind(t *testing.T) {
	const release = "# comment\n__version__ = '2.19.3'\n__author__ = 'x'\n"
	for _, tt := range []struct {
		name, script, pyvenv, lib string
		want                      string // the version
	}{
		{"virtual environment", "#!ROOT/venv/bin/python\n", "venv/pyvenv.cfg", "venv/lib/python3.11/site-packages", "2.19.3"},
		{"long path", "#!/bin/sh\n'''exec' ROOT/venv/bin/python \"$0\" \"$@\"\n' '''\n", "venv/pyvenv.cfg", "venv/lib/python3.11/site-packages", "2.19.3"},
		{"user's own", "#!ROOT/sys/bin/python3\n", "", "venv/lib/python3.9/site-packages", "2.19.3"},
		{"beside the python", "#!ROOT/sys/bin/python3 -sP\n", "", "sys/lib/python3/dist-packages", "2.19.3"},
		{"not of this venv", "#!ROOT/venv/bin/python\n", "venv/pyvenv.cfg", "sys/lib/python3/dist-packages", ""},
		{"wrapper of a shell", "#!/bin/bash\nexec python3 \"$@\"\n", "", "sys/lib/python3/dist-packages", ""},
		{"no script", "\x7fELF", "", "venv/lib/python3.11/site-packages", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			write := func(name, text string) {
				path := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			write("venv/bin/ansible-playbook", strings.ReplaceAll(tt.script, "ROOT", root))
			write(tt.lib+"/ansible/release.py", release)
			if tt.pyvenv != "" {
				write(tt.pyvenv, "home = /usr/bin\n")
			}
			got := OnPath(filepath.Join(root, "none")+":"+filepath.Join(root, "venv/bin"), "/nowhere")
			version := ""
			if got != nil && strings.HasPrefix(got.Library, root) { // a machine with an Ansible of its own shows that one
				version = got.Version
			}
			if diff := cmp.Diff(tt.want, version); diff != "" {
				t.Errorf("version (-want +got):\n%s", diff)
			}
			self := filepath.Join(root, "venv/bin/ansible-playbook")
			if c := OnPath(filepath.Join(root, "venv/bin"), self); c != nil {
				t.Errorf("pbc under the name ansible-playbook is found as %v", c)
			}
		})
	}
}

func TestDialectOf(t *testing.T) {
	for version, want := range map[string]expr.Dialect{
		"2.14.18": expr.Classic, "2.18.0rc1": expr.Classic, "2.19.0": expr.Tagged, "2.20.0.dev0": expr.Tagged, "3.0": expr.Tagged, "": expr.Tagged,
	} {
		if got := DialectOf(version); got != want {
			t.Errorf("%q: got %v, want %v", version, got, want)
		}
	}
}

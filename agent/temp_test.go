package agent

import (
	"os"
	"path/filepath"
	"testing"

	"pbc/runtime/module/posix"
)

func TestTempBase(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PBC_WHO", "me")
	u, _ := posix.UserByID(os.Getuid())
	for _, c := range []struct {
		name, setting, want string
	}{
		{"a folder", filepath.Join(dir, "a/b"), filepath.Join(dir, "a/b")},
		{"with a variable", dir + "/${PBC_WHO}/tmp", filepath.Join(dir, "me/tmp")},
		{"the home", "~", u.Home},
		{"what cannot be made", "/dev/null/tmp", "/var/tmp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := tempBase(c.setting, false); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if os.Getuid() != 0 {
		if got := tempBase(dir, true); got != "/var/tmp" {
			t.Errorf("for the user that a task became: got %s, want the system's folder", got)
		}
	}
}

package agent

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pbc/runtime/module"
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

// TestTempDir: one folder for each place, made anew where a task has removed it, also where it is one of the system's.
func TestTempDir(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, base, shell, in string
		exit                  int
	}{
		{"where it was asked for", filepath.Join(dir, "a"), "/bin/sh", filepath.Join(dir, "a"), 0},
		{"elsewhere", "/dev/null/tmp", "", "/var/tmp", 1},
		{"no shell", filepath.Join(dir, "b"), "/nonexistent -e", filepath.Join(dir, "b"), 127},
		{"a shell that is a folder", filepath.Join(dir, "c"), "/etc", filepath.Join(dir, "c"), 126},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRunner(&server{})
			defer r.close()
			for _, again := range []bool{false, true} {
				got, err := r.TempDir(c.base, c.shell)
				exit := 0
				var lost *module.TempError
				if errors.As(err, &lost) {
					exit = lost.Exit
				}
				if filepath.Dir(got) != c.in || exit != c.exit || err != nil && lost == nil {
					t.Fatalf("again %v: got %s, %v", again, got, err)
				}
				if same, _ := r.TempDir(c.base, c.shell); same != got {
					t.Errorf("again %v: got %s, and then %s", again, got, same)
				}
				if err := os.Remove(got); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

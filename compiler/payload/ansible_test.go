package payload

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/compiler/installed"
	"pbc/internal/live"
)

// osDisk is the file system.
type osDisk struct{}

func (osDisk) ReadFile(p string) ([]byte, error) { return os.ReadFile(p) }

func (osDisk) IsFile(p string) bool {
	fi, err := os.Stat(p)
	return err == nil && fi.Mode().IsRegular()
}

func (osDisk) IsDir(p string) bool {
	fi, err := os.Stat(p)
	return err == nil && fi.IsDir()
}

// library is that of the installed ansible-core.
func library(t *testing.T) (*Library, *installed.Core) {
	t.Helper()
	c := live.Ansible(t)
	collections := filepath.Join(filepath.Dir(c.Library), "ansible_collections")
	return &Library{Disk: osDisk{}, Core: c.Library, Version: c.Version, Collection: func(name string) string {
		dir := filepath.Join(append([]string{collections}, strings.Split(name, ".")...)...)
		if fi, err := os.Stat(dir); err != nil || !fi.IsDir() {
			return ""
		}
		return dir
	}}, c
}

// sample are modules that differ in what they import: much, little, from collections with redirects and folders that
// are no packages.
var sample = []string{"ansible/modules/git", "ansible/modules/dnf", "ansible/modules/ping", "ansible_collections/community/general/plugins/modules/xml",
	"ansible_collections/community/crypto/plugins/modules/x509_certificate_info", "ansible_collections/ansible/posix/plugins/modules/mount",
	"ansible_collections/community/docker/plugins/modules/docker_host_info", "ansible_collections/cisco/ios/plugins/modules/ios_lag_interfaces"}

// modules are those of the sample that are installed.
func modules(t *testing.T, c *installed.Core) (names []string, files map[string]string) {
	t.Helper()
	files = map[string]string{}
	for _, m := range sample {
		f := filepath.Join(filepath.Dir(c.Library), m+".py")
		if (osDisk{}).IsFile(f) {
			name := path.Base(m)
			names, files[name] = append(names, name), f
		}
	}
	if len(names) == 0 {
		t.Fatal("no modules")
	}
	return names, files
}

// TestFilesAsAnsible holds that a payload has the files that Ansible sends.
func TestFilesAsAnsible(t *testing.T) {
	l, c := library(t)
	names, files := modules(t, c)
	var in bytes.Buffer
	for _, n := range names {
		fmt.Fprintln(&in, n, files[n])
	}
	cmd := exec.Command(c.Python, "testdata/files.py", filepath.Dir(c.Library))
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Dir(c.Library), "ANSIBLE_LOCAL_TEMP="+t.TempDir(), "ANSIBLE_HOME="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		b, err := l.Build(words[0], files[words[0]])
		if err != nil {
			t.Errorf("%s: %s", files[words[0]], err)
			continue
		}
		got := map[string]bool{}
		for _, d := range []string{b.Base, b.Own} {
			for p := range unpacked(t, b.Blobs[d]) {
				got[p] = true
			}
		}
		if d := cmp.Diff(words[1:], slices.Sorted(maps.Keys(got))); d != "" {
			t.Errorf("%s (-Ansible +pbc):\n%s", files[words[0]], d)
		}
	}
}

func names(files map[string]string) []string { return slices.Sorted(maps.Keys(files)) }

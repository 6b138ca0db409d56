package compiler

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/compiler/files"
)

// counting is a disk that notes which folders are read.
type counting struct {
	files.Disk
	top  string
	read []string
}

func (c *counting) ReadDir(name string) ([]fs.DirEntry, error) {
	rel, err := filepath.Rel(c.top, name)
	if err != nil {
		return nil, err
	}
	c.read = append(c.read, rel)
	return c.Disk.ReadDir(name)
}

// TestForeseen matches names that are known in part, and says which folders may be read for that: no more than can hold such files.
func TestForeseen(t *testing.T) {
	top := t.TempDir()
	for _, f := range []string{"role/files/a.conf", "role/files/sub/b.conf", "role/files/sub/deep/c.conf", "role/files/other/b.txt",
		"role/top.conf", "role/tasks/main.yml", "away/x-1/bin/tool", "away/x-2/bin/tool", "away/x-2/bin/more/tool", "away/y-1/bin/tool", "away/y-1/z/z/z"} {
		name := filepath.Join(top, f)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("..", filepath.Join(top, "away", "x-1", "round")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, file string
		deep       bool
		found      []string
		read       []string
	}{
		{"nothing is open", "a.conf", true, []string{"role/files/a.conf"}, nil},
		{"all below the folder", star, true, []string{"role/files/a.conf", "role/files/other/b.txt", "role/files/sub/b.conf", "role/files/sub/deep/c.conf"},
			[]string{"role/files", "role/files/other", "role/files/sub", "role/files/sub/deep"}},
		{"below a folder that is known in part", "s" + star + ".conf", true, []string{"role/files/sub/b.conf", "role/files/sub/deep/c.conf"},
			[]string{"role/files", "role/files/sub", "role/files/sub/deep"}},
		{"one level", star + ".conf", false, []string{"role/files/a.conf"}, []string{"role/files"}},
		{"outside by an absolute name", top + "/away/x-" + star + "/bin/" + star, true, []string{"away/x-1/bin/tool", "away/x-2/bin/tool"},
			[]string{"away", "away/x-1", "away/x-1/bin", "away/x-2", "away/x-2/bin"}},
		{"outside by a relative name", "../" + star, true, []string{"role/top.conf"}, []string{"role"}},
		{"outside, a folder that is not known", top + "/" + star + "/y-1/bin/" + star, true, []string{"away/y-1/bin/tool"},
			[]string{".", "away", "away/y-1", "away/y-1/bin", "role"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := &counting{Disk: files.OS{}, top: top}
			var got []string
			for _, f := range match(disk, filepath.Join(top, "role", "files"), c.file, c.deep) {
				rel, err := filepath.Rel(top, f)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, rel)
			}
			if d := cmp.Diff(c.found, got); d != "" {
				t.Errorf("files found: %s", d)
			}
			if d := cmp.Diff(c.read, disk.read); d != "" {
				t.Errorf("folders read: %s", d)
			}
		})
	}
}

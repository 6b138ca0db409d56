// Package srctest makes the results of tests that run the go command depend on the source that it reads:
// go test caches a result by the files that the test itself opened.
package srctest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// T is what this package needs of a *testing.T.
type T interface {
	Helper()
	Fatal(args ...any)
}

// Touch opens every Go file below root, and go.mod.
func Touch(t T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name := d.Name(); path != root && (strings.HasPrefix(name, ".") && name != ".." || name == "testdata" || name == "build") {
				return filepath.SkipDir
			}
			return nil
		case strings.HasSuffix(path, ".go") || d.Name() == "go.mod":
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			return f.Close()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

package posix

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Dirname is os.path.dirname: what stands before the last slash, without slashes at its end.
func Dirname(p string) string {
	i := strings.LastIndexByte(p, '/') + 1
	head := p[:i]
	if t := strings.TrimRight(head, "/"); t != "" {
		return t
	}
	return head
}

// Basename is os.path.basename: what stands after the last slash.
func Basename(p string) string { return p[strings.LastIndexByte(p, '/')+1:] }

// Join is os.path.join of two parts.
func Join(a, b string) string {
	switch {
	case strings.HasPrefix(b, "/"):
		return b
	case a == "" || strings.HasSuffix(a, "/"):
		return a + b
	}
	return a + "/" + b
}

// Abs is os.path.abspath.
func Abs(p string) string {
	if r, err := filepath.Abs(p); err == nil {
		return r
	}
	return p
}

// Realpath is os.path.realpath: links resolved as far as there is something, and an absolute path.
func Realpath(p string) string {
	return realpath(Abs(p), 40)
}

func realpath(p string, budget int) string {
	if p == "/" {
		return p
	}
	dir := realpath(filepath.Dir(p), budget)
	full := Join(dir, filepath.Base(p))
	to, err := os.Readlink(full)
	if err != nil || budget == 0 {
		return full
	}
	if !strings.HasPrefix(to, "/") {
		to = Join(dir, to)
	}
	return realpath(filepath.Clean(to), budget-1)
}

// Makedirs is os.makedirs: a folder with those above it. Its error names the one that could not be made.
func Makedirs(path string) error {
	head := Dirname(path)
	if Basename(path) == "" {
		head = Dirname(strings.TrimRight(head, "/"))
	}
	if head != "" && head != path && !Exists(head) {
		if err := Makedirs(head); err != nil && Errno(err) != syscall.EEXIST {
			return err
		}
	}
	return os.Mkdir(path, 0o777)
}

package posix

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"pbc/ir/value"
)

// Errno returns the system's error number in err, 0 when there is none.
func Errno(err error) syscall.Errno {
	var n syscall.Errno
	if errors.As(err, &n) {
		return n
	}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return syscall.ENOENT
	case errors.Is(err, fs.ErrPermission):
		return syscall.EACCES
	case errors.Is(err, fs.ErrExist):
		return syscall.EEXIST
	}
	return 0
}

// Strerror is the message of C's strerror.
func Strerror(n syscall.Errno) string {
	s := n.Error()
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// PyError is str() of Python's OSError for err. The paths are those Python would name, each as a
// []byte (printed b'...') or text.
func PyError(err error, paths ...value.Value) string {
	n := Errno(err)
	if n == 0 {
		return err.Error()
	}
	s := fmt.Sprintf("[Errno %d] %s", int(n), Strerror(n))
	for i, p := range paths {
		r, _ := value.Repr(p)
		if i == 0 {
			s += ": " + r
		} else {
			s += " -> " + r
		}
	}
	return s
}

// PyClass is the name of the class Python raises for err.
func PyClass(err error) string {
	switch Errno(err) {
	case syscall.ENOENT:
		return "FileNotFoundError"
	case syscall.EACCES, syscall.EPERM:
		return "PermissionError"
	case syscall.EEXIST:
		return "FileExistsError"
	case syscall.EISDIR:
		return "IsADirectoryError"
	case syscall.ENOTDIR:
		return "NotADirectoryError"
	}
	return "OSError"
}

// Exists is os.path.exists: false for a link that leads nowhere.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Lexists is os.path.lexists.
func Lexists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// IsDir is os.path.isdir.
func IsDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// IsFile is os.path.isfile.
func IsFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}

// IsLink is os.path.islink.
func IsLink(path string) bool {
	st, err := os.Lstat(path)
	return err == nil && st.Mode()&os.ModeSymlink != 0
}

// PathOf is the path that an error of package os names, "" for none.
func PathOf(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Path
	}
	return ""
}

package posix

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// RandomName is eight characters as Python's tempfile takes them.
func RandomName() string {
	b := make([]byte, 8)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyz0123456789_"[rand.IntN(37)]
	}
	return string(b)
}

// TaskDir is a new name for a folder of temporary files, as Ansible makes them for each task.
func TaskDir() string {
	now := time.Now()
	return fmt.Sprintf("ansible-tmp-%d.%07d-%d-%d", now.Unix(), now.Nanosecond()/100, os.Getpid(), rand.Int64N(1<<47))
}

// TempFile makes an empty file of mode 0600 with a new name, as tempfile.mkstemp does. The path is
// that of the last try when it fails.
func TempFile(dir, prefix, suffix string) (path string, err error) {
	for range 10000 {
		path = Abs(Join(dir, prefix+RandomName()+suffix))
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, syscall.EEXIST) {
			continue
		}
		if err != nil {
			return path, err
		}
		return path, f.Close()
	}
	return path, syscall.EEXIST
}

// TempDir makes an empty folder of mode 0700 with a new name, as tempfile.mkdtemp does.
func TempDir(dir, prefix, suffix string) (path string, err error) {
	for range 10000 {
		path = Abs(Join(dir, prefix+RandomName()+suffix))
		err := syscall.Mkdir(path, 0o700)
		if !errors.Is(err, syscall.EEXIST) {
			return path, err
		}
	}
	return path, syscall.EEXIST
}

// TempDir is tempfile.gettempdir: where files without a place of their own go.
func (e Environ) TempDir() string {
	for _, name := range []string{"TMPDIR", "TEMP", "TMP"} {
		if d, ok := e.Lookup(name); ok && d != "" && unix.Access(d, unix.W_OK) == nil {
			return d
		}
	}
	for _, d := range []string{"/tmp", "/var/tmp", "/usr/tmp"} {
		if unix.Access(d, unix.W_OK) == nil {
			return d
		}
	}
	return "."
}

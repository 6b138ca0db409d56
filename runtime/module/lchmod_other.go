//go:build !linux

package module

import (
	"os"

	"golang.org/x/sys/unix"
)

// lchmod sets the mode of the link itself.
func lchmod(path string, mode uint32) error {
	if err := unix.Fchmodat(unix.AT_FDCWD, path, mode, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return &os.PathError{Op: "lchmod", Path: path, Err: err}
	}
	return nil
}

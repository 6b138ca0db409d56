package test

import (
	"os"
	"path/filepath"
	"syscall"
)

// isMount is os.path.ismount: a directory on another device than its parent, or its own parent.
func isMount(p string) bool {
	st, err := os.Lstat(p)
	if err != nil || st.Mode()&os.ModeSymlink != 0 {
		return false
	}
	up, err := os.Lstat(filepath.Join(p, ".."))
	if err != nil {
		return false
	}
	a, ok1 := st.Sys().(*syscall.Stat_t)
	b, ok2 := up.Sys().(*syscall.Stat_t)
	return ok1 && ok2 && (a.Dev != b.Dev || a.Ino == b.Ino)
}

package link

import (
	"os"
	"syscall"
)

// uidOf is the number of a file's owner.
func uidOf(fi os.FileInfo) int {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return 0
}

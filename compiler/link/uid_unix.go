package link

import (
	"os"
	"syscall"
)

// UID is the number of a file's owner, where the system tells it.
func UID(fi os.FileInfo) (uid int, ok bool) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), true
}

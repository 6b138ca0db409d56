package fact

import "syscall"

// mountSize is what statvfs(3) says, which calls the size of transfers the block and the block the fragment.
func mountSize(path string) (s fsSize, ok bool) {
	var f syscall.Statfs_t
	if syscall.Statfs(path, &f) != nil {
		return s, false
	}
	return fsSize{blockSize: int64(f.Iosize), fragment: int64(f.Bsize), blocks: int64(f.Blocks), available: f.Bavail,
		files: int64(f.Files), filesFree: f.Ffree}, true
}

package fact

import (
	"strings"

	"pbc/ir/value"
)

// chrootFacts compares the root folder with that of process 1, or, where that cannot be seen, with
// the inode that the root of a file system has.
func chrootFacts(p *probe) (*value.Dict, error) {
	if p.sys.getenv("debian_chroot") != "" {
		return value.DictOf("is_chroot", true), nil
	}
	dev, ino, err := fileID(p.sys.path("/"))
	if err != nil {
		return nil, err
	}
	if d1, i1, err := fileID(p.sys.path("/proc/1/root/.")); err == nil {
		return value.DictOf("is_chroot", dev != d1 || ino != i1), nil
	}
	root := uint64(2)
	if tool := p.sys.look("stat"); tool != "" {
		out := p.sys.run(p.ctx, []string{tool, "-f", "--format=%T", "/"}).Stdout
		switch {
		case strings.Contains(out, "btrfs"):
			root = 256
		case strings.Contains(out, "xfs"):
			root = 128
		}
	}
	return value.DictOf("is_chroot", ino != root), nil
}

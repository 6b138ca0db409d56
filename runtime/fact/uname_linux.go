package fact

import "syscall"

func cstring[T int8 | uint8](a []T) string {
	var b []byte
	for _, c := range a {
		if c == 0 {
			break
		}
		b = append(b, byte(c))
	}
	return string(b)
}

func kernelUname() uname {
	var u syscall.Utsname
	if syscall.Uname(&u) != nil {
		return uname{System: "Linux"}
	}
	return uname{System: cstring(u.Sysname[:]), Node: cstring(u.Nodename[:]), Release: cstring(u.Release[:]),
		Version: cstring(u.Version[:]), Machine: cstring(u.Machine[:])}
}

// mountSize is what statfs(2) says of a mount, ok when it could say.
func mountSize(path string) (s fsSize, ok bool) {
	var f syscall.Statfs_t
	if syscall.Statfs(path, &f) != nil {
		return s, false
	}
	s = fsSize{blockSize: int64(f.Bsize), fragment: int64(f.Frsize), blocks: int64(f.Blocks),
		available: int64(f.Bavail), files: int64(f.Files), filesFree: int64(f.Ffree)}
	if s.fragment == 0 {
		s.fragment = s.blockSize
	}
	return s, true
}

// fileID is the device and inode of a file.
func fileID(path string) (dev, ino uint64, err error) {
	var st syscall.Stat_t
	err = syscall.Stat(path, &st)
	return uint64(st.Dev), st.Ino, err
}

func kernelLoads() (r [3]float64, ok bool) {
	var s syscall.Sysinfo_t
	if syscall.Sysinfo(&s) != nil {
		return r, false
	}
	for i := range r {
		r[i] = float64(s.Loads[i]) / 65536
	}
	return r, true
}

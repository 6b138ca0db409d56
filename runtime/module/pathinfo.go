package module

import (
	"strconv"

	"golang.org/x/sys/unix"

	"pbc/ir/value"
	"pbc/runtime/module/posix"
)

// addPathInfo adds what Ansible tells of the file that a result names under path or dest.
func addPathInfo(res *value.Dict) {
	v, ok := res.GetStr("path")
	if !ok {
		v, ok = res.GetStr("dest")
	}
	path, isText := value.Text(v)
	if !ok || !isText || !posix.Exists(path) {
		return
	}
	st, err := lstat(path)
	if err != nil {
		return
	}
	res.SetStr("uid", int64(st.Uid))
	res.SetStr("gid", int64(st.Gid))
	res.SetStr("owner", UserName(int(st.Uid)))
	res.SetStr("group", GroupName(int(st.Gid)))
	res.SetStr("mode", posix.FormatMode(uint32(st.Mode)))
	res.SetStr("state", FileState(path))
	if selinuxEnabled() {
		res.SetStr("secontext", fileContext(path).String())
	}
	res.SetStr("size", st.Size)
}

// UserName returns the name of an account, or its number as text.
func UserName(uid int) string {
	if u, ok := posix.UserByID(uid); ok {
		return u.Name
	}
	return strconv.Itoa(uid)
}

// GroupName returns the name of a group, or its number as text.
func GroupName(gid int) string {
	if g, ok := posix.GroupByID(gid); ok {
		return g.Name
	}
	return strconv.Itoa(gid)
}

// FileState is Ansible's word for what is at path: link, directory, hard, file or absent.
func FileState(path string) string {
	st, err := lstat(path)
	if err != nil {
		return "absent"
	}
	switch uint32(st.Mode) & unix.S_IFMT {
	case unix.S_IFLNK:
		return "link"
	case unix.S_IFDIR:
		return "directory"
	}
	if st.Nlink > 1 {
		return "hard"
	}
	return "file"
}

package files

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"pbc/ir/value"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

// source is the src of a link as a value: None when there is none.
func (f *target) source() value.Value {
	if f.hasSrc {
		return f.src
	}
	return nil
}

func (f *target) linkResult(changed bool) *value.Dict {
	r := f.result("dest", changed)
	r.SetStr("src", f.source())
	return r
}

// noteSource tells of a link's new source in the diff.
func (f *target) noteSource(before string) {
	for side, v := range map[string]string{"before": before, "after": f.src} {
		d, _ := f.diff.GetStr(side)
		d.(*value.Dict).SetStr("src", v)
	}
}

func (f *target) symlink() (*value.Dict, error) {
	w, err := f.times()
	if err != nil {
		return nil, err
	}
	if !f.hasSrc && f.follow && posix.Exists(f.path) {
		to, err := os.Readlink(f.path)
		if err != nil {
			return nil, fmt.Errorf("%w", err)
		}
		f.src, f.hasSrc = to, true
	}
	if err := f.mayLink(); err != nil {
		return nil, err
	}
	f.startDiff("link")
	changed := f.was != "link"
	if changed && !f.hasSrc {
		return nil, module.Fail("src is required for creating new symlinks")
	}
	if f.was == "link" && f.hasSrc {
		if old, _ := os.Readlink(f.path); old != f.src {
			f.noteSource(old)
			changed = true
		}
	}
	if changed && !f.t.Check {
		if err := f.place(f.src, os.Symlink, unix.Rmdir); err != nil {
			return nil, err
		}
	}
	if f.t.Check && !posix.Exists(f.path) {
		return f.linkResult(changed), nil
	}
	args := f.t.FileArgs(f.path)
	if f.follow && posix.IsLink(f.path) && !posix.Exists(args.Path) {
		f.t.Warn("Cannot set fs attributes on a non-existent symlink target. follow should be set to False to avoid this.")
		return f.linkResult(changed), nil
	}
	changed, err = f.apply(args, w, changed)
	return f.linkResult(changed), err
}

// mayLink refuses what a link must not replace.
func (f *target) mayLink() error {
	if f.hasSrc && !f.force {
		base := posix.Dirname(f.path)
		if f.was == "directory" {
			base = f.path
		}
		if abs := posix.Join(base, f.src); !posix.Exists(abs) {
			force := `"force=yes"`
			if f.t.Tagged() {
				force = "'force=yes'"
			}
			return module.FailWith("src file does not exist, use "+force+" if you really want to create the link: "+abs,
				"path", f.path, "src", f.src)
		}
	}
	switch f.was {
	case "directory":
		if entries, _ := os.ReadDir(f.path); f.force && len(entries) > 0 {
			return module.FailWith(fmt.Sprintf("the directory %s is not empty, refusing to convert it", f.path), "path", f.path)
		}
		fallthrough
	case "file", "hard":
		if !f.force {
			return module.FailWith(fmt.Sprintf("refusing to convert from %s to symlink for %s", f.was, f.path), "path", f.path)
		}
	}
	return nil
}

// place makes the link to src, through a temporary name where there is something to replace. A folder is
// taken away first.
func (f *target) place(src string, link func(old, name string) error, clear func(string) error) error {
	if f.was == "absent" {
		if err := link(src, f.path); err != nil {
			return module.FailWith("Error while linking: "+posix.PyError(err, []byte(src), []byte(f.path)), "path", f.path)
		}
		return nil
	}
	tmp := fmt.Sprintf("%s/.%d.%d.tmp", posix.Dirname(f.path), os.Getpid(), time.Now().UnixNano())
	paths := []value.Value{[]byte(f.path)}
	err := error(nil)
	if f.was == "directory" {
		if err = clear(f.path); errors.Is(err, syscall.ENOENT) {
			err = nil
		}
	}
	if err == nil {
		err, paths = link(src, tmp), []value.Value{[]byte(src), []byte(tmp)}
	}
	if err == nil {
		err, paths = unix.Rename(tmp, f.path), []value.Value{[]byte(tmp), []byte(f.path)}
	}
	if err != nil {
		_ = os.Remove(tmp)
		return module.FailWith("Error while replacing: "+posix.PyError(err, paths...), "path", f.path)
	}
	return nil
}

func (f *target) hardlink() (*value.Dict, error) {
	args := f.t.FileArgs(f.path)
	w, err := f.times()
	if err != nil {
		return nil, err
	}
	if f.was != "hard" && !f.hasSrc {
		return nil, module.Fail("src is required for creating new hardlinks")
	}
	if f.hasSrc && !posix.Exists(f.src) {
		return nil, module.FailWith("src does not exist", "dest", f.path, "src", f.src)
	}
	f.startDiff("hard")
	changed, done, err := f.hardChange()
	if err != nil {
		return nil, err
	}
	if done {
		return value.DictOf("path", f.path, "changed", false), nil
	}
	if changed && !f.t.Check {
		if err := f.place(f.linked(), os.Link, unix.Unlink); err != nil {
			return nil, err
		}
	}
	if f.t.Check && !posix.Exists(f.path) {
		return f.linkResult(changed), nil
	}
	changed, err = f.apply(args, w, changed)
	return f.linkResult(changed), err
}

// linked is what a hard link is made to. A link in its place is followed in dialect tagged where there was nothing before: one
// step, and from the folder that the module runs in.
func (f *target) linked() string {
	if !f.t.Tagged() || f.was != "absent" || !f.follow || !posix.IsLink(f.src) {
		return f.src
	}
	to, _ := os.Readlink(f.src)
	return to
}

// hardChange says whether a new hard link is due, and whether there is nothing left to do.
func (f *target) hardChange() (changed, done bool, err error) {
	refuse := func(msg string) error {
		if f.force {
			return nil
		}
		return module.FailWith(msg, "dest", f.path, "src", f.src)
	}
	switch f.was {
	case "absent":
		return true, false, nil
	case "link":
		if old, _ := os.Readlink(f.path); old != f.src {
			f.noteSource(old)
			return true, false, nil
		}
		return false, false, nil
	case "hard":
		if f.hasSrc && !sameInode(f.path, f.src) {
			return true, false, refuse("Cannot link, different hard link exists at destination")
		}
		return false, false, nil
	case "file":
		return true, false, refuse("Cannot link, file exists at destination")
	}
	if sameInode(f.path, f.src) {
		return false, true, nil
	}
	return true, false, refuse("Cannot link: different hard link exists at destination")
}

func sameInode(a, b string) bool {
	var x, y unix.Stat_t
	return unix.Stat(a, &x) == nil && unix.Stat(b, &y) == nil && x.Ino == y.Ino
}

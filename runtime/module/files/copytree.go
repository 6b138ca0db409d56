package files

import (
	"bytes"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

// copyTree copies a folder that is on this host already.
func (c *copied) copyTree() error {
	src, dest := c.t.Str("src"), c.t.Str("dest")
	slash := strings.HasSuffix(src, "/")
	inside := posix.Join(dest, posix.Basename(src))
	exists := posix.IsDir(dest)
	switch {
	case c.t.Tagged():
		return c.copyWhole(src, dest)
	case slash && exists:
		return c.merge(src, dest)
	case slash && !posix.Exists(dest):
		c.changed = true
		if c.t.Check {
			return nil
		}
		if err := c.cloneTree(src, posix.Join(dest, "")); err != nil {
			return err
		}
		return c.own(c.dest)
	case exists:
		if posix.Exists(inside) {
			return c.merge(src, inside)
		}
		c.changed = true
		if c.t.Check {
			return nil
		}
		if err := c.cloneTree(src, inside); err != nil {
			return err
		}
		if err := c.own(c.dest); err != nil {
			return err
		}
		return c.merge(src, inside)
	case !posix.Exists(dest):
		if posix.Exists(inside) {
			return nil
		}
		if c.t.Check {
			c.changed = true
			return nil
		}
		if err := os.MkdirAll(inside, 0o777); err != nil {
			return err
		}
		return c.merge(src, inside)
	}
	return nil
}

// copyWhole is copyTree of dialect tagged: a folder goes into one that is there, its content where its name ends with a slash.
func (c *copied) copyWhole(src, dest string) error {
	if posix.Exists(dest) && !posix.IsDir(dest) {
		return nil
	}
	if !strings.HasSuffix(src, "/") {
		dest = posix.Join(dest, posix.Basename(src))
	}
	if posix.Exists(dest) {
		return c.merge(src, dest)
	}
	c.changed = true
	if c.t.Check {
		return nil
	}
	if err := c.cloneTree(src, dest); err != nil {
		return err
	}
	return c.own(dest)
}

// merge brings what differs or is missing from src to dest, then the owner of everything.
func (c *copied) merge(src, dest string) error {
	if err := c.mergeDir(src, dest); err != nil {
		return err
	}
	return c.own(dest)
}

func (c *copied) mergeDir(src, dest string) error {
	cmp := compareDirs(src, dest)
	if err := c.copyDiffering(cmp, src, dest); err != nil {
		return err
	}
	if err := c.copyMissing(cmp, src, dest); err != nil {
		return err
	}
	for _, n := range cmp.dirs {
		if err := c.mergeDir(posix.Join(src, n), posix.Join(dest, n)); err != nil {
			return err
		}
	}
	return nil
}

// comparison is filecmp.dircmp of two folders.
type comparison struct{ differ, missing, dirs []string }

// ignored are the names filecmp.dircmp does not look at.
var ignored = map[string]bool{"RCS": true, "CVS": true, "tags": true, ".git": true, ".hg": true, ".bzr": true,
	"_darcs": true, "__pycache__": true}

func compareDirs(src, dest string) comparison {
	var c comparison
	entries, _ := os.ReadDir(src)
	for _, e := range entries {
		n := e.Name()
		if ignored[n] {
			continue
		}
		a, b := posix.Join(src, n), posix.Join(dest, n)
		if !posix.Lexists(b) {
			c.missing = append(c.missing, n)
			continue
		}
		var x, y unix.Stat_t
		if unix.Stat(a, &x) != nil || unix.Stat(b, &y) != nil || kind(&x) != kind(&y) {
			continue
		}
		switch kind(&x) {
		case unix.S_IFDIR:
			c.dirs = append(c.dirs, n)
		case unix.S_IFREG:
			if !sameFile(a, b, &x, &y) {
				c.differ = append(c.differ, n)
			}
		}
	}
	return c
}

// sameFile is filecmp.cmp: equal size and time are taken for equal content.
func sameFile(a, b string, x, y *unix.Stat_t) bool {
	if x.Size != y.Size {
		return false
	}
	if x.Mtim == y.Mtim {
		return true
	}
	p, err1 := os.ReadFile(a)
	q, err2 := os.ReadFile(b)
	return err1 == nil && err2 == nil && bytes.Equal(p, q)
}

func (c *copied) copyDiffering(cmp comparison, src, dest string) error {
	if len(cmp.differ) == 0 {
		return nil
	}
	c.changed = true
	if c.t.Check {
		return nil
	}
	for _, n := range cmp.differ {
		a, b := posix.Join(src, n), posix.Join(dest, n)
		if posix.IsLink(a) && c.t.Has("local_follow") && !c.t.Bool("local_follow") {
			to, err := os.Readlink(a)
			if err == nil {
				err = os.Symlink(to, b)
			}
			if err != nil {
				return err
			}
		} else if err := copyData(a, b, true); err != nil {
			return err
		}
		if err := c.ownOne(b); err != nil {
			return err
		}
	}
	return nil
}

// copyData is shutil.copyfile, and copymode when mode is set.
func copyData(a, b string, mode bool) error {
	data, err := os.ReadFile(a)
	if err != nil {
		return err
	}
	if err := os.WriteFile(b, data, 0o666); err != nil || !mode {
		return err
	}
	var st unix.Stat_t
	if err := unix.Stat(a, &st); err != nil {
		return err
	}
	return unix.Chmod(b, uint32(st.Mode)&posix.PermBits)
}

func (c *copied) copyMissing(cmp comparison, src, dest string) error {
	if len(cmp.missing) == 0 {
		return nil
	}
	c.changed = true
	if c.t.Check {
		return nil
	}
	for _, n := range cmp.missing {
		if err := c.copyOne(posix.Join(src, n), posix.Join(dest, n)); err != nil {
			return err
		}
	}
	return nil
}

// copyOne copies an entry that dest lacks. A link is neither followed nor copied when local_follow
// is not given, as in Ansible.
func (c *copied) copyOne(a, b string) error {
	link, given, follow := posix.IsLink(a), c.t.Has("local_follow"), c.t.Bool("local_follow")
	switch {
	case link && given && !follow && posix.Exists(a):
		to, err := os.Readlink(a)
		if err != nil {
			return err
		}
		return os.Symlink(to, b)
	case link && (!given || !posix.Exists(a)):
		return nil
	case posix.IsDir(a):
		if err := c.cloneTree(a, b); err != nil {
			return err
		}
		return c.own(b)
	case posix.IsFile(a):
		if err := copyData(a, b, !link); err != nil {
			return err
		}
		return c.ownOne(b)
	}
	return nil
}

// cloneTree is shutil.copytree: links stay links unless local_follow is on.
func (c *copied) cloneTree(src, dest string) error {
	if err := os.MkdirAll(dest, 0o777); err != nil {
		return err
	}
	entries, err := os.ReadDir(src)
	if err != nil {
		return err
	}
	for _, e := range entries {
		a, b := posix.Join(src, e.Name()), posix.Join(dest, e.Name())
		switch {
		case posix.IsLink(a) && !c.t.Bool("local_follow"):
			var to string
			if to, err = os.Readlink(a); err == nil {
				err = os.Symlink(to, b)
			}
		case posix.IsDir(a):
			err = c.cloneTree(a, b)
		default:
			err = module.CopyFile(a, b)
		}
		if err != nil {
			return err
		}
	}
	return module.CopyStat(src, dest)
}

// own gives a folder and everything below it the wanted owner and group.
func (c *copied) own(path string) error {
	if err := c.ownOne(path); err != nil {
		return err
	}
	dirs, files := listDir(path)
	for _, n := range files {
		if err := c.ownOne(posix.Join(path, n)); err != nil {
			return err
		}
	}
	for _, n := range dirs {
		p := posix.Join(path, n)
		if posix.IsLink(p) {
			if err := c.ownOne(p); err != nil {
				return err
			}
		} else if err := c.own(p); err != nil {
			return err
		}
	}
	return nil
}

func (c *copied) ownOne(path string) error {
	args := module.FileArgs{Path: path, Owner: c.t.Get("owner"), Group: c.t.Get("group")}
	if args.Owner == nil && args.Group == nil {
		return nil
	}
	changed, err := c.t.SetAttributes(args, false, nil)
	c.changed = c.changed || changed
	return err
}

// Package files has the modules whose work is files: file, stat, slurp, tempfile, copy, template,
// lineinfile, blockinfile, replace and find. Everything they write goes through module.Task's
// AtomicMove and SetAttributes; none of them opens a connection.
package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

var fileSpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "state", Choices: argspec.Choices("absent", "directory", "file", "hard", "link", "touch")},
		{Name: "path", Type: argspec.Path, Required: true, Aliases: []string{"dest", "name"}},
		{Name: "_original_basename"},
		{Name: "recurse", Type: argspec.Bool, Default: false},
		{Name: "force", Type: argspec.Bool, Default: false},
		{Name: "follow", Type: argspec.Bool, Default: true},
		{Name: "_diff_peek", Type: argspec.Bool},
		{Name: "src", Type: argspec.Path},
		{Name: "modification_time"},
		{Name: "modification_time_format", Default: "%Y%m%d%H%M.%S"},
		{Name: "access_time"},
		{Name: "access_time_format", Default: "%Y%m%d%H%M.%S"},
	},
	FileCommon: true,
	CheckMode:  true,
}

// File is ansible.builtin.file.
func File() module.Module {
	return module.New("ansible.builtin.file", "file", module.Local, fileSpec, file)
}

// target is the file a task is about.
type target struct {
	t      *module.Task
	path   string
	src    string
	hasSrc bool
	state  string // the state wanted
	was    string // the state found
	follow bool
	force  bool
	diff   *value.Dict
}

func file(_ context.Context, t *module.Task) (*value.Dict, error) {
	res, err := bring(t)
	if t.Tagged() && !t.Diff && err == nil {
		res.Del("diff")
	}
	return res, err
}

// bring brings the file that a task is about into its state.
func bring(t *module.Task) (*value.Dict, error) {
	f := &target{t: t, path: t.Str("path"), src: t.Str("src"), hasSrc: t.Has("src"), state: t.Str("state"),
		follow: t.Bool("follow"), force: t.Bool("force")}
	if err := f.settle(); err != nil {
		return nil, err
	}
	if t.Check && f.state != "absent" {
		f.warnUnknownOwner()
	}
	if t.Has("_diff_peek") {
		return value.DictOf("path", f.path, "changed", false, "appears_binary", looksBinary(f.path)), nil
	}
	switch f.state {
	case "absent":
		return f.remove()
	case "directory":
		return f.directory()
	case "touch":
		return f.touch()
	case "link":
		return f.symlink()
	case "hard":
		return f.hardlink()
	}
	return f.attributes()
}

// settle finds the path and state meant: a source's name goes inside a folder, and without a state
// what is there stays what it is.
func (f *target) settle() error {
	if f.state != "link" && f.state != "absent" && posix.IsDir(f.path) {
		name := f.t.Str("_original_basename")
		if name == "" && f.src != "" {
			name = posix.Basename(f.src)
		}
		if name != "" {
			f.path = posix.Join(f.path, name)
			f.t.Params.SetStr("path", f.path)
		}
	}
	f.was = module.FileState(f.path)
	recurse := f.t.Bool("recurse")
	if f.state == "" {
		switch {
		case f.was != "absent":
			f.state = f.was
		case recurse:
			f.state = "directory"
		default:
			f.state = "file"
		}
		f.t.Params.SetStr("state", f.state)
	}
	if recurse && f.state != "directory" {
		return module.FailWith("recurse option requires state to be 'directory'", "path", f.path)
	}
	if f.src != "" && f.state != "link" && f.state != "hard" {
		return module.FailWith("src option requires state to be 'link' or 'hard'", "path", f.path)
	}
	return nil
}

func (f *target) warnUnknownOwner() {
	if o, _ := argspec.ToStr(f.t.Get("owner")); f.t.Has("owner") && o != "" {
		if n, ok := argspec.ParseInt(o); ok {
			if id, _ := n.(int64); !knownUser(int(id)) {
				f.t.Warn("failed to look up user with uid %d. Create user up to this point in real play", id)
			}
		} else if _, ok := posix.UserByName(o); !ok {
			f.t.Warn("failed to look up user %s. Create user up to this point in real play", o)
		}
	}
	if g, _ := argspec.ToStr(f.t.Get("group")); f.t.Has("group") && g != "" {
		if n, ok := argspec.ParseInt(g); ok {
			if id, _ := n.(int64); !knownGroup(int(id)) {
				f.t.Warn("failed to look up group with gid %d. Create group up to this point in real play", id)
			}
		} else if _, ok := posix.GroupByName(g); !ok {
			f.t.Warn("failed to look up group %s. Create group up to this point in real play", g)
		}
	}
}

func knownUser(id int) bool  { _, ok := posix.UserByID(id); return ok }
func knownGroup(id int) bool { _, ok := posix.GroupByID(id); return ok }

// looksBinary says whether a file's beginning has a zero byte.
func looksBinary(path string) bool {
	in, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = in.Close() }()
	buf := make([]byte, 8192)
	n, _ := in.Read(buf)
	return strings.IndexByte(string(buf[:n]), 0) >= 0
}

// startDiff begins the diff: the path, and the states where they differ.
func (f *target) startDiff(state string) {
	before, after := value.DictOf("path", f.path), value.DictOf("path", f.path)
	f.diff = value.DictOf("before", before, "after", after)
	if f.was == state {
		return
	}
	before.SetStr("state", f.was)
	after.SetStr("state", state)
	if state == "absent" && f.was == "directory" {
		before.SetStr("path_content", contents(f.path))
	}
}

// contents lists what is below a folder, folders apart from files, in os.walk's order of folders.
func contents(root string) *value.Dict {
	dirs, files := value.NewList(), value.NewList()
	var walk func(dir string)
	walk = func(dir string) {
		sub, plain := listDir(dir)
		for _, n := range sub {
			dirs.V = append(dirs.V, posix.Join(dir, n))
		}
		for _, n := range plain {
			files.V = append(files.V, posix.Join(dir, n))
		}
		for _, n := range sub {
			if p := posix.Join(dir, n); !posix.IsLink(p) {
				walk(p)
			}
		}
	}
	walk(root)
	return value.DictOf("directories", dirs, "files", files)
}

// listDir lists a folder as os.walk does, in the file system's own order: names of folders, which may
// be links to folders, and other names.
func listDir(dir string) (dirs, files []string) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, nil
	}
	defer func() { _ = d.Close() }()
	entries, _ := d.ReadDir(-1)
	for _, e := range entries {
		isDir := e.IsDir()
		if e.Type()&os.ModeSymlink != 0 {
			isDir = posix.IsDir(posix.Join(dir, e.Name()))
		}
		if isDir {
			dirs = append(dirs, e.Name())
		} else {
			files = append(files, e.Name())
		}
	}
	return dirs, files
}

func (f *target) result(key string, changed bool) *value.Dict {
	return value.DictOf(key, f.path, "changed", changed, "diff", f.diff)
}

func (f *target) remove() (*value.Dict, error) {
	if f.was == "absent" {
		return value.DictOf("path", f.path, "changed", false, "state", "absent"), nil
	}
	f.startDiff("absent")
	if !f.t.Check {
		if f.was == "directory" {
			if name, err := removeTree(f.path, f.path); err != nil {
				return nil, module.Fail("rmtree failed: %s", posix.PyError(err, name))
			}
		} else if err := unix.Unlink(f.path); err != nil && !errors.Is(err, syscall.ENOENT) {
			cause := posix.PyError(err, []byte(f.path))
			if f.t.Tagged() {
				return nil, module.FailBecause(cause, "Unlinking failed.", "path", f.path)
			}
			return nil, module.FailWith(fmt.Sprintf("unlinking failed: %s ", cause), "path", f.path)
		}
	}
	r := f.result("path", true)
	r.SetStr("state", "absent")
	return r, nil
}

// removeTree is shutil.rmtree of a folder, which errors call by name. It stops at the first error, and says what that is
// about: below the folder, Python knows no more than the name in it.
func removeTree(dir string, name value.Value) (value.Value, error) {
	d, err := os.Open(dir)
	if err != nil {
		return name, err
	}
	entries, err := d.ReadDir(-1)
	_ = d.Close()
	if err != nil {
		return name, err
	}
	for _, e := range entries {
		path := posix.Join(dir, e.Name())
		if e.IsDir() {
			if at, err := removeTree(path, e.Name()); err != nil {
				return at, err
			}
		} else if err := unix.Unlink(path); err != nil {
			return e.Name(), err
		}
	}
	return name, os.Remove(dir)
}

// errPath is the path an error names, or the one given.
func errPath(err error, path string) string {
	var e *os.PathError
	if errors.As(err, &e) {
		return e.Path
	}
	return path
}

// resolve follows a link to what is meant.
func (f *target) resolve() {
	if f.follow && f.was == "link" {
		f.path = posix.Realpath(f.path)
		f.was = module.FileState(f.path)
	}
}

func (f *target) attributes() (*value.Dict, error) {
	w, err := f.times()
	if err != nil {
		return nil, err
	}
	args := f.t.FileArgs(f.path)
	f.resolve()
	if f.was != "file" && f.was != "hard" {
		return nil, module.FailWith(fmt.Sprintf("file (%s) is %s, cannot continue", f.path, f.was), "path", f.path, "state", f.was)
	}
	args.Path = f.path
	f.startDiff("file")
	changed, err := f.apply(args, w, false)
	return f.result("path", changed), err
}

// apply sets attributes and times.
func (f *target) apply(args module.FileArgs, w wishes, changed bool) (bool, error) {
	changed, err := f.t.SetAttributes(args, changed, f.diff)
	if err != nil {
		return changed, err
	}
	touched, err := w.set(f.t, args.Path, f.diff)
	return changed || touched, err
}

func (f *target) touch() (*value.Dict, error) {
	w, err := f.times()
	if err != nil {
		return nil, err
	}
	changed := false
	if f.was == "absent" {
		if f.t.Check {
			return value.DictOf("dest", f.path, "changed", true), nil
		}
		fd, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
		if err != nil {
			cause := posix.PyError(err, []byte(f.path))
			if f.t.Tagged() {
				return nil, module.FailBecause(cause, "Error, could not touch target.", "path", f.path)
			}
			return nil, module.FailWith("Error, could not touch target: "+cause, "path", f.path)
		}
		_ = fd.Close()
		changed = true
	}
	f.startDiff("touch")
	changed, err = f.apply(f.t.FileArgs(f.path), w, changed)
	if err != nil && f.was == "absent" {
		f.t.After(func() { _ = os.Remove(f.path) })
	}
	return f.result("dest", changed), err
}

func (f *target) directory() (*value.Dict, error) {
	w, err := f.times()
	if err != nil {
		return nil, err
	}
	args := f.t.FileArgs(f.path)
	f.resolve()
	args.Path = f.path
	f.startDiff("directory")
	switch {
	case f.was == "absent":
		changed := true
		if !f.t.Check {
			changed, err = f.makeDirs(args, w)
		}
		return f.result("path", changed), err
	case f.was != "directory":
		return nil, module.FailWith(fmt.Sprintf("%s already exists as a %s", f.path, f.was), "path", f.path)
	}
	changed, err := f.apply(args, w, false)
	if err == nil && f.t.Bool("recurse") {
		var below bool
		below, err = f.recurse(f.path, args, w)
		changed = changed || below
	}
	return f.result("path", changed), err
}

// makeDirs makes a folder and those above it that are missing, all with the wanted attributes.
func (f *target) makeDirs(args module.FileArgs, w wishes) (bool, error) {
	changed, cur := false, ""
	for _, name := range strings.Split(strings.Trim(f.path, "/"), "/") {
		cur += "/" + name
		if !strings.HasPrefix(f.path, "/") {
			cur = strings.TrimLeft(cur, "/")
		}
		if posix.Exists(cur) {
			continue
		}
		if err := unix.Mkdir(cur, 0o777); err != nil && (!errors.Is(err, syscall.EEXIST) || !posix.IsDir(cur)) {
			return changed, module.FailWith(fmt.Sprintf("There was an issue creating %s as requested: %s", cur,
				posix.PyError(err, []byte(cur))), "path", f.path)
		}
		one := args
		one.Path = cur
		var err error
		if changed, err = f.t.SetAttributes(one, true, f.diff); err != nil {
			return changed, err
		}
		if _, err := w.set(f.t, args.Path, f.diff); err != nil {
			if f.t.Tagged() {
				return changed, err
			}
			return changed, module.FailWith(fmt.Sprintf("There was an issue creating %s as requested: ", cur), "path", f.path)
		}
	}
	return changed, nil
}

// recurse sets attributes and times of everything below dir.
func (f *target) recurse(dir string, args module.FileArgs, w wishes) (bool, error) {
	sub, plain := listDir(dir)
	changed := false
	for _, n := range append(append([]string(nil), sub...), plain...) {
		p := posix.Join(dir, n)
		paths := []string{p}
		if posix.IsLink(p) && f.follow {
			to, _ := os.Readlink(p)
			if to = posix.Join(dir, to); posix.Exists(to) {
				paths = append(paths, to)
			}
		}
		c, err := f.recurseInto(paths, args, w)
		changed = changed || c
		if err != nil {
			return changed, err
		}
	}
	for _, n := range sub {
		p := posix.Join(dir, n)
		if posix.IsLink(p) {
			continue
		}
		c, err := f.recurse(p, args, w)
		changed = changed || c
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// recurseInto handles one entry, and where its link leads when there are two paths.
func (f *target) recurseInto(paths []string, args module.FileArgs, w wishes) (bool, error) {
	changed := false
	for i, p := range paths {
		if i > 0 && posix.IsDir(p) {
			if filepath.Clean(p) == filepath.Clean(f.path) {
				return changed, module.Fail("Could not recursively set attributes on %s. Original error was: 'maximum recursion depth exceeded'", p)
			}
			c, err := f.recurse(p, args, w)
			changed = changed || c
			if err != nil {
				return changed, err
			}
		}
		one := args
		one.Path = p
		c, err := f.t.SetAttributes(one, false, nil)
		changed = changed || c
		if err != nil {
			return changed, err
		}
		c, err = w.set(f.t, p, nil)
		changed = changed || c
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

package module

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module/posix"
)

// FileArgs is what a task wants of a file's metadata.
type FileArgs struct {
	Path       string
	Mode       value.Value // nil, an int, or octal or symbolic text
	Owner      value.Value // nil, or a name or number as text
	Group      value.Value
	Attributes value.Value // nil, or chattr's letters
	Context    SEContext
}

// FileArgs returns what the parameters want of the file at path; with follow, of where a link leads.
func (t *Task) FileArgs(path string) FileArgs {
	path = t.Environ.ExpandPath(path)
	if t.Bool("follow") && posix.IsLink(path) {
		path = posix.Realpath(path)
	}
	return FileArgs{Path: path, Mode: t.Get("mode"), Owner: t.Get("owner"), Group: t.Get("group"),
		Attributes: t.Get("attributes"), Context: t.wantedContext(path)}
}

// note sets a key in diff's before and after.
func note(diff *value.Dict, key string, before, after value.Value) {
	if diff == nil {
		return
	}
	for side, v := range map[string]value.Value{"before": before, "after": after} {
		d, _ := diff.GetStr(side)
		sub, ok := d.(*value.Dict)
		if !ok {
			sub = value.NewDict()
			diff.SetStr(side, sub)
		}
		sub.SetStr(key, v)
	}
}

// SetAttributes gives the file the wanted context, owner, group, mode and attributes, and says
// whether something changed, or already was; in check mode it only says so. What differs is noted in
// diff, unless that is nil.
func (t *Task) SetAttributes(f FileArgs, changed bool, diff *value.Dict) (bool, error) {
	if t.Check && !posix.Exists(f.Path) {
		want := f.Owner != nil || f.Group != nil || f.Mode != nil || f.Attributes != nil || selinuxEnabled()
		return changed || want, nil
	}
	steps := []func(FileArgs, *value.Dict) (bool, error){t.setContext, t.setOwner, t.setGroup, t.setMode, t.setFlags}
	for _, step := range steps {
		c, err := step(f, diff)
		if err != nil {
			return changed, err
		}
		changed = changed || c
	}
	return changed, nil
}

func lstat(path string) (*unix.Stat_t, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return nil, &os.PathError{Op: "lstat", Path: path, Err: err}
	}
	return &st, nil
}

// UserID resolves an owner given by name or number.
func UserID(owner string) (int, bool) {
	if n, ok := argspec.ParseInt(owner); ok {
		id, ok := n.(int64)
		return int(id), ok
	}
	u, ok := posix.UserByName(owner)
	return u.UID, ok
}

// GroupID resolves a group given by name or number.
func GroupID(group string) (int, bool) {
	if n, ok := argspec.ParseInt(group); ok {
		id, ok := n.(int64)
		return int(id), ok
	}
	g, ok := posix.GroupByName(group)
	return g.GID, ok
}

func (t *Task) setOwner(f FileArgs, diff *value.Dict) (bool, error) {
	if f.Owner == nil {
		return false, nil
	}
	st, err := lstat(f.Path)
	if err != nil {
		return false, err
	}
	owner, _ := argspec.ToStr(f.Owner)
	uid, ok := UserID(owner)
	if !ok {
		return false, FailWith("chown failed: failed to look up user "+owner, "path", f.Path)
	}
	if int(st.Uid) == uid {
		return false, nil
	}
	note(diff, "owner", int64(st.Uid), int64(uid))
	if t.Check {
		return true, nil
	}
	if err := os.Lchown(f.Path, uid, -1); err != nil {
		why := posix.PyError(err, []byte(f.Path))
		if t.Tagged() {
			return false, FailBecause(why, "chown failed", "path", f.Path)
		}
		return false, FailWith("chown failed: "+why, "path", f.Path)
	}
	return true, nil
}

func (t *Task) setGroup(f FileArgs, diff *value.Dict) (bool, error) {
	if f.Group == nil {
		return false, nil
	}
	st, err := lstat(f.Path)
	if err != nil {
		return false, err
	}
	group, _ := argspec.ToStr(f.Group)
	gid, ok := GroupID(group)
	if !ok {
		return false, FailWith("chgrp failed: failed to look up group "+group, "path", f.Path)
	}
	if int(st.Gid) == gid {
		return false, nil
	}
	note(diff, "group", int64(st.Gid), int64(gid))
	if t.Check {
		return true, nil
	}
	if err := os.Lchown(f.Path, -1, gid); err != nil {
		return false, FailWith("chgrp failed", "path", f.Path)
	}
	return true, nil
}

// ModeBits returns the permission bits that mode gives the file at path.
// It may be any number: which of them are modes, chmod knows.
func (t *Task) ModeBits(path string, mode value.Value, st *unix.Stat_t) (int64, error) {
	switch x := mode.(type) {
	case int64:
		return x, nil
	case *big.Int:
		return math.MaxInt64, nil
	case bool:
		if x {
			return 1, nil
		}
		return 0, nil
	}
	text, isText := value.Text(mode)
	if isText {
		if n, ok := posix.ParseOctal(text); ok {
			return n, nil
		}
	}
	if !isText {
		return 0, FailWith("mode must be in octal or symbolic form", "path", path,
			"details", "'"+value.TypeName(mode)+"' object has no attribute 'split'")
	}
	isDir := uint32(st.Mode)&unix.S_IFMT == unix.S_IFDIR
	n, err := posix.Symbolic{Now: uint32(st.Mode), IsDir: isDir, Umask: umask(), Tagged: t.Tagged()}.Apply(text)
	if err != nil {
		return 0, FailWith("mode must be in octal or symbolic form", "path", path, "details", err.Error())
	}
	return int64(n), nil
}

func (t *Task) setMode(f FileArgs, diff *value.Dict) (bool, error) {
	if f.Mode == nil {
		return false, nil
	}
	st, err := lstat(f.Path)
	if err != nil {
		return false, err
	}
	mode, err := t.ModeBits(f.Path, f.Mode, st)
	if err != nil {
		return false, err
	}
	before := uint32(st.Mode) & posix.PermBits
	if int64(before) == mode {
		return false, nil
	}
	note(diff, "mode", posix.FormatMode(before), "0"+octal3(mode))
	if t.Check {
		return true, nil
	}
	if mode != int64(int32(mode)) {
		return false, FailWith("chmod failed", "path", f.Path, "details", "Python int too large to convert to C int")
	}
	if err := chmod(f.Path, uint32(mode)&posix.PermBits, st); err != nil {
		return false, Raise(err, []byte(f.Path))
	}
	after, err := lstat(f.Path)
	if err != nil {
		return false, err
	}
	return uint32(after.Mode)&posix.PermBits != before, nil
}

// octal3 writes a number in octal with at least three places, as Python's %03o.
func octal3(n int64) string { return fmt.Sprintf("%03o", n) }

// chmod sets a mode. A link has none of its own on Linux: the file it leads to keeps its mode.
func chmod(path string, mode uint32, st *unix.Stat_t) error {
	if uint32(st.Mode)&unix.S_IFMT == unix.S_IFLNK {
		return lchmod(path, mode)
	}
	err := unix.Chmod(path, mode)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ELOOP) {
		return nil
	}
	if err != nil {
		return &os.PathError{Op: "chmod", Path: path, Err: err}
	}
	return nil
}

// setFlags is set_attributes_if_different: chattr's letters.
func (t *Task) setFlags(f FileArgs, diff *value.Dict) (bool, error) {
	if f.Attributes == nil {
		return false, nil
	}
	want, _ := argspec.ToStr(f.Attributes)
	now := FileFlags(f.Path, false).Flags
	op := "="
	if strings.HasPrefix(want, "-") || strings.HasPrefix(want, "+") {
		op, want = want[:1], want[1:]
	}
	if now == want && op != "-" || want == "" && t.Tagged() {
		return false, nil
	}
	cmd := BinPath(t.Environ, "chattr")
	if cmd == "" {
		return false, nil
	}
	note(diff, "attributes", now, op+want)
	if t.Check {
		return true, nil
	}
	out, err := exec.Command(cmd, op+want, f.Path).CombinedOutput()
	if err != nil || len(out) > 0 {
		why := "Error while setting attributes: " + string(out)
		return false, &Failure{Msg: "chattr failed", Keys: value.DictOf("path", f.Path, "details", why), Trace: "Exception: " + why}
	}
	return true, nil
}

// Flags are a file's attributes, as lsattr(1) shows them.
type Flags struct {
	Known   bool
	Version string
	Flags   string
}

// FileFlags asks lsattr for the attributes of a file.
func FileFlags(path string, version bool) Flags {
	cmd := BinPath(posix.Environ{}, "lsattr")
	if cmd == "" {
		return Flags{}
	}
	opt := "-d"
	if version {
		opt = "-vd"
	}
	out, err := exec.Command(cmd, opt, path).Output()
	f := strings.Fields(string(out))
	if err != nil || len(f) < 2 {
		return Flags{}
	}
	r := Flags{Known: true}
	if version {
		r.Version, f = f[0], f[1:]
	}
	r.Flags = strings.ReplaceAll(f[0], "-", "")
	return r
}

// BinPath finds a program in PATH and the sbin folders, "" when there is none.
func BinPath(env posix.Environ, name string) string {
	path, _ := env.Lookup("PATH")
	dirs := append(strings.Split(path, ":"), "/sbin", "/usr/sbin", "/usr/local/sbin")
	for _, d := range dirs {
		if d == "" {
			continue
		}
		p := d + "/" + name
		if st, err := os.Stat(p); err == nil && !st.IsDir() && st.Mode()&0o111 != 0 {
			return p
		}
	}
	return ""
}

// NeedBin is BinPath for a program the module cannot do without.
func (t *Task) NeedBin(name string) (string, error) {
	if p := BinPath(t.Environ, name); p != "" {
		return p, nil
	}
	path, _ := t.Environ.Lookup("PATH")
	dirs := strings.Split(path, ":")
	for _, d := range []string{"/sbin", "/usr/sbin", "/usr/local/sbin"} {
		if !contains(dirs, d) && posix.Exists(d) {
			dirs = append(dirs, d)
		}
	}
	return "", Fail("Failed to find required executable %q in paths: %s", name, strings.Join(dirs, ":"))
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// Output is what a program printed and how it ended.
type Output struct {
	RC          int
	Out, Err    string
	StartFailed error
}

// Exec runs a program and waits for it; stdin is empty unless given. A program that cannot be started
// is a failure in Ansible's words.
func (t *Task) Exec(ctx context.Context, argv []string, stdin string) (Output, error) {
	r := Start(ctx, Command{Argv: argv, Env: t.Environ.List(), Stdin: stdin})
	if r.StartFailed != nil {
		return r, t.NotStarted(posix.PyError(r.StartFailed, []byte(argv[0])), "cmd", strings.Join(quoteAll(argv), " "),
			"rc", int64(posix.Errno(r.StartFailed)), "stdout", "", "stderr", "")
	}
	return r, nil
}

// BadExit is the failure of a program that has not ended with 0, of a module that takes that for its own.
func BadExit(argv []string, out Output) error {
	return FailWith(strings.TrimRight(out.Err, " \t\n\r\f\v"), "cmd", strings.Join(quoteAll(argv), " "),
		"rc", int64(out.RC), "stdout", out.Out, "stderr", out.Err)
}

// NotStarted is the failure of a program that could not be started, with keys and values.
func (t *Task) NotStarted(why string, kv ...value.Value) error {
	if t.Tagged() {
		return FailBecause(why, "Error executing command.", kv...)
	}
	return FailWith(why, kv...)
}

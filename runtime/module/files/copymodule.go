package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"pbc/ir/value"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

// copied is the copy module's own work: a source and a destination on this host.
type copied struct {
	t                *module.Task
	src, dest        string
	srcSum, destSum  string
	srcMD5           value.Value
	backup           string
	changed, srcFile bool
}

func copyModule(ctx context.Context, t *module.Task) (*value.Dict, error) {
	c := &copied{t: t, src: t.Str("src"), dest: t.Str("dest")}
	if !strings.Contains(c.dest, "/") {
		c.dest = "./" + c.dest
	}
	if err := c.checkSource(); err != nil {
		return nil, err
	}
	if r, err := c.makeParents(); r != nil || err != nil {
		return r, err
	}
	if r, err := c.checkDest(); r != nil || err != nil {
		return r, err
	}
	if c.srcSum != c.destSum || posix.IsLink(c.dest) {
		if !t.Check {
			if err := c.replace(ctx); err != nil {
				return nil, err
			}
		}
		c.changed = true
	}
	if c.srcSum == "" && c.destSum == "" && t.Bool("remote_src") && posix.IsDir(t.Str("src")) {
		if err := c.copyTree(); err != nil {
			return nil, err
		}
	}
	return c.result()
}

func (c *copied) result() (*value.Dict, error) {
	r := value.DictOf("dest", c.dest, "src", c.src, "md5sum", c.srcMD5, "checksum", orNone(c.srcSum))
	if c.backup != "" {
		r.SetStr("backup_file", c.backup)
	}
	changed, err := c.t.SetAttributes(c.t.FileArgs(c.dest), c.changed, nil)
	r.SetStr("changed", changed)
	return r, err
}

func orNone(s string) value.Value {
	if s == "" {
		return nil
	}
	return s
}

func (c *copied) checkSource() error {
	t := c.t
	if !posix.Exists(c.src) {
		return module.Fail("Source %s not found", c.src)
	}
	if unix.Access(c.src, unix.R_OK) != nil {
		return module.Fail("Source %s not readable", c.src)
	}
	if t.Str("mode") == "preserve" {
		st, err := os.Stat(c.src)
		if err != nil {
			return err
		}
		t.Params.SetStr("mode", posix.FormatMode(posix.UnixMode(st.Mode())))
	}
	c.srcFile = posix.IsFile(c.src)
	if c.srcFile {
		var err error
		if c.srcSum, err = Checksum(c.src, "sha1"); err != nil {
			t.Warn("Unable to calculate src checksum, assuming change: %s", posix.PyError(err, []byte(c.src)))
		}
		if sum, err := Checksum(c.src, "md5"); err == nil {
			c.srcMD5 = sum
		}
	} else if t.Bool("remote_src") && !posix.IsDir(c.src) {
		return module.Fail("Cannot copy invalid source '%s': not a file", c.src)
	}
	if want := t.Str("checksum"); want != "" && want != c.srcSum {
		return module.FailWith("Copied file does not match the expected checksum. Transfer failed.",
			"checksum", orNone(c.srcSum), "expected_checksum", want)
	}
	return nil
}

// makeParents makes the folders above a destination that ends with a slash.
func (c *copied) makeParents() (*value.Dict, error) {
	if !strings.HasSuffix(c.dest, "/") {
		return nil, nil
	}
	if base := c.t.Str("_original_basename"); base != "" {
		c.dest = posix.Join(c.dest, base)
	}
	dir := posix.Dirname(c.dest)
	if posix.Exists(dir) {
		return nil, nil
	}
	if c.t.Check {
		return value.DictOf("msg", fmt.Sprintf("dest directory %s would be created", dir), "changed", true, "src", c.src), nil
	}
	var made []string
	for d := dir; d != "" && !posix.Exists(d); d = posix.Dirname(d) {
		made = append(made, d)
	}
	if err := posix.Makedirs(dir); err != nil {
		return nil, module.Raise(err, []byte(errPath(err, dir)))
	}
	c.changed = c.t.Tagged()
	args := c.t.FileArgs(c.t.Str("dest"))
	args.Mode = c.t.Get("directory_mode")
	for i := len(made) - 1; i >= 0; i-- {
		args.Path = made[i]
		if _, err := c.t.SetAttributes(args, false, nil); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// checkDest settles the destination's path and looks at what is there.
func (c *copied) checkDest() (*value.Dict, error) {
	t := c.t
	if posix.IsDir(c.dest) {
		base := posix.Basename(c.src)
		if o := t.Str("_original_basename"); o != "" {
			base = o
		}
		c.dest = posix.Join(c.dest, base)
	}
	dir := posix.Dirname(c.dest)
	if posix.Exists(c.dest) {
		if posix.IsLink(c.dest) && t.Bool("follow") {
			c.dest = posix.Realpath(c.dest)
			dir = posix.Dirname(c.dest)
		}
		if !t.Bool("force") {
			return value.DictOf("msg", "file already exists", "src", c.src, "dest", c.dest, "changed", false), nil
		}
		if posix.IsFile(c.dest) && unix.Access(c.dest, unix.R_OK) == nil {
			sum, err := Checksum(c.dest, "sha1")
			if err != nil {
				return nil, err
			}
			c.destSum = sum
		}
	} else if !posix.Exists(dir) {
		if _, err := os.Stat(dir); errors.Is(err, unix.EACCES) {
			return nil, module.Fail("Destination directory %s is not accessible", dir)
		}
		return nil, module.Fail("Destination directory %s does not exist", dir)
	}
	if unix.Access(dir, unix.W_OK) != nil && !t.Bool("unsafe_writes") {
		return nil, module.Fail("Destination %s not writable", dir)
	}
	return nil, nil
}

// replace puts the source's content in the destination's place.
func (c *copied) replace(ctx context.Context) error {
	err := c.tryReplace(ctx)
	var f *module.Failure
	var e *module.PyException
	if err == nil || errors.As(err, &f) || errors.As(err, &e) {
		return err
	}
	if c.t.Tagged() {
		return &module.PyException{Class: "Exception", Msg: fmt.Sprintf("Failed to copy %s to %s.", value.StrRepr(c.src), value.StrRepr(c.dest)), Cause: posix.PyError(err)}
	}
	return module.FailWith(fmt.Sprintf("failed to copy: %s to %s", c.src, c.dest), "traceback",
		fmt.Sprintf("Traceback (most recent call last):\n%s: %s\n", posix.PyClass(err), posix.PyError(err)))
}

func (c *copied) tryReplace(ctx context.Context) error {
	t := c.t
	if t.Bool("backup") {
		var err error
		if c.backup, err = t.Backup(c.dest); err != nil {
			return err
		}
	}
	if posix.IsLink(c.dest) {
		if err := os.Remove(c.dest); err != nil {
			return err
		}
		if err := os.WriteFile(c.dest, nil, 0o666); err != nil {
			return err
		}
	}
	if t.Str("validate") != "" {
		if err := c.validate(ctx); err != nil {
			return err
		}
	}
	from := c.src
	if t.Bool("remote_src") && c.srcFile {
		var err error
		if from, err = posix.TempFile(posix.Dirname(c.dest), "tmp", ""); err != nil {
			return err
		}
		if err := module.CopyFile(c.src, from); err != nil {
			return err
		}
	}
	return t.AtomicMove(from, c.dest, module.Move{Unsafe: t.Bool("unsafe_writes"), AsIs: t.Tagged() && t.Bool("remote_src"), Bytes: true})
}

// validate runs the task's check on the new file, which already has its mode and owner.
func (c *copied) validate(ctx context.Context) error {
	args := module.FileArgs{Path: c.src, Mode: c.t.Get("mode"), Owner: c.t.Get("owner"), Group: c.t.Get("group")}
	if _, err := c.t.SetAttributes(args, false, nil); err != nil {
		return err
	}
	return Validate(ctx, c.t, c.src, func(out module.Output) error {
		return module.FailWith("failed to validate", "exit_status", int64(out.RC), "stdout", out.Out, "stderr", out.Err)
	})
}

// Validate runs the validate option's command on a file; failed makes the failure of a command that
// does not succeed.
func Validate(ctx context.Context, t *module.Task, path string, failed func(module.Output) error) error {
	line := t.Str("validate")
	if !strings.Contains(line, "%s") {
		return module.Fail("validate must contain %%s: %s", line)
	}
	out, err := t.ExecLine(ctx, strings.NewReplacer("%%", "%", "%s", path).Replace(line))
	if err != nil {
		return err
	}
	if out.RC != 0 {
		return failed(out)
	}
	return nil
}

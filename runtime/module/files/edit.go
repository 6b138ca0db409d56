package files

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/exception"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/pyre"
)

// editSpec returns the options that the modules which edit text files share, and those given.
func editSpec(extra ...argspec.Arg) []argspec.Arg {
	return append([]argspec.Arg{
		{Name: "path", Type: argspec.Path, Required: true, Aliases: []string{"dest", "destfile", "name"}},
		{Name: "backup", Type: argspec.Bool, Default: false},
		{Name: "validate"},
	}, extra...)
}

// edit is a text file that is being changed.
type edit struct {
	ctx  context.Context
	t    *module.Task
	path string
}

// splitLines splits after each newline, as reading a file in Python does.
func splitLines(b []byte) [][]byte {
	var r [][]byte
	for line := range bytes.Lines(b) {
		r = append(r, bytes.Clone(line))
	}
	return r
}

// splitBytes is bytes.splitlines(True): \r and \r\n end lines too.
func splitBytes(b []byte) [][]byte {
	var r [][]byte
	start := 0
	for i := 0; i < len(b); i++ {
		if b[i] != '\n' && b[i] != '\r' {
			continue
		}
		if b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n' {
			i++
		}
		r = append(r, bytes.Clone(b[start:i+1]))
		start = i + 1
	}
	if start < len(b) {
		r = append(r, bytes.Clone(b[start:]))
	}
	return r
}

func bare(line []byte) string { return string(bytes.TrimRight(line, "\r\n")) }

// contentDiff is the diff of a file's text.
func contentDiff(path string) *value.Dict {
	return value.DictOf("before", "", "after", "", "before_header", path+" (content)", "after_header", path+" (content)")
}

// makeParent makes the folder of a file that is to be made.
func (e *edit) makeParent(failure func(dir string, err error) error) error {
	dir := posix.Dirname(e.path)
	if e.t.Check || dir == "" || posix.Exists(dir) {
		return nil
	}
	if err := posix.Makedirs(dir); err != nil {
		return failure(dir, err)
	}
	return nil
}

// write validates new content and puts it in the file's place. Links are followed.
func (e *edit) write(content []byte) error {
	tmp, err := posix.TempFile(e.t.RemoteTmp, "tmp", "")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp) }()
	if err := os.WriteFile(tmp, content, 0o600); err != nil {
		return err
	}
	if e.t.Str("validate") != "" {
		err := Validate(e.ctx, e.t, tmp, func(out module.Output) error {
			return module.Fail("failed to validate: rc:%d error:%s", out.RC, out.Err)
		})
		if err != nil {
			return err
		}
	}
	return e.t.AtomicMove(tmp, posix.Realpath(e.path), module.Move{Unsafe: e.t.Bool("unsafe_writes")})
}

// attributes sees to owner and mode, and says so in the message.
func (e *edit) attributes(msg string, changed bool, diff *value.Dict) (string, bool, error) {
	set, err := e.t.SetAttributes(e.t.FileArgs(e.t.Str("path")), false, diff)
	if err != nil || !set {
		return msg, changed, err
	}
	if changed {
		msg += " and "
	}
	return msg + "ownership, perms or SE linux context changed", true, nil
}

// attributeDiff starts the diff of a file's attributes.
func attributeDiff(path string, d *value.Dict) *value.Dict {
	d.SetStr("before_header", path+" (file attributes)")
	d.SetStr("after_header", path+" (file attributes)")
	return d
}

// compile is re.compile of a bytes pattern; what Python refuses is an exception.
func compile(pattern string, flags pyre.Flags) (*pyre.Regexp, error) {
	re, err := pyre.Compile(pattern, flags)
	if err != nil {
		return nil, pyException(err)
	}
	return re, nil
}

// pyException is an error of a pattern as the exception that ends the module.
func pyException(err error) error {
	return &module.PyException{Class: exception.ClassOf(err), Msg: err.Error()}
}

func (e *edit) notFolder() error {
	if posix.IsDir(e.path) {
		return module.FailWith(fmt.Sprintf("Path %s is a directory !", e.path), "rc", int64(256))
	}
	return nil
}

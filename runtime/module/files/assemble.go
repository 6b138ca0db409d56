package files

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/pyre"
)

var assembleSpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "src", Type: argspec.Path, Required: true},
		{Name: "delimiter"},
		{Name: "dest", Type: argspec.Path, Required: true},
		{Name: "backup", Type: argspec.Bool, Default: false},
		{Name: "remote_src", Type: argspec.Bool, Default: true},
		{Name: "regexp"},
		{Name: "ignore_hidden", Type: argspec.Bool, Default: false},
		{Name: "validate"},
	},
	FileCommon: true,
}

// Assemble is ansible.builtin.assemble of fragments that are on the host, which is its default.
// Fragments on the controller it leaves to Ansible's own action plugin.
func Assemble() module.Module {
	return module.Module{Name: "ansible.builtin.assemble", Short: "assemble", Effect: module.Local, Spec: assembleSpec,
		Run: func(ctx context.Context, c *module.Call) *value.Dict {
			if c.Check {
				return value.DictOf("skipped", true, "changed", false, "msg", "check mode is not supported for this task.")
			}
			src, _ := c.Args.GetStr("src")
			dest, _ := c.Args.GetStr("dest")
			if src == nil || dest == nil {
				return value.DictOf("failed", true, "changed", false, "msg", "src and dest are required")
			}
			over := *c
			over.Args = c.Args.Copy()
			over.Args.Del("decrypt")
			return module.RunAs(ctx, &over, "ansible.legacy.assemble", assembleSpec, assemble)
		},
		Declines: func(c *module.Call) string { return localFragments(c.Args) },
		Refuses:  localFragments,
	}
}

// localFragments says that the fragments are not on the host.
func localFragments(args *value.Dict) string {
	if _, given := args.GetStr("remote_src"); given && !(&copying{args: args}).loose("remote_src", true) {
		return "the fragments are on the controller"
	}
	return ""
}

func assemble(ctx context.Context, t *module.Task) (*value.Dict, error) {
	src, dest := t.Str("src"), t.Str("dest")
	if !posix.Exists(src) {
		return nil, module.Fail("Source (%s) does not exist", src)
	}
	if !posix.IsDir(src) {
		return nil, module.Fail("Source (%s) is not a directory", src)
	}
	var re *pyre.Regexp
	if t.Has("regexp") {
		var err error
		if re, err = pyre.Compile(t.Str("regexp"), 0); err != nil {
			return nil, module.Fail(`Invalid Regexp (%s) in "%s"`, err, t.Str("regexp"))
		}
	}
	validate := t.Str("validate")
	if validate != "" && !strings.Contains(validate, "%s") {
		return nil, module.Fail("validate must contain %%s: %s", validate)
	}
	data, err := fragments(t, src, re)
	if err != nil {
		return nil, err
	}
	a := &assembling{ctx: ctx, t: t, dest: dest, data: data}
	sum, md5 := digest("sha1", data), digest("md5", data)
	a.res = value.DictOf("src", src, "dest", dest, "checksum", sum, "md5sum", md5)
	changed, err := a.place(sum)
	if err != nil {
		return nil, err
	}
	changed, err = t.SetAttributes(t.FileArgs(dest), changed, nil)
	a.res.SetStr("changed", changed)
	a.res.SetStr("msg", "OK")
	return a.res, err
}

func digest(algorithm string, data []byte) string {
	h := hashes[algorithm]()
	_, _ = h.Write(data)
	return fmt.Sprintf("%x", h.Sum(nil))
}

// fragments joins a folder's files in the order of their names.
func fragments(t *module.Task, src string, re *pyre.Regexp) ([]byte, error) {
	entries, err := os.ReadDir(src)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	delimiter := []byte(unescape(t.Str("delimiter")))
	first, ended := true, true
	for _, e := range entries {
		path := posix.Join(src, e.Name())
		hidden := t.Bool("ignore_hidden") && strings.HasPrefix(e.Name(), ".")
		wanted := true
		if re != nil {
			m, err := re.Search(e.Name())
			if err != nil {
				return nil, err
			}
			wanted = m != nil
		}
		if !wanted || hidden || !posix.IsFile(path) {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if !ended {
			out.WriteByte('\n')
		}
		if !first && len(delimiter) > 0 {
			out.Write(delimiter)
			if delimiter[len(delimiter)-1] != '\n' {
				out.WriteByte('\n')
			}
		}
		out.Write(data)
		first, ended = false, bytes.HasSuffix(data, []byte("\n"))
	}
	return out.Bytes(), nil
}

// unescape is what Python's codecs.escape_decode makes of a delimiter.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for s != "" {
		r, multi, rest, err := strconv.UnquoteChar(s, 0)
		switch {
		case err == nil && (r < utf8.RuneSelf || !multi):
			b.WriteByte(byte(r))
		case err == nil:
			b.WriteRune(r)
		default:
			b.WriteByte(s[0])
			rest = s[1:]
		}
		s = rest
	}
	return b.String()
}

// assembling is one task of assemble.
type assembling struct {
	ctx  context.Context
	t    *module.Task
	dest string
	data []byte
	res  *value.Dict
}

// place writes the joined text where it differs from what is there.
func (a *assembling) place(sum string) (bool, error) {
	old := ""
	if posix.IsDir(a.dest) {
		return false, module.Fail("attempted to take checksum of directory: %s", a.dest)
	}
	if posix.Exists(a.dest) {
		var err error
		if old, err = Checksum(a.dest, "sha1"); err != nil {
			return false, err
		}
	}
	if old == sum {
		return false, nil
	}
	tmp, err := posix.TempFile(a.t.RemoteTmp, "tmp", "")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.Remove(tmp) }()
	if err := os.WriteFile(tmp, a.data, 0o600); err != nil {
		return false, err
	}
	if a.t.Str("validate") != "" {
		if err := a.validate(tmp); err != nil {
			return false, err
		}
	}
	if a.t.Bool("backup") && old != "" {
		backup, err := a.t.Backup(a.dest)
		if err != nil {
			return false, err
		}
		a.res.SetStr("backup_file", backup)
	}
	return true, a.t.AtomicMove(tmp, a.dest, a.t.Bool("unsafe_writes"))
}

func (a *assembling) validate(tmp string) error {
	out, err := a.t.ExecLine(a.ctx, strings.NewReplacer("%%", "%", "%s", tmp).Replace(a.t.Str("validate")))
	if err != nil {
		return err
	}
	a.res.SetStr("validation", value.DictOf("rc", int64(out.RC), "stdout", out.Out, "stderr", out.Err))
	if out.RC != 0 {
		return module.Fail("failed to validate: rc:%d error:%s", out.RC, out.Err)
	}
	return nil
}

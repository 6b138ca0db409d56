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
		{Name: "decrypt", Type: argspec.Bool, Default: true, OnlyNewer: true},
	},
	FileCommon:      true,
	TaggedCheckMode: true,
}

// Assemble is ansible.builtin.assemble: of fragments that are on the host, which is its default, or on the
// controller.
func Assemble() module.Module {
	return module.Module{Name: "ansible.builtin.assemble", Short: "assemble", Effect: module.Local, Spec: assembleSpec,
		Run: func(ctx context.Context, c *module.Call) *value.Dict {
			if c.Check && !c.Tagged() {
				return value.DictOf("skipped", true, "changed", false, "msg", "check mode is not supported for this task.")
			}
			over := *c
			over.Args = c.Args.Copy()
			if !c.Tagged() {
				over.Args.Del("decrypt")
			}
			p := &copying{ctx: ctx, c: &over, args: over.Args}
			if p.arg("src") == nil || p.arg("dest") == nil {
				return value.DictOf("failed", true, "changed", false, "msg", "src and dest are required", "exception", "NoneType: None\n", module.FailedBy, module.ByRaise)
			}
			if p.loose("remote_src", true) {
				return module.RunAs(ctx, &over, "ansible.legacy.assemble", assembleSpec, assemble)
			}
			return assembleLocal(p)
		},
	}
}

// assembleLocal joins fragments of the controller, and has the module copy do the rest: Ansible's plugin
// takes what it has joined for new each time.
func assembleLocal(p *copying) *value.Dict {
	switch src := p.c.Source; {
	case p.c.SourceError != "" || src == nil:
		return module.SourceFail(p.c.Dialect, p.c.SourceError)
	case !src.IsDir:
		return module.ActionFail("Source ("+src.Path+") is not a directory", "")
	}
	var re *pyre.Regexp
	if p.arg("regexp") != nil {
		var err error
		if re, err = pyre.Compile(p.text("regexp"), 0); err != nil {
			return module.Raised("error", err.Error())
		}
	}
	data, err := p.fragments(re)
	if err != nil {
		return module.Raised("OSError", err.Error())
	}
	one := piece{from: p.localTmp() + "/tmp" + posix.RandomName(), data: data}
	p.dest = p.c.ExpandUser(p.text("dest"))
	p.follow = p.loose("follow", false)
	if _, failed := p.status(p.dest); failed != nil {
		return failed
	}
	for _, k := range []string{"remote_src", "regexp", "delimiter", "ignore_hidden", "decrypt"} {
		p.args.Del(k)
	}
	p.args.SetStr("dest", p.dest)
	return p.replaceWhole(one)
}

// replaceWhole lets the module copy put a joined file in its place.
func (p *copying) replaceWhole(one piece) *value.Dict {
	var diff *value.Dict
	if p.c.Diff {
		diff = p.diff(p.dest, one)
	}
	tmp := posix.Join(p.c.RemoteTmp, "src")
	if err := os.WriteFile(tmp, one.data, 0o644); err != nil {
		return value.DictOf("failed", true, "changed", false, "msg", fmt.Sprintf("failed to transfer file to %s: %s", tmp, posix.PyError(err, tmp)))
	}
	defer func() { _ = os.Remove(tmp) }()
	p.args.SetStr("src", tmp)
	r := p.module("ansible.legacy.copy", copySpec, copyModule, p.args)
	if diff != nil {
		r.SetStr("diff", diff)
	}
	return r
}

// fragments joins a folder's files of the controller.
func (p *copying) fragments(re *pyre.Regexp) ([]byte, error) {
	j := &joining{delimiter: p.text("delimiter"), ended: true, first: true, always: true}
	for i := range p.c.Source.Children {
		s := &p.c.Source.Children[i]
		hidden := p.arg("ignore_hidden") != nil && p.truthy("ignore_hidden") && strings.HasPrefix(s.Path, ".")
		if strings.Contains(s.Path, "/") || s.Digest == "" || hidden || !occurs(re, s.Path) {
			continue
		}
		one, err := p.read(s, s.Path, s.Path)
		if err != nil {
			return nil, err
		}
		j.add(one.data)
	}
	return j.out.Bytes(), nil
}

// occurs says whether a pattern, if there is one, occurs in a name.
func occurs(re *pyre.Regexp, name string) bool {
	if re == nil {
		return true
	}
	m, err := re.Search(name)
	return err == nil && m != nil
}

// truthy is Python's truth of an argument.
func (p *copying) truthy(name string) bool {
	v := p.arg(name)
	return v != nil && v != false && v != int64(0) && p.text(name) != ""
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
		return nil, module.Raise(err, src)
	}
	j := &joining{delimiter: t.Str("delimiter"), ended: true, first: true}
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
			return nil, module.Raise(err, path)
		}
		j.add(data)
	}
	return j.out.Bytes(), nil
}

// joining joins fragments.
type joining struct {
	out          bytes.Buffer
	delimiter    string
	first, ended bool // nothing was added yet; what was added last ended its line
	// always puts a newline after the delimiter also where it ends with one, as Ansible's plugin does.
	always bool
}

// add adds a fragment, on a line of its own and after the delimiter.
func (j *joining) add(data []byte) {
	if !j.ended {
		j.out.WriteByte('\n')
	}
	if d := unescape(j.delimiter); !j.first && d != "" {
		j.out.WriteString(d)
		if j.always || !strings.HasSuffix(d, "\n") {
			j.out.WriteByte('\n')
		}
	}
	j.out.Write(data)
	j.first, j.ended = false, bytes.HasSuffix(data, []byte("\n"))
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
	if a.t.Check {
		return true, nil
	}
	return true, a.t.AtomicMove(tmp, a.dest, module.Move{Unsafe: a.t.Bool("unsafe_writes")})
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

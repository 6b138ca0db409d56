package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/python"
)

var copySpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "src", Type: argspec.Path},
		{Name: "_original_basename"},
		{Name: "content", NoLog: true},
		{Name: "dest", Type: argspec.Path, Required: true},
		{Name: "backup", Type: argspec.Bool, Default: false},
		{Name: "force", Type: argspec.Bool, Default: true},
		{Name: "validate"},
		{Name: "directory_mode", Type: argspec.Raw},
		{Name: "remote_src", Type: argspec.Bool, OnlyClassic: true},
		{Name: "remote_src", Type: argspec.Bool, Default: false, OnlyTagged: true},
		{Name: "local_follow", Type: argspec.Bool},
		{Name: "checksum"},
		{Name: "follow", Type: argspec.Bool, Default: false},
	},
	FileCommon: true,
	CheckMode:  true,
}

// Copy is ansible.builtin.copy: the action plugin's part, which decides what has to be written, and
// the module's, which writes it.
func Copy() module.Module {
	return module.Module{Name: "ansible.builtin.copy", Short: "copy", Effect: module.Local, Spec: copySpec,
		Run: func(ctx context.Context, c *module.Call) *value.Dict {
			return (&copying{ctx: ctx, c: c, args: c.Args}).run()
		}}
}

// copying is one task of copy or template.
type copying struct {
	ctx  context.Context
	c    *module.Call
	args *value.Dict
	// rendered is a template's text, shown in diffs under the name shown.
	rendered []byte
	shown    string

	dest    string
	follow  bool
	content bool
}

// piece is one file to copy: its name below dest, its bytes, and its mode on the controller.
type piece struct {
	name string
	from string
	mode uint32
	data []byte
}

func (p *copying) arg(name string) value.Value {
	v, _ := p.args.GetStr(name)
	return v
}

func (p *copying) text(name string) string {
	v := p.arg(name)
	if v == nil {
		return ""
	}
	s, _ := argspec.ToStr(v)
	return s
}

// loose is boolean(v, strict=False): what is no bool is false.
func (p *copying) loose(name string, absent bool) bool {
	v, ok := p.args.GetStr(name)
	if !ok {
		return absent
	}
	b, err := argspec.ToBool(v)
	return err == nil && b == true
}

func (p *copying) run() *value.Dict {
	if msg := p.refusal(); msg != "" {
		return p.invoked(value.DictOf("failed", true, "changed", false, "msg", msg, module.FailedBy, module.ByAction))
	}
	if !p.content && p.loose("remote_src", false) && p.rendered == nil {
		return p.invoked(module.RunAs(p.ctx, p.c, "ansible.legacy.copy", copySpec, copyModule))
	}
	if p.c.SourceError != "" && p.c.Tagged() {
		return unexplained(p.c.SourceError)
	}
	if p.c.SourceError != "" {
		return notFound(p.c.SourceError)
	}
	if !p.content && p.c.Source == nil && p.rendered == nil {
		return p.invoked(value.DictOf("failed", true, "changed", false, "msg", p.c.SourceError))
	}
	p.dest = p.c.ExpandUser(p.text("dest"))
	p.follow = p.loose("follow", false)
	if p.c.Source != nil && p.c.Source.IsDir && p.rendered == nil && !p.content {
		return p.invoked(p.folder())
	}
	one, err := p.single()
	if err != nil {
		return p.invoked(value.DictOf("failed", true, "changed", false, "msg", "could not write content temp file: "+err.Error()))
	}
	r := p.file(one, p.dest)
	if r == nil { // the file exists and force is off
		src := one.from
		return p.invoked(value.DictOf("dest", p.dest, "src", src, "changed", false))
	}
	if path, ok := r.GetStr("path"); ok && !isTrue(r, "failed") {
		if _, ok := r.GetStr("dest"); !ok {
			r.SetStr("dest", path)
		}
	}
	return p.invoked(r)
}

// notFound is the result of a task whose file is not on the controller.
func notFound(msg string) *value.Dict {
	if again, ok := module.Unreadable(msg); ok {
		return value.DictOf("failed", true, "_ansible_raised", true, "msg", again)
	}
	return value.DictOf("failed", true, "changed", false, module.FailedBy, module.ByHandler, "msg", msg,
		"exception", "Traceback (most recent call last):\nansible.errors.AnsibleFileNotFound: "+msg+"\n")
}

// unexplained is notFound as copy fails in dialect tagged: its own error says nothing.
func unexplained(msg string) *value.Dict {
	chain := failure.Failure{Msg: "Unexpected AnsibleActionFail error."}.Because(failure.New(msg))
	return value.DictOf("failed", true, "changed", false, module.FailedBy, module.ByRaise, "msg", chain.Brief(), "_ansible_error", chain.Value())
}

func isTrue(d *value.Dict, key string) bool {
	v, _ := d.GetStr(key)
	return v == true
}

// refusal checks the arguments as the action plugin does.
func (p *copying) refusal() string {
	src, _ := python.Truth(p.arg("src"))
	dest, _ := python.Truth(p.arg("dest"))
	p.content = p.arg("content") != nil
	switch {
	case !src && !p.content:
		return "src (or content) is required"
	case !dest:
		return "dest is required"
	case src && p.content:
		return "src and content are mutually exclusive"
	case p.content && strings.HasSuffix(p.text("dest"), "/"):
		return "can not use content with a dir as dest"
	}
	return ""
}

// invoked adds the invocation to a result that no module has given one, with content hidden.
func (p *copying) invoked(r *value.Dict) *value.Dict {
	_, has := r.GetStr("invocation")
	_, counted := r.GetStr("changed")
	_, raised := r.GetStr("_ansible_error")
	if has || raised || !counted { // an error of the action plugin itself has neither
		return r
	}
	inv, args := p.args.Copy(), p.args.Copy()
	if _, ok := inv.GetStr("content"); ok {
		inv.SetStr("content", "CENSORED: content is a no_log parameter")
	}
	if v, _ := args.GetStr("content"); v != nil {
		args.SetStr("content", argspec.Masked)
	}
	inv.SetStr("module_args", args)
	r.SetStr("invocation", inv)
	return r
}

func (p *copying) localTmp() string {
	if p.c.LocalTmp != "" {
		return p.c.LocalTmp
	}
	return posix.Environ{}.ExpandUser(fmt.Sprintf("~/.ansible/tmp/ansible-local-%d%s", os.Getpid(), posix.RandomName()))
}

// single is the one file of a task whose source is no folder.
func (p *copying) single() (piece, error) {
	switch {
	case p.rendered != nil:
		return piece{name: posix.Basename(p.shown), from: p.shown, data: p.rendered}, nil
	case !p.content:
		return p.read(p.c.Source, posix.Basename(strings.TrimSuffix(p.c.Source.Path, "/")), p.c.Source.Path)
	}
	prefix := "/tmp"
	if p.c.Tagged() {
		prefix = "/."
	}
	from := p.localTmp() + prefix + posix.RandomName()
	one := piece{name: posix.Basename(from), from: from, mode: 0o600}
	var err error
	text := ""
	switch x := p.arg("content").(type) {
	case *value.Dict, *value.List:
		text, err = value.JSON(x, value.JSONOptions{ASCII: true})
	default:
		text, err = argspec.ToStr(x)
	}
	one.data = []byte(text)
	return one, err
}

func (p *copying) read(s *module.Source, name, from string) (piece, error) {
	one := piece{name: name, from: from, mode: s.Mode}
	r, err := p.c.Blobs.Open(s.Digest)
	if err != nil {
		return one, err
	}
	one.data, err = io.ReadAll(r)
	return one, errors.Join(err, r.Close())
}

// status is what the action plugin asks of dest before it copies.
type status struct {
	exists, isDir bool
	sum           string
}

func (p *copying) status(path string) (status, *value.Dict) {
	var st unix.Stat_t
	call := unix.Lstat
	if p.follow {
		call = unix.Stat
	}
	err := call(path, &st)
	if errors.Is(err, unix.ENOENT) {
		return status{}, nil
	}
	if err != nil {
		msg := fmt.Sprintf("Failed to get information on remote file (%s): %s", path, posix.Strerror(posix.Errno(err)))
		if p.c.Tagged() {
			return status{}, value.DictOf("failed", true, "changed", false, "_ansible_error", failure.New(msg).Value(), module.FailedBy, module.ByRaise)
		}
		return status{}, value.DictOf("failed", true, "_ansible_raised", true, "msg", msg)
	}
	s := status{exists: true, isDir: kind(&st) == unix.S_IFDIR}
	if kind(&st) == unix.S_IFREG {
		s.sum, _ = Checksum(path, "sha1")
	}
	return s, nil
}

// file copies one file and returns the module's result, nil when there is nothing to be done.
func (p *copying) file(one piece, dest string) *value.Dict {
	path := dest
	if strings.HasSuffix(dest, "/") {
		path = posix.Join(dest, one.name)
	}
	st, failed := p.status(path)
	if failed != nil {
		return failed
	}
	diff := value.NewList()
	if st.isDir {
		if p.content {
			return value.DictOf("failed", true, "changed", false, "diff", diff, "msg", "can not use content with a dir as dest",
				module.FailedBy, module.ByAction)
		}
		path = posix.Join(dest, one.name)
		if st, failed = p.status(path); failed != nil {
			return failed
		}
	}
	if st.exists && !p.loose("force", true) {
		return nil
	}
	sum := digest("sha1", one.data)
	var r *value.Dict
	if sum == st.sum {
		r = p.sameContent(one, dest, path)
	} else {
		if p.c.Diff {
			diff.V = append(diff.V, p.diff(path, one))
		}
		if p.c.Check {
			return value.DictOf("changed", true, "diff", diff)
		}
		r = p.write(one, dest, path, sum)
	}
	if v, _ := r.GetStr("checksum"); v == nil {
		r.SetStr("checksum", sum)
	}
	if _, ok := r.GetStr("diff"); !ok {
		r.SetStr("diff", diff)
	}
	return r
}

// forFile are the arguments of copy that the file module knows too.
var forFile = []string{"mode", "owner", "group", "seuser", "serole", "selevel", "setype", "attributes", "unsafe_writes",
	"state", "path", "_original_basename", "recurse", "force", "_diff_peek"}

func (p *copying) fileArgs() *value.Dict {
	d := value.NewDict()
	for _, k := range forFile {
		if v, ok := p.args.GetStr(k); ok {
			d.SetStr(k, v)
		}
	}
	return d
}

// keptMode is the source's own mode, when the task wants it preserved.
func (p *copying) keptMode(one piece, args *value.Dict) {
	if m, _ := value.Text(p.arg("mode")); m == "preserve" {
		args.SetStr("mode", posix.FormatMode(one.mode))
	}
}

// sameContent lets the file module see to the attributes of a file that needs no copying.
func (p *copying) sameContent(one piece, dest, path string) *value.Dict {
	if p.follow && posix.IsLink(path) {
		dest = posix.Realpath(path)
	}
	args := p.fileArgs()
	args.SetStr("dest", dest)
	args.SetStr("_original_basename", one.name)
	args.SetStr("recurse", false)
	args.SetStr("state", "file")
	p.keptMode(one, args)
	return p.module("ansible.legacy.file", fileSpec, file, args)
}

func (p *copying) module(name string, spec *argspec.Spec, body module.Body, args *value.Dict) *value.Dict {
	c := *p.c
	c.Args = args
	return module.RunAs(p.ctx, &c, name, spec, body)
}

// tempName is the name of the temporary file: newer versions of Ansible keep the suffix, for the program that validates.
func (p *copying) tempName(dest string) string {
	if !p.c.Tagged() {
		return "source"
	}
	base := posix.Basename(dest)
	if i := strings.LastIndexByte(base, '.'); i > 0 && strings.Trim(base[:i], ".") != "" {
		return ".source" + base[i:]
	}
	return ".source"
}

// write runs the copy module on a temporary file with the new content of path, which is dest or in it.
func (p *copying) write(one piece, dest, path, sum string) *value.Dict {
	tmp := posix.Join(p.c.RemoteTmp, p.tempName(path))
	mode := os.FileMode(0o644)
	if p.loose("remote_src", false) { // the module keeps the mode of a file of the host, which Ansible has made a program
		mode = 0o744
	}
	if err := os.WriteFile(tmp, one.data, mode); err != nil {
		return value.DictOf("failed", true, "changed", false, "msg",
			fmt.Sprintf("failed to transfer file to %s: %s", tmp, posix.PyError(err, tmp)))
	}
	defer func() { _ = os.Remove(tmp) }()
	args := p.args.Copy()
	args.Del("content")
	args.Del("decrypt")
	args.SetStr("src", tmp)
	args.SetStr("dest", dest)
	args.SetStr("_original_basename", one.name)
	args.SetStr("follow", p.follow)
	if p.text("checksum") == "" {
		args.SetStr("checksum", sum)
	}
	p.keptMode(one, args)
	return p.module("ansible.legacy.copy", copySpec, copyModule, args)
}

// diff compares what is at path with what will be.
func (p *copying) diff(path string, one piece) *value.Dict {
	d := value.NewDict()
	var st unix.Stat_t
	exists, most := unix.Stat(path, &st) == nil, p.c.MaxDiff
	switch {
	case !exists || kind(&st) == unix.S_IFDIR:
		d.SetStr("before", "")
	case looksBinary(path):
		d.SetStr("dst_binary", int64(1))
	case most > 0 && st.Size > most:
		d.SetStr("dst_larger", most)
	default:
		if data, err := os.ReadFile(path); err == nil {
			d.SetStr("before_header", path)
			d.SetStr("before", string(data))
		}
	}
	switch {
	case most > 0 && int64(len(one.data)) > most:
		d.SetStr("src_larger", most)
	case strings.IndexByte(string(one.data), 0) >= 0:
		d.SetStr("src_binary", int64(1))
	default:
		d.SetStr("after_header", one.from)
		if p.c.Tagged() && p.content {
			d.SetStr("after_header", path)
		}
		d.SetStr("after", string(one.data))
	}
	if p.c.NoLog {
		if _, ok := d.GetStr("before"); ok {
			d.SetStr("before", "")
		}
		if _, ok := d.GetStr("after"); ok {
			d.SetStr("after", " [[ Diff output has been hidden because 'no_log: true' was specified for this result ]]\n")
		}
	}
	return d
}

// folder copies a folder's files, then makes its folders, then its links.
func (p *copying) folder() *value.Dict {
	src := p.c.Source
	base, from := strings.TrimRight(src.Path, "/"), strings.TrimRight(src.Path, "/")
	prefix := posix.Basename(base) + "/"
	if strings.HasSuffix(p.text("src"), "/") {
		prefix, from = "", from+"/"
	}
	if !strings.HasSuffix(p.dest, "/") {
		p.dest += "/"
	}
	dirs := 0
	for i := range src.Children {
		if src.Children[i].IsDir {
			dirs++
		}
	}
	if dirs > 0 {
		p.follow = false
	}
	f := &folding{p: p, prefix: prefix, base: base, dirs: dirs}
	for _, step := range []func(*module.Source) *value.Dict{f.oneFile, f.oneDir, f.oneLink} {
		for i := range src.Children {
			if failed := step(&src.Children[i]); failed != nil {
				return failed
			}
		}
	}
	if f.files == 1 && f.last != nil {
		if path, ok := f.last.GetStr("path"); ok {
			if _, ok := f.last.GetStr("dest"); !ok {
				f.last.SetStr("dest", path)
			}
		}
		return f.last
	}
	return value.DictOf("dest", p.dest, "src", from, "changed", f.changed)
}

// folding is the copying of one folder.
type folding struct {
	p            *copying
	prefix, base string
	dirs, files  int
	changed      bool
	last         *value.Dict // the last module's result
}

// keep notes a result, and returns it when it failed.
func (f *folding) keep(r *value.Dict) *value.Dict {
	if r == nil {
		return nil
	}
	if isTrue(r, "failed") {
		return r
	}
	f.last = r
	f.changed = f.changed || isTrue(r, "changed")
	return nil
}

func (f *folding) oneFile(s *module.Source) *value.Dict {
	if s.IsDir || s.Link != "" {
		return nil
	}
	f.files++
	one, err := f.p.read(s, f.prefix+s.Path, f.base+"/"+s.Path)
	if err != nil {
		return value.DictOf("failed", true, "changed", false, "msg", err.Error())
	}
	return f.keep(f.p.file(one, f.p.dest))
}

func (f *folding) oneDir(s *module.Source) *value.Dict {
	if !s.IsDir {
		return nil
	}
	args := f.p.fileArgs()
	args.SetStr("path", posix.Join(f.p.dest, f.prefix+s.Path))
	args.SetStr("state", "directory")
	args.SetStr("mode", f.p.arg("directory_mode"))
	args.SetStr("recurse", false)
	return f.keep(f.p.module("ansible.legacy.file", fileSpec, file, args))
}

func (f *folding) oneLink(s *module.Source) *value.Dict {
	if s.Link == "" {
		return nil
	}
	args := f.p.fileArgs()
	args.SetStr("path", posix.Join(f.p.dest, f.prefix+s.Path))
	args.SetStr("src", s.Link)
	args.SetStr("state", "link")
	args.SetStr("force", true)
	if f.dirs > 0 {
		args.SetStr("follow", false)
	}
	if m, _ := value.Text(f.p.arg("mode")); m == "preserve" {
		args.Del("mode")
	}
	return f.keep(f.p.module("ansible.legacy.file", fileSpec, file, args))
}

package machine

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"time"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/exception"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/pycodec"
)

// sourced says which argument of a module names a file on the controller, in which subfolder it is
// looked for, and which argument says that it is on the host instead. Words says that the module itself
// tells of a file that is not there, after it has seen its arguments.
type sourced struct {
	arg, kind, remote string
	words             bool
}

var sources = map[string]sourced{
	"ansible.builtin.copy":     {"src", "files", "remote_src", true},
	"ansible.builtin.template": {"src", "templates", "", true},
	"ansible.builtin.script":   {"_raw_params", "files", "", true},
	"ansible.builtin.assemble": {"src", "files", "remote_src", true},
}

// source gives a call the controller's file that its arguments name: the controller's half of copy,
// template and their like.
func (x *taskRun) source(ctx context.Context, c *module.Call) error {
	s, ok := sources[x.t.Module]
	if !ok || x.instead != "" {
		return nil
	}
	if err := x.argumentTypes(c); err != nil {
		return err
	}
	if b, _ := eval.Boolean(get(c.Args, s.remote)); b && s.remote != "" {
		return nil
	}
	if x.t.Module == "ansible.builtin.assemble" && !has(c.Args, "remote_src") {
		return nil
	}
	name, err := value.ToStr(get(c.Args, s.arg))
	if err != nil || !has(c.Args, s.arg) || get(c.Args, s.arg) == nil {
		return nil
	}
	if x.t.Module == "ansible.builtin.script" {
		if name = firstWord(name); name == "" {
			return nil
		}
	}
	if x.t.Module == "ansible.builtin.template" && !has(c.Args, "dest") {
		return nil
	}
	f, err := x.findFile(ctx, s.kind, name, c.Args)
	if err != nil {
		return err
	}
	if f.Fault != "" && s.words {
		c.SourceError = f.Fault
		return nil
	}
	if f.Fault != "" {
		return &fault{msg: f.Fault, result: value.DictOf("failed", true, "msg", f.Fault)}
	}
	switch {
	case x.t.Module == "ansible.builtin.copy":
		err = x.copyDest(c.Args, f.Tree.IsDir)
	case x.t.Module == "ansible.builtin.template" && f.Tree.IsDir:
		err = x.templateFolder(c, name, f.Tree.Path)
	}
	if err != nil || c.SourceError != "" {
		return err
	}
	w := view{follow: unset(c.Args, "local_follow"), decrypt: unset(c.Args, "decrypt"), tagged: x.tagged()}
	if why := w.closed(&f.Tree); why != "" && x.t.Module == "ansible.builtin.script" {
		c.SourceError = why
		return nil
	}
	if c.Source, err = w.source(&f.Tree); err != nil {
		return err
	}
	if x.t.Module == "ansible.builtin.template" {
		return x.render(c, f)
	}
	return nil
}

// firstWord is the first word of a command line, as a shell reads it.
func firstWord(s string) string {
	words, err := posix.Split(strings.TrimSpace(s))
	if err != nil || len(words) == 0 {
		return ""
	}
	return words[0]
}

// findFile finds a file of the controller: among those the compiler found, else by asking.
func (x *taskRun) findFile(ctx context.Context, kind, name string, args *value.Dict) (*ir.File, error) {
	for i := range x.t.Files {
		if f := &x.t.Files[i]; f.Kind == kind && f.Name == name {
			return f, nil
		}
	}
	var what value.Value = kind
	if kind == "templates" {
		d := args.Copy()
		d.SetStr("kind", kind)
		what = d
	}
	a, err := x.m.up.Ask(ctx, &event.Need{Ask: event.FindFile, Task: x.number, Addr: x.addr, Name: name, Args: ir.Val{V: what}})
	if err != nil {
		return nil, err
	}
	if a.File == nil {
		return &ir.File{Kind: kind, Name: name, Fault: a.Error}, nil
	}
	return a.File, nil
}

// view is how a task looks at files of the controller: a link that it follows appears as what it leads
// to, a vaulted file that it decrypts as what it holds.
type view struct{ follow, decrypt, tagged bool }

// unset reads an argument that is true when it is not given.
func unset(args *value.Dict, name string) bool {
	v, given := args.GetStr(name)
	b, ok := eval.Boolean(v)
	return b || !given || !ok
}

// closed is why a vaulted file that the view decrypts stays closed, empty for any other.
func (w view) closed(t *ir.FileTree) string {
	if !w.decrypt || t.Opened == nil {
		return ""
	}
	return t.Opened.Fault
}

// closedFault is the error of a file that stays closed. Dialect tagged tells its place where there were passwords.
func (w view) closedFault(why, file string) error {
	if !w.tagged || strings.HasPrefix(why, module.NoVaultPassword) {
		return faultf("%s", why)
	}
	return &taggedFault{chain: &failure.Failure{Msg: why, At: &value.Origin{File: file}}}
}

// source is a file as modules see it.
func (w view) source(t *ir.FileTree) (*module.Source, error) {
	s := &module.Source{Path: t.Path, Mode: t.Mode, Size: t.Size, Digest: t.Digest, Link: t.Link, IsDir: t.IsDir}
	if leads := t.Digest != "" || t.IsDir; w.follow && leads {
		s.Link = ""
	}
	if why := w.closed(t); why != "" {
		return nil, w.closedFault(why, t.Path)
	}
	if o := t.Opened; o != nil && w.decrypt {
		s.Size, s.Digest = o.Size, o.Digest
	}
	kept := "" // the last link to a folder that stays one: what is listed below it is not copied
	for i := range t.Children {
		c := &t.Children[i]
		if kept != "" && strings.HasPrefix(c.Path, kept) {
			continue
		}
		below, err := w.source(c)
		if err != nil {
			return nil, err
		}
		s.Children = append(s.Children, *below)
		if c.Link != "" && !w.follow {
			kept = c.Path + "/"
		}
	}
	return s, nil
}

// render makes the text of a template, with the variables that only templates have.
func (x *taskRun) render(c *module.Call, f *ir.File) error {
	t, ok := f.Tmpl.V.(*value.Tmpl)
	if !ok {
		return nil
	}
	dest, _ := value.ToStr(get(c.Args, "dest"))
	local := x.vars.local
	x.vars.local = local.Copy()
	defer func() { x.vars.local = local }()
	own, err := templateVars(f, dest), error(nil)
	if f.Raised != "" {
		err = &eval.Error{Class: f.RaisedBy, Msg: f.Raised}
	}
	if x.tagged() { // which lets variables have that name, too
		if _, set := x.vars.Lookup(managed); set {
			own.Del(managed)
			err = nil
		}
	}
	x.vars.local.Update(own)
	path := x.vars.lex.SearchPath()
	path.V = append(path.V, x.vars.lex.Basedir, filepath.Dir(f.Tree.Path)) // as Ansible's own module leaves it
	x.vars.local.SetStr("ansible_search_path", path)
	text := ""
	if err == nil {
		text, err = x.eval().From(f.Tree.Path).File(t)
	}
	if err == nil {
		c.Content, err = encoded(text, get(c.Args, "output_encoding"))
		return err
	}
	if x.tagged() {
		return err
	}
	class := exception.ClassOf(err)
	if isUndefined(err) {
		class = exception.AnsibleUndefined
	}
	msg := class[strings.LastIndexByte(class, '.')+1:] + ": " + err.Error()
	return &fault{msg: msg, result: value.DictOf("failed", true, "msg", msg, "changed", false,
		"exception", "Traceback (most recent call last):\n"+class+": "+err.Error()+"\n")}
}

// encoded is a template's text in the encoding that the task wants.
func encoded(text string, encoding value.Value) ([]byte, error) {
	name, ok := value.Text(encoding)
	if !ok || name == "" {
		return []byte(text), nil
	}
	return pycodec.Encode(text, name)
}

// managed is the variable that names what made a file.
const managed = "ansible_managed"

// templateVars are the variables that only a template sees.
func templateVars(f *ir.File, dest string) *value.Dict {
	d := asDict(f.Vars.V).Copy()
	d.SetStr("template_destpath", dest)
	d.SetStr("template_run_date", &value.Date{T: time.Now(), HasTime: true})
	return d
}

// blobs gives a module the controller's bytes: those that came ahead, else by asking.
type blobs struct {
	x   *taskRun
	ctx context.Context
}

// Open implements module.Blobs.
func (b *blobs) Open(digest string) (io.ReadCloser, error) {
	r := NewBlobReader(b.ctx, b.x.m.up, digest)
	return r, r.fill()
}

// BlobReader reads a blob from upstream, piece by piece.
type BlobReader struct {
	ctx    context.Context
	up     Asker
	digest string
	offset int64
	rest   []byte
	done   bool
}

// Asker is the part of an Upstream that answers needs.
type Asker interface {
	Ask(ctx context.Context, n *event.Need) (*event.Answer, error)
}

// NewBlobReader returns a reader of the blob with that digest.
func NewBlobReader(ctx context.Context, up Asker, digest string) *BlobReader {
	return &BlobReader{ctx: ctx, up: up, digest: digest}
}

// fill fetches the next piece.
func (r *BlobReader) fill() error {
	a, err := r.up.Ask(r.ctx, &event.Need{Ask: event.FetchBlob, Name: r.digest, Args: ir.Val{V: r.offset}})
	if err != nil {
		return err
	}
	if a.Error != "" {
		return faultf("%s", a.Error)
	}
	r.rest = a.Blob
	r.offset += int64(len(a.Blob))
	r.done = !a.Found || len(a.Blob) == 0
	return nil
}

// Read implements io.Reader.
func (r *BlobReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.done {
			return 0, io.EOF
		}
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close implements io.Closer.
func (r *BlobReader) Close() error { return nil }

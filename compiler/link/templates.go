package link

import (
	"errors"
	"math"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"pbc/compiler/files"
	"pbc/compiler/jinja"
	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/exception"
	"pbc/runtime/module"
	"pbc/runtime/python"
)

// templateOptions are the arguments of the template module that say how Jinja reads the file.
func templateOptions(args *value.Dict) *value.Dict {
	out := value.NewDict()
	for _, name := range jinja.OptionNames() {
		v, ok := args.GetStr(name)
		if !ok || v == nil {
			continue
		}
		if b, known := eval.Boolean(v); known {
			v = b
		}
		if s, isText := value.Text(v); isText && name == "newline_sequence" {
			v = strings.NewReplacer(`\r`, "\r", `\n`, "\n").Replace(s)
		}
		out.SetStr(name, v)
	}
	return out
}

// openFile adds to a file that was found what its vaults hold.
func (l *Linker) openFile(f *ir.File) bool {
	if f.Fault != "" || l.opt.Decrypt == nil {
		return false
	}
	t := l.opt.Store.Open(&f.Tree, l.unlock)
	if t == &f.Tree {
		return false
	}
	f.Tree = *t
	return true
}

// unlock opens a vaulted file that a task names.
//
// Observed: scenarios/vault/closed_sources.txtar.
func (l *Linker) unlock(path string, data []byte) ([]byte, error) {
	plain, err := l.opt.Decrypt(path, data)
	if err != nil && l.opt.Locked {
		return nil, errors.New(module.NoVaultPassword + path)
	}
	return plain, err
}

// ready are tasks as hosts get them: with what vaults hold among the files that they name, and in dialect tagged with their arguments by
// name, as they are rendered there. The tasks stay as they are.
//
// Observed: scenarios/set_fact/order.txtar.
func (l *Linker) ready(tasks []*ir.Task) []*ir.Task {
	out := slices.Clone(tasks)
	for i, t := range tasks {
		twin := *t
		twin.Files = slices.Clone(t.Files)
		changed := false
		for j := range twin.Files {
			changed = l.openFile(&twin.Files[j]) || changed
		}
		if args, ok := t.Args.V.(*value.Dict); ok && l.opt.Dialect == expr.Tagged && args.Len() > 1 {
			twin.Args, changed = ir.Val{V: byName(args)}, true
		}
		if changed {
			out[i] = &twin
		}
	}
	return out
}

// byName is d with its keys in order.
func byName(d *value.Dict) *value.Dict {
	names := make([]string, len(d.K))
	for i, k := range d.K {
		names[i], _ = value.Text(k)
	}
	slices.Sort(names)
	out := value.NewDict()
	for _, name := range names {
		v, _ := d.GetStr(name)
		out.SetStr(name, v)
	}
	return out
}

// CompleteFile parses a template that was found, and adds the variables that only it sees.
func (l *Linker) CompleteFile(f *ir.File, options *value.Dict) error {
	t := Template{Decrypt: l.opt.Decrypt, Disk: l.opt.Store.Disk(), Jinja: l.jinja, Options: options, Managed: l.opt.ManagedFormat}
	if l.opt.Decrypt != nil && l.opt.Dialect == expr.Classic {
		t.Decrypt = l.unlock
	}
	err := Complete(f, t)
	if errors.As(err, new(closedError)) {
		f.Tree.Opened = &ir.OpenedFile{Fault: err.Error()}
		return nil
	}
	return err
}

// closedError says why a vaulted template stays closed.
type closedError struct{ error }

// Unwrap is the reason.
func (e closedError) Unwrap() error { return e.error }

// errVaulted says that a template cannot be read yet: it is opened in a run only.
var errVaulted = errors.New("the template is vaulted")

// Template says how a template that a task names is read.
type Template struct {
	Decrypt files.Decrypt // nil does not open vaults
	Disk    files.Disk
	Jinja   jinja.Options
	Options *value.Dict // the arguments of the template module
	Managed string      // the setting ansible_managed
}

// Complete parses a template that was found, and adds the variables that only it sees.
//
// Ansible docs: "ansible.builtin.template module".
func Complete(f *ir.File, t Template) error {
	if f.Kind != "templates" || f.Fault != "" || f.Tree.IsDir {
		return nil
	}
	src, err := files.ReadFile(t.Disk, f.Tree.Path)
	if err != nil {
		return err
	}
	if files.IsVault(src) {
		if t.Decrypt == nil {
			return errVaulted
		}
		if src, err = t.Decrypt(f.Tree.Path, src); err != nil {
			return closedError{err}
		}
	}
	opt := t.Jinja
	opt.File = true
	for i := range t.Options.Len() {
		key, _ := value.Text(t.Options.K[i])
		if err := opt.Set(key, t.Options.V[i]); err != nil {
			return err
		}
	}
	f.Tmpl = ir.Val{V: opt.TemplateAt(string(src), ir.Pos{File: f.Tree.Path})}
	return Describe(f, t)
}

// Describe adds to a template that was parsed the variables that only it sees.
func Describe(f *ir.File, t Template) error {
	fi, err := t.Disk.Stat(f.Tree.Path)
	if err != nil {
		return err
	}
	owner := ownerOf(fi)
	mtime := localDate(fi.ModTime())
	managed, err := t.managedText(f.Name, owner, mtime)
	if err != nil {
		f.Raised, f.RaisedBy = err.Error(), exception.ClassOf(err)
	}
	f.Vars = ir.Val{V: value.DictOf("template_host", hostname(), "template_path", f.Name, "template_fullpath", f.Tree.Path,
		"template_mtime", &value.Date{T: mtime, HasTime: true}, "template_uid", owner, "ansible_managed", t.Jinja.Value(managed))}
	return nil
}

// localDate is a time as Python reads it from a file: a float of seconds, rounded to microseconds.
func localDate(t time.Time) time.Time {
	seconds := float64(t.Unix()) + 1e-9*float64(t.Nanosecond())
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.RoundToEven(part*1e6))*1000).Local()
}

func ownerOf(fi os.FileInfo) string {
	if p, ok := fi.(files.Planned); ok {
		return p.Owner()
	}
	uid, _ := UID(fi)
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}

// managedText is ansible_managed: the setting with its fields filled in as Python formats text, then the file's time. In dialect tagged
// the fields are templates of the variables. What comes of it may be a template in either.
func (t *Template) managedText(path, owner string, mtime time.Time) (string, error) {
	host := hostname()
	if t.Jinja.Dialect == expr.Tagged {
		host, owner, path = "{{ template_host }}", "{{ template_uid }}", "{{ template_path }}"
	}
	s, err := python.Format(t.Managed, python.Arg{Name: "host", V: host}, python.Arg{Name: "uid", V: owner}, python.Arg{Name: "file", V: path})
	return python.Strftime(mtime, s), err
}

// TemplateDirs are the folders in which a template that another one includes is looked for. From is the
// path of that other, "" when it is not known.
func TemplateDirs(lex *ir.Scope, from string) []string {
	dirs := searchDirs(lex)
	add := func(d string) { dirs = append(dirs, filepath.Join(d, "templates"), d) }
	add(lex.Basedir)
	if from != "" {
		add(filepath.Dir(from))
	}
	return dirs
}

// searchDirs are the folders that a task searches for templates: those of ansible_search_path, each with its templates first.
func searchDirs(lex *ir.Scope) []string {
	path := lex.Search
	if !slices.Contains(path, lex.Basedir) {
		path = append(slices.Clone(path), lex.Basedir)
	}
	var dirs []string
	for _, d := range path {
		dirs = append(dirs, filepath.Join(d, "templates"), d)
	}
	return dirs
}

// templateFile finds a template that another one includes: where templates are looked for, then beside it.
func (l *Linker) templateFile(s Site, n *event.Need) *event.Answer {
	from, _ := value.Text(n.Args.V)
	dirs := TemplateDirs(l.scope(s), from)
	t, err := l.includedTemplate(s.Play, dirs, n.Name)
	if t == nil || err != nil {
		return &event.Answer{Value: ir.Val{V: texts(dirs)}}
	}
	return &event.Answer{Found: true, Value: ir.Val{V: t}}
}

// includedTemplate reads the first template of that name, nil when there is none.
func (l *Linker) includedTemplate(play int, dirs []string, name string) (*value.Tmpl, error) {
	for _, d := range dirs {
		p := filepath.Join(d, name)
		b, err := files.ReadFile(l.opt.Store.Disk(), p)
		if err != nil {
			continue
		}
		if files.IsVault(b) && l.opt.Decrypt != nil {
			if b, err = l.opt.Decrypt(p, b); err != nil {
				return nil, err
			}
		}
		opt := l.jinja
		opt.File = true
		t := opt.TemplateAt(string(b), ir.Pos{File: p})
		l.parsed(play, t, p)
		return t, nil
	}
	return nil, nil
}

package link

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"pbc/compiler/files"
	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// includeVars is one call of include_vars.
//
// Ansible docs: "ansible.builtin.include_vars module".
type includeVars struct {
	l        *Linker
	lex      *ir.Scope
	role     *ir.Role
	dir      string // of the file the task is in
	args     *value.Dict
	included []string
	warnings []string
	hidden   bool
}

var (
	includeDirArgs  = []string{"dir", "depth", "files_matching", "ignore_files", "extensions", "ignore_unknown_extensions"}
	includeFileArgs = []string{"file", "_raw_params"}
	includeAnyArgs  = []string{"name", "hash_behaviour"}
)

// loadVars does the work of include_vars: all of it happens on the controller.
func (l *Linker) loadVars(s Site, n *event.Need) *event.Answer {
	t, role := l.task(s.Play, s.Task)
	args, ok := n.Args.V.(*value.Dict)
	if t == nil || !ok {
		return &event.Answer{Error: "malformed include_vars"}
	}
	iv := &includeVars{l: l, lex: l.scope(s), role: role, dir: path.Dir(t.Pos.File), args: args}
	if msg := iv.validate(); msg != "" {
		return &event.Answer{Error: msg}
	}
	vars, msg := iv.load()
	if name := iv.text("name"); name != "" {
		vars = value.DictOf(name, vars)
	}
	res := value.NewDict()
	if msg != "" {
		res.SetStr("failed", true)
		res.SetStr("message", msg)
	} else if b := iv.text("hash_behaviour"); b == "merge" {
		vars = l.merged(s, vars)
	}
	res.SetStr("ansible_included_var_files", texts(iv.included))
	res.SetStr("ansible_facts", vars)
	res.SetStr("_ansible_no_log", iv.hidden)
	return &event.Answer{Value: ir.Val{V: res}, Warnings: iv.warnings, Open: l.brought(s.Play, []*value.Dict{vars})}
}

func (iv *includeVars) text(key string) string {
	v, _ := iv.args.GetStr(key)
	if v == nil {
		return ""
	}
	s, _ := value.ToStr(v)
	return s
}

func (iv *includeVars) validate() string {
	folders, single := 0, 0
	for _, k := range iv.args.K {
		name, _ := value.Text(k)
		switch {
		case has(includeDirArgs, name):
			folders++
		case has(includeFileArgs, name):
			single++
		case !has(includeAnyArgs, name):
			return name + " is not a valid option in include_vars"
		}
	}
	if folders > 0 && single > 0 {
		return "You are mixing file only and dir only arguments, these are incompatible"
	}
	return ""
}

// load reads the file, or the files of the folder. The message is that of the failure.
func (iv *includeVars) load() (vars *value.Dict, msg string) {
	if dir := iv.text("dir"); dir != "" {
		return iv.folder(iv.root(dir))
	}
	name := strings.TrimRight(iv.text("file"), "\n")
	if name == "" {
		name = strings.TrimRight(iv.text("_raw_params"), "\n")
	}
	if name == "" {
		iv.warnings = append(iv.warnings, `Invalid request to find a file that matches a "null" value`)
		return value.NewDict(), "Could not find file on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option"
	}
	f := iv.l.opt.Store.Find(iv.lex.Search, iv.lex.Basedir, "vars", name)
	if f.Fault != "" {
		return value.NewDict(), f.Fault
	}
	return iv.file(f.Tree.Path, false)
}

// file reads one file of variables.
func (iv *includeVars) file(p string, checkExtension bool) (*value.Dict, string) {
	if checkExtension && !has(iv.extensions(), strings.TrimPrefix(filepath.Ext(p), ".")) {
		return value.NewDict(), p + " does not have a valid extension: " + strings.Join(iv.extensions(), ", ")
	}
	d, hidden, err := iv.l.opt.Front.LoadVars(p)
	iv.hidden = iv.hidden || hidden
	var unread *fs.PathError
	if errors.As(err, &unread) {
		cause := files.Errno(p, err)
		return value.NewDict(), fmt.Sprintf("an error occurred while trying to read the file '%s': %s. %s", p, cause, cause)
	}
	if err != nil {
		return value.NewDict(), err.Error()
	}
	iv.included = append(iv.included, p)
	return d, ""
}

func (iv *includeVars) extensions() []string {
	v, ok := iv.args.GetStr("extensions")
	if !ok {
		return []string{"yaml", "yml", "json"}
	}
	var out []string
	if list, ok := v.(*value.List); ok {
		for _, e := range list.V {
			s, _ := value.ToStr(e)
			out = append(out, s)
		}
		return out
	}
	s, _ := value.ToStr(v)
	for _, r := range s {
		out = append(out, string(r))
	}
	return out
}

// root is the folder that dir means: in a role below its vars, else beside the file of the task.
func (iv *includeVars) root(dir string) string {
	if path.IsAbs(dir) {
		return path.Clean(dir)
	}
	if iv.role == nil {
		return path.Join(iv.dir, dir)
	}
	if first, _, _ := strings.Cut(dir, "/"); first == "vars" {
		if p := path.Join(iv.role.Path, dir); iv.exists(p) {
			return p
		}
		return dir
	}
	return path.Join(iv.role.Path, "vars", dir)
}

func (iv *includeVars) exists(p string) bool {
	_, err := iv.l.opt.Store.Disk().Stat(p)
	return err == nil
}

// followed is how deep links to folders are followed: they may lead in circles.
const followed = 40

// isFolder says whether an entry of dir is a folder or a link to one.
func (iv *includeVars) isFolder(dir string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	fi, err := iv.l.opt.Store.Disk().Stat(filepath.Join(dir, e.Name()))
	return err == nil && fi.IsDir()
}

// folders lists a folder and those below it, as WalkDir would; with newer ones also behind links.
//
// Observed: ansible-core 2.14 and 2.18.
func (iv *includeVars) folders(dir string, links int) []string {
	out := []string{dir}
	entries, err := iv.l.opt.Store.Disk().ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		switch {
		case e.IsDir():
			out = append(out, iv.folders(filepath.Join(dir, e.Name()), links)...)
		case links > 0 && ir.Newer(iv.l.opt.Settings.CoreVersion) && iv.isFolder(dir, e):
			out = append(out, iv.folders(filepath.Join(dir, e.Name()), links-1)...)
		}
	}
	return out
}

func (iv *includeVars) folder(root string) (*value.Dict, string) {
	fi, err := iv.l.opt.Store.Disk().Stat(root)
	switch {
	case err != nil:
		return value.NewDict(), root + " directory does not exist"
	case !fi.IsDir():
		return value.NewDict(), root + " is not a directory"
	}
	out := value.NewDict()
	depth := 0
	v, _ := iv.args.GetStr("depth")
	if n, ok := v.(int64); ok {
		depth = int(n)
	}
	dirs := iv.folders(root, followed)
	sort.Strings(dirs)
	for i, dir := range dirs {
		if depth > 0 && i >= depth {
			break
		}
		found := out.Copy()
		if msg := iv.files(dir, found); msg != "" {
			return out, msg // without what the folder had before its fault
		}
		out = found
	}
	return out, ""
}

// files reads the files of one folder into out.
func (iv *includeVars) files(dir string, out *value.Dict) string {
	entries, err := iv.l.opt.Store.Disk().ReadDir(dir)
	if err != nil {
		return ""
	}
	unknownOK := false
	if v, ok := iv.args.GetStr("ignore_unknown_extensions"); ok {
		unknownOK, _ = eval.Boolean(v)
	}
	var matching *regexp.Regexp
	if m := iv.text("files_matching"); m != "" {
		if matching, err = regexp.Compile(m); err != nil {
			return "Invalid regular expression: " + m
		}
	}
	for _, e := range entries {
		p := filepath.Join(dir, e.Name())
		if iv.isFolder(dir, e) || iv.role != nil && p == path.Join(iv.role.Path, "vars", "main.yml") {
			continue
		}
		if matching != nil && !matching.MatchString(e.Name()) || iv.ignored(e.Name()) {
			continue
		}
		if unknownOK && !has(iv.extensions(), strings.TrimPrefix(filepath.Ext(p), ".")) {
			continue
		}
		d, msg := iv.file(p, true)
		if msg != "" {
			return msg
		}
		out.Update(d)
	}
	return ""
}

func (iv *includeVars) ignored(name string) bool {
	v, _ := iv.args.GetStr("ignore_files")
	var list []string
	if l, ok := v.(*value.List); ok {
		for _, e := range l.V {
			s, _ := value.ToStr(e)
			list = append(list, s)
		}
	} else if s, ok := value.Text(v); ok {
		list = strings.Fields(s)
	}
	for _, pattern := range list {
		if re, err := regexp.Compile(pattern + "$"); err == nil && re.MatchString(name) {
			return true
		}
	}
	return false
}

// merged combines the variables read with those of the same name that the host has.
func (l *Linker) merged(s Site, vars *value.Dict) *value.Dict {
	old, err := l.taskLayers(s, taskVars{})
	if err != nil {
		return vars
	}
	out := value.NewDict()
	for i, k := range vars.K {
		name, _ := value.Text(k)
		was, _ := old.Lookup(name)
		a, ok1 := was.(*value.Dict)
		b, ok2 := vars.V[i].(*value.Dict)
		if ok1 && ok2 {
			out.SetStr(name, combine(a, b))
			continue
		}
		out.SetStr(name, vars.V[i])
	}
	return out
}

// combine merges b over a, dictionaries within them too.
func combine(a, b *value.Dict) *value.Dict {
	out := a.Copy()
	for i, k := range b.K {
		was, _, _ := out.Get(k)
		x, ok1 := was.(*value.Dict)
		y, ok2 := b.V[i].(*value.Dict)
		if ok1 && ok2 {
			_ = out.Set(k, combine(x, y))
			continue
		}
		_ = out.Set(k, b.V[i])
	}
	return out
}

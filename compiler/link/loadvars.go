package link

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"pbc/compiler/files"
	"pbc/compiler/inventory"
	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/module"
	"pbc/runtime/pyre"
	"pbc/runtime/python"
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
	written  *value.Dict // args as the playbook has them
	included []string
	warnings []string
	closed   *value.VaultError // a vault that was met and cannot be opened
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
	written, _ := t.Args.V.(*value.Dict)
	iv := &includeVars{l: l, lex: l.scope(s), role: role, dir: path.Dir(t.Pos.File), args: args, written: written}
	if msg := iv.validate(); msg != "" {
		return &event.Answer{Error: msg}
	}
	vars, msg, err := iv.load()
	if err == nil {
		vars, err = iv.named(vars)
	}
	var raised *exception.Error
	if errors.As(err, &raised) && raised.Class != exception.Ansible {
		return &event.Answer{Error: raised.Msg, Kind: event.Raised + raised.Class}
	}
	if err != nil && raised != nil && raised.Handling {
		return &event.Answer{Error: raised.Msg, Kind: event.Handling}
	}
	if err != nil {
		return &event.Answer{Error: err.Error(), Warnings: iv.warnings}
	}
	l.learn(vars)
	res := value.NewDict()
	if msg != "" {
		res.SetStr("failed", true)
		res.SetStr("message", msg)
	} else if b := iv.text("hash_behaviour"); iv.given("hash_behaviour") && (b == "merge") != l.opt.Settings.HashMerge || b != "" && b != "merge" && b != "replace" {
		if vars, err = l.merged(s, vars, iv.truth("name"), b == "merge"); err != nil {
			return &event.Answer{Error: err.Error()}
		}
	}
	res.SetStr("ansible_included_var_files", texts(iv.included))
	res.SetStr("ansible_facts", vars)
	res.SetStr("_ansible_no_log", iv.hidden)
	return &event.Answer{Value: ir.Val{V: res}, Warnings: iv.warnings, Open: l.brought(s.Play, []*value.Dict{vars})}
}

func (iv *includeVars) given(key string) bool {
	v, _ := iv.args.GetStr(key)
	return v != nil
}

func (iv *includeVars) text(key string) string {
	v, _ := iv.args.GetStr(key)
	if v == nil {
		return ""
	}
	s, _ := value.ToStr(v)
	return s
}

func (iv *includeVars) truth(key string) bool {
	v, _ := iv.args.GetStr(key)
	given, _ := python.Truth(v)
	return given
}

// named puts the variables below the name that they are to have.
func (iv *includeVars) named(vars *value.Dict) (*value.Dict, error) {
	if !iv.truth("name") {
		return vars, nil
	}
	name, _ := iv.args.GetStr("name")
	switch name.(type) {
	case *value.List, *value.Dict:
		return nil, exception.TypeError("unhashable type: '%s'", iv.class("name"))
	}
	return value.DictOf(iv.text("name"), vars), nil
}

// class is what Python calls the class of an argument. What a playbook says has classes of its own, which lists and dictionaries
// have lost when an action gets them in dialect classic, and which nothing computed has.
func (iv *includeVars) class(key string) string {
	v, _ := iv.args.GetStr(key)
	name := value.TypeName(v)
	_, isText := value.Text(v)
	if !iv.tagged() {
		if isText {
			return "AnsibleUnicode"
		}
		return name
	}
	written := value.Value(nil)
	if iv.written != nil {
		written, _ = iv.written.GetStr(key)
	}
	if _, computed := written.(*value.Tmpl); computed || v == nil || name == "bool" {
		return name
	}
	return "_AnsibleTagged" + strings.ToUpper(name[:1]) + name[1:]
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

// load reads the file, or the files of the folder. The message is that of the failure, the error one that ends the action.
func (iv *includeVars) load() (vars *value.Dict, msg string, err error) {
	if v, ok := iv.args.GetStr("extensions"); ok {
		_, isText := value.Text(v)
		if _, isList := v.(*value.List); !isText && !isList {
			return nil, "", exception.AnsibleError("Invalid type for \"extensions\" option, it must be a list")
		}
	}
	if iv.truth("dir") {
		if err := iv.dirIsText(); err != nil {
			return nil, "", err
		}
		return iv.folder(iv.root(iv.text("dir")))
	}
	name := ""
	switch {
	case iv.truth("file"):
		if v, _ := iv.args.GetStr("file"); !isText(v) {
			return nil, "", exception.Raise("AttributeError", "'%s' object has no attribute 'startswith'", iv.class("file"))
		}
		name = iv.text("file")
	case iv.truth("_raw_params"):
		name = strings.TrimRight(iv.text("_raw_params"), "\n")
	}
	if name == "" {
		iv.warnings = append(iv.warnings, `Invalid request to find a file that matches a "null" value`)
		return value.NewDict(), "Could not find file on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option", nil
	}
	f := iv.l.opt.Store.Find(iv.lex.Search, iv.lex.Basedir, "vars", name)
	if f.Fault != "" {
		msg, _ := iv.l.unreadable(f.Fault)
		return value.NewDict(), msg, nil
	}
	vars, msg = iv.file(f.Tree.Path, false)
	return vars, msg, nil
}

// dirIsText says how a folder fails whose name is no text.
func (iv *includeVars) dirIsText() error {
	v, _ := iv.args.GetStr("dir")
	switch {
	case isText(v):
		return nil
	case iv.role != nil:
		return exception.Raise("AttributeError", "'%s' object has no attribute 'split'", iv.class("dir"))
	}
	return exception.TypeError("join() argument must be str, bytes, or os.PathLike object, not '%s'", iv.class("dir"))
}

func isText(v value.Value) bool {
	_, ok := value.Text(v)
	return ok
}

// file reads one file of variables.
func (iv *includeVars) file(p string, checkExtension bool) (*value.Dict, string) {
	if checkExtension && !has(iv.extensions(), pythonExt(p)) {
		return value.NewDict(), p + " does not have a valid extension: " + strings.Join(iv.extensions(), ", ")
	}
	d, hidden, err := iv.l.opt.Front.LoadVars(p)
	iv.hidden = iv.hidden || hidden
	var unread *fs.PathError
	if errors.As(err, &unread) {
		msg, _ := iv.l.unreadable(files.ReadFault(p, err))
		return value.NewDict(), msg
	}
	if err != nil {
		_ = errors.As(err, &iv.closed)
		return value.NewDict(), err.Error()
	}
	iv.included = append(iv.included, p)
	return d, ""
}

// unreadable is a fault of the store's in the dialect's words. The bool is false when a file is missing rather than unreadable.
func (l *Linker) unreadable(fault string) (string, bool) {
	msg, unread := module.Unreadable(fault)
	if unread && l.opt.Dialect == expr.Tagged {
		msg = "A" + strings.Replace(fault[1:], ": b'", ": '", 1)
	}
	return msg, unread
}

func (iv *includeVars) tagged() bool { return iv.l.opt.Dialect == expr.Tagged }

// pythonExt is the extension of a file without its dot, as Python's os.path.splitext tells it.
func pythonExt(p string) string {
	return strings.TrimPrefix(filepath.Ext(strings.TrimLeft(filepath.Base(p), ".")), ".")
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

// folders lists a folder and those below it; newer ansible-cores follow links.
func (iv *includeVars) folders(dir string) []string {
	out := []string{dir}
	entries, err := iv.l.opt.Store.Disk().ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		below := filepath.Join(dir, e.Name())
		if e.IsDir() || ir.Newer(iv.l.opt.Settings.CoreVersion) && iv.isDir(below) {
			out = append(out, iv.folders(below)...)
		}
	}
	return out
}

func (iv *includeVars) isDir(p string) bool {
	fi, err := iv.l.opt.Store.Disk().Stat(p)
	return err == nil && fi.IsDir()
}

// within takes the folders that depth lets in: older ones count folders, newer ones levels.
func (iv *includeVars) within(root string, dirs []string) ([]string, error) {
	if !iv.truth("depth") {
		return dirs, nil
	}
	v, _ := iv.args.GetStr("depth")
	depth, ok := number(v)
	if !ok {
		op := "<="
		if iv.tagged() {
			op = ">"
		}
		return nil, exception.TypeError("'%s' not supported between instances of 'int' and '%s'", op, iv.class("depth"))
	}
	var out []string
	for i, dir := range dirs {
		level := i + 1
		if ir.Newer(iv.l.opt.Settings.CoreVersion) {
			level = strings.Count(strings.TrimPrefix(dir, root), "/") + 1
		}
		if float64(level) <= depth {
			out = append(out, dir)
		}
	}
	return out, nil
}

// number is what Python compares a number with; true is one.
func number(v value.Value) (float64, bool) {
	switch x := v.(type) {
	case int64:
		return float64(x), true
	case float64:
		return x, true
	case bool:
		return 1, x
	}
	return 0, false
}

func (iv *includeVars) folder(root string) (*value.Dict, string, error) {
	choice, err := iv.choice()
	if err != nil {
		return nil, "", err
	}
	fi, err := iv.l.opt.Store.Disk().Stat(root)
	switch {
	case err != nil:
		return value.NewDict(), root + " directory does not exist", nil
	case !fi.IsDir():
		return value.NewDict(), root + " is not a directory", nil
	}
	out := value.NewDict()
	dirs := iv.folders(root)
	sort.Strings(dirs)
	if dirs, err = iv.within(root, dirs); err != nil {
		return nil, "", err
	}
	for _, dir := range dirs {
		found := out.Copy()
		msg, err := iv.files(dir, choice, found)
		if err != nil {
			return nil, "", err
		}
		if msg != "" {
			return out, msg, nil // without what the folder had before its fault
		}
		out = found
	}
	return out, "", nil
}

// fileChoice says which files of a folder are read.
type fileChoice struct {
	matching  *pyre.Regexp // nil matches all
	ignored   []string
	unknownOK bool
	fault     error // of ignore_files, which the first file meets
}

// choice reads the arguments that choose files.
func (iv *includeVars) choice() (c fileChoice, err error) {
	if v, ok := iv.args.GetStr("ignore_unknown_extensions"); ok {
		c.unknownOK, _ = python.Truth(v)
	}
	if m := iv.text("files_matching"); m != "" {
		if c.matching, err = pyre.Compile(m, 0); err != nil {
			return c, err
		}
	}
	v, _ := iv.args.GetStr("ignore_files")
	switch x := v.(type) {
	case *value.List:
		for _, e := range x.V {
			s, _ := value.ToStr(e)
			c.ignored = append(c.ignored, s)
		}
	case *value.Dict:
		// Ansible means to refuse it, forgets to, and goes through its keys.
		for _, k := range x.K {
			s, _ := value.ToStr(k)
			c.ignored = append(c.ignored, s)
		}
	default:
		if s, ok := value.Text(v); ok {
			c.ignored = strings.Fields(s)
		} else if iv.truth("ignore_files") {
			c.fault = exception.TypeError("'%s' object is not iterable", iv.class("ignore_files"))
		}
	}
	return c, nil
}

// files reads the files of one folder into out.
func (iv *includeVars) files(dir string, c fileChoice, out *value.Dict) (msg string, err error) {
	entries, err := iv.l.opt.Store.Disk().ReadDir(dir)
	if err != nil {
		return "", nil
	}
	for _, e := range entries {
		p := filepath.Join(dir, e.Name())
		if e.IsDir() || !iv.exists(p) || iv.isDir(p) || c.matching != nil && !c.matching.MatchString(e.Name()) {
			continue
		}
		ignored, err := c.ignores(e.Name())
		if err != nil {
			return "", err
		}
		if ignored || c.unknownOK && !has(iv.extensions(), pythonExt(p)) {
			continue
		}
		d, msg := iv.file(p, true)
		if iv.closed != nil {
			return "", iv.closed
		}
		if msg != "" {
			return msg, nil
		}
		out.Update(d)
	}
	return "", nil
}

func (c fileChoice) ignores(name string) (bool, error) {
	if c.fault != nil {
		return false, c.fault
	}
	for _, pattern := range c.ignored {
		re, err := pyre.Compile(pattern+"$", 0)
		if err != nil {
			return false, exception.While(exception.AnsibleError("Invalid regular expression: %s", pattern))
		}
		if re.MatchString(name) {
			return true, nil
		}
	}
	return false, nil
}

// merged combines the variables read with those of the same name that the host has; deep goes all the way down. Dialect classic
// does so for each variable, which then must be a dictionary on both sides.
func (l *Linker) merged(s Site, vars *value.Dict, named, deep bool) (*value.Dict, error) {
	layers, err := l.taskLayers(s, taskVars{})
	if err != nil {
		return vars, nil
	}
	old := value.NewDict()
	for _, k := range vars.K {
		name, _ := value.Text(k)
		if was, ok := layers.Lookup(name); ok {
			old.SetStr(name, was)
		}
	}
	if l.opt.Dialect == expr.Tagged {
		return inventory.Combine(old, vars, deep), nil
	}
	out := value.NewDict()
	for i, k := range vars.K {
		was, _, _ := old.Get(k)
		a, ok1 := was.(*value.Dict)
		b, ok2 := vars.V[i].(*value.Dict)
		if !ok1 || !ok2 {
			of := classicType(vars.V[i])
			if named {
				of = "dict" // which Ansible has made itself
			}
			return nil, exception.AnsibleError("failed to combine variables, expected dicts but got a '%s' and a '%s': \n%s\n%s",
				classicType(was), of, jsonText(was), jsonText(vars.V[i]))
		}
		_ = out.Set(k, inventory.Combine(a, b, deep))
	}
	return out, nil
}

// classicType is the class of a value of a file, as Python names it in dialect classic.
func classicType(v value.Value) string {
	switch v.(type) {
	case *value.Dict:
		return "AnsibleMapping"
	case *value.List:
		return "AnsibleSequence"
	case string, *value.Str, *value.Tmpl:
		return "AnsibleUnicode"
	}
	return value.TypeName(v)
}

// jsonText is a value as Python's json.dumps writes it, or else as Python prints it.
func jsonText(v value.Value) string {
	text, err := value.JSON(v, value.JSONOptions{ASCII: true})
	if err != nil {
		text, _ = value.ToStr(v)
	}
	return text
}

package playbook

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/playbook/args"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/exception"
)

// Options say where things are and how to render names.
type Options struct {
	// Tagged reads as dialect tagged does.
	Tagged bool
	// Like is the version of the ansible-core that is reproduced, such as "2.14.18"; "" is any of the dialect.
	Like string
	// Source is read instead of the disk; nil is Disk.
	Source Source
	// Cwd is the absolute directory that relative names are relative to.
	Cwd string
	// Home replaces a leading ~ in paths.
	Home string
	// RolesPath are the directories of the setting roles_path.
	RolesPath []string
	// CollectionPaths are the directories that may hold ansible_collections, first wins.
	CollectionPaths []string
	// ModulePaths, ActionPaths and UtilsPaths are the directories of the settings library, action_plugins and
	// module_utils.
	ModulePaths []string
	ActionPaths []string
	UtilsPaths  []string
	// PluginPaths are those of the settings for other plugins, by the name of the folder beside playbooks: "become_plugins".
	PluginPaths map[string][]string
	// Core is the ansible-core of the controller, whose modules there are too; "" for none.
	Core string
	// Duplicates is the setting DUPLICATE_YAML_DICT_KEY.
	Duplicates string
	// Rejected are names that modules and actions are not found by.
	Rejected []string
	// Version is that of the ansible-core, "" where none is installed. Mismatch is what becomes of collections that do not support it: "warning", "error",
	// "ignore".
	Version, Mismatch string
	// Owned says whether a module of a full name is there although its collection is not installed. Nil says so of none.
	Owned func(module string) bool
	// Render evaluates a template that must be known before running: the name of an imported file or role.
	// node is where it was written, for errors; scope gives the variables that Ansible has at that time, to
	// which the implementation adds extra vars. An undefined variable is an error that wraps *value.UndefError. Without
	// Render such names are unsupported.
	Render func(node *yaml.Node, text string, scope *Scope) (value.Value, error)
	// Lacking are the warnings of what is undefined in such a template, in dialect tagged. Nil has none.
	Lacking func(node *yaml.Node, text string, scope *Scope) []*failure.Failure
	// Decrypt opens a file that is a vault as a whole; nil refuses those.
	Decrypt func(path string, data []byte) ([]byte, error)
	// WarnAttributes makes invalid attributes of tasks warnings: the setting invalid_task_attribute_failed off.
	WarnAttributes bool
	// AnyGroupMetadata keeps quiet of bad metadata of action groups: the setting validate_action_group_metadata off.
	AnyGroupMetadata bool
}

// Loader loads playbooks, and later what their dynamic includes ask for. It is not for concurrent use.
type Loader struct {
	opt     Options
	src     Source
	diags   *diag.List
	files   map[string]*document
	catalog *catalog
	dir     string // the directory of the playbook that is being loaded
	dirAs   string // dir as import_playbook has it, with its "..": messages show it so
	depth   int    // of imports within imports
	flight  []flight
	// defaultCollection is the collection of a playbook that is in one.
	defaultCollection string
}

type document struct {
	root  *yaml.Node
	diags diag.List
}

// maxImports bounds imports within imports, where Python runs out of stack.
const maxImports = 100

// NewLoader returns a Loader.
func NewLoader(opt Options) *Loader {
	l := &Loader{opt: opt, src: opt.Source, files: map[string]*document{}, diags: &diag.List{}}
	if l.src == nil {
		l.src = Disk{}
	}
	if l.opt.Cwd == "" {
		l.opt.Cwd = "/"
	}
	l.catalog = newCatalog(l)
	return l
}

// newer says whether it reads as an ansible-core does that ir.Newer means.
func (o *Options) newer() bool { return o.Tagged || ir.Newer(o.Like) }

// minor is ir.Minor of the ansible-core that is reproduced, at least that of the dialect's first.
func (o *Options) minor() int {
	if o.Tagged {
		return max(ir.Minor(o.Like), 19)
	}
	return ir.Minor(o.Like)
}

// Load reads a playbook and expands what it names before running. Everything that is wrong is in the list
// returned, in the order Ansible would meet it: the first Invalid one is the error that Ansible stops with.
func (l *Loader) Load(file string) (*Playbook, diag.List) {
	l.diags = &diag.List{}
	pb := l.top(file)
	return pb, *l.diags
}

func (l *Loader) top(file string) *Playbook {
	l.defaultCollection = ""
	if p, coll := l.catalog.collectionPlaybook(file); p != "" {
		file, l.defaultCollection = p, coll
	}
	switch l.src.Stat(l.abs(file)) {
	case Absent:
		l.failure(ir.Pos{}, "the playbook: %s could not be found", file)
		return nil
	case Dir:
		l.failure(ir.Pos{}, "the playbook: %s does not appear to be a file", file)
		return nil
	}
	pb := &Playbook{File: file, Dir: path.Dir(l.abs(file))}
	if l.defaultCollection == "" {
		l.defaultCollection = l.catalog.collectionOf(l.abs(file))
	}
	if l.defaultCollection != "" && !l.opt.Tagged {
		l.warn(ir.Pos{}, "running playbook inside collection %s", l.defaultCollection)
	}
	if l.defaultCollection == "" {
		l.catalog.addPlaybookDir(pb.Dir)
	}
	pb.Plays = l.playbookFile(file, nil)
	return pb
}

// PluginDirs are the directories of the playbooks and roles that were loaded, in the order in which Ansible searches
// them for plugins, and those of playbooks alone.
func (l *Loader) PluginDirs() (all, playbooks []string) {
	return slices.Clone(l.catalog.bases), slices.Clone(l.catalog.playbookDirs)
}

// abs is a path made absolute and clean, with ~ expanded.
func (l *Loader) abs(p string) string {
	if p == "~" || strings.HasPrefix(p, "~/") {
		p = l.opt.Home + p[1:]
	}
	if !path.IsAbs(p) {
		p = path.Join(l.opt.Cwd, p)
	}
	return path.Clean(p)
}

// dwim is Ansible's way with a name of a file: quotes off, relative to the directory of the playbook.
func (l *Loader) dwim(name string) string {
	name = args.Unquote(name)
	if !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "~") {
		name = path.Join(l.dir, name)
	}
	return l.abs(name)
}

func (l *Loader) report(exit int, pos ir.Pos, format string, a ...any) *diag.Diagnostic {
	d := diag.Errorf(pos, format, a...)
	d.Exit = exit
	l.diags.Add(d)
	return d
}

// invalid reports what is Ansible's AnsibleParserError: exit code 4.
func (l *Loader) invalid(pos ir.Pos, format string, a ...any) *diag.Diagnostic {
	return l.report(4, pos, format, a...)
}

// failure reports what is a plain AnsibleError: exit code 1.
func (l *Loader) failure(pos ir.Pos, format string, a ...any) *diag.Diagnostic {
	return l.report(1, pos, format, a...)
}

// crash reports what Ansible meets as an exception of Python's that nothing catches: exit code 250.
func (l *Loader) crash(pos ir.Pos, format string, a ...any) {
	d := l.report(250, ir.Pos{}, "Unexpected Exception, this is probably a bug: "+format, a...)
	if pos.IsValid() {
		d.Notes = append(d.Notes, diag.Note{Pos: pos, Msg: "met here"})
	}
}

func (l *Loader) unsupported(pos ir.Pos, format string, a ...any) {
	l.diags.Add(diag.Unsupportedf(pos, format, a...))
}

func (l *Loader) warn(pos ir.Pos, format string, a ...any) {
	d := diag.Errorf(pos, format, a...)
	d.Kind = diag.Warning
	l.diags.Add(d)
}

// because is what Ansible adds to a message without a place: the exception that caused it.
func because(pos ir.Pos, cause string) string {
	if pos.IsValid() {
		return ""
	}
	return ". " + cause
}

// read returns the document of a file, nil when it is empty or, reported, cannot be read. ok is false then.
func (l *Loader) read(file string) (root *yaml.Node, ok bool) {
	if doc, seen := l.files[file]; seen {
		if doc.diags.Stops() {
			l.addAll(doc.diags) // warnings are given once
		}
		return doc.root, !doc.diags.Stops()
	}
	doc := l.parse(file)
	l.files[file] = doc
	l.addAll(doc.diags)
	return doc.root, !doc.diags.Stops()
}

func (l *Loader) addAll(list diag.List) {
	for _, d := range list.Items {
		l.diags.Add(d)
	}
}

const vaultHeader = "$ANSIBLE_VAULT"

func (l *Loader) parse(file string) *document {
	doc := &document{}
	data, err := l.src.ReadFile(file)
	if err != nil {
		d := diag.Errorf(ir.Pos{}, "%s", readError(file, err, l.src.Stat(file)))
		if errors.Is(err, fs.ErrNotExist) {
			d.Missing, d.Tagged = file, diag.NotFound(l.abs(file))
		}
		d.Exit = 1
		if l.src.Stat(file) == File {
			d.Exit = 4
		}
		doc.diags.Add(d)
		return doc
	}
	hidden := false
	if strings.HasPrefix(string(data), vaultHeader) {
		hidden = true
		if data, err = l.decrypt(file, data); err != nil {
			d := diag.Errorf(ir.Pos{}, "%s", err)
			d.Exit = 1
			var told *diag.Diagnostic
			if errors.As(err, &told) {
				d.Tagged = told.Tagged
			}
			doc.diags.Add(d)
			return doc
		}
	}
	docs, diags := yaml.Options{Duplicates: l.opt.Duplicates}.Parse(file, data)
	for _, d := range diags.Items {
		d.Hidden = d.Hidden || hidden
	}
	doc.diags = diags
	if len(docs) > 0 && !diags.Stops() {
		doc.root = docs[0]
	}
	return doc
}

func (l *Loader) decrypt(file string, data []byte) ([]byte, error) {
	if l.opt.Decrypt == nil {
		return nil, errors.New("Attempting to decrypt but no vault secrets found")
	}
	return l.opt.Decrypt(file, data)
}

// readError is Ansible's message for a file that cannot be read.
func readError(file string, err error, kind FileKind) string {
	if kind == File && !errors.Is(err, fs.ErrNotExist) {
		text := err.Error()
		if errors.Is(err, fs.ErrPermission) {
			text = "[Errno 13] Permission denied: b'" + file + "'"
		}
		return fmt.Sprintf("an error occurred while trying to read the file '%s': %s. %s", file, text, text)
	}
	return fmt.Sprintf("Unable to retrieve file contents\nCould not find or access '%s' on the Ansible Controller.\n"+
		"If you are using a module and expect the file to exist on the remote, see the remote_src option", file)
}

// templated says whether text is taken for a template.
func templated(text string) bool {
	return strings.Contains(text, "{{") || strings.Contains(text, "{%") || strings.Contains(text, "{#")
}

// render evaluates text where it is a template. It returns an error only for templates that fail.
func (l *Loader) render(node *yaml.Node, text string, scope *Scope) (string, error) {
	v, err := l.renderValue(node, text, scope)
	if err != nil {
		return "", err
	}
	return value.ToStr(v)
}

func (l *Loader) renderValue(node *yaml.Node, text string, scope *Scope) (value.Value, error) {
	if !templated(text) || node != nil && node.Unsafe {
		return text, nil
	}
	if l.opt.Render == nil {
		return nil, NoRender("")
	}
	return l.opt.Render(node, text, scope)
}

// NoRender is the error of a template that must be known before running, and cannot be: what pbc lacks for it, or "".
type NoRender string

func (e NoRender) Error() string {
	return strings.TrimSuffix("templates in names that must be known before running are not supported: "+string(e), ": ")
}

// badRender reports a template that must be known before running and that failed. Undefined, where it is not nil, tells of undefined
// variables in words of its own.
func (l *Loader) badRender(in *yaml.Node, err error, undefined func(*value.UndefError)) {
	var u *value.UndefError
	var lacking NoRender
	switch {
	case errors.As(err, &lacking):
		l.unsupported(in.Pos, "%s", lacking)
	case errors.As(err, &u) && u.U.Err == nil && undefined != nil: // else it is another error that was passed on
		undefined(u)
	default:
		l.diags.Add(l.renderFault(in, err))
	}
}

// renderFault is what Ansible says of a template that failed where nothing else takes care of it.
func (l *Loader) renderFault(in *yaml.Node, err error) *diag.Diagnostic {
	d := diag.Errorf(ir.Pos{}, "%s", err)
	d.Exit, d.Tagged, d.TaggedExit = 1, placed(exception.Failure(err), originOf(in.Pos)), 1
	var u *value.UndefError
	var raised *exception.Error
	switch {
	case errors.As(err, &u):
		d.Msg = l.causeOf(u)
	case errors.As(err, &raised) && !exception.IsAnsible(raised):
		d.Msg, d.Exit = "Unexpected Exception, this is probably a bug: "+err.Error(), 250
	}
	return d
}

// causeOf is an undefined variable as a cause is told: older ansible-cores say it twice.
//
// Observed: ansible-core 2.14 to 2.18.
func (l *Loader) causeOf(u *value.UndefError) string {
	cause := u.Error()
	if half := len(cause) / 2; l.opt.minor() >= 17 && cause == cause[:max(half-1, 0)]+". "+cause[:max(half-1, 0)] {
		return cause[:half-1]
	}
	return cause
}

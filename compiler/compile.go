// Package compiler turns playbooks into programs: it loads what they name (playbook), lowers it to
// linear instructions (lower), and checks that everything in it is supported. It also stays at hand
// while a program runs, for the files that dynamic includes bring in.
//
// The phases and their packages are told in ARCHITECTURE.md.
package compiler

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sort"

	"pbc/compiler/diag"
	"pbc/compiler/files"
	"pbc/compiler/jinja"
	"pbc/compiler/link"
	"pbc/compiler/lower"
	"pbc/compiler/payload"
	"pbc/compiler/playbook"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/keyword"
	"pbc/ir/value"
)

// Options say what to compile and where things are.
type Options struct {
	Files   []string // the playbooks, as given
	Dialect expr.Dialect
	// Extensions are those of Jinja that templates have: see jinja.Options.
	Extensions []string
	Extra      *value.Dict // -e, for names that must be known before running
	Store      *files.Store
	// Supported says whether pbc can run a module, by its full name.
	Supported func(module string) bool
	// Compared says whether pbc's own module of a full name was compared with the one in that version of its collection; a module
	// that pbc lacks was. Leaves says whether pbc's own leaves some of the calls with these arguments to the one in Python. Nil
	// says so of all, and of none.
	Compared func(module, version string) bool
	Leaves   func(module string, args *value.Dict) bool
	// Refuses says why pbc's own module cannot do what the arguments given as constants ask for; "" that
	// it can. Nil refuses nothing.
	Refuses func(module string, constants *value.Dict) string
	// Core is the folder of the installed ansible-core, whose modules run with the host's Python; "" for none.
	// CoreVersion is its version.
	Core, CoreVersion string
	// KnownFact says whether pbc gathers a fact, by its name without prefix. Nil knows all.
	KnownFact func(name string) bool
	// HasPlugin says whether there is a filter or test in Python that the playbooks of a unit can use. Nil has none. It is
	// asked with Later only.
	HasPlugin func(u *Unit, test bool, name string) bool
	// Later asks for the faults, too, that Ansible would only meet while running.
	Later bool
	// Listed says that the program is only to be listed: nothing of it is refused for what pbc lacks.
	Listed  bool
	Managed string // the setting ansible_managed
	// Strategy is that of the settings, for plays that name none, and StrategyFrom where it comes from; "" for the default one.
	Strategy, StrategyFrom string
	// Lookup runs lookups in names that must be known before running. Nil has none.
	Lookup link.LookupPlugin
	// looked is what lookups gave when a plan was compiled.
	looked map[string]ir.Val
	// Notice is told of warnings and deprecations in what is included while running. May be nil.
	Notice func(*diag.Diagnostic)
	// NoDebugger has what starts the task debugger refused: there is no Ansible here that has it.
	NoDebugger bool
	Playbook   playbook.Options
}

// Unit is a set of playbooks compiled together: the program, and the way back to their trees. It
// implements link.Front. It is not for use by several goroutines at once.
type Unit struct {
	shadows map[string]bool // plugins in the place of Ansible's, which have been refused
	Program *ir.Program
	// Starts are the numbers of the first play of each playbook.
	Starts []int

	opt      Options
	source   *playbook.Recording
	loader   *playbook.Loader
	books    []*playbook.Playbook
	plays    []*lower.Play
	jinja    jinja.Options
	payloads map[string]*payload.Built
	// libraries are where shared Python code is, by the folders of the user's own.
	libraries map[string]*payload.Library
	named     map[renamedTask]*ir.Extension
	included  map[string]int    // how often each site has brought in a file, for numbering
	looked    map[string]ir.Val // what lookups before the run gave
	sealed    bool              // made by Open: source is what the plan holds, loader and plays come when needed
}

// owned says which modules of collections there are without the collections: pbc's own, where no ansible-core is installed that
// would have collections with it.
func (o *Options) owned() func(module string) bool {
	if o.Core != "" || o.Playbook.Owned != nil {
		return o.Playbook.Owned
	}
	return o.Supported
}

// Compile compiles playbooks. The unit is nil when the diagnostics stop the compile.
func Compile(opt Options) (*Unit, diag.List) {
	u := &Unit{opt: opt, jinja: jinja.Defaults(opt.Dialect).Extended(opt.Extensions), source: playbook.NewRecording(sourceOf(opt)), included: map[string]int{}, payloads: map[string]*payload.Built{}, libraries: map[string]*payload.Library{}, named: map[renamedTask]*ir.Extension{}, looked: map[string]ir.Val{}}
	po := opt.Playbook
	po.Tagged = opt.Dialect == expr.Tagged
	po.Source = u.source
	po.Render, po.Lacking, po.Owned = u.render, u.lacking, opt.owned()
	u.loader = playbook.NewLoader(po)
	u.Program = &ir.Program{Version: ir.FormatVersion, Dialect: link.DialectName(opt.Dialect), Entry: opt.Files}
	var all diag.List
	for _, f := range opt.Files {
		pb, diags := u.loader.Load(f)
		all.Items = append(all.Items, diags.Items...)
		if pb == nil || diags.Stops() {
			return nil, all
		}
		if u.Program.Basedir == "" {
			u.Program.Basedir = pb.Dir
		}
		u.Starts = append(u.Starts, len(u.plays))
		u.books = append(u.books, pb)
		for _, p := range pb.Plays {
			l := lower.Lower(p, lower.Options{Jinja: u.jinja, Find: u.find(p.Dir), Foreign: u.foreign})
			u.plays = append(u.plays, l)
			u.Program.Plays = append(u.Program.Plays, l.IR)
		}
	}
	for _, p := range u.plays {
		u.checkPlay(p, &all)
	}
	u.inspect(opt.Later, &all)
	for _, p := range u.plays {
		if err := ir.VerifyPlay(p.IR); err != nil {
			all.Add(diag.Errorf(p.IR.Pos, "pbc compiled this play wrongly: %s", err))
		}
	}
	if opt.Listed { // what cannot run can still be listed
		all.Items = slices.DeleteFunc(all.Items, func(d *diag.Diagnostic) bool { return d.Kind == diag.Unsupported })
	}
	if all.Stops() {
		return nil, all
	}
	u.slots()
	return u, all
}

func sourceOf(opt Options) playbook.Source {
	if opt.Playbook.Source != nil {
		return opt.Playbook.Source
	}
	return playbook.Disk{}
}

// find looks for the files that tasks name, and parses templates among them.
func (u *Unit) find(dir string) func(search []string, kind, name string) *ir.File {
	if u.opt.Store == nil {
		return nil
	}
	return func(search []string, kind, name string) *ir.File {
		f := u.opt.Store.Find(search, dir, kind, name)
		if f.Fault != "" {
			// It may be there when the task runs.
			return nil
		}
		if err := link.Complete(f, u.template()); err != nil {
			return nil
		}
		return f
	}
}

func (u *Unit) template() link.Template {
	return link.Template{Disk: u.opt.Store.Disk(), Jinja: u.jinja, Managed: u.opt.Managed}
}

func (u *Unit) text(s string, n *yaml.Node) value.Value {
	if n != nil && n.Unsafe {
		return &value.Str{S: s, Unsafe: true}
	}
	if n == nil {
		return u.jinja.Value(s)
	}
	return u.jinja.ValueAt(s, n.Pos)
}

// List is what ansible-playbook prints for --list-tasks, --list-tags and --list-hosts.
func (u *Unit) List(o playbook.ListOptions) ([]string, error) {
	if err := u.replay(); err != nil {
		return nil, err
	}
	var list []string
	for _, pb := range u.books {
		texts, err := u.loader.List(pb, o)
		if list = append(list, texts...); err != nil {
			return list, err
		}
		o.First += len(pb.Plays)
	}
	return list, nil
}

// slots numbers the names that tasks register.
func (u *Unit) slots() {
	seen := map[string]bool{}
	for _, p := range u.Program.Plays {
		for _, t := range p.Tasks {
			if t.Register != "" {
				seen[t.Register] = true
			}
		}
	}
	for n := range seen {
		u.Program.Slots = append(u.Program.Slots, n)
	}
	sort.Strings(u.Program.Slots)
}

// PluginDirs are the folders of the playbooks and roles that were loaded, in the order in which Ansible searches them for
// plugins, and those of playbooks alone. There are more after an include has brought in a role.
func (u *Unit) PluginDirs() (all, playbooks []string) {
	if u.loader == nil {
		return slices.Clone(u.Program.PluginDirs), slices.Clone(u.Program.PlaybookDirs)
	}
	all, playbooks = u.loader.PluginDirs()
	return withNew(u.Program.PluginDirs, all), withNew(u.Program.PlaybookDirs, playbooks) // a plan's are known before its sources are read again
}

// withNew is a list with what it lacks of another.
func withNew(list, more []string) []string {
	out := slices.Clone(list)
	for _, s := range more {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Tables implements link.Front.
func (u *Unit) Tables(play int) *ir.Tables {
	if u.plays == nil {
		return &u.Program.Plays[play].Tables
	}
	return u.plays[play].Tables()
}

// Fault implements link.Front.
func (u *Unit) Fault(play int) error {
	if p := u.Program.Plays[play]; u.plays == nil {
		if p.Fault == "" {
			return nil
		}
		return &RunError{Msg: p.Fault, Code: p.FaultExit}
	}
	d := u.plays[play].Tree.Fault
	if d == nil {
		return nil
	}
	return &RunError{Msg: diag.Told(d, u.opt.Dialect, u.source.ReadFile), Code: d.Exit}
}

// RunError is an error that ends a run with an exit code of its own.
type RunError struct {
	Msg  string
	Code int
}

func (e *RunError) Error() string { return e.Msg }

// ReadFile gives the text of a source, for an excerpt: of a plan as it was when it was compiled.
func (u *Unit) ReadFile(file string) ([]byte, error) { return u.source.ReadFile(file) }

// Excerpt implements link.Front.
func (u *Unit) Excerpt(pos ir.Pos) string {
	return diag.Told(&diag.Diagnostic{Pos: pos}, u.opt.Dialect, u.source.ReadFile)
}

// LoadVars implements link.Front.
func (u *Unit) LoadVars(path string) (*value.Dict, bool, error) {
	root, hidden, err := u.varsNode(path)
	if err != nil || root.IsNull() {
		return value.NewDict(), hidden, err
	}
	d, ok := u.varsOf(root)
	if !ok {
		return nil, hidden, fmt.Errorf("%s must be stored as a dictionary/hash", path)
	}
	return d, hidden, nil
}

// LoadVarsFile implements link.Front.
func (u *Unit) LoadVarsFile(path string) ([]*value.Dict, error) {
	root, _, err := u.varsNode(path)
	if err != nil || root.IsNull() {
		return nil, err
	}
	items := []*yaml.Node{root}
	if root.Kind == yaml.Seq {
		items = root.Items
	}
	var out []*value.Dict
	for _, item := range items {
		d, ok := u.varsOf(item)
		if !ok {
			return nil, playbook.NotVars(root, item)
		}
		out = append(out, d)
	}
	return out, nil
}

// varsNode reads a file of variables; nil is an empty one. Hidden says that it was a vault.
func (u *Unit) varsNode(path string) (root *yaml.Node, hidden bool, err error) {
	src, err := u.readFile(path)
	if err != nil {
		return nil, false, err
	}
	hidden = len(src) > 14 && string(src[:14]) == "$ANSIBLE_VAULT"
	if hidden {
		if u.opt.Playbook.Decrypt == nil {
			return nil, true, errors.New("Attempting to decrypt but no vault secrets found")
		}
		if src, err = u.opt.Playbook.Decrypt(path, src); err != nil {
			return nil, false, err // nothing secret was read
		}
	}
	docs, diags := yaml.Options{Duplicates: u.opt.Playbook.Duplicates, Hidden: hidden}.Parse(path, src)
	u.notice(diags)
	if diags.Stops() {
		d := diags.Items[len(diags.Items)-1]
		text := diag.Told(d, u.opt.Dialect, u.readFile)
		if u.opt.Dialect == expr.Tagged {
			text = diag.Chain(d).Brief()
		}
		return nil, hidden, &link.UnreadableVars{Text: text, Fault: d}
	}
	if len(docs) == 0 {
		return nil, hidden, nil
	}
	return docs[0], hidden, nil
}

func (u *Unit) varsOf(n *yaml.Node) (*value.Dict, bool) {
	d, ok := n.ToValue(u.text).(*value.Dict)
	if ok && u.opt.Dialect == expr.Tagged {
		n.PlaceKeys(d, keyword.Reserved)
	}
	return d, ok
}

// Absolute makes the names of files absolute.
func Absolute(files []string) ([]string, error) {
	out := make([]string, len(files))
	for i, f := range files {
		a, err := filepath.Abs(f)
		if err != nil {
			return nil, err
		}
		out[i] = a
	}
	return out, nil
}

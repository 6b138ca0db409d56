package ir

import (
	"maps"
	"slices"
	"strings"

	"pbc/ir/value"
)

// Task is one task with every keyword it has or inherits. A Val that is nil is a keyword that was
// not given. Texts that hold templates are *value.Tmpl.
type Task struct {
	Pos    Pos
	Name   Val
	Role   int    // the number of its role, -1 when none
	Action string // as written: "copy", "ansible.builtin.copy"
	// ActionName is the action when that is a template: the name is only known when the task runs.
	ActionName Val
	// ActionPos is where Action is written: errors of dialect tagged show it. Not set in classic.
	ActionPos Pos
	Module    string // full name
	// ModuleFile and ActionFile are the files of the module and of its action plugin, on the controller: each ""
	// when there is none, or when ansible-core brings it.
	ModuleFile string `msgpack:",omitempty"`
	ActionFile string `msgpack:",omitempty"`
	// Foreign has the module run in Python, although pbc has one of its name: that was not compared with this version of the
	// module's collection.
	Foreign bool `msgpack:",omitempty"`
	// Places are where the values of keywords and arguments are written, as line and column in Pos.File, by the keyword
	// or "args." and the argument. Not set in classic.
	Places  map[string][2]int `msgpack:",omitempty"`
	Args    Val               // a *value.Dict, or a *value.Tmpl that yields one
	Scope   int
	Handler bool `msgpack:",omitempty"`
	// Implicit is a task that pbc made, as Ansible does: fact gathering, argument validation.
	Implicit bool `msgpack:",omitempty"`

	When        []Val // conditions: *value.Cond or bool
	Loop        *Loop
	Register    string `msgpack:",omitempty"`
	ChangedWhen []Val
	FailedWhen  []Val
	Until       []Val
	Retries     Val
	Delay       Val

	IgnoreErrors      Val
	IgnoreUnreachable Val
	AnyErrorsFatal    Val
	RunOnce           Val
	NoLog             Val
	CheckMode         Val
	Diff              Val
	Timeout           Val
	Throttle          Val
	Environment       []Val // innermost last
	Notify            []Val
	Listen            []Val
	Tags              []Val
	DelegateTo        Val
	DelegateFacts     Val
	Connection        Val
	RemoteUser        Val
	Port              Val
	Become            Become
	// Context are the values that inherited keywords have around the task, for those that are templates: one that is omit holds as the
	// context has it.
	Context Vals `msgpack:",omitempty"`
	Async   Val
	Poll    Val
	// Debugger says after which results the task debugger starts: "always", "never", "on_failed", "on_unreachable" or "on_skipped"; "" for
	// those that the settings say.
	Debugger string `msgpack:",omitempty"`

	// Defaults are the module_defaults that apply to the action, merged; nil when none.
	Defaults []Val
	// DefaultsOf are the module_defaults of the modules that an action may choose while running (service,
	// package): a *value.Dict from full names to lists; not set for other actions.
	DefaultsOf Val
	// FactsDefaults are those of setup, for a task that gathers facts: it calls setup.
	FactsDefaults []Val `msgpack:",omitempty"`
	Include       *Include
	// Exprs are the expressions and conditions that constant arguments hold as text (debug's var,
	// assert's that), parsed, by the text that would be parsed.
	Exprs Vals
	// Files are the controller's files that constant arguments name, by the name as written.
	Files []File
}

// halved are the modules of ansible-core whose action plugin runs the module of its own name.
var halved = map[string]bool{"assemble": true, "async_status": true, "command": true, "copy": true, "service": true, "unarchive": true, "uri": true, "yum": true, "dnf": true}

// Plugin says whether the task's action is a plugin in Python that the installed Ansible has to run: one of the user's or of
// a collection, or that of ansible-core for a module that the user has put in the place of ansible-core's.
func (t *Task) Plugin() bool {
	core, ok := strings.CutPrefix(t.Module, "ansible.builtin.")
	return t.ActionFile != "" || t.ModuleFile != "" && ok && halved[core]
}

// MayDebug says whether the task debugger may start after the task; enabled says that it does so by itself after failures.
func (t *Task) MayDebug(enabled bool) bool {
	if t.Module == "ansible.builtin.meta" {
		return false
	}
	return t.Debugger != "" && t.Debugger != "never" || enabled && t.Debugger != "never"
}

// Named says whether the task has a name that is text. One that is a number is shown by results only: banners
// have the action then, and nothing finds the task by it.
func (t *Task) Named() bool {
	if _, ok := t.Name.V.(*value.Tmpl); ok {
		return true
	}
	_, ok := value.Text(t.Name.V)
	return ok
}

// EachValue calls f with everything of the task that may hold a template, unset keywords included.
func (t *Task) EachValue(f func(Val)) {
	for _, v := range []Val{t.Name, t.ActionName, t.Args, t.Retries, t.Delay, t.IgnoreErrors, t.IgnoreUnreachable, t.AnyErrorsFatal, t.RunOnce, t.NoLog,
		t.CheckMode, t.Diff, t.Timeout, t.Throttle, t.DelegateTo, t.DelegateFacts, t.Connection, t.RemoteUser, t.Port, t.Async, t.Poll, t.DefaultsOf,
		t.Become.On, t.Become.User, t.Become.Method, t.Become.Flags, t.Become.Exe} {
		f(v)
	}
	for _, name := range slices.Sorted(maps.Keys(t.Context)) {
		f(t.Context[name])
	}
	for _, list := range [][]Val{t.When, t.ChangedWhen, t.FailedWhen, t.Until, t.Environment, t.Notify, t.Listen, t.Defaults, t.FactsDefaults} {
		for _, v := range list {
			f(v)
		}
	}
	if l := t.Loop; l != nil {
		for _, v := range append([]Val{l.Items, l.Var, l.IndexVar, l.Label, l.Pause, l.Extended, l.ExtendedAllItems}, l.BreakWhen...) {
			f(v)
		}
	}
	for _, v := range t.Exprs {
		f(v)
	}
	for i := range t.Files {
		f(t.Files[i].Tmpl)
	}
}

// Vals are values by name. They are encoded in the order of the names.
type Vals map[string]Val

// Fragments are pieces of code by the name of their file as written.
type Fragments map[string]*Fragment

// Become is how a task changes user.
type Become struct {
	On, User, Method, Flags, Exe Val
}

// Loop is a task's loop.
type Loop struct {
	With  string // "" for loop, else the lookup of with_X
	Items Val
	Pos   Pos

	Var, IndexVar, Label, Pause, Extended, ExtendedAllItems Val
	BreakWhen                                               []Val
}

// Include is what an OpInclude brings in.
type Include struct {
	Kind string // "tasks" or "role"
	// Site numbers the include within the play; the controller compiles its files by it.
	Site int
	// Fragments are the files compiled ahead, by the name as written: the index in the batch.
	Fragments Fragments
}

// File is a file or folder of the controller that a task names.
type File struct {
	Kind  string // the subfolder it is looked for in: "files" or "templates"
	Name  string // as written
	Fault string // Ansible's message when there is no such file: it fails the task
	Tree  FileTree
	Tmpl  Val // a *value.Tmpl: the parsed template, for Kind "templates"
	Vars  Val // a *value.Dict: the variables that only the template sees
	// Raised is why the variable ansible_managed is not among these, an error of Python, and RaisedBy its class; "" for nothing.
	Raised, RaisedBy string
}

// FileTree is a file, or a folder with all that is below it.
type FileTree struct {
	Path     string // absolute, or relative to the folder
	Mode     uint32 // permission bits
	Size     int64
	Digest   string // SHA-256 in hexadecimal; empty for a folder or a link
	Link     string `msgpack:",omitempty"`
	IsDir    bool   `msgpack:",omitempty"`
	Children []FileTree
	// Opened is what a vaulted file holds; nil for others, and in plans.
	Opened *OpenedFile `msgpack:",omitempty"`
}

// OpenedFile is the content of a vaulted file.
type OpenedFile struct {
	Size   int64
	Digest string
	Fault  string // why it cannot be opened: the error of using it
}

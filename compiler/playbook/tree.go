package playbook

import (
	"pbc/compiler/diag"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/value"
)

// Playbook is one file given to ansible-playbook, with the playbooks it imports expanded in place.
type Playbook struct {
	File  string // as given
	Dir   string // absolute: what relative paths are relative to
	Plays []*Play
}

// Play is one play. Keywords holds what is written, but for those that have a field of their own here.
type Play struct {
	Pos      ir.Pos
	Keywords Map
	// Vars are the play's vars: those of the play, then those given by import_playbook.
	Vars Map
	// Name is the name as written, a template perhaps; HostsText when there is none.
	Name string
	// Dir is the directory of the playbook that names the play: where roles/, files/, group_vars/ are looked for.
	Dir string
	// IncludedPath is the directory of the imported playbook that holds the play, "" when it was not imported.
	IncludedPath string
	// Included are the conditions of import_playbook: they also hold for the gathering of facts.
	Included []*yaml.Node
	// ImportTags are the tags that import_playbook adds to those of the play.
	ImportTags []string
	// Roles are the roles in the order Ansible keeps them: those of `roles:` first, then those that
	// import_role added (FromInclude).
	Roles     []*Role
	PreTasks  []*Block
	Tasks     []*Block
	PostTasks []*Block
	// Handlers are the handlers of the play and those of import_role; AllHandlers adds those of Roles.
	Handlers []*Block

	// Fault is the first thing wrong with the play that Ansible only finds when it starts it, after the plays before
	// have run: a keyword's value that cannot be converted, or no hosts. nil when there is none. Values that are
	// templates are not looked at.
	Fault *diag.Diagnostic
	// Groups are the groups of actions that module_defaults name, with the full names of their members.
	Groups map[string][]string

	cache map[string][]*cachedRole
}

// Role is a role as a play uses it with one set of parameters. Equal pointers are what Ansible holds to be
// the same role when it decides whether it has run already.
type Role struct {
	Pos        ir.Pos
	Name       string
	Collection string // namespace.name of the collection that holds it, or ""
	Path       string // absolute directory
	Keywords   Map
	Vars       Map // the keyword vars
	Params     Map // everything else written beside the role's name
	// FileVars are the variables of vars/, DefaultVars those of defaults/.
	FileVars    Map
	DefaultVars Map
	Deps        []*Role
	// Parents are the roles that depend on this one or include it, in the order they were met.
	Parents []*Role
	// AllowDuplicates says whether the role may run again once it has run on a host.
	AllowDuplicates bool
	// FromInclude says that import_role or include_role brought the role.
	FromInclude bool
	// FromFiles has the main file's name for "tasks", "vars", "defaults" and "handlers", where it is not main.
	FromFiles   map[string]string
	Collections []string // the collections its tasks are resolved in
	Play        *Play
	// Blocks and HandlerBlocks are the steps as loaded; Compile and CompileHandlers make the instances that run.
	Blocks        []*Block
	HandlerBlocks []*Block

	compiledHandlers []*Block
	newer            bool // the ansible-core is one that ir.Newer means
}

// Step is a *Task or a *Block.
type Step interface {
	// Enclosing is the step's parent: a *Block, an include *Task, or nil.
	Enclosing() Step
	// Own is the value of a keyword as written at this step, nil when it is not.
	Own(keyword string) *yaml.Node
	setParent(Step)
}

// Block is a list of steps with what to do when one fails. Most blocks are implicit: Ansible puts bare
// tasks of a list into one.
type Block struct {
	Pos      ir.Pos
	Keywords Map
	Vars     Map
	Name     string
	Body     []Step
	Rescue   []Step
	Always   []Step
	Parent   Step
	Role     *Role
	Play     *Play
	// DepChain are the roles that led to this block, outermost first; nil when it was not set here (see Step
	// parents) or the block is in no role.
	DepChain []*Role
	Implicit bool
	Handler  bool // holds handlers
}

// Kind tells tasks apart that the compiler treats each in its way.
type Kind uint8

// The kinds of tasks.
const (
	Plain        Kind = iota
	Meta              // meta: flush_handlers and the like; Args has _raw_params
	IncludeTasks      // include_tasks, and include where it is dynamic
	ImportTasks       // only met as a parent
	IncludeRole
	ImportRole // only met as a parent
)

// Task is one task or handler.
type Task struct {
	Pos      ir.Pos
	Kind     Kind
	Keywords Map
	Vars     Map
	Name     string // as written, "" when absent
	// Action is the action as written; FQCN what it resolves to, "" when nothing of that name is known:
	// then the task fails when it runs (only action: and local_action: get that far).
	Action    string
	ActionPos ir.Pos // where Action is written
	FQCN      string
	// Module is the file of the module of that name, and ActionPlugin that of its action plugin: each "" when there
	// is none, or when ansible-core brings it.
	Module, ActionPlugin string
	// Args are the arguments after merging args:, k=v text and the action's own; free form is _raw_params, a
	// template that stands for all of them is _variable_params.
	Args Map
	// LoopWith is the lookup of with_<lookup>, "" for loop; Loop is nil when there is no loop.
	LoopWith    string
	Loop        *yaml.Node
	LoopControl *Map // nil when absent
	Parent      Step
	Role        *Role
	Handler     bool
	Listen      []*yaml.Node // topics of a handler
	Implicit    bool         // put there by Ansible: flush_handlers, role_complete
	Include     *Include     // of an include or import
	Apply       *Block       // the block of apply:, parent of what an include has loaded; nil when there is none
}

// Include is what an include or import asks for.
type Include struct {
	Static bool
	// File is the file of import_tasks or include_tasks, as written.
	File *yaml.Node
	// Target is File rendered, and Path the file that a static import loaded.
	Target string
	Path   string
	// Given are the variables that one execution of an include gives to what it loads: those of its loop. Nil is an include that none has executed.
	Given *value.Dict
	// RoleName is the role of import_role or include_role, as written; Loaded the role that a static one loaded.
	RoleName *yaml.Node
	Loaded   *Role
	// From has the values of tasks_from, vars_from, defaults_from and handlers_from as basenames,
	// by "tasks", "vars" and so on.
	From map[string]*yaml.Node
	// Public, AllowDuplicates and Validate are the options of that name as written, nil when absent.
	Public          *yaml.Node
	AllowDuplicates *yaml.Node
	Validate        *yaml.Node
}

// Enclosing implements Step.
func (b *Block) Enclosing() Step { return b.Parent }

// Enclosing implements Step.
func (t *Task) Enclosing() Step { return t.Parent }

// Own implements Step.
func (b *Block) Own(keyword string) *yaml.Node { return b.Keywords.Get(keyword) }

// Own implements Step.
func (t *Task) Own(keyword string) *yaml.Node { return t.Keywords.Get(keyword) }

func (b *Block) setParent(s Step) { b.Parent = s }
func (t *Task) setParent(s Step)  { t.Parent = s }

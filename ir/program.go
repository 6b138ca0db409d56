// Package ir is the contract between the compiler, the controller and the agent: programs and
// batches go down to a host, events come up, values are what both carry. It imports nothing but
// its own leaves; everything may import it.
//
// A Program is a playbook after every static decision has been made: plays of linear instructions,
// and tables of tasks, scopes and layers that the instructions name by number. It is immutable.
// Tables only ever grow: a file that is included while running is compiled into an Extension, whose
// numbers continue those of the play it extends.
package ir

// FormatVersion is raised whenever a Program, Batch or message changes its shape.
const FormatVersion = 6

// Program is a compiled playbook.
type Program struct {
	Version int
	Maker   string   // the pbc that compiled it, such as "0.1.0"
	Dialect string   // "classic" or "tagged"
	Plays   []*Play  // in order; none when Locked
	Starts  []int    // the number of the first play of each entry
	Slots   []string // the names that tasks register or set: a register's number is its index here
	Blobs   Blobs    // files to copy, sources
	Sources []Source // the files that were read, so that includes decided while running need no disk; sorted
	Basedir string   // the folder of the first playbook, absolute
	Entry   []string // the playbooks as given on the command line
	// Locked says that a source is a vault as a whole: the plays would hold it in the clear, so they are
	// not kept, and whoever has the password compiles them from the sources.
	Locked bool
	Origin Origin
	// PluginDirs are the folders of playbooks and roles whose plugins in Python are searched, in order, and
	// PlaybookDirs those of playbooks alone.
	PluginDirs, PlaybookDirs []string
}

// Origin is what, besides the sources, decided what the compiler made of the playbooks. The same sources
// and the same Origin give the same program.
type Origin struct {
	Cwd, Home                  string
	RolesPath, CollectionPaths []string
	ModulePaths, ActionPaths   []string
	UtilsPaths                 []string
	// Core is the folder of the ansible-core whose modules the plan holds, "" for none, CoreVersion its version.
	Core, CoreVersion string
	Extra             Val      // -e: a *value.Dict
	Managed           string   // the setting ansible_managed
	Looked            []Looked // what lookups gave that names of imports hold, sorted
}

// Looked is what a lookup gave while the playbooks were compiled.
type Looked struct {
	Call string // the plugin, its terms and options, as Python writes them
	Gave Val
}

// Blobs are bytes by their SHA-256 in hexadecimal.
type Blobs map[string][]byte

// Source is a file or folder that the compiler looked at and found.
type Source struct {
	Path   string // absolute
	Digest string // of the content, in Blobs; empty for a folder, and for a file that was not read
	IsDir  bool
	Listed bool     // a folder whose entries were read
	Names  []string // those entries, sorted
	Real   string   // Path with its links resolved, where that is another
	Link   string   // what the link at Path holds, where it is one and was looked at as such
	Mode   uint32   // permission bits
	// Mtime (nanoseconds since 1970) and Owner are kept for those templates only that can show them: a
	// plan does not change with the time at which its files were written.
	Mtime int64
	Owner string
}

// Play is one play. The keywords of the play itself that may hold templates are evaluated when it
// is linked; those that tasks inherit stand in the tasks.
type Play struct {
	Pos   Pos
	Path  string // the playbook the play is in
	Name  Val    // nil when the play has none
	Hosts Val    // text or a list of texts
	// HostsAt is where Hosts is written.
	HostsAt Pos
	Tags    []string

	GatherFacts       Val // nil when not given
	Strategy          Val
	Serial            Val
	Order             Val
	AnyErrorsFatal    Val
	MaxFailPercentage Val
	ForceHandlers     Val
	CheckMode         Val
	Connection        Val
	RemoteUser        Val
	Port              Val
	FactPath          Val

	Vars      int   // the layer of the play's vars, -1 when none
	VarsFiles []Val // each a text or a list of alternatives
	// VarsFilesAt are the places of VarsFiles.
	VarsFilesAt []Pos
	VarsPrompt  []Prompt
	// RoleDefaults and RoleVars are the layers that every task of the play sees, in order of
	// increasing precedence: those of the roles the play names.
	RoleDefaults []int
	RoleVars     []int
	RoleNames    []string // magic: ansible_play_role_names and its like

	// Fault ends the run when it comes to the play: Ansible's message, "" mostly; FaultExit is the exit
	// code, 0 for the usual one. It is set in plans.
	Fault     string
	FaultExit int

	Code []Instr // what a host runs, from the first task to the end of post_tasks
	// Handlers is the code a flush runs: one entry for each handler or block of handlers.
	Handlers []Handler

	Tables
}

// Tables are what instructions refer to by number.
type Tables struct {
	Tasks  []*Task
	Scopes []*Scope
	Layers []Val // each a *value.Dict
	Roles  []*Role
}

// Prompt is an entry of vars_prompt: a *value.Dict of the keys as written, with templates.
type Prompt struct{ Values Val }

// Handler is one handler of a play.
type Handler struct {
	Task int   // the handler's task
	Code []int // reserved for blocks of handlers: empty
	// First opens a list of handlers: of those that have the same name, the first in the last list is
	// meant.
	First bool `msgpack:",omitempty"`
}

// Role is a role as it was applied: the same role with other parameters is another Role.
type Role struct {
	Name            string // as Ansible prints it
	Path            string // absolute
	Collection      string // namespace.name, empty outside a collection
	AllowDuplicates bool
	DepNames        []string // names of the roles it depends on
}

// Scope is what a task can see of the variables that are lexical: which layers, innermost first.
type Scope struct {
	Task          []int // vars of the task and its blocks
	IncludeParams []int // vars of the includes around it
	RoleParams    []int
	RoleVars      []int
	RoleDefaults  []int
	Role          int      // the role the task belongs to, -1 when none
	Search        []string // folders, absolute, in which files are looked for, before their "files" or "templates" subfolders are added
	Basedir       string   // the folder of the playbook
}

// Op says what an instruction does.
type Op uint8

// The operations. A jump target of -1 means that there is none.
const (
	// OpTask runs a task, loops and retries included.
	OpTask Op = iota
	// OpInclude runs a task whose result is more code: include_tasks, include_role.
	OpInclude
	// OpMeta runs a meta task.
	OpMeta
	// OpFlush runs the notified handlers. It is the implicit flush between the sections of a play.
	OpFlush
	// OpBlock enters a block: A is where its rescue begins, B where its always begins, -1 for none, C its end. With
	// Flag the block counts only when the play forces handlers: otherwise a failure passes it by.
	OpBlock
	// OpBody ends the body of the innermost block: go on at its always, or its end.
	OpBody
	// OpRescued ends the rescue of the innermost block: the failure is over.
	OpRescued
	// OpAlways ends the always of the innermost block: a failure that was not rescued goes on.
	OpAlways
	// OpRoleDone marks a role as completed on the host.
	OpRoleDone
	opCount
)

// Instr is one instruction. Which of the operands an Op uses is said beside it; Task is the number
// of the task for OpTask, OpInclude and OpMeta, and of the role for OpRoleDone.
type Instr struct {
	Op      Op
	Task    int
	A, B, C int
	Flag    bool
}

// Address is where a host is: the index of an instruction, and inside of an include or a flush the
// ordinal of the file or handler, then the index there, and so on. Addresses are ordered as the
// linear strategy runs what stands at them.
type Address []int

// Compare orders addresses: negative when a runs before b.
func (a Address) Compare(b Address) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[i] - b[i]
		}
	}
	return len(a) - len(b)
}

// Fragment is the code of one included file or role.
type Fragment struct {
	Path string // the file, as "included: PATH for HOST" prints it
	Code []Instr
}

// Extension is code compiled while running: a fragment, and what it adds to the tables of the play.
type Extension struct {
	Fragment
	// Fault is why the include fails for its hosts, in Ansible's words; there is no code then.
	Fault string `msgpack:",omitempty"`
	// Told is what the user is told of Fault beside the results, empty for nothing. It does not travel.
	Told     string `msgpack:"-"`
	Handlers []Handler
	// PlayDefaults and PlayRoleVars are layers that all tasks of the play see from now on: those of a
	// role that was included with public.
	PlayDefaults, PlayRoleVars []int
	// Known and Whole are as in HostPart; Inventory, Play, Extra and Old hold the variables that become
	// readable with the extension: Old those of layers that the host has already, by their number. Magic are the magic
	// variables that only now are read.
	Known                  []string
	Whole                  bool
	Answers                map[string]Val // as in HostPart: all from now on
	Inventory, Play, Extra Val
	Magic                  Val
	Old                    map[int]Val
	Excluded               []int
	Barriers               []int    // as in Code, of the tasks that the extension brings
	Open                   string   // why from now on all tasks are barriers, "" mostly
	Plugins                *Plugins // all there are from now on; nil when the extension brings none
	FirstTask              int      // the numbers the first entries of Tables get
	FirstScope,
	FirstLayer,
	FirstRole int
	Tables
}

// Package keyword is the table of Ansible's playbook keywords: which entity may have which, what type its value
// has once rendered, how it is inherited, and what it does. The compiler checks what is written against
// it, the runtime converts rendered values by it (Convert), and documentation is made from it.
//
// Observed: the attributes of ansible-core 2.14's playbook objects, and `ansible-doc -t keyword -l`.
package keyword

// On is a set of entities.
type On uint16

// The entities that have keywords.
const (
	Play On = 1 << iota
	Role
	Block
	Task
	Handler
	IncludeRole // what import_role and include_role have beyond a task, set by their arguments
	LoopControl
	ImportPlaybook
	Metadata // meta/main.yml of a role

	steps   = Block | Task | Handler | IncludeRole
	tasks   = Task | Handler | IncludeRole
	common  = Play | Role | steps | ImportPlaybook
	running = common | Metadata
)

// Type is what a keyword's value is converted to when it has been rendered.
type Type string

// The types, by Ansible's names, which its messages contain.
const (
	Any     Type = ""
	String  Type = "string"
	Int     Type = "int"
	Float   Type = "float"
	Bool    Type = "bool"
	Percent Type = "percent"
	List    Type = "list"
	Dict    Type = "dict"
	Class   Type = "class"
	Text    Type = "str" // a name that is no type to Ansible: nothing is converted
)

// Inherit says what becomes of a keyword that several enclosing entities give.
type Inherit uint8

const (
	// None is a keyword that holds only where it is written.
	None Inherit = iota
	// Nearest is one where the innermost entity that has it wins.
	Nearest
	// Append is one whose values are joined, innermost first.
	Append
	// Prepend is one whose values are joined, outermost first.
	Prepend
)

// Keyword is a row of the table.
type Keyword struct {
	Name    string
	On      On
	Type    Type
	Inherit Inherit
	// Static keywords are used as written: a template in them is reported and not rendered.
	Static bool
	// Strings is set when the items of a list must be text, TextOrInt when text or integers.
	Strings   bool
	TextOrInt bool
	Required  bool
	// Early keywords of a play are rendered and converted when the play starts, the others when a task needs them.
	Early bool
	// Priority orders the loading within an entity: higher first, then the order of the table.
	Priority int
	Doc      string
}

// Table has every keyword once per entity kind that differs, in the order Ansible loads them.
var Table = []Keyword{
	{Name: "collections", On: Play | Role | steps | Metadata, Type: List, Inherit: Nearest, Static: true, Strings: true, Early: true, Priority: 100, Doc: "collections in which modules, plugins and roles of short names are looked for; roles do not inherit it"},
	{Name: "tags", On: common, Type: List, Inherit: Append, TextOrInt: true, Doc: "names by which --tags and --skip-tags choose tasks"},
	{Name: "when", On: common &^ Play, Type: List, Inherit: Prepend, Doc: "conditions, all of which must hold for the task to run"},
	{Name: "name", On: running, Type: String, Early: true, Doc: "what the entity is called in output, and a handler in notify"},
	{Name: "connection", On: running, Type: String, Inherit: Nearest, Doc: "the connection plugin"},
	{Name: "port", On: running, Type: Int, Inherit: Nearest, Doc: "the port to connect to"},
	{Name: "remote_user", On: running, Type: String, Inherit: Nearest, Doc: "the account to log in to"},
	{Name: "vars", On: running &^ ImportPlaybook, Type: Dict, Static: true, Priority: 100, Doc: "variables of the entity and what it encloses"},
	{Name: "module_defaults", On: running, Type: List, Inherit: Prepend, Doc: "arguments to add to those of modules, by module or group/<name>"},
	{Name: "environment", On: running, Type: List, Inherit: Prepend, Doc: "environment variables for the task"},
	{Name: "no_log", On: running, Type: Bool, Inherit: Nearest, Doc: "keep arguments and results out of all output"},
	{Name: "run_once", On: running, Type: Bool, Inherit: Nearest, Doc: "run on the first host only, and apply the result to all"},
	{Name: "ignore_errors", On: running, Type: Bool, Inherit: Nearest, Doc: "go on after the task has failed"},
	{Name: "ignore_unreachable", On: running, Type: Bool, Inherit: Nearest, Doc: "go on after the host could not be reached"},
	{Name: "check_mode", On: running, Type: Bool, Inherit: Nearest, Doc: "tell what would change, and change nothing"},
	{Name: "diff", On: running, Type: Bool, Inherit: Nearest, Doc: "show differences"},
	{Name: "any_errors_fatal", On: running, Type: Bool, Inherit: Nearest, Doc: "a failure on one host ends the play for all"},
	{Name: "throttle", On: running, Type: Int, Inherit: Nearest, Doc: "how many hosts may run the task at once"},
	{Name: "timeout", On: running, Type: Int, Inherit: Nearest, Doc: "seconds after which the task is failed"},
	{Name: "debugger", On: running, Type: String, Inherit: Nearest, Doc: "when to start the task debugger"},
	{Name: "become", On: running, Type: Bool, Inherit: Nearest, Doc: "run as another user"},
	{Name: "become_method", On: running, Type: String, Inherit: Nearest, Doc: "how to become that user: sudo, su and others"},
	{Name: "become_user", On: running, Type: String, Inherit: Nearest, Doc: "the user to become"},
	{Name: "become_flags", On: running, Type: String, Inherit: Nearest, Doc: "flags for the become program"},
	{Name: "become_exe", On: running, Type: String, Inherit: Nearest, Doc: "path of the become program"},

	{Name: "hosts", On: Play, Type: List, Strings: true, Required: true, Early: true, Priority: -2, Doc: "patterns of the hosts the play is for"},
	{Name: "gather_facts", On: Play, Type: Bool, Early: true, Doc: "gather facts before the first task"},
	{Name: "gather_subset", On: Play, Type: List, Strings: true, Early: true, Doc: "which facts to gather"},
	{Name: "gather_timeout", On: Play, Type: Int, Early: true, Doc: "seconds a fact may take to be gathered"},
	{Name: "fact_path", On: Play, Type: String, Doc: "directory of local facts"},
	{Name: "vars_files", On: Play, Type: List, Priority: 99, Doc: "files of variables; a list in the list gives alternatives"},
	{Name: "vars_prompt", On: Play, Type: List, Doc: "variables to ask the user for"},
	{Name: "roles", On: Play, Type: List, Priority: 90, Doc: "roles to run before the tasks"},
	{Name: "handlers", On: Play, Type: List, Priority: -1, Doc: "tasks that run when notified"},
	{Name: "pre_tasks", On: Play, Type: List, Priority: -1, Doc: "tasks to run before the roles"},
	{Name: "post_tasks", On: Play, Type: List, Priority: -1, Doc: "tasks to run after the tasks"},
	{Name: "tasks", On: Play, Type: List, Priority: -1, Doc: "the tasks"},
	{Name: "force_handlers", On: Play, Type: Bool, Early: true, Doc: "run notified handlers also on hosts that failed"},
	{Name: "max_fail_percentage", On: Play, Type: Percent, Early: true, Doc: "end the play when more than this share of a batch has failed"},
	{Name: "serial", On: Play, Type: List, Early: true, Doc: "how many hosts at a time go through the play"},
	{Name: "strategy", On: Play, Type: String, Early: true, Doc: "the strategy plugin: linear, free, host_pinned, debug"},
	{Name: "order", On: Play, Type: String, Early: true, Doc: "the order of the hosts"},

	{Name: "role", On: Role, Type: String, Doc: "the role"},

	{Name: "block", On: Block, Type: List, Doc: "tasks that share keywords"},
	{Name: "rescue", On: Block, Type: List, Doc: "tasks to run when one of block fails"},
	{Name: "always", On: Block, Type: List, Doc: "tasks to run after block and rescue, whatever happened"},

	{Name: "args", On: tasks, Type: Dict, Doc: "more arguments for the module"},
	{Name: "action", On: tasks, Type: String, Doc: "the module and its arguments"},
	{Name: "async", On: tasks, Type: Int, Doc: "seconds the task may take, run in the background"},
	{Name: "async_val", On: tasks, Type: Int, Doc: "async, by the name Ansible has for it inside"},
	{Name: "changed_when", On: tasks, Type: List, Doc: "conditions that say whether the task changed anything"},
	{Name: "delay", On: tasks, Type: Int, Doc: "seconds between retries"},
	{Name: "delegate_to", On: Role | steps, Type: String, Inherit: Nearest, Doc: "the host that runs the task instead"},
	{Name: "delegate_facts", On: Role | steps, Type: Bool, Inherit: Nearest, Doc: "facts are those of the host delegated to"},
	{Name: "failed_when", On: tasks, Type: List, Doc: "conditions that say whether the task failed"},
	{Name: "loop", On: tasks, Type: Any, Doc: "a list; the task runs once for each item"},
	{Name: "loop_control", On: tasks, Type: Class, Doc: "how the loop runs and shows"},
	{Name: "notify", On: steps, Type: List, Inherit: Nearest, Doc: "handlers to run if the task changed something"},
	{Name: "poll", On: tasks, Type: Int, Doc: "seconds between looks at an async task"},
	{Name: "register", On: tasks, Type: String, Static: true, Doc: "the variable that is given the result"},
	{Name: "retries", On: tasks, Type: Int, Doc: "how often to try again"},
	{Name: "until", On: tasks, Type: List, Doc: "conditions that end the retries"},
	{Name: "loop_with", On: tasks, Type: String, Doc: "the lookup of with_<lookup>, by the name Ansible has for it inside"},
	{Name: "listen", On: Handler, Type: List, Static: true, Strings: true, Doc: "topics that notify the handler"},
	{Name: "allow_duplicates", On: IncludeRole, Type: Bool, Early: true, Doc: "the role may run again"},
	{Name: "public", On: IncludeRole, Type: Bool, Early: true, Doc: "the role's variables are seen by later tasks"},
	{Name: "rolespec_validate", On: IncludeRole, Type: Bool, Early: true, Doc: "check the role's arguments"},

	{Name: "loop_var", On: LoopControl, Type: Text, Early: true, Doc: "name of the variable that holds the item"},
	{Name: "index_var", On: LoopControl, Type: Text, Early: true, Doc: "name of the variable that holds the item's number"},
	{Name: "label", On: LoopControl, Type: Text, Doc: "what is shown for an item"},
	{Name: "pause", On: LoopControl, Type: Float, Early: true, Doc: "seconds between items"},
	{Name: "extended", On: LoopControl, Type: Bool, Early: true, Doc: "give ansible_loop"},
	{Name: "extended_allitems", On: LoopControl, Type: Bool, Early: true, Doc: "give ansible_loop.allitems"},

	{Name: "import_playbook", On: ImportPlaybook, Type: String, Doc: "the playbook"},
	{Name: "vars", On: ImportPlaybook, Type: Dict, Doc: "variables for the plays of the playbook"},
	{Name: "vars_val", On: ImportPlaybook, Type: Dict, Doc: "vars, by the name Ansible has for it inside"},

	{Name: "allow_duplicates", On: Metadata, Type: Bool, Doc: "the role may run more than once"},
	{Name: "dependencies", On: Metadata, Type: List, Doc: "roles to run before this one"},
	{Name: "galaxy_info", On: Metadata, Type: Any, Doc: "what Galaxy shows"},
	{Name: "argument_specs", On: Metadata, Type: Dict, Doc: "the arguments of the role's entry points"},
}

var byName = func() map[string][]*Keyword {
	m := map[string][]*Keyword{}
	for i := range Table {
		m[Table[i].Name] = append(m[Table[i].Name], &Table[i])
	}
	return m
}()

// Lookup returns the keyword of that name on an entity, nil when the entity has none. on is one entity.
func Lookup(name string, on On) *Keyword {
	for _, k := range byName[name] {
		if k.On&on != 0 {
			return k
		}
	}
	return nil
}

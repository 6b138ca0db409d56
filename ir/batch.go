package ir

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"pbc/ir/value"
)

// Batch is what one host runs of one play without hearing from the controller: the code of the
// play, which all its hosts share, and the host's own part. Its name is the SHA-256 of both.
type Batch struct {
	Version int
	Dialect string
	Code    *Code
	Host    HostPart
}

// Code is the part of a batch that is the same on every host of the play.
type Code struct {
	Number   int // of the play, from 0
	Instrs   []Instr
	Handlers []Handler
	Tables
	PlayDefaults, PlayRoleVars []int // layers every task sees, see Play
	Excluded                   []int // tasks that --tags and --skip-tags leave out, sorted
	// Barriers are the tasks at which the hosts of the play wait for each other, sorted.
	Barriers []int
	// Flushes says that they wait at the implicit flushes of handlers, too: in newer ones what handlers leave notified decides whether hosts go by
	// these, in older ones a flush is a task of any_errors_fatal, which hosts that had failed before fail.
	Flushes  bool
	Plugins  *Plugins
	Settings Settings
}

// Waits says where a host waits for the others that run the play with it.
type Waits uint8

const (
	// WaitNever is for a host that is alone, and for strategies without order.
	WaitNever Waits = iota
	// WaitAtBarriers waits before and after the tasks of Barriers.
	WaitAtBarriers
	// WaitAlways waits before every task.
	WaitAlways
)

// Plugins are the names of the filters, tests and lookups in Python that stand before those of the evaluator: of plugin
// folders beside playbooks, of roles, and of the configured paths. Sorted; nil is none.
type Plugins struct{ Filters, Tests, Lookups []string }

// Has says whether a name is among those of a kind: "filter", "test" or "lookup".
func (p *Plugins) Has(kind, name string) bool {
	if p == nil {
		return false
	}
	list := map[string][]string{"filter": p.Filters, "test": p.Tests, "lookup": p.Lookups}[kind]
	name = strings.TrimPrefix(name, "ansible.legacy.")
	_, found := slices.BinarySearch(list, name)
	return found
}

// Settings are the options of a run that a host needs.
type Settings struct {
	Check, Diff   bool
	Verbosity     int
	ForceHandlers bool
	// Waits says where the host waits for the others that run the play.
	Waits       Waits
	Free        bool // the play's strategy has no order among hosts
	LivePlay    bool // the files of vars_files may be others for each task: they are named by facts
	LiveHost    bool // the variables of the inventory may be others for each task
	InjectFacts bool // inject_facts_as_vars
	// Omit is the text that the variable omit holds, another one in every run; "" in dialect tagged, where it holds value.Omit.
	Omit           string
	MissingHandler bool   // error_on_missing_handler
	RemoteTmp      string // where hosts keep the temporary files of tasks; "" for Ansible's own place
	LocalTmp       string // the controller's folder for temporary files of the run, which diffs name
	Become         BecomeSettings
	// BecomeBy are the settings of single methods, by their short names; a text that is not empty wins over that of Become.
	BecomeBy        map[string]BecomeSettings
	AllowSameUser   bool   // become_allow_same_user
	HashMerge       bool   // hash_behaviour=merge
	Native          bool   // jinja2_native
	Connection      string // the connection plugin where no variable or keyword says otherwise
	Reach           ReachSettings
	Detached        bool // the batch runs inside the controller, modules over connections that may end
	TaskTimeout     int  // seconds, 0 for none
	GatherSubset    Val
	GatherTimeout   int
	DefaultFactPath string
	FactsModules    []string // facts_modules; empty is "smart"
	NoLog           bool     // no_log where no keyword says otherwise
	AnyErrorsFatal  bool     // the same of any_errors_fatal
	MaxDiff         int64    // bytes of a file that a diff shows, 0 for any number
	KeepUndefined   bool     // error_on_undefined_vars off
	Null            Val      // null_representation
	TrustLookups    bool     // allow_unsafe_lookups
	AllowBroken     bool     // allow_broken_conditionals
	NoEmbedded      bool     // allow_embedded_templates off
	AsyncDir        string   // where files of jobs go on hosts
	LenientUTF8     bool     // module_strict_utf8_response off
	PollInterval    int      // of async tasks that do not say, in seconds
	CoreVersion     string   // of the ansible-core that is reproduced: two numbers
	Interpreter     string   // the Python of hosts, or how it is found; see the setting INTERPRETER_PYTHON
	// Collectors gather all facts that the run reads, when FactsRead is set: a play's gathering need do no more.
	Collectors []string
	FactsRead  bool
	// Faults are in the settings of plugins: tasks that such a plugin serves fail of them.
	Faults []SettingFault
	// Debugger has the task debugger start after every failure, where no keyword says otherwise; DebugIgnored also after failures that are ignored.
	Debugger, DebugIgnored bool
}

// newerCore is the minor version of ansible-core from which Newer holds. What it stands for was observed in 2.14, where it is not so,
// and in 2.18 and 2.19; between them it came version by version.
const newerCore = 16

// Newer says whether a version of ansible-core, such as "2.18" or "2.18.19", is one that behaves as 2.18 where that is unlike 2.14.
func Newer(version string) bool {
	return Minor(version) >= newerCore
}

// Minor is the second number of a version of ansible-core whose first is 2: that of "2.18.19" is 18. It is 0 for what is no version, and larger than
// any for what comes after 2.
func Minor(version string) int {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, err := strconv.Atoi(major)
	b, err2 := strconv.Atoi(minor)
	switch {
	case err != nil || err2 != nil || a < 2:
		return 0
	case a > 2:
		return math.MaxInt
	}
	return b
}

// OmitVar is the variable omit.
func (s *Settings) OmitVar() value.Value {
	if s.Omit == "" {
		return value.Omit
	}
	return s.Omit
}

// IsOmit says whether v stands for a parameter or keyword that was not given.
func (s *Settings) IsOmit(v value.Value) bool {
	if s.Omit == "" {
		return v == value.Value(value.Omit)
	}
	text, ok := value.Text(v)
	return ok && text == s.Omit
}

// ReachSettings are the other defaults of reaching hosts, as tasks see them in variables: those of an empty or zero
// setting are not there.
type ReachSettings struct {
	User, KeyFile, Executable, Compression string
	// NoShell is what tasks fail with where neither the settings nor variables name a shell, LostShell where that of
	// the settings is not on this machine; "" is nothing.
	NoShell, LostShell string
	Port, Timeout      int
	Pipelining         bool
	LocalUser          string // who runs the playbook
}

// SettingFault is what is wrong with a setting of a plugin: "ssh" connects, "sh" is the shell of every host.
type SettingFault struct{ Plugin, Msg, Help string }

// BecomeSettings are the defaults of changing user, from settings and the command line.
type BecomeSettings struct {
	On                       bool
	User, Method, Flags, Exe string
	Password                 string
}

// HostPart is the part of a batch that belongs to one host. Its values are *value.Dict, raw: they
// may hold templates.
type HostPart struct {
	Name      string
	Inventory Val // group and host variables, flattened
	Play      Val // vars, vars_prompt and vars_files of the play, flattened
	Extra     Val // -e
	Magic     Val // names that nothing overrides
	Facts     Val // facts known from a cache
	Set       Val // variables set by earlier plays, when the agent is new to the run
	Become    BecomeSettings
	// Route is how the host is reached: a *value.Dict of texts by the names of RouteVars and RouteKeywords.
	Route Val
	// Known are the names that the host's code was seen to read, sorted: only variables of these names
	// were sent. Another name is asked for when it is read, unless Whole says that all were sent.
	Known []string
	Whole bool
	// Lost are the hosts that the play was without when the batch was made.
	Lost Lost
	// Answers are those of lookups that depend on nothing but their arguments, by eval.LookupKey.
	Answers map[string]Val
}

// Lost are hosts that a play has lost, by name: what ansible_play_hosts and its like leave out.
type Lost struct {
	// Removed have failed where nothing rescued them, cannot be reached, or have ended.
	Removed []string `msgpack:",omitempty"`
	// Failed and Unreachable take no part in later plays.
	Failed, Unreachable []string `msgpack:",omitempty"`
}

// AgentReads are the variables that a machine reads whatever the code says.
var AgentReads = []string{"ansible_become", "ansible_become_user", "ansible_become_method", "ansible_become_flags",
	"ansible_sudo_user", "ansible_sudo_exe", "ansible_sudo_flags", "ansible_sudo_pass", "ansible_su_user", "ansible_su_exe", "ansible_su_flags", "ansible_su_pass",
	"ansible_doas_user", "ansible_doas_exe", "ansible_doas_flags", "ansible_doas_pass",
	"ansible_become_exe", "ansible_become_password", "ansible_become_pass", "ansible_python_interpreter",
	"ansible_facts_modules", "ansible_network_os", "ansible_shell_executable", "ansible_interpreter_python_fallback", "ansible_async_dir", "ansible_remote_tmp", "ansible_python_module_rlimit_nofile",
	"ansible_syslog_facility", "ansible_timeout", "ansible_shell_type", "ansible_pipelining", "ansible_ssh_pipelining"}

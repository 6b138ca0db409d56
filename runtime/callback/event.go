package callback

import (
	"pbc/ir/failure"
	"pbc/ir/value"
)

// Event is one of the event types of this package, passed by value.
type Event interface{ event() }

// Callback consumes the events of one run.
type Callback interface {
	// Handle takes the next event. It is never called concurrently, and must not keep or change what
	// the event refers to.
	Handle(Event)
	// Close ends the output: files are written, buffers flushed. Nothing is handled after it.
	Close() error
}

// PlaybookStart opens the run of one playbook file. Ansible: v2_playbook_on_start.
type PlaybookStart struct {
	Path  string // as given on the command line
	Plays int    // told at -vv
	// Options are the command line's options by Ansible's names in Ansible's order, told at -vvvv; "args"
	// holds the positional arguments.
	Options *value.Dict
}

// PlayStart opens a play, once for each batch of serial. Ansible: v2_playbook_on_play_start.
type PlayStart struct {
	ID        string
	Name      string   // the play's name, or its hosts when it has none
	Path      string   // "file:line"
	Hosts     []string // the patterns of its hosts
	Strategy  string   // empty is linear
	CheckMode bool
}

// NoHostsMatched follows a PlayStart whose pattern matches no host.
type NoHostsMatched struct{}

// NoHostsRemaining says that every host of the play has failed.
type NoHostsRemaining struct{}

// Task is what callbacks know of a task. All events of one task hold the same ID.
type Task struct {
	ID      string
	Name    string // as the banner shows it: templated, "role : " before it, the action when it has none
	RawName string // the same before templating; empty when equal to Name
	Label   string // Name without the role
	Action  string // as the playbook writes it, such as "debug" or "ansible.builtin.debug"
	Args    *value.Dict
	Path    string // "file:line", absolute; empty when unknown

	Handler   bool // a handler: RUNNING HANDLER
	Include   bool // include_tasks, include_role: its results are not shown, Included is
	Loop      bool // has a loop or a with_*, be it empty
	NoLog     bool
	CheckMode bool
	Diff      bool // the task's diff, else --diff: the diffs of its items are shown
	Tagged    bool // the dialect is tagged
	IgnoreErrors,
	IgnoreUnreachable bool
}

// TaskStart opens a task, once for all hosts of a linear play. Ansible: v2_playbook_on_task_start and
// v2_playbook_on_handler_task_start.
type TaskStart struct{ Task *Task }

// Doing says what a host does now, told as soon as it is known: the events about results come in the order of the play, and
// later. It is for those who show how a run goes on, and is only made when somebody does.
type Doing struct {
	Host string
	Task string // the name of the task that the host has begun
	At   []int  // the place of the task in the play; lower is earlier. Nil before the first task
	Done bool   // the host has ended the task
	Gone bool   // the host has ended the play
}

// Aside says that something else writes to the screen, until it says that this has ended.
type Aside struct{ Ended bool }

// HostStart says that a host begins a task. Ansible: v2_runner_on_start.
type HostStart struct {
	Host string
	Task *Task
}

// Status is how a task or an item ended. A change is told by the result's "changed".
type Status uint8

// The ways a task ends.
const (
	OK Status = iota
	Failed
	Skipped
	Unreachable
)

// Result ends a task on a host. Ansible: v2_runner_on_ok, _failed, _skipped and _unreachable, and
// v2_on_file_diff before the first of them.
type Result struct {
	Host   string
	Task   *Task
	Name   string // the task's own name templated for this host, without role; empty when it has none
	Status Status
	// Ignored says that the failure was met by ignore_errors, or by ignore_unreachable.
	Ignored bool
	// DelegateTo is the templated delegate_to, empty when the task is not delegated.
	DelegateTo string
	// Result is the whole result with its internal keys: _ansible_no_log, _ansible_verbose_always,
	// _ansible_verbose_override, _ansible_delegated_vars, and for a loop "results".
	Result *value.Dict
}

// ItemResult ends one item of a loop. Its Result has the item under its loop variable and
// _ansible_item_label. Ansible: v2_runner_item_on_ok, _failed (also for unreachable), _skipped.
type ItemResult Result

// Retry says that an attempt of a task with until has failed and another follows. Result has "attempts"
// and "retries". Ansible: v2_runner_retry.
type Retry struct {
	Host       string
	Task       *Task
	Name       string // the task's own templated name, without role; empty when it has none
	DelegateTo string
	Result     *value.Dict
}

// AsyncStep is one of the things told while an asynchronous task is polled.
type AsyncStep uint8

// The steps of an asynchronous task. Ansible: v2_runner_on_async_poll, _ok and _failed.
const (
	AsyncPoll AsyncStep = iota
	AsyncOK
	AsyncFailed
)

// Async reports on an asynchronous task that is being polled.
type Async struct {
	Host   string
	Task   *Task
	Step   AsyncStep
	Result *value.Dict
}

// Included says that a file or role was included for hosts. Ansible: v2_playbook_on_include.
type Included struct {
	File  string
	Task  *Task
	Hosts []string
	// Label is the item's label, nil when the include has no loop.
	Label value.Value
	NoLog bool // the label is censored
	// Args and Vars are the include's arguments and variables, for the junit callback.
	Args, Vars *value.Dict
}

// Notified says that a handler was notified by a host. Ansible: v2_playbook_on_notify.
type Notified struct {
	Handler string
	Host    string
}

// HostStats are the recap's numbers for a host.
type HostStats struct {
	Host                                                        string
	OK, Changed, Unreachable, Failed, Skipped, Rescued, Ignored int
}

// Stats ends the run of a playbook file. Ansible: v2_playbook_on_stats.
type Stats struct {
	Hosts []HostStats // those that did anything, in any order
	// Custom is what set_stats gathered, by host; "_run" is for the run. It may be nil.
	Custom *value.Dict
}

// Warning is a warning of the controller or of a module, shown once for each text.
type Warning struct {
	Text string
	// Chain, when not nil, is what dialect tagged shows in place of Text.
	Chain *failure.Failure
	// Formatted text is shown as it is, else it is wrapped.
	Formatted bool
	// Again marks what a task says while it runs: each task may say it once more. Ansible's tasks run in
	// processes that do not know what the others have said.
	Again bool
}

// Deprecation is a deprecation warning, shown once for each text.
type Deprecation struct {
	Text       string
	Version    string // removed in that version
	Date       string // removed after that date; goes before Version
	Collection string // full collection name, may be empty
	Plugin     string // whose the feature is, such as "module 'copy'"; told by dialect tagged
	Help       string // what to do instead, told by dialect tagged
	Again      bool   // as of a Warning
	Whole      bool   // Text says all, also when the feature goes
}

// Verbose is a message for those who asked for Level or more v's. Level counts from 1: Ansible's
// display.v, vv, vvv ...
type Verbose struct {
	Level int
	Host  string // shown as "<host> " when not empty
	Text  string
}

// Message is a text that Ansible prints outside of callbacks.
type Message struct {
	Text   string
	Color  Color
	Stderr bool
	// NoNewline leaves the line open, for prompts.
	NoNewline bool
	// ScreenOnly keeps the text out of the log file.
	ScreenOnly bool
	// Level is that of the entry in the log file, as dialect tagged tells it; "" is INFO.
	Level string
}

// ErrorMessage is an error told on standard error: "ERROR! text", or "[ERROR]: text" when Wrap.
type ErrorMessage struct {
	Text string
	Wrap bool
}

func (PlaybookStart) event()    {}
func (PlayStart) event()        {}
func (NoHostsMatched) event()   {}
func (NoHostsRemaining) event() {}
func (TaskStart) event()        {}
func (HostStart) event()        {}
func (Doing) event()            {}
func (Aside) event()            {}
func (Result) event()           {}
func (ItemResult) event()       {}
func (Retry) event()            {}
func (Async) event()            {}
func (Included) event()         {}
func (Notified) event()         {}
func (Stats) event()            {}
func (Warning) event()          {}
func (Deprecation) event()      {}
func (Verbose) event()          {}
func (Message) event()          {}
func (ErrorMessage) event()     {}

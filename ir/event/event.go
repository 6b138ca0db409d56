// Package event is what a controller and an agent say to each other while a batch runs: events and
// needs go up, answers go down. Messages are msgpack, one to a frame:
//
//	frame   = array(2) kind body
//	kind    = uint8, one of the constants below
//	body    = the struct of that kind, as a map
package event

import (
	"fmt"

	"github.com/vmihailenco/msgpack/v5"

	"pbc/ir"
)

// Status is how a task, or one item of its loop, ended on a host.
type Status uint8

// The statuses, as Ansible counts them.
const (
	OK Status = iota
	Changed
	Failed
	Skipped
	Unreachable
)

// Kind says what an Event reports.
type Kind uint8

// The kinds of events.
const (
	Started  Kind = iota + 1 // a task begins: Name
	Item                     // an item of a loop has a result
	Retry                    // an attempt did not satisfy until: Attempt, Retries
	Finished                 // a task has its result
	Included                 // files were included: Files
	Notified                 // a handler was notified for the first time: Name
	Message                  // something to tell the user: Level, Name
	Stats                    // set_stats
	Meta                     // a meta task ran: Name is what it does
	Done                     // the batch is over: Outcome
	Async                    // a job was looked at: Name is "poll", or how it ended: "ok" or "failed"
)

// Outcome is how a host leaves a play.
type Outcome uint8

// The outcomes.
const (
	Completed Outcome = iota
	HostFailed
	HostUnreachable
	HostEnded // meta: end_host
	PlayEnded // meta: end_play
)

// Event is what a host reports. Which fields count is said by its Kind.
type Event struct {
	Kind Kind
	Addr ir.Address
	Task int
	Name string `msgpack:",omitempty"` // banner of the task, or text of a message
	// As is the number of the task that this result is one of when a template named the action of Task; 0 for others.
	As int `msgpack:",omitempty"`
	// Status, Result and the flags are those of a result. Result is a *value.Dict as Ansible's.
	Status  Status
	Result  ir.Val
	Flags   Flags
	Label   ir.Val // of an item
	Attempt int    `msgpack:",omitempty"`
	Retries int    `msgpack:",omitempty"`
	Level   string `msgpack:",omitempty"` // "display" (as it is), "warning", "task warning" (told again by the next task), "deprecation", "error", "v", "vv"
	Files   []IncludedFile
	Outcome Outcome `msgpack:",omitempty"`
	Handler bool    `msgpack:",omitempty"`
	Rescued bool    `msgpack:",omitempty"` // a failure that a rescue takes
	Caught  bool    `msgpack:",omitempty"` // a failure that the innermost block, or a rescue around it, takes for now
	// Sheltered, of a start: what the host comes to next is in a rescue or an always, which the failure of others does not end.
	Sheltered bool `msgpack:",omitempty"`
	Notify    []string
	// Beside, of a start, is the place of the last handler of a flush that the host has just passed without it: see Need.
	Beside ir.Address `msgpack:",omitempty"`
	// Below, of Done, says that the host has failed in a block of which the outermost one has not heard: see machine's topState.
	Below bool `msgpack:",omitempty"`
	// Marked, of Done: see Need.
	Marked Marks `msgpack:",omitempty"`
	// Flush, of Done, is where the host has flushed its handlers although it had failed (force_handlers): until others have come there it counts as
	// one that has yet to.
	Flush ir.Address `msgpack:",omitempty"`
}

// Flags are the keywords of a task as they were for this result.
type Flags struct {
	IgnoreErrors      bool   `msgpack:",omitempty"`
	IgnoreUnreachable bool   `msgpack:",omitempty"`
	NoLog             bool   `msgpack:",omitempty"`
	Check             bool   `msgpack:",omitempty"`
	Diff              bool   `msgpack:",omitempty"`
	AnyErrorsFatal    bool   `msgpack:",omitempty"`
	RunOnce           bool   `msgpack:",omitempty"`
	Looped            bool   `msgpack:",omitempty"`
	DelegateTo        string `msgpack:",omitempty"`
	DelegateFacts     bool   `msgpack:",omitempty"`
}

// Fatal says that a failure of the task is one of all hosts.
func (f *Flags) Fatal() bool { return (f.AnyErrorsFatal || f.RunOnce) && !f.IgnoreErrors }

// IncludedFile is one file of an include, for one item of its loop.
type IncludedFile struct {
	Path  string
	Label ir.Val
	NoLog bool
}

// Need is a question an agent asks while it runs. What the fields hold is said by its Ask.
type Need struct {
	ID   uint32
	Ask  Ask
	Addr ir.Address
	Task int
	Name string
	Args ir.Val
	// Of a Barrier, Open says that the task is one at which all wait; Passed is the address of the last such place that the host
	// has come to or passed over.
	Open   bool       `msgpack:",omitempty"`
	Passed ir.Address `msgpack:",omitempty"`
	// Beside, of a Barrier, is the place of the last handler of the flush before, which the host has passed without it: where others
	// run that one, it runs what it asks for beside them.
	Beside ir.Address `msgpack:",omitempty"`
	// Marked, of a Barrier, says whether handlers are marked for the host.
	Marked Marks `msgpack:",omitempty"`
}

// Marks says whether handlers are marked to run on a host.
type Marks uint8

// The marks. Those of a flush are gone with it, unless they are left over: for a host that has failed in it, or by a handler that notifies one before it.
const (
	Unmarked Marks = iota
	Flushing
	LeftOver
)

// Ask is what a Need asks for.
type Ask uint8

// The questions.
const (
	Barrier      Ask = iota + 1 // may the task at Addr run: answer Go
	Fragments                   // Args: list of includes; answer Extensions
	Lookup                      // Name: plugin, Args: {terms, options}; answer Value
	HostVar                     // Name: a variable, "" for all, Args: the host; answer Value, Found
	HostNames                   // answer Value: the names hostvars iterates over
	FindFile                    // Name: as written, Args: {kind}; answer File
	LoadVars                    // include_vars, Args: the arguments; answer Value: what the task returns
	Parse                       // Name: source text, Args: kind; answer Value
	FetchBlob                   // Name: digest, Args: offset; answer Blob, Found when more follows
	Delegate                    // Args: the call; answer Value: the result
	Variable                    // Name: a variable the link left out; answer Value, Level. No name: groups, group_names and vars, what the inventory says now
	Inventory                   // add_host, group_by, refresh_inventory: Args; answer Value. Name: Describe, what add_host and group_by would do
	Excerpt                     // the lines of the playbook around Task; answer Value
	TemplateFile                // {% include %}: Name, answer File
	Pause                       // pause, Args: {seconds, echo}, or none to ask only for Found: somebody is there; answer Value: what was typed
	StoreFile                   // fetch, Args: {source, vars} and {data, offset} or done; answer Value: {dest, checksum, md5sum}
	Plugin                      // a filter or test in Python: Name, Args: {test, probe, each, args, kw, locals, vars}; answer Value, Found
	Rename                      // Name: the action that a template of Task has named; answer Extensions: the task that it makes
	PlayHosts                   // answer Lost: the hosts that the play has lost so far
	Payload                     // how to run a module that is not native; Name: the module, "" for the task's, Args: why, said by the native one that left it; answer Payload
	Action                      // an action plugin in Python, Args: {task, vars, includes}, then {session, result} or {session, cancel}; answer Value: {session, work} or {result}, with {said}
	HostVars                    // Args: {host, names}; answer Value: {set, rest}: those of them that there are and can be rendered, by whether tasks have set them
	Debug                       // the task debugger, after a result. Args: {again, result, before, gone}, with {rendered} where keywords were; answer Value: {next} and for a redo {vars, gone}, Extensions: the task when it has changed
)

// Describe is the name under which Inventory asks for the result of add_host and group_by, which changes nothing yet.
const Describe = "describe"

// Go is what a barrier answers.
type Go uint8

// The answers of a barrier.
const (
	Run   Go = iota + 1 // run the task
	Apply               // another host ran it (run_once): take its result
	Fail                // fail here (any_errors_fatal)
	End                 // the play is over
	Skip                // leave the task out without a word (--step)
)

// Level says where among the variables that tasks have made an asked variable stands.
type Level uint8

// The levels, lowest first. NoVariable is a name that nothing defines.
const (
	NoVariable Level = iota
	BelowFacts
	AboveFacts
	AboveSet
)

// Raised begins the kind of an error that Python raises and Ansible does not expect.
const Raised = "raised "

// Handling is the kind of an error that Ansible raises while it handles another one, which is not told.
const Handling = "handling"

// Unresolved is the kind of the error that an action is neither a module nor a plugin, in dialect tagged.
const Unresolved = "unresolved"

// Answer answers the need with the same ID.
type Answer struct {
	ID    uint32
	Error string // in Ansible's words; empty when the question was answered
	Kind  string // kind of Error: "undefined", "unreachable", "excerpt", Unresolved, Handling, Raised and the class of an exception, or empty
	Found bool
	Value ir.Val
	Go    Go
	Level Level // of a Variable
	File  *ir.File
	Blob  []byte
	// Payload is how to run a module that is not native.
	Payload *ir.Payload
	// Extensions are the included files, in the order in which they run, with the ordinal that
	// makes their addresses agree with other hosts'.
	Extensions []ir.Extension
	Ordinals   []int
	// Lost are the hosts that the play has lost: the answer of PlayHosts; with that of a barrier when it has changed.
	Lost *ir.Lost
	// Warnings and Deprecations are what a plugin has the task tell the user.
	Warnings, Deprecations []string
	// Forget, of a barrier, says that another host has had the inventory read again.
	Forget bool `msgpack:",omitempty"`
	// Over, of End, says that a meta task of another host has ended the batch.
	Over bool `msgpack:",omitempty"`
	// Result is the event of the host that ran a run_once task, for Apply.
	Result *Event
	// Strict says that from now on the host is to wait at every task; Open is why, in an answer that brings variables.
	Strict bool   `msgpack:",omitempty"`
	Open   string `msgpack:",omitempty"`
}

// Message kinds on the wire.
const (
	KindEvent uint8 = iota + 1
	KindNeed
	KindAnswer
	KindBatch
	KindBlob
	KindCall
	KindReply
	KindHello
	KindCancel // no body: begin no task of the batch any more
	KindUpdate
)

// Hello is the first message each side sends.
type Hello struct {
	Version  int
	Digest   string // of the agent's program
	Platform string // "linux/amd64"
	User     string
	Pid      int
}

// Load carries a batch: the shared code once, compressed, and the host's part.
type Load struct {
	Batch []byte // ir.Batch, gzip
	Run   bool
}

// Blob carries bytes ahead of the need for them.
type Blob struct {
	Digest string
	Bytes  []byte
}

// Call asks an agent to run one module: delegation, and the hop to another user.
type Call struct {
	ID     uint32
	Module string
	Call   ir.Val // the arguments and options, see machine.EncodeCall
}

// Reply is the result of a Call.
type Reply struct {
	ID     uint32
	Result ir.Val
}

// Encode returns the frame of a message.
func Encode(kind uint8, body any) ([]byte, error) {
	b, err := msgpack.Marshal(body)
	if err != nil {
		return nil, err
	}
	return append([]byte{0x92, kind}, b...), nil
}

// Open returns the kind of a frame and its body. It fails on a frame that is too short or not one.
func Open(frame []byte) (kind uint8, body []byte, err error) {
	if len(frame) < 3 || frame[0] != 0x92 || frame[1] > 0x7f {
		return 0, nil, fmt.Errorf("frame of %d bytes is not a message", len(frame))
	}
	return frame[1], frame[2:], nil
}

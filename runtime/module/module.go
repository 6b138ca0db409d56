// Package module is what every native module is to the machine that calls it: a name, an argument
// spec as data, and a function from a Call to a result. It knows no module; builtin has the table.
package module

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/argspec"
)

// Call is one execution of a module on a host, for one task or one item of its loop.
type Call struct {
	// Name is the module's full name, such as "ansible.builtin.copy".
	Name string
	// Action is the name as the task wrote it, such as "copy": some messages show it. Empty is Name.
	Action string
	// Args are the task's arguments: templated, omit removed, not yet checked against the spec.
	// Free-form text stands under "_raw_params".
	Args *value.Dict

	Check     bool // --check or check_mode: change nothing, say what would change
	Diff      bool // --diff or diff: put "diff" into the result
	NoLog     bool
	Verbosity int
	// Collectors are, of a call of setup, the only fact collectors that are of use; nil for all.
	Collectors []string
	// Dialect is the generation of ansible-core whose module this stands for.
	Dialect expr.Dialect
	// Newer says that that ansible-core is one that ir.Newer means.
	Newer bool
	// Env is the task's environment keyword, laid over the agent's own environment.
	Env map[string]string
	// RemoteTmp is the folder for the module's own temporary files; it exists.
	RemoteTmp string
	// RemoteBase is the setting remote_tmp, below which RemoteTmp is made; WantsTemp says that the host counts as unreachable
	// where it cannot be.
	RemoteBase string
	WantsTemp  bool

	// LocalTmp is the controller's folder for temporary files of this run: headers of diffs name it.
	LocalTmp string
	// Shell is what lines for a shell are given to, and what starts a module, empty for /bin/sh.
	Shell string
	// MaxDiff is the size in bytes past which a file is not shown in a diff, 0 for none.
	MaxDiff int64
	// SourceError is why the controller has no Source though the task names a src: Ansible's message
	// of a file that was not found. Empty otherwise.
	SourceError string

	// Source is the controller's file or folder that the task's src names (copy, template, script,
	// unarchive ...), nil when there is none.
	Source *Source
	// Content is the rendered text of a template, nil for other modules.
	Content []byte
	// Blobs gives the bytes of the files in Source.
	Blobs Blobs

	// Payload is the module itself when it is not native; nil for native ones.
	Payload *ir.Payload
	// Interpreter is what modules run with whose first line names the program Payload.Interpreter[0]: a command line
	// that the user gave. Empty is that program itself.
	Interpreter string
	// Discover asks for the host's Python to be found first, and to be told in the result; nil does not.
	Discover *Discovery
	// Async has the module run on after the call has returned; nil waits for its end.
	Async *Async
}

// Async says how a module runs on by itself.
type Async struct {
	ID    string // the beginning of the job's name
	Limit int64  // seconds
	Dir   string // where the job's file goes; may begin with ~
}

// Discovery asks which Python the modules of a host run with.
type Discovery struct {
	Mode    string // "auto", "auto_legacy", or one of them with "_silent"
	Host    string // as warnings name it
	Version string // of ansible-core, two numbers, as links to its documentation have it
	Tagged  bool   // from ansible-core 2.19 on
	// Fallback are the interpreters that are looked for; nil are those of the version.
	Fallback []string
}

// DiscoveredFact is the fact that tells which Python was found.
const DiscoveredFact = "discovered_interpreter_python"

// Source is a file or folder on the controller, as a module that copies it sees it. A link that the
// task follows (local_follow, copy's default) appears as what it leads to; Link is set for those links
// only that are to be links on the host too.
type Source struct {
	Path     string // the controller's absolute path, or below a folder the path relative to it
	Mode     uint32 // permission bits, with setuid, setgid and sticky as in stat(2)
	Size     int64
	Digest   string // SHA-256 of the content in hexadecimal; empty for a folder or a link
	Link     string // the target of a symbolic link
	IsDir    bool
	Children []Source // everything below a folder, parents before children
}

// Blobs are bytes named by their SHA-256.
type Blobs interface {
	// Open returns the bytes of the blob; the caller closes it. It fails when the blob is not here.
	Open(digest string) (io.ReadCloser, error)
}

// ReadPiece is the name of the module that reads a file in pieces: pbc's own, see files.Piece.
const ReadPiece = "pbc.read_piece"

// PlaceFile is the name of the module that keeps a file of the controller for others: see files.Place.
const PlaceFile = "pbc.place_file"

// RunLine and WritePiece are the names of the modules that serve action plugins in Python: see commands.Line and
// files.WritePiece.
const (
	RunLine    = "pbc.run_line"
	WritePiece = "pbc.write_piece"
)

// Effect says what a module may touch: DESIGN's local and open.
type Effect uint8

const (
	// Open may be seen by, or look at, other hosts.
	Open Effect = iota
	// Local touches only its own host's disk, accounts and variables.
	Local
)

// Module is one native module.
type Module struct {
	// Name is the full name; Short is what a playbook commonly writes.
	Name, Short string
	Effect      Effect
	// Spec is the module's argument spec; nil when it takes no named arguments. It must not be changed.
	Spec *argspec.Spec
	// Run executes the call and returns what Ansible's module would return, before the task's own
	// changed_when and failed_when: "changed", "failed", "msg", "rc", "diff", "warnings",
	// "invocation" and the module's own keys, in any order. It never returns nil and never panics
	// on bad arguments. It ends what it started when ctx ends.
	Run func(ctx context.Context, c *Call) *value.Dict
	// Declines says why this call, on this host, is better left to the Python module; "" takes it. nil
	// takes every call.
	Declines func(c *Call) string
	// Leaves are the arguments by which Declines may leave a call to the Python module.
	Leaves []string
	// Compared are the versions of the module's collection that it was compared with: from the first on, to before the second.
	// Both are zero for the modules of ansible-core.
	Compared [2]Version
	whole    bool // made by New: there is no half of the controller's in it
	// Refuses is what Declines says of arguments alone, on any host: the compiler tells it ahead. nil
	// refuses nothing.
	Refuses func(args *value.Dict) string
}

// Leave says why this call is left to the Python module; "" for none. An argument that has to be given, and is null, is one: what
// then becomes of it is each module's own accident.
func (m *Module) Leave(c *Call) string {
	if name := m.null(c.Args); name != "" {
		return "the argument " + name + " is null"
	}
	if m.Declines == nil {
		return ""
	}
	return m.Declines(c)
}

// MayLeave is an argument by which a call with these arguments may be left to the Python module, "" for none. Those that are
// templates are not known yet.
func (m *Module) MayLeave(args *value.Dict) string {
	for _, name := range m.Leaves {
		if _, given := args.GetStr(name); given {
			return name
		}
	}
	return m.null(args)
}

// null is an argument that has to be given and is null, "" for none.
func (m *Module) null(args *value.Dict) string {
	if !m.whole || m.Spec == nil || args == nil {
		return ""
	}
	for _, a := range m.Spec.Args {
		if !a.Required {
			continue
		}
		for _, name := range append([]string{a.Name}, a.Aliases...) {
			if v, given := args.GetStr(name); given && v == nil {
				return name
			}
		}
	}
	return ""
}

// Version is the version of a collection, its first three numbers.
type Version [3]int

// ParseVersion reads a version; ok is false for what is none, or comes before a release.
func ParseVersion(s string) (v Version, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != len(v) {
		return v, false
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil {
			return v, false
		}
		v[i] = n
	}
	return v, true
}

// ComparedWith says whether the module was compared with the one in that version of its collection.
func (m *Module) ComparedWith(version string) bool {
	if m.Compared == [2]Version{} {
		return true
	}
	v, ok := ParseVersion(version)
	return ok && slices.Compare(m.Compared[0][:], v[:]) <= 0 && slices.Compare(v[:], m.Compared[1][:]) < 0
}

// The entries of a result that are for whoever called the module, and are taken out of it.
const (
	// WarningsKey holds what the user is to be told of the module's output.
	WarningsKey = "_pbc_output_warnings"
	// DeclinedKey says why the native module leaves the call to the Python one.
	DeclinedKey = "_pbc_declined"
)

// Package argspec turns a task's arguments into a module's parameters: it knows Ansible's argument
// specs as data (Spec, Arg), checks arguments against them with Ansible's order, conversions and
// messages, fills in defaults, and keeps the values that no output may show.
//
// Invariants: Check never changes the dictionary it is given; Checked.Params is a new
// dictionary that holds every option of the spec once there is no error. The package knows no module,
// opens no file except /etc/passwd for "~user", and prints nothing.
//
// Observed: ansible-core 2.14's modules; testdata/oracle.py records them.
package argspec

import (
	"slices"

	"pbc/ir/expr"
	"pbc/ir/value"
)

// Type is the name of a parameter's type, as an argument spec writes it.
type Type string

// The types of Ansible's argument specs. An empty Type is a Str.
const (
	Str   Type = "str"
	Int   Type = "int"
	Bool  Type = "bool"
	List  Type = "list"
	Map   Type = "dict"
	Path  Type = "path"
	Raw   Type = "raw"
	Float Type = "float"
	Bytes Type = "bytes"
	Bits  Type = "bits"
	JSON  Type = "json"
	// JSONArg is an older name of JSON.
	JSONArg Type = "jsonarg"
)

// Spec is an argument spec: the options in Ansible's order, and what holds between them.
type Spec struct {
	Args []Arg
	// Exclusive are groups of which one option at most may be given.
	Exclusive [][]string
	// Together are groups given wholly or not at all.
	Together [][]string
	// OneOf are groups of which one option at least must be given.
	OneOf [][]string
	// If are options required by the value of another.
	If []If
	// By are options required by the presence of another.
	By []By
	// FileCommon adds the options every module for files has: mode, owner, group and so on.
	FileCommon bool
	// CheckMode says that the module has a check mode. Without, it is skipped in check mode.
	CheckMode bool
	// TaggedCheckMode says that it has one in dialect tagged.
	TaggedCheckMode bool
	// TaggedOneOf are options of which dialect tagged wants exactly one.
	TaggedOneOf []string

	dialect expr.Dialect
	newer   bool
}

// For is the spec as the modules of a dialect have it: with that dialect's options, conversions and messages. A spec is
// of dialect classic before. Newer says that the ansible-core is one that ir.Newer means, which dialect tagged is of always: its
// modules have most options of those of tagged.
func (s *Spec) For(d expr.Dialect, newer bool) *Spec {
	newer = newer || d == expr.Tagged
	other := func(a Arg) bool {
		return a.OnlyTagged && d != expr.Tagged || a.OnlyNewer && !newer || a.OnlyOlder && newer || a.OnlyClassic && d == expr.Tagged
	}
	own := *s
	own.dialect, own.newer = d, newer
	if d == expr.Tagged && s.TaggedOneOf != nil {
		own.OneOf = append(slices.Clone(s.OneOf), s.TaggedOneOf)
		own.Exclusive = append(slices.Clone(s.Exclusive), s.TaggedOneOf)
	}
	own.CheckMode = s.CheckMode || d == expr.Tagged && s.TaggedCheckMode
	if slices.ContainsFunc(s.Args, other) {
		own.Args = slices.DeleteFunc(slices.Clone(s.Args), other)
	}
	return &own
}

// If is one row of required_if: when Arg has Value, Needs are required, or one of them when Any.
type If struct {
	Arg   string
	Value value.Value
	Needs []string
	Any   bool
}

// By is one row of required_by: when Arg is given, Needs are required.
type By struct {
	Arg   string
	Needs []string
}

// Arg is one option.
type Arg struct {
	Name     string
	Type     Type
	Elements Type // the type of a list's elements; empty when they are not checked
	Aliases  []string
	// Default is nil when there is none. It must not be changed by anyone.
	Default  value.Value
	Required bool
	Choices  []value.Value
	// NoLog hides the value of the option wherever it appears.
	NoLog bool
	// LogOK is Ansible's no_log=False: the option's name looks like a secret's, but is none.
	LogOK bool
	// RemovedIn and RemovedAt are the version or date when the option goes away, From its collection.
	RemovedIn, RemovedAt, From string
	// OldAliases are the aliases whose use is deprecated.
	OldAliases []OldAlias
	// Sub checks a dict, or the dicts of a list.
	Sub *Spec
	// SubDefaults fills in Sub's defaults even when the option is not given.
	SubDefaults bool
	// EnvFallback are environment variables that give the value when nothing else does.
	EnvFallback []string
	// OnlyTagged says that the modules of dialect tagged alone have the option so, OnlyClassic those of classic.
	OnlyTagged, OnlyClassic bool
	// OnlyNewer says that the modules of a newer ansible-core alone have it so, see ir.Newer; OnlyOlder those of an older one.
	OnlyNewer, OnlyOlder bool
}

// OldAlias is a deprecated alias.
type OldAlias struct{ Name, Version, Date, From string }

// Choices returns a list of text choices.
func Choices(s ...string) []value.Value {
	r := make([]value.Value, len(s))
	for i, e := range s {
		r[i] = e
	}
	return r
}

// fileCommon are the options that FileCommon adds.
var fileCommon = []Arg{
	{Name: "mode", Type: Raw},
	{Name: "owner", Type: Str},
	{Name: "group", Type: Str},
	{Name: "seuser", Type: Str},
	{Name: "serole", Type: Str},
	{Name: "selevel", Type: Str},
	{Name: "setype", Type: Str},
	{Name: "attributes", Type: Str, Aliases: []string{"attr"}},
	{Name: "unsafe_writes", Type: Bool, Default: false, EnvFallback: []string{"ANSIBLE_UNSAFE_WRITES"}},
}

// Options returns the options with the common ones after them. It must not be changed.
func (s *Spec) Options() []Arg { return s.all() }

// all returns the options with the common ones after them; an option of the same name wins.
func (s *Spec) all() []Arg {
	if !s.FileCommon {
		return s.Args
	}
	r := append([]Arg(nil), s.Args...)
	have := map[string]bool{}
	for _, a := range s.Args {
		have[a.Name] = true
	}
	for _, a := range fileCommon {
		if !have[a.Name] {
			r = append(r, a)
		}
	}
	return r
}

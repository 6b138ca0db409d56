// Package eval evaluates expressions, conditions and templates exactly as ansible-core does. It
// turns the trees of ir/expr into closures, once per tree, and runs them over values with Python's
// semantics. One evaluator is linked by the compiler, the controller and the agent.
//
// There is no parser here. A string is data: only a *value.Tmpl is rendered, only a *value.Cond
// decided. Where Ansible parses text that it meets at run time, the evaluator asks its Outside,
// as it does for lookups, other hosts' variables, included templates and plugins in Python.
//
// Dialect classic renders a variable whole when it is read, turns text that looks like a literal
// into what it looks like, and taints what came from outside. Dialect tagged renders the elements
// of a variable one by one, keeps types, and defers errors as markers. Both share everything else.
//
// An evaluation is bounded in depth and in the size of what it makes; a regular expression is
// bounded in time.
package eval

import (
	"errors"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// Dialect is the generation of ansible-core whose behaviour is reproduced.
type Dialect = expr.Dialect

// The dialects, see expr.Dialect.
const (
	Classic = expr.Classic
	Tagged  = expr.Tagged
)

// Vars gives the variables of one host at one point of its program, as they are stored: a value
// may hold a *value.Tmpl anywhere inside. Values are shared and are not changed.
type Vars interface {
	// Lookup returns the variable of that name, and whether there is one.
	Lookup(name string) (value.Value, bool)
	// Names returns the names of all variables, in no particular order.
	Names() []string
}

// StaticVars may be implemented by Vars that know which variables hold no template anywhere, so
// that these need not be searched for one at every use.
type StaticVars interface {
	// Static says that the variable holds no template and, in dialect classic, no text that looks
	// like one and is not marked unsafe.
	Static(name string) bool
}

// Telling may be implemented by an Outside that can tell the user something.
type Telling interface {
	Tell(n python.Notice)
}

// Including may be implemented by an Outside that looks for included templates beside the one that includes them.
type Including interface {
	// TemplateFrom is Template for what the template file from includes.
	TemplateFrom(from, name string) (t *value.Tmpl, found bool, err error)
}

// Kind is what a text that Outside parses stands for.
type Kind uint8

// The kinds of text.
const (
	ParseValue     Kind = iota // a string of a variable: itself, or a *value.Tmpl
	ParseTemplate              // a template, whatever it holds: a *value.Tmpl
	ParseCondition             // a condition: a *value.Cond
	ParseYAML                  // a YAML document: the value it loads to
	ParseYAMLAll               // YAML documents: a list of the values they load to
	ParseVault                 // vaulted text: a *value.Vault that is opened, or has a Fault
)

// PluginCall asks for a filter or test in Python.
type PluginCall struct {
	Test  bool
	Name  string
	Probe bool // only say whether there is one, and whether it reads variables
	Args  []value.Value
	KW    *value.Dict
	// Locals are the names that the template has bound, for a plugin that reads variables.
	Locals *value.Dict
	// Each calls the plugin for every element of the list that is the first argument.
	Each bool
}

// Shadowing may be implemented by an Outside that has plugins in Python which stand before those of this package:
// kind is "filter", "test" or "lookup".
type Shadowing interface {
	Shadows(kind, name string) bool
}

// Outside answers what an evaluation cannot know by itself. On the agent each call is a need that
// the controller answers; on the controller it is a function call. A nil Outside has nothing.
type Outside interface {
	// Parse parses text that was met at run time. What does not parse is returned as a Tmpl or
	// Cond with its Fault; YAML that does not parse is an error with PyYAML's message.
	Parse(k Kind, src string) (value.Value, error)
	// Template parses the template that include, import or extends name, searched as Ansible
	// searches. found is false when there is none; err is for everything else.
	Template(name string) (t *value.Tmpl, found bool, err error)
	// Lookup runs a lookup plugin that this package does not have, over rendered terms, and
	// returns its list. Errors are *Error or *value.UndefError, ErrNoLookup when there is none of
	// that name.
	Lookup(plugin string, terms []value.Value, options *value.Dict) (value.Value, error)
	// HostVar returns a variable of a host, rendered; found is false when it has none of that
	// name. An empty name asks for all of them as a *value.Dict.
	HostVar(host, name string) (v value.Value, found bool, err error)
	// Hosts returns the names that hostvars has.
	Hosts() []string
	// Plugin calls a filter or test in Python; found is false when there is none. A probe's value says whether the
	// plugin reads variables, its error why it cannot be loaded.
	Plugin(c PluginCall) (v value.Value, found bool, err error)
}

// ErrNoLookup is what Outside.Lookup returns for a plugin that it does not have.
var ErrNoLookup error = &exception.Error{Class: noLookup, Msg: "no such lookup plugin"}

// Declined is the error of a lookup plugin that leaves a call to Ansible's own plugin of that name: for what only that can
// do, or for the words of a failure. Nothing has been done by then. Err is the failure where there is no Ansible.
type Declined struct{ Err error }

func (d *Declined) Error() string { return d.Err.Error() }

// Unwrap returns the failure where there is no Ansible.
func (d *Declined) Unwrap() error { return d.Err }

// ErrNoAnsible is the cause of the failures of plugins in Python where no Ansible is installed.
var ErrNoAnsible = errors.New("no Ansible was found on this machine: there is no ansible-playbook on PATH that a Python with ansible-core runs")

const noLookup = "pbc.NoLookup"

// Config is what an Eval needs to know.
type Config struct {
	Dialect Dialect
	Vars    Vars    // nil for none
	Outside Outside // nil for none
	// Native makes templates give values of any type, as jinja2_native does in dialect classic: a single value is kept, text that
	// is a literal of Python's becomes what it says. Dialect tagged does so in its own way whatever is asked.
	Native bool
	// keepsNone prints None as its word, as native templates do and those of files beside them; others print nothing.
	keepsNone bool
	// KeepUndefined leaves templates of dialect classic as they are that read something undefined: error_on_undefined_vars off.
	KeepUndefined bool
	// Null is what a template of dialect classic that is one variable gives when that is null: null_representation.
	Null value.Value
	// TrustLookups has what lookups return count as templates in dialect classic: allow_unsafe_lookups.
	TrustLookups bool
	// AllowBroken has conditions of dialect tagged count that give no boolean: allow_broken_conditionals.
	AllowBroken bool
	// NoEmbedded leaves constants of conditions that hold templates as they are in dialect tagged: allow_embedded_templates off.
	NoEmbedded bool
}

// Eval evaluates for one host and one task or item. It is cheap to make, remembers the variables
// it has rendered, and is not safe for concurrent use; the programs it makes of templates are
// shared by all.
type Eval struct {
	cfg    Config
	static StaticVars
	cache  map[string]val
	depth  int
	// volatile is set by whatever may answer differently the next time: what was rendered
	// meanwhile is not remembered.
	volatile bool
	from     string // the path of the template file that is rendered, "" for other texts
	rounds   int    // of loops, so far
	made     int    // bytes of large values, so far
	// first is the first rendering, used once begun: most have no second.
	first rendering
	begun bool
	// replacing, when not nil, shows undefined values instead of raising them.
	replacing *replacer
}

// New returns an Eval of what c says.
func New(c Config) *Eval {
	e := &Eval{cfg: c}
	e.static, _ = c.Vars.(StaticVars)
	return e
}

// Dialect is the dialect that e evaluates in.
func (e *Eval) Dialect() Dialect { return e.cfg.Dialect }

// With returns an Eval that differs from e in its variables only.
func (e *Eval) With(v Vars) *Eval {
	c := e.cfg
	c.Vars = v
	return New(c)
}

// From returns an Eval like e for what a template file holds.
func (e *Eval) From(path string) *Eval {
	twin := New(e.cfg)
	twin.from = path
	return twin
}

// Textual returns an Eval like e for templates that give text though Native is set: those of files.
func (e *Eval) Textual() *Eval {
	if !e.native() {
		return e
	}
	c := e.cfg
	c.Native, c.keepsNone = false, true
	twin := New(c)
	twin.from = e.from
	return twin
}

// maxDepth bounds how deep templates may use templates: as deep as Python goes from an argument.
const (
	maxDepth       = 138
	maxDepthTagged = 137
)

func (e *Eval) enter() error {
	limit := maxDepth
	if e.tagged() {
		limit = maxDepthTagged
	}
	if e.depth >= limit {
		return errRecursion
	}
	e.depth++
	return nil
}

// Bounds of all that one Eval does: for one task or item.
const (
	maxRounds = 1 << 23
	maxMade   = 1<<31 - 1
	large     = 1 << 16 // bytes from which a value counts
)

// round counts a round of a loop.
func (e *Eval) round() error {
	if e.rounds++; e.rounds > maxRounds {
		return exception.Raise("TimeoutError", "the loops of a template go on for more than %d rounds", maxRounds)
	}
	return nil
}

// count counts what an operation made against the bound of all: a loop could keep every one.
func (e *Eval) count(v val, err error) (val, error) {
	n := 0
	switch x := v.(type) {
	case string:
		n = len(x)
	case *list:
		n = 16 * len(x.V)
	}
	if n < large || err != nil {
		return v, err
	}
	if e.made += n; e.made > maxMade {
		return nil, bound.TooLarge()
	}
	return v, nil
}

var errRecursion = exception.Raise("RecursionError", "maximum recursion depth exceeded")

func (e *Eval) tagged() bool { return e.cfg.Dialect == Tagged }

func (e *Eval) native() bool { return e.cfg.Native && !e.tagged() }

// Value renders v as Ansible renders an argument or variable: every template in it, however deep.
// What holds no template is returned as it is, and is not to be changed. The error of an undefined
// variable is a *value.UndefError, others are mostly *Error.
func (e *Eval) Value(v value.Value) (value.Value, error) {
	if e.tagged() {
		return e.ValueAt(v, nil)
	}
	return e.classicValue(v)
}

// Printed is what a template that prints v alone gives: in dialect classic a text that looks like a list, a dict or a boolean
// becomes one.
func (e *Eval) Printed(v value.Value) (value.Value, error) {
	r, err := e.Value(v)
	if _, ok := value.Text(r); !ok || err != nil || e.tagged() || e.native() {
		return r, err
	}
	return literalConcat([]val{r})
}

// String renders v as Value does and returns the text of the result: Python's str of it.
func (e *Eval) String(v value.Value) (string, error) {
	r, err := e.Value(v)
	if err != nil {
		return "", err
	}
	return value.ToStr(r)
}

// File renders a template file as the template module does: the result is text, whatever it
// looks like.
func (e *Eval) File(t *value.Tmpl) (string, error) {
	var r val
	var err error
	if e.tagged() {
		r, err = e.taggedFile(t)
	} else {
		r, err = e.Textual().classicTemplate(t, false)
	}
	if err != nil {
		return "", err
	}
	if r == nil {
		return "", nil
	}
	return value.ToStr(r)
}

// lookupVar returns a variable rendered as an expression sees it.
func (e *Eval) lookupVar(r *run, name string) (val, bool, error) {
	if e.cfg.Vars == nil {
		return nil, false, nil
	}
	v, ok := e.cfg.Vars.Lookup(name)
	if !ok {
		return nil, false, nil
	}
	switch x := v.(type) {
	case nil, bool, int64, float64:
		return v, true, nil
	case *value.Str:
		if x.Unsafe || e.tagged() {
			r.taint(x.Unsafe)
			return v, true, nil
		}
	case string:
		if e.tagged() || !looksTemplated(x) {
			return v, true, nil
		}
	}
	v, err := e.renderVar(r, name, v)
	if err == nil {
		r.taintBy(v)
	}
	return v, true, err
}

// renderVar renders a variable once per Eval; a run that may change it gets a copy of its own.
func (e *Eval) renderVar(r *run, name string, v val) (val, error) {
	if !r.mutates && e.static != nil && e.static.Static(name) {
		return v, nil
	}
	if x, ok := r.names[name]; ok {
		return x, nil
	}
	x, ok := e.cache[name]
	var err error
	keep := true
	if !ok {
		was := e.volatile
		e.volatile = false
		x, err = e.renderStored(name, v)
		keep = !e.volatile
		e.volatile = e.volatile || was
		if err != nil {
			return nil, err
		}
		if keep {
			if e.cache == nil {
				e.cache = map[string]val{}
			}
			e.cache[name] = x
		}
	}
	if r.mutates {
		x = python.DeepCopy(x)
	}
	if r.mutates || !keep {
		if r.names == nil {
			r.names = map[string]val{}
		}
		r.names[name] = x
	}
	return x, nil
}

func (e *Eval) renderStored(name string, v val) (val, error) {
	if e.static != nil && e.static.Static(name) {
		return v, nil
	}
	if e.tagged() {
		x, err := e.taggedLazy(v)
		if err != nil {
			return capture(err), nil
		}
		return x, nil
	}
	return e.classicVar(name, v)
}

// names returns the names of all variables.
func (e *Eval) names() []string {
	if e.cfg.Vars == nil {
		return nil
	}
	return e.cfg.Vars.Names()
}

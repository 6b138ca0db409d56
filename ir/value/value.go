// Package value is pbc's data model: what variables, arguments, results and events are made of.
// Values have Python's semantics, because playbooks were written against Python: integers do not
// overflow, dictionaries keep their order, lists are references, text is Unicode, and an undefined
// variable is a value that remembers its name.
//
// A Value is one of a closed set of Go types:
//
//	nil          None
//	bool         bool
//	int64        int that fits
//	*big.Int     int that does not (never holds one that fits)
//	float64      float
//	string       str
//	*Str         str with a mark: unsafe, native text or secret
//	[]byte       bytes
//	*List        list, by reference
//	Tuple        tuple
//	*Dict        dict, ordered, by reference
//	*Set         set, ordered by insertion
//	*View        dict.keys(), .values(), .items()
//	*Range       range
//	*Date        datetime.date and datetime.datetime
//	*Delta       datetime.timedelta
//	*Undef       an undefined value
//	*Tmpl        a template that has not been rendered
//	*Cond        a condition that has not been evaluated
//	*Vault       encrypted text, opened on the controller only
//	Omit         the value of the magic variable omit
//
// and whatever an evaluator adds by implementing Object. The package does not evaluate anything.
package value

import (
	"math/big"
	"sync/atomic"
	"time"

	"pbc/ir/expr"
)

// Value is any of the types the package comment lists.
type Value = any

// Str is text that carries a mark. It behaves as its text everywhere else.
type Str struct {
	S      string
	Unsafe bool // classic's taint: never rendered again
	Native bool // made by a filter such as to_json: classic does not read it back as a literal
	Secret bool // decrypted from a vault: printed by nothing
	Markup bool // safe for HTML: escaped no more. It is not encoded
	// At is where the text is written. Only keys have it that are names of variables of which dialect tagged warns.
	At *Origin
}

// List is Python's list. Whoever holds the pointer sees every change.
type List struct{ V []Value }

// NewList returns a list of the values given.
func NewList(v ...Value) *List { return &List{v} }

// Tuple is Python's tuple. It is not changed once made.
type Tuple []Value

// Set is Python's set, but in order of insertion: Python's order depends on a random seed.
type Set struct{ D *Dict }

// View is what a dictionary's keys, values and items methods return.
type View struct {
	D    *Dict
	Kind byte // 'k', 'v' or 'i'
}

// Range is Python's range. Step is never 0.
type Range struct{ Start, Stop, Step int64 }

// Date is a date, with a time of day when HasTime.
type Date struct {
	T       time.Time
	HasTime bool
	HasZone bool
}

// Delta is a difference of two Dates.
type Delta struct{ D time.Duration }

// Undef is a value that is not there. Using it is the error; passing it on is not.
type Undef struct {
	Name    string
	Obj     Value  // the object that lacks Name, when HasObj
	Hint    string // the whole message, when not empty
	HasObj  bool
	Element bool    // Name is the repr of an index or key, not an attribute
	Lenient bool    // Jinja's default Undefined of an inline if without else: prints as nothing
	Shown   bool    // dialect classic: its repr is text, where that of a marker is its error
	Err     error   // dialect tagged: the captured error this marker stands for
	At      *Origin // dialect tagged: the template that made it
}

// Tmpl is a template found where a value was expected: text of a variable file or an argument.
// Only a Tmpl is ever rendered; a string is data. Root is nil when Fault is not empty.
type Tmpl struct {
	Src   string       // the text as written
	Root  []*expr.Node // the parsed template
	Fault string       // Jinja's message, for a template that does not parse: it fails when used
	Line  int          // the line of Fault within Src

	// Shown is the text as errors show it, where that is not Src: without a #jinja2: header,
	// with the backslashes that classic doubles.
	Shown string
	// Newline is the newline_sequence of the template's environment; empty is "\n".
	Newline string
	// Verbatim says that the text keeps its backslashes and final newlines as a file's does;
	// an argument's or a variable's backslashes were doubled as classic doubles them.
	Verbatim bool
	// At is where the text comes from, nil when that is not known. Dialect tagged alone shows it.
	At *Origin

	prog atomic.Value // what an evaluator made of Root; shared by all who hold the Tmpl
}

// Program returns what SetProgram stored, nil at first. Safe for concurrent use.
func (t *Tmpl) Program() any { return t.prog.Load() }

// SetProgram stores an evaluator's compiled form of t. Every call must store the same type.
func (t *Tmpl) SetProgram(p any) { t.prog.Store(p) }

// Equal says whether t and o are the same template; compiled forms do not count.
func (t *Tmpl) Equal(o *Tmpl) bool {
	if t == nil || o == nil {
		return t == o
	}
	return t.Src == o.Src && t.Fault == o.Fault && t.Line == o.Line && t.Newline == o.Newline && t.Shown == o.Shown &&
		t.Verbatim == o.Verbatim && SameOrigin(t.At, o.At) && expr.Equal(t.Root, o.Root)
}

// Cond is the text of a when, until, changed_when or failed_when, parsed as an expression. Root
// is nil when Fault is not empty. Text that itself holds a template is Tmpl: it is rendered, and
// its result is the condition.
type Cond struct {
	Src   string
	Root  *expr.Node
	Tmpl  *Tmpl
	Fault string
	Line  int
	At    *Origin // as a Tmpl's

	prog atomic.Value
}

// Program returns what SetProgram stored, nil at first. Safe for concurrent use.
func (c *Cond) Program() any { return c.prog.Load() }

// SetProgram stores an evaluator's compiled form of c. Every call must store the same type.
func (c *Cond) SetProgram(p any) { c.prog.Store(p) }

// Equal says whether c and o are the same condition; compiled forms do not count.
func (c *Cond) Equal(o *Cond) bool {
	if c == nil || o == nil {
		return c == o
	}
	same := c.Src == o.Src && c.Fault == o.Fault && c.Line == o.Line && SameOrigin(c.At, o.At) && c.Tmpl.Equal(o.Tmpl)
	return same && c.Root.Equal(o.Root)
}

// Vault is text as ansible-vault encrypts it. The controller opens it for whoever uses it: then Plain is
// what it holds, or Fault says why it cannot be opened, which is the error of printing it. At is where it is written, nil when
// that is not known.
type Vault struct {
	Cipher string
	At     *Origin
	Opened bool
	Plain  string
	Fault  string
}

// text is what an opened vault stands for.
func (x *Vault) text() (string, error) {
	switch {
	case x.Fault != "":
		return "", &VaultError{x.Fault}
	case x.Opened:
		return x.Plain, nil
	}
	return x.Cipher, nil
}

// VaultError says that a vault cannot be opened, in Ansible's words.
type VaultError struct{ Msg string }

func (e *VaultError) Error() string { return e.Msg }

// OmitType is the type of Omit.
type OmitType struct{}

// Omit is the value that removes the argument it is given to.
var Omit = OmitType{}

// Object is implemented by the values an evaluator adds: functions, macros, loops, namespaces.
type Object interface {
	// TypeName is what Python's type(v).__name__ gives.
	TypeName() string
	// Repr is what Python's repr(v) gives.
	Repr() (string, error)
}

// Sequence is implemented by the Objects that are sequences to Python: they iterate, have a
// length and are written as lists.
type Sequence interface {
	Object
	// Elems returns the elements in order. The caller does not change them.
	Elems() []Value
}

// UndefError reports the use of an undefined value.
type UndefError struct{ U *Undef }

func (e *UndefError) Error() string { return e.U.Error() }

// Unwrap returns the captured error of a marker, nil otherwise.
func (e *UndefError) Unwrap() error { return e.U.Err }

// Error is the message Ansible gives when u is used.
func (u *Undef) Error() string {
	switch {
	case u.Err != nil:
		return u.Err.Error()
	case u.Hint != "":
		return u.Hint
	case !u.HasObj:
		return StrRepr(u.Name) + " is undefined"
	case u.Obj == nil:
		return "'None' has no attribute " + StrRepr(u.Name)
	}
	class := ClassName(u.Obj)
	if q, ok := u.Obj.(interface{ QualifiedName() string }); ok {
		class = q.QualifiedName()
	}
	return "'" + class + " object' has no attribute " + StrRepr(u.Name)
}

// Fail returns the error that using u raises.
func (u *Undef) Fail() error { return &UndefError{u} }

// Text returns the text of a string kind, and whether v is one.
func Text(v Value) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case *Str:
		return x.S, true
	case *Vault:
		return x.Plain, x.Opened
	}
	return "", false
}

// Taint returns v with every text in it marked unsafe: what comes from a module, a fact or a
// lookup is data in dialect classic, and is never rendered. Lists and dictionaries are copied,
// a Tmpl becomes its source.
func Taint(v Value) Value {
	switch x := v.(type) {
	case string:
		return &Str{S: x, Unsafe: true}
	case *Tmpl:
		return &Str{S: x.Src, Unsafe: true}
	case *Str:
		y := *x
		y.Unsafe = true
		return &y
	case *List:
		return &List{taintAll(x.V)}
	case Tuple:
		return Tuple(taintAll(x))
	case *Set:
		d := NewDict()
		for _, k := range x.D.K {
			_ = d.Set(Taint(k), nil)
		}
		return &Set{d}
	case *Dict:
		d := x.Copy()
		d.V = taintAll(d.V)
		return d
	}
	return v
}

func taintAll(v []Value) []Value {
	r := make([]Value, len(v))
	for i, e := range v {
		r[i] = Taint(e)
	}
	return r
}

// IsTainted says whether v holds unsafe text, as a value or as a key.
func IsTainted(v Value) bool {
	switch x := v.(type) {
	case *Str:
		return x.Unsafe
	case *List:
		return anyTainted(x.V)
	case Tuple:
		return anyTainted(x)
	case *Dict:
		return x != nil && (anyTainted(x.V) || anyTainted(x.K))
	}
	return false
}

func anyTainted(v []Value) bool {
	for _, e := range v {
		if IsTainted(e) {
			return true
		}
	}
	return false
}

// NormInt returns b as an int64 when it fits, else b.
func NormInt(b *big.Int) Value {
	if b.IsInt64() {
		return b.Int64()
	}
	return b
}

// ClassName is the name of a value's class as Python's own errors have it: with the module, for classes that are written in C.
func ClassName(v Value) string {
	switch v.(type) {
	case *Date, *Delta:
		return "datetime." + TypeName(v)
	}
	return TypeName(v)
}

// TypeName is Python's type(v).__name__.
func TypeName(v Value) string {
	switch x := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case *Str:
		if x.Markup {
			return "Markup"
		}
		return "str"
	case string, *Tmpl:
		return "str"
	case []byte:
		return "bytes"
	case *List:
		return "list"
	case Tuple:
		return "tuple"
	case *Dict:
		return "dict"
	case *Set:
		return "set"
	case *Range:
		return "range"
	case *View:
		return "dict_" + map[byte]string{'k': "keys", 'v': "values", 'i': "items"}[x.Kind]
	case *Undef:
		return "AnsibleUndefined"
	case *Date:
		if x.HasTime {
			return "datetime"
		}
		return "date"
	case *Delta:
		return "timedelta"
	case *Cond, OmitType:
		return "str"
	case *Vault:
		return "AnsibleVaultEncryptedUnicode"
	case Object:
		return x.TypeName()
	}
	return "object"
}

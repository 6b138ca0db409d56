package exception

import (
	"errors"
	"fmt"
	"strings"

	"pbc/ir/failure"
	"pbc/ir/value"
)

// Error is an exception of Python's or Ansible's that an evaluation raised. Use of an undefined
// variable is a *value.UndefError instead.
type Error struct {
	Class string // Python's name of the class, with its module when not built in
	Msg   string
	Orig  error // what caused it, when Ansible shows that too
	// Loading says that it was raised while a plugin was loaded, before anything could handle it.
	Loading bool
	// Trace is the traceback as Python printed it, "" where the error is none of Python's own.
	Trace string

	// Dialect tagged: what the message is about, what to do about it, and the cause, which is told after it.
	At    *value.Origin
	Shown string // the value that it is about, where that has no place
	Help  string
	Cause error
	// Captured says that a marker stands for it: a plugin that meets it passes it on.
	Captured bool
	// Handling says that it was raised while another error was handled, which is not told.
	Handling bool
}

// The classes of Ansible's own errors.
const (
	Ansible           = "ansible.errors.AnsibleError"
	AnsibleFilter     = "ansible.errors.AnsibleFilterError"
	AnsibleFilterType = "ansible.errors.AnsibleFilterTypeError"
	AnsibleLookup     = "ansible.errors.AnsibleLookupError"
	AnsibleOptions    = "ansible.errors.AnsibleOptionsError"

	// Those of dialect tagged.
	AnsibleTemplate          = "ansible.errors.AnsibleTemplateError"
	AnsibleTemplateSyntax    = "ansible.errors.AnsibleTemplateSyntaxError"
	AnsibleTemplatePlugin    = "ansible.errors.AnsibleTemplatePluginError"
	AnsibleBrokenConditional = "ansible.errors.AnsibleBrokenConditionalError"
	AnsibleUndefined         = "ansible.errors.AnsibleUndefinedVariable"
)

// Error is the message as Ansible shows it: the cause follows it, repeated as Ansible repeats it.
func (e *Error) Error() string {
	if e.Cause != nil {
		return Failure(e).Brief()
	}
	if e.Orig != nil {
		return e.Msg + ". " + e.Orig.Error()
	}
	return e.Msg
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error {
	if e.Cause != nil {
		return e.Cause
	}
	return e.Orig
}

// Failure is err as dialect tagged tells it.
func Failure(err error) *failure.Failure {
	switch x := err.(type) {
	case *Error:
		f := &failure.Failure{Msg: strings.TrimSpace(x.Msg), Help: x.Help, At: x.At, Shown: x.Shown, Handling: x.Handling}
		if x.Cause != nil {
			f.Cause = Failure(x.Cause)
		}
		return f
	case *value.UndefError:
		if x.U.Err != nil {
			return Failure(x.U.Err)
		}
		return &failure.Failure{Msg: x.Error(), At: x.U.At}
	}
	return failure.New(strings.TrimSpace(err.Error()))
}

// FromFailure is an error of a class that dialect tagged tells as f.
func FromFailure(class string, f *failure.Failure) *Error {
	x := &Error{Class: class, Msg: f.Msg, Help: f.Help, At: f.At, Shown: f.Shown, Handling: f.Handling}
	if f.Cause != nil {
		x.Cause = FromFailure(Ansible, f.Cause)
	}
	return x
}

// Capture has a plugin that meets err pass it on.
func Capture(err error) error {
	x, ok := err.(*Error)
	if !ok {
		return err
	}
	captured := *x
	captured.Captured = true
	return &captured
}

// While marks err as raised while another error was handled, which is not told: dialect tagged tells err apart from what it
// is the cause of.
func While(err error) error {
	x, ok := err.(*Error)
	if !ok {
		return err
	}
	marked := *x
	marked.Handling = true
	return &marked
}

// Because gives err, an *Error, a cause that dialect tagged tells after it.
func Because(err, cause error) error {
	x, ok := err.(*Error)
	if !ok {
		return err
	}
	caused := *x
	caused.Cause = cause
	return &caused
}

// IsAnsible says whether err is one of Ansible's own errors, whose message becomes the task's.
// What is not ends the task as an unexpected exception.
func IsAnsible(err error) bool {
	var e *Error
	if errors.As(err, &e) {
		return len(e.Class) > 8 && e.Class[:8] == "ansible."
	}
	var v *value.VaultError
	return IsUndefined(err) || errors.As(err, &v)
}

// AsUndefined finds the undefined value whose use is the error. One that is only the cause of another
// error does not count.
func AsUndefined(err error) (*value.UndefError, bool) {
	for err != nil {
		switch x := err.(type) {
		case *value.UndefError:
			return x, true
		case *Error:
			return nil, false
		}
		err = errors.Unwrap(err)
	}
	return nil, false
}

// IsUndefined says whether err is the use of an undefined variable.
func IsUndefined(err error) bool { _, ok := AsUndefined(err); return ok }

// Raise makes an exception of a class, named as Python names it, with a message formatted by fmt.
func Raise(class, format string, a ...any) error {
	return &Error{Class: class, Msg: fmt.Sprintf(format, a...)}
}

// TypeError makes a TypeError of Python's.
func TypeError(format string, a ...any) error { return Raise("TypeError", format, a...) }

// ValueError makes a ValueError of Python's.
func ValueError(format string, a ...any) error { return Raise("ValueError", format, a...) }

// FilterError makes an AnsibleFilterError.
func FilterError(format string, a ...any) error {
	return Raise(AnsibleFilter, format, a...)
}

// FilterTypeError makes an AnsibleFilterTypeError.
func FilterTypeError(format string, a ...any) error {
	return Raise(AnsibleFilterType, format, a...)
}

// AnsibleError makes an AnsibleError.
func AnsibleError(format string, a ...any) error { return Raise(Ansible, format, a...) }

// ClassOf is Python's name of the class of an error, as str(type(e)) shows it.
func ClassOf(err error) string {
	var e *Error
	var vault *value.VaultError
	switch {
	case errors.As(err, &e):
		return e.Class
	case errors.As(err, &vault):
		return "ansible.parsing.vault.AnsibleVaultError"
	case IsUndefined(err):
		return "jinja2.exceptions.UndefinedError"
	case errors.Is(err, value.ErrReprDepth):
		return "RecursionError"
	case errors.Is(err, value.ErrReprSize):
		return "MemoryError"
	case errors.Is(err, value.ErrUnhashable):
		return "TypeError"
	}
	return "ValueError"
}

// IsTypeError says whether err is a TypeError, Python's or Ansible's.
func IsTypeError(err error) bool {
	c := ClassOf(err)
	return c == "TypeError" || c == AnsibleFilterType
}

// IsValueError says whether err is a ValueError or TypeError to Python, which Ansible tells as a
// field that has an invalid value.
func IsValueError(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Class {
	case "ValueError", "TypeError", "json.decoder.JSONDecodeError", "binascii.Error", "UnicodeEncodeError", "UnicodeDecodeError":
		return true
	}
	return false
}

// NilOrUndefined says whether err is none, or the use of an undefined variable.
func NilOrUndefined(err error) bool { return err == nil || IsUndefined(err) }

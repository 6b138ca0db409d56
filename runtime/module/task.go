package module

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module/posix"
)

// Body is what a module does once its arguments have passed. It returns the result's own keys, or an
// error: a *Failure is a failed task, any other error is what Python calls an uncaught exception.
type Body func(ctx context.Context, t *Task) (*value.Dict, error)

// Task is a Call whose arguments have passed the module's spec.
type Task struct {
	*Call
	// Params has every option of the spec.
	Params  *value.Dict
	Environ posix.Environ

	checked *argspec.Checked
	cleanup []string
	after   []func()
}

// FailedBy is an internal key of a failed result: who says so, when it is not the module itself but the action that stands
// before it in Ansible. Dialect tagged words the error accordingly.
const FailedBy = "_ansible_failed_by"

// The values of FailedBy.
const (
	ByAction  = "action"  // the action returned a failure
	ByRaise   = "raise"   // the action raised an error
	ByHandler = "handler" // the action raised an error while it handled another
)

// Failure is a failed task: fail_json's msg and what goes with it.
type Failure struct {
	Msg  string
	Keys *value.Dict
	// Cause is the exception behind it, which dialect tagged shows with the message; may be empty.
	Cause string
	// Trace is the last line of the traceback that dialect classic has in the result; empty for none.
	Trace string
}

func (f *Failure) Error() string { return f.Msg }

// Fail returns a Failure with a message.
func Fail(format string, a ...any) error { return &Failure{Msg: fmt.Sprintf(format, a...)} }

// FailWith returns a Failure with a message, keys and values.
func FailWith(msg string, kv ...value.Value) error {
	return &Failure{Msg: msg, Keys: value.DictOf(kv...)}
}

// New makes a module of a spec and a body.
func New(name, short string, effect Effect, spec *argspec.Spec, body Body) Module {
	return Module{Name: name, Short: short, Effect: effect, Spec: spec, whole: true, Run: func(ctx context.Context, c *Call) *value.Dict {
		return run(ctx, c, c.ShownName(), spec, body)
	}}
}

// NewLegacy is New for a module that Ansible starts through an action plugin, which calls it by a
// fixed name: messages show that name, such as "ansible.legacy.copy", whatever the task wrote.
func NewLegacy(name, short string, effect Effect, spec *argspec.Spec, body Body) Module {
	legacy := "ansible.legacy." + short
	return Module{Name: name, Short: short, Effect: effect, Spec: spec, Run: func(ctx context.Context, c *Call) *value.Dict {
		return run(ctx, c, legacy, spec, body)
	}}
}

// RunAs runs a body as the module called name, the way an action plugin runs a module.
func RunAs(ctx context.Context, c *Call, name string, spec *argspec.Spec, body Body) *value.Dict {
	return run(ctx, c, name, spec, body)
}

// ShownName is the name messages show.
func (c *Call) ShownName() string {
	if c.Action != "" {
		return c.Action
	}
	return c.Name
}

// Tagged says whether the module stands for that of dialect tagged.
func (c *Call) Tagged() bool { return c.Dialect == expr.Tagged }

// Recent says whether the module stands for that of an ansible-core that ir.Newer means.
func (c *Call) Recent() bool { return c.Newer || c.Tagged() }

// ExpandUser expands a leading tilde as an action plugin has the host do it: in dialect tagged a lone one is the home of the
// user's account, whatever HOME says.
func (c *Call) ExpandUser(path string) string {
	env := posix.Environ{Over: c.Env}
	if u, ok := posix.UserByID(os.Getuid()); ok && c.Tagged() && (path == "~" || strings.HasPrefix(path, "~/")) {
		path = "~" + u.Name + path[1:]
	}
	return env.ExpandUser(path)
}

// Flag is a truth in what Ansible tells of jobs: dialect classic has numbers.
func Flag(tagged, b bool) value.Value {
	switch {
	case tagged:
		return b
	case b:
		return int64(1)
	}
	return int64(0)
}

// Raise is an exception that the module does not catch, of a call that failed on the paths.
func Raise(err error, paths ...value.Value) error {
	return &PyException{Class: posix.PyClass(err), Msg: posix.PyError(err, paths...)}
}

// FailTraced returns a Failure that dialect classic shows with the traceback of what was raised.
func FailTraced(raised error, cause, msg string, kv ...value.Value) error {
	return &Failure{Msg: msg, Keys: value.DictOf(kv...), Trace: posix.PyClass(raised) + ": " + cause}
}

// FailBecause returns a Failure that dialect tagged shows with its cause.
func FailBecause(cause, msg string, kv ...value.Value) error {
	return &Failure{Msg: msg, Keys: value.DictOf(kv...), Cause: cause}
}

func run(ctx context.Context, c *Call, name string, spec *argspec.Spec, body Body) *value.Dict {
	args := c.Args
	if args == nil {
		args = value.NewDict()
	}
	if _, lenient := args.GetStr(ignoreUnknown); lenient {
		args = known(spec, args)
	}
	env := posix.Environ{Over: c.Env}
	spec = spec.For(c.Dialect, c.Newer)
	checked, err := spec.Check(name, args, env)
	t := &Task{Call: c, Params: checked.Params, Environ: env, checked: checked}
	var res *value.Dict
	switch {
	case err != nil:
		err = Fail("%s", err.Error())
	case c.Check && !spec.CheckMode:
		res = value.DictOf("skipped", true, "msg", fmt.Sprintf("remote module (%s) does not support check mode", name))
	default:
		res, err = body(ctx, t)
	}
	for _, p := range t.cleanup {
		_ = os.RemoveAll(p)
	}
	res = t.finish(res, err)
	for _, f := range t.after {
		f()
	}
	return res
}

// DeclinesWhen is a Declines that looks at what the arguments mean: why tells of a task whether it is better left to the Python
// module. Arguments that do not pass the spec are not.
func DeclinesWhen(spec *argspec.Spec, c *Call, why func(*Task) string) string {
	t := &Task{Call: c, Environ: posix.Environ{Over: c.Env}}
	checked, err := spec.For(c.Dialect, c.Newer).Check(c.ShownName(), c.Args, t.Environ)
	if err != nil {
		return ""
	}
	t.Params, t.checked = checked.Params, checked
	return why(t)
}

// ignoreUnknown is the argument by which an action plugin has a module pass over arguments that it does not know.
const ignoreUnknown = "_ansible_ignore_unknown_opts"

// known are those of the arguments that a spec has.
func known(spec *argspec.Spec, args *value.Dict) *value.Dict {
	out := value.NewDict()
	for i, k := range args.K {
		name, _ := value.Text(k)
		for _, a := range spec.Args {
			if a.Name == name || slices.Contains(a.Aliases, name) {
				out.SetStr(name, args.V[i])
			}
		}
	}
	return out
}

// After has a function called once the result has been made.
func (t *Task) After(f func()) { t.after = append(t.after, f) }

// Cleanup has a file removed when the task ends.
func (t *Task) Cleanup(path string) { t.cleanup = append(t.cleanup, path) }

func (t *Task) finish(res *value.Dict, err error) *value.Dict {
	var f *Failure
	switch {
	case errors.As(err, &f):
		res = value.NewDict()
		res.Update(f.Keys)
		res.SetStr("failed", true)
		res.SetStr("msg", f.Msg)
		if f.Cause != "" && t.Dialect == expr.Tagged {
			res.SetStr("_ansible_error", failure.Failure{Msg: f.Msg}.Because(failure.New(f.Cause)).Value())
		}
		if f.Trace != "" && t.Dialect == expr.Classic {
			res.SetStr("exception", "Traceback (most recent call last):\n"+f.Trace+"\n")
		}
	case err != nil:
		return Crash(t.Dialect, err)
	case res == nil:
		res = value.NewDict()
	}
	addPathInfo(res)
	if _, ok := res.GetStr("invocation"); !ok {
		res.SetStr("invocation", value.DictOf("module_args", t.Params))
	}
	t.addNotices(res)
	res = t.checked.Secrets.Scrub(res).(*value.Dict)
	if _, ok := res.GetStr("changed"); !ok {
		res.SetStr("changed", false)
	}
	AddLines(res)
	return res
}

func (t *Task) addNotices(res *value.Dict) {
	var w, d []value.Value
	for _, s := range t.checked.Warnings {
		w = append(w, s)
	}
	if v, ok := res.GetStr("warnings"); ok {
		if l, ok := v.(*value.List); ok {
			w = append(w, l.V...)
		}
	}
	for _, e := range t.checked.Deprecations {
		var from value.Value
		if e.From != "" {
			from = e.From
		}
		if e.Date != "" {
			d = append(d, value.DictOf("msg", e.Msg, "date", e.Date, "collection_name", from))
		} else {
			var version value.Value
			if e.Version != "" {
				version = e.Version
			}
			d = append(d, value.DictOf("msg", e.Msg, "version", version, "collection_name", from))
		}
	}
	res.Del("warnings")
	if len(w) > 0 {
		res.SetStr("warnings", value.NewList(w...))
	}
	if len(d) > 0 {
		res.SetStr("deprecations", value.NewList(d...))
	}
}

// Crash is the result of a module that dies of an exception.
func Crash(d expr.Dialect, err error) *value.Dict {
	class, msg := posix.PyClass(err), posix.PyError(err)
	var e *PyException
	if errors.As(err, &e) {
		class, msg = e.Class, e.Msg
	}
	if d == expr.Tagged {
		own := failure.New(msg)
		if e != nil && e.Cause != "" {
			own = own.Because(failure.New(e.Cause))
		}
		return value.DictOf("failed", true, "changed", false, "_ansible_error", own.Value())
	}
	trace := fmt.Sprintf("Traceback (most recent call last):\n%s: %s\n", class, msg)
	return value.DictOf("failed", true, "changed", false, "module_stderr", trace, "module_stdout", "", "rc", int64(1),
		"msg", "MODULE FAILURE\nSee stdout/stderr for the exact error", "exception", trace)
}

// Raised is what stands in the place of a result when an action plugin dies of an exception of that class:
// the task has no result then, only the message.
func Raised(class, msg string) *value.Dict {
	return value.DictOf("_ansible_raised", true, "class", class, "msg", msg)
}

// ActionFail is the result of an action plugin that fails with a message of its own. Cause is the last line
// of the traceback of what it caught; empty when it caught nothing.
func ActionFail(msg, cause string) *value.Dict {
	trace := "NoneType: None\n"
	if cause != "" {
		trace = "Traceback (most recent call last):\n" + cause + "\n"
	}
	return value.DictOf("failed", true, "msg", msg, "exception", trace, FailedBy, ByRaise)
}

// NoVaultPassword begins what Ansible says of a vaulted file when it has no password at all; the file follows.
const NoVaultPassword = "A vault password or secret must be specified to decrypt "

// SourceFail is the result of an action plugin that has not found its file on the controller. In dialect tagged it has no
// message of its own.
func SourceFail(d expr.Dialect, msg string) *value.Dict {
	if d == expr.Tagged {
		return value.DictOf("failed", true, "changed", false, "_ansible_error", failure.New(msg).Value(), FailedBy, ByRaise)
	}
	if again, ok := Unreadable(msg); ok {
		return ActionFail(again, "ansible.errors.AnsibleParserError: "+again)
	}
	class := "ansible.errors.AnsibleFileNotFound"
	switch {
	case strings.HasPrefix(msg, NoVaultPassword):
		class = "ansible.errors.AnsibleParserError"
	case strings.HasPrefix(msg, "Decryption failed"):
		class = "ansible.parsing.vault.AnsibleVaultError"
	}
	return ActionFail(msg, class+": "+msg)
}

// Unreadable is what dialect classic says of a file of the controller that is there and cannot be read: it tells the cause
// again. The bool is false for the message of anything else.
func Unreadable(msg string) (string, bool) {
	_, cause, ok := strings.Cut(msg, "': ")
	if !ok || !strings.HasPrefix(msg, "an error occurred while trying to read the file '") {
		return msg, false
	}
	return msg + ". " + cause, true
}

// PyException is an exception that Ansible's module does not catch. Cause is the message of the one that it was raised from;
// may be empty.
type PyException struct{ Class, Msg, Cause string }

func (e *PyException) Error() string { return e.Class + ": " + e.Msg }

// AddLines adds stdout_lines and stderr_lines, as Ansible does with every module's result.
func AddLines(res *value.Dict) {
	for _, k := range []string{"stdout", "stderr"} {
		v, ok := res.GetStr(k)
		if !ok {
			continue
		}
		if _, ok := res.GetStr(k + "_lines"); ok {
			continue
		}
		s, _ := value.Text(v)
		res.SetStr(k+"_lines", SplitLines(s))
	}
}

// SplitLines is Python's str.splitlines. Bytes that are not UTF-8 stay as they are.
func SplitLines(s string) *value.List {
	l := value.NewList()
	for s != "" {
		end := strings.IndexAny(s, lineEnds)
		if end < 0 {
			l.V = append(l.V, s)
			break
		}
		l.V = append(l.V, s[:end])
		s = s[end+lineEnd(s[end:]):]
	}
	return l
}

// lineEnds are the characters that end a line for Python.
const lineEnds = "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029"

// lineEnd is how long the end of a line is that a text begins with, 0 for an empty text.
func lineEnd(s string) int {
	if strings.HasPrefix(s, "\r\n") {
		return 2
	}
	_, size := utf8.DecodeRuneInString(s)
	return size
}

// Warn adds a warning to the result.
func (t *Task) Warn(format string, a ...any) {
	t.checked.Warnings = append(t.checked.Warnings, fmt.Sprintf(format, a...))
}

// Deprecate adds a deprecation of ansible.builtin to the result.
func (t *Task) Deprecate(msg, version string) {
	t.checked.Deprecations = append(t.checked.Deprecations, argspec.Deprecation{Msg: msg, Version: version, From: "ansible.builtin"})
}

// Secret has a value masked in the result.
func (t *Task) Secret(v value.Value) { t.checked.Secrets.Add(v) }

// Get returns a parameter, nil when it is None.
func (t *Task) Get(name string) value.Value {
	v, _ := t.Params.GetStr(name)
	return v
}

// Has says whether a parameter is not None.
func (t *Task) Has(name string) bool { return t.Get(name) != nil }

// Str returns a text parameter, "" for None.
func (t *Task) Str(name string) string {
	s, _ := value.Text(t.Get(name))
	return s
}

// Bool returns a parameter of type bool, false for None.
func (t *Task) Bool(name string) bool {
	b, _ := t.Get(name).(bool)
	return b
}

// Int returns an integer parameter, 0 for None.
func (t *Task) Int(name string) int64 {
	switch x := t.Get(name).(type) {
	case int64:
		return x
	case bool:
		if x {
			return 1
		}
	}
	return 0
}

// Strings returns a list parameter's elements as text.
func (t *Task) Strings(name string) []string {
	l, ok := t.Get(name).(*value.List)
	if !ok {
		return nil
	}
	r := make([]string, len(l.V))
	for i, e := range l.V {
		r[i], _ = argspec.ToStr(e)
	}
	return r
}

// Truthy is Python's truth of a parameter.
func (t *Task) Truthy(name string) bool {
	switch x := t.Get(name).(type) {
	case nil:
		return false
	case bool:
		return x
	case int64:
		return x != 0
	case string, *value.Str:
		return t.Str(name) != ""
	case *value.List:
		return len(x.V) > 0
	case *value.Dict:
		return x.Len() > 0
	}
	return true
}

// umask returns the process's umask. Without /proc asking means setting it for a moment.
func umask() uint32 {
	status, _ := os.ReadFile("/proc/self/status")
	if _, rest, ok := strings.Cut(string(status), "\nUmask:"); ok {
		line, _, _ := strings.Cut(rest, "\n")
		if n, err := strconv.ParseUint(strings.TrimSpace(line), 8, 32); err == nil {
			return uint32(n)
		}
	}
	m := syscall.Umask(0)
	syscall.Umask(m)
	return uint32(m)
}

// SetEnv sets an environment variable for the programs the task runs.
func (t *Task) SetEnv(name, v string) {
	over := map[string]string{name: v}
	for k, e := range t.Environ.Over {
		if k != name {
			over[k] = e
		}
	}
	t.Environ.Over = over
}

// ExecLine runs a command line that is split into words and expanded as Ansible's run_command does.
func (t *Task) ExecLine(ctx context.Context, line string) (Output, error) {
	words, err := posix.Split(line)
	if err != nil {
		return Output{}, &PyException{Class: "ValueError", Msg: err.Error()}
	}
	for i := range words {
		words[i] = t.Environ.ExpandPath(words[i])
	}
	return t.Exec(ctx, words, "")
}

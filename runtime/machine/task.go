package machine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/python"
)

// taskRun is one task while it runs on the host, through all items of its loop.
type taskRun struct {
	m      *Machine
	ctx    context.Context
	t      *ir.Task
	number int
	addr   ir.Address
	// written is the task as the playbook has it while t is what the name of its action made of it, whose number is moduleOf.
	written  *ir.Task
	moduleOf int
	// own is the number of the task as the debugger has left it, that of the playbook before.
	own   int
	vars  *scope
	flags event.Flags
	// ready is the task with its keywords rendered, while its action runs.
	ready *prepared
	// instead is the module that the task's action runs, as it names it; "" for the task's own module.
	instead string
	// ending is the error that ends the run, in the place of a result.
	ending *fault
	// foreign has the module run that is in Python, whatever pbc has itself.
	foreign bool
	// label is the name that results carry: as written until the keywords are rendered.
	label string
	// banner is the name before that: as written, in dialect tagged as the start was reported.
	banner string
	// moduleFailed says that a module, not an action, told of a failure.
	moduleFailed bool
	// notices are what the present execution has for the user; it goes with its result. Dialect tagged only.
	notices      []*failure.Failure
	deprecations []python.Notice
	// falseCondition is the condition that was false last, as written.
	falseCondition value.Value
	// others are variables of the hosts that it was delegated to, see delegateVars.
	others map[string]*value.Dict
	// passwords are the variables that may hold that of become on the host that it is delegated to, above those that the task has.
	passwords []string
	// discovered are the Pythons that the task has found, by the host it was delegated to.
	discovered map[string]string
	// warned are the warnings given already.
	warned map[string]bool
	notify []string
	// held are the items that are told of when the task has ended.
	held []*event.Event
	// subdir is where the lookup of a with_ loop looks for files first.
	subdir string
	// loopFault is an undefined variable in the loop's terms: it counts only when no condition
	// skips the task.
	loopFault error
	// final is the task with its keywords rendered, once they are; nil for a loop, whose items have their own.
	final *prepared
	// again says that the debugger has the task run once more, and gone that the host was not reached before that.
	again, gone bool
	// next is what runs in the place of this once the debugger has said so.
	next *taskRun
}

// fault is an error that ends a task with Ansible's message. Excerpt says that Ansible shows the
// place in the playbook after it.
type fault struct {
	msg     string
	chain   *failure.Failure // what dialect tagged tells, where that is more
	excerpt bool
	// result replaces the usual failed result: what an action raised.
	result *value.Dict
	// ends says that the task has no result: the error ends the run.
	ends bool
}

func (f *fault) Error() string { return f.msg }

func faultf(format string, args ...any) *fault { return &fault{msg: fmt.Sprintf(format, args...)} }

// task runs a task and says whether the host has failed.
func (m *Machine) task(ctx context.Context, number int, addr ir.Address) (bool, error) {
	t := m.tasks[number]
	if m.skips(number, t) {
		m.pass(ir.Instr{Op: ir.OpTask, Task: number}, addr)
		return false, nil
	}
	if err := m.loadPlugin(ctx, number, addr); err != nil {
		return false, err
	}
	if m.code.Settings.Free && m.bypass(t) {
		return false, m.refuseBypass(m.begin(ctx, number, addr))
	}
	a, err := m.barrier(ctx, number, addr)
	if err != nil {
		return false, err
	}
	switch a.Go {
	case event.Apply:
		m.leaveOut(number, t)
		if a.Result == nil {
			return m.withOthers(ctx, number, addr)
		}
		return m.apply(t, a.Result), nil
	case event.Fail:
		return true, nil
	case event.Skip:
		m.leaveOut(number, t)
		return false, nil
	}
	x := m.begin(ctx, number, addr)
	if err := x.started(); err != nil {
		return false, err
	}
	if err := x.throttled(); err != nil {
		return false, err
	}
	for {
		res := x.result()
		if x.ending != nil {
			return false, m.abort(x, x.ending.msg)
		}
		failed, err := x.finish(res)
		if errors.Is(err, errRedo) {
			x = x.next
			continue
		}
		if failed || err != nil {
			return failed, err
		}
		return m.together(x)
	}
}

// leaveOut leaves a task out that nobody wants to run now, or that another host has run for all. A handler stays notified in older ones.
//
// Observed: ansible-core 2.14.
func (m *Machine) leaveOut(number int, t *ir.Task) {
	if t.Handler && !m.newer {
		m.notified[number], m.stays = true, true
	}
}

// skips says whether the task is left out without a word: by tags or --start-at-task, or because its role has run on the
// host already.
func (m *Machine) skips(number int, t *ir.Task) bool {
	if m.excluded[number] {
		return true
	}
	return t.Role >= 0 && !t.Handler && m.roleDone[t.Role] && !m.roles[t.Role].AllowDuplicates
}

func (m *Machine) begin(ctx context.Context, number int, addr ir.Address) *taskRun {
	t := m.tasks[number]
	x := &taskRun{m: m, ctx: ctx, t: t, number: number, moduleOf: number, own: number, addr: addr, vars: m.scopeOf(ctx, t, number)}
	s := m.code.Settings
	x.flags = event.Flags{Check: s.Check, Diff: s.Diff, NoLog: s.NoLog, AnyErrorsFatal: s.AnyErrorsFatal, Looped: t.Loop != nil}
	if t.DelegateTo.IsSet() {
		x.vars.delegated = x.delegatedHostVars
	}
	x.banner = x.writtenName()
	x.label = x.banner
	return x
}

// eval returns an evaluator that sees the variables as they are now.
func (x *taskRun) eval() *eval.Eval {
	set := x.m.code.Settings
	return eval.New(eval.Config{Dialect: x.m.dialect, Vars: x.vars, Outside: x.outside(), Native: set.Native,
		KeepUndefined: set.KeepUndefined, Null: set.Null.V, TrustLookups: set.TrustLookups, AllowBroken: set.AllowBroken, NoEmbedded: set.NoEmbedded})
}

// started reports the task's start, with its name as far as it can be rendered, unless it is not known what starts.
func (x *taskRun) started() error {
	if err := x.known(); err != nil {
		return err
	}
	flags := x.flags
	flags.NoLog = flags.NoLog || asWritten(x.t.NoLog)
	if x.t.CheckMode.IsSet() {
		flags.Check = asWritten(x.t.CheckMode)
	}
	if x.m.waits == ir.WaitNever || x.m.code.Settings.Free { // a strategy that does not have them says so
		flags.AnyErrorsFatal, _ = x.keyword("any_errors_fatal", x.t.AnyErrorsFatal, flags.AnyErrorsFatal)
		flags.RunOnce, _ = x.keyword("run_once", x.t.RunOnce, false)
	}
	name := x.name()
	if x.tagged() {
		x.banner, x.label = name, name
	}
	return x.m.up.Emit(&event.Event{Kind: event.Started, Addr: x.addr, Task: x.number, Name: name, Handler: x.t.Handler, Flags: flags,
		Sheltered: !x.m.newer && x.m.comesToShelter(), Beside: x.m.takeBeside()})
}

// asWritten says whether a keyword is true for those who are told of a task's start: a template is not rendered yet, and is.
func asWritten(v ir.Val) bool {
	if !v.IsSet() {
		return false
	}
	b, known := eval.Boolean(v.V)
	return b || !known
}

// name is the task's, as its start shows it: that of a meta task is not rendered.
func (x *taskRun) name() string {
	if !x.t.Named() || ir.Short(x.t.Action) == "meta" {
		return x.writtenName()
	}
	if x.tagged() {
		return x.replacedName()
	}
	v, err := x.eval().Value(x.t.Name.V)
	if err == nil && v != nil {
		if s, err := value.ToStr(v); err == nil {
			return s
		}
	}
	return x.writtenName()
}

// writtenName is the name as the playbook has it, empty when it has none.
func (x *taskRun) writtenName() string {
	if !x.t.Named() {
		return ""
	}
	s, _ := value.ToStr(x.t.Name.V)
	return s
}

// result runs the task to its end: Ansible's task executor.
func (x *taskRun) result() *value.Dict {
	res, err := x.resultOrFault()
	if err != nil {
		return x.failure(err)
	}
	if _, ok := res.GetStr("changed"); !ok {
		res.SetStr("changed", false)
	}
	return res
}

func (x *taskRun) failure(err error) *value.Dict {
	var last *fault
	if errors.As(err, &last) && last.ends {
		x.ending = last
	}
	if x.tagged() {
		return x.failed(value.NewDict(), chainOf(err))
	}
	var f *fault
	if errors.As(err, &f) && f.result != nil {
		if _, ok := f.result.GetStr("changed"); !ok {
			f.result.SetStr("changed", false)
		}
		return f.result
	}
	msg := err.Error()
	if f != nil && f.excerpt {
		msg += x.excerpt()
	}
	if f == nil && !eval.IsAnsible(err) {
		msg = "Unexpected failure during module execution: " + msg
		return value.DictOf("failed", true, "msg", msg, "exception", traceback(err), "stdout", "")
	}
	return value.DictOf("failed", true, "msg", value.Taint(msg)) // it may quote a template: never to be rendered
}

// traceback is what Ansible shows of an exception with -vvv, but for Python's own frames.
func traceback(err error) string {
	class := "Exception"
	var raised *eval.Error
	if errors.As(err, &raised) {
		if raised.Trace != "" {
			return raised.Trace
		}
		class = raised.Class
	}
	return "Traceback (most recent call last):\n" + class + ": " + err.Error() + "\n"
}

// excerpt asks for the lines of the playbook around the task, as Ansible prints them.
func (x *taskRun) excerpt() string {
	a, err := x.m.up.Ask(x.ctx, &event.Need{Ask: event.Excerpt, Task: x.number})
	if err != nil {
		return ""
	}
	s, _ := value.Text(a.Value.V)
	return s
}

func (x *taskRun) resultOrFault() (*value.Dict, error) {
	if v, err := x.keyword("no_log", x.t.NoLog, x.flags.NoLog); err == nil {
		x.flags.NoLog = v
	}
	if v, err := x.keyword("ignore_errors", x.t.IgnoreErrors, false); x.tagged() {
		x.flags.IgnoreErrors = asWritten(x.t.IgnoreErrors) // a template counts as text until it is rendered
	} else if err == nil {
		x.flags.IgnoreErrors = v // holds for a condition that fails, too
	}
	if v, err := x.keyword("any_errors_fatal", x.t.AnyErrorsFatal, x.flags.AnyErrorsFatal); err == nil {
		x.flags.AnyErrorsFatal = v
	} else if !x.tagged() {
		x.flags.AnyErrorsFatal = asWritten(x.t.AnyErrorsFatal)
	}
	if v, err := x.keyword("run_once", x.t.RunOnce, false); err == nil {
		x.flags.RunOnce = v
	}
	items, looped, err := x.items()
	var undef *value.UndefError
	if errors.As(err, &undef) {
		x.loopFault, looped, err = err, false, nil
	}
	if err != nil {
		return nil, err
	}
	if !looped {
		return x.execute()
	}
	if len(items) == 0 {
		return value.DictOf("changed", false, "skipped", true, "skipped_reason", "No items in the list", "results", value.NewList()), nil
	}
	results, err := x.loop(items)
	if err != nil {
		return nil, err
	}
	return x.summary(results), nil
}

// gathered are the keys of the items' results that go to that of the loop, with what they are told as.
var gathered = []string{"warnings", "deprecations", "_ansible_warnings", "_ansible_deprecations", "_ansible_helps"}

// summary is the result of a loop, made from those of its items.
func (x *taskRun) summary(results []*value.Dict) *value.Dict {
	list := &value.List{}
	skipped, changed, failed := true, false, false
	more := map[string][]value.Value{}
	for _, r := range results {
		list.V = append(list.V, r)
		changed = changed || truthy(r, "changed")
		skipped = skipped && truthy(r, "skipped")
		failed = failed || truthy(r, "failed")
		if own, ok := get(r, "deprecations").(*value.List); ok && x.tagged() && !has(r, "_ansible_deprecations") {
			r.SetStr("_ansible_deprecations", &value.List{V: make([]value.Value, len(own.V))}) // as many, for others that have chains
		}
		for _, key := range gathered {
			if l, ok := get(r, key).(*value.List); ok && len(l.V) > 0 {
				more[key] = append(more[key], l.V...)
				r.Del(key)
			}
		}
	}
	res := value.DictOf("results", list, "skipped", skipped)
	if x.tagged() && anyOf(results, func(r *value.Dict) bool { return truthy(r, "unreachable") }) {
		res.SetStr("unreachable", true)
	}
	if changed {
		res.SetStr("changed", true)
	}
	for _, key := range gathered {
		if len(more[key]) > 0 {
			res.SetStr(key, &value.List{V: more[key]})
		}
	}
	switch {
	case failed:
		res.SetStr("failed", true)
		res.SetStr("msg", "One or more items failed")
	default:
		res.SetStr("msg", "All items completed")
	}
	if skipped {
		res.SetStr("msg", "All items skipped")
	}
	return res
}

func get(d *value.Dict, key string) value.Value {
	v, _ := d.GetStr(key)
	return v
}

// truthy is Python's bool(d.get(key)).
func truthy(d *value.Dict, key string) bool {
	v, ok := d.GetStr(key)
	if !ok {
		return false
	}
	b, err := python.Truth(v)
	return err == nil && b
}

// rendered evaluates a keyword. One that is omit holds as what encloses the task gives it, as it is written there; given is false when
// nothing does.
func (x *taskRun) rendered(name string, v ir.Val) (r value.Value, given bool, err error) {
	r, err = x.eval().Value(v.V)
	if err != nil || !x.omitted(r) {
		return r, true, err
	}
	if v = x.t.Context[name]; !v.IsSet() {
		return nil, false, nil
	}
	if _, ok := v.V.(*value.Tmpl); ok {
		r, err = value.ToStr(v.V)
		return r, true, err
	}
	return v.V, true, nil
}

// unrendered is the text of a template that holds for a keyword around the task, else nil.
func (x *taskRun) unrendered(name string) value.Value {
	if _, ok := x.t.Context[name].V.(*value.Tmpl); !ok {
		return nil
	}
	s, _ := value.ToStr(x.t.Context[name].V)
	return s
}

// keyword evaluates a keyword that is a boolean.
func (x *taskRun) keyword(name string, v ir.Val, unset bool) (bool, error) {
	if !v.IsSet() {
		return unset, nil
	}
	if b, ok := v.V.(bool); ok {
		return b, nil
	}
	r, given, err := x.rendered(name, v)
	if err != nil {
		return false, x.fieldFault(name, v.V, err)
	}
	if !given {
		return unset, nil
	}
	b, ok := eval.Boolean(r)
	if !ok && !x.tagged() && r == x.unrendered(name) {
		return true, nil // not looked into: text is true
	}
	if !ok && x.tagged() {
		return false, x.notConverted(name, v.V, r, "bool")
	}
	if !ok {
		s, _ := value.ToStr(r)
		return false, &fault{msg: fmt.Sprintf("the field '%s' has an invalid value (%s), and could not be converted to an bool."+
			"The error was: The value '%s' is not a valid boolean.  Valid booleans include: %s", name, asText(v), s, validBooleans), excerpt: true}
	}
	return b, nil
}

const validBooleans = "0, 1, 'f', 'n', '1', 't', 'true', 'on', 'y', 'off', 'yes', '0', 'false', 'no'"

// number64 evaluates a keyword that is an integer.
func (x *taskRun) number64(name string, v ir.Val, unset int64) (int64, error) {
	if !v.IsSet() {
		return unset, nil
	}
	r, given, err := x.rendered(name, v)
	if err != nil {
		return 0, x.fieldFault(name, v.V, err)
	}
	if !given {
		return unset, nil
	}
	n, ok := toInt(r)
	if !ok && x.tagged() {
		return 0, x.notConverted(name, v.V, r, "int")
	}
	if !ok {
		return 0, &fault{msg: fmt.Sprintf("the field '%s' has an invalid value (%s), and could not be converted to an int.The error was: %s",
			name, asText(v), notInt(r)), excerpt: true}
	}
	return n, nil
}

// asText is the text of a keyword as the playbook has it.
func asText(v ir.Val) string {
	s, _ := value.ToStr(v.V)
	return s
}

// fieldFault words an error met while rendering a keyword of a task: what is no error of Ansible's own
// has no message, only its traceback.
func (x *taskRun) fieldFault(name string, v value.Value, err error) error {
	if x.tagged() {
		return x.keywordFault(name, v, err)
	}
	var f *fault
	switch {
	case errors.As(err, &f):
		return err
	case isUndefined(err):
		msg := "The field '" + name + "' has an invalid value, which includes an undefined variable. The error was: "
		if name == "args" {
			msg = "The task includes an option with an undefined variable. The error was: "
		}
		return &fault{msg: msg + err.Error(), excerpt: true}
	case !eval.IsAnsible(err):
		return &fault{msg: err.Error(), result: value.DictOf("changed", false, "failed", true, "exception", traceback(err))}
	}
	return err
}

// argumentFault words an error met while rendering the arguments of a task: a value that Python
// refuses is told with the whole of them.
func (x *taskRun) argumentFault(err error) error {
	if !eval.IsValueError(err) {
		return x.fieldFault("args", x.t.Args.V, err)
	}
	shown, rerr := value.Repr(x.t.Args.V)
	if rerr != nil {
		return err
	}
	return &fault{msg: fmt.Sprintf("the field 'args' has an invalid value (%s), and could not be converted to an dict.The error was: %s", shown, err), excerpt: true}
}

// sleep waits for d or until the run is cancelled.
func (x *taskRun) sleep(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-x.ctx.Done():
	}
}

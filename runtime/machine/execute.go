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
	"pbc/runtime/module"
	"pbc/runtime/python"
)

// execute runs the task once, or once for the present item: conditions, arguments, attempts.
//
// Observed: ansible-core 2.14's task executor.
func (x *taskRun) execute() (*value.Dict, error) {
	if !x.tagged() {
		return x.executeOnce()
	}
	x.notices, x.deprecations, x.moduleFailed = nil, nil, false
	return x.settle(x.executeOnce()), nil
}

func (x *taskRun) executeOnce() (*value.Dict, error) {
	x.label = x.banner
	x.flags.DelegateTo = x.writtenDelegate()
	x.vars.reach = x.reachVars()
	if err := x.hostless(); err != nil {
		return nil, err
	}
	run, err := x.condition(x.t.When, x.eval())
	if err != nil {
		if x.loopFault != nil {
			err = x.loopFault
		}
		return nil, err
	}
	if !run {
		res := x.skippedResult()
		if x.m.newer {
			x.remember(x.t.Register, res)
		}
		return res, nil
	}
	if x.loopFault != nil {
		return nil, x.loopFault
	}
	p, err := x.prepare()
	if err != nil {
		return nil, err
	}
	return x.attempts(p)
}

// skippedResult is the result of a task whose condition is false.
func (x *taskRun) skippedResult() *value.Dict {
	res := value.DictOf("changed", false, "skipped", true, "skip_reason", "Conditional result was False")
	if x.m.newer {
		res.SetStr("false_condition", x.falseCondition)
	}
	return res
}

// writtenCondition is a condition as it is written.
func writtenCondition(v value.Value) value.Value {
	switch c := v.(type) {
	case *value.Cond:
		return c.Src
	case *value.Tmpl:
		return c.Src
	}
	return v
}

// condition evaluates a list of conditions: all must hold.
func (x *taskRun) condition(list []ir.Val, ev *eval.Eval) (bool, error) {
	for _, c := range list {
		x.warnOfDelimiters(c.V)
		ok, err := ev.Condition(c.V)
		if cond, is := c.V.(*value.Cond); is && cond.Tmpl != nil && x.tagged() && err == nil {
			n := python.Deprecation("Conditionals should not be surrounded by templating delimiters such as {{ }} or {% %}.", "2.23")
			n.At = cond.At
			x.deprecate(n)
		}
		if err != nil && x.tagged() {
			return false, err
		}
		if err != nil {
			return false, &fault{msg: err.Error(), excerpt: true}
		}
		if !ok {
			x.falseCondition = writtenCondition(c.V)
			return false, nil
		}
	}
	return true, nil
}

// warnOfDelimiters warns, in dialect classic, of a condition that is a template.
func (x *taskRun) warnOfDelimiters(c value.Value) {
	if cond, ok := c.(*value.Cond); ok && cond.Tmpl != nil && !x.tagged() {
		x.warnOf("conditional statements should not include jinja2 templating delimiters such as {{ }} or {% %}. Found: " + cond.Src)
	}
}

// prepared is a task with all its keywords rendered, ready for its attempts.
type prepared struct {
	args     *value.Dict
	env      map[string]string
	retries  int64
	delay    time.Duration
	timeout  time.Duration
	become   Become
	register string
	// async is set when the task does not wait for its module; poll is how often it then looks for the end.
	async *module.Async
	poll  time.Duration
	// collectors are the only ones that are of use, of a call of setup; nil for all.
	collectors []string
}

// prepare renders the keywords in the order in which Ansible does: of several faults the first one
// met is told.
func (x *taskRun) prepare() (*prepared, error) {
	if err := x.named(); err != nil {
		return nil, err
	}
	p := &prepared{register: x.t.Register}
	x.label = x.resultName()
	var err error
	if p.env, err = x.environment(); err != nil {
		return nil, err
	}
	if err := x.renderFlags(); err != nil {
		return nil, err
	}
	timeout, err := x.number64("timeout", x.t.Timeout, int64(x.m.code.Settings.TaskTimeout))
	if err != nil {
		return nil, err
	}
	p.timeout = time.Duration(timeout) * time.Second
	if p.args, err = x.arguments(); err != nil {
		return nil, err
	}
	if err := x.renderDelegation(); err != nil {
		return nil, err
	}
	if err := x.renderNotify(); err != nil {
		return nil, err
	}
	if err := x.renderRetries(p); err != nil {
		return nil, err
	}
	if p.become, err = x.become(); err != nil {
		return nil, err
	}
	return p, x.renderAsync(p)
}

// resultName is the name that a result has. Unlike a banner it has a name that is a number, too.
func (x *taskRun) resultName() string {
	if !x.t.Named() && !x.t.Name.IsSet() && x.written != nil {
		return x.fullName("")
	}
	if x.tagged() { // as in the banner
		reach := x.vars.reach
		x.vars.reach = nil
		defer func() { x.vars.reach = reach }()
	}
	if x.t.Named() || !x.t.Name.IsSet() {
		return x.name()
	}
	s, _ := value.ToStr(x.t.Name.V)
	return s
}

func (x *taskRun) renderRetries(p *prepared) error {
	delay, err := x.number64("delay", x.t.Delay, 5)
	if err != nil {
		return err
	}
	if delay < 0 {
		delay = 1
	}
	p.delay = time.Duration(delay) * time.Second
	retries, err := x.number64("retries", x.t.Retries, 3)
	switch {
	case err != nil:
		return err
	case len(x.t.Until) == 0:
		p.retries = 1
	case retries <= 0:
		p.retries = 1
	case !x.t.Retries.IsSet():
		p.retries = 3
	default:
		p.retries = retries + 1
	}
	return nil
}

func (x *taskRun) renderFlags() (err error) {
	set := func(name string, v ir.Val, into *bool) {
		if err == nil && v.IsSet() {
			*into, err = x.keyword(name, v, *into)
		}
	}
	set("no_log", x.t.NoLog, &x.flags.NoLog)
	set("ignore_errors", x.t.IgnoreErrors, &x.flags.IgnoreErrors)
	set("ignore_unreachable", x.t.IgnoreUnreachable, &x.flags.IgnoreUnreachable)
	set("check_mode", x.t.CheckMode, &x.flags.Check)
	set("diff", x.t.Diff, &x.flags.Diff)
	set("any_errors_fatal", x.t.AnyErrorsFatal, &x.flags.AnyErrorsFatal)
	set("run_once", x.t.RunOnce, &x.flags.RunOnce)
	return err
}

// renderDelegation renders the keywords that send the task to another host.
func (x *taskRun) renderDelegation() error {
	var err error
	if x.t.DelegateFacts.IsSet() {
		if x.flags.DelegateFacts, err = x.keyword("delegate_facts", x.t.DelegateFacts, false); err != nil {
			return err
		}
	}
	if !x.t.DelegateTo.IsSet() {
		return nil
	}
	v, given, err := x.rendered("delegate_to", x.t.DelegateTo)
	if err != nil {
		if x.tagged() {
			return err
		}
		return x.fieldFault("delegate_to", x.t.DelegateTo.V, err)
	}
	if !given {
		x.flags.DelegateTo = ""
		return nil
	}
	x.flags.DelegateTo, err = value.ToStr(v)
	return err
}

// hostless refuses a delegate_to that comes to nothing, before conditions are looked at.
//
// Observed: ansible-core 2.18, and 2.19, which refuses one that cannot be rendered there, too.
func (x *taskRun) hostless() error {
	if !x.m.newer || !x.t.DelegateTo.IsSet() {
		return nil
	}
	v, given, err := x.rendered("delegate_to", x.t.DelegateTo)
	switch {
	case err != nil && x.tagged():
		return err
	case err != nil || !given:
		return nil
	}
	if s, ok := value.Text(v); ok && s == "" {
		return faultf("Empty hostname produced from delegate_to: \"%s\"", x.writtenDelegate())
	}
	return nil
}

// writtenDelegate is delegate_to as the playbook has it: callbacks show that of a task that failed before
// the keyword was rendered.
func (x *taskRun) writtenDelegate() string {
	if !x.t.DelegateTo.IsSet() {
		return ""
	}
	s, _ := value.ToStr(x.t.DelegateTo.V)
	return s
}

// renderNotify adds the handlers that the task names for this item.
func (x *taskRun) renderNotify() error {
	for _, n := range x.t.Notify {
		v, err := x.eval().Value(n.V)
		if err != nil {
			return x.fieldFault("notify", n.V, err)
		}
		list, ok := v.(*value.List)
		if !ok {
			list = value.NewList(v)
		}
		for _, e := range list.V {
			s, err := value.ToStr(e)
			if err != nil {
				return x.fieldFault("notify", n.V, err)
			}
			x.notify = append(x.notify, s)
		}
	}
	return nil
}

// arguments renders the task's arguments, with the module defaults below them and omitted ones
// gone.
func (x *taskRun) arguments() (*value.Dict, error) {
	v, err := x.argumentValues()
	if err != nil {
		return nil, err
	}
	if v == nil {
		v = value.NewDict()
	}
	args, ok := v.(*value.Dict)
	if !ok {
		s, _ := value.ToStr(v)
		return nil, faultf("invalid or malformed argument: '%s'", s)
	}
	args = args.Copy()
	if args, err = x.variableParams(args); err != nil {
		return nil, err
	}
	if args, err = x.withDefaults(args); err != nil {
		return nil, err
	}
	return x.given(args), nil
}

// variableParams spreads "module: '{{ dict }}'": the variable's entries below those written out.
func (x *taskRun) variableParams(args *value.Dict) (*value.Dict, error) {
	if has(args, "_refused_params") {
		return nil, &taggedFault{chain: failure.New("Action '" + x.t.Module + "' does not support raw params.")}
	}
	v, ok := args.GetStr("_variable_params")
	if !ok {
		return args, nil
	}
	args.Del("_variable_params")
	d, ok := v.(*value.Dict)
	if !ok && !x.tagged() {
		s, _ := value.ToStr(v)
		return nil, faultf("invalid or malformed argument: '%s'", s)
	}
	if x.m.code.Settings.InjectFacts {
		x.warnSplat()
	}
	if !ok {
		return nil, because("Finalization of task args for '"+x.t.Module+"' failed.", originOf(x.t.ActionPos), &taggedFault{chain: &failure.Failure{
			Msg: "Task args must resolve to a 'dict' not '" + value.TypeName(v) + "'.", At: x.splatOrigin()}})
	}
	all := d.Copy()
	all.Update(args)
	return all, nil
}

// warnSplat warns of arguments that a variable names.
func (x *taskRun) warnSplat() {
	const where = " is unsafe in some situations (see https://docs.ansible.com/ansible/devel/reference_appendices/faq.html#argsplat-unsafe)"
	if !x.tagged() {
		x.warnOf("Using a variable for a task's 'args'" + where)
		return
	}
	x.tell(&failure.Failure{Msg: "Using a template for task args" + where + ".", At: x.splatOrigin()})
}

// splatOrigin is where the variable of the arguments is named.
func (x *taskRun) splatOrigin() *value.Origin {
	if args, ok := x.t.Args.V.(*value.Dict); ok {
		return value.OriginOf(get(args, "_variable_params"))
	}
	return nil
}

func (x *taskRun) withDefaults(args *value.Dict) (*value.Dict, error) {
	if len(x.t.Defaults) == 0 {
		return args, nil
	}
	all, err := x.joined(x.t.Defaults)
	if err != nil {
		return nil, err
	}
	if !x.tagged() {
		all.Update(args)
		return all, nil
	}
	args = args.Copy() // there the task's own come first
	for i, k := range all.K {
		if _, given, err := args.Get(k); !given && err == nil {
			_ = args.Set(k, all.V[i])
		}
	}
	return args, nil
}

// joined evaluates entries of module_defaults; later ones count.
func (x *taskRun) joined(list []ir.Val) (*value.Dict, error) {
	all := value.NewDict()
	for _, d := range list {
		v, err := x.eval().Value(d.V)
		if err != nil {
			return nil, x.fieldFault("module_defaults", d.V, err)
		}
		if dd, ok := v.(*value.Dict); ok {
			all.Update(dd)
		}
	}
	return all, nil
}

// unreachable is the result of a host that cannot be reached: dialect tagged has it as the cause of the task's failure.
func (x *taskRun) unreachable(res *value.Dict) (*value.Dict, error) {
	msg, ok := value.Text(get(res, "msg"))
	if !ok || !x.tagged() {
		return res, nil
	}
	own := res.Copy()
	own.Del("msg")
	return nil, &fault{msg: msg, result: own}
}

// attempts runs the action until its condition holds or the attempts are used up.
func (x *taskRun) attempts(p *prepared) (*value.Dict, error) {
	var res *value.Dict
	for attempt := int64(1); ; attempt++ {
		r, err := x.attempt(p)
		var f *fault
		if errors.As(err, &f) && f.result != nil && !x.tagged() {
			return f.result, nil
		}
		if err != nil {
			return nil, err
		}
		if res = r; truthy(res, "unreachable") {
			return x.unreachable(res)
		}
		if x.badRegister() {
			return nil, faultf("%s", x.registerFault())
		}
		x.judge(p, res, attempt)
		if p.retries <= 1 {
			break
		}
		x.remember(p.register, res) // until sees what changed_when and failed_when made of it
		done, err := x.condition(x.t.Until, x.eval())
		if err != nil && x.tagged() {
			return nil, err
		}
		if err != nil {
			return nil, faultf("%s", err) // the place is not shown
		}
		if done {
			break
		}
		if attempt >= p.retries {
			res.SetStr("attempts", p.retries-1)
			res.SetStr("failed", true)
			break
		}
		res.SetStr("retries", p.retries)
		if err := x.emitRetry(res, attempt, p.retries); err != nil {
			return nil, err
		}
		x.sleep(p.delay)
	}
	if x.flags.DelegateTo != "" {
		res.SetStr("_ansible_delegated_vars", x.delegatedVars())
	}
	x.remember(p.register, res)
	if x.flags.DelegateTo == "" || !x.flags.DelegateFacts {
		x.localFacts(res)
	}
	return res, nil
}

func (x *taskRun) emitRetry(res *value.Dict, attempt, retries int64) error {
	shown := shown(res)
	shown.SetStr("_ansible_retry", true)
	return x.m.up.Emit(&event.Event{Kind: event.Retry, Addr: x.addr, Task: x.number, Name: x.label, As: x.as(), Status: statusOf(res), Result: ir.Val{V: shown}, Flags: x.flags,
		Attempt: int(attempt), Retries: int(retries)})
}

// attempt runs the action once, within its time.
func (x *taskRun) attempt(p *prepared) (*value.Dict, error) {
	ctx := x.ctx
	if p.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.timeout)
		defer cancel()
	}
	res, err := x.action(ctx, p)
	if err == nil && ctx.Err() == nil && p.async != nil {
		return x.poll(p, res)
	}
	if p.timeout > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) && x.ctx.Err() == nil {
		if x.tagged() {
			seconds := int64(p.timeout / time.Second)
			return nil, &fault{msg: fmt.Sprintf("Timed out after %d second(s).", seconds), result: value.DictOf("timedout",
				value.DictOf("frame", "Configure `DISPLAY_TRACEBACK` to see a traceback on timeout errors.", "period", seconds))}
		}
		msg := fmt.Sprintf("The %s action failed to execute in the expected time frame (%d) and was terminated", x.t.Action, p.timeout/time.Second)
		return nil, &fault{msg: msg, result: value.DictOf("failed", true, "msg", msg)}
	}
	return res, err
}

// judge completes a result: failed, changed, attempts, and what changed_when and failed_when say.
func (x *taskRun) judge(p *prepared, res *value.Dict, attempt int64) {
	if _, ok := res.GetStr("failed"); !ok {
		rc, has := res.GetStr("rc")
		res.SetStr("failed", has && !isZero(rc))
	}
	if len(x.t.Until) > 0 {
		res.SetStr("attempts", attempt)
	}
	if _, ok := res.GetStr("changed"); !ok {
		res.SetStr("changed", false)
	}
	x.remember(p.register, res)
	x.localFacts(res)
	if _, skipped := res.GetStr("skipped"); skipped {
		return
	}
	if len(x.t.ChangedWhen) > 0 {
		ok, err := x.condition(x.t.ChangedWhen, x.eval())
		if err != nil {
			x.badCondition(res, "changed_when_result", err)
			return
		}
		res.SetStr("changed", ok)
	}
	if len(x.t.FailedWhen) > 0 {
		ok, err := x.condition(x.t.FailedWhen, x.eval())
		if err != nil {
			x.badCondition(res, "failed_when_result", err)
			return
		}
		if !ok && x.tagged() {
			x.suppress(res)
		}
		res.SetStr("failed", ok)
		res.SetStr("failed_when_result", ok)
	}
}

func (x *taskRun) badCondition(res *value.Dict, key string, err error) {
	res.SetStr("failed", true)
	res.SetStr(key, err.Error())
}

func isZero(v value.Value) bool {
	if n, ok := v.(int64); ok {
		return n == 0
	}
	s, ok := value.Text(v)
	return ok && s == "0"
}

// badRegister says whether the task registers its result under what is no name for a variable. Ansible meets
// that only once there is a result: the task fails, and then the whole run ends.
func (x *taskRun) badRegister() bool { return x.t.Register != "" && !isIdentifier(x.t.Register) }

func (x *taskRun) registerFault() string {
	return "Invalid variable name in 'register' specified: '" + x.t.Register + "'"
}

// remember makes the result visible under its registered name for the rest of the task.
func (x *taskRun) remember(register string, res *value.Dict) {
	if register != "" {
		x.vars.local.SetStr(register, x.taint(res))
	}
}

// localFacts makes the facts of a result visible for the rest of the task.
func (x *taskRun) localFacts(res *value.Dict) {
	facts, ok := get(res, "ansible_facts").(*value.Dict)
	if !ok || x.t.Module == "ansible.builtin.debug" || !x.readsAgain() {
		return
	}
	if cleanFacts(x.t.Module) {
		x.vars.local.Update(facts)
		return
	}
	all := namespaceFacts(x.m.host.Facts)
	all.Update(namespaceFacts(facts))
	x.vars.local.SetStr("ansible_facts", x.taint(all))
	if x.m.code.Settings.InjectFacts {
		x.vars.local.Update(facts)
	}
}

// readsAgain says whether anything of this task is evaluated after its first action.
func (x *taskRun) readsAgain() bool {
	return x.t.Loop != nil || len(x.t.Until)+len(x.t.ChangedWhen)+len(x.t.FailedWhen) > 0
}

// cleanFacts says whether the variables a module returns are the playbook's own, so that they may
// hold templates: set_fact and include_vars.
func cleanFacts(module string) bool {
	return module == "ansible.builtin.set_fact" || module == "ansible.builtin.include_vars"
}

// taint marks what came from a module: it is never rendered.
func (x *taskRun) taint(v value.Value) value.Value {
	if cleanFacts(x.t.Module) {
		return v
	}
	return value.Taint(v)
}

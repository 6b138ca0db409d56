package machine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/module"
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
	if err := x.contextSound(); err != nil {
		return nil, err
	}
	p, err := x.prepare()
	if err != nil {
		return nil, err
	}
	if err := x.connects(p); err != nil {
		return nil, err
	}
	if x.t.Loop == nil {
		x.final = p
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
	if x.tagged() && x.failedOnHost(res) {
		shown.SetStr("exception", traceless)
	}
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
	if !ok || x.t.Module == "ansible.builtin.debug" {
		return
	}
	x.warnRestricted(facts)
	if !x.readsAgain() {
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
		x.vars.local.Update(module.Injected(facts))
	}
}

// warnRestricted tells of the facts that are no variables.
func (x *taskRun) warnRestricted(facts *value.Dict) {
	if cleanFacts(x.t.Module) || !x.m.code.Settings.InjectFacts {
		return
	}
	for _, k := range facts.K {
		if name, _ := value.Text(k); module.Restricted(name) {
			x.warnOf("Removed restricted key from module data: " + name)
		}
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

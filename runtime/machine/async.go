package machine

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
)

// asyncStatus is the module that tells what became of a task that was not waited for.
const asyncStatus = "ansible.builtin.async_status"

// statusSpec are the arguments of async_status as its action knows them.
var statusSpec = &argspec.Spec{Args: []argspec.Arg{
	{Name: "jid", Required: true},
	{Name: "mode", Default: "status", Choices: argspec.Choices("status", "cleanup")},
}}

// jobStatus checks the arguments of async_status, and runs the module.
func (x *taskRun) jobStatus(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	if _, err := statusSpec.For(x.m.dialect, x.m.newer).CheckAction(x.t.Action, args, environ{}); err != nil {
		return nil, x.actionFail(err.Error())
	}
	return x.ownModule(ctx, x.ready)
}

// renderAsync renders the keywords async and poll.
//
// Ansible docs: "Asynchronous actions and polling".
func (x *taskRun) renderAsync(p *prepared) error {
	limit, err := x.number64("async", x.t.Async, 0)
	if err != nil {
		return err
	}
	poll, err := x.number64("poll", x.t.Poll, int64(x.m.code.Settings.PollInterval))
	if err != nil || limit <= 0 {
		return err
	}
	p.poll = time.Duration(max(poll, 0)) * time.Second
	p.async = &module.Async{ID: "j" + strconv.FormatInt(rand.Int64N(1e12), 10), Limit: limit, Dir: x.asyncDir()}
	return nil
}

// asyncDir is the folder of the files of jobs, on the host.
func (x *taskRun) asyncDir() string {
	if v, ok := x.vars.Lookup("ansible_async_dir"); ok {
		if r, err := x.eval().Value(v); err == nil {
			if s, ok := value.Text(r); ok {
				return s
			}
		}
	}
	return x.m.code.Settings.AsyncDir
}

// waits are modules that Ansible starts by an action plugin that waits for them.
var waits = map[string]bool{"ansible.builtin.assemble": true, "ansible.builtin.async_status": true, "ansible.builtin.copy": true, "ansible.builtin.fetch": true,
	"ansible.builtin.pause": true, "ansible.builtin.raw": true, "ansible.builtin.script": true, "ansible.builtin.template": true,
	"ansible.builtin.unarchive": true, "ansible.builtin.wait_for_connection": true}

// choosing are the actions whose module runs on when the task does not wait for it.
var choosing = map[string]bool{"ansible.builtin.package": true, "ansible.builtin.service": true, "ansible.builtin.uri": true, "ansible.builtin.yum": true,
	"ansible.builtin.dnf": true}

// allowsAsync refuses what cannot run by itself, in Ansible's words.
func (x *taskRun) allowsAsync(p *prepared) error {
	switch {
	case p.async == nil:
		return nil
	case waits[x.t.Module] || actions[x.t.Module] != nil && !choosing[x.t.Module]:
		if x.tagged() {
			return x.actionFail("This action (" + x.t.Action + ") does not support async.")
		}
		return x.actionFail("async is not supported for this task.")
	case x.flags.Check && !x.m.newer:
		return x.actionFail("check mode and async cannot be used on same task.")
	}
	return nil
}

// poll looks for the end of a job until its time is over. With poll: 0 nobody looks.
//
// Observed: ansible-core 2.14's task executor.
func (x *taskRun) poll(p *prepared, res *value.Dict) (*value.Dict, error) {
	if p.poll == 0 || truthy(res, "skipped") || truthy(res, "failed") || truthy(res, "unreachable") {
		return res, nil
	}
	id, ok := value.Text(get(res, "ansible_job_id"))
	if !ok {
		return value.DictOf("failed", true, "msg", "No job id was returned by the async task"), nil
	}
	var out *value.Dict
	for left := time.Duration(p.async.Limit) * time.Second; left > 0; left -= p.poll {
		x.sleep(p.poll)
		var err error
		if out, err = x.job(p, value.DictOf("jid", id)); err != nil {
			return nil, err
		}
		if isOne(get(out, "finished")) || truthy(out, "failed") || truthy(out, "skipped") {
			break
		}
		if err := x.emitAsync("poll", out); err != nil {
			return nil, err
		}
	}
	failed := x.moduleFailed
	if !isOne(get(out, "finished")) {
		failed = false
		limit := strconv.FormatInt(p.async.Limit, 10)
		out.Del("changed") // only the result of the task has it
		out = value.DictOf("failed", true, "msg", "async task did not complete within the requested time - "+limit+"s", "async_result", out)
	} else if _, err := x.job(p, value.DictOf("jid", id, "mode", "cleanup")); err != nil {
		return nil, err
	}
	x.moduleFailed = failed
	step := "ok"
	if truthy(out, "failed") {
		step = "failed"
	}
	return out, x.emitAsync(step, out)
}

// job calls async_status the way the task calls its module.
func (x *taskRun) job(p *prepared, args *value.Dict) (*value.Dict, error) {
	run := *x
	t := *x.t
	t.Module, t.Action, t.ModuleFile = asyncStatus, "ansible.legacy.async_status", ""
	run.t = &t
	q := *p
	q.args, q.async = args, nil
	run.flags.Check = false
	res, err := run.module(x.ctx, &q)
	x.moduleFailed = err == nil && truthy(res, "failed")
	return res, err
}

// emitAsync tells of a look at the job. What the looks between say is no result of the task, so its no_log does not
// hide it.
func (x *taskRun) emitAsync(step string, res *value.Dict) error {
	flags := x.flags
	flags.NoLog = flags.NoLog && step != "poll"
	return x.m.up.Emit(&event.Event{Kind: event.Async, Addr: x.addr, Task: x.number, Name: step, Result: ir.Val{V: shown(res)}, Flags: flags})
}

func isOne(v value.Value) bool {
	switch n := v.(type) {
	case int64:
		return n == 1
	case bool:
		return n
	}
	return false
}

package machine

import (
	"context"
	"maps"
	"slices"
	"strings"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/module"
)

// Action plugins in Python run on the controller, with the Ansible that is installed there. What they do to the host
// comes back as work for this machine: modules, lines for the shell, files. The machine asks with the task, is given
// work, asks again with what came of it, and so on until it is given the result of the task.

// plugin runs the task's action, a plugin in Python.
func (x *taskRun) plugin(ctx context.Context, p *prepared) (*value.Dict, error) {
	question := value.DictOf("task", x.pluginTask(p), "vars", x.vars.local, "includes", x.aroundVars())
	for {
		answer, err := x.ask(ctx, event.Action, "", question)
		if err != nil {
			x.leavePlugin(question)
			return nil, err
		}
		x.pluginSaid(answer)
		work, more := get(answer, "work").(*value.Dict)
		if !more {
			return x.pluginResult(answer)
		}
		question = value.DictOf("session", get(answer, "session"), "result", x.pluginWork(ctx, p, work))
	}
}

// leavePlugin ends a plugin that nobody waits for any more.
func (x *taskRun) leavePlugin(question *value.Dict) {
	if s := get(question, "session"); s != nil {
		_, _ = x.ask(x.ctx, event.Action, "", value.DictOf("session", s, "cancel", true))
	}
}

// pluginTask is what a plugin sees of its task.
func (x *taskRun) pluginTask(p *prepared) *value.Dict {
	env := value.NewDict()
	for _, k := range slices.Sorted(maps.Keys(p.env)) {
		env.SetStr(k, p.env[k])
	}
	d := value.DictOf("action", x.t.Action, "args", p.args, "name", x.label, "check_mode", x.flags.Check, "diff", x.flags.Diff, "no_log", x.flags.NoLog,
		"any_errors_fatal", x.flags.AnyErrorsFatal, "environment", value.NewList(env), "retries", p.retries, "delay", int64(p.delay.Seconds()),
		"timeout", int64(p.timeout.Seconds()), "async_val", int64(0), "poll", int64(p.poll.Seconds()), "become", p.become != Become{})
	for name, on := range map[string]bool{"ignore_errors": x.flags.IgnoreErrors, "ignore_unreachable": x.flags.IgnoreUnreachable, "run_once": x.flags.RunOnce} {
		if on {
			d.SetStr(name, on)
		}
	}
	if p.async != nil {
		d.SetStr("async_val", p.async.Limit)
	}
	if p.register != "" {
		d.SetStr("register", p.register)
	}
	if x.flags.DelegateTo != "" {
		d.SetStr("delegate_to", x.flags.DelegateTo)
		d.SetStr("delegate_facts", x.flags.DelegateFacts)
	}
	if p.become != (Become{}) {
		d.Update(value.DictOf("become_user", p.become.User, "become_method", p.become.Method, "become_flags", p.become.Flags, "become_exe", p.become.Exe))
	}
	for name, v := range map[string]value.Value{"connection": x.t.Connection.V, "remote_user": x.t.RemoteUser.V, "port": x.t.Port.V} {
		if r, err := x.eval().Value(v); err == nil && r != nil && !x.omitted(r) {
			d.SetStr(name, r)
		}
	}
	return value.DictOf("fields", d, "plugin", x.m.pluginOf(x.t), "handler", x.t.Handler)
}

// pluginOf is the name by which Ansible loads a task's action plugin in Python: one of a collection by its full name; "" for
// no such task.
func (m *Machine) pluginOf(t *ir.Task) string {
	switch {
	case !t.Plugin():
		return ""
	case strings.Contains(t.Module, "."):
		return t.Module
	}
	return t.Action
}

// loadPlugin has the action plugin of a task loaded before the task is begun. One that cannot be loaded ends the run.
func (m *Machine) loadPlugin(ctx context.Context, number int, addr ir.Address) error {
	name := m.pluginOf(m.tasks[number])
	if _, done := m.loaded[name]; done || name == "" {
		return nil
	}
	a, err := m.up.Ask(ctx, &event.Need{Ask: event.Action, Task: number, Addr: addr, Name: name})
	if err != nil {
		return err
	}
	for _, d := range a.Deprecations {
		if err := m.up.Emit(&event.Event{Kind: event.Message, Level: "deprecation", Addr: addr, Task: number, Name: d}); err != nil {
			return err
		}
	}
	level, text := "error", a.Error
	about := asDict(a.Value.V)
	if has(about, "class") {
		text, _ = value.Text(get(about, "msg"))
		if !truthy(about, "ansible") {
			level = "crash"
		}
	}
	if text == "" {
		m.loaded[name] = truthy(about, "bypass")
		return nil
	}
	if err := m.up.Emit(&event.Event{Kind: event.Message, Level: level, Addr: addr, Task: number, Name: text}); err != nil {
		return err
	}
	return errEnded
}

// pluginSaid tells the user what the plugin has said since it was last heard of.
func (x *taskRun) pluginSaid(answer *value.Dict) {
	said, ok := get(answer, "said").(*value.List)
	if !ok {
		return
	}
	for _, e := range said.V {
		pair, ok := e.(*value.List)
		if !ok || len(pair.V) != 2 {
			continue
		}
		kind, _ := value.Text(pair.V[0])
		text, _ := value.Text(pair.V[1])
		switch kind {
		case "warning":
			x.warnOf(text)
		case "deprecated":
			x.told(&event.Answer{Deprecations: []string{text}})
		case "stray":
			x.stray(text)
		default:
			_ = x.m.up.Emit(&event.Event{Kind: event.Message, Level: kind, Addr: x.addr, Task: x.number, Name: text})
		}
	}
}

// stray shows what a plugin wrote to standard output by itself.
func (x *taskRun) stray(text string) {
	if !x.tagged() {
		_ = x.m.up.Emit(&event.Event{Kind: event.Message, Level: "display", Addr: x.addr, Task: x.number, Name: strings.TrimSuffix(text, "\n")})
		return
	}
	name := x.fullName(x.label)
	if name == "" {
		name = x.t.Action
	}
	msg := "WorkerProcess for [" + x.m.host.Name + "/TASK: " + name + "] errantly sent data directly to stdout instead of using Display:\n"
	for _, line := range strings.SplitAfter(text, "\n") {
		if line != "" {
			msg += "    " + line
		}
	}
	x.emitTold("warning", failure.New(msg))
}

// pluginResult is the result that a plugin has come to, or the error that it has raised.
func (x *taskRun) pluginResult(answer *value.Dict) (*value.Dict, error) {
	res := asDict(get(answer, "result"))
	how, _ := value.Text(get(answer, "raised"))
	if truthy(res, "_ansible_no_log") {
		x.flags.NoLog = true
	}
	res.Del("_ansible_no_log")
	msg, _ := value.Text(get(res, "msg"))
	switch how {
	case "result": // what the plugin gave is the result, with no word of the task's own
		if x.tagged() && truthy(res, "unreachable") {
			res.Del("msg")
		}
		return nil, &fault{msg: msg, result: res}
	case "ansible":
		return nil, faultf("%s", msg)
	case "":
		x.moduleFailed = get(res, "exception") == traceless // the result is that of a module
		return res, nil
	case "died":
		return nil, &fault{msg: diedWords, ends: true}
	}
	text, _ := value.Text(get(answer, "text"))
	trace, _ := value.Text(get(res, "exception"))
	return nil, &eval.Error{Class: how, Msg: text, Trace: trace}
}

// diedWords are what Ansible says when the process of a task has died.
const diedWords = "A worker was found in a dead state"

// halves are the modules that pbc has only together with what their action does on the controller.
var halves = map[string]bool{"ansible.builtin.assemble": true, "ansible.builtin.copy": true, "ansible.builtin.raw": true, "ansible.builtin.script": true,
	"ansible.builtin.template": true}

// pluginWork does for a plugin what it asks of the host. What came of it is a dictionary; under "raise" it holds what
// Ansible raises instead.
func (x *taskRun) pluginWork(ctx context.Context, p *prepared, work *value.Dict) *value.Dict {
	run, ready := *x, *p
	ready.async, ready.env = nil, nil
	run.ready = &ready
	name, args := "", asDict(get(work, "args"))
	switch op, _ := value.Text(get(work, "op")); op {
	case "module":
		name, _ = value.Text(get(work, "name"))
		run.flags.Check, run.flags.Diff, run.flags.NoLog = truthy(work, "check"), truthy(work, "diff"), truthy(work, "no_log")
		run.foreign = halves[name] || strings.HasPrefix(name, "ansible.legacy.") // what only looks like one of ansible-core's is the user's
		ready.env = environmentOf(asDict(get(work, "env")))
		if truthy(work, "async") {
			ready.async = p.async
		}
	case "line":
		name, run.flags.Check = module.RunLine, false
	case "read":
		name, run.flags.Check = module.ReadPiece, false
	case "write":
		name, run.flags.Check = module.WritePiece, false
	}
	if name == "" {
		return value.DictOf("raise", "there is no such work for an agent")
	}
	if !truthy(work, "become") {
		ready.become = Become{}
	}
	res, err := run.submodule(ctx, name, args)
	if err != nil {
		return value.DictOf("raise", err.Error())
	}
	res = withoutInternals(res)
	if get(res, "changed") == false && (silent[name] || isFailed(res)) && x.m.run.Has(name) {
		res.Del("changed")
	}
	if x.tagged() && isFailed(res) {
		res.SetStr("exception", traceless)
	}
	return res
}

// silent are the modules that say nothing of changed: pbc's own do, as their action would.
var silent = map[string]bool{"ansible.builtin.ping": true, "ansible.builtin.setup": true, "ansible.builtin.slurp": true}

func environmentOf(d *value.Dict) map[string]string {
	env := map[string]string{}
	for i, k := range d.K {
		name, _ := value.Text(k)
		env[name], _ = value.ToStr(d.V[i])
	}
	return env
}

// withoutInternals is a module's result as its action sees it.
func withoutInternals(res *value.Dict) *value.Dict {
	out := value.NewDict()
	for i, k := range res.K {
		if s, ok := value.Text(k); !ok || !internalKey(s) {
			_ = out.Set(k, res.V[i])
		}
	}
	return out
}

package controller

import (
	"cmp"
	"strconv"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/callback"
)

var noHostsRemaining = callback.NoHostsRemaining{}

// shown remembers what is on the screen, so that a task's banner comes once.
type shown struct {
	addr ir.Address
	task int
	any  bool
	sent bool // a task has been told of at this place, beside meta tasks
}

// show turns an event into what the callback sees.
func (r *playRun) show(h *hostRun, e *event.Event) {
	switch e.Kind {
	case event.Started:
		if r.play.Free {
			r.warnFree(e.Flags)
		}
		if r.c.opt.Reserved != nil {
			r.c.warnAll(r.c.opt.Reserved(r.number, h.name, e.Task))
		}
		r.banner(h, e)
		if t, _ := r.c.opt.Linker.Task(r.number, e.Task); t != nil && t.Module != "ansible.builtin.meta" {
			r.c.emit(callback.HostStart{Host: h.name, Task: r.task(e)})
		}
	case event.Item:
		r.c.emit(callback.ItemResult(r.result(h, e)))
	case event.Retry:
		res := r.result(h, e)
		r.c.emit(callback.Retry{Host: h.name, Task: res.Task, Name: e.Name, DelegateTo: res.DelegateTo, Result: res.Result})
	case event.Async:
		step := map[string]callback.AsyncStep{"poll": callback.AsyncPoll, "ok": callback.AsyncOK, "failed": callback.AsyncFailed}[e.Name]
		res := r.result(h, e)
		r.c.emit(callback.Async{Host: h.name, Task: res.Task, Step: step, Result: res.Result})
	case event.Finished:
		r.finished(h, e)
	case event.Included:
		r.held(h, e)
	case event.Notified:
		r.c.emit(callback.Notified{Handler: e.Name, Host: h.name})
	case event.Message:
		r.message(e)
	case event.Meta:
		r.meta(h, e)
	}
}

// warnFree tells of the keywords of a task that strategy free does not have.
//
// Observed: ansible-core 2.14.
func (r *playRun) warnFree(f event.Flags) {
	if f.AnyErrorsFatal {
		r.c.emit(callback.Warning{Text: "Using any_errors_fatal with the free strategy is not supported, " + apart})
	}
	if f.RunOnce {
		r.c.emit(callback.Warning{Text: "Using run_once with the free strategy is not currently supported. This task will still be executed for every host in the inventory list."})
	}
}

// apart is why strategy free lacks what counts failures.
const apart = "as tasks are executed independently on each host"

// warnFreePlay tells of the keyword of a play that strategy free does not have.
func (r *playRun) warnFreePlay() {
	if r.play.Free && r.play.MaxFail >= 0 {
		r.c.emit(callback.Warning{Text: "Using max_fail_percentage with the free strategy is not supported, " + apart})
	}
}

// banner opens a task, once for all hosts; a meta task for each, as all tasks where hosts have no order.
func (r *playRun) banner(h *hostRun, e *event.Event) {
	meta := r.isMeta(e.Task)
	at := r.place(h, e)
	same := !r.play.Free && r.shown.any && r.shown.addr.Compare(at) == 0
	if same && !meta && r.shown.task == e.Task {
		return
	}
	sent := same && r.shown.sent
	r.shown = shown{addr: at, task: e.Task, any: true, sent: sent || !meta}
	if !r.play.Free {
		delete(r.tasks, e.Task) // it may have another name than it had when it ran before
	}
	if sent && !meta && !r.c.opt.Newer {
		return // of the tasks that run beside each other only the first is told of
	}
	r.c.emit(callback.TaskStart{Task: r.task(e)})
}

// task is what callbacks know of a task, as it was for this event.
func (r *playRun) task(e *event.Event) *callback.Task {
	t := r.tasks[e.Task]
	if t == nil {
		t = r.newTask(e)
		r.tasks[e.Task] = t
	}
	out := *t
	if e.As != 0 {
		if t, _ := r.c.opt.Linker.Task(r.number, e.As); t != nil {
			out.Action, out.Loop = t.Action, t.Loop != nil
			out.Args, _ = t.Args.V.(*value.Dict)
			r.rename(&out, e)
		}
	}
	out.NoLog, out.CheckMode, out.Diff = e.Flags.NoLog, e.Flags.Check, e.Flags.Diff
	out.IgnoreErrors, out.IgnoreUnreachable = e.Flags.IgnoreErrors, e.Flags.IgnoreUnreachable
	return &out
}

// rename gives a task without a name that of the action which a template has named: results have it in dialect tagged.
func (r *playRun) rename(out *callback.Task, e *event.Event) {
	t, role := r.c.opt.Linker.Task(r.number, e.Task)
	if t == nil || t.Named() || !r.c.opt.Tagged {
		return
	}
	out.Name = out.Action
	if role != nil {
		out.Name = role.Name + " : " + out.Action
	}
	out.RawName, out.Label = out.Name, out.Action
}

func (r *playRun) newTask(e *event.Event) *callback.Task {
	t, role := r.c.opt.Linker.Task(r.number, e.Task)
	if t == nil {
		return &callback.Task{ID: strconv.Itoa(e.Task)}
	}
	raw := t.Action
	if t.Named() {
		raw, _ = value.ToStr(t.Name.V)
	}
	name := r.nameOf(e)
	if name == "" {
		name = raw
	}
	label := name
	out := &callback.Task{ID: strconv.Itoa(r.number) + "." + strconv.Itoa(e.Task), Action: t.Action, Handler: t.Handler, Include: t.Include != nil,
		Loop: t.Loop != nil, Tagged: r.c.opt.Tagged, Path: t.Pos.File + ":" + strconv.Itoa(t.Pos.Line)}
	out.Args, _ = t.Args.V.(*value.Dict)
	if role != nil && (t.Include == nil || t.Include.Kind != "role") {
		raw, name = role.Name+" : "+raw, role.Name+" : "+name
	}
	out.Name, out.RawName, out.Label = name, raw, label
	return out
}

// nameOf is the name of a task for a host. With strategy free the first host that comes to a task names it for all, and for all batches of the play.
//
// Observed: ansible-core 2.14 and 2.19.
func (r *playRun) nameOf(e *event.Event) string {
	if !r.play.Free {
		return e.Name
	}
	key := [2]int{r.number, e.Task}
	name, named := r.c.named[key]
	if !named && e.Kind == event.Started {
		name, r.c.named[key] = e.Name, e.Name
	}
	return cmp.Or(name, e.Name)
}

// result is an event as a callback's result.
func (r *playRun) result(h *hostRun, e *event.Event) callback.Result {
	res, _ := e.Result.V.(*value.Dict)
	res = res.Copy()
	if e.Flags.NoLog {
		res.SetStr("_ansible_no_log", true)
	}
	if e.Label.IsSet() || e.Kind == event.Item {
		res.SetStr("_ansible_item_label", e.Label.V)
	}
	out := callback.Result{Host: h.name, Task: r.task(e), Result: res, DelegateTo: e.Flags.DelegateTo}
	if e.Kind == event.Finished || e.Kind == event.Item {
		out.Name = r.nameOf(e)
	}
	if r.c.opt.Tagged && out.Name != "" && out.Task.Label != "" {
		out.Name = out.Task.Label // rendered once, for the banner
	}
	switch e.Status {
	case event.Failed:
		out.Status, out.Ignored = callback.Failed, e.Flags.IgnoreErrors
	case event.Skipped:
		out.Status = callback.Skipped
	case event.Unreachable:
		out.Status, out.Ignored = callback.Unreachable, e.Flags.IgnoreUnreachable
		if e.Kind == event.Item { // which Ansible tells of as a failure
			out.Ignored = e.Flags.IgnoreErrors
		}
	}
	return out
}

// finished counts a result and shows it.
func (r *playRun) finished(h *hostRun, e *event.Event) {
	t, _ := r.c.opt.Linker.Task(r.number, e.Task)
	included := t != nil && t.Include != nil
	if included {
		h.included, _ = e.Result.V.(*value.Dict)
	}
	r.c.stats.count(h.name, e, included)
	if d, ok := e.Result.V.(*value.Dict); ok {
		r.c.stats.custom(h.name, d)
	}
	if h.last == nil && !r.shown.any {
		r.banner(h, e)
	}
	if r.c.opt.Tagged && t != nil {
		r.c.warnAll(reservedLeft(t, e))
	}
	r.c.emit(r.result(h, e))
}

// held reports the files of an include that the batch held already.
func (r *playRun) held(h *hostRun, e *event.Event) {
	for i := range e.Files {
		f := &e.Files[i]
		in := &included{task: e.Task, label: f.Label.V, noLog: f.NoLog, hosts: []*hostRun{h}}
		r.showIncluded(&event.Need{Addr: e.Addr}, in, []string{h.name}, &ir.Extension{Fragment: ir.Fragment{Path: f.Path}})
	}
}

func (r *playRun) message(e *event.Event) {
	switch e.Level {
	case "display":
		r.c.emit(callback.Message{Text: e.Name})
	case "warning":
		r.c.emit(callback.Warning{Text: e.Name, Chain: failure.FromValue(e.Result.V)})
	case "task warning":
		r.c.emit(callback.Warning{Text: e.Name, Chain: failure.FromValue(e.Result.V), Again: true})
	case "deprecation":
		r.c.emit(callback.Deprecation{Text: e.Name, Whole: true, Again: true})
	case "error":
		r.fatal = errorf("%s", e.Name)
		if chain := failure.FromValue(e.Result.V); chain != nil {
			r.fatal = &Fault{Chain: chain}
		}
	case "crash":
		r.fatal = Crash(e.Name)
	case "vv":
		r.c.emit(callback.Verbose{Level: 2, Text: e.Name})
	default:
		r.c.emit(callback.Verbose{Level: 1, Text: e.Name})
	}
}

// meta does what a meta task means for the play.
func (r *playRun) meta(h *hostRun, e *event.Event) {
	if e.Status == event.Skipped {
		r.c.emit(r.result(h, e))
		return
	}
	switch e.Name {
	case "end_play":
		r.ended, r.over = true, true
	case "end_batch":
		r.over = true
	case "clear_host_errors":
		for _, name := range r.batch {
			delete(r.c.failed, name)
			delete(r.failed, name)
			delete(r.down, name)
			delete(r.c.unreachable, name)
			if h := r.byName[name]; h != nil {
				h.cleared = h.parked != nil
			}
		}
	}
}

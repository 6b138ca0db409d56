package link

import (
	"context"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// DebugFunc runs the task debugger: about is the task with its result. See pyplugin.Host.Debug.
type DebugFunc func(ctx context.Context, about *value.Dict, w World) (*value.Dict, error)

// Debugs says whether the debugger starts after failures in a play of a strategy, where no keyword says otherwise.
func (l *Linker) Debugs(strategy string) bool {
	return l.opt.Settings.Debugger || Debugging(strategy)
}

// Debugging says whether a strategy is the one that starts the task debugger after failures.
func Debugging(strategy string) bool {
	return ir.Short(strategy) == "debug"
}

// mayDebug judges whether a host may have the debugger started after a task.
func (a asker) mayDebug() error {
	strategy, err := a.l.strategy(a.play)
	if err != nil || a.task == nil || !a.task.MayDebug(a.l.Debugs(strategy)) {
		return refusal("it asked for %s", "the task debugger")
	}
	return nil
}

// answerDebug runs the debugger after a result, and makes the task that runs in its place. It does not hold the lock: the user may take any time.
func (l *Linker) answerDebug(ctx context.Context, s Site, n *event.Need) *event.Answer {
	args, ok := n.Args.V.(*value.Dict)
	if !ok || l.opt.Debug == nil {
		return &event.Answer{Error: "there is no task debugger"}
	}
	l.mu.Lock()
	about, err := l.debugged(s, args)
	l.mu.Unlock()
	if err != nil {
		return &event.Answer{Error: err.Error()}
	}
	said, err := l.opt.Debug(ctx, about, &world{l: l, site: s, own: taskVarsOf(args), unlocked: true})
	if err != nil {
		return &event.Answer{Error: err.Error()}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.redo(s, said)
}

// debugged is what the debugger sees of a task and its result. What the host says is data in it, never a template. The lock is held.
func (l *Linker) debugged(s Site, args *value.Dict) (*value.Dict, error) {
	t, _ := l.task(s.Play, s.Task)
	about := value.NewDict()
	for _, name := range []string{"again", "result", "rendered", "before", "gone"} {
		if v, ok := args.GetStr(name); ok {
			about.SetStr(name, value.Taint(v))
		}
	}
	l.describePlace(s, about)
	about.Update(value.DictOf("handler", t.Handler, "include", t.Include != nil, "plugin", t.Module, "line", int64(t.Pos.Line), "col", int64(t.Pos.Col)))
	own, inherited := debugFields(t)
	about.SetStr("own", own)
	about.SetStr("inherited", inherited)
	if l.opt.Source != nil && !t.Implicit {
		text, err := l.opt.Source(t.Pos.File)
		if err != nil {
			return nil, err
		}
		about.SetStr("text", string(text))
	}
	return about, nil
}

// debugFields are the keywords of a task by the names of Ansible's attributes: those of its own, and those that it may inherit.
func debugFields(t *ir.Task) (own, inherited *value.Dict) {
	own, inherited = value.DictOf("action", t.Action, "args", t.Args.V, "register", nil), value.NewDict()
	set := func(d *value.Dict, name string, v ir.Val) {
		if v.IsSet() {
			d.SetStr(name, v.V)
		}
	}
	list := func(d *value.Dict, name string, vals []ir.Val) {
		if len(vals) > 0 {
			d.SetStr(name, asList(vals))
		}
	}
	set(own, "name", t.Name)
	set(own, "retries", t.Retries)
	set(own, "delay", t.Delay)
	list(own, "changed_when", t.ChangedWhen)
	list(own, "failed_when", t.FailedWhen)
	list(own, "until", t.Until)
	list(inherited, "when", t.When)
	list(inherited, "environment", t.Environment)
	if t.Register != "" {
		own.SetStr("register", t.Register)
	}
	if t.Debugger != "" {
		inherited.SetStr("debugger", t.Debugger)
	}
	for name, v := range map[string]ir.Val{"ignore_errors": t.IgnoreErrors, "ignore_unreachable": t.IgnoreUnreachable, "any_errors_fatal": t.AnyErrorsFatal,
		"run_once": t.RunOnce, "no_log": t.NoLog, "check_mode": t.CheckMode, "diff": t.Diff, "timeout": t.Timeout, "throttle": t.Throttle,
		"delegate_to": t.DelegateTo, "delegate_facts": t.DelegateFacts, "connection": t.Connection, "remote_user": t.RemoteUser, "port": t.Port,
		"become": t.Become.On, "become_user": t.Become.User, "become_method": t.Become.Method, "become_flags": t.Become.Flags, "become_exe": t.Become.Exe} {
		set(inherited, name, v)
	}
	return own, inherited
}

// asList is one list of values and lists, conditions as they are written.
func asList(vals []ir.Val) *value.List {
	out := value.NewList()
	for _, v := range vals {
		switch x := v.V.(type) {
		case *value.List:
			out.V = append(out.V, x.V...)
		case *value.Cond:
			out.V = append(out.V, &value.Tmpl{Src: x.Src})
		default:
			out.V = append(out.V, x)
		}
	}
	return out
}

// redo makes the answer of what the user has said. The lock is held.
func (l *Linker) redo(s Site, said *value.Dict) *event.Answer {
	next, _ := said.GetStr("next")
	vars, _ := said.GetStr("vars")
	gone, _ := said.GetStr("gone")
	fields, _ := said.GetStr("fields")
	changed, _ := fields.(*value.Dict)
	alive := l.alive(vars)
	l.gate.learned.Value(alive)
	a := &event.Answer{Value: ir.Val{V: value.DictOf("next", next, "vars", alive, "gone", gone)}}
	if changed.Len() == 0 {
		return a
	}
	e, err := l.opt.Front.Include(s.Play, s.Task, value.DictOf("redo", changed))
	if err != nil {
		return &event.Answer{Error: err.Error()}
	}
	own := *e
	own.Tables.Tasks = l.ready(e.Tables.Tasks)
	if err := l.teach(s.Play, s.Host, &own); err != nil {
		return &event.Answer{Error: err.Error()}
	}
	if l.redone == nil {
		l.redone = map[redoneSite]int{}
	}
	l.redone[redoneSite{sentKey{s.Play, s.Host}, s.Task}] = own.FirstTask
	a.Extensions = []ir.Extension{own}
	return a
}

// redoneSite is a task of a play on a host.
type redoneSite struct {
	sentKey
	task int
}

// asked is the task that a host means: the one that the debugger has made of it, where it has.
func (l *Linker) asked(play int, host string, task int) *ir.Task {
	if n, ok := l.redone[redoneSite{sentKey{play, host}, task}]; ok {
		task = n
	}
	t, _ := l.task(play, task)
	return t
}

// alive is a value in which text that may be a template is one.
func (l *Linker) alive(v value.Value) value.Value {
	switch x := v.(type) {
	case string:
		if l.jinja.IsTemplate(x) {
			return l.jinja.Value(x)
		}
	case *value.List:
		out := value.NewList()
		for _, e := range x.V {
			out.V = append(out.V, l.alive(e))
		}
		return out
	case *value.Dict:
		out := value.NewDict()
		for i, k := range x.K {
			_ = out.Set(k, l.alive(x.V[i])) // it was the key of a dictionary
		}
		return out
	}
	return v
}

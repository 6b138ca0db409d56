package machine

import (
	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
)

// named makes the run that of the task which the action names, where its name is a template: the controller resolves the name as it does
// one that is written, and says how that task runs. Each item of a loop may name another.
//
// Observed: scenarios/keywords/templated_action.txtar.
func (x *taskRun) named() error {
	x.unnamed()
	if !x.t.ActionName.IsSet() {
		return nil
	}
	v, err := x.eval().Value(x.t.ActionName.V)
	if err != nil && x.tagged() {
		return &taggedFault{chain: x.unnameable(err)}
	}
	if err != nil {
		return x.fieldFault("action", x.t.ActionName.V, err)
	}
	name, err := value.ToStr(v)
	if err != nil {
		return err
	}
	t, number, err := x.m.taskNamed(x, name)
	if err != nil {
		return err
	}
	if t.Module == "" && x.tagged() {
		x.written, x.moduleOf = x.t, number // results tell the name
		return &taggedFault{chain: &failure.Failure{Msg: "Cannot resolve " + value.StrRepr(name) + " to an action or module.", At: originOf(x.t.ActionPos)}}
	}
	x.written, x.moduleOf = x.t, number
	x.t = t
	return nil
}

// unnameable is the error of dialect tagged for an action that cannot be rendered, at its place.
func (x *taskRun) unnameable(err error) *failure.Failure {
	chain := chainOf(err)
	if chain.At == nil {
		chain.At = originOf(x.t.ActionPos)
	}
	return chain
}

// known ends the run for what the linear strategy has to know of a task before it begins, and cannot: its variables, the name of its action,
// and, in dialect tagged, whether it runs once.
//
// Observed: scenarios/vars/omit.txtar.
func (x *taskRun) known() error {
	if err := x.vars.unread(); err != nil {
		return x.abort(err, chainOf(err))
	}
	if err := x.nameable(); err != nil {
		return x.abort(err, x.unnameable(err))
	}
	if _, template := x.t.RunOnce.V.(*value.Tmpl); !template || !x.tagged() || x.m.code.Settings.Free {
		return nil
	}
	if v, err := x.eval().Value(x.t.RunOnce.V); err != nil || !x.omitted(v) {
		return nil
	}
	return x.m.abortFor(x, &failure.Failure{Msg: "A template was resolved to an Omit scalar.", At: x.keywordOrigin("run_once", x.t.RunOnce.V),
		Help: "Callers must be prepared to handle this value. This is most likely a bug in the code requesting templating."})
}

// abort ends the run with an error, in dialect tagged with a chain of them.
func (x *taskRun) abort(err error, chain *failure.Failure) error {
	if x.tagged() {
		return x.m.abortFor(x, chain)
	}
	return x.m.abort(x, err.Error())
}

// nameable says what is wrong with an action that is a template before the task begins: in the linear strategy Ansible looks at it then, without
// the items of a loop.
func (x *taskRun) nameable() error {
	if !x.t.ActionName.IsSet() || x.m.code.Settings.Free {
		return nil
	}
	_, err := x.eval().Value(x.t.ActionName.V)
	return err
}

// unnamed makes the run that of the task as it is written again.
func (x *taskRun) unnamed() {
	if x.written != nil {
		x.t, x.moduleOf, x.written = x.written, x.own, nil
	}
}

// as is the number of the task that the name of the action has made of the one that is written, 0 for none.
func (x *taskRun) as() int {
	if x.moduleOf == x.number {
		return 0
	}
	return x.moduleOf
}

// actionKey is an action that a template of a task named.
type actionKey struct {
	task int
	name string
}

// taskNamed is the task that an action's name makes of another, and its number.
func (m *Machine) taskNamed(x *taskRun, name string) (*ir.Task, int, error) {
	key := actionKey{x.number, name}
	if n, ok := m.named[key]; ok {
		return m.tasks[n], n, nil
	}
	a, err := m.up.Ask(x.ctx, &event.Need{Ask: event.Rename, Task: x.number, Addr: x.addr, Name: name})
	if err != nil {
		return nil, 0, err
	}
	if a.Error != "" || len(a.Extensions) != 1 || len(a.Extensions[0].Tables.Tasks) != 1 {
		return nil, 0, faultf("%s", a.Error)
	}
	e := &a.Extensions[0]
	m.addExtension(e)
	m.named[key] = e.FirstTask
	return m.tasks[e.FirstTask], e.FirstTask, nil
}

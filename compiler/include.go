package compiler

import (
	"errors"
	"fmt"

	"pbc/compiler/diag"
	"pbc/compiler/playbook"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// Include implements link.Front: it compiles the file or role that an include asks for.
func (u *Unit) Include(play, task int, wanted *value.Dict) (*ir.Extension, error) {
	if err := u.replay(); err != nil {
		return nil, err
	}
	t := u.plays[play].Task(task)
	if v, ok := wanted.GetStr("action"); ok && t != nil {
		name, _ := value.Text(v)
		return u.renamed(play, task, name)
	}
	if v, ok := wanted.GetStr("redo"); ok && t != nil {
		fields, _ := v.(*value.Dict)
		return u.redone(play, task, fields)
	}
	if t == nil || t.Include == nil || t.Include.Static {
		return nil, errors.New("the task is not an include")
	}
	e, err := u.include(play, t, wanted)
	var fault includeFault
	if errors.As(err, &fault) {
		return &ir.Extension{Fault: fault.reason, Told: fault.told}, nil
	}
	return e, err
}

// renamedTask is a task whose action a template has named.
type renamedTask struct {
	play, task int
	action     string
}

// renamed compiles a task whose action, a template, turned out to have a name: once, for all hosts.
func (u *Unit) renamed(play, task int, action string) (*ir.Extension, error) {
	key := renamedTask{play, task, action}
	if e := u.named[key]; e != nil {
		return e, nil
	}
	p := u.plays[play]
	t := u.loader.Renamed(p.Task(task), action)
	if t == nil {
		return nil, fmt.Errorf("unsupported: %s as an action that is a template", action)
	}
	e := p.Rename(t)
	if err := ir.VerifyExtension(&e, p.Tables()); err != nil {
		return nil, fmt.Errorf("pbc compiled %s wrongly: %w", action, err)
	}
	var found diag.List
	u.checkExtension(p, &e, &found)
	if err := u.firstError(found); err != nil {
		return nil, err
	}
	u.named[key] = &e
	return &e, nil
}

// includeFault is what makes an include fail, not the run: the reason that its result has, and what the user is told besides.
type includeFault struct{ reason, told string }

func (f includeFault) Error() string { return f.reason }

// includeFault is the fault of an include that d is.
func (u *Unit) includeFault(d *diag.Diagnostic) includeFault {
	told := diag.Told(d, u.opt.Dialect, u.source.ReadFile)
	if u.opt.Dialect == expr.Tagged {
		return includeFault{reason: diag.Chain(d).Brief(), told: told}
	}
	return includeFault{reason: told, told: "ERROR! " + told}
}

func (u *Unit) include(play int, t *playbook.Task, wanted *value.Dict) (*ir.Extension, error) {
	p := u.plays[play]
	v, _ := wanted.GetStr("name")
	name, _ := value.Text(v)
	args, _ := wanted.GetStr("args")
	before := len(p.Tree.Handlers)
	var (
		blocks []*playbook.Block
		diags  diag.List
		path   string
		role   *playbook.Role
		ask    playbook.RoleAsk
	)
	if t.Kind == playbook.IncludeRole {
		path = name
		ask = roleAsk(name, args)
		in, d := u.loader.LoadRole(t, ask)
		blocks, diags, role = in.Blocks, d, in.Role
	} else {
		path, blocks, diags = u.loader.LoadTasks(t, name, loopVars(wanted))
	}
	u.notice(diags)
	handlers := p.Tree.Handlers[before:] // also those of roles that what is included imports
	if err := u.firstError(diags); err != nil {
		return nil, err
	}
	e := p.Extend(path, blocks, handlers)
	if err := ir.VerifyExtension(&e, p.Tables()); err != nil {
		return nil, fmt.Errorf("pbc compiled %s wrongly: %w", path, err)
	}
	if role != nil && ask.Public {
		p.Publish(&e, role)
	}
	var found diag.List
	u.checkExtension(p, &e, &found)
	if u.opt.KnownFact != nil {
		u.inspector(false, &found).tasks(p, e.FirstTask)
	}
	if err := u.firstError(found); err != nil {
		return nil, err
	}
	return &e, nil
}

// loopVars are the variables that the loop of an include gives to what it includes.
func loopVars(wanted *value.Dict) *value.Dict {
	v, _ := wanted.GetStr("vars")
	if d, ok := v.(*value.Dict); ok {
		return d
	}
	return value.NewDict()
}

func roleAsk(name string, args value.Value) playbook.RoleAsk {
	ask := playbook.RoleAsk{Name: name, From: map[string]string{}, AllowDuplicates: true}
	d, ok := args.(*value.Dict)
	if !ok {
		return ask
	}
	for i, k := range d.K {
		key, _ := value.Text(k)
		text, _ := value.ToStr(d.V[i])
		switch key {
		case "tasks_from", "vars_from", "defaults_from", "handlers_from":
			ask.From[key[:len(key)-5]] = text
		case "public":
			ask.Public, _ = eval.Boolean(d.V[i])
		case "allow_duplicates":
			ask.AllowDuplicates, _ = eval.Boolean(d.V[i])
		case "rolespec_validate":
			validate, ok := eval.Boolean(d.V[i])
			ask.NoValidate = ok && !validate
		}
	}
	return ask
}

// notice hands on what is no error.
func (u *Unit) notice(list diag.List) {
	for _, d := range list.Items {
		if u.opt.Notice != nil && (d.Kind == diag.Warning || d.Kind == diag.Deprecated) {
			u.opt.Notice(d)
		}
	}
}

// firstError is the error that a list of diagnostics stops an include with, in Ansible's words. What
// Ansible cannot parse ends the run.
func (u *Unit) firstError(list diag.List) error {
	for _, d := range list.Items {
		switch {
		case d.Kind == diag.Invalid && d.Exit == 1:
			return u.includeFault(d)
		case d.Kind == diag.Invalid:
			return &RunError{Msg: diag.Told(d, u.opt.Dialect, u.source.ReadFile), Code: max(d.Exit, 4)}
		case d.Kind == diag.Unsupported:
			return &RunError{Msg: "unsupported: " + d.Error(), Code: 4}
		}
	}
	return nil
}

package compiler

import (
	"errors"
	"fmt"

	"pbc/compiler/diag"
	"pbc/compiler/playbook"
	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// Include implements link.Front: it compiles the file or role that each entry of wanted asks for.
func (u *Unit) Include(play, task int, wanted *value.List) ([]ir.Extension, error) {
	if err := u.replay(); err != nil {
		return nil, err
	}
	p := u.plays[play]
	t := p.Task(task)
	if t == nil || t.Include == nil || t.Include.Static {
		return nil, errors.New("the task is not an include")
	}
	var out []ir.Extension
	for _, w := range wanted.V {
		d, ok := w.(*value.Dict)
		if !ok {
			return nil, errors.New("malformed include")
		}
		e, err := u.include(play, t, d)
		if err != nil {
			return nil, err
		}
		out = append(out, *e)
	}
	return out, nil
}

func (u *Unit) include(play int, t *playbook.Task, wanted *value.Dict) (*ir.Extension, error) {
	p := u.plays[play]
	v, _ := wanted.GetStr("name")
	name, _ := value.Text(v)
	args, _ := wanted.GetStr("args")
	before := len(p.Tree.Handlers)
	var (
		blocks, handlers []*playbook.Block
		diags            diag.List
		path             string
		role             *playbook.Role
		ask              playbook.RoleAsk
	)
	if t.Kind == playbook.IncludeRole {
		path = name
		ask = roleAsk(name, args)
		in, d := u.loader.LoadRole(t, ask)
		blocks, handlers, diags, role = in.Blocks, in.Handlers, d, in.Role
	} else {
		path, blocks, diags = u.loader.LoadTasks(t, name)
		handlers = p.Tree.Handlers[before:]
	}
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
	u.check(nil, &e.Tables, &found)
	if u.opt.KnownFact != nil {
		u.inspector(false, &found).tasks(p, e.FirstTask)
	}
	if err := u.firstError(found); err != nil {
		return nil, err
	}
	return &e, nil
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

// firstError is the error that a list of diagnostics stops an include with, in Ansible's words.
func (u *Unit) firstError(list diag.List) error {
	for _, d := range list.Items {
		switch d.Kind {
		case diag.Invalid:
			return errors.New(diag.Ansible(d, u.source.ReadFile))
		case diag.Unsupported:
			return errors.New("unsupported: " + d.Error())
		}
	}
	return nil
}

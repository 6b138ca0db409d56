package machine

import (
	"context"
	"errors"
	"slices"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// wanted is one file or role that an include asks for, for one item of its loop.
type wanted struct {
	name  string      // the file, or the role
	args  *value.Dict // include_role's arguments
	vars  *value.Dict // what the included code sees besides: the loop's variables
	label value.Value
}

// include runs include_tasks and include_role: it works out what to include, reports it, and runs
// the code.
func (m *Machine) include(ctx context.Context, number int, addr ir.Address) (bool, error) {
	t := m.tasks[number]
	here := ir.Instr{Op: ir.OpInclude, Task: number}
	if m.skips(number, t) {
		m.pass(here, addr)
		return false, nil
	}
	m.beside = nil
	a, err := m.barrier(ctx, number, addr)
	if err != nil {
		return false, err
	}
	switch a.Go {
	case event.Fail:
		return true, nil
	case event.Apply: // run_once: the files are the first host's alone
		m.leaveOut(number, t)
		return m.apply(t, a.Result), nil
	case event.Skip:
		m.leaveOut(number, t)
		return false, nil
	}
	x := m.begin(ctx, number, addr)
	if err := x.started(); err != nil {
		return false, err
	}
	for {
		list, res := x.wantedFiles()
		failed, err := false, error(nil)
		if res != nil {
			failed, err = x.finish(res)
		} else {
			failed, err = x.bring(list)
		}
		if errors.Is(err, errRedo) {
			x = x.next
			continue
		}
		m.pass(here, addr) // others may have included something else
		return failed, err
	}
}

// wantedFiles evaluates the include. The result is not nil when nothing is included: the task was
// skipped or failed.
func (x *taskRun) wantedFiles() ([]wanted, *value.Dict) {
	var list []wanted
	res := func() *value.Dict {
		if v, err := x.keyword("no_log", x.t.NoLog, x.flags.NoLog); err == nil {
			x.flags.NoLog = v
		}
		items, looped, err := x.items()
		if isUndefined(err) {
			x.loopFault, looped, err = err, false, nil
		}
		if err != nil {
			return x.failure(err)
		}
		if !looped {
			w, res := x.wantedFile(nil, nil)
			if res == nil {
				list = append(list, *w)
			}
			return res
		}
		return x.wantedLoop(items, &list)
	}()
	return list, res
}

func (x *taskRun) wantedLoop(items []value.Value, list *[]wanted) *value.Dict {
	if len(items) == 0 {
		return value.DictOf("changed", false, "skipped", true, "skipped_reason", "No items in the list", "results", value.NewList())
	}
	c, err := x.loopControl()
	if err != nil {
		return x.failure(err)
	}
	x.loopVarUsed(c.varName)
	var results []*value.Dict
	skipped := true
	for i, item := range items {
		c.wait(x, i)
		extra := value.DictOf("ansible_loop_var", c.varName, c.varName, item)
		if c.indexVar != "" {
			extra.Update(value.DictOf("ansible_index_var", c.indexVar, c.indexVar, int64(i)))
		}
		if c.extended {
			extra.SetStr("ansible_loop", extendedLoop(items, i, c.all))
		}
		x.vars.local.Update(extra)
		label := item
		if c.label != nil {
			if v, err := x.eval().Value(c.label); err == nil {
				label = v
			}
		}
		w, res := x.wantedFile(extra, label)
		if res == nil {
			*list = append(*list, *w)
			res = value.DictOf("include", w.name)
			skipped = false
		} else if truthy(res, "failed") {
			skipped = false
		}
		res.SetStr(c.varName, item)
		res.SetStr("ansible_loop_var", c.varName)
		results = append(results, res)
		if statusOf(res) == event.Failed || statusOf(res) == event.Skipped {
			_ = x.emitItem(res, label)
		}
	}
	x.vars.local = value.NewDict()
	sum := x.summary(results)
	if skipped || truthy(sum, "failed") {
		if !has(sum, "changed") {
			sum.SetStr("changed", false)
		}
		return sum
	}
	return nil
}

// wantedFile evaluates one item of the include.
func (x *taskRun) wantedFile(extra *value.Dict, label value.Value) (*wanted, *value.Dict) {
	x.vars.reach = x.reachVars()
	run, err := x.condition(x.t.When, x.eval())
	if err != nil {
		if x.loopFault != nil {
			err = x.loopFault
		}
		return nil, x.failure(err)
	}
	if !run {
		return nil, x.skippedResult()
	}
	if x.loopFault != nil {
		return nil, x.failure(x.loopFault)
	}
	if err := x.renderFlags(); err != nil {
		return nil, x.failure(err)
	}
	raw := asDict(x.t.Args.V)
	v, err := x.eval().Value(raw)
	if err != nil {
		return nil, x.failure(x.includeFault(err))
	}
	args := x.given(asDict(v))
	key := "_raw_params"
	if x.t.Include.Kind == "role" {
		key = "name"
		if !has(args, key) {
			key = "role"
		}
	} else if has(args, "file") {
		key = "file"
	}
	name, _ := value.ToStr(get(args, key))
	if !has(args, key) || name == "" {
		return nil, value.DictOf("failed", true, "msg", "No include file was specified to the include", "changed", false)
	}
	w := &wanted{name: name, args: args, vars: extra, label: label}
	if w.vars == nil {
		w.vars = value.NewDict()
	}
	return w, nil
}

// includeFault words an undefined variable in the name of an include.
func (x *taskRun) includeFault(err error) error { return err }

// bring fetches the code of the files, reports them, and runs them one after the other.
func (x *taskRun) bring(list []wanted) (bool, error) {
	args := &value.List{}
	for _, w := range list {
		args.V = append(args.V, value.DictOf("name", w.name, "args", w.args, "vars", w.vars, "label", w.label, "no_log", x.flags.NoLog))
	}
	if err := x.includeResult(list); err != nil {
		return false, err
	}
	a, err := x.fragments(list, args)
	if err != nil {
		return false, err
	}
	if a.Error != "" {
		return false, x.m.abort(x, a.Error)
	}
	if x.t.Role >= 0 {
		x.m.roleRan[x.t.Role] = true
	}
	for i := range a.Extensions {
		if a.Extensions[i].Fault != "" {
			return true, nil
		}
		x.m.addExtension(&a.Extensions[i])
	}
	next, here := 0, x.m.levels[len(x.m.levels)-1]
	for n, i := range inOrder(a) {
		ordinal := ordinalOf(a, i)
		here.more = n+1 < len(a.Extensions)
		x.passFiles(next, ordinal)
		next = ordinal + 1
		failed, err := x.runFragment(&a.Extensions[i], ordinal, list[i].vars)
		if failed || err != nil {
			return failed, err
		}
	}
	return false, nil
}

// passFiles notes that the host goes by the files from one ordinal to another, which others include.
func (x *taskRun) passFiles(from, to int) {
	switch {
	case from >= to || x.m.waits != ir.WaitAtBarriers:
	case x.m.flat():
		x.m.passed = below(x.m.flushAt)
	default:
		x.m.passed = below(append(append(ir.Address{}, x.addr...), to-1))
	}
}

// ordinalOf is the place of a file among those that the hosts of the play include together.
func ordinalOf(a *event.Answer, i int) int {
	if i < len(a.Ordinals) {
		return a.Ordinals[i]
	}
	return i
}

// inOrder gives the files in the order in which they run.
func inOrder(a *event.Answer) []int {
	order := make([]int, len(a.Extensions))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return ordinalOf(a, i) - ordinalOf(a, j) })
	return order
}

// includeResult reports the include itself: Ansible's callbacks see it before the files, and the debugger may start. Its arguments
// are as written in dialect classic.
func (x *taskRun) includeResult(list []wanted) error {
	var items []*value.Dict
	for _, w := range list {
		res := value.NewDict()
		args := asDict(written(x.t.Args.V))
		if x.tagged() {
			args = w.args.Copy()
		}
		if x.t.Include.Kind != "role" {
			res.SetStr("include", w.name)
			args.Del("_raw_params")
			args.Del("file")
		}
		res.SetStr("include_args", args)
		if x.t.Loop != nil {
			res.Update(w.vars)
		}
		items = append(items, res)
	}
	res := items[0]
	if x.t.Loop != nil {
		for i, item := range items {
			if err := x.emitItem(item, list[i].label); err != nil {
				return err
			}
		}
		res = x.summary(items)
	}
	res.SetStr("changed", false)
	e := &event.Event{Kind: event.Finished, Addr: x.addr, Task: x.number, Name: x.label, Status: event.OK, Result: ir.Val{V: res}, Flags: x.flags}
	if err := x.m.up.Emit(e); err != nil {
		return err
	}
	return x.stop(e, x.remembered())
}

// fragments returns the code of an include: what the batch holds, else the controller's answer. In
// both cases the files are reported.
func (x *taskRun) fragments(list []wanted, args *value.List) (*event.Answer, error) {
	if a := x.heldFragments(list); a != nil && x.m.waits == ir.WaitNever {
		e := &event.Event{Kind: event.Included, Addr: x.addr, Task: x.number, Flags: x.flags}
		for i, w := range list {
			e.Files = append(e.Files, event.IncludedFile{Path: a.Extensions[i].Path, Label: ir.Val{V: w.label}, NoLog: x.flags.NoLog})
		}
		return a, x.m.up.Emit(e)
	}
	a, err := x.m.up.Ask(x.ctx, &event.Need{Ask: event.Fragments, Task: x.number, Addr: x.addr, Args: ir.Val{V: args}})
	if err != nil {
		return nil, err
	}
	x.m.passed = nil // it was answered when nobody was behind
	if a.Strict {
		x.m.waits = ir.WaitAlways
	}
	return a, nil
}

func (x *taskRun) heldFragments(list []wanted) *event.Answer {
	a := &event.Answer{}
	for _, w := range list {
		f := x.t.Include.Fragments[w.name]
		if f == nil || x.t.Include.Kind == "role" && w.args.Len() > 1 {
			return nil
		}
		a.Extensions = append(a.Extensions, ir.Extension{Fragment: *f})
	}
	return a
}

// addExtension puts the tasks, scopes and handlers of an included file where instructions find
// them.
func (m *Machine) addExtension(e *ir.Extension) {
	m.extend(e.FirstTask, e.FirstScope, e.FirstLayer, e.FirstRole, &e.Tables)
	m.handlers = append(m.handlers, e.Handlers...)
	m.code.PlayDefaults = append(m.code.PlayDefaults, e.PlayDefaults...)
	m.code.PlayRoleVars = append(m.code.PlayRoleVars, e.PlayRoleVars...)
	m.learn(e)
	m.learnBarriers(e.Barriers)
	m.grows = m.grows || includes(e.Code)
	if e.Plugins != nil {
		m.plugins = e.Plugins
		clear(m.probed)
	}
	for _, t := range e.Excluded {
		m.excluded[t] = true
	}
}

// learn takes the variables that become readable with an extension.
func (m *Machine) learn(e *ir.Extension) {
	m.batch.Host.Whole = m.batch.Host.Whole || e.Whole
	for _, n := range e.Known {
		m.known[n] = true
	}
	if e.Answers != nil {
		m.batch.Host.Answers = e.Answers
	}
	m.inventory = joined(m.inventory, e.Inventory)
	m.play = joined(m.play, e.Play)
	m.extra = joined(m.extra, e.Extra)
	m.magic = joined(m.magic, e.Magic)
	for n, more := range e.Old {
		m.layers[n] = joined(m.layers[n], more)
	}
	clear(m.asked)
}

// joined is a copy of a layer with more of its variables.
func joined(d *value.Dict, more ir.Val) *value.Dict {
	out := d.Copy()
	out.Update(asDict(more.V))
	return out
}

func (x *taskRun) runFragment(e *ir.Extension, ordinal int, vars *value.Dict) (bool, error) {
	m := x.m
	m.includes = append(m.includes, vars)
	defer func() { m.includes = m.includes[:len(m.includes)-1] }()
	return m.exec(x.ctx, e.Code, append(append(ir.Address{}, x.addr...), ordinal))
}

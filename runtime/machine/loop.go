package machine

import (
	"fmt"
	"strings"
	"time"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// items evaluates the loop of the task. Looped is false when it has none.
func (x *taskRun) items() (items []value.Value, looped bool, err error) {
	l := x.t.Loop
	if l == nil {
		return nil, false, nil
	}
	if l.With == "" {
		v, err := x.eval().Value(l.Items.V)
		if err != nil {
			return nil, true, err
		}
		if t, ok := v.(value.Tuple); ok {
			return t, true, nil
		}
		list, ok := v.(*value.List)
		if !ok && x.tagged() {
			return nil, true, &taggedFault{chain: &failure.Failure{Msg: "The `loop` value must resolve to a 'list', not '" + value.TypeName(v) + "'.",
				At: x.keywordOrigin("loop", l.Items.V), Help: "Provide a list of items/templates, or a template resolving to a list."}}
		}
		if !ok {
			s, _ := value.ToStr(v)
			return nil, true, faultf("Invalid data passed to 'loop', it requires a list, got this instead: %s."+
				" Hint: If you passed a list/dict of just one element,"+
				" try adding wantlist=True to your lookup invocation or use q/query instead of lookup.", s)
		}
		return list.V, true, nil
	}
	items, err = x.withItems(l)
	return items, true, err
}

// withItems runs the lookup of with_X over the rendered terms.
func (x *taskRun) withItems(l *ir.Loop) ([]value.Value, error) {
	ev := x.eval()
	v, err := ev.Value(l.Items.V)
	if err != nil {
		return nil, err
	}
	terms, err := loopTerms(l.With, v, x.tagged())
	if err != nil {
		return nil, err
	}
	x.subdir = x.lookupFolder()
	defer func() { x.subdir = "" }()
	list, err := ev.Loop(l.With, terms)
	if err != nil && x.tagged() && !isUndefined(err) {
		f := failure.Failure{Msg: "The lookup plugin " + value.StrRepr(l.With) + " failed.", Shown: "invoke_lookup()"}
		return nil, &taggedFault{chain: f.Because(chainOf(err))}
	}
	if err != nil {
		return nil, err
	}
	return value.Taint(list).(*value.List).V, nil
}

// loopTerms are the terms that with_X gives its lookup. What is no list becomes one, but a dict stays itself, which most
// lookups iterate: they see its keys. Dialect tagged knows no such exception. Observed: scenarios/loops/with_dict_terms.txtar.
func loopTerms(with string, v value.Value, tagged bool) ([]value.Value, error) {
	switch t := v.(type) {
	case *value.List:
		return t.V, nil
	case value.Tuple:
		return t, nil
	case *value.Dict:
		if tagged {
			break
		}
		switch name := strings.TrimPrefix(with, "ansible.builtin."); name {
		case "dict":
		case "list", "flattened", "indexed_items":
			return nil, faultf("with_%s expects a list", name)
		default:
			return t.K, nil
		}
	}
	return []value.Value{v}, nil
}

// lookupFolder is the subfolder in which with_first_found and with_fileglob look first.
func (x *taskRun) lookupFolder() string {
	for _, sub := range []string{"template", "var"} {
		if contains(x.t.Action, sub) {
			return sub + "s"
		}
	}
	return "files"
}

// loopControl is a task's loop_control with its templates rendered.
type loopControl struct {
	varName, indexVar string
	pause             time.Duration
	extended, all     bool
	label             value.Value
}

func (x *taskRun) loopControl() (c loopControl, err error) {
	l := x.t.Loop
	text := func(name string, v ir.Val, unset string) string {
		if err != nil || !v.IsSet() {
			return unset
		}
		var r value.Value
		if r, err = x.eval().Value(v.V); err != nil {
			err = x.fieldFault(name, v.V, err)
			return unset
		}
		s, _ := value.ToStr(r)
		return s
	}
	c.varName = text("loop_var", l.Var, "item")
	c.indexVar = text("index_var", l.IndexVar, "")
	c.label = l.Label.V
	if err == nil && l.Pause.IsSet() {
		var v value.Value
		if v, err = x.eval().Value(l.Pause.V); err == nil {
			f, _ := toFloat(v)
			c.pause = time.Duration(f * float64(time.Second))
		}
	}
	if err == nil {
		c.extended, err = x.keyword("extended", l.Extended, false)
	}
	if err == nil {
		c.all, err = x.keyword("extended_allitems", l.ExtendedAllItems, true)
	}
	return c, err
}

// loop runs the task for every item and returns their results.
func (x *taskRun) loop(items []value.Value) ([]*value.Dict, error) {
	c, err := x.loopControl()
	if err != nil {
		return nil, err
	}
	x.loopVarUsed(c.varName)
	var results []*value.Dict
	noLog, ignored := false, true
	for i, item := range items {
		if err := x.ctx.Err(); err != nil {
			return nil, err
		}
		c.wait(x, i)
		res, err := x.item(c, items, i, item)
		if err != nil {
			return nil, err
		}
		noLog = noLog || x.flags.NoLog
		ignored = ignored && (x.flags.IgnoreUnreachable || !truthy(res, "unreachable"))
		results = append(results, res)
	}
	if !x.tagged() { // which tells of the last item's
		x.unnamed()
	}
	x.flags.IgnoreUnreachable = ignored
	x.flags.NoLog = noLog
	x.label = x.banner
	return results, nil
}

// wait lets the pause pass that is due before an item.
func (c *loopControl) wait(x *taskRun, i int) {
	if i > 0 && c.pause > 0 {
		x.sleep(c.pause)
	}
}

// loopVarUsed warns of a loop variable that hides another.
func (x *taskRun) loopVarUsed(name string) {
	if _, used := x.vars.Lookup(name); !used {
		return
	}
	const advice = "You should set the `loop_var` value in the `loop_control` option for the task to something else to avoid variable collisions and unexpected behavior."
	if x.tagged() {
		f := &failure.Failure{Msg: "The loop variable '" + name + "' is already in use.", Help: advice, Shown: name, At: x.keywordOrigin("loop_control.loop_var", x.t.Loop.Var.V)}
		x.emitTold("task warning", f)
		return
	}
	x.warnOf(fmt.Sprintf("%s: The loop variable '%s' is already in use. %s", x.describe(), name, advice))
}

// item runs the task for one item and reports its result.
func (x *taskRun) item(c loopControl, items []value.Value, i int, item value.Value) (*value.Dict, error) {
	x.vars.local.SetStr("ansible_loop_var", c.varName)
	x.vars.local.SetStr(c.varName, item)
	if c.indexVar != "" {
		x.vars.local.SetStr("ansible_index_var", c.indexVar)
		x.vars.local.SetStr(c.indexVar, int64(i))
	}
	if c.extended {
		x.vars.local.SetStr("ansible_loop", extendedLoop(items, i, c.all))
	}
	res, err := x.execute()
	if err != nil {
		return nil, err
	}
	if truthy(res, "unreachable") && !x.tagged() {
		res.Del("changed") // the task as a whole has it
	}
	res.SetStr(c.varName, item)
	res.SetStr("ansible_loop_var", c.varName)
	if c.indexVar != "" {
		res.SetStr(c.indexVar, int64(i))
		res.SetStr("ansible_index_var", c.indexVar)
	}
	if c.extended {
		res.SetStr("ansible_loop", get(x.vars.local, "ansible_loop"))
	}
	label := item
	if c.label == nil { // the label is a template that prints the item, which makes lists of tuples
		if v, err := x.eval().Printed(item); err == nil {
			label = v
		}
	}
	if c.label != nil {
		label, err = x.eval().Value(c.label)
		if err != nil {
			res.SetStr("failed", true)
			res.SetStr("msg", "Failed to template loop_control.label: "+x.labelFault(err))
			label = item
		}
	}
	x.vars.local.Del(c.varName)
	return res, x.emitItem(res, label)
}

// labelFault is the message of a label that cannot be rendered: dialect classic says it twice, but for newer ones.
func (x *taskRun) labelFault(err error) string {
	msg := err.Error()
	if half := len(msg)/2 - 1; x.m.newer && !x.tagged() && half > 0 && msg == msg[:half]+". "+msg[:half] {
		return msg[:half]
	}
	return msg
}

func (x *taskRun) emitItem(res *value.Dict, label value.Value) error {
	status := statusOf(res)
	e := &event.Event{Kind: event.Item, Addr: x.addr, Task: x.number, Name: x.label, As: x.as(), Status: status, Result: ir.Val{V: shown(res)}, Flags: x.flags, Label: ir.Val{V: label}}
	if told := status == event.Failed || status == event.Skipped; !told && x.changesHosts() {
		x.held = append(x.held, e) // Ansible tells of it when it has changed the inventory, after the task
		return nil
	}
	return x.m.up.Emit(e)
}

// shown is a copy of a result that later changes do not reach.
func shown(res *value.Dict) *value.Dict { return res.Copy() }

func statusOf(res *value.Dict) event.Status {
	switch {
	case truthy(res, "unreachable"):
		return event.Unreachable
	case isFailed(res):
		return event.Failed
	case truthy(res, "skipped"):
		return event.Skipped
	case truthy(res, "changed"):
		return event.Changed
	}
	return event.OK
}

// isFailed is Ansible's TaskResult.is_failed for a result without items.
func isFailed(res *value.Dict) bool {
	if _, ok := res.GetStr("failed_when_result"); ok {
		return truthy(res, "failed_when_result")
	}
	return truthy(res, "failed")
}

func extendedLoop(items []value.Value, i int, all bool) *value.Dict {
	n := int64(len(items))
	at := int64(i)
	d := value.DictOf("index", at+1, "index0", at, "first", i == 0, "last", at+1 == n, "length", n, "revindex", n-at, "revindex0", n-at-1)
	if all {
		d.SetStr("allitems", &value.List{V: items})
	}
	if i+1 < len(items) {
		d.SetStr("nextitem", items[i+1])
	}
	if i > 0 {
		d.SetStr("previtem", items[i-1])
	}
	return d
}

// warnOf tells the user something that this task has met, once for the task.
func (x *taskRun) warnOf(msg string) {
	if x.tagged() {
		x.tell(failure.New(msg))
		return
	}
	if !x.first(msg) {
		return
	}
	_ = x.m.up.Emit(&event.Event{Kind: event.Message, Level: "task warning", Addr: x.addr, Task: x.number, Name: msg})
}

// first says whether the task says something for the first time.
func (x *taskRun) first(msg string) bool {
	if x.warned[msg] {
		return false
	}
	if x.warned == nil {
		x.warned = map[string]bool{}
	}
	x.warned[msg] = true
	return true
}

// warn tells the user something, once, on standard error.
func (x *taskRun) warn(msg string) {
	_ = x.m.up.Emit(&event.Event{Kind: event.Message, Level: "warning", Addr: x.addr, Task: x.number, Name: msg})
}

// describe is how Ansible names a task in a warning.
func (x *taskRun) describe() string {
	kind := "TASK"
	if x.t.Handler {
		kind = "HANDLER"
	}
	name := x.rawName()
	return kind + ": " + name
}

// rawName is the name of the task as written, with its role, or its action.
func (x *taskRun) rawName() string { return x.fullName(x.writtenName()) }

// fullName puts the role before a name; the action stands for an empty one.
func (x *taskRun) fullName(name string) string {
	if name == "" {
		name = x.t.Action
	}
	if r := x.m.roles[x.t.Role]; r != nil && x.t.Role >= 0 {
		return r.Name + " : " + name
	}
	return name
}

var _ eval.Vars = (*scope)(nil)

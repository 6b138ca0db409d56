package playbook

import (
	"path"
	"slices"
	"strings"

	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/keyword"
)

// includeKeywords are the only ones that include_tasks and include_role take; handlers also take listen.
var includeKeywords = nameSet("action", "args", "collections", "debugger", "ignore_errors", "loop", "loop_control", "loop_with",
	"name", "no_log", "register", "run_once", "tags", "timeout", "vars", "when")

// entityOf is how Ansible calls a task of a kind.
func entityOf(n *yaml.Node, c context, k Kind) entity {
	e := entity{class: "Task", on: keyword.Task, pos: pos(n), play: c.play}
	switch {
	case k == IncludeRole || k == ImportRole:
		e.class, e.on = "IncludeRole", keyword.IncludeRole
	case k != Plain && c.handler:
		e.class, e.on = "HandlerTaskInclude", keyword.Handler
	case k != Plain:
		e.class = "TaskInclude"
	case c.handler:
		e.class, e.on = "Handler", keyword.Handler
	}
	return e
}

// task loads a task's keywords and arguments; nil when it is not valid. What an include needs beyond that is
// for the caller.
func (l *Loader) task(n *yaml.Node, c context, k Kind) *Task {
	t := &Task{Pos: n.Pos, Kind: k, Parent: c.parent, Role: c.role, Handler: c.handler}
	e := entityOf(n, c, k)
	colls, ok := l.taskCollections(n, e, c)
	if !ok {
		return nil
	}
	act, ok := l.parseAction(n, colls, true)
	if !ok || !l.moveCmd(n, &act) {
		return nil
	}
	t.Action, t.ActionPos, t.Args = act.name, act.pos, act.args
	t.FQCN = act.plugin.FQCN
	if t.FQCN == "" {
		l.resolveWritten(t, colls)
	}
	l.pluginFiles(t, colls)
	var vars Map
	if v := n.Get("vars"); v != nil {
		if vars, ok = l.loadVars(e, v); !ok {
			return nil
		}
	}
	written, ok := l.taskKeywords(n, t, act)
	if !ok {
		return nil
	}
	if r := written.Get("register"); l.opt.Tagged && !r.IsNull() {
		if name, ok := r.Text(); !ok || !l.isVariable(name) {
			l.invalid(e.pos, "Invalid 'register' specified.").Tagged = taggedBadRegister(r)
			return nil
		}
	}
	if len(colls) > 0 {
		written.Set("collections", nil, collectionNode(n, colls))
	}
	if !l.includeAllows(e, act.name, &written) {
		return nil
	}
	written.Del("vars")
	if t.Keywords, _, ok = l.keywords(e, written); !ok {
		return nil
	}
	t.Vars = vars
	if !l.loopControl(t) || !l.checkText(e, &t.Keywords) {
		return nil
	}
	t.Name, _ = t.Keywords.Get("name").Text()
	t.Listen = listItems(t.Keywords.Get("listen"))
	if k == Plain && ir.Short(t.Action) == "meta" {
		t.Kind = Meta
		if what, _ := t.Args.Get("_raw_params").Text(); what == "end_role" && !l.roleToEnd(e, c) {
			return nil
		}
	}
	return t
}

// roleToEnd says whether meta: end_role has a role to end.
func (l *Loader) roleToEnd(e entity, c context) bool {
	from := ""
	switch {
	case !l.opt.Tagged:
	case c.handler:
		from = "a handler"
	case c.role == nil:
		from = "outside of a role"
	}
	if from == "" {
		return true
	}
	msg := "Cannot execute 'end_role' from " + from
	l.invalid(e.pos, "%s", msg).Tagged = &failure.Failure{Msg: msg, Shown: "TASK: meta (end_role)"}
	return false
}

// listItems are the items of a list, or the one that is written without.
func listItems(n *yaml.Node) []*yaml.Node {
	switch {
	case n.IsNull():
		return nil
	case isSeq(n):
		return n.Items
	}
	return []*yaml.Node{n}
}

// taskCollections are the collections that a task's short names are looked up in.
func (l *Loader) taskCollections(n *yaml.Node, e entity, c context) ([]string, bool) {
	var colls []string
	if own := n.Get("collections"); !own.IsNull() {
		items, ok := l.collectionList(e, own)
		if !ok {
			return nil, false
		}
		colls = texts(items)
	} else {
		colls = inheritedCollections(c.parent)
	}
	if c.role == nil {
		colls = l.withDefault(colls)
	}
	return withLegacy(colls), true
}

func collectionNode(like *yaml.Node, colls []string) *yaml.Node {
	list := seqNode(like.Pos)
	for _, c := range colls {
		list.Items = append(list.Items, textNode(like, c))
	}
	return list
}

// resolveWritten resolves what action: or local_action: names. Ansible does so only when the task runs, so that
// an unknown name is no error here.
func (l *Loader) resolveWritten(t *Task, colls []string) {
	if builtinTasks.has(t.Action) {
		t.FQCN = "ansible.builtin." + ir.Short(t.Action)
		return
	}
	if p, err := l.catalog.module(t.Action, colls); err == nil {
		t.FQCN = p.FQCN
	}
}

// pluginFiles finds the files that a task runs: its module, and the action plugin before it.
func (l *Loader) pluginFiles(t *Task, colls []string) {
	if builtinTasks.has(t.Action) || t.FQCN == "" {
		return
	}
	told := len(l.diags.Items)
	action, module, err := l.Resolve(t.Action, colls)
	l.diags.Items = l.diags.Items[:told] // whoever found FQCN has told what is deprecated
	if err == nil {
		t.ActionPlugin, t.Module = l.catalog.actionOf(module, action).Path, module.Path
	}
	if core, ok := strings.CutPrefix(t.FQCN, "ansible.builtin."); ok && t.ActionPlugin == "" && l.shadowed(callees[core]) {
		t.ActionPlugin = path.Join("ansible", "plugins", "action", core+".py")
	}
}

// callees are the modules that actions of ansible-core run besides that of their own name.
var callees = map[string][]string{
	"assemble": {"copy", "file", "stat"}, "copy": {"file", "stat"}, "fetch": {"slurp", "stat"}, "shell": {"command"},
	"template": {"copy", "file", "stat"}, "unarchive": {"stat"},
}

// shadowed says whether the user has put a module in the place of one of these of ansible-core. What calls it is then left to
// the installed Ansible.
func (l *Loader) shadowed(modules []string) bool {
	for _, name := range modules {
		if p, err := l.catalog.find(moduleKind, name, nil); err == nil && p.Path != "" {
			return true
		}
	}
	return false
}

// moveCmd makes the argument cmd of command, shell and script the free form.
func (l *Loader) moveCmd(n *yaml.Node, act *action) bool {
	if !hasCmd.has(act.name) || !act.args.Has("cmd") {
		return true
	}
	if raw := act.args.Get("_raw_params"); raw != nil {
		switch s, ok := raw.Text(); {
		case l.opt.Tagged: // the module tells of it
			return true
		case ok && s == "":
		default:
			l.failure(pos(n), "The 'cmd' argument cannot be used when other raw parameters are specified."+
				" Please put everything in one or the other place.")
			return false
		}
	}
	act.args.Set("_raw_params", nil, act.args.Del("cmd"))
	return true
}

// taskKeywords are the task's keys without those that make the action, and with with_<lookup> turned into loop.
func (l *Loader) taskKeywords(n *yaml.Node, t *Task, act action) (Map, bool) {
	var m Map
	if d := n.Get("delegate_to"); d != nil {
		m.Set("delegate_to", n.Key("delegate_to"), d)
	}
	if act.delegate != nil {
		m.Set("delegate_to", nil, act.delegate)
	}
	loop := &loopReader{l: l, task: n, t: t}
	for i, k := range n.Keys {
		name, _ := k.Text()
		val := n.Items[i]
		lookup, isWith := strings.CutPrefix(name, "with_")
		switch {
		case name == act.name || slices.Contains([]string{"action", "local_action", "args", "delegate_to", "shell"}, name):
		case isWith && l.catalog.hasLookup(lookup):
			if !loop.with(lookup, name, val) {
				return m, false
			}
		case name == "loop":
			loop.t.Loop, loop.given = val, !val.IsNull()
		case name == "loop_with":
			t.LoopWith, _ = val.Text()
		case name == "async_val":
			m.Set("async", k, val)
		case !l.opt.WarnAttributes || keyword.Lookup(name, keyword.Handler) != nil && (name != "listen" || t.Handler):
			m.Set(name, k, val)
		default:
			l.warn(n.Pos, "Ignoring invalid attribute: %s", name)
		}
	}
	if t.Loop.IsNull() {
		t.Loop = nil
	}
	return m, true
}

type loopReader struct {
	l     *Loader
	task  *yaml.Node
	t     *Task
	given bool
}

func (r *loopReader) with(lookup, key string, val *yaml.Node) bool {
	switch {
	case r.given || r.t.LoopWith != "":
		r.l.failure(pos(r.task), "duplicate loop in task: %s", lookup)
		return false
	case val.IsNull():
		r.l.failure(pos(r.task), "you must specify a value when using %s", key)
		return false
	}
	r.t.LoopWith, r.t.Loop, r.given = lookup, val, true
	return true
}

// includeAllows refuses keywords that a dynamic include would not heed.
func (l *Loader) includeAllows(e entity, act string, written *Map) bool {
	if !dynamicIncludes.has(act) {
		return true
	}
	for _, entry := range written.Entries {
		if includeKeywords[entry.Name] || entry.Name == "listen" && e.class == "HandlerTaskInclude" {
			continue
		}
		if !l.opt.WarnAttributes {
			l.invalid(e.pos, "'%s' is not a valid attribute for a %s", entry.Name, e.class)
			return false
		}
		l.warn(e.pos, "Ignoring invalid attribute: %s", entry.Name)
	}
	return true
}

func (l *Loader) loopControl(t *Task) bool {
	n := t.Keywords.Del("loop_control")
	if n == nil {
		return true
	}
	if !isMap(n) {
		l.invalid(pos(n), "the `loop_control` value must be specified as a dictionary and cannot "+
			"be a variable itself (though it can contain variables)")
		return false
	}
	e := entity{class: "LoopControl", on: keyword.LoopControl, pos: pos(n)}
	kw, _, ok := l.keywords(e, mapOf(n))
	t.LoopControl = &kw
	return ok
}

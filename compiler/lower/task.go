package lower

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"pbc/compiler/jinja"
	"pbc/compiler/playbook"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// task lowers a task and returns its number.
func (b *builder) task(t *playbook.Task) int {
	n := len(b.tables.Tasks)
	out := &ir.Task{Pos: t.Pos, Role: -1, Action: t.Action, Module: t.FQCN, ModuleFile: t.Module, ActionFile: t.ActionPlugin, Handler: t.Handler, Implicit: t.Implicit}
	if v, ok := b.opt.Jinja.Value(t.Action).(*value.Tmpl); ok {
		out.ActionName = ir.Val{V: v}
	}
	if b.opt.Jinja.Dialect == expr.Tagged {
		out.ActionPos, out.Places = t.ActionPos, places(t)
	}
	out.Foreign = b.opt.Foreign != nil && b.opt.Foreign(t.FQCN)
	b.tables.Tasks = append(b.tables.Tasks, out)
	b.tasks = append(b.tasks, t)
	if t.Role != nil {
		out.Role = b.role(t.Role)
	}
	_, text := t.Own("name").Text()
	switch {
	case t.Kind == playbook.IncludeRole && t.Name == "":
		out.Name = ir.Val{V: &value.Str{S: t.DisplayName(), Unsafe: true}} // made of the role's name as it is written
	case t.Kind == playbook.IncludeRole:
		out.Name = ir.Val{V: b.opt.Jinja.ValueAt(t.DisplayName(), placeOf(t.Own("name")))}
	case t.Name != "":
		out.Name = ir.Val{V: b.opt.Jinja.ValueAt(t.Name, placeOf(t.Own("name")))}
	case !text:
		out.Name = b.val(t.Own("name")) // a number, which only results show
	}
	out.Args = ir.Val{V: b.dict(t.Args)}
	b.asserted(out)
	out.Scope = b.scope(t)
	b.own(t, out)
	b.inherited(t, out)
	b.loop(t, out)
	b.expressions(t, out)
	b.files(t, out)
	if t.Include != nil {
		out.Include = b.include(t)
	}
	return n
}

// places tells where the keywords and arguments of a task are written, of those that are in its own file.
func places(t *playbook.Task) map[string][2]int {
	out := map[string][2]int{}
	note := func(name string, n *yaml.Node) {
		if n != nil && n.Pos.File == t.Pos.File && n.Pos.IsValid() {
			out[name] = [2]int{n.Pos.Line, n.Pos.Col}
		}
	}
	for _, e := range t.Keywords.Entries {
		note(e.Name, e.Value)
	}
	for _, e := range t.Args.Entries {
		note("args."+e.Name, e.Value)
		note("key.args."+e.Name, cmp.Or(e.Key, e.Value))  // of k=v text both are where the text is
		if e.Name == "data" && e.Value.Kind == yaml.Map { // set_stats names variables here
			for _, k := range e.Value.Keys {
				note("key.args.data."+k.Raw, k)
			}
		}
	}
	note("loop", t.Loop)
	if t.LoopControl != nil {
		for _, e := range t.LoopControl.Entries {
			note("loop_control."+e.Name, e.Value)
		}
	}
	return out
}

// written is a scalar as text, whatever type YAML gave it.
func written(n *yaml.Node) string {
	if n.IsNull() || n.Kind != yaml.Scalar {
		return ""
	}
	s, _ := value.ToStr(n.Value) // a scalar has text always
	return s
}

// own lowers the keywords that a task has for itself alone.
func (b *builder) own(t *playbook.Task, out *ir.Task) {
	k := func(name string) ir.Val { return b.val(t.Own(name)) }
	out.Register = written(t.Own("register"))
	out.ChangedWhen = b.conditions(t.Own("changed_when"))
	out.FailedWhen = b.conditions(t.Own("failed_when"))
	out.Until = b.conditions(t.Own("until"))
	out.Retries, out.Delay = k("retries"), k("delay")
	out.Async, out.Poll = k("async"), k("poll")
	out.Debugger, _ = playbook.Inherited(t, "debugger").Text()
	for _, l := range t.Listen {
		out.Listen = append(out.Listen, b.val(l))
	}
}

// inherited lowers the keywords that blocks, roles and the play hand down.
func (b *builder) inherited(t *playbook.Task, out *ir.Task) {
	k := func(name string) ir.Val { return b.inheritedVal(t, name, out) }
	for _, n := range playbook.Conditions(t) {
		out.When = append(out.When, b.condition(n))
	}
	if n := playbook.Inherited(t, "notify"); !n.IsNull() {
		out.Notify = b.list(n)
	}
	for _, n := range playbook.Tags(t) {
		out.Tags = append(out.Tags, b.val(n))
	}
	for _, n := range playbook.Joined(t, "environment", true) {
		out.Environment = append(out.Environment, b.val(n))
	}
	out.IgnoreErrors, out.IgnoreUnreachable = k("ignore_errors"), k("ignore_unreachable")
	out.AnyErrorsFatal, out.RunOnce, out.NoLog = k("any_errors_fatal"), k("run_once"), k("no_log")
	out.CheckMode, out.Diff, out.Timeout, out.Throttle = k("check_mode"), k("diff"), k("timeout"), k("throttle")
	out.DelegateTo, out.DelegateFacts = k("delegate_to"), k("delegate_facts")
	out.Connection, out.RemoteUser, out.Port = k("connection"), k("remote_user"), k("port")
	out.Become = ir.Become{On: k("become"), User: k("become_user"), Method: k("become_method"), Flags: k("become_flags"), Exe: k("become_exe")}
	out.Defaults = b.defaults(t, defaultNames(t)...)
	if t.FQCN == "ansible.builtin.gather_facts" {
		out.FactsDefaults = b.defaults(t, "ansible.legacy.setup", "ansible.builtin.setup")
	}
	if choosers[t.FQCN] {
		out.DefaultsOf = b.defaultsOf(t)
	}
}

// inheritedVal is an inherited keyword as it holds for a task. What a template hides is kept in the task's context.
func (b *builder) inheritedVal(t *playbook.Task, name string, out *ir.Task) ir.Val {
	v := b.val(playbook.Inherited(t, name))
	if _, ok := v.V.(*value.Tmpl); !ok {
		return v
	}
	if n := playbook.InheritedAround(t, name); n != nil {
		if out.Context == nil {
			out.Context = map[string]ir.Val{}
		}
		out.Context[name] = b.val(n)
	}
	return v
}

// conditions lowers changed_when and its like: one condition or a list.
func (b *builder) conditions(n *yaml.Node) []ir.Val {
	if n.IsNull() {
		return nil
	}
	if n.Kind != yaml.Seq {
		return []ir.Val{b.condition(n)}
	}
	var out []ir.Val
	for _, item := range n.Items {
		out = append(out, b.condition(item))
	}
	return out
}

// condition parses the text of a condition; anything else than text stays what it is.
func (b *builder) condition(n *yaml.Node) ir.Val {
	if s, ok := n.Text(); ok {
		return ir.Val{V: b.opt.Jinja.ConditionAt(s, n.Pos)}
	}
	return b.val(n)
}

// list lowers a keyword that is a value or a list of values.
func (b *builder) list(n *yaml.Node) []ir.Val {
	if n.Kind != yaml.Seq {
		return []ir.Val{b.val(n)}
	}
	var out []ir.Val
	for _, item := range n.Items {
		out = append(out, b.val(item))
	}
	return out
}

// asserted leaves what an assert says of dialect tagged as it is written: but for a text that is a template as a whole, and may come to a list.
func (b *builder) asserted(out *ir.Task) {
	args, ok := out.Args.V.(*value.Dict)
	if !ok || out.Module != "ansible.builtin.assert" || b.opt.Jinja.Dialect != expr.Tagged {
		return
	}
	switch v, _ := args.GetStr("that"); v := v.(type) {
	case *value.Tmpl:
		if s := strings.TrimSpace(v.Src); !strings.HasPrefix(s, "{{") && !strings.HasPrefix(s, "{%") || !strings.HasSuffix(s, "}}") && !strings.HasSuffix(s, "%}") {
			args.SetStr("that", asWritten(v))
		}
	case *value.List:
		for i, e := range v.V {
			v.V[i] = asWritten(e)
		}
	}
}

// asWritten is the text of a template.
func asWritten(v value.Value) value.Value {
	t, ok := v.(*value.Tmpl)
	if !ok {
		return v
	}
	return &value.Str{S: t.Src, At: t.At}
}

func (b *builder) loop(t *playbook.Task, out *ir.Task) {
	if t.Loop == nil {
		return
	}
	l := &ir.Loop{With: t.LoopWith, Items: b.val(t.Loop), Pos: t.Loop.Pos}
	out.Loop = l
	if t.LoopControl == nil {
		return
	}
	k := func(name string) ir.Val { return b.val(t.LoopControl.Get(name)) }
	l.Var, l.IndexVar, l.Label, l.Pause = k("loop_var"), k("index_var"), k("label"), k("pause")
	l.Extended, l.ExtendedAllItems = k("extended"), k("extended_allitems")
}

// scope lowers what the task sees of the lexical variables. Tasks that see the same share a scope.
func (b *builder) scope(t *playbook.Task) int {
	s := &ir.Scope{Role: -1, Basedir: b.play.Dir, Task: b.stepLayer("vars", playbook.EnclosingVars(t)), IncludeParams: b.stepLayer("include", playbook.IncludeParams(t))}
	chain := playbook.DepChain(t)
	if r := t.Role; r != nil {
		s.Role = b.role(r)
		s.RoleVars = b.above(r.VarsAlong(chain))
		s.RoleDefaults = b.above(r.Defaults(chain))
		s.RoleParams = b.above(r.ParamsAlong(chain))
	}
	s.Search = search(t, chain)
	key := scopeKey(s)
	if n, ok := b.scopes[key]; ok {
		return n
	}
	b.tables.Scopes = append(b.tables.Scopes, s)
	b.scopes[key] = len(b.tables.Scopes) - 1
	return b.scopes[key]
}

// search is ansible_search_path: the roles that led to the task, nearest first, and the folder of its
// file.
func search(t *playbook.Task, chain []*playbook.Role) []string {
	var out []string
	for i := len(chain) - 1; i >= 0; i-- {
		out = append(out, chain[i].Path)
	}
	dir := path.Dir(t.Pos.File)
	for _, p := range out {
		if p == dir {
			return out
		}
	}
	return append(out, dir)
}

func scopeKey(s *ir.Scope) string {
	var k strings.Builder
	for _, l := range [][]int{s.Task, s.IncludeParams, s.RoleParams, s.RoleVars, s.RoleDefaults, {s.Role}} {
		for _, n := range l {
			k.WriteString(strconv.Itoa(n) + ",")
		}
		k.WriteByte(';')
	}
	return k.String() + strings.Join(s.Search, "\x00")
}

// expressions parses the text of arguments that are expressions: debug's var and assert's that.
func (b *builder) expressions(t *playbook.Task, out *ir.Task) {
	switch t.FQCN {
	case "ansible.builtin.debug":
		if s, ok := t.Args.Get("var").Text(); ok {
			src := "{{" + s + "}}"
			out.Exprs = map[string]ir.Val{src: {V: b.opt.Jinja.ValueAt(src, placeOf(t.Args.Get("var")))}}
			if b.opt.Jinja.Dialect == expr.Tagged {
				out.Exprs = map[string]ir.Val{s: {V: b.opt.Jinja.ConditionAt(s, placeOf(t.Args.Get("var")))}}
			}
		}
	case "ansible.builtin.assert":
		n := t.Args.Get("that")
		if n == nil {
			return
		}
		items := []*yaml.Node{n}
		if n.Kind == yaml.Seq {
			items = n.Items
		}
		out.Exprs = map[string]ir.Val{}
		for _, item := range items {
			if s, ok := item.Text(); ok {
				out.Exprs[s] = ir.Val{V: b.opt.Jinja.ConditionAt(s, item.Pos)}
			}
		}
	}
}

// sources says which argument of an action names a file of the controller, and in which subfolder
// it is looked for.
var sources = map[string][2]string{
	"ansible.builtin.copy":      {"src", "files"},
	"ansible.builtin.template":  {"src", "templates"},
	"ansible.builtin.script":    {"_raw_params", "files"},
	"ansible.builtin.unarchive": {"src", "files"},
}

// files finds the controller's files that constant arguments name.
func (b *builder) files(t *playbook.Task, out *ir.Task) {
	s, ok := sources[t.FQCN]
	if !ok || b.opt.Find == nil || !t.Args.Get("remote_src").IsNull() {
		return
	}
	if t.FQCN == "ansible.builtin.template" && slices.ContainsFunc(jinja.OptionNames(), func(o string) bool { return t.Args.Get(o) != nil }) {
		return // parsed once these are known
	}
	name, ok := t.Args.Get(s[0]).Text()
	if !ok || b.opt.Jinja.IsTemplate(name) || strings.Contains(name, "://") {
		return
	}
	if t.FQCN == "ansible.builtin.script" {
		name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
	}
	if f := b.opt.Find(b.tables.Scopes[out.Scope].Search, s[1], name); f != nil {
		out.Files = append(out.Files, *f)
	}
}

func (b *builder) include(t *playbook.Task) *ir.Include {
	i := &ir.Include{Kind: "tasks", Site: b.sites}
	if t.Kind == playbook.IncludeRole {
		i.Kind = "role"
	}
	b.sites++
	return i
}

// gatherFacts makes the task that Ansible puts before those of a play. Whether it runs is decided
// when linking.
func (b *builder) gatherFacts() {
	block := &playbook.Block{Pos: b.play.Pos, Play: b.play, Implicit: true}
	t := &playbook.Task{Pos: b.play.Pos, Name: "Gathering Facts", Action: "gather_facts", FQCN: "ansible.builtin.gather_facts", Parent: block, Implicit: true}
	block.Body = []playbook.Step{t}
	for _, k := range []string{"gather_subset", "gather_timeout", "fact_path"} {
		if n := b.play.Keywords.Get(k); !n.IsNull() {
			t.Args.Set(k, nil, n)
		}
	}
	n := b.task(t)
	out := b.tables.Tasks[n]
	if len(out.Tags) == 0 {
		out.Tags = []ir.Val{{V: "always"}}
	}
	out.When = nil
	for _, c := range b.play.Included {
		out.When = append(out.When, b.condition(c))
	}
	b.emit(ir.Instr{Op: ir.OpTask, Task: n})
}

// prompts lowers vars_prompt.
func (b *builder) prompts() []ir.Prompt {
	n := b.play.Keywords.Get("vars_prompt")
	if n.IsNull() {
		return nil
	}
	items := []*yaml.Node{n}
	if n.Kind == yaml.Seq {
		items = n.Items
	}
	var out []ir.Prompt
	for _, item := range items {
		out = append(out, ir.Prompt{Values: ir.Val{V: b.val(item).V}})
	}
	return out
}

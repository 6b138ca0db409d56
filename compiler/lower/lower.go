// Package lower makes linear instructions of the typed tree of a playbook: every keyword a task has
// or inherits, resolved; blocks as jumps; the variables that are lexical as layers; texts that hold
// templates parsed.
//
// Vocabulary: a builder lowers one play; a layer is a set of variables that stands at one place in the
// source, shared by all tasks that see it; a unit is what was lowered together: a play, or a file that
// a dynamic include brings in later.
//
// Invariants: numbers are given in the order of the source and never change, so that the same playbook
// gives the same program; nothing is evaluated.
package lower

import (
	"slices"
	"strconv"

	"pbc/compiler/jinja"
	"pbc/compiler/playbook"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/keyword"
	"pbc/ir/value"
)

// Options are what lowering needs besides the tree.
type Options struct {
	Jinja jinja.Options
	// Find finds a file of the controller that a constant argument names. Search are the folders of
	// the task. Nil finds nothing: every file is asked for while running.
	Find func(search []string, kind, name string) *ir.File
	// Foreign says whether the module of a full name is to be run in Python whatever pbc has itself. Nil says so of none.
	Foreign func(module string) bool
}

// Play is a play lowered, with the way back from numbers to the tree.
type Play struct {
	IR    *ir.Play
	Tree  *playbook.Play
	tasks []*playbook.Task // by number; nil for tasks that pbc made
	b     *builder
}

// builder lowers one play and, later, what its includes bring in.
type builder struct {
	opt    Options
	play   *playbook.Play
	tables *ir.Tables
	tasks  []*playbook.Task
	roles  map[*playbook.Role]int
	scopes map[string]int
	layers map[string]int
	code   []ir.Instr
	sites  int
	within int // blocks with a rescue or an always around
	// handlerTasks are the numbers of the handlers lowered so far.
	handlerTasks map[*playbook.Task]int
}

// Lower lowers a play.
func Lower(p *playbook.Play, opt Options) *Play {
	out := &Play{IR: &ir.Play{}, Tree: p}
	b := &builder{opt: opt, play: p, tables: &out.IR.Tables, roles: map[*playbook.Role]int{}, scopes: map[string]int{}, layers: map[string]int{}, handlerTasks: map[*playbook.Task]int{}}
	out.b = b
	b.header(out.IR)
	b.gatherFacts()
	for _, k := range p.Compile(true) {
		b.section(k)
	}
	out.IR.Code = b.code
	out.IR.Handlers = b.handlers(p.AllHandlers())
	out.tasks = b.tasks
	return out
}

// Task returns the tree's task of a number, nil for one that pbc made.
func (p *Play) Task(number int) *playbook.Task {
	if number < 0 || number >= len(p.b.tasks) {
		return nil
	}
	return p.b.tasks[number]
}

// Tables are the play's tables as they are now, with those of its extensions.
func (p *Play) Tables() *ir.Tables { return p.b.tables }

// Extend lowers what an include brought in: the numbers of its tables go on where the play's ended.
func (p *Play) Extend(path string, blocks, handlers []*playbook.Block) ir.Extension {
	b := p.b
	e := ir.Extension{FirstTask: len(b.tables.Tasks), FirstScope: len(b.tables.Scopes), FirstLayer: len(b.tables.Layers), FirstRole: len(b.tables.Roles)}
	old := b.code
	b.code = nil
	b.blocks(blocks)
	e.Path, e.Code = path, b.code
	e.Handlers = b.handlers(handlers)
	b.code = old
	e.Tables = ir.Tables{Tasks: b.tables.Tasks[e.FirstTask:], Scopes: b.tables.Scopes[e.FirstScope:], Layers: b.tables.Layers[e.FirstLayer:],
		Roles: b.tables.Roles[e.FirstRole:]}
	return e
}

// Rename lowers a task that an action's name made of another, as an extension without code. In classic no module_defaults hold for it: Ansible
// looks for those of the name that is written.
func (p *Play) Rename(t *playbook.Task) ir.Extension {
	b := p.b
	e := ir.Extension{FirstTask: len(b.tables.Tasks), FirstScope: len(b.tables.Scopes), FirstLayer: len(b.tables.Layers), FirstRole: len(b.tables.Roles)}
	n := b.task(t)
	if b.opt.Jinja.Dialect == expr.Classic {
		b.tables.Tasks[n].Defaults = nil
	}
	e.Tables = ir.Tables{Tasks: b.tables.Tasks[e.FirstTask:], Scopes: b.tables.Scopes[e.FirstScope:], Layers: b.tables.Layers[e.FirstLayer:],
		Roles: b.tables.Roles[e.FirstRole:]}
	return e
}

// Redo lowers a task as the task debugger has left it, as an extension without code: t has its action and arguments, fields are all keywords
// that have changed, by the names of Ansible's attributes.
func (p *Play) Redo(t *playbook.Task, fields *value.Dict) ir.Extension {
	b := p.b
	e := ir.Extension{FirstTask: len(b.tables.Tasks), FirstScope: len(b.tables.Scopes), FirstLayer: len(b.tables.Layers), FirstRole: len(b.tables.Roles)}
	out := b.tables.Tasks[b.task(t)]
	for i, k := range fields.K {
		name, _ := value.Text(k)
		b.change(out, name, fields.V[i])
	}
	e.Tables = ir.Tables{Tasks: b.tables.Tasks[e.FirstTask:], Scopes: b.tables.Scopes[e.FirstScope:], Layers: b.tables.Layers[e.FirstLayer:],
		Roles: b.tables.Roles[e.FirstRole:]}
	return e
}

// Publish makes the defaults and variables of a role that was included with public visible to the
// whole play.
func (p *Play) Publish(e *ir.Extension, r *playbook.Role) {
	b := p.b
	e.PlayDefaults = b.roleLayers(r.Defaults(nil))
	e.PlayRoleVars = b.roleLayers(r.Exported())
	e.Tables.Layers = b.tables.Layers[e.FirstLayer:]
	e.Tables.Roles = b.tables.Roles[e.FirstRole:]
}

// header lowers the keywords of the play itself.
func (b *builder) header(p *ir.Play) {
	k := func(name string) ir.Val { return b.val(b.play.Keywords.Get(name)) }
	p.Pos = b.play.Pos
	p.Path = b.play.Pos.File
	p.Name = b.playName()
	p.Hosts = k("hosts")
	if n := b.play.Keywords.Get("hosts"); n != nil {
		p.HostsAt = n.Pos
	}
	p.GatherFacts, p.Strategy, p.Serial, p.Order = k("gather_facts"), k("strategy"), k("serial"), k("order")
	p.CheckMode = k("check_mode")
	p.AnyErrorsFatal, p.MaxFailPercentage, p.ForceHandlers = k("any_errors_fatal"), k("max_fail_percentage"), k("force_handlers")
	p.Connection, p.RemoteUser, p.Port, p.FactPath = k("connection"), k("remote_user"), k("port"), k("fact_path")
	p.Vars = -1
	if b.play.Vars.Len() > 0 {
		p.Vars = b.layer("play vars", b.play.Vars)
	}
	for _, n := range b.play.VarsFilesNodes() {
		p.VarsFiles, p.VarsFilesAt = append(p.VarsFiles, b.val(n)), append(p.VarsFilesAt, n.Pos)
	}
	p.VarsPrompt = b.prompts()
	for _, r := range b.play.Roles {
		p.RoleNames = append(p.RoleNames, r.FullName())
		p.RoleDefaults = append(p.RoleDefaults, b.roleLayers(r.Defaults(nil))...)
		p.RoleVars = append(p.RoleVars, b.roleLayers(r.Exported())...)
	}
}

// playName is the name of the play, or that which its hosts give it: in dialect tagged no template where they are a list.
func (b *builder) playName() ir.Val {
	name, hosts := b.play.Keywords.Get("name"), b.play.Keywords.Get("hosts")
	at := hosts
	if text, _ := name.Text(); text == b.play.Name {
		at = name
	}
	switch {
	case b.play.Name == "":
		return ir.Val{}
	case at == hosts && hosts != nil && len(hosts.Items) > 0 && b.opt.Jinja.Dialect == expr.Tagged:
		return ir.Val{V: b.play.Name}
	}
	return ir.Val{V: b.opt.Jinja.ValueAt(b.play.Name, placeOf(at))}
}

// val is a keyword's node as a value, with its templates parsed.
func (b *builder) val(n *yaml.Node) ir.Val {
	if n == nil {
		return ir.Val{}
	}
	return ir.Val{V: n.ToValue(b.text)}
}

// text is a string of the source as a value: a template, or itself.
func (b *builder) text(s string, n *yaml.Node) value.Value {
	if n != nil && n.Unsafe {
		return &value.Str{S: s, Unsafe: true}
	}
	return b.opt.Jinja.ValueAt(s, placeOf(n))
}

// placeOf is where a node is written, no place for none.
func placeOf(n *yaml.Node) ir.Pos {
	if n == nil {
		return ir.Pos{}
	}
	return n.Pos
}

// dict is a map of the tree as a value.
func (b *builder) dict(m playbook.Map) *value.Dict {
	d := value.NewDict()
	for _, e := range m.Entries {
		d.SetStr(e.Name, b.val(e.Value).V)
	}
	return d
}

// vars is a map of variables as a value. In dialect tagged names that are reserved, and texts that have to be numbers, say where they are written.
func (b *builder) vars(m playbook.Map) *value.Dict {
	d := b.dict(m)
	if b.opt.Jinja.Dialect != expr.Tagged {
		return d
	}
	for i, e := range m.Entries {
		if text, ok := d.V[i].(string); ok && e.Value != nil && slices.Contains(ir.RouteNumbers, e.Name) {
			d.V[i] = &value.Str{S: text, At: e.Value.Origin()}
		}
		if e.Key != nil && keyword.Reserved(e.Name) {
			d.K[i] = &value.Str{S: e.Name, At: e.Key.Origin()}
		}
	}
	return d
}

// layer returns the number of a set of variables. Key names what it is; equal keys share a layer.
func (b *builder) layer(key string, m playbook.Map) int {
	if n, ok := b.layers[key]; ok {
		return n
	}
	b.tables.Layers = append(b.tables.Layers, ir.Val{V: b.vars(m)})
	b.layers[key] = len(b.tables.Layers) - 1
	return b.layers[key]
}

// stepLayer is the layer of variables at a step; -1 when there are none. Steps that see the same
// variables share it.
func (b *builder) stepLayer(what string, m playbook.Map) []int {
	if m.Len() == 0 {
		return nil
	}
	key := what
	for _, e := range m.Entries {
		key += "\x00" + e.Name + "\x00" + e.Value.Pos.String()
	}
	return []int{b.layer(key, m)}
}

// roleLayers are those layers of roles that hold something, the lowest first.
func (b *builder) roleLayers(list []playbook.Layer) []int {
	var out []int
	for _, l := range list {
		if l.Vars.Len() > 0 {
			out = append(out, b.layer(l.Kind+"\x00"+strconv.Itoa(b.role(l.Role)), l.Vars))
		}
	}
	return slices.Compact(out)
}

// above are layers of roles with the highest first.
func (b *builder) above(list []playbook.Layer) []int {
	out := b.roleLayers(list)
	slices.Reverse(out)
	return out
}

// role returns the number of a role.
func (b *builder) role(r *playbook.Role) int {
	if r == nil {
		return -1
	}
	if n, ok := b.roles[r]; ok {
		return n
	}
	n := len(b.tables.Roles)
	b.roles[r] = n
	out := &ir.Role{Name: r.FullName(), Path: r.Path, Collection: r.Collection, AllowDuplicates: r.AllowDuplicates}
	b.tables.Roles = append(b.tables.Roles, out)
	for _, d := range r.AllDeps() {
		out.DepNames = append(out.DepNames, d.FullName())
	}
	return n
}

// section lowers one of the parts of a play: a block whose always is the flush of handlers. A failure
// reaches that always only when the play forces handlers.
func (b *builder) section(k *playbook.Block) {
	at := b.emit(ir.Instr{Op: ir.OpBlock, A: -1, Flag: true})
	b.steps(k.Body)
	b.emit(ir.Instr{Op: ir.OpBody})
	b.code[at].B = len(b.code)
	b.steps(k.Always)
	b.emit(ir.Instr{Op: ir.OpAlways})
	b.code[at].C = len(b.code)
}

func (b *builder) emit(in ir.Instr) int {
	b.code = append(b.code, in)
	return len(b.code) - 1
}

func (b *builder) blocks(list []*playbook.Block) {
	for _, k := range list {
		b.block(k)
	}
}

// block lowers a block: its body in place, rescue and always behind it. One that has neither is none but for those around it, of which
// it hides how far they are from who looks at the innermost.
func (b *builder) block(k *playbook.Block) {
	if len(k.Rescue) == 0 && len(k.Always) == 0 && (b.within == 0 || endsRole(k)) {
		b.steps(k.Body)
		return
	}
	b.within++
	defer func() { b.within-- }()
	at := b.emit(ir.Instr{Op: ir.OpBlock, A: -1, B: -1})
	b.steps(k.Body)
	b.emit(ir.Instr{Op: ir.OpBody})
	if len(k.Rescue) > 0 {
		b.code[at].A = len(b.code)
		b.steps(k.Rescue)
		b.emit(ir.Instr{Op: ir.OpRescued})
	}
	if len(k.Always) > 0 {
		b.code[at].B = len(b.code)
		b.steps(k.Always)
		b.emit(ir.Instr{Op: ir.OpAlways})
	}
	b.code[at].C = len(b.code)
}

// endsRole says whether a block is but the mark of a role's end.
func endsRole(k *playbook.Block) bool {
	if len(k.Body) != 1 {
		return false
	}
	t, ok := k.Body[0].(*playbook.Task)
	if !ok || t.Kind != playbook.Meta {
		return false
	}
	what, _ := t.Args.Get("_raw_params").Text()
	return what == "role_complete"
}

func (b *builder) steps(list []playbook.Step) {
	for _, s := range list {
		switch x := s.(type) {
		case *playbook.Block:
			b.block(x)
		case *playbook.Task:
			b.step(x)
		}
	}
}

// step lowers one task to the instruction that runs it.
func (b *builder) step(t *playbook.Task) {
	switch t.Kind {
	case playbook.Meta:
		what, _ := t.Args.Get("_raw_params").Text()
		switch {
		case what == "role_complete":
			b.emit(ir.Instr{Op: ir.OpRoleDone, Task: b.role(t.Role)})
		case t.Implicit && what == "noop":
		case t.Implicit && what == "flush_handlers":
			b.emit(ir.Instr{Op: ir.OpFlush})
		default:
			b.emit(ir.Instr{Op: ir.OpMeta, Task: b.task(t)})
		}
	case playbook.IncludeTasks, playbook.IncludeRole:
		b.emit(ir.Instr{Op: ir.OpInclude, Task: b.task(t)})
	default:
		b.emit(ir.Instr{Op: ir.OpTask, Task: b.task(t)})
	}
}

// handlers lowers handlers in the order of their definition. Those of a role that two others depend on
// stand in the list twice, as one task each.
func (b *builder) handlers(blocks []*playbook.Block) []ir.Handler {
	var out []ir.Handler
	for _, k := range blocks {
		first := true
		for _, s := range k.Body {
			if t, ok := s.(*playbook.Task); ok {
				n, seen := b.handlerTasks[t]
				if !seen {
					n = b.task(t)
					b.handlerTasks[t] = n
				}
				out = append(out, ir.Handler{Task: n, First: first})
				first = false
			}
		}
	}
	return out
}

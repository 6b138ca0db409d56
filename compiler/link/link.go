// Package link joins a program with an inventory: it evaluates the keywords of plays, cuts for each
// host the batch it will run, and answers, while the run goes on, what only the program, the inventory
// or the controller's files can tell.
//
// Vocabulary: a layer is a set of variables of one precedence; the known are the variables that tasks
// have made on the hosts so far, kept by whoever drives the run.
//
// Invariants: the program is not changed; all methods may be called from several goroutines, one works
// at a time. The package starts nothing on a host.
package link

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"pbc/compiler/effect"
	"pbc/compiler/files"
	"pbc/compiler/inventory"
	"pbc/compiler/jinja"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// Known tells what tasks have made of a host's variables.
type Known interface {
	// Vars returns what tasks had left on a host when it came to an address; nil is now. It says whether the host has come
	// there yet.
	Vars(host string, before ir.Address) (v HostVars, there bool)
	// Await waits until the host has come to the address.
	Await(ctx context.Context, host string, at ir.Address) error
}

// HostVars are the variables that tasks have made on a host: registered results and set_fact, include_vars, and facts with their
// prefix. They must not be changed.
type HostVars struct{ Set, Included, Facts *value.Dict }

// madeOn is what tasks have left on a host by now.
func (l *Linker) madeOn(host string) (set, included, facts *value.Dict) {
	v, _ := l.opt.Known.Vars(host, nil)
	return v.Set, v.Included, v.Facts
}

// Front compiles what was not compiled ahead.
type Front interface {
	// Include compiles the file or role that an include asks for, or the task that an action's name or the debugger makes of another: wanted is
	// {action: name} or {redo: keywords} then. What makes the include fail is the extension's Fault; an error ends the run.
	Include(play, task int, wanted *value.Dict) (*ir.Extension, error)
	// Tables are the tables of a play, with those of all its extensions.
	Tables(play int) *ir.Tables
	// Fault is what Ansible finds wrong with a play when it starts it, nil mostly.
	Fault(play int) error
	// Excerpt is the place of a task as Ansible shows it after an error's message.
	Excerpt(pos ir.Pos) string
	// LoadVars reads a file of variables. Hidden says that it was a vault.
	LoadVars(path string) (vars *value.Dict, hidden bool, err error)
	// LoadVarsFile reads a file of vars_files: variables, or a list of them.
	LoadVarsFile(path string) ([]*value.Dict, error)
	// Payload is what a host needs to run a module that is not native: that of the name, "" for the module of the
	// task. The error is what the task fails with.
	Payload(play, task int, name string) (*ir.Payload, error)
}

// Options are the options of a run.
type Options struct {
	Dialect    expr.Dialect
	Inventory  *inventory.Inventory
	Store      *files.Store
	Known      Known
	Front      Front
	Extra      *value.Dict // -e
	Tags, Skip []string
	Settings   ir.Settings
	// Extensions are those of Jinja that templates have: see jinja.Options.
	Extensions []string
	// Gathering is "implicit", "explicit" or "smart".
	Gathering string
	// Order is how much of the linear strategy's order plays keep that do not say.
	Order effect.Order
	// Connection, User and Port are the command line's and the configuration's defaults.
	Connection, User string
	// PrivateRoleVars hides the variables of roles from tasks outside of them.
	PrivateRoleVars bool
	// Password is the connection's, as asked for or read from its file: a task is only told it when it reads it.
	Password      string
	Port          int
	Magic         *value.Dict  // variables that are the same everywhere, such as ansible_version
	ManagedFormat string       // the setting ansible_managed
	Lookup        LookupPlugin // nil has none
	Python        Python       // plugins in Python; nil has none
	Debug         DebugFunc    // the task debugger; nil has none
	// Left is told of each call that a host cannot run itself: the full name of its module, and what the host says of why, "" for
	// nothing. Nil is not.
	Left func(module, why string)
	// Warn is told what Ansible warns of when it comes to a play.
	Warn func(*failure.Failure)
	// Source reads a file of the program, for the debugger; nil reads none.
	Source func(path string) ([]byte, error)
	// FactCollector names what gathers a fact, whose name has no prefix. Nil gathers all facts; else those only that
	// the run reads.
	FactCollector func(fact string) string
	// Internal are the _ansible_ arguments of modules in Python that are the same for all hosts; OpenFiles is how many
	// files such a module may have open, 0 for the system's limit.
	Internal  *value.Dict
	OpenFiles ir.Val
	StartAt   *string // what --start-at-task names, nil for nothing
	Strategy  string  // that of plays which name none; "" is linear
	// Decrypt opens vaulted text; nil for none.
	Decrypt files.Decrypt
	// Locked says that there is no vault password: the message of a vaulted file is another then.
	Locked bool
}

// Linker is a program joined with an inventory.
type Linker struct {
	mu    sync.Mutex
	opt   Options
	prog  *ir.Program
	jinja jinja.Options
	// prompted are the answers to vars_prompt, by play.
	prompted map[int]*value.Dict
	started  bool // the task of --start-at-task has been found
	// startPlay is the play that it was found in, startHosts are those of its first batch.
	startPlay  *ir.Play
	startHosts []string
	// gatherAnyway is the play that gathers facts whatever it says: see beforeStart.
	gatherAnyway *ir.Play
	shared       map[int]*ir.Code
	orders       map[int]*ordering
	active       map[int][]string // the hosts of the batch that runs
	// all are the hosts of the play that runs, added those that add_host has made since its batch began.
	all, added []string
	// found are the hosts that the play has since meta: refresh_inventory, nil before one.
	found []string
	hosts map[int]playHosts
	// refreshed is the place, and the hosts, of the last meta: refresh_inventory.
	refreshed string
	reading   *factUse // which facts the run reads; nil until that is asked
	// sent are the names that a host knows of a play.
	sent map[sentKey]*names
	// shadowing are the plugins in Python that stand before pbc's own, as last asked for.
	shadowing atomic.Pointer[ir.Plugins]
	actions   sessions
	// redone are the tasks that the debugger has made of others, for a host.
	redone map[redoneSite]int
	gate   gate
	// warned are where variables of reserved names have been told of.
	warned map[reservedSite]bool
}

// sentKey is a host in a play.
type sentKey struct {
	play int
	host string
}

// New returns a linker.
func New(p *ir.Program, opt Options) *Linker {
	texts := jinja.Defaults(opt.Dialect).Extended(opt.Extensions)
	return &Linker{opt: opt, prog: p, jinja: texts, gate: newGate(texts), prompted: map[int]*value.Dict{}, shared: map[int]*ir.Code{}, orders: map[int]*ordering{}, hosts: map[int]playHosts{}, active: map[int][]string{}, sent: map[sentKey]*names{}, warned: map[reservedSite]bool{}}
}

// Plays is the number of plays.
func (l *Linker) Plays() int { return len(l.prog.Plays) }

// Task returns a task of a play by number, also of an extension, and its role.
func (l *Linker) Task(play, task int) (*ir.Task, *ir.Role) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.task(play, task)
}

func (l *Linker) task(play, task int) (*ir.Task, *ir.Role) {
	t := l.tables(play)
	if task < 0 || task >= len(t.Tasks) {
		return nil, nil
	}
	x := t.Tasks[task]
	if x.Role < 0 {
		return x, nil
	}
	return x, t.Roles[x.Role]
}

func (l *Linker) tables(play int) *ir.Tables {
	if l.opt.Front != nil {
		if t := l.opt.Front.Tables(play); t != nil {
			return t
		}
	}
	return &l.prog.Plays[play].Tables
}

// Batch is what one host runs of a play, and the blobs worth sending ahead of it.
func (l *Linker) Batch(play int, host string, hosts []string) (*ir.Batch, map[string][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	code, err := l.code(play)
	if err == nil && l.pastStart(play, host, hosts) {
		code, err = l.code(play)
	}
	if err != nil {
		return nil, nil, err
	}
	l.active[play] = hosts
	h := l.opt.Inventory.Host(host)
	if h == nil {
		return nil, nil, fmt.Errorf("host %s is not in the inventory", host)
	}
	inv, err := h.Vars()
	if err != nil {
		return nil, nil, err
	}
	byTask, err := l.varsByTask(play, h)
	if err != nil {
		return nil, nil, err
	}
	vars, err := l.playVars(play, host)
	if err != nil {
		return nil, nil, err
	}
	set, included, facts := l.madeOn(host)
	made := inventory.Combine(included, set, l.opt.Settings.HashMerge) // set_fact and registered results win over include_vars
	own := *code
	n := reads(code.Tables.Tasks)
	n.all = n.all || l.opt.Settings.HashMerge // a level that is not sent could not be merged
	all := append(byTask, inv, vars, l.opt.Extra, set, included)
	for i := range code.Tables.Layers {
		d, _ := code.Tables.Layers[i].V.(*value.Dict)
		all = append(all, d)
	}
	n.close(all)
	l.sent[sentKey{play, host}] = n
	l.all, _ = l.playHosts(play)
	l.added, l.found = nil, nil
	own.Tables.Layers = pruned(code.Tables.Layers, n.with(ir.RouteSecrets))
	if !mayBecome(code, all) {
		own.Settings.Become.Password, own.Settings.BecomeBy = "", nil
	}
	part := ir.HostPart{Name: host, Inventory: ir.Val{V: n.prune(inv)}, Play: ir.Val{V: n.prune(vars)}, Extra: ir.Val{V: n.prune(l.opt.Extra)},
		Magic: ir.Val{V: n.pruneMagic(l.magic(play, h))}, Facts: ir.Val{V: facts}, Set: ir.Val{V: made}, Known: n.sorted(), Whole: n.all, Answers: l.answers(n)}
	part.Route = ir.Val{V: l.knownRoute(play, host, n)}
	b := &ir.Batch{Version: ir.FormatVersion, Dialect: DialectName(l.opt.Dialect), Code: &own, Host: part}
	if skips, all := l.skipsFacts(play, facts); skips {
		own.Excluded = append([]int{gathering}, own.Excluded...)
		if all && len(own.Barriers) > 0 && own.Barriers[0] == 0 {
			own.Barriers = own.Barriers[1:] // nobody runs it
		}
	}
	return b, l.ahead(code), nil
}

// mayBecome says whether a host may become another user in a play: a password that is for nothing else is not sent for nothing.
// Code that an include brings may do anything.
func mayBecome(c *ir.Code, vars []*value.Dict) bool {
	if c.Settings.Become.On {
		return true
	}
	for _, in := range c.Instrs {
		if in.Op == ir.OpInclude {
			return true
		}
	}
	for _, t := range c.Tables.Tasks {
		if t.Become.On.IsSet() && t.Become.On.V != false || t.Handler && strings.Contains(t.Module, "include") {
			return true
		}
	}
	for _, d := range vars {
		if _, ok := d.GetStr("ansible_become"); ok {
			return true
		}
	}
	return false
}

// pruned are layers with only the variables that can be read. Their numbers stay.
func pruned(list []ir.Val, n *names) []ir.Val {
	out := make([]ir.Val, len(list))
	for i, v := range list {
		d, _ := v.V.(*value.Dict)
		out[i] = ir.Val{V: n.prune(d)}
	}
	return out
}

// DialectName is the name of a dialect on the command line and in plans.
func DialectName(d expr.Dialect) string {
	if d == expr.Tagged {
		return "tagged"
	}
	return "classic"
}

// code is the part of the batches of a play that all its hosts share.
func (l *Linker) code(play int) (*ir.Code, error) {
	if c := l.shared[play]; c != nil {
		l.grow(play, c)
		return c, nil
	}
	p := l.prog.Plays[play]
	c := &ir.Code{Number: play, Instrs: p.Code, Handlers: p.Handlers, Tables: p.Tables, Settings: l.opt.Settings}
	c.PlayDefaults, c.PlayRoleVars = l.shownRoles(p)
	c.Tables.Tasks = l.ready(p.Tables.Tasks)
	strategy, err := l.strategy(play)
	if err != nil {
		return nil, err
	}
	c.Settings.Free = Free(strategy)
	c.Settings.LivePlay, c.Settings.LiveHost = l.livePlay(play), l.opt.Inventory.ByTask()
	c.Settings.Debugger = l.Debugs(strategy)
	c.Settings.Collectors, c.Settings.FactsRead = l.factsRead()
	if p.ForceHandlers.IsSet() {
		v, err := l.playValue(play, p.ForceHandlers)
		if err != nil {
			return nil, err
		}
		b, _ := eval.Boolean(v)
		c.Settings.ForceHandlers = b
	}
	excluded, err := l.excluded(play, 0, p.Tables.Tasks, l.playLayers(play))
	if err != nil {
		return nil, err
	}
	c.Excluded = append(excluded, l.beforeStart(play, excluded)...)
	if c.Plugins, err = l.plugins(); err != nil {
		return nil, err
	}
	if c.Barriers, err = l.barriers(play, 0, c.Tables.Tasks); err != nil {
		return nil, err
	}
	o := l.orders[play]
	c.Flushes = o.fatal && c.Settings.ForceHandlers
	if ir.Newer(c.Settings.CoreVersion) || l.opt.Dialect == expr.Tagged {
		c.Flushes = len(c.Handlers) > 0 && o.order != effect.Free
	}
	l.shared[play] = c
	l.grow(play, c)
	return c, nil
}

// grow takes into the code of a play what includes have added to its tables since: a host that joins later, in another
// batch of serial, is told of an include only what is new with it.
func (l *Linker) grow(play int, c *ir.Code) {
	if t := l.tables(play); len(t.Tasks) > len(c.Tables.Tasks) {
		c.Tables = *t
		c.Tables.Tasks = l.ready(t.Tasks)
	}
}

// aheadLimit is the size in bytes up to which a file goes to a host before it is known to need it.
const aheadLimit = 64 << 10

// ahead gathers the small files that the code's tasks name.
func (l *Linker) ahead(c *ir.Code) map[string][]byte {
	out := map[string][]byte{}
	var add func(t *ir.FileTree)
	add = func(t *ir.FileTree) {
		digest := t.Digest
		if t.Opened != nil {
			digest = t.Opened.Digest
		}
		if digest != "" {
			if b := l.opt.Store.Blob(digest, aheadLimit); b != nil {
				out[digest] = b
			}
		}
		for i := range t.Children {
			add(&t.Children[i])
		}
	}
	for _, t := range c.Tables.Tasks {
		for i := range t.Files {
			if t.Files[i].Kind == "files" {
				add(&t.Files[i].Tree)
			}
		}
	}
	return out
}

// skipsFacts says whether the play does not gather facts of a host, and whether it gathers those of none.
func (l *Linker) skipsFacts(play int, facts *value.Dict) (skips, all bool) {
	p := l.prog.Plays[play]
	if p == l.gatherAnyway {
		return false, false
	}
	given := p.GatherFacts.IsSet()
	want := true
	if given {
		v, err := l.playValue(play, p.GatherFacts)
		b, ok := eval.Boolean(v)
		given = err != nil || v != nil
		want = err == nil && (b || !ok || !given)
	}
	switch l.opt.Gathering {
	case "explicit":
		skips = !given || !want
		return skips, skips
	case "smart":
		done, _ := facts.GetStr("_ansible_facts_gathered")
		return !want || done == true, !want
	}
	return !want, !want
}

// Include compiles what an include asks for, and gives each of the hosts its form of it.
func (l *Linker) Include(play, task int, hosts []string, wanted *value.Dict) ([]ir.Extension, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ext, err := l.opt.Front.Include(play, task, wanted)
	if err != nil {
		return nil, err
	}
	ext.Tables.Tasks = l.ready(ext.Tables.Tasks)
	if ext.Plugins, err = l.plugins(); err != nil {
		return nil, err
	}
	if ext.Excluded, err = l.excluded(play, ext.FirstTask, ext.Tables.Tasks, l.includeLayers(play, task, ext.Tables.Tasks)); err != nil {
		return nil, err
	}
	if l.opt.PrivateRoleVars && l.opt.Dialect == expr.Classic {
		ext.PlayRoleVars = nil
	}
	if ext.Fault == "" {
		if err := l.grownOrder(play, ext); err != nil {
			return nil, err
		}
	}
	out := make([]ir.Extension, len(hosts))
	for i, host := range hosts {
		out[i] = *ext
		if err := l.teach(play, host, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// magicOf are the magic variables of an extension that were not sent, as they were when the batch began.
func (l *Linker) magicOf(play int, h *inventory.Host, now, before *names) *value.Dict {
	out := value.NewDict()
	for _, name := range sizeable {
		if !now.reads(name) || before != nil && before.reads(name) {
			continue
		}
		v, _ := l.magic(play, h).GetStr(name)
		if strings.HasPrefix(name, "ansible_play_hosts") {
			v = texts(l.all)
		}
		out.SetStr(name, v)
	}
	return out
}

// teach puts into an extension the variables that its tasks read and the host has not been sent.
func (l *Linker) teach(play int, host string, e *ir.Extension) error {
	h := l.opt.Inventory.Host(host)
	if h == nil {
		return fmt.Errorf("host %s is not in the inventory", host)
	}
	inv, err := h.Vars()
	if err != nil {
		return err
	}
	byTask, err := l.varsByTask(play, h)
	if err != nil {
		return err
	}
	vars, err := l.playVars(play, host)
	if err != nil {
		return err
	}
	set, included, _ := l.madeOn(host)
	all := append(byTask, inv, vars, l.opt.Extra, set, included)
	tables := l.tables(play)
	for _, v := range tables.Layers {
		d, _ := v.V.(*value.Dict)
		all = append(all, d)
	}
	n := reads(e.Tables.Tasks)
	n.all = n.all || l.opt.Settings.HashMerge
	old := l.sent[sentKey{play, host}]
	if old != nil {
		n.join(old)
	}
	n.close(all)
	e.Magic = ir.Val{V: l.magicOf(play, h, n, old)}
	l.sent[sentKey{play, host}] = n
	e.Known, e.Whole, e.Answers = n.sorted(), n.all, l.answers(n)
	e.Inventory, e.Play, e.Extra = ir.Val{V: n.prune(inv)}, ir.Val{V: n.prune(vars)}, ir.Val{V: n.prune(l.opt.Extra)}
	e.Tables.Layers = pruned(e.Tables.Layers, n)
	e.Old = map[int]ir.Val{}
	for i, v := range tables.Layers[:e.FirstLayer] {
		d, _ := v.V.(*value.Dict)
		if d = n.prune(d); d.Len() > 0 {
			e.Old[i] = ir.Val{V: d}
		}
	}
	return nil
}

// magic are the variables that nothing overrides, for one host.
//
// Ansible docs: "Special Variables".
func (l *Linker) magic(play int, h *inventory.Host) *value.Dict {
	p := l.prog.Plays[play]
	d := l.opt.Magic.Copy()
	short, _, _ := strings.Cut(h.Name, ".")
	d.Update(value.DictOf("inventory_hostname", h.Name, "inventory_hostname_short", short, "group_names", texts(h.GroupNames()),
		"groups", l.opt.Inventory.GroupsDict(), "playbook_dir", l.playDir(p), "ansible_check_mode", l.opt.Settings.Check,
		"ansible_diff_mode", l.opt.Settings.Diff, "ansible_verbosity", int64(l.opt.Settings.Verbosity)))
	d.SetStr("ansible_play_name", l.playName(play))
	active := texts(l.active[play])
	all := slices.Concat(l.all, l.added)
	for _, k := range []string{"ansible_play_batch", "play_hosts"} {
		d.SetStr(k, active)
	}
	d.SetStr("ansible_play_hosts", texts(all))
	d.SetStr("ansible_play_hosts_all", texts(all))
	own, deps := slices.Clone(p.RoleNames), []string(nil)
	for _, r := range p.Roles {
		for _, n := range r.DepNames {
			deps = appendNew(deps, n)
		}
	}
	d.SetStr("ansible_play_role_names", texts(own))
	d.SetStr("ansible_dependent_role_names", texts(deps))
	d.SetStr("role_names", texts(own))
	all2 := append([]string{}, own...)
	for _, n := range deps {
		all2 = appendNew(all2, n)
	}
	d.SetStr("ansible_role_names", texts(all2))
	return d
}

// playName is the name of a play that its tasks see: in dialect classic as it is written, or the hosts that it is for.
func (l *Linker) playName(play int) string {
	p := l.prog.Plays[play]
	named := p.Name
	if !named.IsSet() {
		named = p.Hosts
	}
	if _, isTemplate := named.V.(*value.Tmpl); isTemplate && l.opt.Dialect == eval.Tagged {
		if v, err := l.playValue(play, named); err == nil {
			s, _ := value.ToStr(v)
			return s
		}
	}
	name, _ := value.ToStr(named.V)
	return name
}

func appendNew(list []string, s string) []string {
	for _, e := range list {
		if e == s {
			return list
		}
	}
	return append(list, s)
}

func (l *Linker) playDir(p *ir.Play) string {
	if len(p.Scopes) > 0 {
		return p.Scopes[0].Basedir
	}
	return l.prog.Basedir
}

func texts(list []string) *value.List {
	out := &value.List{V: []value.Value{}}
	for _, s := range list {
		out.V = append(out.V, s)
	}
	return out
}

// hostname is this machine's name, for templates.
func hostname() string {
	h, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return h
}

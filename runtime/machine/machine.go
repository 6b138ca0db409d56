// Package machine runs a batch on one host: it walks the linear instructions, evaluates what they
// hold, calls modules, and reports events. It is the only executor of tasks: on hosts reached over
// SSH it runs inside the agent, for local connections inside pbc itself.
//
// Vocabulary: a Host is what is kept of one host through the whole run; a Machine runs one batch
// of it; a scope gives a task its variables; an Upstream is whoever answers needs and takes events.
//
// Invariants: a Program is never changed; one Machine is used by one goroutine; a failing task never
// ends the Machine, whatever its module does. The package does not parse templates or playbooks: text
// that turns out to be a template goes upstream as a need.
package machine

import (
	"context"
	"errors"
	"fmt"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/module"
)

// Upstream takes what a machine reports and answers what it asks. Implementations may be used by
// one machine at a time.
type Upstream interface {
	// Emit takes an event. It fails when nobody listens any more, which ends the machine.
	Emit(e *event.Event) error
	// Ask sends a need and waits for its answer. The error is that of the way there and back; what
	// the other side could not do stands in the answer.
	Ask(ctx context.Context, n *event.Need) (*event.Answer, error)
}

// Runner runs modules on the host, as the user the task asks for.
type Runner interface {
	// Run calls a native module. The result is never nil. Become is the zero Become when the task
	// runs as the connection's user.
	Run(ctx context.Context, c *module.Call, b Become) *value.Dict
	// Has says whether the module of that full name is native.
	Has(name string) bool
	// TempDir returns a folder for the files of tasks, below the one that remote_tmp names, which base is; it is removed when the machine ends.
	// Where that cannot be made, it is one of the system's, with a *module.TempError, which there is for a shell that cannot be run as well.
	TempDir(base, shell string) (string, error)
}

// Become says which user a module runs as. The zero Become is the connection's own user.
type Become struct {
	User, Method, Flags, Exe, Password string
	// Over is the connection that Ansible would have: each fails in its own words.
	Over string
	// Same says that the module runs as that user without anything being done for it.
	Same bool
}

// Host is what is kept of a host through a run: the variables that tasks make. The zero value is
// not ready: use NewHost.
type Host struct {
	Name string
	// Facts are the facts as modules named them, with their ansible_ prefix.
	Facts *value.Dict
	// Set are registered results and set_fact.
	Set *value.Dict
	// Included are the variables of include_vars. With MergeHashes, dictionaries of one name are combined.
	Included    *value.Dict
	MergeHashes bool
	// Detached says that the machine runs inside the controller while the host is elsewhere: every module
	// goes over the controller.
	Detached bool
}

// NewHost returns a host of which nothing is known.
func NewHost(name string) *Host {
	return &Host{Name: name, Facts: value.NewDict(), Set: value.NewDict(), Included: value.NewDict()}
}

// Machine runs one batch. Make one with New.
type Machine struct {
	batch *ir.Batch
	code  *ir.Code
	host  *Host
	up    Upstream
	run   Runner

	dialect  expr.Dialect
	newer    bool // the ansible-core is one that ir.Newer means
	layers   map[int]*value.Dict
	tasks    map[int]*ir.Task
	scopes   map[int]*ir.Scope
	roles    map[int]*ir.Role
	handlers []ir.Handler
	excluded map[int]bool
	waits    ir.Waits
	barriers map[int]bool // the tasks at which all hosts of the play wait
	// passed is the last place where others may be that the host has come to or passed over since it last waited, nil for none.
	passed    ir.Address
	grows     bool // hosts of the play may bring in code
	notifies  int  // the first instruction of the play that may notify a handler
	known     map[string]bool
	inventory *value.Dict
	live      bool // a task of the play may change the inventory
	clears    bool // a task of the play may clear the errors of hosts
	play      *value.Dict
	extra     *value.Dict
	magic     *value.Dict
	facts     *value.Dict // the namespace ansible_facts, made from host.Facts when needed

	notified map[int]bool // handlers, see handlerKey
	stays    bool         // the handler that was left out last stays notified
	notices  notices      // dialect tagged: notifications whose handlers are not marked yet
	flushing bool         // handlers are being run
	handler  int          // the place of the one that is
	flushAt  ir.Address   // the flush that runs, and the place in its list of what comes next: see flat
	flushTo  int
	flushed  bool // handlers have been flushed in this play
	cut      bool // what the file has left that a handler includes is left out, see forgetHandlers
	// flushFailed says that a handler has failed, and no rescue has taken that.
	flushFailed bool
	// lags says that the host has failed, and has yet to begin what takes that in a block around its own: Ansible looks for that when it goes on, so
	// that it cannot fail again before.
	lags     bool
	forced   ir.Address   // where handlers were flushed although the host had failed
	beside   ir.Address   // see event.Need
	fatal    bool         // the last task has failed, uncaught and fatally for all: see alone
	fatalEnd bool         // the play has ended as after a failure that is fatal for all: see endsAtFlush and metaFatal
	roleRan  map[int]bool // roles of which a task has run
	roleDone map[int]bool
	pastRole bool     // a role has ended since the last task
	levels   []*level // the code being run, outermost first
	includes []*value.Dict
	asked    map[askedKey]*event.Answer // variables fetched by name
	statics  map[any]bool               // whether a list or dictionary holds no template
	parsed   map[string]value.Value     // texts met at run time
	plugins  *ir.Plugins                // those in Python that stand before the evaluator's
	probed   map[string]probe           // filters and tests that were looked up outside
	named    map[actionKey]int          // the tasks that templates as actions have named
	payloads map[string]*ir.Payload     // modules that are not native, by how tasks name them
	loaded   map[string]bool            // action plugins in Python that were loaded, and whether one host runs them for all
	// delegated are the last delegateVars of hosts that tasks were delegated to.
	delegated map[string]*value.Dict
	lost      ir.Lost // as the host was last told
	stop      <-chan struct{}
	// stand are the blocks that the host was in at its last task, outermost code first: see standsAt.
	stand [][]block
	top   topState
}

// errEnded says that the play is over for the host, by meta: end_host or end_play, or by the
// controller's word.
var errEnded = errors.New("play ended")

// New returns a machine ready to run the batch on the host.
func New(b *ir.Batch, h *Host, up Upstream, run Runner) *Machine {
	h.MergeHashes = b.Code.Settings.HashMerge
	m := &Machine{
		batch: b, code: b.Code, host: h, up: up, run: run,
		layers: map[int]*value.Dict{}, tasks: map[int]*ir.Task{}, scopes: map[int]*ir.Scope{}, roles: map[int]*ir.Role{},
		excluded: map[int]bool{}, barriers: map[int]bool{}, waits: b.Code.Settings.Waits, known: map[string]bool{},
		notified: map[int]bool{}, roleRan: map[int]bool{}, roleDone: map[int]bool{}, delegated: map[string]*value.Dict{},
		asked: map[askedKey]*event.Answer{}, parsed: map[string]value.Value{}, probed: map[string]probe{}, plugins: b.Code.Plugins, statics: map[any]bool{},
		payloads: map[string]*ir.Payload{}, loaded: map[string]bool{}, named: map[actionKey]int{},
		inventory: asDict(b.Host.Inventory.V), play: asDict(b.Host.Play.V), extra: asDict(b.Host.Extra.V), magic: asDict(b.Host.Magic.V),
		lost: b.Host.Lost,
	}
	if b.Dialect == "tagged" {
		m.dialect = eval.Tagged
	}
	m.newer = b.Dialect == "tagged" || ir.Newer(b.Code.Settings.CoreVersion)
	m.live = b.Code.Settings.LivePlay || b.Code.Settings.LiveHost
	m.extend(0, 0, 0, 0, &b.Code.Tables)
	m.handlers = append(m.handlers, b.Code.Handlers...)
	for _, t := range b.Code.Excluded {
		m.excluded[t] = true
	}
	m.learnBarriers(b.Code.Barriers)
	m.grows, m.notifies = includes(b.Code.Instrs), m.firstNotifying()
	for _, n := range b.Host.Known {
		m.known[n] = true
	}
	return m
}

// StopAt has the machine begin no task once the channel is closed: the play is over then. It returns the machine.
func (m *Machine) StopAt(stop <-chan struct{}) *Machine {
	m.stop = stop
	return m
}

func (m *Machine) stopped() bool {
	select {
	case <-m.stop:
		return true
	default:
		return false
	}
}

func asDict(v value.Value) *value.Dict {
	if d, ok := v.(*value.Dict); ok {
		return d
	}
	return value.NewDict()
}

func (m *Machine) extend(task, scope, layer, role int, t *ir.Tables) {
	for i, x := range t.Tasks {
		m.tasks[task+i] = x
		m.live = m.live || changesInventory(x)
		m.clears = m.clears || clearsErrors(x)
	}
	for i, x := range t.Scopes {
		m.scopes[scope+i] = x
	}
	for i, x := range t.Layers {
		m.layers[layer+i] = asDict(x.V)
	}
	for i, x := range t.Roles {
		m.roles[role+i] = x
	}
}

// Run runs the batch to its end and reports Done. The error is that of the way upstream: then
// nobody has heard of it. A task that fails is no error.
func (m *Machine) Run(ctx context.Context) error {
	outcome := event.Completed
	failed, err := m.exec(ctx, m.code.Instrs, nil)
	switch {
	case errors.Is(err, errEnded):
	case errors.Is(err, errFailed):
		outcome = event.HostFailed
	case errors.Is(err, errUnreachable):
		outcome = event.HostUnreachable
	case err != nil:
		return err
	case failed:
		outcome = event.HostFailed
	}
	return m.up.Emit(&event.Event{Kind: event.Done, Outcome: outcome, Below: outcome == event.HostFailed && !m.top.failed, Flush: m.forced, Marked: m.marks(false), Flags: event.Flags{AnyErrorsFatal: m.fatalEnd}})
}

// errFailed says the same of a host that has failed.
var errFailed = errors.New("play ended for a failed host")

var errUnreachable = errors.New("host unreachable")

// phase is the part of a block that is running.
type phase uint8

const (
	inBody phase = iota
	inRescue
	inAlways
)

type block struct {
	in     ir.Instr
	phase  phase
	failed bool // a failure that goes on after always
}

// level is code being run: the play's, or that of an include.
type level struct {
	blocks []block
	code   []ir.Instr
	next   int  // the index of the instruction behind the one that runs
	more   bool // the include that runs brings another file after this one
}

// exec runs code to its end. It says whether the host has failed.
func (m *Machine) exec(ctx context.Context, code []ir.Instr, prefix ir.Address) (bool, error) {
	lv := &level{code: code}
	m.levels = append(m.levels, lv)
	defer func() { m.levels = m.levels[:len(m.levels)-1] }()
	next := 0 // what stands before was run or passed over
	defer func() { m.passAll(code, next, len(code), prefix) }()
	for pc := 0; pc < len(code) && !m.cut; {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		m.passAll(code, next, pc, prefix)
		in := code[pc]
		addr := m.addressOf(in, pc, prefix)
		pc++
		next, lv.next = pc, pc
		var failed bool
		var err error
		switch in.Op {
		case ir.OpTask:
			failed, err = m.task(ctx, in.Task, addr)
		case ir.OpInclude:
			failed, err = m.include(ctx, in.Task, addr)
		case ir.OpMeta:
			failed, err = m.meta(ctx, in.Task, addr)
		case ir.OpFlush:
			m.noteForced(lv, addr)
			failed, err = m.implicitFlush(ctx, addr)
		case ir.OpRoleDone:
			m.roleDone[in.Task] = m.roleDone[in.Task] || m.roleRan[in.Task]
			m.pastRole = true
		case ir.OpBlock:
			lv.blocks = append(lv.blocks, block{in: in})
		case ir.OpBody, ir.OpRescued:
			m.flushFailed = m.flushFailed && in.Op != ir.OpRescued
			pc = lv.leave()
		case ir.OpAlways:
			b := lv.pop()
			failed, pc = b.failed, b.in.C
		default:
			return false, fmt.Errorf("instruction %d: unknown operation %d", addr, in.Op)
		}
		var end *roleEnd
		if errors.As(err, &end) {
			if to, here := m.toRoleEnd(end, lv, code, pc); here {
				pc, err = to, nil
			}
		}
		if err != nil {
			return false, err
		}
		if failed {
			m.fails(in.Op == ir.OpAlways)
			to, caught := m.carry(lv)
			if !caught {
				return true, nil
			}
			pc = to
		}
	}
	return false, nil
}

func (l *level) pop() block {
	b := l.blocks[len(l.blocks)-1]
	l.blocks = l.blocks[:len(l.blocks)-1]
	return b
}

// leave ends the body or the rescue of the innermost block and returns where to go on.
func (l *level) leave() int {
	b := &l.blocks[len(l.blocks)-1]
	if b.in.B >= 0 {
		b.phase = inAlways
		return b.in.B
	}
	return l.pop().in.C
}

// unwind finds what takes a failure: a rescue, or an always to run before it goes on.
func (m *Machine) unwind(l *level) (pc int, caught bool) {
	for len(l.blocks) > 0 {
		b := &l.blocks[len(l.blocks)-1]
		switch {
		case b.in.Flag && !m.code.Settings.ForceHandlers:
		case b.phase == inBody && b.in.A >= 0:
			b.phase = inRescue
			return b.in.A, true
		case b.phase != inAlways && b.in.B >= 0:
			b.phase, b.failed = inAlways, true
			return b.in.B, true
		}
		l.pop()
	}
	return 0, false
}

// rescuing says whether a failure here and now is taken by a rescue, as Ansible counts it.
// While handlers run, the outermost block does not count in dialect classic, and in newer ones also when it is in its rescue or always.
func (m *Machine) rescuing() bool {
	if b := m.outermost(); b != nil && m.newer && m.flushing && b.in.A >= 0 {
		return true
	}
	for i, l := range m.levels {
		blocks := l.blocks
		if i == 0 && m.flushing && len(blocks) > 0 && !m.newer {
			blocks = innerBlocks(blocks)
		}
		for _, b := range blocks {
			if b.phase == inBody && b.in.A >= 0 {
				return true
			}
		}
	}
	return false
}

// outermost is the outermost block that the host is in, nil for none. Those of force_handlers count where that is set.
func (m *Machine) outermost() *block {
	blocks := m.levels[0].blocks
	for i := range blocks {
		if !blocks[i].in.Flag || m.code.Settings.ForceHandlers {
			return &blocks[i]
		}
	}
	return nil
}

// innerBlocks are the blocks below the outermost one that is written in the playbook.
func innerBlocks(blocks []block) []block {
	for i, b := range blocks {
		if !b.in.Flag {
			return blocks[i+1:]
		}
	}
	return nil
}

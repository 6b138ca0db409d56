package link

import (
	"context"
	"sync"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// ActionCall is one run of an action plugin.
type ActionCall struct {
	// Task is what the machine tells of the task, with what the linker knows of its place.
	Task *value.Dict
	// Work has the host of the task do something, and returns what came of it, and what the plugin has said so far goes
	// with it.
	Work func(ctx context.Context, work, said value.Value) (value.Value, error)
}

// sessions are the action plugins that run now, by number. The zero value is ready.
type sessions struct {
	mu   sync.Mutex
	last int64
	open map[int64]*session
}

// session is an action plugin while it runs. Its machine asks, and is given work or the result; so one of the two always
// waits for the other.
type session struct {
	number int64
	host   string             // whose machine it is
	up     chan *event.Answer // to the machine
	down   chan value.Value   // what came of the work
	ctx    context.Context
	cancel context.CancelFunc
}

func (s *sessions) start(ctx context.Context, host string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[int64]*session{}
	}
	s.last++
	n := &session{number: s.last, host: host, up: make(chan *event.Answer), down: make(chan value.Value)}
	n.ctx, n.cancel = context.WithCancel(ctx)
	s.open[n.number] = n
	return n
}

func (s *sessions) of(number int64) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[number]
}

func (s *sessions) end(n *session) {
	n.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, n.number)
}

// answerAction starts an action plugin, or goes on with one. It does not hold the lock.
func (l *Linker) answerAction(ctx context.Context, s Site, n *event.Need) *event.Answer {
	if l.opt.Python == nil {
		return &event.Answer{Error: eval.ErrNoAnsible.Error()}
	}
	if n.Name != "" {
		a := &event.Answer{}
		about, err := l.opt.Python.LoadAction(ctx, n.Name, saying(a))
		a.Value.V = about
		if err != nil {
			a.Error = err.Error()
		}
		return a
	}
	args, ok := n.Args.V.(*value.Dict)
	if !ok {
		return &event.Answer{Error: "malformed action"}
	}
	number, again := args.GetStr("session")
	if !again {
		return l.startAction(ctx, s, args)
	}
	id, _ := number.(int64)
	run := l.actions.of(id)
	if run == nil || run.host != s.Host {
		return &event.Answer{Error: "the action has ended"}
	}
	if stop, _ := args.GetStr("cancel"); stop == true {
		l.actions.end(run)
		return &event.Answer{Value: ir.Val{V: value.NewDict()}}
	}
	res, _ := args.GetStr("result")
	select {
	case run.down <- res:
	case <-run.ctx.Done():
		return &event.Answer{Error: run.ctx.Err().Error()}
	}
	return run.next(ctx)
}

// startAction starts an action plugin and waits for what it wants first.
func (l *Linker) startAction(ctx context.Context, s Site, args *value.Dict) *event.Answer {
	task, _ := args.GetStr("task")
	about, _ := task.(*value.Dict)
	if about == nil {
		return &event.Answer{Error: "malformed action"}
	}
	l.mu.Lock()
	l.describePlace(s, about)
	l.mu.Unlock()
	run := l.actions.start(ctx, s.Host)
	go func() {
		defer l.actions.end(run)
		c := ActionCall{Task: about, Work: run.work}
		v, err := l.opt.Python.Action(run.ctx, c, &world{l: l, site: s, own: taskVarsOf(args), unlocked: true})
		a := &event.Answer{Value: ir.Val{V: v}}
		if err != nil {
			a = result(nil, err)
		}
		select {
		case run.up <- a:
		case <-run.ctx.Done():
		}
	}()
	return run.next(ctx)
}

// describePlace adds to a task what only its place in the program says. The lock is held.
func (l *Linker) describePlace(s Site, about *value.Dict) {
	lex := l.scope(s)
	about.SetStr("host", s.Host)
	about.SetStr("file", l.tables(s.Play).Tasks[s.Task].Pos.File)
	about.SetStr("search", lex.SearchPath())
	roles := l.tables(s.Play).Roles
	if lex.Role >= 0 && lex.Role < len(roles) {
		r := roles[lex.Role]
		about.SetStr("role", value.DictOf("name", r.Name, "path", r.Path))
	}
}

// next waits for what the plugin wants: work, or to tell its result.
func (s *session) next(ctx context.Context) *event.Answer {
	select {
	case a := <-s.up:
		return a
	case <-s.ctx.Done():
		return &event.Answer{Error: s.ctx.Err().Error()}
	case <-ctx.Done():
		s.cancel()
		return &event.Answer{Error: ctx.Err().Error()}
	}
}

// work hands the machine something to do and waits for what came of it.
func (s *session) work(ctx context.Context, work, said value.Value) (value.Value, error) {
	select {
	case s.up <- &event.Answer{Value: ir.Val{V: value.DictOf("session", s.number, "work", work, "said", said)}}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case v := <-s.down:
		return v, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Package controller drives the hosts of a run: it opens one session per host, hands out batches,
// answers needs, keeps the order that the linear strategy promises, and turns what the agents report
// into events for callbacks.
//
// Vocabulary: a peer is the controller's end of the session with one agent; a round is one task, run
// by the hosts that stand at the same address; the memory is what the controller knows of every host.
//
// Invariants: one goroutine decides (Controller.Run); peers and questions run beside it and only send it
// messages. Nothing that comes from a host is evaluated. The package knows no playbook: what needs the
// program or the inventory goes through a Linker.
package controller

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/callback"
)

// Linker joins the program with the inventory and what has become of the hosts. Its methods are
// called from several goroutines.
type Linker interface {
	// Plays is the number of plays.
	Plays() int
	// Play asks for the play's vars_prompt and evaluates its keywords: its hosts and how they are cut into
	// batches.
	Play(number int) (*Play, error)
	// Batch returns what one host runs of a play. Hosts are those of the batch of serial.
	Batch(number int, host string, hosts []string) (*Shipment, error)
	// Task returns a task of a play by number, also of an extension.
	Task(number, task int) (*ir.Task, *ir.Role)
	// Include compiles the file or role that an include asks for: the same for all of the hosts, in a
	// form for each. What makes the include fail is the extensions' Fault; an error ends the run.
	Include(number, task int, hosts []string, wanted *value.Dict) ([]ir.Extension, error)
	// Answer answers every other need that depends on the program, the inventory or the controller's
	// files. It never returns nil.
	Answer(ctx context.Context, number int, host string, n *event.Need) *event.Answer
}

// Gate says what hosts may ask for and tell. Its methods are called one at a time.
type Gate interface {
	// MayAsk says why a host may not ask a question, nil when it may.
	MayAsk(number int, host string, n *event.Need) error
	// MayTell says why a host may not report an event, nil when it may.
	MayTell(number int, host string, e *event.Event) error
}

// Shipment is a batch and the blobs that are worth sending ahead of it, by SHA-256.
type Shipment struct {
	Batch *ir.Batch
	Blobs map[string][]byte
}

// Play is a play ready to run.
type Play struct {
	ID, Name, Path string
	Batches        [][]string // of hosts, in order; none when no host matches
	Hosts          []string   // the patterns that chose them
	Strategy       string
	CheckMode      bool
	// MaxFail is max_fail_percentage, negative when not given.
	MaxFail float64
	// Debugger says that the task debugger starts after failures, where no keyword says otherwise.
	Debugger bool
	// Order says where hosts wait for each other, unless Free says that they never do and are shown as they come.
	Order Order
	Free  bool
	// Pinned says, of a play that is Free, that no more hosts take part at a time than forks: each from its beginning to its end.
	Pinned bool
}

// Dialer opens the stream to a host's agent. It is called from several goroutines.
type Dialer interface {
	// Dial returns a stream to an agent for the host. An *Unreachable error makes the host unreachable
	// when a task first needs it; any other error ends the run.
	Dial(ctx context.Context, host string) (io.ReadWriteCloser, error)
	// DialTask returns the stream to the agent that a task of a host runs on when that is not the host's
	// own: the target is the host it is delegated to, or the host itself; route holds the variables and
	// keywords about connections that the task has (see ir.RouteVars). Errors are those of Dial.
	DialTask(ctx context.Context, target string, route *value.Dict) (io.ReadWriteCloser, error)
	// Dead returns a stream to an agent that fails every module with the message.
	Dead(host string, why *Unreachable) io.ReadWriteCloser
}

// Unreachable says that a host cannot be reached, in Ansible's words. Failed says that Ansible calls it a
// failure of the task.
type Unreachable struct {
	Msg    string
	Failed bool
}

func (u *Unreachable) Error() string { return u.Msg }

// Options configure a run.
type Options struct {
	Linker   Linker
	Gate     Gate // nil lets everything through that the Linker answers
	Dialer   Dialer
	Callback callback.Callback
	Memory   *Memory
	// Forks bounds how many hosts are connected to at the same time; 0 is no bound.
	Forks int
	// Playbooks are the names of the playbook files, and Starts the number of the first play of each.
	Playbooks []string
	Starts    []int
	// Detached runs every batch inside the controller, modules over connections that are made when one is
	// needed: hosts are restarted in this run.
	Detached bool
	// Tagged says that the dialect is tagged. Newer says that the ansible-core is one that ir.Newer means, as that of tagged is:
	// any_errors_fatal means another thing.
	Tagged, Newer bool
	// TellsRoles says that included roles and empty files are told of and counted as files of tasks are: ansible-core from 2.17 on.
	TellsRoles bool
	// Argv are the options as PlaybookStart shows them at -vvvv; may be nil.
	Argv *value.Dict
	// Step asks whether to run a task (--step), and returns the answer; nil asks nothing. An error ends the run: io.EOF
	// after the recap of what has run.
	Step func(question string) (string, error)
	// Interrupt, once closed, has no task begun any more: those that run come to their end, and the recap is shown. Nil
	// interrupts nothing. The end of the context of Run ends the tasks as well.
	Interrupt <-chan struct{}
	// Live has the callback told what each host does at once, in callback.Doing.
	Live bool
	// Patience is how long a host may give no sign of life, or leave what it is sent unread; 0 is 20 s.
	Patience time.Duration
	// Reserved returns warnings to show when a host begins a task; nil for none.
	Reserved func(play int, host string, task int) []*failure.Failure
	// Retry is called with the hosts that failed, at the end of each playbook; nil for no retry files.
	Retry func(playbook string, hosts []string)
}

// Order says how much of the linear strategy's order is kept.
type Order uint8

const (
	// Barriers waits at those tasks that the batches name: on one host nothing waits.
	Barriers Order = iota
	// Strict waits at every task, also on one host.
	Strict
)

// The exit codes of a run, as ansible-playbook's.
const (
	exitOK          = 0
	exitError       = 1
	exitFailed      = 2
	exitUnreachable = 4
	exitInterrupted = 99
)

// Controller runs one program. Make one with New.
type Controller struct {
	opt         Options
	inbox       chan message
	peers       map[string]*peer
	delegates   map[string]*peer
	failed      map[string]bool
	unreachable map[string]bool
	stats       *stats
	named       map[[2]int]string // the names of tasks by play and number, see nameOf
	mu          sync.Mutex        // guards delegates
	told        bool              // that the user has interrupted the run
}

// New returns a controller that is ready to run.
func New(opt Options) *Controller {
	return &Controller{opt: opt, inbox: make(chan message), peers: map[string]*peer{}, delegates: map[string]*peer{},
		failed: map[string]bool{}, unreachable: map[string]bool{}, stats: newStats(), named: map[[2]int]string{}}
}

// Run runs the plays and returns the exit code. The error is one that ends the run at once; it has
// not been shown yet.
func (c *Controller) Run(ctx context.Context) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer c.close()
	code := exitOK
	for i, name := range c.opt.Playbooks {
		end := c.opt.Linker.Plays()
		if i+1 < len(c.opt.Starts) {
			end = c.opt.Starts[i+1]
		}
		plays := end - c.opt.Starts[i]
		c.emit(callback.PlaybookStart{Path: name, Plays: plays, Options: c.opt.Argv})
		c.emit(callback.Verbose{Level: 2, Text: fmt.Sprintf("%d plays in %s", plays, name)})
		var err error
		code, err = c.plays(ctx, c.opt.Starts[i], end, code)
		if err != nil {
			return c.interrupted(ctx, err)
		}
		c.finishPlaybook(name)
		if code != exitOK {
			break
		}
	}
	return code, nil
}

func (c *Controller) finishPlaybook(name string) {
	if hosts := c.lostHosts(); len(hosts) > 0 && c.opt.Retry != nil {
		c.opt.Retry(name, hosts)
	}
	c.emit(c.stats.event())
}

func (c *Controller) emit(e callback.Event) { c.opt.Callback.Handle(e) }

// plays runs the plays of one playbook.
func (c *Controller) plays(ctx context.Context, from, to, code int) (int, error) {
	for n := from; n < to; n++ {
		p, err := c.opt.Linker.Play(n)
		if err != nil {
			return exitError, err
		}
		start := callback.PlayStart{ID: p.ID, Name: p.Name, Path: p.Path, Hosts: p.Hosts, Strategy: p.Strategy, CheckMode: p.CheckMode}
		if len(p.Batches) == 0 {
			c.emit(start)
			c.emit(callback.NoHostsMatched{})
		}
		stop := false
		for _, hosts := range p.Batches {
			before := len(c.failed) + len(c.unreachable)
			c.emit(start)
			r := newPlayRun(c, n, p, hosts)
			r.warnFreePlay()
			if err := r.run(ctx); err != nil {
				return exitError, err
			}
			if c.interrupting() {
				return exitInterrupted, ErrInterrupted
			}
			code = r.code()
			stop = stop || r.breaks
			if all := len(c.failed)+len(c.unreachable)-before == len(hosts); r.ended || all {
				stop = stop || all && !r.ended
				break
			}
		}
		if stop {
			break
		}
	}
	return code, nil
}

// lost says whether a host takes no part in later plays.
func (c *Controller) lost(host string) bool { return c.failed[host] || c.unreachable[host] }

// close ends all sessions, at the same time: each may wait for its host to have ended what it ran.
func (c *Controller) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all sync.WaitGroup
	for _, list := range []map[string]*peer{c.peers, c.delegates} {
		for _, p := range list {
			all.Go(p.close)
		}
	}
	all.Wait()
}

func (c *Controller) lostHosts() []string {
	var hosts []string
	for h := range c.failed {
		hosts = append(hosts, h)
	}
	for h := range c.unreachable {
		if !c.failed[h] {
			hosts = append(hosts, h)
		}
	}
	sortTexts(hosts)
	return hosts
}

// Crash is what ends a run where Ansible dies of an exception that it does not expect: the exception's words.
type Crash string

// Error implements error, in Ansible's words.
func (c Crash) Error() string { return "Unexpected Exception, this is probably a bug: " + string(c) }

// Fault is an error of the run itself, with the places that dialect tagged shows.
type Fault struct{ Chain *failure.Failure }

// Error implements error, without the places.
func (f *Fault) Error() string { return f.Chain.Brief() }

// errorf is an error of the run itself.
func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }

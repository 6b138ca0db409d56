package controller

import (
	"errors"
	"fmt"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/machine"
)

// What a host says is held to what the program lets it say, before anything is made of it: a host that lies is lost, as one whose
// connection ends, and harms no other. What a task returns is its own.

// maxAsked bounds the questions of a host that have no answer yet: a machine asks one at a time, and a few for what it brings.
const maxAsked = 64

// maxDepth bounds an address: includes within includes.
const maxDepth = 256

// What a host may have shown of one task, and how many tasks it may begin in a play: more than any play has, and an end to what one
// that never ends can do.
const (
	maxMessages = 1 << 16
	maxResults  = 1 << 20 // items, attempts and the like
	maxShown    = 1 << 30 // bytes
	maxBegun    = 1 << 20
)

// shownOf counts what a host has had shown of the task that it began last, and the tasks.
type shownOf struct{ messages, results, bytes, tasks int }

// more counts an event and says whether it is one too many.
func (s *shownOf) more(e *event.Event, size int) error {
	switch e.Kind {
	case event.Started:
		*s = shownOf{tasks: s.tasks + 1}
	case event.Message:
		s.messages++
	default:
		s.results++
	}
	s.bytes += size
	switch {
	case s.tasks > maxBegun:
		return fmt.Errorf("%w: more than %d tasks", errLies, maxBegun)
	case s.messages > maxMessages:
		return fmt.Errorf("%w: more than %d messages of one task", errLies, maxMessages)
	case s.results > maxResults:
		return fmt.Errorf("%w: more than %d results of one task", errLies, maxResults)
	case s.bytes > maxShown:
		return fmt.Errorf("%w: more than %d MB of one task", errLies, maxShown>>20)
	}
	return nil
}

// errLies is wrapped by what a host is lost for when it says what it cannot know or do.
var errLies = errors.New("the host sent what makes no sense")

// check holds an event of a size to the program.
func (r *playRun) check(h *hostRun, e *event.Event, size int) error {
	if err := h.shown.more(e, size); err != nil {
		return err
	}
	if err := r.checkTask(h, e); err != nil {
		return err
	}
	if r.c.opt.Gate != nil && e.Kind != event.Done {
		if err := r.c.opt.Gate.MayTell(r.number, h.name, e); err != nil {
			return fmt.Errorf("%w: %w", errLies, err)
		}
	}
	return nil
}

// checkTask holds an event to the task that it is of.
func (r *playRun) checkTask(h *hostRun, e *event.Event) error {
	switch {
	case e.Kind < event.Started || e.Kind > event.Async, e.Status > event.Unreachable, e.Outcome > event.PlayEnded:
		return fmt.Errorf("%w: an event of kind %d, status %d, outcome %d", errLies, e.Kind, e.Status, e.Outcome)
	case len(e.Addr) > maxDepth:
		return fmt.Errorf("%w: an address of %d parts", errLies, len(e.Addr))
	case e.Kind == event.Message && e.Addr == nil && ends(e):
		return fmt.Errorf("%w: an error of no task", errLies)
	case e.Kind == event.Done || e.Kind == event.Message && e.Addr == nil:
		return nil
	}
	t, _ := r.c.opt.Linker.Task(r.number, e.Task)
	if t == nil {
		return fmt.Errorf("%w: task %d, which the play does not have", errLies, e.Task)
	}
	if e.As != 0 {
		if as, _ := r.c.opt.Linker.Task(r.number, e.As); as == nil {
			return fmt.Errorf("%w: task %d, which the play does not have", errLies, e.As)
		}
	}
	if e.Kind == event.Started {
		if h.begun != nil && e.Addr.Compare(h.begun) <= 0 {
			return fmt.Errorf("%w: it began %v after %v", errLies, e.Addr, h.begun)
		}
		h.begun = e.Addr
	}
	switch {
	case e.Kind == event.Meta && (t.Module != "ansible.builtin.meta" || metaOf(t) != e.Name):
		return fmt.Errorf("%w: meta: %s of another task", errLies, e.Name)
	case e.Flags.DelegateTo != "" && !t.DelegateTo.IsSet():
		return fmt.Errorf("%w: a task that is not delegated to %s", errLies, e.Flags.DelegateTo)
	case e.Flags.DelegateFacts && !t.DelegateFacts.IsSet():
		return fmt.Errorf("%w: facts for %s", errLies, e.Flags.DelegateTo)
	case e.Flags.DelegateFacts:
		return r.checkFacts(h, t, e)
	}
	return nil
}

// checkFacts holds facts for other hosts to those that their task is delegated to.
func (r *playRun) checkFacts(h *hostRun, t *ir.Task, e *event.Event) error {
	if as, _ := r.c.opt.Linker.Task(r.number, e.As); e.As != 0 && as != nil {
		t = as
	}
	written, constant := value.Text(t.DelegateTo.V)
	for name := range machine.Facts(t, e) {
		if name != "" && name != h.name && constant && name != written {
			return fmt.Errorf("%w: facts for %s", errLies, name)
		}
	}
	return nil
}

// ends says whether a message ends the run.
func ends(e *event.Event) bool { return e.Level == "error" || e.Level == "crash" }

func metaOf(t *ir.Task) string {
	d, _ := t.Args.V.(*value.Dict)
	raw, _ := d.GetStr("_raw_params")
	s, _ := value.Text(raw)
	return s
}

// checkNeed holds a question to the program.
func (r *playRun) checkNeed(h *hostRun, n *event.Need) error {
	waits := n.Ask == event.Barrier || n.Ask == event.Fragments && r.together()
	switch {
	case len(n.Addr) > maxDepth || len(n.Passed) > maxDepth:
		return fmt.Errorf("%w: an address of %d parts", errLies, max(len(n.Addr), len(n.Passed)))
	case n.Ask == event.Debug:
		if err := r.checkDebug(h, n); err != nil {
			return err
		}
	case waits && h.state != hostRunning:
		return fmt.Errorf("%w: a second wait", errLies)
	case n.Ask == event.Barrier && !r.together():
		return fmt.Errorf("%w: a wait where nobody waits", errLies)
	case n.Ask == event.Barrier && askOf(n).flush: // which is no task
	case waits || n.Ask == event.Delegate:
		t, _ := r.c.opt.Linker.Task(r.number, n.Task)
		if t == nil {
			return fmt.Errorf("%w: task %d, which the play does not have", errLies, n.Task)
		}
		if n.Ask == event.Delegate {
			if err := delegates(t, h.name, n); err != nil {
				return err
			}
		}
	}
	if r.c.opt.Gate != nil {
		if err := r.c.opt.Gate.MayAsk(r.number, h.name, n); err != nil {
			return fmt.Errorf("%w: %w", errLies, err)
		}
	}
	return nil
}

// delegates says whether a task may have another host do what the need asks for.
func delegates(t *ir.Task, host string, n *event.Need) error {
	args, _ := n.Args.V.(*value.Dict)
	v, _ := args.GetStr("host")
	target, _ := value.Text(v)
	written, constant := value.Text(t.DelegateTo.V)
	switch {
	case target == "" || target == host:
		return nil
	case !t.DelegateTo.IsSet(), constant && written != target:
		return fmt.Errorf("%w: a task that is not delegated to %s", errLies, target)
	}
	return nil
}

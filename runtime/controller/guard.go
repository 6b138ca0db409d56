package controller

import (
	"errors"
	"fmt"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// What a host says is held to what the program lets it say, before anything is made of it: a host that lies is lost, as one whose
// connection ends, and harms no other. What a task returns is its own.

// maxAsked bounds the questions of a host that have no answer yet: a machine asks one at a time, and a few for what it brings.
const maxAsked = 64

// maxDepth bounds an address: includes within includes.
const maxDepth = 256

// errLies is wrapped by what a host is lost for when it says what it cannot know or do.
var errLies = errors.New("the host sent what makes no sense")

// check holds an event to the program.
func (r *playRun) check(h *hostRun, e *event.Event) error {
	switch {
	case e.Kind < event.Started || e.Kind > event.Async, e.Status > event.Unreachable, e.Outcome > event.PlayEnded:
		return fmt.Errorf("%w: an event of kind %d, status %d, outcome %d", errLies, e.Kind, e.Status, e.Outcome)
	case len(e.Addr) > maxDepth:
		return fmt.Errorf("%w: an address of %d parts", errLies, len(e.Addr))
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
	}
	return nil
}

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
	case waits && h.state != hostRunning:
		return fmt.Errorf("%w: a second wait", errLies)
	case n.Ask == event.Barrier && !r.together():
		return fmt.Errorf("%w: a wait where nobody waits", errLies)
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

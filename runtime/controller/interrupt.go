package controller

import (
	"context"
	"errors"

	"pbc/ir/event"
	"pbc/runtime/callback"
)

// ErrInterrupted is what ends a run that the user has interrupted. All of it has been shown.
var ErrInterrupted = errors.New("interrupted")

// interrupting says whether the user has asked for the end of the run.
func (c *Controller) interrupting() bool {
	select {
	case <-c.opt.Interrupt:
		return true
	default:
		return false
	}
}

// tellInterrupted says once that the user has interrupted the run, as Ansible does.
func (c *Controller) tellInterrupted() {
	if !c.told && c.interrupting() {
		c.told = true
		c.emit(callback.ErrorMessage{Text: "User interrupted execution", Wrap: true})
	}
}

// interrupted ends the run for an error, with the recap when it is that somebody wanted its end: by an interrupt, or by
// the end of the context.
//
// pbc: Ansible shows no recap then.
func (c *Controller) interrupted(ctx context.Context, err error) (int, error) {
	if !errors.Is(err, ErrInterrupted) && ctx.Err() == nil {
		return exitError, err
	}
	c.tellInterrupted()
	c.emit(c.stats.event())
	return exitInterrupted, ErrInterrupted
}

// interrupt lets the hosts end the tasks that they run, and begin no more.
func (r *playRun) interrupt() {
	r.interrupted, r.over = true, true
	r.round.pending = nil
	for _, h := range r.hosts {
		switch h.state {
		case hostDone:
		case hostLater:
			h.state = hostDone
		default:
			_ = h.peer.send(event.KindCancel, &struct{}{}) // one that is gone is told so by its reader
		}
	}
	r.dismiss()
	r.c.tellInterrupted()
}

// abandon shows what has been reported and was not its turn yet: nothing more is waited for.
func (r *playRun) abandon() {
	for _, h := range r.hosts {
		h.state = hostDone
	}
	r.round = &round{}
	r.drain(context.Background())
}

// untilInterrupt is a context that ends with an interrupt as well.
func (c *Controller) untilInterrupt(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if c.opt.Interrupt != nil {
		go func() {
			select {
			case <-c.opt.Interrupt:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	return ctx, cancel
}

package main

import (
	"context"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// Task implements controller.Linker.
func (k *linked) Task(play, task int) (*ir.Task, *ir.Role) { return k.l.Task(play, task) }

// Include implements controller.Linker.
func (k *linked) Include(play, task int, hosts []string, wanted *value.Dict) ([]ir.Extension, error) {
	return k.l.Include(play, task, hosts, wanted)
}

// Answer implements controller.Linker.
func (k *linked) Answer(ctx context.Context, play int, host string, n *event.Need) *event.Answer {
	if n.Ask == event.Pause {
		return pause(ctx, n)
	}
	return k.l.Answer(ctx, play, host, n)
}

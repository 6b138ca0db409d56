package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"pbc/compiler"
	"pbc/compiler/effect"
	"pbc/compiler/link"
	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/runtime/controller"
)

// linked adapts the linker to the controller, and asks for vars_prompt.
type linked struct {
	l       *link.Linker
	s       *session
	u       *compiler.Unit
	current *atomic.Int64
	// invalid is why the play that has begun has no strategy, nil mostly.
	invalid error
}

// noPluginName is what ansible-core 2.19 says of a plugin that is named "".
const noPluginName = "A non-empty plugin name is required."

// foreignStrategy is what ansible-core 2.19 says of strategies that are not its own.
const foreignStrategy = "Use of strategy plugins not included in ansible.builtin are deprecated and do not carry any backwards compatibility guarantees. " +
	"No alternative for third party strategy plugins is currently planned."

// Plays implements controller.Linker.
func (k *linked) Plays() int { return k.l.Plays() }

// waits are the orders of the controller; where auto and free differ is said by the batches.
var waits = map[effect.Order]controller.Order{effect.Strict: controller.Strict}

// Play implements controller.Linker.
func (k *linked) Play(n int) (*controller.Play, error) {
	k.current.Store(int64(n))
	if err := k.s.prompts(k.l, n); err != nil {
		return nil, err
	}
	p, err := k.l.Play(n)
	var crash link.Unexpected
	if errors.As(err, &crash) {
		return nil, controller.Crash(crash)
	}
	if err != nil {
		return nil, err
	}
	if lacks := k.u.LacksStrategy(p.Strategy); lacks != "" {
		return nil, fmt.Errorf("unsupported: %s", lacks)
	}
	k.invalid = k.u.Strategyless(n, p.Strategy)
	if p.Strategy == "" && k.s.like.dialect == expr.Tagged {
		k.invalid = controller.Crash(noPluginName)
	}
	order := waits[p.Order]
	if k.s.req.Step {
		order = controller.Strict
	}
	return &controller.Play{ID: fmt.Sprint(n), Name: p.Name, Path: p.Path, Hosts: p.Hosts, Batches: p.Batches, Strategy: p.Strategy, CheckMode: p.CheckMode,
		MaxFail: p.MaxFail, Order: order, Free: link.Free(p.Strategy), Pinned: strings.HasSuffix(p.Strategy, "host_pinned"), Debugger: k.l.Debugs(p.Strategy)}, nil
}

// Batch implements controller.Linker.
func (k *linked) Batch(n int, host string, hosts []string) (*controller.Shipment, error) {
	if k.s.facts != nil && k.s.facts.Err() != nil {
		return nil, k.s.facts.Err()
	}
	if k.invalid != nil { // a play with hosts, whose banner has been shown
		if k.s.like.dialect == expr.Tagged && !errors.As(k.invalid, new(controller.Crash)) {
			k.s.out.Handle(callback.Deprecation{Text: foreignStrategy, Collection: "ansible.builtin"})
		}
		return nil, k.invalid
	}
	b, blobs, err := k.l.Batch(n, host, hosts)
	if err != nil {
		return nil, err
	}
	return &controller.Shipment{Batch: b, Blobs: blobs}, nil
}

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

// reservedNames is what the controller asks for warnings of reserved names; nil for dialect classic, which has none of a task.
func reservedNames(l *link.Linker, d expr.Dialect) func(int, string, int) []*failure.Failure {
	if d != expr.Tagged {
		return nil
	}
	return l.ReservedFor
}

// gateOf holds what hosts ask for to the program, unless PBC_TRUST_HOSTS says that they may ask for anything.
func gateOf(l *link.Linker) controller.Gate {
	if os.Getenv("PBC_TRUST_HOSTS") == "1" {
		return nil
	}
	return l
}

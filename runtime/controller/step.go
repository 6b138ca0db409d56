package controller

import (
	"errors"
	"io"
	"strings"

	"pbc/ir/event"
)

// step asks whether the task that the hosts wait to run is to run, and lets them leave it out when it is not. It says
// whether the task runs. Meta tasks are not asked for.
//
// Observed: scenarios/cli/step.txtar. With strategy free, Ansible hangs when the answer is no.
func (r *playRun) step(hosts []*hostRun) (bool, error) {
	need := hosts[0].need
	t, _ := r.c.opt.Linker.Task(r.number, need.Task)
	if t == nil || t.Module == "ansible.builtin.meta" {
		return true, nil
	}
	kind := "TASK"
	if t.Handler {
		kind = "HANDLER"
	}
	question := "Perform task: " + kind + ": " + r.newTask(&event.Event{Task: need.Task}).RawName + " "
	if r.play.Free {
		question += "on " + hosts[0].name + " "
	}
	answer, err := r.c.opt.Step(question + "(N)o/(y)es/(c)ontinue: ")
	if err != nil {
		r.desert(err)
		return false, err
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		return true, nil
	case "c", "continue":
		r.stepping = false
		return true, nil
	}
	r.round = &round{addr: need.Addr, hosts: hosts}
	for _, h := range hosts {
		r.letGo(h, &event.Answer{Go: event.Skip})
	}
	return false, nil
}

// desert ends the run because nobody answers: with a recap where the strategy catches that.
func (r *playRun) desert(err error) {
	if !errors.Is(err, io.EOF) {
		r.fatal = err
		return
	}
	r.broken, r.c.deserted = true, true
}

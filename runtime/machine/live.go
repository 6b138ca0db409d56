package machine

import (
	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// changesInventory says whether a task may change the inventory while the play runs.
func changesInventory(t *ir.Task) bool {
	switch t.Module {
	case "ansible.builtin.add_host", "ansible.builtin.group_by":
		return true
	case "ansible.builtin.meta":
		what, _ := value.Text(get(asDict(t.Args.V), "_raw_params"))
		return what == "refresh_inventory"
	}
	return false
}

// clearsErrors says whether a task may clear the errors of hosts.
func clearsErrors(t *ir.Task) bool {
	what, _ := value.Text(get(asDict(t.Args.V), "_raw_params"))
	return t.Module == "ansible.builtin.meta" && what == "clear_host_errors"
}

// liveInventory are the magic variables that tell of the inventory.
var liveInventory = map[string]bool{"groups": true, "group_names": true}

// now is what the controller has of the inventory while the task runs, in a play that may change it, or where each task has variables of its own: the names of
// liveInventory, and under "vars" and "play" the variables of the host and of the play. It is asked for once for each task, when it is first
// read. Nil is a play that changes nothing.
func (s *scope) now() *value.Dict {
	if !s.m.live {
		return nil
	}
	if s.fresh == nil {
		a, err := s.m.up.Ask(s.ctx, &event.Need{Ask: event.Variable, Task: s.task})
		if err != nil {
			a = &event.Answer{}
		}
		s.fresh = asDict(a.Value.V)
		if a.Error != "" {
			s.fault = answerError(a)
		}
	}
	return s.fresh
}

// unread is the fault of a file of vars_files that a play of live variables names and cannot have, nil mostly. It ends the run before the task begins.
func (s *scope) unread() error {
	if s.m.code.Settings.LivePlay && s.now() != nil && s.fault != nil {
		return s.fault
	}
	return nil
}

// play are the variables of the play: its vars, vars_prompt and vars_files.
func (s *scope) play() *value.Dict {
	if s.m.code.Settings.LivePlay {
		return asDict(get(s.now(), "play"))
	}
	return s.m.play
}

// inventory are the variables of the host that come from the inventory.
func (s *scope) inventory() *value.Dict {
	if d := s.now(); d != nil {
		return asDict(get(d, "vars"))
	}
	return s.m.inventory
}

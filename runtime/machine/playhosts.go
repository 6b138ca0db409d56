package machine

import (
	"cmp"
	"slices"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// playHosts are the magic variables that tell which hosts the play has: the list that each starts from, and which of
// it are left.
//
// Ansible docs: "Special Variables". Observed: ansible-core 2.14, whose last two are documented nowhere.
var playHosts = map[string]struct {
	from string
	keep func(l *ir.Lost, host string) bool
}{
	"ansible_play_hosts_all": {"ansible_play_hosts_all", func(*ir.Lost, string) bool { return true }},
	"ansible_play_hosts":     {"ansible_play_hosts_all", notRemoved},
	"ansible_play_batch":     {"ansible_play_batch", notRemoved},
	"play_hosts":             {"ansible_play_batch", notRemoved},
	"ansible_current_hosts": {"ansible_play_batch", func(l *ir.Lost, host string) bool {
		return !slices.Contains(l.Failed, host) && !slices.Contains(l.Unreachable, host)
	}},
	"ansible_failed_hosts": {"ansible_play_batch", func(l *ir.Lost, host string) bool { return slices.Contains(l.Failed, host) }},
}

func notRemoved(l *ir.Lost, host string) bool { return !slices.Contains(l.Removed, host) }

// playHosts gives one of these variables as it is while the task runs.
func (s *scope) playHosts(name string) (value.Value, bool) {
	row, ok := playHosts[name]
	if !ok {
		return nil, false
	}
	all, _ := get(s.m.magic, row.from).(*value.List)
	if all == nil {
		return nil, false
	}
	lost := s.lost()
	hosts := s.found(all.V, row.from == "ansible_play_hosts_all")
	if added, ok := get(s.now(), "added").(*value.List); ok && row.from == "ansible_play_hosts_all" {
		hosts = append(slices.Clone(hosts), added.V...)
	}
	out := value.NewList()
	for _, v := range hosts {
		if host, _ := value.Text(v); row.keep(lost, host) {
			out.V = append(out.V, v)
		}
	}
	return out, true
}

// found are those of a list of hosts that meta: refresh_inventory has found again, and also those that it has found besides.
func (s *scope) found(hosts []value.Value, besides bool) []value.Value {
	found, ok := get(s.now(), "found").(*value.List)
	if !ok || besides {
		return cmp.Or(found, &value.List{V: hosts}).V
	}
	return slices.DeleteFunc(slices.Clone(hosts), func(v value.Value) bool {
		return !slices.ContainsFunc(found.V, func(f value.Value) bool { return value.Same(f, v) })
	})
}

// lost are the hosts that the play has lost. Hosts that have waited for the others are told when they are let go; those that run freely
// ask, and one that is alone knows.
func (s *scope) lost() *ir.Lost {
	m := s.m
	batch, _ := get(m.magic, "ansible_play_batch").(*value.List)
	waited := m.waits == ir.WaitAlways || m.waits == ir.WaitAtBarriers && m.barriers[s.task]
	if waited || batch == nil || len(batch.V) < 2 {
		return &m.lost
	}
	if s.gone == nil {
		s.gone = &m.lost
		if a, err := m.up.Ask(s.ctx, &event.Need{Ask: event.PlayHosts, Task: s.task}); err == nil && a.Lost != nil {
			s.gone = a.Lost
		}
	}
	return s.gone
}

// fall notes that the host has failed where nothing rescues it.
func (m *Machine) fall() {
	if m.waits == ir.WaitNever {
		m.lost.Removed = append(slices.Clone(m.lost.Removed), m.host.Name)
	}
}

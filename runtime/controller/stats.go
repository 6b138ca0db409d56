package controller

import (
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/runtime/python"
)

// stats are the numbers of the recap.
type stats struct {
	order []string
	hosts map[string]*callback.HostStats
	extra *value.Dict
}

func newStats() *stats {
	return &stats{hosts: map[string]*callback.HostStats{}, extra: value.NewDict()}
}

func (s *stats) host(name string) *callback.HostStats {
	h := s.hosts[name]
	if h == nil {
		h = &callback.HostStats{Host: name}
		s.hosts[name] = h
		s.order = append(s.order, name)
	}
	return h
}

// count counts a result as Ansible does: an ignored failure is also ok, and an include counts once its files are loaded.
func (s *stats) count(name string, e *event.Event, included bool) {
	if included && e.Status == event.OK {
		return
	}
	h := s.host(name)
	d, _ := e.Result.V.(*value.Dict)
	changed := false
	if v, ok := d.GetStr("changed"); ok {
		changed = v == true
	}
	switch e.Status {
	case event.Failed:
		switch {
		case e.Rescued:
			h.Rescued++
		case e.Flags.IgnoreErrors:
			h.OK++
			h.Ignored++
			if changed {
				h.Changed++
			}
		default:
			h.Failed++
		}
	case event.Unreachable:
		if e.Flags.IgnoreUnreachable {
			h.OK++
			h.Ignored++
		} else {
			h.Unreachable++
		}
	case event.Skipped:
		h.Skipped++
	default:
		h.OK++
		if changed {
			h.Changed++
		}
	}
}

// takeBack takes back what a result was counted as, where the task runs again: a task that was rescued or ignored stays counted as that, and
// one that was not ok takes away another that was.
//
// Observed: ansible-core 2.14 and 2.19.
func (s *stats) takeBack(name string, e *event.Event) {
	h := s.host(name)
	less := func(n *int) { *n = max(*n-1, 0) }
	d, _ := e.Result.V.(*value.Dict)
	if v, ok := d.GetStr("changed"); ok && v == true {
		less(&h.Changed)
	}
	switch e.Status {
	case event.Failed:
		less(&h.Failed)
	case event.Unreachable:
		less(&h.Unreachable)
	case event.Skipped:
		less(&h.Skipped)
	}
	less(&h.OK)
}

// custom keeps what set_stats asks to be shown.
func (s *stats) custom(host string, res *value.Dict) {
	v, _ := res.GetStr("ansible_stats")
	d, ok := v.(*value.Dict)
	if !ok {
		return
	}
	data, _ := d.GetStr("data")
	values, ok := data.(*value.Dict)
	if !ok {
		return
	}
	if per, ok := d.GetStr("per_host"); !ok || per != true {
		host = "_run"
	}
	aggregate, _ := d.GetStr("aggregate")
	of, _ := s.extra.GetStr(host)
	old, ok := of.(*value.Dict)
	if !ok {
		old = value.NewDict()
		s.extra.SetStr(host, old)
	}
	for i, k := range values.K {
		was, there, _ := old.Get(k)
		if there && aggregate == true {
			_ = old.Set(k, combine(was, values.V[i]))
			continue
		}
		_ = old.Set(k, values.V[i])
	}
}

// combine adds two values of the same kind, as set_stats aggregates them. A value of another kind changes nothing.
func combine(a, b value.Value) value.Value {
	switch x := a.(type) {
	case *value.Dict:
		if y, ok := b.(*value.Dict); ok {
			return merge(x, y)
		}
		return a
	case *value.List:
		if y, ok := b.(*value.List); ok {
			return &value.List{V: append(append([]value.Value{}, x.V...), y.V...)}
		}
		return a
	}
	_, aText := value.Text(a)
	_, bText := value.Text(b)
	_, bBool := b.(bool)
	if aText != bText || value.TypeName(a) != value.TypeName(b) && !(value.TypeName(a) == "int" && bBool) {
		return a
	}
	if sum, err := python.Add(a, b); err == nil {
		return sum
	}
	return a
}

// merge is a with the values of b, dictionaries inside merged too.
func merge(a, b *value.Dict) *value.Dict {
	out := a.Copy()
	for i, k := range b.K {
		was, there, _ := out.Get(k)
		x, ok := was.(*value.Dict)
		if y, both := b.V[i].(*value.Dict); there && ok && both {
			_ = out.Set(k, merge(x, y))
			continue
		}
		_ = out.Set(k, b.V[i])
	}
	return out
}

func (s *stats) event() callback.Stats {
	e := callback.Stats{Custom: s.extra}
	for _, name := range s.order {
		e.Hosts = append(e.Hosts, *s.hosts[name])
	}
	return e
}

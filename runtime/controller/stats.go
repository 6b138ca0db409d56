package controller

import (
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/callback"
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

// combine adds two values of the same kind, as set_stats aggregates them.
func combine(a, b value.Value) value.Value {
	switch x := a.(type) {
	case *value.Dict:
		if y, ok := b.(*value.Dict); ok {
			out := x.Copy()
			out.Update(y)
			return out
		}
	case int64:
		if y, ok := b.(int64); ok {
			return x + y
		}
	case *value.List:
		if y, ok := b.(*value.List); ok {
			return &value.List{V: append(append([]value.Value{}, x.V...), y.V...)}
		}
	}
	if x, ok := value.Text(a); ok {
		if y, ok := value.Text(b); ok {
			return x + y
		}
	}
	return b
}

func (s *stats) event() callback.Stats {
	e := callback.Stats{Custom: s.extra}
	for _, name := range s.order {
		e.Hosts = append(e.Hosts, *s.hosts[name])
	}
	return e
}

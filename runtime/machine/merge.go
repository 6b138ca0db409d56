package machine

import "pbc/ir/value"

// merged looks a variable up as hash_behaviour=merge has it: dictionaries of one name are combined over all the levels that have one,
// down to the first that has something else. The levels are those of sent; within the variables of a task and the blocks around it
// the innermost counts alone.
//
// Observed: scenarios/settings/hash_merge.txtar.
func (s *scope) merged(name string) (value.Value, bool) {
	var all []*value.Dict
	for _, level := range s.levels() {
		v, ok := level(name)
		if !ok {
			continue
		}
		d, isDict := v.(*value.Dict)
		if !isDict && all == nil {
			return v, true
		}
		if !isDict {
			break
		}
		all = append(all, d)
	}
	if all == nil {
		return nil, false
	}
	return value.MergeAll(all), true
}

// levels are the places where a variable may be, the highest precedence first.
func (s *scope) levels() []func(string) (value.Value, bool) {
	m := s.m
	out := []func(string) (value.Value, bool){m.extra.GetStr}
	for i := len(m.includes) - 1; i >= 0; i-- {
		out = append(out, m.includes[i].GetStr)
	}
	layers := func(list []int) {
		for _, l := range list {
			out = append(out, m.layers[l].GetStr)
		}
	}
	layers(s.lex.IncludeParams)
	layers(s.lex.RoleParams)
	if !s.hostless {
		out = append(out, m.host.Set.GetStr, m.host.Included.GetStr)
	}
	out = append(out, func(name string) (value.Value, bool) { return s.layered(name, s.lex.Task) })
	layers(s.lex.RoleVars)
	for i := len(m.code.PlayRoleVars) - 1; i >= 0; i-- {
		out = append(out, m.layers[m.code.PlayRoleVars[i]].GetStr)
	}
	out = append(out, s.play().GetStr)
	if !s.hostless {
		out = append(out, s.fact, s.inventory().GetStr)
	}
	layers(s.lex.RoleDefaults)
	for i := len(m.code.PlayDefaults) - 1; i >= 0; i-- {
		out = append(out, m.layers[m.code.PlayDefaults[i]].GetStr)
	}
	return out
}

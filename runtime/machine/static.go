package machine

import (
	"strings"

	"pbc/ir/value"
)

// Static implements eval.StaticVars: it says whether a variable holds no template, so that the
// evaluator need not walk it at every use. What was found of a list or dictionary is remembered: stored
// values are not changed.
func (s *scope) Static(name string) bool {
	v, ok := s.Lookup(name)
	return ok && s.m.static(v)
}

// maxRemembered bounds how many lists and dictionaries are remembered as static or not.
const maxRemembered = 10000

func (m *Machine) static(v value.Value) bool {
	switch x := v.(type) {
	case string:
		return !strings.Contains(x, "{{") && !strings.Contains(x, "{%") && !strings.Contains(x, "{#")
	case *value.Str:
		return x.Unsafe || m.static(x.S)
	case nil, bool, int64, float64, []byte:
		return true
	case *value.List:
		return m.remembered(x, func() bool { return m.allStatic(x.V) })
	case *value.Dict:
		return m.remembered(x, func() bool { return m.allStatic(x.V) })
	}
	return false
}

func (m *Machine) allStatic(list []value.Value) bool {
	for _, e := range list {
		if !m.static(e) {
			return false
		}
	}
	return true
}

// remembered answers from what was found before, else finds out.
func (m *Machine) remembered(key any, find func() bool) bool {
	if is, ok := m.statics[key]; ok {
		return is
	}
	is := find()
	if len(m.statics) < maxRemembered {
		m.statics[key] = is
	}
	return is
}

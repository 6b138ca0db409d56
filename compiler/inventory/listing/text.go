package listing

import (
	"fmt"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/pyyaml"
)

// JSON is what an inventory script prints, with keys sorted. Where keys cannot be sorted they are in their own order,
// and the error tells; the text is good all the same. With textKeys they are text before they are sorted, as in dialect tagged.
func JSON(v value.Value, textKeys bool) (string, error) {
	v = marked(v)
	text, err := value.JSON(v, value.JSONOptions{Indent: 4, SortKeys: true, TextKeys: textKeys})
	if err == nil {
		return text, nil
	}
	text, second := value.JSON(v, value.JSONOptions{Indent: 4})
	if second != nil {
		return "", second
	}
	return text, fmt.Errorf("Could not sort JSON output due to issues while sorting keys: %w", err)
}

// PlainJSON is JSON without marks of what is unsafe, in dialect tagged.
func PlainJSON(v value.Value) (string, error) {
	return value.JSON(mapped(v, func(s *value.Str) value.Value { return s.S }), value.JSONOptions{Indent: 4, SortKeys: true, TextKeys: true})
}

// marked has text that is unsafe in the form in which Ansible's JSON keeps the mark.
func marked(v value.Value) value.Value {
	return mapped(v, func(s *value.Str) value.Value {
		if s.Unsafe {
			return value.DictOf("__ansible_unsafe", s.S)
		}
		return s
	})
}

// mapped is a copy of v with f applied to its texts; templates are their source.
func mapped(v value.Value, f func(*value.Str) value.Value) value.Value {
	return mapping{f, map[value.Value]value.Value{}}.of(v)
}

// mapping keeps lists and dictionaries that stand in several places the same: YAML writes them once.
type mapping struct {
	text func(*value.Str) value.Value
	done map[value.Value]value.Value
}

func (m mapping) of(v value.Value) value.Value {
	switch x := v.(type) {
	case *value.Tmpl:
		return m.text(&value.Str{S: x.Src})
	case *value.Str:
		return m.text(x)
	case string:
		return m.text(&value.Str{S: x})
	case *value.List:
		if m.done[x] == nil {
			out := &value.List{}
			for _, e := range x.V {
				out.V = append(out.V, m.of(e))
			}
			m.done[x] = out
		}
		return m.done[x]
	case *value.Dict:
		if m.done[x] == nil {
			out := value.NewDict()
			for i, k := range x.K {
				_ = out.Set(k, m.of(x.V[i]))
			}
			m.done[x] = out
		}
		return m.done[x]
	}
	return v
}

// YAML is v as PyYAML writes it for Ansible.
func YAML(v value.Value) (string, error) {
	text, err := pyyaml.Dump(mapped(v, func(s *value.Str) value.Value { return s.S }), pyyaml.Options{Sort: true, Flow: pyyaml.FlowNever})
	return strings.TrimSuffix(text, "\n") + "\n", err
}

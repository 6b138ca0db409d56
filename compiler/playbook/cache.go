package playbook

import (
	"sort"
	"strconv"
	"strings"

	"pbc/compiler/yaml"
)

// cachedRole is a role that a play has loaded, by what it was asked for with.
type cachedRole struct {
	key  string
	role *Role
}

// roleKey tells apart the uses of a role that Ansible tells apart: parameters, conditions, tags, files, vars and
// whether an include asked. As in Ansible the order and number of items in lists do not matter.
func roleKey(parts map[string]string) string {
	names := make([]string, 0, len(parts))
	for n := range parts {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, n := range names {
		b.WriteString(strconv.Quote(n) + ":" + parts[n] + ";")
	}
	return b.String()
}

// nodeKey is a text that is equal for nodes whose hash_params Ansible finds equal.
func nodeKey(n *yaml.Node) string {
	switch {
	case n == nil:
		return "{}"
	case n.Kind == yaml.Scalar:
		return "{" + scalarKey(n) + "}"
	case n.Kind == yaml.Map:
		m := mapOf(n)
		return mapKey(&m)
	}
	flat := true
	for _, e := range n.Items {
		flat = flat && e.Kind == yaml.Scalar
	}
	set := map[string]bool{}
	for _, e := range n.Items {
		if flat {
			set[scalarKey(e)] = true
		} else {
			set[nodeKey(e)] = true
		}
	}
	return setKey(set)
}

func mapKey(m *Map) string {
	flat := true
	for _, e := range m.Entries {
		flat = flat && e.Value.Kind == yaml.Scalar
	}
	set := map[string]bool{}
	for _, e := range m.Entries {
		if flat {
			set[strconv.Quote(e.Name)+"="+scalarKey(e.Value)] = true
		} else {
			set[strconv.Quote(e.Name)+"="+nodeKey(e.Value)] = true
		}
	}
	return setKey(set)
}

func setKey(set map[string]bool) string {
	keys := make([]string, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return "{" + strings.Join(keys, ",") + "}"
}

// scalarKey is equal for scalars that Python holds equal.
func scalarKey(n *yaml.Node) string {
	switch x := n.Value.(type) {
	case bool:
		if x {
			return "1"
		}
		return "0"
	case float64:
		if x == float64(int64(x)) {
			return strconv.FormatInt(int64(x), 10)
		}
	}
	return repr(n)
}

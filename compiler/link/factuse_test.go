package link

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pbc/compiler/jinja"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

func newFactNames() *names {
	n := newNames()
	n.facts = &factUse{names: map[string]bool{}}
	return n
}

func factsSeen(n *names) string {
	if n.facts.all || n.all {
		return "all"
	}
	return strings.Join(slices.Sorted(maps.Keys(n.facts.names)), " ")
}

func TestFactsOfExpressions(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"none", "{{ x.y + 1 }}", ""},
		{"by its own name", "{{ ansible_os_family }}", "os_family"},
		{"as an attribute", "{{ ansible_facts.os_family }}", "os_family"},
		{"as an item", "{{ ansible_facts['default_ipv4']['address'] }}", "default_ipv4"},
		{"several", "{% if ansible_fqdn %}{{ ansible_facts.user_id | upper }}{% endif %}", "fqdn user_id"},
		{"through vars", "{{ vars['ansible_system'] }}", "system"},
		{"through lookup", "{{ lookup('vars', 'ansible_system') }}", "system"},
		{"of other tools", "{{ facter_os }} {{ ansible_facts.ohai_x }}", "facter_os ohai_x"},
		{"whole", "{{ ansible_facts | to_json }}", "all"},
		{"a method", "{{ ansible_facts.keys() }}", "all"},
		{"method get", "{{ ansible_facts.get('x') }}", "all"},
		{"an item of a computed name", "{{ ansible_facts[x] }}", "all"},
		{"a test of what is there", "{{ 'x' in ansible_facts }}", "all"},
		{"one and the whole", "{{ ansible_facts.x }} {{ ansible_facts }}", "all"},
		{"within a loop", "{% for k in ansible_facts %}{{ k }}{% endfor %}", "all"},
		{"as an argument", "{{ x | default(ansible_facts) }}", "all"},
		{"vars by a computed name", "{{ vars[x] }}", "all"},
		{"hostvars", "{{ hostvars['b'].x }}", "all"},
		{"lookup of a computed name", "{{ lookup('vars', x) }}", "all"},
		{"names of variables", "{{ lookup('varnames', '^ansible_') }}", "all"},
		{"a template's template", "{% include 'other.j2' %}", "all"},
		{"a filter that pbc has not", "{{ x | community.mine.of_my_own }}", "all"},
		{"a lookup that may see variables", "{{ lookup('my_own', 1) }}", "all"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newFactNames()
			n.value(tmpl(c.text))
			if got := factsSeen(n); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestFactsOfTasks(t *testing.T) {
	for _, c := range []struct {
		name string
		task ir.Task
		want string
	}{
		{"a command", ir.Task{Module: "ansible.builtin.command"}, ""},
		{"a package", ir.Task{Module: "ansible.builtin.package"}, "pkg_mgr service_mgr"},
		{"a file of variables", ir.Task{Module: "ansible.builtin.include_vars"}, "all"},
		{"a new group", ir.Task{Module: "ansible.builtin.group_by"}, "all"},
		{"an include", ir.Task{Module: "ansible.builtin.include_tasks", Include: &ir.Include{}}, "all"},
		{"a template of a computed name", ir.Task{Module: "ansible.builtin.template"}, "all"},
		{"a template that was not read", ir.Task{Module: "ansible.builtin.template", Files: []ir.File{{Kind: "templates"}}}, "all"},
		{"a template", ir.Task{Module: "ansible.builtin.template", Files: []ir.File{{Kind: "templates",
			Tmpl: ir.Val{V: tmpl("{{ ansible_fqdn }}")}}}}, "fqdn"},
		{"a refreshed inventory", ir.Task{Module: "ansible.builtin.meta",
			Args: ir.Val{V: value.DictOf("_raw_params", "refresh_inventory")}}, "all"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newFactNames()
			n.task(&c.task)
			n.facts.task(&c.task)
			if got := factsSeen(n); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestFactsOfConditionNames shows conditions that are a name: the text of a variable may be a condition.
func TestFactsOfConditionNames(t *testing.T) {
	layer := value.DictOf("text", "ansible_x == 1", "flag", true)
	for name, want := range map[string]bool{"text": true, "flag": false, "registered": false, "text == 'x'": false} {
		t.Run(name, func(t *testing.T) {
			n := newFactNames()
			n.value(jinja.Defaults(expr.Classic).Condition(name))
			for _, c := range n.conditions {
				n.facts.conditionName(c, []*value.Dict{nil, layer})
			}
			if n.facts.all != want {
				t.Errorf("all is %v, want %v", n.facts.all, want)
			}
		})
	}
}

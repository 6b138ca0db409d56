package link

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/compiler/jinja"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// tmpl is a text as playbooks hold it: parsed where it is a template.
func tmpl(s string) value.Value { return jinja.Defaults(expr.Classic).Value(s) }

func TestNamesClose(t *testing.T) {
	low := value.DictOf("a", tmpl("{{ b }}"), "b", tmpl("{{ c }}"), "c", "end", "secret", "s", "self", tmpl("{{ self }}"),
		"nested", value.NewList(value.DictOf("k", tmpl("{{ c }}"))), "any", tmpl("{{ vars[c] }}"))
	high := value.DictOf("b", tmpl("{{ d }}"), "d", "other")
	for _, c := range []struct {
		name, reads, want string
		all               bool
	}{
		{name: "nothing"},
		{name: "constant", reads: "c", want: "c"},
		{name: "through every layer, whichever wins", reads: "a", want: "a b c d"},
		{name: "within lists and dictionaries", reads: "nested", want: "c nested"},
		{name: "itself", reads: "self", want: "self"},
		{name: "unknown", reads: "nowhere", want: "nowhere"},
		{name: "names built while running", reads: "any", want: "any c vars", all: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNames().with(strings.Fields(c.reads))
			n.close([]*value.Dict{high, nil, low})
			if d := cmp.Diff(c.want, strings.Join(n.sorted(), " ")); d != "" {
				t.Error(d)
			}
			if n.all != c.all {
				t.Errorf("all is %v, want %v", n.all, c.all)
			}
			_, sent := n.prune(low).GetStr("secret")
			if sent != c.all {
				t.Errorf("the secret nobody reads: sent is %v, want %v", sent, c.all)
			}
		})
	}
}

func TestReadsOfATask(t *testing.T) {
	v := func(s string) ir.Val { return ir.Val{V: tmpl(s)} }
	cond := func(s string) []ir.Val { return []ir.Val{{V: jinja.Defaults(expr.Classic).Condition(s)}} }
	for _, c := range []struct {
		name string
		task ir.Task
		want string
	}{
		{"arguments", ir.Task{Args: ir.Val{V: value.DictOf("x", tmpl("{{ p.q + r[s] }}"))}}, "p r s"},
		{"condition", ir.Task{When: cond("p is defined and q")}, "p q"},
		{"loop and its variable", ir.Task{Loop: &ir.Loop{Items: v("{{ p }}"), Var: v("mine")}}, "item mine p"},
		{"keywords", ir.Task{Name: v("{{ a }}"), DelegateTo: v("{{ b }}"), Become: ir.Become{User: v("{{ c }}")}}, "a b c"},
		{"environment", ir.Task{Environment: []ir.Val{v("{{ p }}")}}, "p"},
		{"arguments parsed ahead", ir.Task{Exprs: ir.Vals{"x": v("{{ p }}")}}, "p"},
		{"file", ir.Task{Files: []ir.File{{Tmpl: v("{% for e in p %}{{ e }}{{ q }}{% endfor %}")}}}, "p q"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNames()
			n.task(&c.task)
			for _, want := range strings.Fields(c.want) {
				if !n.set[want] {
					t.Errorf("%s is not among %v", want, n.sorted())
				}
			}
			if n.set["unread"] || n.all {
				t.Errorf("got everything: %v", n.sorted())
			}
		})
	}
}

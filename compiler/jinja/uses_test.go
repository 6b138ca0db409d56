package jinja

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir/expr"
)

func TestUses(t *testing.T) {
	for _, c := range []struct {
		src  string
		want expr.Uses
	}{
		{"{{ a.b[c] | default(d, e=f) is x(g) }}", expr.Uses{Names: []string{"a", "c", "d", "f", "g"}, Filters: []string{"default"}, Tests: []string{"x"}}},
		{"{% for i in l if i > m %}{{ i }}{{ loop.index }}{% endfor %}{{ i }}", expr.Uses{Names: []string{"l", "m", "i"}}},
		{"{% set x = x + 1 %}{{ x }}", expr.Uses{Names: []string{"x"}}},
		{"{% set y = 1 %}{{ y }}", expr.Uses{}},
		{"{% if a %}{% set y = 1 %}{% endif %}{{ y }}", expr.Uses{Names: []string{"a", "y"}}},
		{"{% macro m(p, q=r) %}{{ p }}{{ varargs }}{{ s }}{% endmacro %}{{ m(1) }}", expr.Uses{Names: []string{"r", "s"}}},
		{"{{ vars['a'] }}{{ hostvars[h].x }}", expr.Uses{Names: []string{"a", "hostvars", "h"}, HostVars: true}},
		{"{{ vars[a] }}", expr.Uses{Names: []string{"vars", "a"}, Dynamic: true}},
		{"{{ lookup('vars', 'a') }}{{ q('env', b) }}", expr.Uses{Names: []string{"a", "lookup", "q", "b"}, Lookups: []string{"vars", "env"}, Volatile: true}},
		{"{{ l | map('f', x) | selectattr('k', 't') }}", expr.Uses{Names: []string{"l", "x"}, Filters: []string{"selectattr", "map", "f"}, Tests: []string{"t"}}},
		{"{% include 'a.j2' %}{% from 'b.j2' import c as d %}{{ d }}", expr.Uses{Includes: []string{"a.j2", "b.j2"}, Dynamic: true}},
	} {
		t.Run(c.src, func(t *testing.T) {
			got := expr.UsesOf(Template(c.src, Defaults(expr.Classic)).Root)
			if d := cmp.Diff(&c.want, got); d != "" {
				t.Fatal(d)
			}
		})
	}
}

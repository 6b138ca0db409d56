package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"pbc/compiler/jinja"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

const (
	tooLarge = "the result is too large"
	tooDeep  = "maximum recursion depth exceeded"
	// twice makes a list of 2**40 paths: each holds the one before twice.
	twice = "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}"
	// self makes a list and a dictionary that hold themselves.
	self = "{% set x = [] %}{% set _ = x.append(x) %}{% set d = {} %}{% set _ = d.update(d=d) %}"
)

// TestBounds: whatever a template asks for, the evaluation ends, with an error or without, and the process lives.
func TestBounds(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"{{ range(10**9) | list }}", tooLarge},
		{"{{ range(10**18) | sum }}", tooLarge},
		{"{% for i in range(10**9) %}x{% endfor %}", tooLarge},
		{"{{ 'x' * 10**12 }}", tooLarge},
		{"{{ 10**10 * 'x' }}", tooLarge},
		{"{{ range(10**12) | sort | length }}", tooLarge},
		{"{{ range(-2**63, 2**63 - 1) | list }}", tooLarge},
		{"{{ range(0, 2**63 - 1, 2**62) | length }}", ""},
		{"{{ (5).to_bytes(10**10) }}", tooLarge},
		{"{{ 'x'.ljust(10**12) }}", tooLarge},
		{"{{ '{:{w}}'.format(1, w=10**9) }}", "Too many decimal digits"},
		{"{{ ('9999-12-31 00:00:00' | to_datetime) + (('2024-01-01 00:00:00' | to_datetime) - ('2000-01-01 00:00:00' | to_datetime)) }}", "date value out of range"},
		{"{{ (('2024-01-01 00:00:00' | to_datetime) - ('2000-01-01 00:00:00' | to_datetime)) * 10**30 }}", "out of range"},
		{"{% macro m(n) %}{{ m(n + 1) ~ m(n + 1) }}{% endmacro %}{{ m(0) }}", tooDeep},
		{"{{ [1] * 10**12 }}", tooLarge},
		{"{{ (10**5000) ** 5000 }}", tooLarge},
		{"{{ -2 ** 100000000 }}", tooLarge},
		{"{{ (10 ** 100000) ~ '' }}", "Exceeds the limit (4300 digits) for integer string conversion"},
		{"{{ '%1000000000d' % 1 }}", "width too big"},
		{"{{ '%.1000000000f' % 1.0 }}", "width too big"},
		{"{{ '%*d' % (10**9, 1) }}", tooLarge},
		{"{{ '{:1000000000}'.format(1) }}", "Too many decimal digits in format string"},
		{"{{ 'x'.center(10**12) }}", tooLarge},
		{"{{ 'x'.zfill(10**12) }}", tooLarge},
		{"{{ 'x' | center(10**12) }}", tooLarge},
		{"{{ 'x' | indent(10**12) }}", tooLarge},
		{"{{ '\t'.expandtabs(10**12) }}", tooLarge},
		{"{{ ('a' * 10**6).replace('a', 'b' * 10**6) }}", tooLarge},
		{"{{ ('x' * 10**6).join(range(1000) | map('string')) }}", tooLarge},
		{"{{ range(10**4) | product(range(10**4), range(10**4)) | list }}", tooLarge},
		{"{{ [1] | batch(10**9, 1) | list }}", tooLarge},
		{"{{ [1] | slice(10**9) | list }}", tooLarge},
		{"{{ [1] | zip_longest(range(10**9)) | list }}", tooLarge},
		{"{{ lipsum(10**9) }}", tooLarge},
		{"{{ 'a' | password_hash('sha512', 'salt', rounds=999999999) }}", "would take too long"},
		{"{% set ns = namespace(n=2) %}{% for i in range(40) %}{% set ns.n = ns.n * ns.n %}{% endfor %}", tooLarge},
		{"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", tooDeep},
		{"{% macro a(x) %}{{ b(x) }}{% endmacro %}{% macro b(x) %}{{ a(x) }}{% endmacro %}{{ a(1) }}", tooDeep},
		{"{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", tooDeep},
		{self + "{{ x }}", tooDeep},
		{self + "{{ d }}", tooDeep},
		{self + "{{ x | to_json }}", tooDeep},
		{self + "{{ d | to_nice_json }}", tooDeep},
		{self + "{{ x | to_yaml }}", ""},
		{self + "{{ x | flatten }}", tooDeep},
		{self + "{{ x | pprint }}", tooDeep},
		{self + "{{ x | sort }}", tooDeep},
		{self + "{{ d | combine(d, recursive=true) }}", tooDeep},
		{self + "{{ x | string }} {{ d ~ '' }}", ""},
		{self + "{{ x == [x] }} {{ d == {'d': d} }}", ""},
		{"{% set x = [] %}{% set y = [] %}{% set _ = x.append(y) %}{% set _ = y.append(x) %}{{ x == y }}", tooDeep},
		{"{% set ns = namespace() %}{% set ns.x = ns %}{{ ns ~ '' }}", ""},
		{"{% set ns = namespace(l=(1,)) %}{% for i in range(40) %}{% set ns.l = (ns.l, ns.l) %}{% endfor %}{{ {ns.l: 1} }}", "too large"},
		{twice + "{{ ns.l | to_yaml | length }}", ""},
		{"{% set ns = namespace(l=[1]) %}{% for i in range(5000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}", tooDeep},
		{"{% set ns = namespace(l=[1]) %}{% for i in range(5000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l ~ '' }}", tooDeep},
		{"{{ '" + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + "' | from_json }}", tooDeep},
		{"{{ " + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + " }}", tooDeep},
	} {
		for _, d := range []eval.Dialect{eval.Classic, eval.Tagged} {
			t.Run(fmt.Sprintf("%s/%d", c.src[:min(len(c.src), 80)], d), func(t *testing.T) {
				opt := jinja.Defaults(d)
				e := eval.New(eval.Config{Dialect: d, Vars: vars{value.NewDict()}, Outside: outside{opt: opt}})
				_, err := e.Value(jinja.Template(c.src, opt))
				if err == nil && c.want != "" || err != nil && (c.want == "" || !strings.Contains(err.Error(), c.want)) {
					t.Errorf("got error %v, want %q", err, c.want)
				}
			})
		}
	}
}

// FuzzBounds evaluates expressions over values that hold themselves.
func FuzzBounds(f *testing.F) {
	for _, s := range []string{"x | unique", "x in x", "d.d.d | dict2items", "x | map('list') | list", "x | zip(x)", "ns.l | flatten | length", "(x, d) | string"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, src string) {
		if strings.Count(src, "*") > 1 || len(src) > 60 {
			return // products within the bounds take their time
		}
		opt := jinja.Defaults(eval.Classic)
		e := eval.New(eval.Config{Vars: vars{value.NewDict()}, Outside: outside{opt: opt}})
		v, err := e.Value(jinja.Template(self+"{{ "+src+" }}", opt))
		if err == nil {
			_, _ = value.ToStr(v)
		}
	})
}

package eval_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"pbc/compiler/jinja"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

func TestProbe(t *testing.T) {
	deep := strings.Repeat("[", 3000) + strings.Repeat("]", 3000)
	for _, src := range []string{
		"{{ range(10**6) | batch(10**9, 1) | list }}", "{{ [1] | slice(10**9) | list | length }}", "{{ [1] | zip_longest(range(10**9)) | list }}", "{{ [[1]*1000]*1000 | flatten }}",
		"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% macro a(x) %}{{ b(x) }}{% endmacro %}{% macro b(x) %}{{ a(x) }}{% endmacro %}{{ a(1) }}", "{% for x in [[[[1]]]] recursive %}{{ loop([[[1]]]) }}{% endfor %}", "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
		"{% set x = [] %}{% set _ = x.append(x) %}{{ x }}", "{% set x = [] %}{% set _ = x.append(x) %}{{ x | to_json }}", "{% set x = [] %}{% set _ = x.append(x) %}{{ x | to_yaml }}", "{% set x = [] %}{% set _ = x.append(x) %}{{ x | flatten }}", "{% set x = [] %}{% set _ = x.append(x) %}{{ x == x }}", "{% set x = [] %}{% set y = [] %}{% set _ = x.append(y) %}{% set _ = y.append(x) %}{{ x == y }}", "{% set x = [] %}{% set _ = x.append(x) %}{{ x | pprint }}", "{% set x = [] %}{% set _ = x.append(x) %}{{ x | sort }}", "{% set x = {} %}{% set _ = x.update({'a': x}) %}{{ x | combine(x, recursive=true) }}", "{% set x = {} %}{% set y = {} %}{% set _ = x.update({'a': x}) %}{% set _ = y.update({'a': y}) %}{{ x | combine(y, recursive=true) }}", "{% set x = {} %}{% set _ = x.update({'a': x}) %}{{ x }}", "{% set x = [] %}{% set _ = x.append(x) %}{{ x | to_nice_json }}", "{% set x = [] %}{% set _ = x.append(x) %}{{ x | string | length }}", "{% set x = [] %}{% set _ = x.append(x) %}{{ x | list | unique }}",
		"{{ '" + strings.Repeat("a", 40) + "b' | regex_search('(a+)+$') }}", "{{ " + deep + " }}", "{{ '" + deep + "' | from_json }}", "{{ '" + deep + "' }}",
		"{% set x = ['a' * 10**6] %}{% for i in range(30) %}{% set _ = x.append(x[-1] * 2) %}{% endfor %}", "{% set ns = namespace(s='x' * 1000) %}{% for i in range(40) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = ns.l + ns.l %}{% endfor %}", "{% set ns = namespace(n=2) %}{% for i in range(40) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
		"{% for i in range(10**4) %}{% for j in range(10**4) %}{% for k in range(10**4) %}{% set x = 1 %}{% endfor %}{% endfor %}{% endfor %}", "{{ (1).__class__ }}", "{{ lipsum(10**9) }}", "{{ 'a' | password_hash('sha512', 'salt', rounds=999999999) }}", "{{ ('(' * 5000) | regex_escape | length }}", "{{ 'x' | regex_search('(' * 5000 + ')' * 5000) }}", "{{ 'a' | regex_search('a{1000}{1000}{1000}') }}", "{{ 'a' | regex_search('(((a{500}){500}){500})') }}", "{{ ('9' * 10**6) | int }}", "{{ 10 ** 100000 }}", "{{ ('9' * 5000) | int }}", "{{ 1e308 * 10 | int }}", "{{ '{' * 5000 | from_yaml }}", "{{ '%s' % ('a' * 10**6,) * 1000 }}", "{{ range(10**7) | map('string') | list | length }}", "{{ range(0, 10**9, 1) | random(seed=1) }}", "{{ range(10**9) | random(seed=1) }}", "{{ range(10**9) | length }}", "{{ 5 in range(10**18) }}", "{{ range(10**9) | first }}", "{{ range(10**9) | max }}",
	} {
		for _, d := range []eval.Dialect{eval.Classic, eval.Tagged} {
			opt := jinja.Defaults(d)
			e := eval.New(eval.Config{Dialect: d, Vars: vars{value.NewDict()}, Outside: outside{opt: opt}})
			var m0, m1 runtime.MemStats
			runtime.ReadMemStats(&m0)
			start := time.Now()
			v, err := e.Value(jinja.Template(src, opt))
			s := ""
			if err == nil {
				s, err = value.ToStr(v)
			}
			took := time.Since(start)
			runtime.ReadMemStats(&m1)
			msg := fmt.Sprint(err)
			if len(msg) > 150 {
				msg = msg[:150] + "…"
			}
			if len(s) > 40 {
				s = s[:40] + "…"
			}
			if len(src) > 90 {
				src = src[:90] + "…"
			}
			fmt.Printf("%d %6dms %6dMB %-70s => %q %s\n", d, took.Milliseconds(), (m1.TotalAlloc-m0.TotalAlloc)>>20, src, s, msg)
		}
	}
}

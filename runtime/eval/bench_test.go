package eval_test

import (
	"testing"

	"pbc/compiler/jinja"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// static is variables that know that they hold no templates.
type static struct{ vars }

func (static) Static(string) bool { return true }

// BenchmarkCondition decides the conditions that playbooks are full of, as one task does: a new
// Eval each time, the program made once.
func BenchmarkCondition(b *testing.B) {
	_, base := readVectors(b)
	opt := jinja.Defaults(eval.Classic)
	v := static{vars{typed(base, opt.Value).(*value.Dict)}}
	for _, src := range []string{
		"ansible_facts['os_family'] == 'Debian'",
		"r_ok.rc != 0 or r_ok.stdout | length > 0",
		"ansible_facts.distribution_major_version | int >= 11",
		"r_ok is defined and r_fail is changed and not (nosuch | default(false))",
		"users | selectattr('active') | list | length == 2",
	} {
		c := opt.Condition(src)
		b.Run(src, func(b *testing.B) {
			for b.Loop() {
				if _, err := eval.New(eval.Config{Vars: v}).Condition(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTemplate renders a file of 50 lines.
func BenchmarkTemplate(b *testing.B) {
	_, base := readVectors(b)
	opt := jinja.Defaults(eval.Classic)
	v := vars{typed(base, opt.Value).(*value.Dict)}
	opt.File = true
	src := "user {{ s }};\n{% for u in users %}\nname {{ u.name }} uid {{ u.uid }} {{ u.groups | join(',') }}\n{% if u.active %}\nactive\n{% endif %}\n{% endfor %}\n"
	for len(src) < 1500 {
		src += "listen {{ ansible_facts.default_ipv4.address }}:{{ 8000 + i }}; # {{ inventory_hostname }}\n"
	}
	t := jinja.Template(src, opt)
	for b.Loop() {
		if _, err := eval.New(eval.Config{Vars: v}).File(t); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzEvaluate renders whatever parses: no input may take the process down.
func FuzzEvaluate(f *testing.F) {
	vectors, base := readVectors(f)
	for i := range vectors {
		if i%7 == 0 && vectors[i].Kind == "expr" {
			f.Add("{{ " + vectors[i].Src + " }}")
		}
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, d := range []eval.Dialect{eval.Classic, eval.Tagged} {
			opt := jinja.Defaults(d)
			e := eval.New(eval.Config{Dialect: d, Vars: vars{typed(base, opt.Value).(*value.Dict)}, Outside: outside{opt: opt}})
			if v, err := e.Value(jinja.Template(src, opt)); err == nil {
				_, _ = value.ToStr(v)
			}
		}
	})
}

// TestAllocations holds what an evaluation allocates: speed that no clock has to measure.
func TestAllocations(t *testing.T) {
	_, base := readVectors(t)
	opt := jinja.Defaults(eval.Classic)
	v := static{vars{typed(base, opt.Value).(*value.Dict)}}
	for _, c := range []struct {
		name, src string
		most      float64
	}{
		{"comparison", "ansible_facts['os_family'] == 'Debian'", 1},
		{"filter and comparison", "ansible_facts.distribution_major_version | int >= 11", 1},
		{"tests", "r_ok is defined and r_fail is changed", 1},
		{"default of a name that is not there", "not (nosuch | default(false))", 1},
		{"selection", "users | selectattr('active') | list | length == 2", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			cond := opt.Condition(c.src)
			got := testing.AllocsPerRun(100, func() {
				if _, err := eval.New(eval.Config{Vars: v}).Condition(cond); err != nil {
					t.Fatal(err)
				}
			})
			if got > c.most {
				t.Errorf("got %g allocations, want at most %g", got, c.most)
			}
		})
	}
}

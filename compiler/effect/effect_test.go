package effect

import (
	"testing"

	"pbc/compiler/jinja"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

func tmpl(src string) ir.Val { return ir.Val{V: jinja.Defaults(expr.Classic).Value(src)} }

func cond(src string) []ir.Val {
	return []ir.Val{{V: jinja.Defaults(expr.Classic).Condition(src)}}
}

func args(pairs ...any) ir.Val {
	d := value.NewDict()
	for i := 0; i < len(pairs); i += 2 {
		d.SetStr(pairs[i].(string), jinja.Defaults(expr.Classic).Value(pairs[i+1].(string)))
	}
	return ir.Val{V: d}
}

func task(module string, a ir.Val, set ...func(*ir.Task)) *ir.Task {
	t := &ir.Task{Module: "ansible.builtin." + module, Action: module, Args: a, Role: -1}
	for _, f := range set {
		f(t)
	}
	return t
}

func TestEffects(t *testing.T) {
	vars := value.DictOf("plain", "text", "piped", tmpl("{{ lookup('pipe', 'date') }}").V, "deep", tmpl("{{ piped }}").V, "loop", tmpl("{{ loop }}").V,
		"condition", "lookup('pipe', 'x') == 'y'", "left", tmpl("{{ ansible_play_hosts }}").V)
	other := value.DictOf("ansible_host", "elsewhere")
	handler := &ir.Task{Module: "ansible.builtin.debug", Handler: true, Name: ir.Val{V: "restart"}, Listen: []ir.Val{{V: "topic"}}, Role: -1}
	play := &ir.Play{Handlers: []ir.Handler{{Task: 0}}, Connection: ir.Val{V: "ssh"}, Tables: ir.Tables{Tasks: []*ir.Task{handler},
		Layers: []ir.Val{{V: vars}, {V: other}}, Scopes: []*ir.Scope{{Role: -1}, {Role: -1, Task: []int{1}}}}}
	for _, tt := range []struct {
		name string
		task *ir.Task
		want Class
		why  string
	}{
		{"variables only", task("set_fact", args("a", "{{ plain }}")), Inner, ownVariables},
		{"a file", task("file", args("path", "{{ plain }}/{{ item }}")), Local, ownDisk},
		{"a command", task("command", args("_raw_params", "x")), Open, "starts a command"},
		{"a module nobody knows", task("nosuch", args()), Open, "not known to be local"},
		{"a checked file", task("copy", args("dest", "x", "validate", "visudo -cf %s")), Open, "validate starts a command"},
		{"arguments that are known only then", task("copy", tmpl("{{ plain }}")), Open, "validate starts a command"},
		{"defaults that check", task("copy", args("dest", "x"), func(t *ir.Task) { t.Defaults = []ir.Val{args("validate", "x")} }), Open, "validate starts a command"},
		{"an archive that is here", task("unarchive", args("src", "a.tgz")), Local, ownDisk},
		{"an archive from the network", task("unarchive", args("src", "http://host/a.tgz")), Open, "src is fetched over the network"},
		{"an archive from wherever", task("unarchive", args("src", "{{ plain }}")), Open, "src is fetched over the network"},
		{"a template nobody knows", task("template", args("src", "{{ plain }}")), Open, "its template is known only when it runs"},
		{"a template", task("template", args("src", "x"), func(t *ir.Task) { t.Files = []ir.File{{Kind: "templates", Tmpl: tmpl("{{ plain }}")}} }), Local, ownDisk},
		{"a template that looks up", task("template", args("src", "x"), func(t *ir.Task) { t.Files = []ir.File{{Kind: "templates", Tmpl: tmpl("{{ deep }}")}} }),
			Open, "deep: piped: the lookup pipe may do more than read"},
		{"a lookup that reads", task("debug", args("msg", "{{ lookup('file', 'x') }}")), Inner, ownVariables},
		{"a lookup that may do anything", task("debug", args("msg", "{{ query('pipe', 'x') }}")), Open, "the lookup pipe may do more than read"},
		{"a lookup known only then", task("debug", args("msg", "{{ lookup(plain, 'x') }}")), Open, "a lookup or template whose name is known only when it runs"},
		{"a loop over a lookup", task("debug", args(), func(t *ir.Task) { t.Loop = &ir.Loop{With: "lines"} }), Open, "the lookup lines may do more than read"},
		{"a loop over items", task("debug", args(), func(t *ir.Task) { t.Loop = &ir.Loop{With: "items"} }), Inner, ownVariables},
		{"a variable of computed name", task("debug", args("msg", "{{ lookup('vars', plain) }}")), Open, "may read any variable; piped: the lookup pipe may do more than read"},
		{"a variable that reads itself", task("debug", args("msg", "{{ loop }}")), Inner, ownVariables},
		{"a condition that is text", task("debug", args(), func(t *ir.Task) { t.When = cond("condition") }), Open, "condition: a text that may be a condition"},
		{"other hosts' variables", task("debug", args("msg", "{{ hostvars['b'].x }}")), Inner, ownVariables},
		{"which hosts are left", task("debug", args("msg", "{{ left | length }}")), Open, "left: reads which hosts are left"},
		{"a filter nobody knows", task("debug", args("msg", "{{ plain | their.own }}")), Open, "the filter their.own is a program of its own"},
		{"a test nobody knows", task("debug", args(), func(t *ir.Task) { t.When = cond("plain is their.own") }), Open, "the test their.own is a program of its own"},
		{"run_once", task("debug", args(), func(t *ir.Task) { t.RunOnce = ir.Val{V: true} }), Exact, "run_once"},
		{"not run_once", task("debug", args(), func(t *ir.Task) { t.RunOnce = ir.Val{V: false} }), Inner, ownVariables},
		{"throttle", task("debug", args(), func(t *ir.Task) { t.Throttle = ir.Val{V: int64(1)} }), Exact, "throttle"},
		{"delegated", task("file", args(), func(t *ir.Task) { t.DelegateTo = tmpl("{{ plain }}") }), Open, "runs on another host"},
		{"the play's connection", task("file", args(), func(t *ir.Task) { t.Connection = ir.Val{V: "ssh"} }), Local, ownDisk},
		{"another connection", task("file", args(), func(t *ir.Task) { t.Connection = ir.Val{V: "local"} }), Open, "has its own connection"},
		{"another address", task("file", args(), func(t *ir.Task) { t.Scope = 1 }), Open, "has its own ansible_host"},
		{"until", task("stat", args(), func(t *ir.Task) { t.Until = cond("true") }), Open, "waits for what others may do"},
		{"async", task("file", args(), func(t *ir.Task) { t.Async = ir.Val{V: int64(5)} }), Open, "runs on beside others"},
		{"a handler that is there", task("debug", args(), func(t *ir.Task) { t.Notify = []ir.Val{{V: "restart"}, {V: "topic"}} }), Inner, ownVariables},
		{"a handler that is not", task("debug", args(), func(t *ir.Task) { t.Notify = []ir.Val{{V: "restrat"}} }), Exact, "a handler that is not there would end the run"},
		{"a register that is no name", task("debug", args(), func(t *ir.Task) { t.Register = "a-b" }), Exact, "its register ends the run"},
		{"end_host", task("meta", args("_raw_params", "end_host")), Inner, "ends its own host's play only"},
		{"end_host on a condition", task("meta", args("_raw_params", "end_host"), func(t *ir.Task) { t.When = cond("plain") }), Exact, "a condition that fails would end the run"},
		{"end_play", task("meta", args("_raw_params", "end_play")), Exact, "concerns all hosts of the play"},
		{"another module of the name", task("file", args(), func(t *ir.Task) { t.ModuleFile = "library/file.py" }), Open, "the module is not Ansible's own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := NewJudge(Options{Play: play, Tables: &play.Tables,
				Values: func(name string) []value.Value {
					if v, ok := vars.GetStr(name); ok {
						return []value.Value{v}
					}
					return nil
				},
				Names: func() []string { return []string{"piped", "plain"} }})
			if got := j.Task(tt.task); got != (Effect{tt.want, tt.why}) {
				t.Errorf("got %s: %s, want %s: %s", got.Class, got.Why, tt.want, tt.why)
			}
		})
	}
}

func TestWaits(t *testing.T) {
	for _, tt := range []struct {
		class                             Class
		auto, oneMachine, strict, freeway bool
	}{
		{Inner, false, false, true, false},
		{Local, false, true, true, false},
		{Open, true, true, true, false},
		{Exact, true, true, true, true},
	} {
		e := Effect{Class: tt.class}
		got := [4]bool{e.Waits(Auto, false), e.Waits(Auto, true), e.Waits(Strict, false), e.Waits(Free, true)}
		if want := [4]bool{tt.auto, tt.oneMachine, tt.strict, tt.freeway}; got != want {
			t.Errorf("%s: waits %v, want %v (auto, auto on one machine, strict, free)", tt.class, got, want)
		}
	}
}

// TestEnds names what can end a run: the controller believes it of no other task.
func TestEnds(t *testing.T) {
	handler := &ir.Task{Module: "ansible.builtin.debug", Handler: true, Name: ir.Val{V: "restart"}, Role: -1}
	play := &ir.Play{Handlers: []ir.Handler{{Task: 0}}, Tables: ir.Tables{Tasks: []*ir.Task{handler}}}
	for _, c := range []struct {
		name string
		task *ir.Task
		want bool
	}{
		{"a command", task("command", args("_raw_params", "x")), false},
		{"a name to register", task("command", args(), func(t *ir.Task) { t.Register = "x" }), false},
		{"no name to register", task("command", args(), func(t *ir.Task) { t.Register = "x y" }), true},
		{"a handler", task("command", args(), func(t *ir.Task) { t.Notify = []ir.Val{{V: "restart"}} }), false},
		{"a handler that is not there", task("command", args(), func(t *ir.Task) { t.Notify = []ir.Val{{V: "nobody"}} }), true},
		{"a handler that is known then", task("command", args(), func(t *ir.Task) { t.Notify = []ir.Val{tmpl("{{ x }}")} }), true},
		{"a throttle", task("command", args(), func(t *ir.Task) { t.Throttle = ir.Val{V: int64(2)} }), false},
		{"a throttle that may be no number", task("command", args(), func(t *ir.Task) { t.Throttle = tmpl("{{ x }}") }), true},
		{"an action that is known then", task("command", args(), func(t *ir.Task) { t.ActionName = tmpl("{{ x }}") }), true},
		{"a host that may have no name", task("add_host", args("name", "x")), true},
		{"a group that may have no name", task("group_by", args("key", "x")), true},
		{"a plugin in Python", task("mine", args(), func(t *ir.Task) { t.ActionFile = "mine.py" }), true},
		{"a meta task", task("meta", args("_raw_params", "flush_handlers")), false},
		{"a meta task with a condition", task("meta", args("_raw_params", "noop"), func(t *ir.Task) { t.When = cond("x") }), true},
		{"a meta task as a handler", task("meta", args("_raw_params", "flush_handlers"), func(t *ir.Task) { t.Handler = true }), true},
		{"an unknown meta task", task("meta", args("_raw_params", "nothing")), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := NewJudge(Options{Play: play, Tables: &play.Tables}).Ends(c.task); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

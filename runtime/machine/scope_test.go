package machine

import (
	"context"
	"testing"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// stack is a batch in which every layer that a task can see defines "x" as its own name, the highest
// precedence first. Each test takes layers away from the top.
func stack(top int) (*asm, *Host) {
	a := newAsm()
	h := NewHost("h")
	n := 0
	put := func(layer string) ir.Val {
		n++
		if n <= top {
			return ir.Val{V: value.NewDict()}
		}
		return ir.Val{V: value.DictOf("x", layer)}
	}
	layer := func(name string) int {
		a.b.Code.Layers = append(a.b.Code.Layers, put(name))
		return len(a.b.Code.Layers) - 1
	}
	a.b.Code.Settings.InjectFacts = true
	a.b.Host.Magic = put("magic")
	a.b.Host.Extra = put("extra")
	params, roleParams := layer("include params"), layer("role params")
	h.Set = put("set_fact").V.(*value.Dict)
	h.Included = put("include_vars").V.(*value.Dict)
	inner, outer := layer("task"), layer("block")
	roleVars := layer("role vars")
	late, early := layer("vars of a later role of the play"), layer("vars of an earlier role of the play")
	a.b.Host.Play = put("play")
	h.Facts = put("facts").V.(*value.Dict)
	a.b.Host.Inventory = put("inventory")
	defaults := layer("role defaults")
	lateDefaults, earlyDefaults := layer("defaults of a later role of the play"), layer("defaults of an earlier role of the play")
	a.b.Code.PlayRoleVars, a.b.Code.PlayDefaults = []int{early, late}, []int{earlyDefaults, lateDefaults}
	a.b.Code.Scopes = []*ir.Scope{{Role: -1, IncludeParams: []int{params}, RoleParams: []int{roleParams}, Task: []int{inner, outer},
		RoleVars: []int{roleVars}, RoleDefaults: []int{defaults}}}
	return a, h
}

func TestPrecedence(t *testing.T) {
	order := []string{"magic", "extra", "include params", "role params", "set_fact", "include_vars", "task", "block", "role vars",
		"vars of a later role of the play", "vars of an earlier role of the play", "play", "facts", "inventory", "role defaults",
		"defaults of a later role of the play", "defaults of an earlier role of the play", ""}
	for i, want := range order {
		t.Run("below the top "+want, func(t *testing.T) {
			a, h := stack(i)
			m := New(&a.b, h, newWorld(), newWorld())
			v, _ := m.scopeOf(context.Background(), &ir.Task{}, 0).Lookup("x")
			got, _ := value.Text(v)
			is(t, got, want)
		})
	}
}

func TestAsked(t *testing.T) {
	for _, c := range []struct {
		name          string
		level         event.Level
		set, facts    bool
		whole, hidden bool
		want          string
		asks          int
	}{
		{name: "above what tasks set", level: event.AboveSet, set: true, facts: true, want: "asked", asks: 1},
		{name: "set over play", level: event.AboveFacts, set: true, facts: true, want: "set", asks: 1},
		{name: "play over facts", level: event.AboveFacts, facts: true, want: "asked", asks: 1},
		{name: "facts over inventory", level: event.BelowFacts, facts: true, want: "facts", asks: 1},
		{name: "inventory alone", level: event.BelowFacts, want: "asked", asks: 1},
		{name: "nowhere above, set here", level: event.NoVariable, set: true, want: "set", asks: 1},
		{name: "nowhere", level: event.NoVariable, asks: 1},
		{name: "everything was sent", level: event.AboveSet, whole: true},
		{name: "without the host", level: event.AboveSet, hidden: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, h, w := newAsm(), NewHost("h"), newWorld()
			a.b.Host.Whole = c.whole
			a.b.Code.Settings.InjectFacts = true
			w.answer = func(*event.Need) *event.Answer {
				answer := &event.Answer{Level: c.level}
				if c.level != event.NoVariable {
					answer.Value = ir.Val{V: "asked"}
				}
				return answer
			}
			if c.set {
				h.Set.SetStr("x", "set")
			}
			if c.facts {
				h.Facts.SetStr("x", "facts")
			}
			m := New(&a.b, h, w, w)
			for range 2 { // the second time nothing is asked
				s := m.scopeOf(context.Background(), &ir.Task{}, 0)
				s.hostless = c.hidden
				v, found := s.Lookup("x")
				got, _ := value.Text(v)
				is(t, got, c.want)
				if found != (c.want != "") {
					t.Errorf("found is %v", found)
				}
			}
			if len(w.needs) != c.asks {
				t.Errorf("%d questions, want %d", len(w.needs), c.asks)
			}
		})
	}
}

func TestStore(t *testing.T) {
	facts := value.DictOf("f", int64(1))
	result := func(kv ...any) *value.Dict { return value.DictOf(append([]any{"ansible_facts", facts}, kv...)...) }
	for _, c := range []struct {
		name, module                string
		event                       event.Event
		facts, set, included, other string
	}{
		{"a module's facts", "ansible.builtin.setup", event.Event{Result: ir.Val{V: result()}}, "{'f': 1}", "{}", "{}", ""},
		{"set_fact", "ansible.builtin.set_fact", event.Event{Result: ir.Val{V: result()}}, "{}", "{'f': 1}", "{}", ""},
		{"set_fact that may be cached", "ansible.builtin.set_fact", event.Event{Result: ir.Val{V: result("_ansible_facts_cacheable", true)}}, "{'f': 1}", "{'f': 1}", "{}", ""},
		{"include_vars", "ansible.builtin.include_vars", event.Event{Result: ir.Val{V: result()}}, "{}", "{}", "{'f': 1}", ""},
		{"debug shows facts, it sets none", "ansible.builtin.debug", event.Event{Result: ir.Val{V: result()}}, "{}", "{}", "{}", ""},
		{"of a failed task", "ansible.builtin.setup", event.Event{Status: event.Failed, Result: ir.Val{V: result()}}, "{}", "{}", "{}", ""},
		{"of a loop's items", "ansible.builtin.set_fact", event.Event{Flags: event.Flags{Looped: true},
			Result: ir.Val{V: value.DictOf("results", value.NewList(result(), "garbage"))}}, "{}", "{'f': 1}", "{}", ""},
		{"delegated", "ansible.builtin.set_fact", event.Event{Flags: event.Flags{DelegateFacts: true, DelegateTo: "o"}, Result: ir.Val{V: result()}},
			"{}", "{}", "{}", "o"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := NewHost("h")
			task := &ir.Task{Module: c.module}
			c.event.Kind = event.Finished
			h.Store(task, &c.event)
			for _, layer := range []struct {
				got  *value.Dict
				want string
			}{{h.Facts, c.facts}, {h.Set, c.set}, {h.Included, c.included}} {
				got, _ := value.Repr(layer.got)
				is(t, got, layer.want)
			}
			if given := Facts(task, &c.event)["o"] != nil; given != (c.other != "") {
				t.Errorf("given to another host: %v", given)
			}
		})
	}
}

func TestBarrier(t *testing.T) {
	once := func(t *ir.Task) { t.RunOnce = ir.Val{V: true} }
	for _, c := range []struct {
		name   string
		answer event.Answer
		want   string
	}{
		{"run", event.Answer{Go: event.Run}, "a b completed"},
		{"fail here", event.Answer{Go: event.Fail}, "FAILED"},
		{"the play is over", event.Answer{Go: event.End}, "completed"},
		{"another ran it", event.Answer{Go: event.Apply, Result: &event.Event{Kind: event.Finished, Result: ir.Val{V: value.NewDict()}}}, "completed"},
		{"another ran it and failed", event.Answer{Go: event.Apply, Result: &event.Event{Kind: event.Finished, Status: event.Failed, Result: ir.Val{V: value.NewDict()}}}, "FAILED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.answer = func(*event.Need) *event.Answer { a := c.answer; return &a }
			a := newAsm().task("a", once).task("b")
			a.b.Code.Settings.Waits = ir.WaitAlways
			got, _ := a.run(t, w)
			is(t, got, c.want)
			if d, _ := w.needs[0].Args.V.(*value.Dict); get(d, "run_once") != true {
				t.Errorf("the barrier does not tell of run_once: %v", w.needs[0].Args)
			}
		})
	}
}

package machine

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/module"
)

func notify(names ...string) func(*ir.Task) {
	return func(t *ir.Task) {
		for _, n := range names {
			t.Notify = append(t.Notify, ir.Val{V: n})
		}
	}
}

func listen(topic string) func(*ir.Task) {
	return func(t *ir.Task) { t.Listen = []ir.Val{{V: topic}} }
}

func TestHandlers(t *testing.T) {
	flush := ir.Instr{Op: ir.OpFlush}
	for _, c := range []struct {
		name  string
		build func(a *asm)
		want  string
	}{
		{"in the order of their definition", func(a *asm) {
			a.handler("first").handler("second").task("changes", notify("second", "first")).op(flush)
		}, "notified(second) notified(first) changes:changed first second completed"},
		{"not without a change", func(a *asm) { a.handler("first").task("idle", notify("first")).op(flush) }, "idle completed"},
		{"once for many notifications", func(a *asm) {
			a.handler("first").task("changes", notify("first")).task("changes", notify("first")).op(flush)
		}, "notified(first) changes:changed changes:changed first completed"},
		{"again after a flush", func(a *asm) {
			a.handler("first").task("changes", notify("first")).op(flush).task("changes", notify("first")).op(flush)
		}, "notified(first) changes:changed first notified(first) changes:changed first completed"},
		{"not without a flush", func(a *asm) { a.handler("first").task("changes", notify("first")) }, "notified(first) changes:changed completed"},
		{"by topic, all that listen", func(a *asm) {
			a.handler("one", listen("topic")).handler("two").handler("three", listen("topic")).task("changes", notify("topic")).op(flush)
		}, "notified(one) notified(three) changes:changed one three completed"},
		{"by name, the first of that name", func(a *asm) {
			a.handler("same", func(t *ir.Task) { t.Args = ir.Val{V: value.DictOf("as", "changes")} }).handler("same").task("changes", notify("same")).op(flush)
		}, "notified(same) changes:changed same:changed completed"},
		{"a handler notifies a later one", func(a *asm) {
			a.handler("changes", notify("later")).handler("later").task("changes", notify("changes")).op(flush)
		}, "notified(changes) changes:changed notified(later) changes:changed later completed"},
		{"one that fails stops the rest", func(a *asm) {
			a.handler("bad").handler("after").task("changes", notify("bad", "after")).op(flush).task("next")
		}, "notified(bad) notified(after) changes:changed bad:failed FAILED"},
		{"unknown, warned of", func(a *asm) { a.task("changes", notify("nobody")).op(flush) },
			"warning(The requested handler 'nobody' was not found in either the main handlers list nor in the listening handlers list) changes:changed completed"},
		{"unknown, an error", func(a *asm) {
			a.b.Code.Settings.MissingHandler = true
			a.task("changes", notify("nobody")).task("next")
		}, "error(The requested handler 'nobody' was not found in either the main handlers list nor in the listening handlers list) completed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.modules["changes"] = always("changed", true)
			w.modules["bad"] = always("failed", true, "msg", "no")
			a := newAsm()
			c.build(a)
			got, _ := a.run(t, w)
			is(t, got, c.want)
		})
	}
}

func TestRoleDone(t *testing.T) {
	in := func(role int) func(*ir.Task) { return func(t *ir.Task) { t.Role = role } }
	done := func(role int) ir.Instr { return ir.Instr{Op: ir.OpRoleDone, Task: role} }
	skip := func(t *ir.Task) { t.When = []ir.Val{{V: false}} }
	for _, c := range []struct {
		name  string
		again bool // allow_duplicates
		build func(a *asm)
		want  string
	}{
		{"the second time is left out", false, func(a *asm) { a.task("a", in(0)).op(done(0)).task("b", in(0)).op(done(0)) }, "a completed"},
		{"unless duplicates are allowed", true, func(a *asm) { a.task("a", in(0)).op(done(0)).task("b", in(0)).op(done(0)) }, "a b completed"},
		{"one whose tasks were skipped is not done", false, func(a *asm) { a.task("a", in(0), skip).op(done(0)).task("b", in(0)) }, "a:skipped b completed"},
		{"another role", false, func(a *asm) { a.task("a", in(0)).op(done(0)).task("b", in(1)) }, "a b completed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAsm()
			a.b.Code.Roles = []*ir.Role{{Name: "r", AllowDuplicates: c.again}, {Name: "other"}}
			c.build(a)
			got, _ := a.run(t, newWorld())
			is(t, got, c.want)
		})
	}
}

func TestLeftOut(t *testing.T) {
	a := newAsm().code("a b c")
	a.b.Code.Excluded = []int{1}
	got, _ := a.run(t, newWorld())
	is(t, got, "a c completed")
}

func looped(items ...value.Value) func(*ir.Task) {
	return func(t *ir.Task) {
		t.Loop = &ir.Loop{Items: ir.Val{V: value.NewList(items...)}}
		t.Args = ir.Val{V: value.DictOf("as", tmpl(name("item")))}
		t.Register = "out"
	}
}

func TestLoop(t *testing.T) {
	for _, c := range []struct {
		name, want, results string
		with                []func(*ir.Task)
	}{
		{"all ok", "item(a) item(b) x completed", "All items completed", []func(*ir.Task){looped("a", "b")}},
		{"no items", "x:skipped completed", "", []func(*ir.Task){looped()}},
		{"one changes", "item(a) item(changes) x:changed completed", "All items completed", []func(*ir.Task){looped("a", "changes")}},
		{"one fails, the rest runs", "item(bad) item(b) x:failed FAILED", "One or more items failed", []func(*ir.Task){looped("bad", "b")}},
		{"a condition for each item", "item(a) item(b) x completed", "All items completed",
			[]func(*ir.Task){looped("a", "b"), func(t *ir.Task) {
				t.When = cond(&expr.Node{Op: expr.OCompare, Ops: []string{"eq"}, A: []*expr.Node{name("item"), {Op: expr.OConst, V: "a"}}})
			}}},
		{"all skipped", "item(a) item(b) x:skipped completed", "All items skipped", []func(*ir.Task){looped("a", "b"), func(t *ir.Task) { t.When = []ir.Val{{V: false}} }}},
		{"variables of their own", "item(a) item(b) x completed", "All items completed", []func(*ir.Task){looped("a", "b"), func(t *ir.Task) {
			t.Loop.Var, t.Loop.IndexVar = ir.Val{V: "mine"}, ir.Val{V: "i"}
			t.Args = ir.Val{V: value.DictOf("as", tmpl(name("mine")), "n", tmpl(name("i")))}
		}}},
		{"label", "item(0) item(1) x completed", "All items completed", []func(*ir.Task){looped("a", "b"), func(t *ir.Task) {
			t.Loop.IndexVar, t.Loop.Label = ir.Val{V: "i"}, ir.Val{V: tmpl(name("i"))}
		}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.modules["changes"] = always("changed", true)
			w.modules["bad"] = always("failed", true, "msg", "no")
			got, h := newAsm().task("x", c.with...).run(t, w)
			is(t, got, c.want)
			msg, _ := value.ToStr(get(asDict(get(h.Set, "out")), "msg"))
			if !has(asDict(get(h.Set, "out")), "msg") {
				msg = ""
			}
			is(t, msg, c.results)
		})
	}
}

func TestLoopOfNoList(t *testing.T) {
	got, h := newAsm().task("x", looped(), func(t *ir.Task) { t.Loop.Items = ir.Val{V: "text"} }).run(t, newWorld())
	is(t, got, "x:failed FAILED")
	msg, _ := value.ToStr(get(asDict(get(h.Set, "out")), "msg"))
	if !strings.HasPrefix(msg, "Invalid data passed to 'loop', it requires a list, got this instead: text.") {
		t.Errorf("got %s", msg)
	}
}

func TestUntil(t *testing.T) {
	until := func(t *ir.Task) {
		t.Register, t.Until, t.Delay = "out", cond(attr(name("out"), "good")), ir.Val{V: int64(0)}
	}
	retries := func(n int64) func(*ir.Task) { return func(t *ir.Task) { t.Retries = ir.Val{V: n} } }
	for _, c := range []struct {
		name     string
		with     []func(*ir.Task)
		goodAt   int
		attempts int64
		want     string
	}{
		{"good at once", []func(*ir.Task){until}, 1, 1, "x completed"},
		{"good at the third", []func(*ir.Task){until}, 3, 3, "retry1of3 retry2of3 x completed"},
		{"never good, three tries by default", []func(*ir.Task){until}, 99, 2, "retry1of3 retry2of3 x:failed FAILED"},
		{"retries given", []func(*ir.Task){until, retries(1)}, 99, 1, "retry1of2 x:failed FAILED"},
		{"retries zero is one try", []func(*ir.Task){until, retries(0)}, 99, 1, "x completed"},
		{"until alone counts, not failed", []func(*ir.Task){until, func(t *ir.Task) { t.FailedWhen = []ir.Val{{V: true}} }}, 1, 1, "x:failed FAILED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.modules["x"] = func(n int, _ *module.Call) *value.Dict { return value.DictOf("good", n >= c.goodAt) }
			got, h := newAsm().task("x", c.with...).run(t, w)
			is(t, got, c.want)
			if n := get(asDict(get(h.Set, "out")), "attempts"); n != value.Value(c.attempts) {
				t.Errorf("attempts %v, want %d", n, c.attempts)
			}
		})
	}
}

func TestResults(t *testing.T) {
	ignore := func(t *ir.Task) { t.IgnoreErrors = ir.Val{V: true} }
	for _, c := range []struct {
		name   string
		result *value.Dict
		with   func(*ir.Task)
		want   string
	}{
		{"empty", value.NewDict(), nil, "x completed"},
		{"rc not zero", value.DictOf("rc", int64(1)), nil, "x:failed FAILED"},
		{"rc zero as text", value.DictOf("rc", "0"), nil, "x completed"},
		{"rc of no sense", value.DictOf("rc", value.NewList()), nil, "x:failed FAILED"},
		{"failed as text", value.DictOf("failed", "yes"), nil, "x:failed FAILED"},
		{"results that are no list", value.DictOf("results", "text"), nil, "x completed"},
		{"results of no dictionaries", value.DictOf("results", value.NewList(int64(1), "a", nil)), nil, "x completed"},
		{"facts that are no dictionary", value.DictOf("ansible_facts", int64(5)), nil, "x completed"},
		{"raised", Raised("no way"), nil, "x:failed FAILED"},
		{"ignored", value.DictOf("failed", true), ignore, "x:failed completed"},
		{"changed_when", value.NewDict(), func(t *ir.Task) { t.ChangedWhen = []ir.Val{{V: true}} }, "x:changed completed"},
		{"failed_when spares", value.DictOf("failed", true), func(t *ir.Task) { t.FailedWhen = []ir.Val{{V: false}} }, "x completed"},
		{"unreachable ignored", value.DictOf("unreachable", true), func(t *ir.Task) { t.IgnoreUnreachable = ir.Val{V: true} }, "x:unreachable completed"},
		{"undefined argument", value.NewDict(), func(t *ir.Task) { t.Args = ir.Val{V: value.DictOf("as", tmpl(name("nowhere")))} }, "x:failed FAILED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.modules["x"] = func(int, *module.Call) *value.Dict { return c.result.Copy() }
			w.answer = func(*event.Need) *event.Answer { return &event.Answer{} } // the excerpt of an error
			with := []func(*ir.Task){func(t *ir.Task) { t.Register = "out" }}
			if c.with != nil {
				with = append(with, c.with)
			}
			got, h := newAsm().task("x", with...).run(t, w)
			is(t, got, c.want)
			out, ok := get(h.Set, "out").(*value.Dict)
			if !ok || !has(out, "changed") && !truthy(out, "failed") {
				t.Errorf("registered %v", get(h.Set, "out"))
			}
		})
	}
}

// TestRegistered holds what a later task sees of an earlier one.
func TestRegistered(t *testing.T) {
	w := newWorld()
	w.modules["first"] = always("stdout", "{{ evil }}", "invocation", "i", "_ansible_parsed", true, "ansible_facts", value.DictOf("ansible_kernel", "k"))
	var seen *value.Dict
	w.modules["second"] = func(_ int, c *module.Call) *value.Dict { seen = c.Args; return value.NewDict() }
	a := newAsm()
	a.b.Code.Settings.InjectFacts = true
	got, h := a.task("first", func(t *ir.Task) { t.Register = "out" }).task("second", func(t *ir.Task) {
		t.Args = ir.Val{V: value.DictOf("as", "second", "text", tmpl(attr(name("out"), "stdout")), "fact", tmpl(attr(name("ansible_facts"), "kernel")),
			"injected", tmpl(name("ansible_kernel")))}
	}).run(t, w)
	is(t, got, "first second completed")
	shown, _ := value.Repr(seen)
	is(t, shown, "{'as': 'second', 'text': '{{ evil }}', 'fact': 'k', 'injected': 'k'}")
	for _, k := range []string{"invocation", "_ansible_parsed"} {
		if has(asDict(get(h.Set, "out")), k) {
			t.Errorf("the registered result shows %s", k)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	w := newWorld()
	w.deaf = true
	if err := New(&newAsm().code("a").b, NewHost("h"), w, w).Run(context.Background()); err == nil {
		t.Error("a machine that nobody listens to goes on")
	}
	if d := cmp.Diff(map[string]int{}, w.calls); d != "" {
		t.Error(d)
	}
}

package link

import (
	"os"
	"path/filepath"
	"testing"

	"pbc/compiler/files"
	"pbc/compiler/inventory"
	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// linker joins one play, whose layers each define a variable of their own and one of the layer below, with
// one host.
func linker(t *testing.T) *Linker {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(path, []byte("h inv=1 default=inventory\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	inv, err := inventory.Load(inventory.Options{Sources: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	layer := func(kv ...any) ir.Val { return ir.Val{V: value.DictOf(kv...)} }
	p := &ir.Play{Vars: 0, Hosts: ir.Val{V: "h"}, Tables: ir.Tables{
		Layers: []ir.Val{layer("play", int64(1), "inv", "play"), layer("task", int64(1), "play", "task"), layer("params", int64(1), "task", "params"),
			layer("rolevars", int64(1), "play", "rolevars"), layer("default", int64(1)), layer("roleparams", int64(1), "params", "roleparams")},
		Scopes: []*ir.Scope{{Role: -1}, {Role: -1, Task: []int{1}, IncludeParams: []int{2}, RoleParams: []int{5}, RoleVars: []int{3}, RoleDefaults: []int{4}}},
		Tasks:  []*ir.Task{{Role: -1, Scope: 0}, {Role: -1, Scope: 1}},
	}}
	return New(&ir.Program{Plays: []*ir.Play{p}}, Options{Dialect: expr.Classic, Inventory: inv, Store: files.NewStore(),
		Extra: value.DictOf("extra", int64(1), "params", "extra"), Magic: value.NewDict()})
}

func TestLevels(t *testing.T) {
	l := linker(t)
	for _, c := range []struct {
		name string
		task int
		ask  string
		want event.Level
		text string
	}{
		{"extra", 1, "extra", event.AboveSet, "1"},
		{"extra over include parameters", 1, "params", event.AboveSet, "extra"},
		{"role parameters", 1, "roleparams", event.AboveSet, "1"},
		{"include parameters over the task", 1, "task", event.AboveSet, "params"},
		{"task over role vars and play", 1, "play", event.AboveFacts, "task"},
		{"role vars", 1, "rolevars", event.AboveFacts, "1"},
		{"play over inventory", 1, "inv", event.AboveFacts, "play"},
		{"inventory over role defaults", 1, "default", event.BelowFacts, "inventory"},
		{"of another scope", 0, "task", event.NoVariable, ""},
		{"of the play, from another scope", 0, "play", event.AboveFacts, "1"},
		{"outside of tasks", -1, "rolevars", event.NoVariable, ""},
		{"nowhere", 1, "nowhere", event.NoVariable, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := l.variable(Site{Host: "h", Task: c.task}, &event.Need{Name: c.ask})
			got := ""
			if a.Value.V != nil {
				got, _ = value.ToStr(a.Value.V)
			}
			if a.Error != "" || a.Level != c.want || got != c.text {
				t.Errorf("got level %d, %q, error %q; want level %d, %q", a.Level, got, a.Error, c.want, c.text)
			}
		})
	}
}

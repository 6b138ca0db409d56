package ir_test

import (
	"strings"
	"testing"

	"pbc/ir"
	"pbc/ir/value"
)

func TestVerify(t *testing.T) {
	play := func(f func(*ir.Play)) func(*ir.Program) { return func(p *ir.Program) { f(p.Plays[0]) } }
	instr := func(pc int, f func(*ir.Instr)) func(*ir.Program) {
		return play(func(p *ir.Play) { f(&p.Code[pc]) })
	}
	task := func(f func(*ir.Task)) func(*ir.Program) { return play(func(p *ir.Play) { f(p.Tasks[0]) }) }
	for _, tt := range []struct {
		name  string
		spoil func(*ir.Program)
		want  string
	}{
		{"sound", func(*ir.Program) {}, ""},
		{"dialect", func(p *ir.Program) { p.Dialect = "x" }, `dialect "x"`},
		{"no play", func(p *ir.Program) { p.Plays[0] = nil }, "play 0 is missing"},
		{"locked in the clear", func(p *ir.Program) { p.Locked = true }, "in the clear"},
		{"start", func(p *ir.Program) { p.Starts[0] = 2 }, "playbook 0 starts at play 2 of 1"},
		{"extra", func(p *ir.Program) { p.Origin.Extra.V = "x" }, "extra variables of type str"},
		{"blob", func(p *ir.Program) { p.Blobs["00"] = nil }, `blob "00" has the digest`},
		{"relative source", func(p *ir.Program) { p.Sources[0].Path = "x" }, `source "x" is not absolute`},
		{"sources out of order", func(p *ir.Program) { p.Sources[1].Path = "/a" }, "source /a stands behind /p"},
		{"source without blob", func(p *ir.Program) { p.Sources[1].Digest = "00" }, "has no blob"},
		{"source leads out", func(p *ir.Program) { p.Sources[0].Names[0] = ".." }, `has an entry ".."`},
		{"vars", play(func(p *ir.Play) { p.Vars = 2 }), "vars in layer 2 of 2"},
		{"role defaults", play(func(p *ir.Play) { p.RoleDefaults[0] = -1 }), "layer -1 of 2"},
		{"layer", play(func(p *ir.Play) { p.Layers[1].V = int64(3) }), "layer 1 is of type int"},
		{"no role", play(func(p *ir.Play) { p.Roles[0] = nil }), "role 0 is missing"},
		{"no scope", play(func(p *ir.Play) { p.Scopes[0] = nil }), "scope 0: missing"},
		{"scope's layer", play(func(p *ir.Play) { p.Scopes[0].Task[0] = 7 }), "scope 0: layer 7 of 2"},
		{"scope's role", play(func(p *ir.Play) { p.Scopes[0].Role = 1 }), "scope 0: role 1 of 1"},
		{"no task", play(func(p *ir.Play) { p.Tasks[0] = nil }), "task 0: missing"},
		{"task's role", task(func(x *ir.Task) { x.Role = -2 }), "task 0: role -2 of 1"},
		{"task's scope", task(func(x *ir.Task) { x.Scope = 1 }), "task 0: scope 1 of 1"},
		{"arguments", task(func(x *ir.Task) { x.Args.V = value.NewList() }), "arguments of type list"},
		{"file leads out", task(func(x *ir.Task) { x.Files[0].Tree.Children[0].Path = "../y" }), "leads out of its folder"},
		{"absolute file in a folder", task(func(x *ir.Task) { x.Files[0].Tree.Children[0].Path = "/y" }), "leads out of its folder"},
		{"digest", task(func(x *ir.Task) { x.Files[0].Tree.Children[0].Digest = "zz" }), `digest "zz"`},
		{"include", play(func(p *ir.Play) { p.Tasks[1].Include.Kind = "x" }), `include of "x"`},
		{"no fragment", play(func(p *ir.Play) { p.Tasks[1].Include.Fragments["x.yml"] = nil }), "fragment x.yml is missing"},
		{"fragment", play(func(p *ir.Play) { p.Tasks[1].Include.Fragments["x.yml"].Code[0].Op = ir.OpBody }), "body-end outside of a block"},
		{"handler", play(func(p *ir.Play) { p.Handlers[0].Task = 3 }), "handler 0 is task 3 of 3"},
		{"handler's code", play(func(p *ir.Play) { p.Handlers[0].Code = []int{0} }), "reserved"},
		{"operation", instr(1, func(i *ir.Instr) { i.Op = 77 }), "unknown operation 77"},
		{"task number", instr(1, func(i *ir.Instr) { i.Task = 3 }), "instruction 1: task 3 of 3"},
		{"task as include", instr(1, func(i *ir.Instr) { i.Op = ir.OpInclude }), "include of task 0"},
		{"include as task", instr(3, func(i *ir.Instr) { i.Op = ir.OpTask }), "task of task 1"},
		{"role number", instr(8, func(i *ir.Instr) { i.Task = 1 }), "role 1 of 1"},
		{"rescue", instr(0, func(i *ir.Instr) { i.A = 4 }), "rescue at 4, want 3"},
		{"always", instr(0, func(i *ir.Instr) { i.B = 1 }), "always at 1, want 5"},
		{"end", instr(0, func(i *ir.Instr) { i.C = 9 }), "end at 9, want 7"},
		{"end beyond", instr(0, func(i *ir.Instr) { i.C = 100 }), "end 100"},
		{"block of less than nothing", instr(0, func(i *ir.Instr) { i.A = -2 }), "block with rescue -2"},
		{"part missing", instr(2, func(i *ir.Instr) { i.Op = ir.OpFlush }), "rescue-end where the block at 0 wants body-end"},
		{"not closed", play(func(p *ir.Play) { p.Code = p.Code[:4] }), "instruction 0: block with rescue"},
		{"end outside", instr(8, func(i *ir.Instr) { i.Op = ir.OpAlways }), "always-end outside of a block"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := sample()
			tt.spoil(p)
			err := ir.Verify(p)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if _, eerr := ir.Encode(p); (eerr == nil) != (err == nil) {
				t.Errorf("Encode: %v", eerr)
			}
		})
	}
}

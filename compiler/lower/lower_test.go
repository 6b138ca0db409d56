package lower_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/compiler"
	"pbc/compiler/files"
	"pbc/compiler/playbook"
	"pbc/ir"
	"pbc/ir/value"
)

// layout is the code of a play's section, an instruction a word: the operation, and what it leads to.
func layout(p *ir.Play, from, to int) string {
	var out []string
	for pc := from; pc < to; pc++ {
		in := p.Code[pc]
		word := fmt.Sprintf("%d:%s", pc, in.Op)
		switch in.Op {
		case ir.OpTask:
			name, _ := value.ToStr(p.Tasks[in.Task].Name.V)
			word += "(" + name + ")"
		case ir.OpBlock:
			word += fmt.Sprintf("(%d,%d,%d)", in.A, in.B, in.C)
			if in.Flag {
				word += "forced"
			}
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

func compile(t *testing.T, tasks string) *ir.Play {
	t.Helper()
	dir := t.TempDir()
	book := filepath.Join(dir, "site.yml")
	if err := os.WriteFile(book, []byte("- hosts: all\n  tasks:\n"+tasks), 0o600); err != nil {
		t.Fatal(err)
	}
	u, diags := compiler.Compile(compiler.Options{Files: []string{book}, Store: files.NewStore(), Playbook: playbook.Options{Cwd: dir, Home: dir}})
	if u == nil {
		t.Fatalf("%+v", diags.Items)
	}
	p := u.Program.Plays[0]
	if err := ir.VerifyPlay(p); err != nil {
		t.Error(err)
	}
	return p
}

func TestBlockLayout(t *testing.T) {
	for _, c := range []struct{ name, tasks, want string }{
		{"tasks", `
  - {name: a, debug: }
  - {name: b, debug: }
`, "6:task(a) 7:task(b)"},
		{"block alone is no block", `
  - block:
    - {name: a, debug: }
  - {name: b, debug: }
`, "6:task(a) 7:task(b)"},
		{"rescue and always", `
  - block:
    - {name: a, debug: }
    rescue:
    - {name: b, debug: }
    always:
    - {name: c, debug: }
  - {name: d, debug: }
`, "6:block(9,11,13) 7:task(a) 8:body-end 9:task(b) 10:rescue-end 11:task(c) 12:always-end 13:task(d)"},
		{"always alone, a block within", `
  - block:
    - block:
      - {name: a, debug: }
      rescue:
      - {name: b, debug: }
    - {name: c, debug: }
    always:
    - {name: d, debug: }
`, "6:block(-1,14,16) 7:block(10,-1,12) 8:task(a) 9:body-end 10:task(b) 11:rescue-end 12:task(c) 13:body-end 14:task(d) 15:always-end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := compile(t, c.tasks)
			section := p.Code[5] // after the facts and the section of pre_tasks
			is(t, layout(p, 6, section.B-1), c.want)
			is(t, layout(p, 5, 6), fmt.Sprintf("5:block(-1,%d,%d)forced", section.B, section.B+2))
			is(t, layout(p, section.B-1, section.C), fmt.Sprintf("%d:body-end %d:flush %d:always-end", section.B-1, section.B, section.B+1))
		})
	}
}

func is(t *testing.T, got, want string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

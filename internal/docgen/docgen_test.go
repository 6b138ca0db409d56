package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/compiler/cli"
	"pbc/ir/keyword"
	"pbc/runtime/callback"
	"pbc/runtime/eval"
	"pbc/runtime/module/builtin"
)

func TestPagesAreFresh(t *testing.T) {
	root := rootOf(t)
	for _, p := range pages {
		t.Run(p.name, func(t *testing.T) {
			_, now, want, err := p.build(root)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(now), "\n")); diff != "" {
				t.Errorf("docs/%s is stale, run make docs (-want +is):\n%s", p.name, diff)
			}
		})
	}
}

func TestNotesNameSomething(t *testing.T) {
	known := map[string]bool{}
	for _, kind := range []string{"module", "filter", "test", "lookup", "callback", "connection", "become", "strategy", "cache", "inventory", "setting"} {
		list := names(kind)
		if len(list) == 0 {
			t.Errorf("names.txt has nothing of kind %s", kind)
		}
		for _, n := range list {
			known[kind+" "+n] = true
		}
	}
	for _, k := range keyword.Table {
		known["keyword "+k.Name] = true
	}
	for _, m := range builtin.All() {
		known["module "+m.Short] = true
		known["module "+m.Name] = true
	}
	// doas is of community.general; smart and paramiko are names for other connections.
	for _, k := range []string{"become doas", "connection smart", "connection paramiko"} {
		known[k] = true
	}
	for _, p := range slices.Concat(eval.Filters(), eval.Tests()) {
		known["filter "+p.Name], known["test "+p.Name] = true, true
	}
	for key := range notes {
		if !known[key] {
			t.Errorf("a note is about %q, which nobody has", key)
		}
	}
}

func TestModulesWithoutSpecAreTold(t *testing.T) {
	for _, m := range builtin.All() {
		if m.Spec == nil && unchecked[m.Name] == "" {
			t.Errorf("module %s has no Spec: give it one, or tell its parameters in unchecked", m.Name)
		}
	}
}

func TestTablesAreThere(t *testing.T) {
	screen, extra := callback.Names()
	for what, n := range map[string]int{"options": len(cli.Options()), "screen callbacks": len(screen), "callbacks": len(extra),
		"filters": len(eval.Filters()), "tests": len(eval.Tests()), "lookups": len(eval.Lookups())} {
		if n < 2 {
			t.Errorf("%d %s", n, what)
		}
	}
}

func TestCaseTexts(t *testing.T) {
	root := rootOf(t)
	got, err := caseTexts(root, "agent/become", "sudo")
	if diff := cmp.Diff([]string{"sudo", "su", "doas"}, got); diff != "" || err != nil {
		t.Errorf("become methods (-want +got):\n%s%v", diff, err)
	}
	if _, err := caseTexts(root, "agent/become", "no such method"); err == nil {
		t.Error("a switch that is not there gave no error")
	}
}

func TestReplaceMark(t *testing.T) {
	for _, c := range []struct{ name, page, want, err string }{
		{"replaced", "a\n<!-- generated: x -->\nold\n<!-- end -->\nb\n", "a\n<!-- generated: x -->\nnew\n<!-- end -->\nb\n", ""},
		{"missing", "a\n", "", `mark "x" is missing`},
		{"open", "<!-- generated: x -->\nold\n", "", `mark "x" has no end`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := replaceMark([]byte(c.page), "x", "new\n")
			text := ""
			if err != nil {
				text = err.Error()
			}
			if string(got) != c.want || text != c.err {
				t.Errorf("got %q, %q, want %q, %q", got, text, c.want, c.err)
			}
		})
	}
}

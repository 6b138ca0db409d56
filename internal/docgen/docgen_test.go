package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/compiler/cli"
	"pbc/conformance/scenario"
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

// often are the modules that playbooks use most, or that every one can count on: each has its row.
var often = strings.Fields(`
	file command shell raw script template copy set_fact lineinfile blockinfile replace stat debug assert fail meta wait_for get_url uri pause user
	group apt package service systemd systemd_service service_facts package_facts find include_vars cron unarchive setup add_host group_by slurp fetch
	assemble tempfile getent hostname known_hosts ansible.posix.authorized_key ansible.posix.sysctl community.general.ini_file async_status ping reboot
	wait_for_connection set_stats validate_argument_spec
	git apt_repository apt_key deb822_repository yum dnf pip sysvinit community.general.archive ansible.posix.mount community.general.timezone
	community.general.alternatives community.general.locale_gen community.general.modprobe community.general.ufw iptables dpkg_selections debconf`)

func TestModulesHaveRows(t *testing.T) {
	root := rootOf(t)
	proved, err := loadProof(root)
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{}
	w.modules(proved)
	page := w.String()
	for _, name := range often {
		_, rest, ok := strings.Cut(page, "| `"+name+"` | ")
		state, _, _ := strings.Cut(rest, " |")
		if !ok || !strings.HasPrefix(state, string(same)) && state != string(differs) {
			t.Errorf("module %s has no row that says it is supported, got state %q", name, state)
		}
	}
	for _, m := range builtin.All() {
		if _, ok := unmodified[m.Name]; ok {
			t.Errorf("module %s is native, and said to be Ansible's own", m.Name)
		}
	}
}

func TestModulesOfScenario(t *testing.T) {
	s := &scenario.Scenario{Files: []scenario.File{
		{Path: "p.yml", Data: "- hosts: all\n  gather_facts: no\n  vars: {l: [{not: 1}]}\n  tasks:\n  - block:\n    - ansible.posix.mount: {user: x}\n    rescue:\n    - action: copy a=b\n"},
		{Path: "f.txt", Data: "- file:\n"}, {Path: "t.yml", Data: "- {local_action: x, ping: }\n"}, {Path: "bad.yml", Data: "- a: [\n"}}}
	got := modulesOf(s)
	for _, name := range []string{"mount", "copy", "ping"} {
		if !got[name] {
			t.Errorf("module %s was not found in %v", name, got)
		}
	}
	for _, name := range []string{"not", "user", "file", "gather_facts"} {
		if got[name] {
			t.Errorf("%s was taken for a module", name)
		}
	}
}

func TestTablesAreThere(t *testing.T) {
	screen, extra := callback.Names()
	for what, n := range map[string]int{"options": len(cli.Options(false)), "screen callbacks": len(screen), "callbacks": len(extra),
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

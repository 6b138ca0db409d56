package sidebyside

import (
	"fmt"
	"github.com/google/go-cmp/cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pbc/conformance/oracle"
)

// script stands for a program: it says where and how it was called, and makes a file unless it is in check mode.
const script = `#!/bin/sh
echo "in $PWD with $*, forks $ANSIBLE_FORKS"
printf '{"event":"ok","host":"one","result":{"dest":"%%s/made"}}\n' "$PWD" >> "$PBC_EVENT_LOG"
case "$*" in *--check*) ;; *) cat input > made ;; esac
%s
`

func program(t *testing.T, more string) *oracle.Program {
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, fmt.Appendf(nil, script, more), 0o755); err != nil {
		t.Fatal(err)
	}
	return &oracle.Program{Path: path}
}

func TestRun(t *testing.T) {
	tests := []struct {
		name string
		set  func(*Options)
		pbc  string // what pbc does besides
		want string // where they differ
	}{
		{"check", func(o *Options) {}, "", ""},
		{"check differs", func(o *Options) {}, "exit 3", "exit"},
		{"copies", func(o *Options) { o.Apply, o.Copies = true, true }, "", ""},
		{"copies differ", func(o *Options) { o.Apply, o.Copies = true, true }, "chmod 0600 made", "tree"},
		{"inventories", func(o *Options) { o.Apply, o.Inventories = true, [2][]string{{"hosts-a"}, {"hosts-b"}} }, "rm made", ""},
		{"inventories differ", func(o *Options) { o.Apply, o.Inventories = true, [2][]string{{"hosts-a"}, {"hosts-b"}} }, "echo x", "stdout"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "input"), []byte("x\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			o := Options{
				Ansible: program(t, ""), Pbc: program(t, test.pbc), Dir: dir, Args: []string{"site.yml"},
				Env: []string{"PATH=" + os.Getenv("PATH")},
			}
			test.set(&o)
			report, err := Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			var where []string
			for _, d := range report.Differences {
				where = append(where, d.Where)
			}
			if got := strings.Join(where, " "); got != test.want {
				t.Errorf("got differences in %q, want %q: %v", got, test.want, report.Differences)
			}
			if _, err := os.Stat(filepath.Join(dir, "made")); err == nil && (!o.Apply || o.Copies) {
				t.Error("the user's folder was changed")
			}
		})
	}
}

func TestRunRefuses(t *testing.T) {
	tests := []struct {
		name string
		set  func(*Options)
	}{
		{"applying twice to one thing", func(o *Options) { o.Apply = true }},
		{"one inventory", func(o *Options) { o.Apply, o.Inventories[0] = true, []string{"a"} }},
		{"copies and inventories", func(o *Options) { o.Apply, o.Copies, o.Inventories = true, true, [2][]string{{"a"}, {"b"}} }},
		{"copies in check mode", func(o *Options) { o.Copies = true }},
		{"one program", func(o *Options) { o.Pbc = nil }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := Options{Ansible: program(t, ""), Pbc: program(t, ""), Dir: t.TempDir()}
			test.set(&o)
			if _, err := Run(t.Context(), o); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestMomentaryFactsDoNotCount(t *testing.T) {
	facts := map[string]any{"ansible_uptime_seconds": 1, "ansible_interfaces": []any{"lo", "eth0"}, "ansible_hostname": "h",
		"ansible_env": map[string]any{"HOME": "/h", "SSH_CLIENT": "x"}, "ansible_mounts": []any{map[string]any{"mount": "/", "block_used": 1}}}
	steady(facts)
	want := map[string]any{"ansible_interfaces": []any{"eth0", "lo"}, "ansible_hostname": "h",
		"ansible_env": map[string]any{"HOME": "/h"}, "ansible_mounts": []any{map[string]any{"mount": "/"}}}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

package builtin

import (
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"pbc/ir/expr"
)

// steady is a call of a module for what all modules promise: in check mode it changes nothing, and tells what it would do;
// done once it changes something, done again nothing.
type steady struct {
	setup []string
	call  string
	// reads: the module never changes anything.
	reads bool
}

// unsteady are the modules without such a call, and why.
var unsteady = map[string]string{
	"raw":           "it runs what it is given each time; in check mode the machine skips it",
	"script":        "the same, and what keeps it from running again is the machine's",
	"tempfile":      "each call makes another",
	"setup":         "runtime/fact has its tests",
	"service_facts": "runtime/fact has its tests", "package_facts": "runtime/fact has its tests",
	"async_status":    "it follows a job of the machine; scenario async_status",
	"systemd_service": "another name of systemd",
}

var steadies = map[string]steady{
	"command":     {call: `command {"_raw_params": "touch @D@/made", "creates": "@D@/made"}`},
	"shell":       {call: `shell {"_raw_params": "echo > @D@/made", "creates": "@D@/made"}`},
	"file":        {setup: []string{"file f 0644 x"}, call: `file {"path": "@D@/f", "mode": "0600"}`},
	"copy":        {setup: []string{"file f 0644 x"}, call: `copy {"content": "new\n", "dest": "@D@/f", "mode": "0600", "backup": false}`},
	"template":    {setup: []string{"file t 0644 text", "file f 0644 x"}, call: `template {"src": "@D@/t", "dest": "@D@/f"}`},
	"lineinfile":  {setup: []string{"file f 0644 a=1\\n"}, call: `lineinfile {"path": "@D@/f", "regexp": "^a=", "line": "a=2"}`},
	"blockinfile": {setup: []string{"file f 0644 a\\n"}, call: `blockinfile {"path": "@D@/f", "block": "b\nc"}`},
	"replace":     {setup: []string{"file f 0644 aa\\n"}, call: `replace {"path": "@D@/f", "regexp": "a", "replace": "b"}`},
	"assemble":    {setup: []string{"dir frag 0755", "file frag/1 0644 a\\n", "file frag/2 0644 b\\n"}, call: `assemble {"src": "@D@/frag", "dest": "@D@/out"}`},
	"find":        {setup: []string{"file f 0644 x"}, call: `find {"paths": "@D@"}`, reads: true},
	"stat":        {setup: []string{"file f 0644 x"}, call: `stat {"path": "@D@/f"}`, reads: true},
	"slurp":       {setup: []string{"file f 0644 x"}, call: `slurp {"src": "@D@/f"}`, reads: true},
	"wait_for":    {setup: []string{"file f 0644 x"}, call: `wait_for {"path": "@D@/f", "timeout": 1}`, reads: true},
	"ping":        {call: `ping {}`, reads: true},
	"getent":      {call: `getent {"database": "passwd", "key": "root"}`, reads: true},
	"group":       {call: `group {"name": "root"}`, reads: true}, // scenario group changes some, with tools of its own
	"cron":        {setup: []string{"dir d 0755", "dir bin 0755", "file bin/crontab 0755 "}, call: env + `cron {"name": "a", "job": "b", "cron_file": "@D@/d/c", "user": "root"}`},
	"sysctl":      {setup: []string{"file conf 0644 a.b=1\\n", "dir bin 0755", "file bin/sysctl 0755 #!/bin/sh\\n"}, call: env + `ansible.posix.sysctl {"name": "a.b", "value": "2", "sysctl_file": "@D@/conf", "reload": false}`},
	"systemd": {setup: []string{"dir bin 0755", "dir bin/state 0755", "file bin/systemctl 0755 " + fakeSystemctl, "file bin/state/log 0644 ", "file bin/state/web 0644 ActiveState=inactive\\n"},
		call: env + `systemd {"name": "web", "state": "started", "enabled": true}`},
}

// TestSteady holds every module to what modules promise.
func TestSteady(t *testing.T) {
	for _, m := range All() {
		s, ok := steadies[m.Short]
		if _, not := unsteady[m.Short]; ok == not {
			t.Errorf("%s has to be in one of the two tables: steadies, or unsteady with the reason", m.Short)
		}
		if !ok {
			continue
		}
		for _, d := range dialects {
			t.Run(d.name+"/"+m.Short, func(t *testing.T) {
				changes := steadyResults(t, d.is, scenario{setup: s.setup, steps: []string{"check " + s.call, "check diff " + s.call, s.call, "check " + s.call, s.call, "diff " + s.call}})
				told := !s.reads && m.Spec.For(d.is, false).CheckMode // without a check mode it is skipped
				want := []any{told, told, !s.reads, false, false, false}
				if diff := gocmp.Diff(want, changes); diff != "" {
					t.Errorf("changed: check, check with diff, done, check, again, again with diff (-want +got)\n%s", diff)
				}
			})
		}
	}
}

// steadyResults runs the steps, sees that those in check mode leave the files as they are, and returns what each
// says of "changed".
func steadyResults(t *testing.T, d expr.Dialect, sc scenario) []any {
	t.Helper()
	dir := t.TempDir()
	place(t, dir, sc)
	files := func() []string {
		return slices.DeleteFunc(tree(t, dir), func(line string) bool { return strings.Contains(line, "/log ") })
	}
	before := files()
	var changes []any
	for _, step := range sc.steps {
		step = strings.ReplaceAll(step, "@D@", dir)
		res, _ := plain(runStep(t, d, parseStep(step), t.TempDir())).(map[string]any)
		changed, told := res["changed"]
		if !told {
			changed = false
		}
		if res["failed"] == true {
			t.Errorf("%s: got %v", step, res)
		}
		changes = append(changes, changed)
		after := files()
		if diff := gocmp.Diff(before, after); diff != "" && (changed == false || parseStep(step).check) {
			t.Errorf("%s: changed=%v, and files changed\n%s", step, changed, diff)
		}
		before = after
	}
	return changes
}

package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pbc/conformance/compare"
	"pbc/conformance/oracle"
	"pbc/conformance/scenario"
)

// actor is a program that does what a playbook program could: prints, logs events, changes files. With %s it does one thing otherwise.
const actor = `#!/bin/sh
umask 022
echo "PLAY [all] at $PWD for $*"
echo "[WARNING]: careful" >&2
echo '{"event":"ok","host":"one","task":"x","action":"command","result":{"changed":true,"start":"2026-11-22 15:54:55.16"}}' >> "$PBC_EVENT_LOG"
echo text > made
chmod 0640 made
ln -s made link
mkdir -p "$HOME/.ansible/tmp"
status=2
%s
exit $status
`

// TestSuiteSees runs two programs through a scenario, place, log, snapshot and all, and holds that what they do otherwise is seen.
func TestSuiteSees(t *testing.T) {
	tests := []struct {
		name   string
		change string
		where  string // "" when the two agree
	}{
		{"nothing", "", ""},
		{"ansible's own folder", `touch "$HOME/.ansible/tmp/x"`, ""},
		{"another time", `sed -i s/15:54:55.16/16:00:00.17/ "$PBC_EVENT_LOG"`, ""},
		{"output", "echo more", "stdout"},
		{"a warning", "echo more >&2", "stderr"},
		{"exit code", "status=0", "exit"},
		{"killed", "kill -9 $$", "exit"},
		{"a mode", "chmod 0600 made", "tree"},
		{"a content", "echo more >> made", "tree"},
		{"a file more", "touch more", "tree"},
		{"a file less", "rm made", "tree"},
		{"a file in the home", `touch "$HOME/more"`, "tree"},
		{"a link", "ln -sfn other link", "tree"},
		{"a folder's mode", "chmod 0700 kept", "tree"},
		{"a result", `sed -i s/true/false/ "$PBC_EVENT_LOG"`, "events"},
		{"an event less", `: > "$PBC_EVENT_LOG"`, "events"},
		{"an event more", `echo '{"event":"stats"}' >> "$PBC_EVENT_LOG"`, "events"},
	}
	s, err := scenario.Parse("area/meta", []byte("Shows.\n\ndir: kept\n-- playbook.yml --\n[]\n"))
	if err != nil {
		t.Fatal(err)
	}
	normaliser := compare.NewNormaliser()
	expected, err := program(t, "").RunScenario(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			suite := &Suite{Subject: program(t, test.change), Normaliser: normaliser}
			report, err := suite.Judge(t.Context(), s, normaliser.Outcome(expected))
			if err != nil {
				t.Fatal(err)
			}
			var where []string
			for _, d := range report.Differences {
				where = append(where, d.Where)
			}
			if got := strings.Join(where, " "); got != test.where || report.Equal != (test.where == "") {
				t.Errorf("got differences in %q, want them in %q", got, test.where)
			}
		})
	}
}

// program makes an executable of the actor.
func program(t *testing.T, change string) *oracle.Program {
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, fmt.Appendf(nil, actor, change), 0o755); err != nil {
		t.Fatal(err)
	}
	return &oracle.Program{Path: path}
}

func TestAccept(t *testing.T) {
	out := func(stdout, mode string, exit int) compare.Outcome {
		return compare.Outcome{Runs: []compare.Run{{
			Stdout: stdout, Exit: exit,
			Events: []compare.Event{{Event: "play", Name: stdout}},
			Tree:   []compare.Entry{{Path: "f", Change: "made", Mode: mode}},
		}}}
	}
	tests := []struct {
		name, accept string
		want, got    compare.Outcome
		equal        bool
		err          string
	}{
		{"a line", "stdout /^b.*\\n/ why", out("a\n", "", 0), out("a\nbb\n", "", 0), false, ""},
		{"the whole difference", "stdout /\\d/ why", compare.Outcome{Runs: []compare.Run{{Stdout: "1"}}}, compare.Outcome{Runs: []compare.Run{{Stdout: "2"}}}, true, ""},
		{"a mode", "tree /0\\d{3}/ why", out("a", "0600", 0), out("a", "0644", 0), true, ""},
		{"an event", "events /^.*\"play\".*\\n/ why", compare.Outcome{Runs: []compare.Run{{}}}, compare.Outcome{Runs: []compare.Run{{Events: []compare.Event{{Event: "play"}}}}}, true, ""},
		{"an exit code", "exit /^[14]$/ why", out("a", "", 1), out("a", "", 4), true, ""},
		{"another exit code", "exit /^[14]$/ why", out("a", "", 1), out("a", "", 5), false, ""},
		{"nothing", "stdout /zzz/ why", out("a", "", 0), out("a", "", 0), false, "matches nothing"},
		{"half an event", "events /\\{/ why", out("a", "", 0), out("a", "", 0), false, "event 1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := scenario.Parse("area/name", []byte("Shows.\n\naccept: "+test.accept+"\n-- playbook.yml --\n"))
			if err != nil {
				t.Fatal(err)
			}
			report, err := Compare(s, test.want, test.got)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("got %v, want an error with %q", err, test.err)
				}
				return
			}
			if err != nil || report.Equal != test.equal {
				t.Errorf("got equal %v, %v, want %v", report.Equal, err, test.equal)
			}
		})
	}
}

package oracle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/conformance/compare"
	"pbc/conformance/scenario"
)

func parse(t *testing.T, text string) *scenario.Scenario {
	s, err := scenario.Parse("area/name", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const text = "Shows.\n\nruns: 2\n-- playbook.yml --\n[]\n"

func TestRecordings(t *testing.T) {
	r := Recordings{Dir: t.TempDir()}
	s := parse(t, text)
	if _, err := r.Load(s); err == nil || !strings.Contains(err.Error(), "no recording of area/name") {
		t.Errorf("got %v, want an error for no recording", err)
	}
	want := compare.Outcome{Runs: []compare.Run{
		{
			Exit: 2, Stdout: "no end", Stderr: "\n\nblank lines\n\n",
			Events: []compare.Event{{Event: "play", Name: "<all> & more"}},
			Tree:   []compare.Entry{{Path: "w/a", Change: "made", Kind: "file", Mode: "0644", Text: "-- x --\n"}},
		},
		{Stdout: "x\n"},
	}}
	if err := r.Save(s, "2.14.18", want); err != nil {
		t.Fatal(err)
	}
	got, err := r.Load(s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	changed := parse(t, text+"-- more --\n")
	if _, err := r.Load(changed); err == nil || !strings.Contains(err.Error(), "stale") {
		t.Errorf("got %v, want an error for a stale recording", err)
	}
	if orphans, err := r.Orphans([]*scenario.Scenario{changed}); err != nil || len(orphans) != 1 {
		t.Errorf("got %v, %v, want one orphan", orphans, err)
	}
	if err := r.Save(changed, "2.14.18", want); err != nil {
		t.Fatal(err)
	}
	if files, err := filepath.Glob(filepath.Join(r.Dir, "*")); err != nil || len(files) != 1 {
		t.Errorf("got %v, %v, want only the new recording", files, err)
	}
}

func TestRecordingsRefuse(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"a run too many", "-- 1/exit --\n0\n-- 2/exit --\n0\n-- 3/exit --\n0\n", "want a run from 1 to 2"},
		{"a run too few", "-- 1/exit --\n0\n", "got 1 exit codes"},
		{"unknown part", "-- 1/exit --\n0\n-- 2/exit --\n0\n-- 2/more --\n", "unknown part"},
		{"bad exit code", "-- 1/exit --\nx\n-- 2/exit --\n0\n", "invalid syntax"},
		{"bad events", "-- 1/exit --\n0\n-- 1/events --\n{\n-- 2/exit --\n0\n", "event 1"},
		{"bad tree", "-- 1/exit --\n0\n-- 1/tree --\n{\n-- 2/exit --\n0\n", "unexpected end"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := Recordings{Dir: t.TempDir()}
			s := parse(t, text)
			if err := os.WriteFile(r.path(s), []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := r.Load(s)
			if err == nil || !strings.Contains(err.Error(), test.want) && !strings.Contains(err.Error(), "EOF") {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestRecordingCannotKeep(t *testing.T) {
	r := Recordings{Dir: t.TempDir()}
	s := parse(t, text)
	out := compare.Outcome{Runs: []compare.Run{{Stdout: "a\n-- 1/stderr --\nb\n"}, {}}}
	if err := r.Save(s, "2.14.18", out); err == nil {
		t.Error("an outcome that reads back as another one was saved")
	}
}

func TestDialect(t *testing.T) {
	for version, want := range map[string]string{"2.14.18": "classic", "2.18.1": "classic", "2.19.0": "tagged", "3.0.0": "tagged", "2.20.0rc1": "tagged"} {
		t.Run(version, func(t *testing.T) {
			if got := (&Program{Version: version}).Dialect(); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

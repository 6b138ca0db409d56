package compare

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sample is an outcome with something of everything.
func sample() Outcome {
	no := false
	return Outcome{Runs: []Run{{
		Exit:   2,
		Stdout: "PLAY [all] ***\n\nTASK [x] ***\nok: [one]\n",
		Stderr: "[WARNING]: careful\n",
		Events: []Event{
			{Event: "play", Name: "all"},
			{Event: "task", Task: "x", Action: "command"},
			{Event: "failed", Host: "one", Task: "x", Action: "command", Ignored: &no,
				Result: map[string]any{"changed": true, "rc": json.Number("1"), "cmd": []any{"false"}}},
			{Event: "item_ok", Host: "one", Task: "x", Action: "command", Item: json.Number("1"), Result: map[string]any{}},
			{Event: "stats", Hosts: map[string]any{"one": map[string]any{"ok": json.Number("1")}}},
		},
		Tree: []Entry{
			{Path: "w/f", Change: "made", Kind: "file", Mode: "0644", Text: "x\n"},
			{Path: "w/l", Change: "made", Kind: "link", Text: "f"},
		},
	}, {Exit: 0}}}
}

// TestOutcomesSees holds that each kind of difference is seen, and said to be where it is.
func TestOutcomesSees(t *testing.T) {
	yes := true
	tests := []struct {
		name   string
		mutate func(*Outcome)
		where  string
	}{
		{"exit code", func(o *Outcome) { o.Runs[0].Exit = 0 }, "exit"},
		{"exit code of a later run", func(o *Outcome) { o.Runs[1].Exit = 1 }, "exit"},
		{"a run less", func(o *Outcome) { o.Runs = o.Runs[:1] }, "runs"},
		{"one character printed", func(o *Outcome) { o.Runs[0].Stdout += " " }, "stdout"},
		{"a line missing", func(o *Outcome) { o.Runs[0].Stdout = "PLAY [all] ***\n\nok: [one]\n" }, "stdout"},
		{"a warning missing", func(o *Outcome) { o.Runs[0].Stderr = "" }, "stderr"},
		{"an event missing", func(o *Outcome) { o.Runs[0].Events = o.Runs[0].Events[1:] }, "events"},
		{"an event too many", func(o *Outcome) { o.Runs[0].Events = append(o.Runs[0].Events, Event{Event: "play"}) }, "events"},
		{"events in another order", func(o *Outcome) {
			e := o.Runs[0].Events
			e[0], e[1] = e[1], e[0]
		}, "events"},
		{"an ignored failure", func(o *Outcome) { o.Runs[0].Events[2].Ignored = &yes }, "events"},
		{"a value in a result", func(o *Outcome) { o.Runs[0].Events[2].Result.(map[string]any)["changed"] = false }, "events"},
		{"a number's kind", func(o *Outcome) { o.Runs[0].Events[2].Result.(map[string]any)["rc"] = json.Number("1.0") }, "events"},
		{"a key missing", func(o *Outcome) { delete(o.Runs[0].Events[2].Result.(map[string]any), "rc") }, "events"},
		{"a key too many", func(o *Outcome) { o.Runs[0].Events[2].Result.(map[string]any)["more"] = nil }, "events"},
		{"an item", func(o *Outcome) { o.Runs[0].Events[3].Item = "1" }, "events"},
		{"a statistic", func(o *Outcome) { o.Runs[0].Events[4].Hosts = map[string]any{} }, "events"},
		{"a mode", func(o *Outcome) { o.Runs[0].Tree[0].Mode = "0600" }, "tree"},
		{"an owner", func(o *Outcome) { o.Runs[0].Tree[0].Owner = "a:b" }, "tree"},
		{"a content", func(o *Outcome) { o.Runs[0].Tree[0].Text = "y\n" }, "tree"},
		{"a link's target", func(o *Outcome) { o.Runs[0].Tree[1].Text = "g" }, "tree"},
		{"a file missing", func(o *Outcome) { o.Runs[0].Tree = o.Runs[0].Tree[:1] }, "tree"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := sample()
			test.mutate(&got)
			report := Outcomes(sample(), got)
			if report.Equal || len(report.Differences) == 0 {
				t.Fatal("the difference is not seen")
			}
			for _, d := range report.Differences {
				if d.Where != test.where || strings.TrimSpace(d.Diff) == "" {
					t.Errorf("got a difference in %s: %q, want one in %s", d.Where, d.Diff, test.where)
				}
			}
		})
	}
	if report := Outcomes(sample(), sample()); !report.Equal {
		t.Errorf("an outcome differs from itself: %v", report.Differences)
	}
}

func TestReport(t *testing.T) {
	got := sample()
	got.Runs[0].Stdout = "PLAY [all] ***\n\nTASK [x] ***\nchanged: [one]\n"
	got.Runs[1].Exit = 3
	report := Outcomes(sample(), got)
	var text bytes.Buffer
	if err := report.WriteText(&text, "ansible-playbook", "pbc"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"ansible-playbook (-) and pbc (+) differ in 2 places\n", "    - ok: [one]\n", "    + changed: [one]\n", "exit of run 2\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
	var data bytes.Buffer
	if err := report.WriteJSON(&data); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Equal       bool
		Differences []struct {
			Run         int
			Where, Diff string
		}
	}
	if err := json.Unmarshal(data.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if back.Equal || len(back.Differences) != 2 || back.Differences[1].Run != 2 || back.Differences[1].Where != "exit" {
		t.Errorf("got %+v", back)
	}
}

func TestNormaliseText(t *testing.T) {
	n := NewNormaliser()
	tests := []struct{ name, in, want string }{
		{"times", `"delta": "0:00:00.004753", "end": "2026-11-22 15:54:55.166501"`, `"delta": "<delta>", "end": "<time>"`},
		{"stat", `"atime": 1795361866.25, "size": 5, "inode": 42`, `"atime": <number>, "size": 5, "inode": <number>`},
		{"temporary folder", "/h/.ansible/tmp/ansible-tmp-1795.5-77-889/source", "/h/.ansible/tmp/ansible-tmp-<name>/source"},
		{"local folder", "/h/.ansible/tmp/ansible-local-77ab_c1/tmpq_2x8abc", "/h/.ansible/tmp/ansible-local-<name>/tmp<name>"},
		{"local content", "/h/.ansible/tmp/ansible-local-77ab_c1/.sedflau6", "/h/.ansible/tmp/ansible-local-<name>/.<name>"},
		{"backup", "f.9482.2026-11-22@16:01:02~", "f.<backup>~"},
		{"version", `"version": "2919215", "v": "2919215"`, `"version": "<number>", "v": "2919215"`},
		{"short version stays", `"version": "1.2"`, `"version": "1.2"`},
		{"words stay", "tmpfiles temporary 12:30 2026-11-22", "tmpfiles temporary 12:30 2026-11-22"},
		{"the plugin's line", "a\nLoading callback plugin pbc_events of type x\nb\n", "a\nb\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := n.text(test.in); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestNormaliseValues(t *testing.T) {
	n := NewNormaliser()
	n.self = map[string]string{"uid": "1000", "gid": "100", "user": "me", "group": "us"}
	in := map[string]any{
		"uid": json.Number("1000"), "owner": "me", "group": "others", "mtime": json.Number("5.5"), "size": json.Number("5"),
		"exception": "Traceback (most recent call last):\n  File \"x\", line 1\nValueError: bad\n",
		"name":      "me", "list": []any{map[string]any{"gid": json.Number("100"), "start": "2026-11-22 15:54:55.1"}},
	}
	want := map[string]any{
		"uid": "<me>", "owner": "<me>", "group": "others", "mtime": "<number>", "size": json.Number("5"),
		"exception": "<traceback>\nValueError: bad",
		"name":      "me", "list": []any{map[string]any{"gid": "<me>", "start": "<time>"}},
	}
	if diff := cmp.Diff(want, n.value("", in)); diff != "" {
		t.Error(diff)
	}
}

func TestChanges(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	take := func() Snapshot {
		shot, err := Take(dir, func(path string) bool { return path == "skipped" })
		if err != nil {
			t.Fatal(err)
		}
		return shot
	}
	write("same", "x", 0o644)
	write("mode", "x", 0o644)
	write("text", "x", 0o644)
	write("gone", "x", 0o644)
	write("skipped", "x", 0o644)
	before := take()
	write("mode", "x", 0o600|os.ModeSetuid)
	write("text", "y", 0o644)
	write("skipped", "y", 0o600)
	write("binary", "\x00\xff", 0o644)
	if err := os.Remove(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("same", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	want := []Entry{
		{Path: "binary", Change: "made", Kind: "file", Mode: "0644", Text: content([]byte("\x00\xff"))},
		{Path: "gone", Change: "gone"},
		{Path: "link", Change: "made", Kind: "link", Text: "same"},
		{Path: "mode", Change: "changed", Kind: "file", Mode: "4600", Text: "x"},
		{Path: "text", Change: "changed", Kind: "file", Mode: "0644", Text: "y"},
	}
	if diff := cmp.Diff(want, Changes(before, take())); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(want[0].Text, "sha256:") {
		t.Errorf("got %q, want a digest", want[0].Text)
	}
}

func TestReadEvents(t *testing.T) {
	events := sample().Runs[0].Events
	back, err := ReadEvents(bytes.NewReader(WriteEvents(events)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(events, back); diff != "" {
		t.Error(diff)
	}
	for name, text := range map[string]string{"unknown field": `{"event":"ok","nonsense":1}`, "half a line": `{"event":`} {
		t.Run(name, func(t *testing.T) {
			if _, err := ReadEvents(strings.NewReader(text)); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func FuzzReadEvents(f *testing.F) {
	f.Add(string(WriteEvents(sample().Runs[0].Events)))
	f.Fuzz(func(t *testing.T, text string) {
		events, err := ReadEvents(strings.NewReader(text))
		if err != nil {
			return
		}
		if _, err := ReadEvents(bytes.NewReader(WriteEvents(events))); err != nil {
			t.Errorf("what was written is not read: %v", err)
		}
	})
}

// TestSettledResults: what two threads of Ansible tell has one order, and nothing else is moved.
func TestSettledResults(t *testing.T) {
	read := func(lines string) (events []Event) {
		for _, line := range strings.Fields(lines) {
			event, host, _ := strings.Cut(line, ":")
			events = append(events, Event{Event: event, Host: host})
		}
		return events
	}
	settled := "task item_ok:a item_ok:a ok:a notify:a retry:b item_ok:b ok:b task ok:a ok:b"
	for _, told := range []string{
		settled,
		"task item_ok:a item_ok:a retry:b ok:a notify:a item_ok:b ok:b task ok:a ok:b",
		"task item_ok:a item_ok:a retry:b item_ok:b ok:a notify:a ok:b task ok:a ok:b",
	} {
		got := NewNormaliser().Outcome(Outcome{Runs: []Run{{Events: read(told)}}})
		if diff := cmp.Diff(NewNormaliser().Outcome(Outcome{Runs: []Run{{Events: read(settled)}}}), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", told, diff)
		}
	}
	for _, other := range []string{
		"task item_ok:a ok:a item_ok:a notify:a retry:b item_ok:b ok:b task ok:a ok:b",
		"task item_ok:a item_ok:a ok:a notify:a retry:b item_ok:b ok:b task ok:b ok:a",
	} {
		got := NewNormaliser().Outcome(Outcome{Runs: []Run{{Events: read(other)}}})
		if cmp.Equal(NewNormaliser().Outcome(Outcome{Runs: []Run{{Events: read(settled)}}}), got) {
			t.Errorf("%s is taken for %s", other, settled)
		}
	}
}

// TestSettledScreen: the same on the screen, where a result may take several lines.
func TestSettledScreen(t *testing.T) {
	settled := `
TASK [t] ***
ok: [a] => (item=1) => {
    "msg": "m"
}
[ERROR]: Task failed: f
Origin: playbook.yml:1:2

1 - fail:
    ^ column 2

failed: [a] (item=2) => {"msg": "f"}
[ERROR]: Task failed: One or more items failed
Origin: playbook.yml:1:2

1 - fail:
    ^ column 2

fatal: [a]: FAILED! => {"msg": "One or more items failed"}
...ignoring
FAILED - RETRYING: [b]: t (1 retries left).
skipping: [b -> c] => (item=1)
skipping: [b]

TASK [u] ***
 [started TASK: u on a]
 [started TASK: u on b]
ok: [a] => {
    "msg": "m"
}
ok: [b]
`
	const (
		failure = "[ERROR]: Task failed: One or more items failed\nOrigin: playbook.yml:1:2\n\n1 - fail:\n    ^ column 2\n\nfatal: [a]: FAILED! => {\"msg\": \"One or more items failed\"}\n...ignoring\n"
		retry   = "FAILED - RETRYING: [b]: t (1 retries left).\n"
		item    = "skipping: [b -> c] => (item=1)\n"
		skipped = "skipping: [b]\n"
		startA  = " [started TASK: u on a]\n"
		startB  = " [started TASK: u on b]\n"
		resultA = "ok: [a] => {\n    \"msg\": \"m\"\n}\n"
		resultB = "ok: [b]\n"
	)
	for _, tt := range []struct {
		name, first, second string // what changes places
		same                bool
	}{
		{"nothing", "", "", true},
		{"a result, with its error, and another's retry", failure, retry, true},
		{"a start and a result", startB, resultA, true},
		{"starts", startA, startB, false},
		{"an item and the result of its own host", item, skipped, false},
		{"results", resultA, resultB, false},
	} {
		if !strings.Contains(settled, tt.first+tt.second) {
			t.Fatalf("%s: not on the screen", tt.name)
		}
		told := strings.Replace(settled, tt.first+tt.second, tt.second+tt.first, 1)
		if got := settleScreen(told); (got == settled) != tt.same {
			t.Errorf("%s: same is %v, got:\n%s", tt.name, !tt.same, got)
		}
	}
}

package callback

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"pbc/ir/value"
)

// TestRecordings plays the events that made the real ansible-playbook print something to our callbacks,
// and expects the same bytes. testdata/record.py makes the recordings.
func TestRecordings(t *testing.T) {
	files, err := filepath.Glob("testdata/recordings/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("got %d recordings (%v), want them all", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txtar"), func(t *testing.T) { play(t, f) })
	}
}

func play(t *testing.T, file string) {
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rec := map[string]string{}
	for _, f := range ar.Files {
		rec[f.Name] = string(f.Data)
	}
	var out, errs bytes.Buffer
	s := NewScreen(&out, &errs)
	o := recordedOptions(t, string(ar.Comment))
	if o.ForceColor {
		s.Palette = o.Palette
	}
	o.JUnit.OutputDir = t.TempDir()
	var logged bytes.Buffer
	if o.LogPath != "" {
		s.Log, s.LogPrefix = &logged, func(string) string { return logPrefix(sunday(), 1, "user", "") }
	}
	cb, err := New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSuffix(rec["events"], "\n"), "\n") {
		e, err := decodeEvent(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		cb.Handle(e)
	}
	if err := cb.Close(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(lines(normalised(o, rec["stdout"])), lines(normalised(o, out.String()))); d != "" {
		t.Errorf("stdout (-ansible +pbc):\n%s", d)
	}
	if d := cmp.Diff(lines(withoutAddress(rec["stderr"])), lines(withoutAddress(errs.String()))); d != "" {
		t.Errorf("stderr (-ansible +pbc):\n%s", d)
	}
	if d := cmp.Diff(lines(logHeads.ReplaceAllString(rec["log"], "")), lines(logHeads.ReplaceAllString(logged.String(), ""))); d != "" {
		t.Errorf("log file (-ansible +pbc):\n%s", d)
	}
	if d := cmp.Diff(lines(withoutTimes(rec["junit"])), lines(withoutTimes(junitReportIn(t, o.JUnit.OutputDir)))); d != "" {
		t.Errorf("junit (-ansible +pbc):\n%s", d)
	}
}

var addresses = regexp.MustCompile(`(?m)0x7f[0-9a-f]{10}|^'[-0-9a-f]+'$`)

// withoutAddress takes addresses and identifiers out of the warnings about plugins that failed.
func withoutAddress(s string) string { return addresses.ReplaceAllString(s, "0x") }

// junitReportIn is the report in a folder, empty when there is none.
func junitReportIn(t *testing.T, dir string) string {
	reports, err := filepath.Glob(dir + "/playbook-*.xml")
	if err != nil || len(reports) > 1 {
		t.Fatalf("got reports %v, %v; want one", reports, err)
	}
	if len(reports) == 0 {
		return ""
	}
	b, err := os.ReadFile(reports[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// logHeads are the time, process and user at the head of the log's entries.
var logHeads = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} p=\d+ u=\w+ n=ansible \| `)

var junitTimes = regexp.MustCompile(` time="[^"]*"`)

func withoutTimes(s string) string { return junitTimes.ReplaceAllString(s, ` time=""`) }

func lines(s string) []string { return strings.SplitAfter(s, "\n") }

var (
	jsonTimes    = regexp.MustCompile(`("(?:start|end)": "[-0-9]+T[^"]*Z"|"id": "[^"]*")`)
	profileTimes = regexp.MustCompile(`(?m)^.*day \d\d .* \(\d:\d\d:\d\d\.\d{3}\) .*\*+ $|-+ \d+\.\d\ds$|^Playbook run took .* seconds$`)
	digits       = regexp.MustCompile(`\d`)
)

// normalised takes out what differs by nature: times, and the json callback's identifiers.
func normalised(o Options, s string) string {
	if o.Stdout == "json" {
		s = jsonTimes.ReplaceAllStringFunc(s, func(m string) string { return m[:strings.IndexByte(m, ':')] })
	}
	if len(o.Enabled) > 0 {
		s = profileTimes.ReplaceAllStringFunc(s, func(m string) string { return digits.ReplaceAllString(m, "0") })
	}
	return s
}

// sunday is a time whose text is as long as that of the day of the recordings.
func sunday() time.Time { return time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC) }

// recordedOptions are the settings of the run that a recording's head describes.
func recordedOptions(t *testing.T, head string) Options {
	env := map[string]string{}
	verbosity, check, diff := 0, false, false
	for _, line := range strings.Split(head, "\n") {
		key, text, _ := strings.Cut(line, ": ")
		switch key {
		case "env":
			k, v, _ := strings.Cut(text, "=")
			env[k] = v
		case "verbosity":
			verbosity = int(text[0] - '0')
		case "check":
			check = text == "true"
		case "diff":
			diff = text == "true"
		}
	}
	o, err := ReadOptions(EnvLookup(func(k string) (string, bool) { v, ok := env[k]; return v, ok }))
	if err != nil {
		t.Fatal(err)
	}
	o.Verbosity, o.Check, o.Diff, o.Clock = verbosity, check, diff, sunday
	return o
}

func decodeEvent(line string) (Event, error) {
	v, err := value.ParseJSON([]byte(line))
	if err != nil {
		return nil, err
	}
	d := v.(*value.Dict)
	str := func(k string) string { return textKey(d, k) }
	flag := func(k string) bool { return truthyKey(d, k) }
	switch event := str("event"); event {
	case "start":
		return PlaybookStart{Path: str("path"), Options: sub(d, "options")}, nil
	case "play_start":
		return PlayStart{ID: str("id"), Name: str("name"), Path: str("path"), Strategy: str("strategy"), CheckMode: flag("check_mode")}, nil
	case "task_start", "handler_task_start":
		return TaskStart{decodeTask(d)}, nil
	case "runner_on_start":
		return HostStart{Host: str("host"), Task: decodeTask(d)}, nil
	case "runner_retry":
		r := decodeResult(d, "")
		return Retry{Host: r.Host, Task: r.Task, Name: r.Name, DelegateTo: r.DelegateTo, Result: r.Result}, nil
	case "include":
		e := Included{File: str("file"), Task: decodeTask(d), NoLog: flag("no_log"), Args: sub(d, "args"), Vars: sub(d, "vars")}
		e.Label, _ = d.GetStr("label")
		for _, h := range elements(d, "hosts") {
			e.Hosts = append(e.Hosts, text(h))
		}
		return e, nil
	case "notify":
		return Notified{Handler: str("handler"), Host: str("host")}, nil
	case "stats":
		return decodeStats(d), nil
	case "no_hosts_matched":
		return NoHostsMatched{}, nil
	case "no_hosts_remaining":
		return NoHostsRemaining{}, nil
	case "runner_on_async_poll", "runner_on_async_ok", "runner_on_async_failed":
		r := decodeResult(d, "")
		step := map[string]AsyncStep{"runner_on_async_poll": AsyncPoll, "runner_on_async_ok": AsyncOK, "runner_on_async_failed": AsyncFailed}[event]
		return Async{Host: r.Host, Task: r.Task, Step: step, Result: r.Result}, nil
	default:
		return decodeOther(event, d)
	}
}

func decodeOther(event string, d *value.Dict) (Event, error) {
	str := func(k string) string { return textKey(d, k) }
	if word, ok := strings.CutPrefix(event, "runner_item_on_"); ok {
		return ItemResult(decodeResult(d, word)), nil
	}
	if word, ok := strings.CutPrefix(event, "runner_on_"); ok {
		return decodeResult(d, word), nil
	}
	switch event {
	case "warning":
		return Warning{Text: str("text"), Formatted: truthyKey(d, "formatted")}, nil
	case "deprecated":
		return Deprecation{Text: str("text"), Version: str("version"), Date: str("date"), Collection: str("collection")}, nil
	case "verbose":
		return Verbose{Level: int(intKey(d, "level")), Host: str("host"), Text: str("text")}, nil
	case "error":
		return ErrorMessage{Text: str("text"), Wrap: truthyKey(d, "wrap")}, nil
	case "message":
		m := Message{Text: str("text"), Stderr: truthyKey(d, "stderr"), NoNewline: truthyKey(d, "no_newline"), ScreenOnly: truthyKey(d, "screen_only")}
		for c, s := range colorSettings {
			if s.key == str("color") {
				m.Color = Color(c)
			}
		}
		return m, nil
	}
	return nil, os.ErrInvalid
}

func sub(d *value.Dict, key string) *value.Dict {
	v, _ := d.GetStr(key)
	x, _ := v.(*value.Dict)
	return x
}

func decodeTask(event *value.Dict) *Task {
	d := sub(event, "task")
	flag := func(k string) bool { return truthyKey(d, k) }
	return &Task{
		ID: textKey(d, "id"), Name: textKey(d, "name"), Action: textKey(d, "action"), Args: sub(d, "args"), Path: textKey(d, "path"),
		Handler: flag("handler"), Include: flag("include"), Loop: flag("loop"), NoLog: flag("no_log"),
		CheckMode: flag("check_mode"), Diff: flag("diff"),
	}
}

func decodeResult(d *value.Dict, word string) Result {
	status := map[string]Status{"ok": OK, "failed": Failed, "skipped": Skipped, "unreachable": Unreachable}[word]
	return Result{
		Host: textKey(d, "host"), Task: decodeTask(d), Name: textKey(d, "name"), Status: status,
		Ignored: truthyKey(d, "ignored"), DelegateTo: textKey(d, "delegate_to"), Result: sub(d, "result"),
	}
}

func decodeStats(d *value.Dict) Stats {
	s := Stats{Custom: sub(d, "custom")}
	hosts := sub(d, "hosts")
	for i, h := range hosts.K {
		n := hosts.V[i].(*value.Dict)
		get := func(k string) int { return int(intKey(n, k)) }
		s.Hosts = append(s.Hosts, HostStats{
			Host: text(h), OK: get("ok"), Changed: get("changed"), Unreachable: get("unreachable"), Failed: get("failures"),
			Skipped: get("skipped"), Rescued: get("rescued"), Ignored: get("ignored"),
		})
	}
	return s
}

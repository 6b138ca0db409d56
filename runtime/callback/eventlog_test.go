package callback

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"pbc/ir/value"
)

// logBuffer is an event log in memory that fails to close when told so.
type logBuffer struct {
	bytes.Buffer
	err error
}

func (b *logBuffer) Close() error { return b.err }

// TestEventLog compares the event log with the one that the conformance suite's callback wrote in the
// same run of the real Ansible.
func TestEventLog(t *testing.T) {
	files, err := filepath.Glob("testdata/recordings/*-plain.txtar")
	if err != nil || len(files) != 4 {
		t.Fatalf("got recordings %v, %v; want 4", files, err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			ar, err := txtar.ParseFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var log logBuffer
			cb, want := NewEventLog(&log), ""
			for _, x := range ar.Files {
				switch x.Name {
				case "events":
					handleAll(t, cb, string(x.Data))
				case "eventlog":
					want = string(x.Data)
				}
			}
			if err := cb.Close(); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(sortedKeys(t, want), sortedKeys(t, log.String())); d != "" {
				t.Errorf("event log (-ansible +pbc):\n%s", d)
			}
		})
	}
}

func handleAll(t *testing.T, cb Callback, events string) {
	for _, line := range strings.Split(strings.TrimSuffix(events, "\n"), "\n") {
		e, err := decodeEvent(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		cb.Handle(e)
	}
}

// sortedKeys writes JSON lines with their keys in order.
func sortedKeys(t *testing.T, text string) (sorted []string) {
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		v, err := value.ParseJSON([]byte(line))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		s, err := value.JSON(v, value.JSONOptions{SortKeys: true})
		if err != nil {
			t.Fatal(err)
		}
		sorted = append(sorted, s)
	}
	return sorted
}

func TestEventLogValuesThatJSONLacks(t *testing.T) {
	var log logBuffer
	cb := NewEventLog(&log)
	set := &value.Set{D: value.DictOf("b", true, "a", true)}
	cb.Handle(Result{Host: "h", Task: &Task{Name: "n", Action: "debug"}, Result: value.DictOf("set", set, "bytes", []byte("x"))})
	want := `{"event": "ok", "host": "h", "task": "n", "action": "debug", "result": {"set": ["a", "b"], "bytes": "x"}}` + "\n"
	if got := log.String(); got != want {
		t.Errorf("got %swant %s", got, want)
	}
}

func TestEventLogReportsErrors(t *testing.T) {
	full := errors.New("disk full")
	if err := NewEventLog(&logBuffer{err: full}).Close(); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}

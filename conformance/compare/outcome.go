// Package compare says whether two runs of a playbook had the same outcome, and where they did not.
//
// An Outcome is what one program did with a playbook: for each run its exit code, what it printed, the events it reported and what
// changed on disk. Normalise takes away what may differ between two runs of the same program; Outcomes compares two
// normalised outcomes and gives a Report, for people or as JSON. The package runs nothing and knows nothing of scenarios; the
// conformance suite and pbc diff both use it.
package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Outcome is what happened, run by run.
type Outcome struct {
	Runs []Run
}

// CPU is the processor time of all runs.
func (o Outcome) CPU() time.Duration {
	var all time.Duration
	for _, run := range o.Runs {
		all += run.CPU
	}
	return all
}

// Run is what one call of the program did.
type Run struct {
	Exit   int
	Stdout string
	Stderr string
	Events []Event
	Tree   []Entry // what the run changed on disk, ordered by path

	CPU time.Duration // of the program and of what it waited for, user and system; neither compared nor recorded
}

// Event is one line of an event log; conformance/README.md, "Event log", tells its fields.
type Event struct {
	Event   string `json:"event"`
	Name    string `json:"name,omitempty"`
	Host    string `json:"host,omitempty"`
	Task    string `json:"task,omitempty"`
	Action  string `json:"action,omitempty"`
	Item    any    `json:"item,omitempty"`
	Ignored *bool  `json:"ignored,omitempty"`
	File    string `json:"file,omitempty"`
	Hosts   any    `json:"hosts,omitempty"` // a list of names (include) or the statistics per host (stats)
	Custom  any    `json:"custom,omitempty"`
	Result  any    `json:"result,omitempty"`
}

// Place names what the event is about, alike in both outcomes when they agree but for the result.
func (e Event) Place() string {
	text := e.Event
	for _, part := range []string{e.Name, e.Task, e.File} {
		if part != "" {
			text += " [" + part + "]"
		}
	}
	if e.Host != "" {
		text += " on " + e.Host
	}
	if e.Item != nil {
		text += fmt.Sprintf(" item %v", e.Item)
	}
	return text
}

// ReadEvents reads an event log. Numbers stay as they are written, so that 1 is not 1.0. A field that the schema lacks is an error.
func ReadEvents(r io.Reader) ([]Event, error) {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	dec.DisallowUnknownFields()
	var events []Event
	for {
		var e Event
		err := dec.Decode(&e)
		if err == io.EOF {
			return events, nil
		}
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", len(events)+1, err)
		}
		events = append(events, e)
	}
}

// WriteEvents writes events as a log that ReadEvents reads.
func WriteEvents(events []Event) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, e := range events {
		if err := enc.Encode(e); err != nil {
			panic(err) // only what JSON gave
		}
	}
	return b.Bytes()
}

// WriteTree writes entries as JSON, one per line.
func WriteTree(entries []Entry) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, e := range entries {
		if err := enc.Encode(e); err != nil {
			panic(err) // strings only
		}
	}
	return b.Bytes()
}

// ReadTree reads what WriteTree wrote.
func ReadTree(text string) ([]Entry, error) {
	var entries []Entry
	dec := json.NewDecoder(strings.NewReader(text))
	for dec.More() {
		var e Entry
		if err := dec.Decode(&e); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

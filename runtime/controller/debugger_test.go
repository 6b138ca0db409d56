package controller

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/callback"
)

// TestTakeBack has a result counted, and taken back because its task runs again.
func TestTakeBack(t *testing.T) {
	result := func(s event.Status, changed bool) *event.Event {
		return &event.Event{Kind: event.Finished, Status: s, Result: ir.Val{V: value.DictOf("changed", changed)}}
	}
	rescued, ignored := result(event.Failed, true), result(event.Failed, true)
	rescued.Rescued, ignored.Flags.IgnoreErrors = true, true
	for _, tt := range []struct {
		name string
		e    *event.Event
		want callback.HostStats
	}{
		{"changed", result(event.Changed, true), callback.HostStats{OK: 2, Changed: 1}},
		{"failed: a task that was ok is taken away with it", result(event.Failed, true), callback.HostStats{OK: 1}},
		{"rescued stays rescued", rescued, callback.HostStats{OK: 1, Rescued: 1}},
		{"ignored stays ignored", ignored, callback.HostStats{OK: 2, Changed: 1, Ignored: 1}},
		{"skipped", result(event.Skipped, false), callback.HostStats{OK: 1, Changed: 1}},
		{"unreachable", result(event.Unreachable, false), callback.HostStats{OK: 1, Changed: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStats()
			for _, e := range []*event.Event{result(event.Changed, true), result(event.OK, false), tt.e} {
				s.count("a", e, false)
			}
			s.takeBack("a", tt.e)
			tt.want.Host = "a"
			if diff := cmp.Diff(tt.want, *s.host("a")); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestTurnsAhead asks how many hosts may have begun a task while the result of one is looked at.
func TestTurnsAhead(t *testing.T) {
	for _, tt := range []struct {
		name               string
		begun, done, forks int
		want               bool
	}{
		{"nobody has begun", 0, 0, 1, true},
		{"one more than is looked at", 1, 0, 1, true},
		{"two, of which the first is looked at", 2, 0, 1, false},
		{"the first is done", 2, 1, 1, true},
		{"as many as forks", 5, 0, 5, true},
		{"one more", 6, 0, 5, false},
		{"no bound", 60, 0, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			turns := &turns{hosts: make([]*hostRun, tt.begun), done: tt.done}
			if got := turns.ahead(tt.forks); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if !(*turns)(nil).ahead(1) {
		t.Error("a task without a debugger waits")
	}
}

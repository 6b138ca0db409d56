package machine

import (
	"testing"

	"pbc/ir"
	"pbc/ir/event"
)

// TestDebugs asks after which results the task debugger starts.
func TestDebugs(t *testing.T) {
	for _, tt := range []struct {
		name, keyword   string
		set             ir.Settings
		status          event.Status
		ignored, starts bool
	}{
		{"nothing is said", "", ir.Settings{}, event.Failed, false, false},
		{"always", "always", ir.Settings{}, event.OK, false, true},
		{"never, against the setting", "never", ir.Settings{Debugger: true}, event.Failed, false, false},
		{"on_failed", "on_failed", ir.Settings{}, event.Failed, false, true},
		{"on_failed, and ok", "on_failed", ir.Settings{}, event.Changed, false, false},
		{"a failure that is ignored", "on_failed", ir.Settings{}, event.Failed, true, false},
		{"the same with the setting for it", "on_failed", ir.Settings{DebugIgnored: true}, event.Failed, true, true},
		{"on_unreachable", "on_unreachable", ir.Settings{}, event.Unreachable, false, true},
		{"on_skipped", "on_skipped", ir.Settings{}, event.Skipped, false, true},
		{"the setting, skipped", "", ir.Settings{Debugger: true}, event.Skipped, false, false},
		{"the setting, failed", "", ir.Settings{Debugger: true}, event.Failed, false, true},
		{"the setting beside another keyword", "on_skipped", ir.Settings{Debugger: true}, event.Unreachable, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &Machine{code: &ir.Code{Settings: tt.set}}
			x := &taskRun{m: m, t: &ir.Task{Debugger: tt.keyword}, flags: event.Flags{IgnoreErrors: tt.ignored}}
			if got := x.debugs(tt.status); got != tt.starts {
				t.Errorf("got %v, want %v", got, tt.starts)
			}
			if tt.starts && !x.t.MayDebug(tt.set.Debugger) {
				t.Error("it starts where it may not")
			}
		})
	}
}

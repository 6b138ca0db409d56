package module

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStart(t *testing.T) {
	tests := []struct {
		name, script, stdin string
		want                Output
	}{
		{"both pipes", "echo a; echo b >&2; exit 3", "", Output{RC: 3, Out: "a\n", Err: "b\n"}},
		{"standard input", "cat", "x", Output{Out: "x"}},
		{"nobody reads standard input", "exit 0", string(make([]byte, 1<<20)), Output{}},
		{"more than a pipe holds", "head -c 300000 /dev/zero | tr '\\0' x", "", Output{Out: strings.Repeat("x", 300000)}},
		{"a signal", "kill -9 $$", "", Output{RC: -9}},
		{"closed pipes, and the program goes on", "exec >&- 2>&-; sleep 0.2; exit 4", "", Output{RC: 4}},
		{"what others print late", "(sleep 0.6; echo a; sleep 0.6; echo b; sleep 0.6; echo c) & echo now", "", Output{Out: "now\na\nb\nc\n"}},
		{"those that say nothing more", "(sleep 3; echo late) & echo now", "", Output{Out: "now\n"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := Start(t.Context(), Command{Path: "/bin/sh", Argv: []string{"/bin/sh", "-c", test.script}, Env: os.Environ(), Stdin: test.stdin})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestStartEnds: one that prints for ever, in a session of its own, does not outlast the context.
func TestStartEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	out := Start(ctx, Command{Path: "/bin/sh", Argv: []string{"/bin/sh", "-c", "setsid yes & exit 5"}, Env: os.Environ()})
	if out.RC != 5 || out.Out == "" {
		t.Errorf("it ended with %d, after %d bytes", out.RC, len(out.Out))
	}
}

package oracle

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pbc/conformance/compare"
)

// selfish tells what a program in Python can see of how it was started, then does what its first argument says.
const selfish = `#!/usr/bin/python3
import os, signal, subprocess, sys
import yaml
print(__name__, __file__, sys.argv, sys.path[0], sys.executable, os.getcwd(), sys.flags.dont_write_bytecode)
print(sorted(os.environ.items()), os.umask(0o22), os.getpgid(0) == os.getpid(), sorted(os.listdir("/proc/self/fd"))[:3])
print([(f.fileno(), f.isatty(), f.line_buffering, f.encoding, f.errors) for f in (sys.stdin, sys.stdout, sys.stderr)])
print([signal.getsignal(s) for s in (signal.SIGINT, signal.SIGCHLD, signal.SIGPIPE, signal.SIGTERM)], file=sys.stderr)
print(repr(sys.stdin.read()))
sys.stdout.reconfigure(errors="replace")
class Later:
    def __del__(self):
        print("at the end")
later = Later()
exec(sys.argv[1])
`

// TestForkedIsFresh holds a process that was made by forking to be what a fresh one is, as far as it can tell.
func TestForkedIsFresh(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		name, do string
		env      []string
		stdin    string
		forked   bool
	}{
		{"ends", "pass", nil, "", true},
		{"an exit code", "sys.exit(3)", nil, "", true},
		{"a message", "sys.exit('wrong')", nil, "", true},
		{"killed", "sys.stdout.flush(); os.kill(os.getpid(), 9)", nil, "", true},
		{"terminated", "sys.stdout.flush(); os.kill(os.getpid(), 15)", nil, "", true},
		{"a child", "subprocess.run(['sh', '-c', 'echo child; exit 4']); print(os.wait4.__name__)", nil, "", true},
		{"a standard input", "pass", nil, filepath.Join(dir, "typed"), true},
		{"an environment", "pass", []string{"HOME=/", "NAME=a=b", "EMPTY="}, "", true},
		{"another Python", "pass", []string{"PYTHONDONTWRITEBYTECODE="}, "", false},
		{"another language", "pass", []string{"LC_ALL=C"}, "", false},
	}
	path := filepath.Join(dir, "program")
	if err := os.WriteFile(filepath.Join(dir, "typed"), []byte("one\ntwo\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(selfish), 0o755); err != nil {
		t.Fatal(err)
	}
	fresh, prepared := &Program{Path: path}, &Program{Path: path}
	stop, err := prepared.PreparePython()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			call := Call{Dir: dir, Args: []string{test.do, "two words"}, Env: append(commonEnvironment(), test.env...), Scratch: t.TempDir(), Stdin: test.stdin}
			if got := prepared.forks.serves(call, call.Env); got != test.forked {
				t.Fatalf("got forked %v, want %v", got, test.forked)
			}
			var runs []compare.Run
			for _, p := range []*Program{fresh, prepared} {
				run, err := p.Exec(t.Context(), call)
				if err != nil {
					t.Fatal(err)
				}
				if run.CPU <= 0 {
					t.Errorf("got %v of processor time", run.CPU)
				}
				run.CPU = 0
				runs = append(runs, run)
			}
			if diff := cmp.Diff(runs[0], runs[1]); diff != "" {
				t.Errorf("fresh (-) and forked (+):\n%s", diff)
			}
			if !strings.Contains(runs[0].Stdout, "__main__ "+path) {
				t.Errorf("got %q, want what the script prints", runs[0].Stdout)
			}
		})
	}
}

// TestForkedIsKilled lets a process and its child outlive their time.
func TestForkedIsKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "program")
	script := "#!/usr/bin/python3\nimport subprocess\nprint('begun', flush=True)\nsubprocess.run(['sleep', '600'])\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	program := &Program{Path: path}
	stop, err := program.PreparePython()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	screen := writer(func(b []byte) {
		if strings.Contains(string(b), "begun") {
			cancel()
		}
	})
	began := time.Now()
	_, err = program.Exec(ctx, Call{Dir: t.TempDir(), Env: commonEnvironment(), Scratch: t.TempDir(), Screen: screen})
	if err == nil || !strings.Contains(err.Error(), "begun") || time.Since(began) > Timeout {
		t.Errorf("got %v after %v, want an error that tells what was printed", err, time.Since(began))
	}
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

// TestNotPython asks for what only a script in Python can have.
func TestNotPython(t *testing.T) {
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := (&Program{Path: path}).PreparePython(); err == nil || !strings.Contains(err.Error(), "no script in Python") {
		t.Errorf("got %v, want an error", err)
	}
}

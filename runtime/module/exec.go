package module

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Command is a program to run.
type Command struct {
	// Path is the program's file; empty: Argv[0], looked up in PATH.
	Path  string
	Argv  []string
	Env   []string
	Dir   string
	Stdin string
}

// Start runs a program in a process group of its own, which ends with ctx, and returns what it
// printed. RC is negative for a signal, as in Python.
func Start(ctx context.Context, c Command) Output {
	cmd := &exec.Cmd{Path: c.Path, Args: c.Argv, Env: c.Env, Dir: c.Dir}
	if c.Path == "" {
		path, err := lookPath(c.Argv[0], c.Env)
		if err != nil {
			return Output{StartFailed: err}
		}
		cmd.Path = path
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.Stdin != "" {
		cmd.Stdin = strings.NewReader(c.Stdin)
	}
	cmd.WaitDelay = quiet // for its standard input; what it prints is for printed
	p, err := newPrinted(cmd)
	if err != nil {
		return Output{StartFailed: err}
	}
	defer p.close()
	if err := cmd.Start(); err != nil {
		return Output{StartFailed: err}
	}
	ended := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
			select {
			case <-done:
			case <-time.After(2 * time.Second):
				_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			}
		case <-done:
		}
	}()
	go func() { ended <- cmd.Wait() }()
	err = p.wait(ctx, ended)
	close(done)
	return Output{RC: exitCode(cmd, err), Out: p.text[0].String(), Err: p.text[1].String()}
}

func exitCode(cmd *exec.Cmd, err error) int {
	if cmd.ProcessState == nil {
		if err != nil && !errors.Is(err, io.EOF) {
			return 1
		}
		return 0
	}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return -int(ws.Signal())
	}
	return cmd.ProcessState.ExitCode()
}

// lookPath finds a program the way execvpe does with the environment's own PATH.
func lookPath(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	path := "/bin:/usr/bin"
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, "PATH="); ok {
			path = v
		}
	}
	denied := false
	for _, d := range strings.Split(path, ":") {
		if d == "" {
			d = "."
		}
		p := d + "/" + name
		err := syscall.Access(p, 1)
		var st syscall.Stat_t
		if err == nil && syscall.Stat(p, &st) == nil && uint32(st.Mode)&syscall.S_IFMT != syscall.S_IFDIR {
			return p, nil
		}
		denied = denied || errors.Is(err, syscall.EACCES)
	}
	if denied {
		return "", syscall.EACCES
	}
	return "", syscall.ENOENT
}

// Quote is Python's shlex.quote.
func Quote(s string) string {
	if s == "" {
		return "''"
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x80 || !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("@%+=:,./-_", c) >= 0) {
			return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
		}
	}
	return s
}

func quoteAll(argv []string) []string {
	r := make([]string, len(argv))
	for i, a := range argv {
		r[i] = Quote(a)
	}
	return r
}

// Package spawn runs commands as processes of this machine: the shell that reaches localhost, and the
// one that reaches a target through the system's own ssh.
package spawn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"pbc/transport"
)

// grace is how long a process may go on after its input has ended.
const grace = 2 * time.Second

// Shell runs commands by /bin/sh on this machine, whatever the target's address.
type Shell struct{}

// Start implements transport.Shell.
func (Shell) Start(_ context.Context, _ transport.Target, command string) (transport.Process, error) {
	return Start([]string{"/bin/sh", "-c", command}, nil)
}

// Process is a child process.
type Process struct {
	in   io.WriteCloser
	out  *os.File
	tail transport.Tail
	cmd  *exec.Cmd
	done chan struct{}
	err  error
	once sync.Once
}

// Start runs argv, in its own process group, with extra environment.
func Start(argv, env []string) (*Process, error) {
	p := &Process{cmd: exec.Command(argv[0], argv[1:]...), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = &p.tail
	p.cmd.WaitDelay = grace
	ownGroup(p.cmd)
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", argv[0], err)
	}
	out, w, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, fmt.Errorf("starting %s: %w", argv[0], err)
	}
	p.in, p.out, p.cmd.Stdout = in, out, w
	err = p.cmd.Start()
	w.Close()
	if err != nil {
		in.Close()
		out.Close()
		return nil, fmt.Errorf("starting %s: %w", argv[0], err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// Read reads the process's output.
func (p *Process) Read(b []byte) (int, error) { return p.out.Read(b) }

// Write writes to the process's input.
func (p *Process) Write(b []byte) (int, error) { return p.in.Write(b) }

// Stderr implements transport.Process.
func (p *Process) Stderr() string { return p.tail.String() }

// Wait implements transport.Process.
func (p *Process) Wait() error {
	<-p.done
	if errors.Is(p.err, exec.ErrWaitDelay) { // a grandchild kept stderr open
		return nil
	}
	return p.err
}

// Close ends the input, and after a short grace the process group.
func (p *Process) Close() error {
	p.once.Do(func() {
		p.in.Close()
		p.out.Close()
		t := time.NewTimer(grace)
		defer t.Stop()
		select {
		case <-p.done:
		case <-t.C:
			killGroup(p.cmd)
			<-p.done
		}
	})
	return nil
}

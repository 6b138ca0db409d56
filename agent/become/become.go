// Package become starts an agent as another user of the same host: the hop that carries out tasks with
// become. It runs sudo, su or doas as Ansible's become plugins would, gives the password when it is asked
// for, waits for the new agent's greeting, and hands back the stream to it. The caller keeps a hop for
// the whole run and speaks a wire session over it.
//
// The new agent is this program's own file. A user who cannot read that gets a copy in a public temporary
// folder, which is removed as soon as the agent runs.
package become

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"pbc/runtime/pyre"
	"pbc/transport/wire"
)

// Request says who to become and how. Its fields are Ansible's become variables.
type Request struct {
	Method   string // become_method: sudo, su or doas; empty means sudo
	User     string // become_user; empty means root
	Exe      string // become_exe; empty means the method's name
	Flags    string // become_flags, shell words
	Password string // become_password; empty means that none is given
	// Local says that the connection is: one who gives no password is then told of as the method tells it.
	Local bool
	// Timeout is how long a prompt or the greeting may take; zero means 12 s, Ansible's "timeout" plus two.
	Timeout time.Duration
}

// Error is a hop that failed.
type Error struct {
	// Msg is the result's "msg" where Ansible fails with a message of its own. It is empty where the
	// method ended before the module began; Ansible then reports a module failure with the rest.
	Msg            string
	RC             int
	Stdout, Stderr string
}

// Error says what happened in one line.
func (e *Error) Error() string {
	if e.Msg != "" {
		return e.Msg
	}
	return fmt.Sprintf("become failed with exit status %d: %s", e.RC, strings.TrimSpace(e.Stdout+e.Stderr))
}

// Hop is a running agent of another user. Read and Write are its session's bytes.
type Hop struct {
	in     io.WriteCloser
	out    *bufio.Reader
	pipe   *os.File
	stderr *watcher
	cmd    *exec.Cmd
	done   chan struct{}
	err    error
	once   sync.Once
}

// Read reads what the hop's agent sends.
func (h *Hop) Read(p []byte) (int, error) { return h.out.Read(p) }

// Write writes to the hop's agent.
func (h *Hop) Write(p []byte) (int, error) { return h.in.Write(p) }

// Stderr returns the last few kilobytes that the hop's agent wrote to its standard error.
func (h *Hop) Stderr() string {
	_, text := h.stderr.text()
	return text
}

// grace is how long a hop's agent may go on after its input has ended.
const grace = 2 * time.Second

// Close ends the hop: its agent leaves when its input ends. Closing twice is allowed.
func (h *Hop) Close() error {
	h.once.Do(func() {
		h.in.Close()
		h.pipe.Close()
		t := time.NewTimer(grace)
		defer t.Stop()
		select {
		case <-h.done:
		case <-t.C:
			killGroup(h.cmd.Process.Pid)
		}
	})
	return nil
}

// attempt is a hop that has not greeted yet.
type attempt struct {
	*Hop
	r     Request
	nonce string
}

// Start becomes r.User. It returns an *Error when the method refuses, another error when the request
// cannot be carried out at all. ctx bounds starting, not the hop's life.
func Start(ctx context.Context, r Request) (*Hop, error) {
	r = r.withDefaults()
	exe, drop, err := programFor(r.User)
	if err != nil {
		return nil, err
	}
	defer drop()
	nonce := wire.NewNonce()
	line, err := r.commandLine(exe, nonce)
	if err != nil {
		return nil, err
	}
	a, err := launch(line, r, nonce)
	if err != nil {
		return nil, err
	}
	if err := a.greet(ctx); err != nil {
		a.in.Close()
		go a.Close()
		return nil, err
	}
	return a.Hop, nil
}

func (r Request) withDefaults() Request {
	if r.Method == "" {
		r.Method = "sudo"
	}
	if r.User == "" {
		r.User = "root"
	}
	if r.Exe == "" {
		r.Exe = r.Method
	}
	if r.Timeout <= 0 {
		r.Timeout = 12 * time.Second
	}
	return r
}

// prompt is what sudo is told to ask with.
func (r Request) prompt(nonce string) string {
	return "[sudo via ansible, key=" + nonce + "] password:"
}

// letterN is sudo's -n among other letters.
var letterN = pyre.MustCompile(`^-\w*n`)

// asking returns sudo's flags without those that forbid it to ask for a password.
func asking(flags string) string {
	var keep []string
	for _, f := range strings.Fields(flags) {
		switch {
		case f == "-n" || f == "--non-interactive":
			continue
		case !strings.HasPrefix(f, "--"):
			f = letterN.ReplaceAllStringFunc(f, func(s string) string { return s[:len(s)-1] })
		}
		keep = append(keep, f)
	}
	return strings.Join(keep, " ")
}

// lacking are Ansible's further become methods.
var lacking = []string{"runas", "dzdo", "ksu", "machinectl", "pbrun", "pfexec", "pmrun", "sesu", "sudosu"}

// commandLine is what /bin/sh runs to start the agent at exe.
func (r Request) commandLine(exe, nonce string) (string, error) {
	run := "/bin/sh -c " + quote("exec "+quote(exe)+" agent hop "+nonce)
	switch r.Method {
	case "sudo":
		if r.Password == "" {
			return strings.Join([]string{r.Exe, r.Flags, "-u", r.User, run}, " "), nil
		}
		return strings.Join([]string{r.Exe, asking(r.Flags), "-p", quote(r.prompt(nonce)), "-u", r.User, run}, " "), nil
	case "su":
		return strings.Join([]string{r.Exe, r.Flags, r.User, "-c", quote(run)}, " "), nil
	case "doas":
		if r.Password != "" {
			return "", errors.New("become_method doas with a password is not supported: doas reads it from a terminal only")
		}
		return strings.Join([]string{r.Exe, r.Flags, "-n", "-u", r.User, run}, " "), nil
	default:
		if slices.Contains(lacking, r.Method) {
			return "", fmt.Errorf("become_method %s is not supported", r.Method)
		}
		return "", fmt.Errorf("Invalid become method specified, could not find matching plugin: '%s'. Use `ansible-doc -t become -l` to list available plugins.", r.Method)
	}
}

// quote makes s one word of a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'" }

func launch(line string, r Request, nonce string) (*attempt, error) {
	cmd := exec.Command("/bin/sh", "-c", line)
	cmd.SysProcAttr = ownSession()
	cmd.WaitDelay = grace
	w := &watcher{news: make(chan struct{}, 1)}
	cmd.Stderr = w
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, outW, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, err
	}
	cmd.Stdout = outW
	err = cmd.Start()
	outW.Close()
	if err != nil {
		in.Close()
		out.Close()
		return nil, fmt.Errorf("starting /bin/sh: %w", err)
	}
	h := &Hop{in: in, pipe: out, stderr: w, cmd: cmd, done: make(chan struct{})}
	h.out = bufio.NewReaderSize(&teeReader{out, w}, 4<<10)
	go func() {
		h.err = cmd.Wait()
		close(h.done)
	}()
	return &attempt{Hop: h, r: r, nonce: nonce}, nil
}

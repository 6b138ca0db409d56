package oracle

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

//go:embed plugin/fork.py
var forkProgram string

// forks is a Python process that has imported what a program in Python imports of others, and that forks to become the program.
// Half of what a short call of ansible-playbook takes is spent on these imports. Nothing of Ansible's own is among them, and the program
// runs its script from the first line, so what it does is the same; the suite holds it to recordings that were made without.
type forks struct {
	server   *exec.Cmd
	requests *os.File
	env      map[string]string // what Python and its libraries read when they start
}

var (
	interpreterLine = regexp.MustCompile(`^#! *(/\S*python\S*)\n`)
	startVariable   = regexp.MustCompile(`^(PYTHON|LC_|LANG|TZ$|LD_|OPENSSL|SSL|MALLOC|CRYPTOGRAPHY)`)
)

// PreparePython makes further calls of the program cheaper where it is a script in Python: the imports of libraries are done once. stop ends
// that. Calls at a terminal, and calls whose environment would have changed how Python itself starts, are not affected.
func (p *Program) PreparePython() (stop func(), err error) {
	path, err := filepath.EvalSymlinks(p.Path)
	if err != nil {
		return nil, err
	}
	script, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	line := interpreterLine.FindSubmatch(script)
	if line == nil {
		return nil, fmt.Errorf("%s is no script in Python", path)
	}
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "requests")
	defer theirs.Close()
	f := &forks{requests: os.NewFile(uintptr(pair[0]), "requests")}
	env := append(commonEnvironment(), "HOME="+os.DevNull)
	f.env = startVariables(env)
	f.server = exec.Command(string(line[1]), "-c", forkProgram, filepath.Dir(path))
	f.server.Env, f.server.ExtraFiles = env, []*os.File{theirs}
	f.server.Stdout, f.server.Stderr = io.Discard, struct{ io.Writer }{os.Stderr} // pipes, as those of each call are
	if err := f.server.Start(); err != nil {
		f.requests.Close()
		return nil, err
	}
	p.forks = f
	return func() {
		p.forks = nil
		f.requests.Close()
		_ = f.server.Wait() // it ends with its socket; how does not matter any more
	}, nil
}

func startVariables(env []string) map[string]string {
	out := map[string]string{}
	for _, entry := range env {
		if name, value, _ := strings.Cut(entry, "="); startVariable.MatchString(name) {
			out[name] = value
		}
	}
	return out
}

// serves says whether a call may be made by forking.
func (f *forks) serves(call Call, env []string) bool {
	return f != nil && call.Typing == nil && maps.Equal(f.env, startVariables(env))
}

// forked is a process that was made by forking.
type forked struct {
	status syscall.WaitStatus
	cpu    time.Duration
}

// run starts what cmd says with stdin and waits until it has ended and nobody has its outputs open any more, as cmd.Run would.
func (f *forks) run(ctx context.Context, cmd *exec.Cmd, stdin *os.File) (forked, error) {
	ours, theirs, err := channels()
	if err != nil {
		return forked{}, err
	}
	defer closeAll(ours)
	err = f.request(cmd, append([]*os.File{stdin}, theirs...))
	closeAll(theirs)
	if err != nil {
		return forked{}, err
	}
	var reading sync.WaitGroup
	var failed [2]error
	for i, w := range []io.Writer{cmd.Stdout, cmd.Stderr} {
		reading.Go(func() { _, failed[i] = io.Copy(w, ours[i]) })
	}
	out, err := await(ctx, ours)
	for _, file := range ours {
		_ = file.SetReadDeadline(time.Now().Add(cmd.WaitDelay))
	}
	reading.Wait()
	return out, errors.Join(err, failed[0], failed[1])
}

// channels gives what a process is to have as its standard output and error and its reply, and the other ends of them.
func channels() (ours, theirs []*os.File, err error) {
	for range 3 {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(append(ours, theirs...))
			return nil, nil, err
		}
		ours, theirs = append(ours, r), append(theirs, w)
	}
	return ours, theirs, nil
}

func closeAll(files []*os.File) {
	for _, file := range files {
		file.Close()
	}
}

// request asks for a process like cmd with these as its standard input, output and error and its reply.
func (f *forks) request(cmd *exec.Cmd, files []*os.File) error {
	env := map[string]string{}
	for _, entry := range cmd.Env {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	packet, err := json.Marshal(map[string]any{"path": cmd.Path, "args": cmd.Args[1:], "env": env, "dir": cmd.Dir})
	if err != nil {
		return err
	}
	var fds []int
	for _, file := range files {
		fds = append(fds, int(file.Fd()))
	}
	return os.NewSyscallError("sendmsg", syscall.Sendmsg(int(f.requests.Fd()), packet, syscall.UnixRights(fds...), nil, 0))
}

// await reads the reply, the last of the files. When ctx ends before, the process is killed with its group.
func await(ctx context.Context, files []*os.File) (forked, error) {
	var out forked
	lines := bufio.NewReader(files[2])
	pid := 0
	if _, err := fmt.Fscanf(lines, "%d\n", &pid); err != nil || pid <= 1 {
		return out, errors.Join(errors.New("no process was forked"), err)
	}
	stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-pid, syscall.SIGKILL) })
	defer stop()
	var status int
	var seconds float64
	if _, err := fmt.Fscanf(lines, "%d %f\n", &status, &seconds); err != nil {
		return out, fmt.Errorf("the forked process: %w", err)
	}
	return forked{syscall.WaitStatus(status), time.Duration(seconds * float64(time.Second))}, nil
}

package pymodule

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"

	"pbc/ir/value"
)

//go:embed server.py
var program string

// key says what an interpreter is good for. What Python reads when it starts cannot be changed afterwards.
type key struct {
	python string // the command line that starts it
	base   string // the digest of the bundle that it has imported
	env    string // the variables of the task that Python reads when it starts
}

// interpreter is a Python that has started and imported what every module needs.
type interpreter struct {
	cmd  *exec.Cmd
	down *os.File
	said *limited // what it prints before it serves

	mu    sync.Mutex
	last  int64
	calls map[int64]chan *reply
	sent  map[string]bool // bundles
	gone  chan struct{}   // closed when it has ended
	err   error           // why
}

// reply is what became of one run.
type reply struct {
	rc       int
	out, err []byte
	broken   string // the file that is no Python; fault says why
	fault    string
	line     int // where in the file, 0 when that is not known
	column   int
}

// startError is an interpreter that did not come to serve: what its command printed.
type startError struct {
	rc       int
	out, err string
}

func (e *startError) Error() string { return fmt.Sprintf("Python did not start: %s", e.err) }

// maxSaid bounds what is kept of an interpreter that does not start.
const maxSaid = 64 << 10

// limited keeps the beginning of what is written to it.
type limited struct {
	mu       sync.Mutex
	out, err bytes.Buffer
}

type limitedSide struct {
	l *limited
	b *bytes.Buffer
}

// Write implements io.Writer.
func (s limitedSide) Write(p []byte) (int, error) {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	s.b.Write(p[:min(len(p), max(maxSaid-s.b.Len(), 0))])
	return len(p), nil
}

// startInterpreter starts a Python by a command line of the shell, and waits until it serves.
func startInterpreter(ctx context.Context, python string, env []string) (*interpreter, error) {
	downR, downW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	upR, upW, err := os.Pipe()
	if err != nil {
		downR.Close()
		downW.Close()
		return nil, err
	}
	p := &interpreter{down: downW, calls: map[int64]chan *reply{}, sent: map[string]bool{}, gone: make(chan struct{}), said: &limited{}}
	// The shell is what Ansible starts modules with: it splits the command line, and says what it cannot find.
	p.cmd = exec.Command("/bin/sh", "-c", python+` -c "$1"`, "/bin/sh", program)
	p.cmd.Env = env
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.ExtraFiles = []*os.File{downR, upW}
	p.cmd.Stdout, p.cmd.Stderr = limitedSide{p.said, &p.said.out}, limitedSide{p.said, &p.said.err}
	p.cmd.WaitDelay = time.Second
	err = p.cmd.Start()
	downR.Close()
	upW.Close()
	if err != nil {
		downW.Close()
		upR.Close()
		return nil, err
	}
	hello := make(chan struct{})
	go p.listen(upR, hello)
	select {
	case <-hello:
		return p, nil
	case <-p.gone:
		return nil, p.err
	case <-ctx.Done():
		p.kill()
		return nil, ctx.Err()
	}
}

// listen takes answers until the interpreter ends.
func (p *interpreter) listen(up *os.File, hello chan struct{}) {
	r := bufio.NewReader(up)
	begun := false
	for {
		m, parts, err := receive(r)
		if err != nil {
			break
		}
		switch op, _ := value.Text(get(m, "op")); op {
		case "hello":
			if !begun {
				close(hello)
			}
			begun = true
		case "done", "broken":
			p.deliver(m, parts)
		}
	}
	up.Close()
	werr := p.cmd.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = &startError{rc: exitCode(p.cmd), out: p.said.out.String(), err: p.said.err.String()}
	if begun {
		p.err = fmt.Errorf("the Python that runs modules has ended: %v", werr)
	}
	close(p.gone)
}

func (p *interpreter) deliver(m *value.Dict, parts [][]byte) {
	id, _ := get(m, "id").(int64)
	rep := &reply{}
	if len(parts) == 2 {
		rc, _ := get(m, "rc").(int64)
		rep.rc, rep.out, rep.err = int(rc), parts[0], parts[1]
	} else {
		rep.broken, _ = value.Text(get(m, "name"))
		rep.fault, _ = value.Text(get(m, "error"))
		line, _ := get(m, "line").(int64)
		column, _ := get(m, "column").(int64)
		rep.line, rep.column = int(line), int(column)
	}
	p.mu.Lock()
	c := p.calls[id]
	delete(p.calls, id)
	p.mu.Unlock()
	if c != nil {
		c <- rep
	}
}

// run has the interpreter run one module. When ctx ends, so does the module.
func (p *interpreter) run(ctx context.Context, m *value.Dict, args, env []byte) (*reply, error) {
	done := make(chan *reply, 1)
	p.mu.Lock()
	p.last++
	id := p.last
	p.calls[id] = done
	m.SetStr("id", id)
	err := p.send(m, args, env)
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case r := <-done:
		return r, nil
	case <-p.gone:
		return nil, p.err
	case <-ctx.Done():
	}
	p.signal(id, syscall.SIGTERM)
	select {
	case <-done:
	case <-p.gone:
	case <-time.After(2 * time.Second):
		p.signal(id, syscall.SIGKILL)
	}
	return nil, ctx.Err()
}

func (p *interpreter) signal(id int64, s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.send(value.DictOf("op", "kill", "id", id, "signal", int64(s)))
}

// files sends a bundle, once.
func (p *interpreter) files(digest string, bundle func() ([]byte, error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent[digest] {
		return nil
	}
	b, err := bundle()
	if err != nil {
		return err
	}
	p.sent[digest] = true
	return p.send(value.DictOf("op", "files", "digest", digest), b)
}

// send writes a message; p.mu is held.
func (p *interpreter) send(m *value.Dict, parts ...[]byte) error {
	sizes := value.NewList()
	for _, b := range parts {
		sizes.V = append(sizes.V, int64(len(b)))
	}
	m.SetStr("parts", sizes)
	text, err := value.JSON(m, value.JSONOptions{})
	if err != nil {
		return err
	}
	data := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	data = append(data, text...)
	_, err = p.down.Write(slices.Concat(append([][]byte{data}, parts...)...))
	return err
}

// maxMessage bounds what a module may print.
const maxMessage = 1 << 30

// receive reads a message.
func receive(r io.Reader) (*value.Dict, [][]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, nil, err
	}
	text, err := readN(r, int64(binary.BigEndian.Uint32(head[:])))
	if err != nil {
		return nil, nil, err
	}
	v, err := value.ParseJSON(text)
	m, ok := v.(*value.Dict)
	if err != nil || !ok {
		return nil, nil, errors.New("an answer that is none")
	}
	var parts [][]byte
	sizes, _ := get(m, "parts").(*value.List)
	for i := 0; sizes != nil && i < len(sizes.V); i++ {
		n, _ := sizes.V[i].(int64)
		b, err := readN(r, n)
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, b)
	}
	return m, parts, nil
}

func readN(r io.Reader, n int64) ([]byte, error) {
	if n < 0 || n > maxMessage {
		return nil, fmt.Errorf("an answer of %d bytes", n)
	}
	b, err := io.ReadAll(io.LimitReader(r, n))
	if err == nil && int64(len(b)) < n {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// close ends the interpreter and waits for it.
func (p *interpreter) close() {
	p.down.Close()
	select {
	case <-p.gone:
	case <-time.After(2 * time.Second):
		p.kill()
		<-p.gone
	}
}

func (p *interpreter) kill() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

func exitCode(cmd *exec.Cmd) int {
	if cmd.ProcessState == nil {
		return 1
	}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return cmd.ProcessState.ExitCode()
}

func get(d *value.Dict, key string) value.Value {
	v, _ := d.GetStr(key)
	return v
}

package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/machine"
	"pbc/runtime/module"
	"pbc/runtime/module/builtin"
	"pbc/runtime/module/posix"
	"pbc/runtime/pymodule"
	"pbc/transport/wire"
)

// runner runs modules in this process, or in that of another user.
type runner struct {
	s  *server
	mu sync.Mutex
	// tmp are the folders for files of tasks, by what was asked for.
	tmp map[string]tempDir
	// hops are the agents of other users, kept for the run.
	hops map[machine.Become]*hop
	// python runs what is not native.
	python *pymodule.Host
}

// tempDir is such a folder. Lost says that it is one of the system's, because it could not be made where it was asked for.
type tempDir struct {
	path string
	lost error
}

func newRunner(s *server) *runner {
	r := &runner{s: s, tmp: map[string]tempDir{}, hops: map[machine.Become]*hop{}}
	r.python = pymodule.New(pymodule.Options{Fetch: s.fetch, OwnTemp: s.opt.Hopped && os.Getuid() != 0})
	return r
}

// Has implements machine.Runner.
func (r *runner) Has(name string) bool {
	_, ok := builtin.Lookup(name)
	return ok && strings.Contains(name, ".") // a bare name is that of a module beside the playbook
}

// TempDir implements machine.Runner.
func (r *runner) TempDir(base, shell string) (string, error) {
	dir, err := r.tempDir(base)
	if code := shellFault(shell); err == nil && code != 0 {
		err = &module.TempError{Base: base, Exit: code}
	}
	return dir, err
}

// shellFault is the exit code of a shell that cannot be run, 0 for one that can.
func shellFault(shell string) int {
	words := strings.Fields(shell)
	if len(words) == 0 {
		return 0
	}
	_, err := exec.LookPath(words[0])
	switch {
	case err == nil:
		return 0
	case errors.Is(err, os.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return 127
	}
	return 126
}

// tempDir is one folder for the session in each place, made when first asked for.
func (r *runner) tempDir(base string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.tmp[base]; t.path != "" {
		if _, err := os.Lstat(t.path); err == nil { // a task may have removed it
			return t.path, t.lost
		}
	}
	var t tempDir
	if !r.s.opt.Hopped || os.Getuid() == 0 { // an unprivileged user that a task became has one of the system's
		if in := expanded(base); os.MkdirAll(in, 0o700) == nil {
			t.path = taskDir(in)
		}
		if t.path == "" {
			t.lost = &module.TempError{Base: homeOf(base), Exit: 1}
		}
	}
	if t.path == "" {
		t.path = taskDir(append(systemTemps[:len(systemTemps):len(systemTemps)], os.TempDir())...)
	}
	if t.path == "" {
		return "", errors.New("no folder for temporary files")
	}
	r.tmp[base] = t
	return t.path, t.lost
}

// taskDir makes a folder for files of tasks in the first of some places where that can be done, "" for none.
func taskDir(places ...string) string {
	for _, in := range places {
		dir := filepath.Join(in, posix.TaskDir())
		if os.Mkdir(dir, 0o700) == nil {
			return dir
		}
	}
	return ""
}

// systemTemps are Ansible's system_tmpdirs.
var systemTemps = []string{"/var/tmp", "/tmp"}

// tempBase is the folder that the setting remote_tmp names, made. A ~ at its beginning is the home that the account database
// gives. An unprivileged user that a task became has one of the system's folders, as everybody whose own cannot be made.
func tempBase(setting string, hopped bool) string {
	if base := expanded(setting); !(hopped && os.Getuid() != 0) && os.MkdirAll(base, 0o700) == nil {
		return base
	}
	for _, d := range systemTemps {
		if fi, err := os.Stat(d); err == nil && fi.IsDir() {
			return d
		}
	}
	return os.TempDir()
}

// expanded is the path that the setting remote_tmp names, "" for the home of nobody.
func expanded(setting string) string {
	base := homeOf(setting)
	if strings.HasPrefix(base, "~") {
		return ""
	}
	return os.ExpandEnv(base)
}

// homeOf is the setting remote_tmp with the home of the account database in the place of a ~ at its beginning.
func homeOf(setting string) string {
	base := cmp.Or(setting, "~/.ansible/tmp")
	rest, home := strings.CutPrefix(base, "~")
	if u, _ := posix.UserByID(os.Getuid()); home && (rest == "" || rest[0] == '/') && u.Home != "" {
		return u.Home + rest
	}
	return base
}

// Run implements machine.Runner.
func (r *runner) Run(ctx context.Context, c *module.Call, b machine.Become) *value.Dict {
	if msg := r.s.opt.Unreachable; msg != "" {
		if r.s.opt.Refused {
			return machine.Raised(msg)
		}
		return value.DictOf("unreachable", true, "msg", msg, "changed", false)
	}
	if r.s.opt.Modules != nil {
		return r.s.opt.Modules(ctx, c)
	}
	if c.Discover != nil {
		return r.discover(ctx, c, b)
	}
	if b != (machine.Become{}) {
		return r.runAs(ctx, c, b)
	}
	if c.Payload != nil && c.Async != nil {
		return r.startJob(ctx, c)
	}
	if c.Payload != nil {
		return r.python.Run(ctx, c)
	}
	m, ok := builtin.Lookup(c.Name)
	if !ok {
		return failed("the module " + c.Name + " is not part of this agent")
	}
	if why := m.Leave(c); why != "" {
		return value.DictOf(module.DeclinedKey, why)
	}
	if c.Async != nil {
		return r.startJob(ctx, c)
	}
	return guarded(ctx, m, c)
}

// discover finds the Python of this host before it runs the call, and tells of it in the result. Ansible looks for it as
// the user of the connection.
func (r *runner) discover(ctx context.Context, c *module.Call, b machine.Become) *value.Dict {
	found := pymodule.Discover(*c.Discover)
	own := *c
	own.Discover, own.Interpreter = nil, found.Path
	res := r.Run(ctx, &own, b)
	facts, _ := res.GetStr("ansible_facts")
	d, ok := facts.(*value.Dict)
	if !ok {
		d = value.NewDict()
	}
	d.SetStr(module.DiscoveredFact, found.Path)
	res.SetStr("ansible_facts", d)
	for _, w := range found.Warnings {
		extend(res, "warnings", w)
	}
	if found.Said != nil {
		extend(res, module.WarningsKey, found.Said.Value())
	}
	return res
}

// extend adds to a list in a result.
func extend(res *value.Dict, key string, v value.Value) {
	l := value.NewList()
	if had, ok := res.GetStr(key); ok {
		if old, ok := had.(*value.List); ok {
			l.V = append(l.V, old.V...)
		}
	}
	l.V = append(l.V, v)
	res.SetStr(key, l)
}

// guarded runs a module and turns a panic into the failure of its task.
func guarded(ctx context.Context, m *module.Module, c *module.Call) (res *value.Dict) {
	defer func() {
		if p := recover(); p != nil {
			res = failed("module " + m.Name + " crashed: " + failure.Crash(p))
			res.SetStr("exception", string(debug.Stack()))
		}
	}()
	return m.Run(ctx, c)
}

func failed(msg string) *value.Dict {
	return value.DictOf("failed", true, "msg", msg, "changed", false)
}

func (r *runner) close() {
	r.python.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range r.hops {
		h.sess.Close()
	}
	for _, t := range r.tmp {
		os.RemoveAll(t.path)
	}
	clear(r.tmp)
}

// hop is the agent of another user.
type hop struct {
	sess   *wire.Session
	frames *wire.Frames
	mu     sync.Mutex
	last   uint32
	calls  map[uint32]chan *value.Dict
}

// runAs runs a module as another user.
func (r *runner) runAs(ctx context.Context, c *module.Call, b machine.Become) *value.Dict {
	h, err := r.hop(ctx, b)
	if err != nil {
		return becomeFailure(err, c.Tagged())
	}
	return h.call(ctx, c)
}

func (r *runner) hop(ctx context.Context, b machine.Become) (*hop, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.hops[b]; h != nil {
		select {
		case <-h.sess.Done():
		default:
			return h, nil
		}
	}
	if r.s.opt.Hop == nil {
		return nil, fmt.Errorf("this agent cannot become another user")
	}
	rw, err := r.s.opt.Hop(ctx, b)
	if err != nil {
		return nil, err
	}
	h, err := newHop(rw, r.s)
	if err != nil {
		return nil, err
	}
	r.hops[b] = h
	return h, nil
}

// HopError is an agent of another user that could not be started: what sudo or its like said.
type HopError struct {
	// Msg is the result's "msg" where Ansible fails with a message of its own.
	Msg            string
	RC             int
	Stdout, Stderr string
}

func (e *HopError) Error() string { return e.Msg }

// becomeFailure is the result of a task whose user cannot be reached.
func becomeFailure(err error, tagged bool) *value.Dict {
	var e *HopError
	if errors.As(err, &e) && e.Msg == "" && os.Getuid() == 0 && strings.Contains(e.Stderr, "unknown user") {
		return machine.Raised(noSuchUser) // Ansible meets it before it comes to change user
	}
	if errors.As(err, &e) && e.Msg == "" && tagged {
		return machine.Raised(strings.TrimRight(prematureEnd(e), "\n"))
	}
	if errors.As(err, &e) && e.Msg == "" {
		return value.DictOf("failed", true, "changed", false, "module_stdout", e.Stdout, "module_stderr", e.Stderr,
			"msg", "MODULE FAILURE\nSee stdout/stderr for the exact error", "rc", int64(e.RC))
	}
	return machine.Raised(err.Error())
}

// prematureEnd is what newer releases say of a program that ended before it had changed the user.
func prematureEnd(e *HopError) string {
	msg := "Premature end of stream waiting for become success."
	if e.Stdout != "" {
		msg += "\n>>> Standard Output\n" + e.Stdout
	}
	if e.Stderr != "" {
		msg += "\n>>> Standard Error\n" + e.Stderr
	}
	return msg
}

const noSuchUser = "Failed to change ownership of the temporary files Ansible (via chmod nor setfacl) needs to create despite connecting as a privileged user. " +
	"Unprivileged become user would be unable to read the file."

// call sends a module to the hop and waits for its result.
func (h *hop) call(ctx context.Context, c *module.Call) *value.Dict {
	h.mu.Lock()
	h.last++
	id := h.last
	done := make(chan *value.Dict, 1)
	h.calls[id] = done
	h.mu.Unlock()
	b, err := event.Encode(event.KindCall, &event.Call{ID: id, Module: c.Name, Call: ir.Val{V: machine.EncodeCall(c, machine.Become{})}})
	if err == nil {
		err = h.frames.WriteFrame(b)
	}
	if err == nil {
		err = h.frames.Flush()
	}
	if err != nil {
		return failed("the agent of the other user is gone: " + err.Error())
	}
	select {
	case res := <-done:
		return res
	case <-ctx.Done():
		return failed(ctx.Err().Error())
	case <-h.sess.Done():
		return failed(fmt.Sprintf("the agent of the other user is gone: %v", h.sess.Err()))
	}
}

// Package pyplugin runs filter, test and lookup plugins that are written in Python, unmodified: those of playbooks,
// roles and collections, and those of the installed Ansible that pbc has none of its own for.
//
// A Host is one Python process on the controller, started when the first plugin is asked for. In it the installed
// Ansible finds and loads plugins as it does for itself; pbc sends arguments and gets results, as typed values. What a
// plugin reads of the playbook, such as variables, it asks back for while it runs. The grammar of the messages is at
// the head of wire.go, the other end is server.py.
//
// The package runs on the controller only, and knows no playbook.
package pyplugin

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"pbc/ir/value"
	"pbc/runtime/eval"
)

// The program of the process: what serves all plugins, the generations of ansible-core, action plugins, callback plugins, the task debugger, vars plugins, and the loop.
var (
	//go:embed server.py
	serverSource string
	//go:embed dialect.py
	dialectSource string
	//go:embed action.py
	actionSource string
	//go:embed callback.py
	callbackSource string
	//go:embed debugger.py
	debuggerSource string
	//go:embed vars.py
	varsSource string
	//go:embed main.py
	mainSource string
)

// Options say what a Host starts and what its plugins see of the run.
type Options struct {
	// Python is the interpreter that has Ansible. Empty means that none was found: then every call fails and says so.
	Python string
	// Dirs are the folders whose filter_plugins, test_plugins and lookup_plugins are searched, in order: those of
	// playbooks, then those of roles. Playbooks are the folders whose collections are searched.
	Dirs, Playbooks []string
	Basedir         string
	// Secrets are the vault passwords, for plugins that read vaults.
	Secrets []Secret
	// ConnectPassword and BecomePassword are those that the user was asked for.
	ConnectPassword, BecomePassword string
	// CLI are options of the command line as Ansible's context has them.
	CLI *value.Dict
	// Warn is told what is said while plugins are looked for. May be nil.
	Warn func(kind, text string)
	Env  []string // of the process; nil is this one's
	// Stdin is where the task debugger reads what the user types; nil for none. Nothing else in the process reads it.
	Stdin *os.File
}

// Secret is a vault password.
type Secret struct {
	ID       string
	Password []byte
}

// World is what a plugin may look at while it runs. Its methods are called from other goroutines.
type World interface {
	// Vars are the host's variables, raw.
	Vars() *value.Dict
	// HostVars are another host's variables, raw, nil when there is no such host.
	HostVars(host string) *value.Dict
	// Hosts are the names that hostvars has.
	Hosts() []string
	// TaskVars are the variables of the task on another host, raw.
	TaskVars(host string) *value.Dict
}

// Call is one use of a plugin.
type Call struct {
	Name string
	Args []value.Value // the input of a filter or test first; the terms of a lookup
	KW   *value.Dict
	// Locals are variables above those of the World: of the task's loop, of the template.
	Locals *value.Dict
	// Each calls a filter or test for every element of the list that is the first argument.
	Each bool
	// With says that a lookup runs for with_NAME, Subdir where it looks for files.
	With   bool
	Subdir string
	World  World
	Warn   func(kind, text string) // told what the user should know: "warning" or "deprecated"
	// Work does what an action plugin asks of its host. Said is what the plugin has for the user so far.
	Work func(ctx context.Context, work, said value.Value) (value.Value, error)
}

// Host is the process. Its methods may be called from several goroutines; calls run side by side.
type Host struct {
	opt    Options
	once   sync.Once
	failed error // of starting, or of a process that ended
	cmd    *exec.Cmd
	mu     sync.Mutex
	to     io.WriteCloser
	last   int64
	calls  map[int64]chan *value.Dict
	ended  chan struct{}
	begun  bool // the process is being started: opt does not change any more
}

// New returns a Host that starts its process when it is first used.
func New(o Options) *Host {
	return &Host{opt: o, calls: map[int64]chan *value.Dict{}, ended: make(chan struct{})}
}

// Start starts the process ahead of its first use, and does not wait for it.
func (h *Host) Start() { go func() { _ = h.start() }() }

// start starts the process and waits until Ansible is loaded.
func (h *Host) start() error {
	h.once.Do(func() {
		h.mu.Lock()
		h.begun = true
		h.mu.Unlock()
		h.failed = h.launch()
	})
	return h.failed
}

func (h *Host) launch() error {
	if h.opt.Python == "" {
		return eval.ErrNoAnsible
	}
	inR, inW, err := os.Pipe()
	if err != nil {
		return err
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		return errors.Join(err, inR.Close(), inW.Close())
	}
	h.cmd = exec.Command(h.opt.Python, "-c", serverSource+dialectSource+actionSource+callbackSource+debuggerSource+varsSource+mainSource)
	h.cmd.Env, h.cmd.Stdout, h.cmd.Stderr = h.opt.Env, os.Stdout, os.Stderr
	if h.opt.Stdin != nil {
		h.cmd.Stdin = h.opt.Stdin
	}
	h.cmd.ExtraFiles = []*os.File{inR, outW}
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // ^C is for pbc to handle
	err = h.cmd.Start()
	_, _ = inR.Close(), outW.Close()
	if err != nil {
		_, _ = inW.Close(), outR.Close()
		return fmt.Errorf("the Python of Ansible does not start: %w", err)
	}
	h.to = inW
	first := make(chan *value.Dict, 1)
	h.calls[0] = first
	go h.read(outR)
	return h.greet(first)
}

// greet waits for the server's first message and tells it what all calls share.
func (h *Host) greet(first chan *value.Dict) error {
	m := <-first
	if m == nil {
		return fmt.Errorf("%s ended before it had loaded Ansible", h.opt.Python)
	}
	if _, err := reply(m); err != nil {
		return fmt.Errorf("%s cannot load Ansible: %w", h.opt.Python, err)
	}
	secrets := &value.List{}
	for _, s := range h.opt.Secrets {
		secrets.V = append(secrets.V, value.NewList(s.ID, fmt.Sprintf("%x", s.Password)))
	}
	cli := h.opt.CLI
	if cli == nil {
		cli = value.NewDict()
	}
	_, err := h.exchange(context.Background(), value.DictOf("do", "start", "options", cli, "secrets", secrets, "dirs", texts(h.opt.Dirs),
		"playbooks", texts(h.opt.Playbooks), "basedir", h.opt.Basedir,
		"passwords", value.DictOf("conn_pass", h.opt.ConnectPassword, "become_pass", h.opt.BecomePassword), "omit", omitText), Call{})
	return err
}

// omitText is what the variable omit holds for a plugin.
const omitText = "__omit_place_holder__pbc"

func texts(list []string) *value.List {
	out := &value.List{V: []value.Value{}}
	for _, s := range list {
		out.V = append(out.V, s)
	}
	return out
}

// read hands what the server writes to the calls it belongs to.
func (h *Host) read(from io.ReadCloser) {
	in := bufio.NewReaderSize(from, 1<<16)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			break
		}
		v, err := value.ParseJSON(line)
		if err != nil {
			break
		}
		m, ok := v.(*value.Dict)
		if !ok {
			break
		}
		id, _ := m.GetStr("id")
		n, _ := id.(int64)
		h.mu.Lock()
		c := h.calls[n]
		h.mu.Unlock()
		if c != nil {
			c <- m
		}
	}
	_ = from.Close()
	_ = h.cmd.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.ended)
	for _, c := range h.calls {
		close(c)
	}
	h.calls = nil
}

// Close ends the process, and waits until it has.
func (h *Host) Close() {
	h.once.Do(func() { h.failed = errEnded })
	h.mu.Lock()
	to := h.to
	h.to = nil
	h.mu.Unlock()
	if to != nil {
		_ = to.Close()
		<-h.ended
	}
}

func (h *Host) send(m *value.Dict) error {
	s, err := value.JSON(m, value.JSONOptions{ASCII: true})
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.to == nil {
		return errEnded
	}
	_, err = io.WriteString(h.to, s+"\n")
	return err
}

var errEnded = errors.New("the Python process of the plugins has ended")

// exchange sends a request and serves its questions until it is replied to.
func (h *Host) exchange(ctx context.Context, request *value.Dict, c Call) (value.Value, error) {
	h.mu.Lock()
	if h.calls == nil {
		h.mu.Unlock()
		return nil, errEnded
	}
	h.last++
	id := h.last
	inbox := make(chan *value.Dict, 4)
	h.calls[id] = inbox
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		delete(h.calls, id)
		h.mu.Unlock()
	}()
	request.SetStr("id", id)
	if err := h.send(request); err != nil {
		return nil, err
	}
	for {
		select {
		case <-ctx.Done():
			_ = h.send(value.DictOf("id", id, "do", "cancel"))
			return nil, ctx.Err()
		case m := <-inbox:
			if m == nil {
				return nil, errEnded
			}
			if ask, ok := m.GetStr("ask"); ok {
				if err := h.send(answer(ctx, id, ask, m, &c)); err != nil {
					return nil, err
				}
				continue
			}
			tell(m, c.Warn)
			return reply(m)
		}
	}
}

// answer answers what a plugin asks.
func answer(ctx context.Context, id int64, ask value.Value, m *value.Dict, c *Call) *value.Dict {
	out := value.DictOf("id", id)
	w := c.World
	if ask == "work" && c.Work != nil {
		return c.worked(ctx, m, out)
	}
	if w == nil {
		out.SetStr("fail", "there are no variables here")
		return out
	}
	var v value.Value
	switch ask {
	case "vars":
		v = w.Vars()
	case "taskvars":
		name, _ := m.GetStr("name")
		host, _ := name.(string)
		v = w.TaskVars(host)
	case "hosts":
		v = texts(w.Hosts())
	case "hostvars":
		name, _ := m.GetStr("name")
		host, _ := name.(string)
		if d := w.HostVars(host); d != nil {
			v = d
		}
	}
	p, err := packKnown(v)
	if err != nil {
		out.SetStr("fail", err.Error())
		return out
	}
	out.SetStr("answer", p)
	return out
}

// worked has the host do what an action plugin asks for, and makes the answer of what came of it.
func (c *Call) worked(ctx context.Context, m, out *value.Dict) *value.Dict {
	work, _ := m.GetStr("name")
	said, _ := m.GetStr("say")
	v, err := unpack(work)
	if err == nil {
		v, err = c.Work(ctx, v, said)
	}
	if err == nil {
		v, err = pack(v)
	}
	if err != nil {
		out.SetStr("fail", err.Error())
		return out
	}
	out.SetStr("answer", v)
	return out
}

// packKnown packs variables; one that has no form in Python is left out.
func packKnown(v value.Value) (value.Value, error) {
	d, ok := v.(*value.Dict)
	if !ok {
		return pack(v)
	}
	out := value.NewDict()
	for i, k := range d.K {
		if name, isText := value.Text(k); isText {
			if p, err := pack(d.V[i]); err == nil {
				out.SetStr(name, p)
			}
		}
	}
	return out, nil
}

// tell hands on what a plugin said to the user.
func tell(m *value.Dict, warn func(kind, text string)) {
	say, _ := m.GetStr("say")
	list, ok := say.(*value.List)
	if !ok || warn == nil {
		return
	}
	for _, e := range list.V {
		if pair, ok := e.(*value.List); ok && len(pair.V) == 2 {
			kind, _ := value.Text(pair.V[0])
			text, _ := value.Text(pair.V[1])
			warn(kind, text)
		}
	}
}

// reply reads the result of a request, or its error.
func reply(m *value.Dict) (value.Value, error) {
	if ok, given := m.GetStr("ok"); given {
		return ok, nil
	}
	e, _ := m.GetStr("error")
	d, ok := e.(*value.Dict)
	if !ok {
		return nil, errForm
	}
	class, _ := d.GetStr("class")
	msg, _ := d.GetStr("msg")
	text, _ := msg.(string)
	if undef, _ := d.GetStr("undefined"); undef == true {
		return nil, (&value.Undef{Hint: text}).Fail()
	}
	name, _ := class.(string)
	loading, _ := d.GetStr("loading")
	help, _ := d.GetStr("help")
	advice, _ := help.(string)
	return nil, &eval.Error{Class: name, Msg: text, Help: advice, Loading: loading == true}
}

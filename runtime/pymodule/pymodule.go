// Package pymodule runs modules that are not native, unmodified: those in Python in a warm interpreter, which has
// imported already what every module needs and forks for each one; all others as programs of their own.
//
// Vocabulary: a payload is such a module with all its files (see ir.Payload and compiler/payload); a bundle is a set
// of files in one blob; an interpreter is a Python process that this package keeps.
//
// Invariants: an interpreter is started when a module first needs it, and ends with the Host. What a module does to its
// process ends with the module. A module that crashes, hangs or prints nonsense fails its own task only.
package pymodule

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// Options say what a Host works with.
type Options struct {
	// Fetch returns the bytes of a blob by its digest. It is called once for each.
	Fetch func(ctx context.Context, digest string) ([]byte, error)
	// OwnTemp has modules make their own temporary folders: the user has no folder for those of a task.
	OwnTemp bool
}

// Host runs modules on this machine as the user of this process. Make one with New. Its methods may be called by
// several goroutines.
type Host struct {
	opt Options

	mu      sync.Mutex
	running map[key]*interpreter
	retired []*interpreter
	bundles map[string][]byte
}

// New returns a Host that runs nothing yet.
func New(opt Options) *Host {
	return &Host{opt: opt, running: map[key]*interpreter{}, bundles: map[string][]byte{}}
}

// Close ends the interpreters and what they run.
func (h *Host) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for k, p := range h.running {
		p.close()
		delete(h.running, k)
	}
	for _, p := range h.retired {
		p.close()
	}
	h.retired = nil
}

// Run runs the call's payload and returns what Ansible makes of its output. The result is never nil.
func (h *Host) Run(ctx context.Context, c *module.Call) *value.Dict {
	var o output
	var err error
	if c.Payload.Style == ir.StylePython {
		o, err = h.python(ctx, c)
	} else {
		o, err = h.program(ctx, c)
	}
	var f fault
	switch {
	case errors.As(err, &f):
		return raised(f)
	case err != nil:
		return value.DictOf("failed", true, "changed", false, "msg", err.Error())
	}
	o.err += o.note
	return o.result(interpreterOf(c), c.Tagged())
}

// Job runs the call's payload as a job of that name, and returns what the job's file is to hold: what the module printed, or
// how it failed.
//
// Observed: ansible-core 2.14.
func (h *Host) Job(ctx context.Context, c *module.Call, id string) *value.Dict {
	var o output
	var err error
	if c.Payload.Style == ir.StylePython {
		o, err = h.python(ctx, c)
	} else {
		o, err = h.program(ctx, c)
	}
	command := c.RemoteTmp + "/AnsiballZ_" + c.Payload.File
	if err != nil {
		return value.DictOf("failed", int64(1), "cmd", command, "msg", err.Error(), "outdata", "", "stderr", "", "ansible_job_id", id)
	}
	text, junk, _ := object(o.out)
	v, perr := value.ParseJSON([]byte(text))
	d, ok := v.(*value.Dict)
	if perr != nil || !ok {
		return value.DictOf("failed", int64(1), "cmd", command, "data", o.out, "stderr", o.err,
			"msg", "Traceback (most recent call last):\nValueError: No start of json char found\n", "ansible_job_id", id)
	}
	if junk != "" {
		warnings, _ := get(d, "warnings").(*value.List)
		if warnings == nil {
			warnings = value.NewList()
		}
		warnings.V = append(warnings.V, "Module invocation had junk after the JSON data: "+junk)
		d.SetStr("warnings", warnings)
	}
	if o.err != "" {
		d.SetStr("stderr", o.err)
	}
	return d
}

// fault is an error that Ansible meets before it starts a module.
type fault struct{ chain *failure.Failure }

func (f fault) Error() string { return f.chain.Brief() }

// raised is the result that stands for an error met before there is one of the module: see machine.Raised.
func raised(f fault) *value.Dict {
	d := value.DictOf("_ansible_raised", true, "msg", f.Error())
	if f.chain.At != nil {
		d.SetStr("_ansible_error", f.chain.Value())
	}
	return d
}

// interpreterOf is the command line that starts the module's interpreter, "" for a binary.
func interpreterOf(c *module.Call) string {
	if len(c.Payload.Interpreter) == 0 {
		return ""
	}
	first := c.Interpreter
	if first == "" {
		first = c.Payload.Interpreter[0]
	}
	return strings.Join(append([]string{first}, c.Payload.Interpreter[1:]...), " ")
}

// commandOf is the interpreter as the shell reads it: from ansible-core 2.19 on one word, with its arguments, as if all were its name.
func commandOf(c *module.Call) string {
	in := interpreterOf(c)
	if c.Tagged() && in != "" {
		return module.Quote(in)
	}
	return in
}

// python runs a module in Python in a warm interpreter.
func (h *Host) python(ctx context.Context, c *module.Call) (output, error) {
	args, err := value.JSON(value.DictOf("ANSIBLE_MODULE_ARGS", h.arguments(c)), value.JSONOptions{})
	if err != nil {
		return output{}, fault{failure.New("Unable to pass options to module, they must be JSON serializable: " + err.Error())}
	}
	for attempt := 1; ; attempt++ {
		p, err := h.interpreter(c)
		if err != nil {
			return output{}, err
		}
		r, err := h.call(ctx, p, c, []byte(args), attempt < maxStarts)
		var start *startError
		switch {
		case errors.As(err, &start):
			return output{rc: start.rc, out: start.out, err: start.err}, nil
		case err != nil:
			return output{}, err
		case r.stale:
			h.retire(p)
		case r.broken != "":
			return output{}, broken(c, r)
		default:
			return output{rc: shellCode(r.rc), out: string(r.out), err: string(r.err), note: shellNote(r.rc)}, nil
		}
	}
}

// maxStarts is how many interpreters one call starts at most, where what they depend on changes all the time.
const maxStarts = 3

// call has an interpreter run a module, which it may have to be sent first; a fresh one says when it has become stale.
func (h *Host) call(ctx context.Context, p *interpreter, c *module.Call, args []byte, fresh bool) (*reply, error) {
	bundles := map[string][]byte{} // come from afar while the interpreter starts
	for _, d := range []string{c.Payload.Base, c.Payload.Own} {
		b, err := h.bundle(ctx, d)
		if err != nil {
			return nil, err
		}
		bundles[d] = b
	}
	if err := p.ready(ctx); err != nil {
		return nil, err
	}
	for d, b := range bundles {
		if err := p.files(d, b); err != nil {
			return nil, err
		}
	}
	m := value.DictOf("op", "run", "module", c.Payload.Module, "name", c.Payload.Name, "base", c.Payload.Base, "own", c.Payload.Own, "limit", int64(c.Payload.Limit), "fresh", fresh)
	return p.run(ctx, m, args, environBytes(c.Env))
}

// retire has an interpreter get no more to do. What it runs may end.
func (h *Host) retire(p *interpreter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for k, q := range h.running {
		if p == q {
			delete(h.running, k)
			h.retired = append(h.retired, p)
		}
	}
}

// interpreter returns the interpreter for a call, and starts it when there is none.
func (h *Host) interpreter(c *module.Call) (*interpreter, error) {
	k := key{python: commandOf(c), base: c.Payload.Base, env: startEnv(c.Env)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.running[k]; p != nil {
		select {
		case <-p.gone:
		default:
			return p, nil
		}
	}
	p, err := startInterpreter(k.python, environ(c.Env))
	if err == nil {
		h.running[k] = p
	}
	return p, err
}

// startNames are beginnings of the names of variables that Python reads when it starts.
var startNames = []string{"PYTHON", "LC_", "LANG", "LD_", "HOME=", "PATH="}

// startEnv are the variables of a task that Python reads when it starts.
func startEnv(env map[string]string) string {
	var out []string
	for name, v := range env {
		e := name + "=" + v
		if slices.ContainsFunc(startNames, func(p string) bool { return strings.HasPrefix(e, p) }) {
			out = append(out, e)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\x00")
}

// environ is the environment of this process with that of the task over it.
func environ(over map[string]string) []string {
	var out []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if _, ok := over[name]; !ok {
			out = append(out, e)
		}
	}
	for name, v := range over {
		out = append(out, name+"="+v)
	}
	return out
}

func environBytes(over map[string]string) []byte {
	var b []byte
	for _, e := range environ(over) {
		b = append(append(b, e...), 0)
	}
	return b
}

// bundle returns a bundle, from upstream once.
func (h *Host) bundle(ctx context.Context, digest string) ([]byte, error) {
	h.mu.Lock()
	b, ok := h.bundles[digest]
	h.mu.Unlock()
	if ok {
		return b, nil
	}
	b, err := h.opt.Fetch(ctx, digest)
	if err == nil {
		h.mu.Lock()
		h.bundles[digest] = b
		h.mu.Unlock()
	}
	return b, err
}

// broken is Ansible's error about a file of a module that is no Python.
func broken(c *module.Call, r *reply) fault {
	own := r.broken == strings.ReplaceAll(c.Payload.Module, ".", "/")+".py"
	parts := strings.Split(strings.TrimSuffix(strings.TrimSuffix(r.broken, ".py"), "/__init__"), "/")
	if c.Tagged() {
		return brokenTagged(c, r, own, strings.Join(parts, "."))
	}
	name := c.Payload.Name
	if !own {
		name = "('" + strings.Join(parts, "', '") + "')"
	}
	return fault{failure.New("Unable to import " + name + " due to " + r.fault)}
}

// brokenTagged tells the place in the controller's file, too.
func brokenTagged(c *module.Call, r *reply, own bool, name string) fault {
	if own {
		name = c.Payload.Name
	}
	file := c.Payload.Origins[r.broken]
	if file == "" {
		file = r.broken
	}
	cause := r.fault
	if r.line > 0 {
		cause += fmt.Sprintf(" (%s, line %d)", path.Base(file), r.line)
	}
	f := failure.Failure{Msg: "Unable to compile " + value.StrRepr(name) + ".", At: &value.Origin{File: file, Line: r.line, Col: r.column}}
	return fault{f.Because(failure.New(cause))}
}

// versioned are the added arguments that not every ansible-core knows.
var versioned = map[string]bool{"string_conversion_action": true, "ignore_unknown_opts": true, "target_log_info": true, "tracebacks_for": true}

// arguments are the arguments of a task with those that Ansible adds, in its order.
func (h *Host) arguments(c *module.Call) *value.Dict {
	d := value.NewDict()
	d.Update(c.Args)
	internal, _ := c.Payload.Internal.V.(*value.Dict)
	in := func(name string) value.Value { v, _ := internal.GetStr("_ansible_" + name); return v }
	var tmp value.Value
	if !h.opt.OwnTemp {
		tmp = c.RemoteTmp + "/"
	}
	quiet, _ := in("no_log").(bool)
	for _, e := range []struct {
		name string
		v    value.Value
	}{
		{"check_mode", c.Check}, {"no_log", c.NoLog || quiet}, {"debug", in("debug")}, {"diff", c.Diff}, {"verbosity", int64(c.Verbosity)},
		{"version", in("version")}, {"module_name", c.ShownName()}, {"syslog_facility", in("syslog_facility")},
		{"selinux_special_fs", in("selinux_special_fs")}, {"string_conversion_action", in("string_conversion_action")}, {"socket", in("socket")},
		{"shell_executable", in("shell_executable")}, {"keep_remote_files", in("keep_remote_files")}, {"tmpdir", tmp}, {"remote_tmp", in("remote_tmp")},
		{"ignore_unknown_opts", in("ignore_unknown_opts")}, {"target_log_info", in("target_log_info")}, {"tracebacks_for", in("tracebacks_for")},
	} {
		if _, known := internal.GetStr("_ansible_" + e.name); known || !versioned[e.name] {
			d.SetStr("_ansible_"+e.name, e.v)
		}
	}
	return d
}

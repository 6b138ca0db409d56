package agent

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/machine"
	"pbc/runtime/module"
	"pbc/runtime/module/builtin"
	"pbc/runtime/module/posix"
	"pbc/runtime/pymodule"
)

// job is a module that runs on by itself, in a process of its own: what that process reads.
type job struct {
	ID    string
	Limit int64
	Dir   string
	Call  ir.Val
	Blobs map[string][]byte
	Own   bool // the user has no folder for temporary files
}

// startJob starts a process that runs the call on its own, and returns what Ansible's wrapper says of it.
//
// Ansible docs: "Asynchronous actions and polling".
func (r *runner) startJob(ctx context.Context, c *module.Call) *value.Dict {
	own := *c
	own.Async = nil
	j := job{ID: c.Async.ID, Limit: c.Async.Limit, Dir: c.Async.Dir, Call: ir.Val{V: machine.EncodeCall(&own, machine.Become{})}, Blobs: map[string][]byte{},
		Own: r.s.opt.Hopped && os.Getuid() != 0}
	if c.Payload != nil {
		for _, d := range []string{c.Payload.Base, c.Payload.Own} {
			if d == "" {
				continue
			}
			b, err := r.s.fetch(ctx, d)
			if err != nil {
				return failed(err.Error())
			}
			j.Blobs[d] = b
		}
	}
	b, err := msgpack.Marshal(&j)
	if err != nil {
		return failed(err.Error())
	}
	said, err := detach(b)
	if err != nil {
		return failed("the job could not be started: " + err.Error())
	}
	v, err := value.ParseJSON(said)
	res, ok := v.(*value.Dict)
	if err != nil || !ok {
		return failed("the job did not start")
	}
	res.SetStr("changed", true)
	if c.Tagged() {
		module.JobFlags(res)
	}
	return res
}

// detach starts the process of a job, in a session of its own, and returns the line that it says.
func detach(b []byte) ([]byte, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat("/proc/self/exe"); err == nil {
		exe = "/proc/self/exe" // its file may be gone
	}
	cmd := &exec.Cmd{Path: exe, Args: []string{"pbc", "agent", "job", "-"}, SysProcAttr: &syscall.SysProcAttr{Setsid: true}}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	_, werr := in.Write(b)
	in.Close()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	out.Close()
	go func() { _ = cmd.Wait() }()
	return line, errors.Join(werr, err)
}

// RunJob is the process of a job: it reads what to do from standard input, says on standard output what it is called,
// and leaves the result in the job's file.
func RunJob() error {
	b, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	var j job
	if err := msgpack.Unmarshal(b, &j); err != nil {
		return err
	}
	syscall.Umask(0o022)
	id := j.ID + "." + strconv.Itoa(os.Getpid())
	dir := expandHome(j.Dir)
	file := filepath.Join(dir, id)
	state := value.DictOf("started", j.flag(true), "finished", j.flag(false), "ansible_job_id", id)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return say(value.DictOf("failed", j.flag(true), "msg", "could not create directory: "+dir+" - "+posix.PyError(err)))
	}
	if err := writeJob(file, state); err != nil {
		return err
	}
	if err := say(value.DictOf("failed", j.flag(false), "started", j.flag(true), "finished", j.flag(false), "ansible_job_id", id, "results_file", file)); err != nil {
		return err
	}
	return writeJob(file, j.run(id))
}

// flag is a truth as Ansible's wrapper writes it: dialect classic has numbers.
func (j *job) flag(b bool) value.Value {
	call, _ := j.Call.V.(*value.Dict)
	dialect, _ := call.GetStr("dialect")
	return module.Flag(dialect == value.Value(int64(expr.Tagged)), b)
}

// say writes the one line that the starter waits for, and lets go of its streams.
func say(d *value.Dict) error {
	text, err := value.JSON(d, value.JSONOptions{})
	if err != nil {
		return err
	}
	_, err = os.Stdout.WriteString(text + "\n")
	for _, f := range []*os.File{os.Stdin, os.Stdout} {
		f.Close()
		_, _ = os.OpenFile(os.DevNull, os.O_RDWR, 0) // takes the number that is free now
	}
	return err
}

// writeJob replaces the job's file.
func writeJob(file string, d *value.Dict) error {
	text, err := value.JSON(d, value.JSONOptions{})
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".tmp", []byte(text), 0o666); err != nil {
		return err
	}
	return os.Rename(file+".tmp", file)
}

// expandHome is the folder as Ansible's wrapper finds it: below HOME. Whoever looks at the job later goes by the account
// database instead.
func expandHome(dir string) string {
	if dir != "~" && !strings.HasPrefix(dir, "~/") {
		return dir
	}
	home := os.Getenv("HOME")
	if u, ok := posix.UserByID(os.Getuid()); ok && home == "" {
		home = u.Home
	}
	return home + dir[1:]
}

// look is how often Ansible's wrapper looks at a job.
const look = 5 * time.Second

// patience is when a job is killed whose time is limited: when the wrapper next looks at it. In dialect classic that is after one
// more look; in tagged it looks twice within a time that is shorter than its step.
func patience(limit time.Duration, tagged bool) time.Duration {
	step := look
	if tagged && limit > 0 && limit <= look {
		step = limit / 2
	}
	looks := (limit + step - 1) / step
	if !tagged {
		looks++
	}
	return step * max(looks, 1)
}

// run runs the module within its time and returns what the job's file is to hold.
func (j *job) run(id string) *value.Dict {
	d, _ := j.Call.V.(*value.Dict)
	c, _ := machine.DecodeCall(d)
	ctx, cancel := context.WithTimeout(context.Background(), patience(time.Duration(j.Limit)*time.Second, c.Tagged()))
	defer cancel()
	tmp, err := os.MkdirTemp(tempBase(c.RemoteBase, j.Own), "ansible-tmp-")
	if err != nil {
		return failed(err.Error())
	}
	defer os.RemoveAll(tmp)
	c.RemoteTmp = tmp
	res := j.module(ctx, c, id)
	if ctx.Err() != nil {
		return value.DictOf("msg", "Timeout exceeded", "failed", true, "child_pid", int64(os.Getpid()))
	}
	return res
}

func (j *job) module(ctx context.Context, c *module.Call, id string) *value.Dict {
	if c.Payload == nil {
		m, ok := builtin.Lookup(c.Name)
		if !ok {
			return failed("the module " + c.Name + " is not part of this agent")
		}
		return guarded(ctx, m, c)
	}
	h := pymodule.New(pymodule.Options{OwnTemp: j.Own, Fetch: func(_ context.Context, digest string) ([]byte, error) {
		b, ok := j.Blobs[digest]
		if !ok {
			return nil, errors.New("the job lacks a file of its module")
		}
		return b, nil
	}})
	defer h.Close()
	return h.Job(ctx, c, id)
}

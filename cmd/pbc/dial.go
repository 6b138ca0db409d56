package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"pbc/agent"
	"pbc/agent/become"
	"pbc/compiler"
	"pbc/compiler/link"
	"pbc/internal/agents"
	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/controller"
	"pbc/runtime/eval"
	"pbc/runtime/module/posix"
	"pbc/transport"
	"pbc/transport/deploy"
	"pbc/transport/ssh"
)

// dialer opens the streams to agents: in this process for the local connection, by SSH for others.
type dialer struct {
	linker *link.Linker
	play   func() int
	deploy *deploy.Dialer
	opt    dialOptions
	note   func(host, text string)
	// observe, when not nil, is given every stream.
	observe func(io.ReadWriteCloser) io.ReadWriteCloser
	// agents, when not nil, gives every agent.
	agents func(host string) io.ReadWriteCloser
}

// dialOptions are the command line's and the settings' defaults of connections.
type dialOptions struct {
	User, KeyFile, Password string
	Port                    int
	Retries                 int // how often to try again to connect
	Timeout                 time.Duration
	HostKeyChecking         bool
	Executable              string
	// SSHArgs, CommonArgs and ExtraArgs are more arguments of ssh, as one writes them for a shell.
	SSHArgs, CommonArgs, ExtraArgs string
	// Connection is the connection plugin where nothing names one.
	Connection string
}

func newDialer(l *link.Linker, opt dialOptions, note func(host, text string)) *dialer {
	return &dialer{linker: l, deploy: &deploy.Dialer{Shell: &ssh.Shell{Note: note}, Agents: agents.Set()}, opt: opt, note: note}
}

// Dial implements controller.Dialer.
func (d *dialer) Dial(ctx context.Context, host string) (io.ReadWriteCloser, error) {
	return d.DialTask(ctx, host, nil)
}

// DialTask implements controller.Dialer.
func (d *dialer) DialTask(ctx context.Context, host string, over *value.Dict) (io.ReadWriteCloser, error) {
	rw, err := d.open(ctx, host, over)
	if err == nil && d.observe != nil {
		rw = d.observe(rw)
	}
	return rw, err
}

// open connects to a host as its variables say, with those of a task over them.
func (d *dialer) open(ctx context.Context, host string, over *value.Dict) (io.ReadWriteCloser, error) {
	if d.agents != nil {
		return d.agents(host), nil
	}
	route, err := d.linker.Route(d.play(), host, over)
	if err != nil {
		return nil, &controller.Unreachable{Msg: err.Error()}
	}
	connection := link.ConnectionOf(route)
	if connection == "" {
		connection = d.opt.Connection
	}
	switch ir.Short(connection) {
	case "local":
		return localAgent(agent.Options{Hop: become.Open, Local: true}), nil
	case "ssh", "smart", "paramiko", "paramiko_ssh":
		return d.ssh(ctx, host, route)
	}
	if compiler.LacksConnection(connection) {
		return nil, &controller.Unreachable{Msg: "unsupported: the connection plugin " + connection, Failed: true}
	}
	return nil, &controller.Unreachable{Msg: "the connection plugin '" + connection + "' was not found", Failed: true}
}

func (d *dialer) ssh(ctx context.Context, host string, route *value.Dict) (io.ReadWriteCloser, error) {
	t, err := d.target(host, route)
	if err != nil {
		return nil, &controller.Unreachable{Msg: err.Error(), Failed: true}
	}
	c, err := d.connect(ctx, host, t, route)
	var u *transport.Unreachable
	if errors.As(err, &u) {
		return nil, &controller.Unreachable{Msg: u.Msg, Failed: u.Failed}
	}
	if err != nil {
		return nil, err
	}
	for _, n := range c.Notes {
		d.note(host, n)
	}
	return c, nil
}

// connect dials, and as often as the setting or the variable says tries again, after 0, 1, 3, 7 … at most 30 s.
//
// Ansible docs: ansible.builtin.ssh, "reconnection_retries".
func (d *dialer) connect(ctx context.Context, host string, t transport.Target, route *value.Dict) (*transport.Conn, error) {
	retries := d.opt.Retries
	if v, ok := route.GetStr("ansible_ssh_retries"); ok {
		text, _ := value.Text(v)
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, &transport.Unreachable{Msg: "ansible_ssh_retries " + value.StrRepr(text) + " is not a number", Failed: true}
		}
		retries = n
	}
	for attempt := 0; ; attempt++ {
		c, err := d.deploy.Dial(ctx, t)
		var u *transport.Unreachable
		if attempt >= retries || !errors.As(err, &u) || ctx.Err() != nil {
			return c, err
		}
		pause := min(1<<min(attempt, 5)-1, 30)
		d.note(host, fmt.Sprintf("ssh_retry: attempt: %d, pausing for %d seconds", attempt+1, pause))
		select {
		case <-time.After(time.Duration(pause) * time.Second):
		case <-ctx.Done():
		}
	}
}

// localAgents counts the agents that serve in this process.
var localAgents sync.WaitGroup

// localAgent serves an agent in this process and returns the stream to it.
func localAgent(opt agent.Options) io.ReadWriteCloser {
	near, far := net.Pipe()
	localAgents.Go(func() {
		_ = agent.Serve(far, opt)
		far.Close()
	})
	return near
}

// endLocalAgents waits until the agents of this process, whose streams have been closed, have ended what
// they ran; not for long.
func endLocalAgents() {
	ended := make(chan struct{})
	go func() {
		localAgents.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
	}
}

// Dead implements controller.Dialer.
func (d *dialer) Dead(_ string, why *controller.Unreachable) io.ReadWriteCloser {
	return localAgent(agent.Options{Unreachable: why.Msg, Refused: why.Failed, Local: true})
}

// sshTexts are the parts of a target that are written as text.
type sshTexts struct{ port, timeout, check, args, common, extra string }

// target says how a host is reached by ssh: a variable of the route wins over its keyword, that over the
// command line and the settings. Of variables with one meaning the last one counts.
func (d *dialer) target(host string, route *value.Dict) (transport.Target, error) {
	o := d.opt
	t := transport.Target{Host: host, Addr: host, User: o.User, KeyFile: o.KeyFile, Password: o.Password, Timeout: o.Timeout, Executable: o.Executable}
	x := sshTexts{port: strconv.Itoa(o.Port), check: strconv.FormatBool(o.HostKeyChecking), args: o.SSHArgs, common: o.CommonArgs, extra: o.ExtraArgs}
	for _, f := range []struct {
		into  *string
		names string
	}{
		{&t.Addr, "ansible_host ansible_ssh_host"},
		{&t.User, "remote_user ansible_user ansible_ssh_user"},
		{&x.port, "port ansible_port ansible_ssh_port"},
		{&t.KeyFile, "ansible_private_key_file ansible_ssh_private_key_file"},
		{&t.Password, "ansible_password ansible_ssh_pass ansible_ssh_password"},
		{&t.Executable, "ansible_ssh_executable"},
		{&x.timeout, "ansible_ssh_timeout"},
		{&x.check, "ansible_host_key_checking ansible_ssh_host_key_checking"},
		{&x.args, "ansible_ssh_args"},
		{&x.common, "ansible_ssh_common_args"},
		{&x.extra, "ansible_ssh_extra_args"},
	} {
		for _, n := range strings.Fields(f.names) {
			if v, ok := route.GetStr(n); ok {
				*f.into, _ = value.Text(v)
			}
		}
	}
	return t, x.complete(&t)
}

// complete reads the texts into the target.
func (x sshTexts) complete(t *transport.Target) error {
	var err error
	if t.Port, err = strconv.Atoi(x.port); err != nil {
		return fmt.Errorf("the port %s is not a number", value.StrRepr(x.port))
	}
	if x.timeout != "" {
		seconds, err := strconv.Atoi(x.timeout)
		if err != nil {
			return fmt.Errorf("ansible_ssh_timeout %s is not a number", value.StrRepr(x.timeout))
		}
		t.Timeout = time.Duration(seconds) * time.Second
	}
	check, ok := eval.Boolean(x.check)
	t.AcceptAnyHostKey = ok && !check
	if t.SSHArgs, err = posix.Split(x.args); err != nil {
		return err
	}
	for _, s := range []string{x.common, x.extra} {
		words, err := posix.Split(s)
		if err != nil {
			return err
		}
		t.ExtraArgs = append(t.ExtraArgs, words...)
	}
	return nil
}

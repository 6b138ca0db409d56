package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"pbc/agent"
	"pbc/agent/become"
	"pbc/compiler/link"
	"pbc/internal/agents"
	"pbc/ir/value"
	"pbc/runtime/controller"
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
}

// dialOptions are the command line's and the settings' defaults of connections.
type dialOptions struct {
	User, KeyFile, Password string
	Port                    int
	Timeout                 time.Duration
	HostKeyChecking         bool
	SSHArgs, ExtraArgs      []string
	Executable              string
}

func newDialer(l *link.Linker, opt dialOptions, note func(host, text string)) *dialer {
	return &dialer{linker: l, deploy: &deploy.Dialer{Shell: &ssh.Shell{Note: note}, Agents: agents.Set()}, opt: opt, note: note}
}

// Dial implements controller.Dialer.
func (d *dialer) Dial(ctx context.Context, host string) (io.ReadWriteCloser, error) {
	return d.dial(ctx, host, d.linker.Connection(d.play(), host))
}

func (d *dialer) dial(ctx context.Context, host, connection string) (io.ReadWriteCloser, error) {
	rw, err := d.open(ctx, host, connection)
	if err == nil && d.observe != nil {
		rw = d.observe(rw)
	}
	return rw, err
}

// open connects by the plugin of that name.
func (d *dialer) open(ctx context.Context, host, connection string) (io.ReadWriteCloser, error) {
	switch strings.TrimPrefix(connection, "ansible.builtin.") {
	case "local":
		return localAgent(agent.Options{Hop: become.Open, Local: true}), nil
	case "ssh", "smart", "paramiko", "paramiko_ssh", "":
	default:
		return nil, errors.New("unsupported: the connection plugin " + connection + " of host " + host)
	}
	t, err := d.target(host)
	if err != nil {
		return nil, &controller.Unreachable{Msg: err.Error()}
	}
	c, err := d.deploy.Dial(ctx, t)
	var u *transport.Unreachable
	if errors.As(err, &u) {
		return nil, &controller.Unreachable{Msg: u.Msg}
	}
	if err != nil {
		return nil, err
	}
	for _, n := range c.Notes {
		d.note(host, n)
	}
	return c, nil
}

// localAgent serves an agent in this process and returns the stream to it.
func localAgent(opt agent.Options) io.ReadWriteCloser {
	near, far := net.Pipe()
	go func() {
		_ = agent.Serve(far, opt)
		far.Close()
	}()
	return near
}

// Delegate implements controller.Dialer.
func (d *dialer) Delegate(ctx context.Context, host, target string, local bool) (io.ReadWriteCloser, error) {
	if target == "" {
		target = host
	}
	connection := "local"
	if !local {
		connection = d.linker.Connection(-1, target)
	}
	return d.dial(ctx, target, connection)
}

// Dead implements controller.Dialer.
func (d *dialer) Dead(_, msg string) io.ReadWriteCloser {
	return localAgent(agent.Options{Unreachable: msg, Local: true})
}

// target says how a host is reached: its variables win over the play's keywords, those over the
// settings.
func (d *dialer) target(host string) (transport.Target, error) {
	o := d.opt
	t := transport.Target{Host: host, Addr: host, Port: o.Port, User: o.User, KeyFile: o.KeyFile, Password: o.Password, Timeout: o.Timeout,
		AcceptAnyHostKey: !o.HostKeyChecking, SSHArgs: o.SSHArgs, ExtraArgs: o.ExtraArgs, Executable: o.Executable}
	text := func(names ...string) (string, error) {
		for _, n := range names {
			v, ok, err := d.linker.HostValue(d.play(), host, n)
			if err != nil {
				return "", err
			}
			if ok && v != nil {
				return value.ToStr(v)
			}
		}
		return "", nil
	}
	for _, f := range []struct {
		into  *string
		names []string
	}{
		{&t.Addr, []string{"ansible_ssh_host", "ansible_host"}},
		{&t.User, []string{"ansible_ssh_user", "ansible_user"}},
		{&t.KeyFile, []string{"ansible_ssh_private_key_file", "ansible_private_key_file"}},
		{&t.Password, []string{"ansible_ssh_password", "ansible_ssh_pass", "ansible_password"}},
		{&t.Executable, []string{"ansible_ssh_executable"}},
	} {
		s, err := text(f.names...)
		if err != nil {
			return t, err
		}
		if s != "" {
			*f.into = s
		}
	}
	port, err := text("ansible_ssh_port", "ansible_port")
	if err != nil {
		return t, err
	}
	if port != "" {
		t.Port, _ = strconv.Atoi(port)
	}
	check, err := text("ansible_ssh_host_key_checking", "ansible_host_key_checking")
	if err == nil && check != "" {
		t.AcceptAnyHostKey = check == "False" || check == "false" || check == "no"
	}
	for _, n := range []string{"ansible_ssh_common_args", "ansible_ssh_extra_args"} {
		s, err := text(n)
		if err != nil {
			return t, err
		}
		t.ExtraArgs = append(t.ExtraArgs, strings.Fields(s)...)
	}
	return t, nil
}

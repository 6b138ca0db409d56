// Package transport carries bytes between the controller and a host's agent. It knows targets, commands
// and streams, not tasks.
//
// The vocabulary: a Shell starts a command on a Target and gives its streams as a Process (package ssh
// and package spawn are shells); a Dialer makes of it a Conn, which is a Process that is a running agent
// (package deploy is the dialer for every shell). Package wire then turns a Conn into a session.
//
// A target that cannot be worked with gives an *Unreachable, whose text is Ansible's.
package transport

import (
	"context"
	"io"
	"net"
	"time"
)

// Target is a host as a play names it. The zero value of a field means that the play did not say, and
// that ssh's own configuration or default holds.
type Target struct {
	Host string // inventory_hostname, for messages only
	Addr string // ansible_host, or the inventory name
	Port int    // ansible_port
	User string // ansible_user

	KeyFile  string        // ansible_ssh_private_key_file, ~ allowed
	Password string        // ansible_password; empty means that no password is tried
	Timeout  time.Duration // of connecting and logging in; zero means 10 s as Ansible's default

	// AcceptAnyHostKey is host_key_checking=False: a new key is noted in known_hosts, a changed one passed.
	AcceptAnyHostKey bool
	// SSHArgs is ansible_ssh_args split into words; nil means Ansible's default. ExtraArgs are
	// ansible_ssh_common_args and ansible_ssh_extra_args after it.
	SSHArgs, ExtraArgs []string
	// Executable is ansible_ssh_executable; empty means "ssh".
	Executable string
}

// DefaultTimeout is Ansible's "timeout".
const DefaultTimeout = 10 * time.Second

// Limit returns the time that connecting may take.
func (t Target) Limit() time.Duration {
	if t.Timeout > 0 {
		return t.Timeout
	}
	return DefaultTimeout
}

// Process is a command that runs somewhere: Read is its output, Write its input. One goroutine may read
// while another writes.
type Process interface {
	io.ReadWriteCloser // Close ends the process and what carries it; twice is allowed
	// Stderr returns the last few kilobytes of what it wrote to its standard error.
	Stderr() string
	// Wait returns when the process has ended: nil for exit status 0, an error that tells status or
	// signal otherwise. Any number of goroutines may wait.
	Wait() error
}

// Shell starts commands on targets.
type Shell interface {
	// Start runs command by the user's login shell. It returns an *Unreachable when the target cannot
	// be reached or does not let the user in. ctx bounds starting, not running.
	Start(ctx context.Context, t Target, command string) (Process, error)
}

// Conn is a connection to a running agent that has said hello and now awaits a wire session.
type Conn struct {
	Process
	Platform string   // GOOS/GOARCH of the agent
	Uploaded int64    // bytes of agent sent because the host did not have it
	Notes    []string // what a user who asks for more (-v) should hear, such as settings not honoured
}

// Dialer connects to agents.
type Dialer interface {
	// Dial returns an *Unreachable for whatever keeps the target from being worked with.
	Dial(ctx context.Context, t Target) (*Conn, error)
}

// Unreachable is the error of a target that cannot be worked with.
type Unreachable struct {
	Msg   string // the "msg" of Ansible's UNREACHABLE result
	Cause error  // may be nil
	// Failed says that Ansible reports this one as a failed task, not as an unreachable host.
	Failed bool
}

// Error returns Msg.
func (u *Unreachable) Error() string { return u.Msg }

// Unwrap returns the cause.
func (u *Unreachable) Unwrap() error { return u.Cause }

// Pipe returns the two ends of a connection within this process.
func Pipe() (controller, agent io.ReadWriteCloser) { return net.Pipe() }

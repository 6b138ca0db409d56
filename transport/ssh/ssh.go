// Package ssh is the transport.Shell that reaches hosts over SSH, the way Ansible's ssh connection plugin
// would: the same configuration, keys, host key policy, and words when it fails.
//
// It speaks the protocol itself (golang.org/x/crypto/ssh), since that is several times faster than a
// process per host. Where ssh's configuration asks for something that it does not do (ProxyJump,
// ProxyCommand, agent forwarding, chosen ciphers ...), or all its ways to log in were refused, it hands
// the target to the system's ssh, which then has the last word; so nothing that ssh can reach is lost,
// and what ssh cannot reach fails in ssh's own words.
package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"pbc/transport"
	"pbc/transport/spawn"
)

// Shell starts commands over SSH, one connection for each. The zero Shell is ready; it may be used by
// many goroutines.
type Shell struct {
	// Home is where .ssh is; empty means the user's home in the account database, as for ssh itself.
	Home string
	// NoSystem forbids to fall back on the system's ssh.
	NoSystem bool
	// Note hears what is not an error but worth telling with -v; nil means nobody.
	Note func(host, note string)

	baseOnce sync.Once
	base     map[string][]string
	baseErr  error
}

// prefix is what Ansible puts before ssh's own words.
const prefix = "Failed to connect to the host via ssh: "

func unreachable(words string, cause error) *transport.Unreachable {
	return &transport.Unreachable{Msg: prefix + words, Cause: cause}
}

// refusal is a failure for which the system's ssh may know better: name, host key, login, or handshake.
type refusal struct{ *transport.Unreachable }

// Unwrap returns the error that Start gives when there is no second opinion.
func (r *refusal) Unwrap() error { return r.Unreachable }

// Start implements transport.Shell.
func (s *Shell) Start(ctx context.Context, t transport.Target, command string) (transport.Process, error) {
	ctx, cancel := context.WithTimeout(ctx, t.Limit())
	defer cancel()
	t.Addr = or(t.Addr, t.Host)
	set, err := s.resolve(ctx, t)
	if err != nil {
		return nil, err
	}
	if len(set.foreign) > 0 {
		s.note(t, "using the system's ssh for "+strings.Join(set.foreign, ", "))
		return s.system(t, command)
	}
	p, err := s.native(ctx, t, set, command)
	var r *refusal
	if errors.As(err, &r) {
		if t.Password == "" && s.hasSystem(t) {
			s.note(t, "refused, asking the system's ssh: "+r.Msg)
			return s.system(t, command)
		}
		return nil, r.Unreachable
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (s *Shell) note(t transport.Target, words string) {
	if s.Note != nil {
		s.Note(t.Host, words)
	}
}

func (s *Shell) hasSystem(t transport.Target) bool {
	if s.NoSystem {
		return false
	}
	_, err := exec.LookPath(or(t.Executable, "ssh"))
	return err == nil
}

// system runs the command through ssh as Ansible would start it, but never lets it ask the terminal.
func (s *Shell) system(t transport.Target, command string) (transport.Process, error) {
	if s.NoSystem {
		return nil, unreachable("ssh's configuration asks for what only the system's ssh can do", nil)
	}
	if t.Password != "" {
		return nil, unreachable("a password cannot be given to the system's ssh, which its configuration asks for", nil)
	}
	args := append([]string{or(t.Executable, "ssh"), "-T"}, argv(t)...)
	args = append(args, "-o", "BatchMode=yes", "--", t.Addr, command)
	p, err := spawn.Start(args, nil)
	if err != nil {
		return nil, unreachable(err.Error(), err)
	}
	return p, nil
}

// native connects and starts the command by this process itself.
func (s *Shell) native(ctx context.Context, t transport.Target, set *settings, command string) (*process, error) {
	conn, err := dialTCP(ctx, set)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	p, err := s.converse(conn, t, set, command)
	if !stop() && err == nil {
		p.Close()
		err = ctx.Err()
	}
	if err == nil {
		return p, nil
	}
	conn.Close()
	if ctx.Err() != nil {
		return nil, unreachable(fmt.Sprintf("Connection timed out during banner exchange\r\nConnection to %s port %d timed out", set.addr, set.port), ctx.Err())
	}
	return nil, err
}

func dialTCP(ctx context.Context, set *settings) (net.Conn, error) {
	d := net.Dialer{KeepAlive: 15 * time.Second}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(set.addr, strconv.Itoa(set.port)))
	if err == nil {
		return prompt(conn), nil
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		words := "Name or service not known"
		if dns.IsTemporary || dns.IsTimeout {
			words = "Temporary failure in name resolution"
		}
		// the system's ssh may have more ways to find a name (NSS) than this program
		return nil, &refusal{unreachable(fmt.Sprintf("ssh: Could not resolve hostname %s: %s", set.addr, words), err)}
	}
	return nil, unreachable(fmt.Sprintf("ssh: connect to host %s port %d: %s", set.addr, set.port, strerror(err)), err)
}

// strerror is what C's strerror says of err.
func strerror(err error) string {
	var no syscall.Errno
	var timeout net.Error
	switch {
	case errors.As(err, &no):
		words := no.Error()
		return strings.ToUpper(words[:1]) + words[1:]
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		return "Connection timed out"
	default:
		return err.Error()
	}
}

// converse logs in on conn and starts the command.
func (s *Shell) converse(conn net.Conn, t transport.Target, set *settings, command string) (*process, error) {
	l := &login{set: set, password: t.Password}
	defer l.close()
	l.hosts = &hostKeys{s: set, known: knownKeys(slices.Concat(set.userKnown, set.globalKnown), set.knownAs, set.port), note: func(words string) {
		l.said = append(l.said, words)
	}}
	var refusedKey error
	c, chans, reqs, err := ssh.NewClientConn(conn, set.addr, &ssh.ClientConfig{
		User: set.user, Auth: l.methods(), AuthCallback: l.watch,
		HostKeyAlgorithms: l.hosts.algorithms(),
		HostKeyCallback: func(addr string, remote net.Addr, key ssh.PublicKey) error {
			refusedKey = l.hosts.check(addr, remote, key)
			return refusedKey
		},
	})
	for _, n := range append(l.notes, l.said...) {
		s.note(t, n)
	}
	if err != nil {
		return nil, l.explain(err, refusedKey)
	}
	go ssh.DiscardRequests(reqs)
	go refuseChannels(chans)
	return start(c, set, command)
}

func refuseChannels(chans <-chan ssh.NewChannel) {
	for c := range chans {
		c.Reject(ssh.UnknownChannelType, "not offered")
	}
}

// explain turns a failed handshake into OpenSSH's words.
func (l *login) explain(err, refusedKey error) error {
	at := fmt.Sprintf("%s port %d", l.set.addr, l.set.port)
	switch {
	case refusedKey == errHostKey && l.password != "" && l.set.strict == "ask":
		return &transport.Unreachable{Msg: stranger, Cause: err, Failed: true}
	case refusedKey != nil:
		return &refusal{unreachable(refusedKey.Error(), err)}
	case len(l.allowed) > 0 && strings.Contains(err.Error(), "unable to authenticate"):
		return &refusal{l.denied(err)}
	case errors.Is(err, io.EOF):
		return unreachable("kex_exchange_identification: Connection closed by remote host\r\nConnection closed by "+at, err)
	case errors.Is(err, syscall.ECONNRESET):
		return unreachable("kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by "+at, err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return unreachable("Connection timed out during banner exchange\r\nConnection to "+at+" timed out", err)
	default:
		return &refusal{unreachable(err.Error(), err)}
	}
}

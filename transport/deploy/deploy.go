// Package deploy makes a running agent of a host that has nothing but a shell: one command that starts the
// cached agent, or receives it over its own input, checks it, keeps it and starts it. Nothing else is
// installed, and nothing stays behind when it fails.
//
// Its words: an Agent is a program for one platform; Agents are all of one build and have one ID; the
// script is what the host runs (see script.go for the lines that pass).
package deploy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"pbc/transport"
	"pbc/transport/wire"
)

// Agent is the program for one platform.
type Agent struct {
	Bytes  []byte // as sent: gzip'ed, or raw
	Sum    uint32 // CRC-32C of the program
	SHA256 string // of the program, hexadecimal
}

// Agents are the programs of one build.
type Agents interface {
	// ID names the build: letters and digits, different for builds that differ in any program.
	ID() (string, error)
	// Agent returns the program for GOOS/GOARCH, or an error that says there is none.
	Agent(platform string, gzip bool) (Agent, error)
}

// Dialer is the transport.Dialer for hosts behind any shell.
type Dialer struct {
	Shell  transport.Shell
	Agents Agents
	// Stall is how long an upload may go without moving, and how long a sent agent may take to say hello;
	// zero means 30 s.
	Stall time.Duration
}

const defaultStall = 30 * time.Second

// errStale says that a cached agent ended before it said hello.
var errStale = errors.New("the cached agent did not start")

// Dial implements transport.Dialer. A cached agent that does not start is replaced, once.
func (d *Dialer) Dial(ctx context.Context, t transport.Target) (*transport.Conn, error) {
	id, err := d.Agents.ID()
	if err != nil {
		return nil, &transport.Unreachable{Msg: err.Error(), Cause: err}
	}
	conn, err := d.attempt(ctx, t, id, false)
	if errors.Is(err, errStale) {
		conn, err = d.attempt(ctx, t, id, true)
		if conn != nil {
			conn.Notes = append(conn.Notes, errStale.Error()+" and was replaced")
		}
	}
	return conn, err
}

// contact is one run of the script.
type contact struct {
	p     transport.Process
	r     *bufio.Reader
	nonce string
	fresh bool
	timer *time.Timer // closes p
	late  chan struct{}
}

func (d *Dialer) attempt(ctx context.Context, t transport.Target, id string, fresh bool) (*transport.Conn, error) {
	nonce := wire.NewNonce()
	p, err := d.Shell.Start(ctx, t, command(nonce, id, fresh))
	if err != nil {
		return nil, asUnreachable(err)
	}
	c := &contact{p: p, r: bufio.NewReaderSize(p, 4<<10), nonce: nonce, fresh: fresh, late: make(chan struct{})}
	c.timer = time.AfterFunc(t.Limit(), func() { close(c.late); p.Close() })
	stop := context.AfterFunc(ctx, func() { p.Close() })
	conn, err := d.converse(c, t)
	intime, alive := c.timer.Stop(), stop()
	switch {
	case err == nil && intime && alive:
		return conn, nil
	case err == nil || !alive || !intime:
		err = &transport.Unreachable{Msg: failure + c.lateness(ctx), Cause: err}
	}
	p.Close()
	return nil, err
}

const failure = "Failed to connect to the host via ssh: " // Ansible's words

func (c *contact) lateness(ctx context.Context) string {
	if ctx.Err() != nil {
		return "connection given up: " + ctx.Err().Error()
	}
	return "timed out while starting the agent" + c.aside()
}

// aside is what the host said on its standard error, for the end of a message.
func (c *contact) aside() string {
	if s := strings.TrimSpace(c.p.Stderr()); s != "" {
		return ": " + s
	}
	return ""
}

func asUnreachable(err error) error {
	var u *transport.Unreachable
	if errors.As(err, &u) {
		return u
	}
	return &transport.Unreachable{Msg: failure + err.Error(), Cause: err}
}

// converse goes through the lines of the grammar up to the agent's hello.
func (d *Dialer) converse(c *contact, t transport.Target) (*transport.Conn, error) {
	said, err := readLine(c.r, c.nonce)
	if err != nil {
		return nil, c.broken(err)
	}
	conn := &transport.Conn{}
	if said[0] == "need" {
		stall := d.Stall
		if stall <= 0 {
			stall = defaultStall
		}
		c.timer.Reset(stall)
		if conn.Uploaded, err = d.upload(c, said, stall); err != nil {
			return nil, err
		}
		if said, err = readLine(c.r, c.nonce); err != nil {
			return nil, c.refused(err)
		}
	}
	if said[0] != "agent" {
		return nil, c.unreachable("the host asked for an agent twice", nil)
	}
	conn.Platform = said[1]
	conn.Process = &greeted{c.p, c.r}
	return conn, nil
}

// broken explains an end before the first line.
func (c *contact) broken(err error) error {
	if !errors.Is(err, io.EOF) {
		return c.unreachable(err.Error(), err)
	}
	c.p.Close()
	exit, said := c.p.Wait(), strings.TrimSpace(c.p.Stderr())
	if exit != nil && strings.Contains(exit.Error(), "exit status 255") && said != "" {
		return c.unreachable(said, exit) // the system's ssh, in its own words
	}
	if !c.fresh {
		return errStale
	}
	return c.unreachable(fmt.Sprintf("no agent could be started (%v)%s", exit, c.aside()), exit)
}

// refused explains an end after the upload began.
func (c *contact) refused(err error) error {
	var f failed
	if errors.As(err, &f) {
		return c.unreachable(err.Error(), err)
	}
	c.p.Close()
	exit := c.p.Wait()
	return c.unreachable(fmt.Sprintf("the agent sent did not start (%v)%s", exit, c.aside()), errors.Join(err, exit))
}

func (c *contact) unreachable(words string, cause error) error {
	return &transport.Unreachable{Msg: failure + words, Cause: cause}
}

func (d *Dialer) upload(c *contact, need line, stall time.Duration) (int64, error) {
	a, err := d.Agents.Agent(platform(need[1], need[2]), need[3] == "gzip")
	if err != nil {
		return 0, &transport.Unreachable{Msg: err.Error(), Cause: err}
	}
	offer := fmt.Sprintf("%d %08x %s\n", len(a.Bytes), a.Sum, a.SHA256)
	moved := func() { c.timer.Reset(stall) }
	if err := sendAll(c.p, append([]byte(offer), a.Bytes...), moved); err != nil {
		if _, why := readLine(c.r, c.nonce); why != nil {
			err = why // what the host said before it stopped listening
		}
		return 0, c.refused(err)
	}
	return int64(len(a.Bytes)), nil
}

// greeted is a process whose output was read through r up to the hello.
type greeted struct {
	transport.Process
	r *bufio.Reader
}

// Read reads what follows the hello.
func (g *greeted) Read(b []byte) (int, error) { return g.r.Read(b) }

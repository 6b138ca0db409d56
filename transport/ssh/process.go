package ssh

import (
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"pbc/transport"
)

// grace is how long a command may go on after its input has ended.
const grace = 2 * time.Second

// process is a command on the only session of a connection.
type process struct {
	ssh.Channel
	conn ssh.Conn
	tail transport.Tail
	done chan struct{}
	err  error
	once sync.Once
}

// start opens a session and runs command in it. It asks for no reply to its requests, which saves round
// trips: a refused command shows as an end without output.
func start(conn ssh.Conn, set *settings, command string) (*process, error) {
	ch, reqs, err := conn.OpenChannel("session", nil)
	if err != nil {
		conn.Close()
		return nil, unreachable(fmt.Sprintf("opening a session: %v", err), err)
	}
	p := &process{Channel: ch, conn: conn, done: make(chan struct{})}
	errRead := make(chan struct{})
	go func() {
		io.Copy(&p.tail, ch.Stderr())
		close(errRead)
	}()
	go p.follow(reqs, errRead)
	for k, v := range set.environment() {
		if _, err := ch.SendRequest("env", false, ssh.Marshal(struct{ Name, Value string }{k, v})); err != nil {
			p.Close()
			return nil, unreachable(fmt.Sprintf("starting a command: %v", err), err)
		}
	}
	if _, err := ch.SendRequest("exec", false, ssh.Marshal(struct{ Command string }{command})); err != nil {
		p.Close()
		return nil, unreachable(fmt.Sprintf("starting a command: %v", err), err)
	}
	return p, nil
}

// follow waits for the exit of the command, which RFC 4254 section 6.10 has as a request.
func (p *process) follow(reqs <-chan *ssh.Request, errRead <-chan struct{}) {
	err := fmt.Errorf("connection to the host closed")
	for r := range reqs {
		switch r.Type {
		case "exit-status":
			var m struct{ Status uint32 }
			if ssh.Unmarshal(r.Payload, &m) == nil {
				err = nil
				if m.Status != 0 {
					err = fmt.Errorf("exit status %d", m.Status)
				}
			}
		case "exit-signal":
			var m struct {
				Signal   string
				Core     bool
				Msg, Tag string
			}
			if ssh.Unmarshal(r.Payload, &m) == nil {
				err = fmt.Errorf("killed by signal %s", m.Signal)
			}
		}
		if r.WantReply {
			r.Reply(false, nil)
		}
	}
	<-errRead
	p.err = err
	close(p.done)
}

// Stderr implements transport.Process.
func (p *process) Stderr() string { return p.tail.String() }

// Wait implements transport.Process.
func (p *process) Wait() error {
	<-p.done
	return p.err
}

// Close ends the command's input, gives it a moment to leave, and hangs up.
func (p *process) Close() error {
	p.once.Do(func() {
		p.Channel.CloseWrite()
		go io.Copy(io.Discard, p.Channel)
		t := time.NewTimer(grace)
		defer t.Stop()
		select {
		case <-p.done:
		case <-t.C:
			p.Channel.SendRequest("signal", false, ssh.Marshal(struct{ Name string }{"KILL"}))
		}
		p.conn.Close()
		<-p.done
	})
	return nil
}

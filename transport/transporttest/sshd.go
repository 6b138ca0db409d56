// Package transporttest has what tests of a transport need: a private sshd of this user on a free port
// of loopback, with its own keys and known_hosts, in a temporary folder.
package transporttest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"pbc/transport"
)

// T is what this package needs of a *testing.T.
type T interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	TempDir() string
	Cleanup(func())
}

// SSHD is a running server.
type SSHD struct {
	Dir  string // keys and configuration
	Home string // HOME of its sessions; .cache/pbc is below
	Port int
	User string
	Key  string // private key that is let in
	// Known is a known_hosts file that has the server's key; UserHome is a controller's home whose
	// .ssh/known_hosts is that file.
	Known, UserHome string
	cmd             *exec.Cmd
}

// PID is the server's process.
func (s *SSHD) PID() int { return s.cmd.Process.Pid }

// StartSSHD starts a server that ends with the test. Lines are added to its configuration.
func StartSSHD(t T, lines ...string) *SSHD {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s := &SSHD{Dir: t.TempDir(), User: u.Username, Port: freePort(t)}
	s.Home, s.UserHome = filepath.Join(s.Dir, "home"), filepath.Join(s.Dir, "controller")
	s.Key, s.Known = filepath.Join(s.Dir, "id"), filepath.Join(s.UserHome, ".ssh/known_hosts")
	for _, d := range []string{s.Home, filepath.Dir(s.Known)} {
		must(t, os.MkdirAll(d, 0o700))
	}
	s.keygen(t, "id")
	s.keygen(t, "host")
	host, err := os.ReadFile(filepath.Join(s.Dir, "host.pub"))
	must(t, err)
	must(t, os.WriteFile(s.Known, fmt.Appendf(nil, "[127.0.0.1]:%d %s", s.Port, host), 0o600))
	must(t, os.WriteFile(filepath.Join(s.Dir, "config"), []byte(s.config(lines)), 0o600))
	s.run(t)
	return s
}

func (s *SSHD) config(lines []string) string {
	return strings.Join(append([]string{
		"Port " + strconv.Itoa(s.Port),
		"ListenAddress 127.0.0.1",
		"HostKey " + s.Dir + "/host",
		"AuthorizedKeysFile " + s.Dir + "/id.pub",
		"PermitRootLogin yes", "StrictModes no", "UsePAM no", "PasswordAuthentication no",
		"KbdInteractiveAuthentication no",
		"MaxStartups 100", "PidFile none",
		"SetEnv HOME=" + s.Home,
	}, lines...), "\n") + "\n"
}

func (s *SSHD) keygen(t T, name string) {
	out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(s.Dir, name)).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
}

// run starts the daemon in the foreground and waits until it listens.
func (s *SSHD) run(t T) {
	if os.Getuid() == 0 { // sshd of root wants its privilege separation folder
		must(t, os.MkdirAll("/run/sshd", 0o755))
	}
	log, err := os.Create(filepath.Join(s.Dir, "log"))
	must(t, err)
	s.cmd = exec.Command("/usr/sbin/sshd", "-D", "-e", "-f", filepath.Join(s.Dir, "config"))
	s.cmd.Stderr = log
	must(t, s.cmd.Start())
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		s.cmd.Wait()
		log.Close()
	})
	for deadline := time.Now().Add(10 * time.Second); ; {
		c, err := net.Dial("tcp", s.Addr())
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("sshd does not listen: %v\n%s", err, text)
		}
	}
}

// Addr is host:port of the server.
func (s *SSHD) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// Target is the server as a play would name it.
func (s *SSHD) Target() transport.Target {
	return transport.Target{Host: "h", Addr: "127.0.0.1", Port: s.Port, User: s.User, KeyFile: s.Key, Timeout: 20 * time.Second}
}

func freePort(t T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func must(t T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package ssh_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"pbc/agent/boot"
	"pbc/internal/agents"
	"pbc/transport"
	"pbc/transport/deploy"
	"pbc/transport/ssh"
	"pbc/transport/transporttest"
	"pbc/transport/wire"
)

// The test binary is its own agent: every stream of its session gives back what it is sent.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "agent" {
		os.Exit(boot.Main(os.Args[1:], serve, nil))
	}
	os.Unsetenv("SSH_AUTH_SOCK")
	os.Exit(m.Run())
}

func serve(rw io.ReadWriteCloser) error {
	s := wire.Server(rw, wire.Options{})
	for {
		st, err := s.Accept()
		if err != nil {
			return nil
		}
		go func() {
			io.Copy(st, st)
			st.Close()
		}()
	}
}

func shell(s *transporttest.SSHD) *ssh.Shell { return &ssh.Shell{Home: s.UserHome, NoSystem: true} }

func output(p transport.Process, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer p.Close()
	out, err := io.ReadAll(p)
	return string(out), err
}

func TestSession(t *testing.T) {
	s := transporttest.StartSSHD(t)
	d := &deploy.Dialer{Shell: shell(s), Agents: agents.Set()}
	for _, tt := range []struct {
		name   string
		upload bool
	}{{"cold", true}, {"cached", false}} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := d.Dial(t.Context(), s.Target())
			if err != nil {
				t.Fatal(err)
			}
			if (c.Uploaded > 0) != tt.upload {
				t.Errorf("sent %d bytes of agent", c.Uploaded)
			}
			session := wire.Client(c, wire.Options{})
			st, err := session.Open()
			if err != nil {
				t.Fatal(err)
			}
			want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
			go func() { st.Write(want); st.CloseWrite() }()
			got, err := io.ReadAll(st)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("got %d bytes and %v", len(got), err)
			}
			session.Close()
			if err := c.Wait(); err != nil {
				t.Errorf("the agent ended with %v", err)
			}
		})
	}
}

func TestCutConnectionIsNoticed(t *testing.T) {
	s := transporttest.StartSSHD(t)
	relay := listen(t)
	var cut []net.Conn
	cuts := make(chan []net.Conn, 1)
	go func() {
		a, err := relay.Accept()
		if err != nil {
			return
		}
		b, err := net.Dial("tcp", s.Addr())
		if err != nil {
			return
		}
		cuts <- []net.Conn{a, b}
		go io.Copy(a, b)
		io.Copy(b, a)
	}()
	target := s.Target()
	target.Port = relay.Addr().(*net.TCPAddr).Port
	target.AcceptAnyHostKey = true
	c, err := (&deploy.Dialer{Shell: shell(s), Agents: agents.Set()}).Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	session := wire.Client(c, wire.Options{})
	cut = <-cuts
	for _, c := range cut {
		c.Close()
	}
	select {
	case <-session.Done():
		if session.Err() == nil {
			t.Error("ended without a reason")
		}
	case <-time.After(10 * time.Second):
		t.Error("not noticed")
	}
	session.Close()
}

// cutting is a shell whose connection breaks when half of an agent has gone over it.
type cutting struct{ transport.Shell }

func (c cutting) Start(ctx context.Context, t transport.Target, command string) (transport.Process, error) {
	p, err := c.Shell.Start(ctx, t, command)
	return &cutProcess{Process: p}, err
}

type cutProcess struct {
	transport.Process
	sent int
}

func (c *cutProcess) Write(p []byte) (int, error) {
	if c.sent += len(p); c.sent > 1<<20 {
		c.Process.Close()
	}
	return c.Process.Write(p)
}

func TestNothingStaysOfACutUpload(t *testing.T) {
	s := transporttest.StartSSHD(t)
	_, err := (&deploy.Dialer{Shell: cutting{shell(s)}, Agents: agents.Set()}).Dial(t.Context(), s.Target())
	if err == nil {
		t.Fatal("got a connection over a cut line")
	}
	cache := filepath.Join(s.Home, ".cache/pbc")
	if _, err := os.Stat(cache); err != nil {
		t.Fatalf("the upload had not begun: %v", err)
	}
	tick := time.NewTicker(10 * time.Millisecond) // the host's shell ends in its own time
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); ; <-tick.C {
		left, err := os.ReadDir(cache)
		if err == nil && len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind: %v and %v", left, err)
		}
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestExitAndStderr(t *testing.T) {
	s := transporttest.StartSSHD(t)
	for _, tt := range []struct{ command, out, stderr, exit string }{
		{"echo hi", "hi\n", "", "<nil>"},
		{"echo bad >&2; exit 7", "", "bad\n", "exit status 7"},
		{"kill -TERM $$", "", "", "killed by signal TERM"},
		{"echo $HOME", s.Home + "\n", "", "<nil>"},
	} {
		t.Run(tt.command, func(t *testing.T) {
			p, err := shell(s).Start(t.Context(), s.Target(), tt.command)
			if err != nil {
				t.Fatal(err)
			}
			out, _ := io.ReadAll(p)
			exit := fmt.Sprint(p.Wait())
			if string(out) != tt.out || p.Stderr() != tt.stderr || exit != tt.exit {
				t.Errorf("got %q, %q and %s", out, p.Stderr(), exit)
			}
			p.Close()
		})
	}
}

func keygen(t *testing.T, passphrase string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}

// failures are ways not to get in, with what Ansible 2.14 prints for each. ADDR and PORT stand for the
// server's, KEY for the file in the target, FP for the fingerprint of its host key, USER for the user.
var failures = []struct {
	name   string
	change func(t *testing.T, s *transporttest.SSHD, g *transport.Target)
	want   string
}{
	{"refused", func(t *testing.T, s *transporttest.SSHD, g *transport.Target) { g.Port = 1 },
		"ssh: connect to host 127.0.0.1 port 1: Connection refused"},
	{"no such host", func(t *testing.T, s *transporttest.SSHD, g *transport.Target) { g.Addr = "nohost.invalid" },
		"ssh: Could not resolve hostname nohost.invalid: Name or service not known"},
	{"unknown host key", func(t *testing.T, s *transporttest.SSHD, g *transport.Target) { os.WriteFile(s.Known, nil, 0o600) },
		"Host key verification failed."},
	{"wrong key", func(t *testing.T, s *transporttest.SSHD, g *transport.Target) { g.KeyFile = keygen(t, "") },
		"USER@127.0.0.1: Permission denied (publickey)."},
	{"encrypted key", func(t *testing.T, s *transporttest.SSHD, g *transport.Target) { g.KeyFile = keygen(t, "secret") },
		"USER@127.0.0.1: Permission denied (publickey)."},
	{"no such key", func(t *testing.T, s *transporttest.SSHD, g *transport.Target) { g.KeyFile = s.Dir + "/none" },
		"no such identity: KEY: No such file or directory\r\nUSER@127.0.0.1: Permission denied (publickey)."},
	{"key others may read", func(t *testing.T, s *transporttest.SSHD, g *transport.Target) {
		g.KeyFile = keygen(t, "")
		os.Chmod(g.KeyFile, 0o644)
	}, "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\r\n@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\nPermissions 0644 for 'KEY' are too open.\r\nIt is required that your private key files are NOT accessible by others.\r\nThis private key will be ignored.\r\nLoad key \"KEY\": bad permissions\r\nUSER@127.0.0.1: Permission denied (publickey)."},
	{"changed host key", func(t *testing.T, s *transporttest.SSHD, g *transport.Target) {
		other, _ := os.ReadFile(keygen(t, "") + ".pub")
		os.WriteFile(s.Known, fmt.Appendf(nil, "[127.0.0.1]:%d %s", s.Port, other), 0o600)
	}, "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\nIT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r\nSomeone could be eavesdropping on you right now (man-in-the-middle attack)!\r\nIt is also possible that a host key has just been changed.\r\nThe fingerprint for the ED25519 key sent by the remote host is\nFP.\r\nPlease contact your system administrator.\r\nAdd correct host key in KNOWN to get rid of this message.\r\nOffending ED25519 key in KNOWN:1\r\n  remove with:\r\n  ssh-keygen -f \"KNOWN\" -R \"[127.0.0.1]:PORT\"\r\nHost key for [127.0.0.1]:PORT has changed and you have requested strict checking.\r\nHost key verification failed."},
}

func TestUnreachableInAnsiblesWords(t *testing.T) {
	for _, tt := range failures {
		t.Run(tt.name, func(t *testing.T) {
			s := transporttest.StartSSHD(t)
			g := s.Target()
			tt.change(t, s, &g)
			hostKey, _ := os.ReadFile(filepath.Join(s.Dir, "host.pub"))
			pub, _, _, _, err := xssh.ParseAuthorizedKey(hostKey)
			if err != nil {
				t.Fatal(err)
			}
			want := "Failed to connect to the host via ssh: " + strings.NewReplacer("KEY", g.KeyFile, "USER", s.User, "KNOWN", s.Known,
				"PORT", fmt.Sprint(s.Port), "FP", xssh.FingerprintSHA256(pub),
				"PRIVATE KEY", "PRIVATE KEY").Replace(tt.want)
			want = strings.ReplaceAll(want, "UNPROTECTED PRIVATE "+g.KeyFile, "UNPROTECTED PRIVATE KEY")
			_, err = output(shell(s).Start(t.Context(), g, "true"))
			var u *transport.Unreachable
			if !errors.As(err, &u) || u.Msg != want {
				t.Errorf("got  %v\nwant %v", err, want)
			}
		})
	}
}

func TestServersThatAreNone(t *testing.T) {
	for _, tt := range []struct {
		name string
		talk func(c net.Conn)
		want string
	}{
		{"hangs up", func(c net.Conn) { bufio.NewReader(c).ReadString('\n'); c.Close() }, "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 127.0.0.1 port PORT"},
		{"says nothing", func(c net.Conn) { io.Copy(io.Discard, c) }, "Connection timed out during banner exchange\r\nConnection to 127.0.0.1 port PORT timed out"},
		{"another protocol", func(c net.Conn) { io.WriteString(c, strings.Repeat("220 mail\r\n", 2000)); c.Close() }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := listen(t)
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go tt.talk(c)
				}
			}()
			port := l.Addr().(*net.TCPAddr).Port
			sh := &ssh.Shell{Home: t.TempDir(), NoSystem: true}
			_, err := output(sh.Start(t.Context(), transport.Target{Addr: "127.0.0.1", Port: port, Timeout: time.Second}, "true"))
			want := strings.ReplaceAll(tt.want, "PORT", fmt.Sprint(port))
			if err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

func TestHostKeyPolicy(t *testing.T) {
	s := transporttest.StartSSHD(t)
	known, _ := os.ReadFile(s.Known)
	key := strings.Join(strings.Fields(string(known))[1:3], " ")
	hash := func() string {
		file := filepath.Join(t.TempDir(), "kh")
		os.WriteFile(file, known, 0o600)
		exec.Command("ssh-keygen", "-H", "-f", file).Run()
		out, _ := os.ReadFile(file)
		return string(out)
	}
	for _, tt := range []struct {
		name, known string
		accept, in  bool
		kept        bool // known_hosts has the key afterwards, and did not before
	}{
		{"known", string(known), false, true, false},
		{"hashed", hash(), false, true, false},
		{"lines nobody understands", "garbage\n\n# [127.0.0.1]\n|1|x|y ssh-rsa AAAA\n" + string(known), false, true, false},
		{"wildcard", "[127.0.*]:* " + key + "\n", false, true, false},
		{"negated", "![127.0.0.1]:*,!127.0.0.1,* " + key + "\n", false, false, false},
		{"without port", "127.0.0.1 " + key + "\n", false, true, false},
		{"revoked", "@revoked * " + key + "\n" + string(known), false, false, false},
		{"unknown", "", false, false, false},
		{"unknown, accepted and kept", "", true, true, true},
		{"known with another kind only", "[127.0.0.1]:* ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFn8uRnmSnuwP/3t3+ycqFZpPbQJg4xF7jYvlZ4rCqLBTZBXJ3H0JYm0y9q6oAGDb6Z4FQ0J8vJ3dG2pQ0bVxYE=\n", false, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(s.Known, []byte(tt.known), 0o600); err != nil {
				t.Fatal(err)
			}
			g := s.Target()
			g.AcceptAnyHostKey = tt.accept
			out, err := output(shell(s).Start(t.Context(), g, "echo in"))
			if (err == nil) != tt.in || tt.in && out != "in\n" {
				t.Errorf("got %q and %v", out, err)
			}
			after, _ := os.ReadFile(s.Known)
			find := exec.Command("ssh-keygen", "-F", fmt.Sprintf("[127.0.0.1]:%d", s.Port), "-f", s.Known)
			if tt.kept && find.Run() != nil || !tt.kept && string(after) != tt.known {
				t.Errorf("known_hosts is now %q", after)
			}
		})
	}
}

func TestKeysOfAnAgent(t *testing.T) {
	s := transporttest.StartSSHD(t)
	data, err := os.ReadFile(s.Key)
	if err != nil {
		t.Fatal(err)
	}
	key, err := xssh.ParseRawPrivateKey(data)
	if err != nil {
		t.Fatal(err)
	}
	ring := agent.NewKeyring()
	ring.Add(agent.AddedKey{PrivateKey: key})
	sock := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go agent.ServeAgent(ring, c)
		}
	}()
	t.Setenv("SSH_AUTH_SOCK", sock)
	g := s.Target()
	g.KeyFile = ""
	if out, err := output(shell(s).Start(t.Context(), g, "echo in")); err != nil || out != "in\n" {
		t.Errorf("got %q and %v", out, err)
	}
}

func TestDefaultIdentity(t *testing.T) {
	s := transporttest.StartSSHD(t)
	data, err := os.ReadFile(s.Key)
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(s.UserHome, ".ssh/id_ed25519"), data, 0o600)
	g := s.Target()
	g.KeyFile = ""
	if out, err := output(shell(s).Start(t.Context(), g, "echo in")); err != nil || out != "in\n" {
		t.Errorf("got %q and %v", out, err)
	}
}

// What ssh's own arguments say is resolved by ssh itself, and what the native side lacks is done by it.
func TestArguments(t *testing.T) {
	s := transporttest.StartSSHD(t)
	known := "UserKnownHostsFile=" + s.Known
	for _, tt := range []struct {
		name   string
		change func(g *transport.Target)
		system string // the setting that needs the system's ssh
	}{
		{"alias of the host key", func(g *transport.Target) {
			name := fmt.Sprintf("[alias]:%d", s.Port)
			old, _ := os.ReadFile(s.Known)
			file := filepath.Join(s.Dir, "alias")
			os.WriteFile(file, []byte(name+" "+strings.Join(strings.Fields(string(old))[1:], " ")+"\n"), 0o600)
			g.ExtraArgs = []string{"-o", "HostKeyAlias=alias", "-o", "UserKnownHostsFile=" + file}
		}, ""},
		{"port, user and key as options", func(g *transport.Target) {
			g.ExtraArgs = []string{"-p", fmt.Sprint(s.Port), "-l", s.User, "-i", s.Key, "-o", known}
			g.Port, g.User, g.KeyFile = 0, "", ""
		}, ""},
		{"a configuration file", func(g *transport.Target) {
			file := filepath.Join(s.Dir, "ssh_config")
			os.WriteFile(file, fmt.Appendf(nil, "Host web\n  HostName 127.0.0.1\n  Port %d\n  User %s\nMatch host 127.0.0.1\n  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n",
				s.Port, s.User, s.Key, s.Known), 0o600)
			*g = transport.Target{Addr: "web", SSHArgs: []string{"-F", file}}
		}, ""},
		{"proxy command", func(g *transport.Target) {
			g.ExtraArgs = []string{"-o", known, "-o", "ProxyCommand=ssh -o " + known + " -i " + s.Key + " -p %p -W %h:%p %h"}
		}, "proxycommand"},
		{"chosen cipher", func(g *transport.Target) {
			g.ExtraArgs = []string{"-o", known, "-o", "Ciphers=aes256-ctr"}
		}, "ciphers"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var notes []string
			sh := &ssh.Shell{Home: s.UserHome, Note: func(_, n string) { notes = append(notes, n) }}
			g := s.Target()
			tt.change(&g)
			out, err := output(sh.Start(t.Context(), g, "echo in"))
			if err != nil || out != "in\n" {
				t.Errorf("got %q and %v", out, err)
			}
			if said := strings.Join(notes, "\n"); strings.Contains(said, "system's ssh") != (tt.system != "") || !strings.Contains(said, tt.system) {
				t.Errorf("notes: %q", notes)
			}
		})
	}
}

// The system's ssh has the last word about a refusal, in the same words.
func TestSecondOpinion(t *testing.T) {
	s := transporttest.StartSSHD(t)
	g := s.Target()
	g.KeyFile = keygen(t, "")
	g.ExtraArgs = []string{"-o", "UserKnownHostsFile=" + s.Known}
	_, err := (&deploy.Dialer{Shell: &ssh.Shell{Home: s.UserHome}, Agents: agents.Set()}).Dial(t.Context(), g)
	want := "Failed to connect to the host via ssh: " + s.User + "@127.0.0.1: Permission denied (publickey)."
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestBrokenConfiguration(t *testing.T) {
	g := transport.Target{Addr: "127.0.0.1", Port: 1, ExtraArgs: []string{"-o", "NoSuchOption=1"}}
	_, err := (&ssh.Shell{}).Start(t.Context(), g, "true")
	if err == nil || !strings.Contains(err.Error(), "Bad configuration option: nosuchoption") {
		t.Errorf("got %v", err)
	}
}

// BenchmarkDial is what a host costs before its first task: connection, login, cached agent, session.
func BenchmarkDial(b *testing.B) {
	s := transporttest.StartSSHD(b)
	d := &deploy.Dialer{Shell: shell(s), Agents: agents.Set()}
	for b.Loop() {
		c, err := d.Dial(b.Context(), s.Target())
		if err != nil {
			b.Fatal(err)
		}
		session := wire.Client(c, wire.Options{})
		st, err := session.Open()
		if err != nil {
			b.Fatal(err)
		}
		st.Write([]byte("x"))
		if _, err := io.ReadFull(st, make([]byte, 1)); err != nil {
			b.Fatal(err)
		}
		session.Close()
	}
}

// BenchmarkSystemSSH is the same distance by the system's ssh.
func BenchmarkSystemSSH(b *testing.B) {
	s := transporttest.StartSSHD(b)
	for b.Loop() {
		cmd := exec.Command("ssh", "-i", s.Key, "-p", fmt.Sprint(s.Port), "-o", "UserKnownHostsFile="+s.Known, s.User+"@127.0.0.1", "true")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
}

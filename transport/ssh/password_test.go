package ssh_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	xssh "golang.org/x/crypto/ssh"

	"pbc/transport"
	"pbc/transport/ssh"
)

// startPasswordServer runs an in-process server that lets in with the password pw, asked for by the methods
// that are set, and answers every command with "in". It returns its port and host key.
func startPasswordServer(t *testing.T, plain, interactive bool) (int, xssh.PublicKey) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := xssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	wrong := errors.New("wrong password")
	cfg := &xssh.ServerConfig{}
	if plain {
		cfg.PasswordCallback = func(_ xssh.ConnMetadata, pw []byte) (*xssh.Permissions, error) {
			if string(pw) != "pw" {
				return nil, wrong
			}
			return nil, nil
		}
	}
	if interactive {
		cfg.KeyboardInteractiveCallback = func(_ xssh.ConnMetadata, ask xssh.KeyboardInteractiveChallenge) (*xssh.Permissions, error) {
			a, err := ask("", "", []string{"Password: "}, []bool{false})
			if err != nil || len(a) != 1 || a[0] != "pw" {
				return nil, wrong
			}
			return nil, nil
		}
	}
	if !plain && !interactive {
		cfg.PublicKeyCallback = func(xssh.ConnMetadata, xssh.PublicKey) (*xssh.Permissions, error) { return nil, wrong }
	}
	cfg.AddHostKey(signer)
	l := listen(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answerCommands(c, cfg)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port, signer.PublicKey()
}

func answerCommands(c net.Conn, cfg *xssh.ServerConfig) {
	_, chans, reqs, err := xssh.NewServerConn(c, cfg)
	if err != nil {
		c.Close()
		return
	}
	go xssh.DiscardRequests(reqs)
	for nc := range chans {
		ch, reqs, err := nc.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range reqs {
				if r.Type == "exec" {
					ch.Write([]byte("in\n"))
					ch.SendRequest("exit-status", false, []byte{0, 0, 0, 0})
					ch.Close()
				}
			}
		}()
	}
}

func TestPasswords(t *testing.T) {
	for _, tt := range []struct {
		name               string
		plain, interactive bool
		password           string
		known              string // known_hosts: right, wrong, or none
		accept             bool
		want               string // "" for getting in
		failed             bool
	}{
		{"password", true, false, "pw", "right", false, "", false},
		{"keyboard-interactive", false, true, "pw", "right", false, "", false},
		{"both", true, true, "pw", "right", false, "", false},
		{"wrong", true, false, "bad", "right", false, "Invalid/incorrect password: Permission denied, please try again.", false},
		{"wrong, interactive", false, true, "bad", "right", false, "Invalid/incorrect password: Permission denied, please try again.", false},
		{"not asked for", false, false, "pw", "right", false, "Failed to connect to the host via ssh: u@127.0.0.1: Permission denied (publickey).", false},
		{"not given", true, true, "", "right", false, "Failed to connect to the host via ssh: u@127.0.0.1: Permission denied (password,keyboard-interactive).", false},
		{"unknown host", true, false, "pw", "none", false, "Using a SSH password instead of a key is not possible because Host Key checking is enabled and sshpass does not support this.  Please add this host's fingerprint to your known_hosts file to manage this host.", true},
		{"unknown host accepted", true, false, "pw", "none", true, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			port, key := startPasswordServer(t, tt.plain, tt.interactive)
			home := t.TempDir()
			writeKnown(t, home, port, key, tt.known)
			sh := &ssh.Shell{Home: home, NoSystem: true}
			g := transport.Target{Addr: "127.0.0.1", Port: port, User: "u", Password: tt.password, AcceptAnyHostKey: tt.accept}
			out, err := output(sh.Start(t.Context(), g, "x"))
			if tt.want == "" {
				if err != nil || out != "in\n" {
					t.Errorf("got %q and %v", out, err)
				}
				return
			}
			var u *transport.Unreachable
			if !errors.As(err, &u) || u.Msg != tt.want || u.Failed != tt.failed {
				t.Errorf("got  %+v\nwant %s", err, tt.want)
			}
		})
	}
}

// A host whose key has changed never gets the password, even where host keys are not checked.
func TestPasswordIsWithheldFromAChangedHost(t *testing.T) {
	port, _ := startPasswordServer(t, true, true)
	_, other := startPasswordServer(t, true, true)
	home := t.TempDir()
	writeKnown(t, home, port, other, "right")
	sh := &ssh.Shell{Home: home, NoSystem: true}
	g := transport.Target{Addr: "127.0.0.1", Port: port, User: "u", Password: "pw", AcceptAnyHostKey: true}
	if out, err := output(sh.Start(t.Context(), g, "x")); err == nil {
		t.Errorf("got in with %q", out)
	}
}

func writeKnown(t *testing.T, home string, port int, key xssh.PublicKey, which string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(home, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := ""
	if which == "right" {
		text = fmt.Sprintf("[127.0.0.1]:%d %s", port, xssh.MarshalAuthorizedKey(key))
	}
	if err := os.WriteFile(filepath.Join(home, ".ssh/known_hosts"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

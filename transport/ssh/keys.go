package ssh

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"pbc/transport"
)

// login is one attempt to authenticate: what is offered, and what there is to say when all is refused.
type login struct {
	set      *settings
	password string
	hosts    *hostKeys
	agent    net.Conn
	said     []string // what OpenSSH would have written to stderr on the way
	notes    []string // what it would not say, but a user wants to know
	allowed  []string // the methods that the server named last
	asked    bool     // the password was given
}

// methods returns the ways to authenticate, in OpenSSH's order.
func (l *login) methods() []ssh.AuthMethod {
	m := []ssh.AuthMethod{ssh.PublicKeysCallback(l.signers)}
	if l.password == "" {
		return m
	}
	secret := func() (string, error) {
		if l.hosts.changed {
			return "", errors.New("password withheld from a host whose key has changed")
		}
		l.asked = true
		return l.password, nil
	}
	questions := func(_, _ string, questions []string, _ []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range answers {
			a, err := secret()
			if err != nil {
				return nil, err
			}
			answers[i] = a
		}
		return answers, nil
	}
	return append(m, ssh.KeyboardInteractive(questions), ssh.PasswordCallback(secret))
}

// watch notes which methods the server allows; it leaves the choice to the configuration.
func (l *login) watch(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	l.allowed = c.AllowedMethods
	return nil, nil
}

// denied is what Ansible says after all methods failed.
func (l *login) denied(cause error) *transport.Unreachable {
	if l.asked {
		words := strings.Join(append(slices.Clone(l.said), "Permission denied, please try again."), "\r\n")
		return &transport.Unreachable{Msg: "Invalid/incorrect password: " + words, Cause: cause}
	}
	words := fmt.Sprintf("%s@%s: Permission denied (%s).", l.set.user, l.set.addr, strings.Join(l.allowed, ","))
	return unreachable(strings.Join(append(slices.Clone(l.said), words), "\r\n"), cause)
}

// stranger is what Ansible says of an unknown host key when there is a password: its sshpass cannot answer
// ssh's question.
const stranger = "Using a SSH password instead of a key is not possible because Host Key checking is enabled and sshpass " +
	"does not support this.  Please add this host's fingerprint to your known_hosts file to manage this host."

// signers returns the keys to try: those of the agent that are also named as files, the agent's others
// unless IdentitiesOnly, then files.
func (l *login) signers() ([]ssh.Signer, error) {
	held := l.agentSigners()
	var named, plain []ssh.Signer
	for _, file := range l.set.keys {
		pub, key := l.load(file)
		if i := slices.IndexFunc(held, func(s ssh.Signer) bool {
			return pub != nil && bytes.Equal(s.PublicKey().Marshal(), pub.Marshal())
		}); i >= 0 {
			named = append(named, held[i])
			held = slices.Delete(held, i, i+1)
			continue
		}
		if key != nil {
			plain = append(plain, key)
		}
	}
	if l.set.keysOnly {
		held = nil
	}
	return slices.Concat(named, held, plain), nil
}

func (l *login) agentSigners() []ssh.Signer {
	if l.set.agent == "" {
		return nil
	}
	conn, err := net.Dial("unix", l.set.agent)
	if err != nil {
		return nil // as OpenSSH: an agent that is not there has no keys
	}
	l.agent = conn
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		l.notes = append(l.notes, fmt.Sprintf("ssh-agent: %v", err))
	}
	return signers
}

// close hangs up on the agent.
func (l *login) close() {
	if l.agent != nil {
		l.agent.Close()
	}
}

// load reads a private key. Either result may be nil.
func (l *login) load(file string) (ssh.PublicKey, ssh.Signer) {
	info, err := os.Stat(file)
	if err != nil {
		if file == l.set.named {
			l.said = append(l.said, fmt.Sprintf("no such identity: %s: %s", file, strerror(err)))
		}
		return nil, nil
	}
	pub := publicHalf(file)
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		l.tooOpen(file, mode)
		return pub, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		l.said = append(l.said, fmt.Sprintf("Load key \"%s\": %s", file, strerror(err)))
		return pub, nil
	}
	key, err := ssh.ParsePrivateKey(data)
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		l.notes = append(l.notes, fmt.Sprintf("%s is encrypted and ssh-agent does not hold it", file))
		if pub == nil {
			pub = locked.PublicKey
		}
		return pub, nil
	case err != nil:
		l.said = append(l.said, fmt.Sprintf("Load key \"%s\": error in libcrypto", file))
		l.notes = append(l.notes, fmt.Sprintf("%s: %v", file, err))
		return pub, nil
	}
	return key.PublicKey(), withCertificate(file, key)
}

func (l *login) tooOpen(file string, mode os.FileMode) {
	bar := strings.Repeat("@", 59)
	l.said = append(l.said, bar, "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @", bar,
		fmt.Sprintf("Permissions %04o for '%s' are too open.", mode, file),
		"It is required that your private key files are NOT accessible by others.",
		"This private key will be ignored.", fmt.Sprintf("Load key \"%s\": bad permissions", file))
}

func publicHalf(file string) ssh.PublicKey {
	data, err := os.ReadFile(file + ".pub")
	if err != nil {
		return nil
	}
	pub, _, _, _, err := ssh.ParseAuthorizedKey(data)
	if err != nil {
		return nil
	}
	return pub
}

// withCertificate adds the certificate that stands beside a key, as ssh finds it by itself.
func withCertificate(file string, key ssh.Signer) ssh.Signer {
	data, err := os.ReadFile(file + "-cert.pub")
	if err != nil {
		return key
	}
	pub, _, _, _, err := ssh.ParseAuthorizedKey(data)
	cert, ok := pub.(*ssh.Certificate)
	if err != nil || !ok {
		return key
	}
	both, err := ssh.NewCertSigner(cert, key)
	if err != nil {
		return key
	}
	return both
}

package ssh

// known_hosts as sshd(8) describes it under SSH_KNOWN_HOSTS FILE FORMAT:
//
//	line   = [marker] hosts keytype base64 [comment]
//	marker = "@cert-authority" / "@revoked"
//	hosts  = pattern *("," pattern) / "|1|" base64salt "|" base64hmac
//	pattern = ["!"] name with * and ?, or "[" name "]:" port
//
// Lines that cannot be read are passed over, as OpenSSH does.

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// knownKey is one line that is about the host.
type knownKey struct {
	file   string
	line   int
	marker string
	key    ssh.PublicKey
}

// hostName is the name under which known_hosts has a host.
func hostName(host string, port int) string {
	host = strings.ToLower(host)
	if port == 22 {
		return host
	}
	return "[" + host + "]:" + strconv.Itoa(port)
}

// knownKeys returns the lines of files about the host; for a port other than 22, the lines without a
// port are taken when there is none with it, as OpenSSH does.
func knownKeys(files []string, host string, port int) []knownKey {
	keys := keysOf(files, hostName(host, port))
	if len(keys) == 0 && port != 22 {
		keys = keysOf(files, hostName(host, 22))
	}
	return keys
}

func keysOf(files []string, name string) []knownKey {
	var found []knownKey
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for i, line := range bytes.Split(data, []byte("\n")) {
			if k, ok := parseKnown(string(line), name); ok {
				k.file, k.line = file, i+1
				found = append(found, k)
			}
		}
	}
	return found
}

func parseKnown(line, name string) (knownKey, bool) {
	var k knownKey
	f := strings.Fields(line)
	if len(f) > 0 && strings.HasPrefix(f[0], "@") {
		k.marker, f = f[0], f[1:]
	}
	if len(f) < 3 || strings.HasPrefix(f[0], "#") || !hostsMatch(f[0], name) {
		return k, false
	}
	blob, err := base64.StdEncoding.DecodeString(f[2])
	if err != nil {
		return k, false
	}
	k.key, err = ssh.ParsePublicKey(blob)
	return k, err == nil
}

func hostsMatch(hosts, name string) bool {
	if strings.HasPrefix(hosts, "|1|") {
		salt, sum, _ := strings.Cut(hosts[3:], "|")
		s, err1 := base64.StdEncoding.DecodeString(salt)
		want, err2 := base64.StdEncoding.DecodeString(sum)
		mac := hmac.New(sha1.New, s)
		mac.Write([]byte(name))
		return err1 == nil && err2 == nil && hmac.Equal(mac.Sum(nil), want)
	}
	matched := false
	for p := range strings.SplitSeq(strings.ToLower(hosts), ",") {
		p, not := strings.CutPrefix(p, "!")
		if wildcard(p, name) {
			if not {
				return false
			}
			matched = true
		}
	}
	return matched
}

// wildcard matches * and ? only: brackets are part of a name with a port.
func wildcard(pattern, name string) bool {
	escaped := strings.NewReplacer(`[`, `\[`, `\`, `\\`).Replace(pattern)
	ok, err := path.Match(escaped, name)
	return err == nil && ok
}

// hostKeys checks what a server shows against known_hosts, once per connection.
type hostKeys struct {
	s     *settings
	known []knownKey
	note  func(string) // hears of a key that was added or passed in spite of a change
	// changed is set when a wrong key was passed; then no password may be sent.
	changed bool
}

// algorithms returns the host key algorithms to offer, those that are known first.
func (h *hostKeys) algorithms() []string {
	var plain, certs []string
	for _, a := range ssh.SupportedAlgorithms().HostKeys {
		if strings.Contains(a, "-cert-") {
			certs = append(certs, a)
			continue
		}
		plain = append(plain, a)
	}
	slices.SortStableFunc(plain, func(a, b string) int { return h.rank(a) - h.rank(b) })
	if slices.ContainsFunc(h.known, func(k knownKey) bool { return k.marker == "@cert-authority" }) {
		return append(certs, plain...)
	}
	return plain
}

func (h *hostKeys) rank(algorithm string) int {
	for _, k := range h.known {
		t := k.key.Type()
		if k.marker == "" && (t == algorithm || t == ssh.KeyAlgoRSA && strings.HasPrefix(algorithm, "rsa-sha2-")) {
			return 0
		}
	}
	return 1
}

// check is the ssh.HostKeyCallback.
func (h *hostKeys) check(addr string, remote net.Addr, key ssh.PublicKey) error {
	if cert, ok := key.(*ssh.Certificate); ok {
		c := ssh.CertChecker{IsHostAuthority: func(auth ssh.PublicKey, _ string) bool {
			return h.has("@cert-authority", auth)
		}}
		if err := c.CheckHostKey(net.JoinHostPort(h.s.knownAs, "22"), remote, cert); err == nil && !h.has("@revoked", cert.Key) {
			return nil
		}
		return errHostKey
	}
	var offending *knownKey
	for i, k := range h.known {
		if k.marker == "" && k.key.Type() == key.Type() {
			offending = &h.known[i]
		}
	}
	switch {
	case h.has("@revoked", key):
		return errHostKey
	case h.has("", key):
		return nil
	case offending != nil:
		return h.onChange(key, offending)
	default:
		return h.onNew(key)
	}
}

func (h *hostKeys) has(marker string, key ssh.PublicKey) bool {
	return slices.ContainsFunc(h.known, func(k knownKey) bool {
		return k.marker == marker && bytes.Equal(k.key.Marshal(), key.Marshal())
	})
}

// openSSH is an error in OpenSSH's words, which have capitals and full stops.
type openSSH string

// Error implements error.
func (e openSSH) Error() string { return string(e) }

const errHostKey openSSH = "Host key verification failed."

func (h *hostKeys) onNew(key ssh.PublicKey) error {
	if h.s.strict != "no" && h.s.strict != "accept-new" {
		return errHostKey
	}
	name := hostName(h.s.knownAs, h.s.port)
	if err := h.add(name, key); err != nil {
		h.note(fmt.Sprintf("Failed to add the host to the list of known hosts (%s).", h.s.userKnown[0]))
		return nil
	}
	h.note(fmt.Sprintf("Warning: Permanently added '%s' (%s) to the list of known hosts.", name, keyKind(key)))
	return nil
}

func (h *hostKeys) add(name string, key ssh.PublicKey) error {
	if len(h.s.userKnown) == 0 {
		return nil
	}
	if h.s.hashNew {
		name = knownhosts.HashHostname(name)
	}
	file := h.s.userKnown[0]
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s %s", name, ssh.MarshalAuthorizedKey(key))
	return errors.Join(err, f.Close())
}

// onChange says what OpenSSH says, line ends included.
func (h *hostKeys) onChange(key ssh.PublicKey, k *knownKey) error {
	bar := strings.Repeat("@", 59)
	name, kind := hostName(h.s.knownAs, h.s.port), keyKind(key)
	warning := bar + "\r\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n" + bar + "\r\n" +
		"IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r\n" +
		"Someone could be eavesdropping on you right now (man-in-the-middle attack)!\r\n" +
		"It is also possible that a host key has just been changed.\r\n" +
		"The fingerprint for the " + kind + " key sent by the remote host is\n" + ssh.FingerprintSHA256(key) + ".\r\n" +
		"Please contact your system administrator.\r\n" +
		"Add correct host key in " + firstOr(h.s.userKnown, k.file) + " to get rid of this message.\r\n" +
		"Offending " + keyKind(k.key) + " key in " + k.file + ":" + strconv.Itoa(k.line) + "\r\n" +
		"  remove with:\r\n  ssh-keygen -f \"" + k.file + "\" -R \"" + name + "\"\r\n"
	if h.s.strict == "no" {
		h.changed = true
		h.note(warning)
		return nil
	}
	return openSSH(warning+"Host key for "+name+" has changed and you have requested strict checking.\r\n") + errHostKey
}

func firstOr(list []string, other string) string {
	if len(list) > 0 {
		return list[0]
	}
	return other
}

func keyKind(key ssh.PublicKey) string {
	switch t := key.Type(); t {
	case ssh.KeyAlgoED25519:
		return "ED25519"
	case ssh.KeyAlgoRSA:
		return "RSA"
	case ssh.KeyAlgoSKED25519:
		return "ED25519-SK"
	case ssh.KeyAlgoSKECDSA256:
		return "ECDSA-SK"
	default:
		if strings.HasPrefix(t, "ecdsa-") {
			return "ECDSA"
		}
		return t
	}
}

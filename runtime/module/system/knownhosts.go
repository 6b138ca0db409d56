package system

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/pyre"
)

var knownHostsSpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "name", Required: true, Aliases: []string{"host"}},
		{Name: "key", LogOK: true},
		{Name: "path", Type: argspec.Path, Default: "~/.ssh/known_hosts"},
		{Name: "hash_host", Type: argspec.Bool, Default: false},
		{Name: "state", Default: "present", Choices: argspec.Choices("absent", "present")},
	},
	CheckMode: true,
}

// KnownHosts is ansible.builtin.known_hosts.
func KnownHosts() module.Module {
	return module.New("ansible.builtin.known_hosts", "known_hosts", module.Local, knownHostsSpec, knownHosts)
}

// hostKeys is one task of known_hosts.
type hostKeys struct {
	ctx             context.Context
	t               *module.Task
	keygen          string
	host, key, path string
	present         bool
	// found says that the file has keys of the host, other that the wanted one is none of them; line is where one of the same type
	// stands, counted from 1, or 0.
	found, other bool
	line         int
	diff         *value.Dict
}

func knownHosts(ctx context.Context, t *module.Task) (*value.Dict, error) {
	h := &hostKeys{ctx: ctx, t: t, host: strings.ToLower(t.Str("name")), key: t.Str("key"), path: t.Str("path"), present: t.Str("state") == "present"}
	var err error
	if h.keygen, err = t.NeedBin("ssh-keygen"); err != nil {
		return nil, err
	}
	if h.key == "" && h.present {
		return nil, module.Fail("No key specified when adding a host")
	}
	if h.key != "" {
		if err := h.prepare(); err != nil {
			return nil, err
		}
	}
	if err := h.search(); err != nil {
		return nil, err
	}
	if err := h.compare(); err != nil {
		return nil, err
	}
	r := t.Params
	if t.Tagged() {
		r = r.Copy()
	} // the module of dialect classic makes its result of its parameters
	r.SetStr("diff", h.diff)
	if !h.present && h.line == 0 && h.key != "" {
		r.SetStr("changed", false)
		return r.Copy(), nil
	}
	changed := h.other || h.present != h.found
	if t.Check {
		return value.DictOf("changed", changed, "diff", h.diff), nil
	}
	if h.found && h.key == "" && !h.present {
		if err := h.forget(); err != nil {
			return nil, err
		}
		r.SetStr("changed", true)
	}
	if changed {
		if err := h.write(); err != nil {
			return nil, err
		}
		r.SetStr("changed", true)
	}
	return r.Copy(), nil
}

// indexError is what Python raises for a field that a line lacks.
func indexError(of string) error {
	return &module.PyException{Class: "IndexError", Msg: of + " index out of range"}
}

// prepare hashes the key's host where that is wanted, and checks that the key is one of the host.
func (h *hostKeys) prepare() error {
	if h.t.Bool("hash_host") {
		if err := h.hash(); err != nil {
			return err
		}
	}
	if !strings.HasSuffix(h.key, "\n") {
		h.key += "\n"
	}
	if nameList.MatchString(h.host) {
		return module.Fail("Comma separated list of names is not supported. " +
			"Please pass a single name to lookup in the known_hosts file.")
	}
	tmp, err := posix.TempFile(h.t.Environ.TempDir(), "tmp", "")
	if err != nil {
		return module.Raise(err, tmp)
	}
	defer func() { _ = os.Remove(tmp) }()
	if err := os.WriteFile(tmp, []byte(h.key), 0o600); err != nil {
		return h.failed(err, tmp, "Failed to write to temporary file", tmp)
	}
	out, err := h.run("-F", h.host, "-f", tmp)
	if err == nil && out.Out == "" {
		err = module.Fail("Host parameter does not match hashed host field in supplied key")
	}
	return err
}

var nameList = pyre.MustCompile(`\S+(\s+)?,(\s+)?`)

// hash puts a hash of the host in the place of the key's name.
func (h *hostKeys) hash() error {
	f := strings.Fields(h.key)
	if len(f) == 0 {
		return indexError("list")
	}
	i := 0
	if f[0][0] == '@' { // a marker
		i = 1
	}
	if i == len(f) {
		return indexError("list assignment")
	}
	salt := make([]byte, 20)
	_, _ = rand.Read(salt) // never fails
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(h.host))
	f[i] = "|1|" + base64.StdEncoding.EncodeToString(salt) + "|" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	h.key = strings.Join(f, " ")
	return nil
}

// run starts ssh-keygen, with its arguments expanded as Ansible's run_command does.
func (h *hostKeys) run(args ...string) (module.Output, error) {
	argv := append([]string{h.keygen}, args...)
	for i := range argv {
		argv[i] = h.t.Environ.ExpandPath(argv[i])
	}
	return h.t.Exec(h.ctx, argv, "")
}

// failed words a failure about a file, met at a path: of dialect tagged it is an exception.
func (h *hostKeys) failed(err error, at, what, path string) error {
	why := posix.PyError(err, at)
	if h.t.Tagged() {
		return &module.PyException{Class: "Exception", Msg: fmt.Sprintf("%s %s.", what, value.StrRepr(path)), Cause: why}
	}
	return module.Fail("%s %s: %s", what, path, why)
}

// entry is a key as known_hosts has it. Comments are no part of it.
type entry struct{ marker, host, kind, key string }

func parseEntry(line string) (entry, error) {
	f := strings.Fields(line)
	if len(f) == 0 {
		return entry{}, indexError("list")
	}
	var e entry
	if f[0][0] == '@' {
		e.marker, f = f[0], f[1:]
	}
	if len(f) < 3 {
		return entry{}, indexError("list")
	}
	e.host, e.kind, e.key = f[0], f[1], f[2]
	return e, nil
}

var foundLine = pyre.MustCompile(`found: line (\d+)`)

// search looks for keys of the host in the file, as ssh-keygen finds them.
func (h *hostKeys) search() error {
	if !posix.Exists(h.path) {
		return nil
	}
	out, err := h.run("-F", h.host, "-f", h.path)
	if err != nil || out.Out == "" && out.Err == "" && (out.RC == 0 || out.RC == 1) {
		return err
	}
	if out.RC != 0 {
		return module.Fail("ssh-keygen failed (rc=%d, stdout='%s',stderr='%s')", out.RC, out.Out, out.Err)
	}
	h.found = true
	if h.key == "" {
		return nil
	}
	want, err := parseEntry(h.key)
	if err != nil {
		return err
	}
	line := 0
	for _, l := range strings.Split(out.Out, "\n") {
		if l == "" {
			continue
		}
		if l[0] == '#' {
			m := foundLine.FindStringSubmatch(l)
			if m == nil {
				return &module.PyException{Class: "AttributeError", Msg: "'NoneType' object has no attribute 'group'"}
			}
			line, _ = strconv.Atoi(m[1])
			continue
		}
		have, err := parseEntry(l)
		if err != nil {
			return err
		}
		marked := h.t.Tagged() && (strings.HasPrefix(have.marker, "@cert-authority") || strings.HasPrefix(have.marker, "@revoke"))
		if !marked && strings.HasPrefix(want.host, "|1|") && strings.HasPrefix(have.host, "|1|") {
			want.host = have.host
		}
		if want == have {
			h.line = line
			return nil
		}
		if !marked && want.kind == have.kind {
			h.other, h.line = true, line
			return nil
		}
	}
	h.other = true
	return nil
}

// compare makes the diff.
func (h *hostKeys) compare() error {
	title, before := h.path, ""
	data, err := os.ReadFile(h.path)
	if errors.Is(err, syscall.ENOENT) {
		title = "/dev/null"
	}
	if err == nil {
		if before, err = module.DecodeText(data); err != nil {
			return err
		}
	}
	lines := module.KeepLines(before)
	if (h.other || !h.present) && 1 <= h.line && h.line <= len(lines) {
		lines = slices.Delete(lines, h.line-1, h.line)
	}
	if h.present && (h.other || h.line == 0) {
		lines = append(lines, h.key)
	}
	h.diff = value.DictOf("before_header", title, "after_header", h.path, "before", before, "after", strings.Join(lines, ""))
	return nil
}

// forget has ssh-keygen remove all keys of the host.
func (h *hostKeys) forget() error {
	out, err := h.run("-R", h.host, "-f", h.path)
	if err == nil && out.RC != 0 {
		err = module.BadExit([]string{h.keygen, "-R", h.host, "-f", h.path}, out)
	}
	return err
}

// write adds the key, in the place of the one of its type, or takes that away.
func (h *hostKeys) write() error {
	text, err := module.ReadText(h.path)
	var undecoded *module.PyException
	switch {
	case err == nil, errors.Is(err, syscall.ENOENT):
	case errors.As(err, &undecoded):
		return err
	default:
		return h.failed(err, h.path, "Failed to read", h.path)
	}
	tmp, err := posix.TempFile(posix.Dirname(h.path), "tmp", "")
	if err != nil {
		return h.failed(err, tmp, "Failed to write to file", h.path)
	}
	var b strings.Builder
	n := 0
	for line := range strings.Lines(text) {
		if n++; n != h.line || !h.other && h.present {
			b.WriteString(line)
		}
	}
	if h.present {
		b.WriteString(h.key)
	}
	if err := os.WriteFile(tmp, []byte(b.String()), 0o600); err != nil {
		return h.failed(err, tmp, "Failed to write to file", h.path)
	}
	return h.t.AtomicMove(tmp, h.path, module.Move{})
}

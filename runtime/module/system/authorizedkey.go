package system

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/pyre"
)

var authorizedKeySpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "user", Required: true},
		{Name: "key", Required: true, LogOK: true},
		{Name: "path", Type: argspec.Path},
		{Name: "manage_dir", Type: argspec.Bool, Default: true},
		{Name: "state", Default: "present", Choices: argspec.Choices("absent", "present")},
		{Name: "key_options", LogOK: true},
		{Name: "exclusive", Type: argspec.Bool, Default: false},
		{Name: "comment"},
		{Name: "validate_certs", Type: argspec.Bool, Default: true},
		{Name: "follow", Type: argspec.Bool, Default: false},
	},
	CheckMode: true,
}

// AuthorizedKey is ansible.posix.authorized_key. Keys that are fetched, or that some versions read from a file, are left to the
// Python module.
func AuthorizedKey() module.Module {
	m := module.New("ansible.posix.authorized_key", "authorized_key", module.Local, authorizedKeySpec, authorizedKey)
	m.Compared, m.Leaves = [2]module.Version{{1, 5, 0}, {2, 2, 0}}, []string{"key"}
	m.Declines = func(c *module.Call) string {
		return module.DeclinesWhen(authorizedKeySpec, c, func(t *module.Task) string {
			if key := t.Str("key"); strings.HasPrefix(key, "http") || strings.HasPrefix(key, "file") {
				return "the key is somewhere else"
			}
			return ""
		})
	}
	return m
}

// userKeys is one task of authorized_key.
type userKeys struct {
	t       *module.Task
	present bool
	keys    []*sshKey // those of the file, in the order of Python's dictionary
	changed bool
}

// sshKey is one line of authorized_keys.
type sshKey struct {
	key, comment string
	kind         string // "" for a line that is no key, and stays as it is
	options      keyOptions
	rank         int // its place in the file
}

// keyOptions are the options before a key: names and values in their order, a value nil for none.
type keyOptions []keyOption

type keyOption struct {
	name  string
	value *string
}

// same says whether two keys differ in nothing but their place.
func (k *sshKey) same(o *sshKey) bool {
	return k.key == o.key && k.kind == o.kind && k.comment == o.comment && maps.EqualFunc(k.options.byName(), o.options.byName(), slices.Equal)
}

// byName are the values of each option, a missing one told from an empty one. Two options of the same name have an order, others
// have none.
func (o keyOptions) byName() map[string][]string {
	m := map[string][]string{}
	for _, e := range o {
		m[e.name] = append(m[e.name], e.text())
	}
	return m
}

func (e keyOption) text() string {
	if e.value == nil {
		return e.name
	}
	return e.name + "=" + *e.value
}

// String is the line as it is written.
func (k *sshKey) String() string {
	if k.kind == "" {
		return k.key
	}
	options := make([]string, len(k.options))
	for i, e := range k.options {
		options[i] = e.text()
	}
	before := strings.Join(options, ",")
	if len(options) > 0 {
		before += " "
	}
	return before + k.kind + " " + k.key + " " + k.comment + "\n"
}

// keyTypes are the types of keys that sshd knows.
var keyTypes = strings.Fields(`sk-ecdsa-sha2-nistp256@openssh.com sk-ecdsa-sha2-nistp256-cert-v01@openssh.com
	webauthn-sk-ecdsa-sha2-nistp256@openssh.com ecdsa-sha2-nistp256 ecdsa-sha2-nistp256-cert-v01@openssh.com ecdsa-sha2-nistp384
	ecdsa-sha2-nistp384-cert-v01@openssh.com ecdsa-sha2-nistp521 ecdsa-sha2-nistp521-cert-v01@openssh.com sk-ssh-ed25519@openssh.com
	sk-ssh-ed25519-cert-v01@openssh.com ssh-ed25519 ssh-ed25519-cert-v01@openssh.com ssh-dss ssh-rsa ssh-xmss@openssh.com
	ssh-xmss-cert-v01@openssh.com rsa-sha2-256 rsa-sha2-512 ssh-rsa-cert-v01@openssh.com rsa-sha2-256-cert-v01@openssh.com
	rsa-sha2-512-cert-v01@openssh.com ssh-dss-cert-v01@openssh.com`)

// parseKey parses a line; ok is false for one without a key's type.
func parseKey(line string, rank int) (k *sshKey, ok bool, err error) {
	line = strings.ReplaceAll(line, `\#`, "#")
	words := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' })
	if len(words) > 0 && words[0] == "#" {
		return &sshKey{key: line, rank: rank}, true, nil
	}
	at := slices.IndexFunc(words, func(w string) bool { return slices.Contains(keyTypes, w) })
	if at < 0 {
		return k, false, nil
	}
	if at+1 == len(words) {
		return k, false, indexError("list")
	}
	return &sshKey{key: words[at+1], kind: words[at], comment: strings.Join(words[at+2:], " "), rank: rank,
		options: parseOptions(strings.Join(words[:at], " "))}, true, nil
}

// optionPart is what stands between the commas that are outside quotes.
var optionPart = pyre.MustCompile(`(?:[^,"']|"[^"]*"|'[^']*')+`)

// parseOptions splits options at their commas. Of unbalanced quotes, what is between two parts is an option of its own.
func parseOptions(s string) keyOptions {
	var parts []string
	for s != "" {
		at := optionPart.FindStringIndex(s)
		if at == nil {
			break
		}
		if len(parts) > 0 {
			parts = append(parts, s[:at[0]])
		}
		parts = append(parts, s[at[0]:at[1]])
		s = s[at[1]:]
	}
	var o keyOptions
	for _, p := range parts {
		name, v, given := strings.Cut(p, "=")
		switch {
		case given:
			o = append(o, keyOption{name, &v})
		case p != ",":
			o = append(o, keyOption{name: p})
		}
	}
	return o
}

func authorizedKey(_ context.Context, t *module.Task) (*value.Dict, error) {
	u := &userKeys{t: t, present: t.Str("state") == "present"}
	file, err := u.file(false, false)
	if err != nil {
		return nil, err
	}
	r := t.Params // the module makes its result of its parameters
	r.SetStr("keyfile", file)
	before := ""
	if posix.IsFile(file) {
		if before, err = module.ReadText(file); err != nil {
			return nil, raised(err, file)
		}
	}
	if err := u.parse(before); err != nil {
		return nil, err
	}
	if err := u.apply(); err != nil {
		return nil, err
	}
	if !u.changed {
		return r.Copy(), nil
	}
	dest, err := u.file(true, t.Bool("follow"))
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(u.keys, func(a, b *sshKey) int { return a.rank - b.rank })
	var after strings.Builder
	for _, k := range u.keys {
		after.WriteString(k.String())
	}
	if t.Diff {
		r.SetStr("diff", value.DictOf("before_header", file, "after_header", dest, "before", before, "after", after.String()))
	}
	if !t.Check {
		if err := u.write(dest, after.String()); err != nil {
			return nil, err
		}
	}
	r.SetStr("changed", true)
	return r.Copy(), nil
}

// raised is an error that met a path as an exception; one that is an exception stays.
func raised(err error, path string) error {
	if posix.Errno(err) == 0 {
		return err
	}
	return module.Raise(err, path)
}

// file is the file of the user's keys. For writing, it and its folder are made, and given to the user.
func (u *userKeys) file(write, follow bool) (string, error) {
	t := u.t
	file := t.Str("path")
	resolved := func() string {
		if follow {
			return posix.Realpath(file)
		}
		return file
	}
	if t.Check && t.Has("path") {
		return resolved(), nil
	}
	account, ok := posix.UserByName(t.Str("user"))
	if !ok {
		if t.Check {
			return "", module.Fail("Either user must exist or you must provide full path to key file in check mode")
		}
		return "", module.Fail("Failed to lookup user %s: %s", t.Str("user"), value.StrRepr("getpwnam(): name not found: "+value.StrRepr(t.Str("user"))))
	}
	dir := posix.Dirname(file)
	if !t.Has("path") {
		dir = posix.Join(account.Home, ".ssh")
		file = posix.Join(dir, "authorized_keys")
	}
	file = resolved()
	if !write || t.Check {
		return file, nil
	}
	if t.Bool("manage_dir") {
		if err := u.makeDir(dir, account); err != nil {
			return "", err
		}
	}
	return file, u.makeFile(file, account)
}

// makeDir makes the folder where it is missing, and gives it to the user.
func (u *userKeys) makeDir(dir string, account posix.User) error {
	if !posix.Exists(dir) {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return module.Fail("Failed to create directory %s : %s", dir, posix.PyError(err, dir))
		}
		if _, err := u.t.ApplyDefaultContext(dir, false); err != nil {
			return err
		}
	}
	err := os.Chown(dir, account.UID, account.GID)
	if err == nil {
		err = unix.Chmod(dir, 0o700)
	}
	if err != nil {
		return module.Raise(err, dir)
	}
	return nil
}

// makeFile makes an empty file where there is none, and gives it to the user as far as that is possible.
func (u *userKeys) makeFile(file string, account posix.User) error {
	if !posix.Exists(file) {
		if dir := posix.Dirname(file); !posix.Exists(dir) {
			if err := posix.Makedirs(dir); err != nil {
				return raised(err, posix.PathOf(err))
			}
		}
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
		if err != nil { // Ansible closes what it has not opened
			return &module.PyException{Class: "AttributeError", Msg: "'NoneType' object has no attribute 'close'"}
		}
		_ = f.Close()
		if _, err := u.t.ApplyDefaultContext(file, false); err != nil {
			return err
		}
	}
	if os.Chown(file, account.UID, account.GID) == nil {
		_ = unix.Chmod(file, 0o600)
	}
	return nil
}

// set puts a key in the place of the one with its name, else at the end.
func (u *userKeys) set(name string, k *sshKey) {
	if i := u.index(name); i >= 0 {
		u.keys[i] = k
		return
	}
	u.keys = append(u.keys, k)
}

func (u *userKeys) index(name string) int {
	return slices.IndexFunc(u.keys, func(k *sshKey) bool { return k.key == name })
}

// parse takes the keys from the file. A line that comes again counts once, where it came last.
func (u *userKeys) parse(text string) error {
	for i, line := range module.KeepLines(text) {
		k, ok, err := parseKey(line, i)
		if err != nil {
			return err
		}
		if !ok {
			k = &sshKey{key: line, rank: i}
		}
		u.set(k.key, k)
	}
	return nil
}

// apply brings the wanted keys in, or takes them out.
func (u *userKeys) apply() error {
	last := len(u.keys)
	var wanted []string
	n := 0
	for _, v := range module.SplitLines(u.t.Str("key")).V {
		line := v.(string)
		if line == "" || line[0] == '#' {
			continue
		}
		k, ok, err := parseKey(line, n)
		if err != nil {
			return err
		}
		if !ok {
			return module.Fail("invalid key specified: %s", line)
		}
		n++
		if u.t.Has("key_options") {
			k.options = parseOptions(u.t.Str("key_options"))
		}
		if u.t.Has("comment") {
			k.comment = u.t.Str("comment")
		}
		wanted = append(wanted, k.key)
		u.applyKey(k, last)
	}
	if u.present && u.t.Bool("exclusive") {
		u.keys = slices.DeleteFunc(u.keys, func(k *sshKey) bool {
			gone := !slices.Contains(wanted, k.key)
			u.changed = u.changed || gone
			return gone
		})
	}
	return nil
}

// applyKey brings one key in or takes it out; last is how many the file had.
func (u *userKeys) applyKey(k *sshKey, last int) {
	i := u.index(k.key)
	if i < 0 && !u.present || i >= 0 && u.present && u.keys[i].same(k) {
		return
	}
	if i >= 0 {
		u.keys = slices.Delete(u.keys, i, i+1)
	}
	if u.present {
		k.rank += last
		u.keys = append(u.keys, k)
	}
	u.changed = true
}

func (u *userKeys) write(dest, text string) error {
	tmp, err := posix.TempFile(u.t.Environ.TempDir(), "tmp", "")
	if err != nil {
		return module.Raise(err, tmp)
	}
	if err := os.WriteFile(tmp, []byte(text), 0o600); err != nil {
		u.t.Cleanup(tmp)
		return module.Fail("Failed to write to file %s: %s", tmp, posix.PyError(err, tmp))
	}
	return u.t.AtomicMove(tmp, dest, module.Move{})
}

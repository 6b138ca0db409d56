package ssh

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"pbc/transport"
)

// settings are what holds for one target after its variables, ssh's arguments and ssh's configuration.
type settings struct {
	addr                   string
	knownAs                string // the name in known_hosts: HostKeyAlias or addr
	port                   int
	user                   string
	keys                   []string // files, ~ expanded
	named                  string   // the file that the play named, among keys
	keysOnly               bool     // IdentitiesOnly
	agent                  string   // the socket of ssh-agent, empty for none
	userKnown, globalKnown []string // known_hosts files
	strict                 string   // StrictHostKeyChecking: ask, yes, no, accept-new
	hashNew                bool
	sendEnv                []string          // patterns
	setEnv                 map[string]string // SetEnv
	// foreign are settings that this package does not honour; the system's ssh does.
	foreign []string
}

// honoured are the keywords of "ssh -G" that settings holds.
var honoured = words(`host hostname user port identityfile identitiesonly identityagent userknownhostsfile
	globalknownhostsfile stricthostkeychecking connecttimeout hostkeyalias hashknownhosts sendenv setenv`)

// readable are those of them whose values readArguments can take as they are written.
var readable = words(`user port identityfile identitiesonly userknownhostsfile globalknownhostsfile
	stricthostkeychecking connecttimeout hostkeyalias hashknownhosts`)

// harmless are keywords that change nothing here: they tune OpenSSH's own connection sharing, terminal or
// logging, or name ways to authenticate that are only asked for after the native ones failed.
var harmless = words(`addkeystoagent batchmode checkhostip compression connectionattempts controlmaster
	controlpath controlpersist enableescapecommandline escapechar exitonforwardfailure fingerprinthash
	gssapiauthentication gssapidelegatecredentials gssapikeyexchange gssapirenewalforcesrekey gssapitrustdns
	gssapikexalgorithms hostbasedauthentication ipqos kbdinteractiveauthentication loglevel logverbose
	numberofpasswordprompts passwordauthentication preferredauthentications pubkeyauthentication requesttty
	serveralivecountmax serveraliveinterval tcpkeepalive updatehostkeys visualhostkey xauthlocation
	forwardx11timeout forwardx11trusted`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// defaultArgs is Ansible's default of ansible_ssh_args.
var defaultArgs = []string{"-C", "-o", "ControlMaster=auto", "-o", "ControlPersist=60s"}

// argv returns the options that Ansible would give to ssh for t, in Ansible's order, since ssh takes the
// first value it sees; sharing a connection is left out where only the default asks for it.
func argv(t transport.Target) []string {
	var a []string
	if !slices.Equal(t.SSHArgs, defaultArgs) {
		a = append(a, t.SSHArgs...)
	}
	if t.AcceptAnyHostKey {
		a = append(a, "-o", "StrictHostKeyChecking=no")
	}
	if t.Port != 0 {
		a = append(a, "-o", "Port="+strconv.Itoa(t.Port))
	}
	if t.KeyFile != "" {
		a = append(a, "-o", `IdentityFile="`+expand(t.KeyFile, os.Getenv("HOME"))+`"`)
	}
	if t.Password == "" {
		a = append(a, "-o", "KbdInteractiveAuthentication=no",
			"-o", "PreferredAuthentications=gssapi-with-mic,gssapi-keyex,hostbased,publickey", "-o", "PasswordAuthentication=no")
	}
	if t.User != "" {
		a = append(a, "-o", `User="`+t.User+`"`)
	}
	a = append(a, "-o", "ConnectTimeout="+strconv.Itoa(int(t.Limit().Seconds()+0.999)))
	return append(a, t.ExtraArgs...)
}

// resolve finds the settings of a target. It asks "ssh -G" only when arguments or configuration files say
// something that is not read here: that costs a process.
func (s *Shell) resolve(ctx context.Context, t transport.Target) (*settings, error) {
	home, name := s.Home, ""
	if u, err := user.Current(); err == nil {
		home, name = or(home, u.HomeDir), u.Username
	}
	set := defaults(t, home, name)
	args := argv(t)
	if said, ok := readArguments(args); ok && plainConfig(set, filepath.Join(home, ".ssh/config")) && plainConfig(set, "/etc/ssh/ssh_config") {
		set.apply(said, home)
		return set, nil
	}
	said, err := s.ask(ctx, t, append(args, t.Addr))
	if err != nil {
		return nil, err
	}
	base, err := s.baseline(ctx, t)
	if err != nil {
		return nil, err
	}
	set.keys, set.sendEnv = nil, nil
	set.apply(said, home)
	set.findForeign(said, base)
	return set, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// defaults are the settings of a system without configuration.
func defaults(t transport.Target, home, name string) *settings {
	set := &settings{
		addr: t.Addr, knownAs: t.Addr, port: 22, user: name, agent: os.Getenv("SSH_AUTH_SOCK"), strict: "ask",
		userKnown:   []string{filepath.Join(home, ".ssh/known_hosts"), filepath.Join(home, ".ssh/known_hosts2")},
		globalKnown: []string{"/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"},
	}
	if t.KeyFile != "" {
		set.named = expand(t.KeyFile, os.Getenv("HOME"))
	}
	for _, k := range []string{"id_rsa", "id_ecdsa", "id_ed25519"} {
		set.keys = append(set.keys, filepath.Join(home, ".ssh", k))
	}
	return set
}

// letters are ssh's options of one letter that stand for a keyword.
var letters = map[string]string{"-i": "identityfile", "-p": "port", "-l": "user"}

// readArguments reads the options that playbooks commonly give to ssh, as "ssh -G" would print them. It
// reports false for what it does not know.
func readArguments(args []string) (map[string][]string, bool) {
	said := map[string][]string{}
	for len(args) > 0 {
		a := args[0]
		args = args[1:]
		if a == "-C" || a == "-q" {
			continue
		}
		flag, value := a[:min(2, len(a))], a[min(2, len(a)):]
		if value == "" {
			if len(args) == 0 {
				return nil, false
			}
			value, args = args[0], args[1:]
		}
		k, known := letters[flag]
		if flag == "-o" {
			i := strings.IndexAny(value, "= \t")
			if i < 0 {
				return nil, false
			}
			k, value = strings.ToLower(value[:i]), strings.TrimLeft(value[i:], "= \t")
			known = readable[k] || harmless[k]
		}
		if flag == "-i" { // ssh passes over a missing file, with a warning
			_, err := os.Stat(value)
			known = err == nil
		}
		if !known || strings.ContainsAny(value, "%$\\") {
			return nil, false
		}
		if _, set := said[k]; !set || k == "identityfile" { // the first value counts, but every key
			said[k] = append(said[k], strings.Trim(value, `"`))
		}
	}
	return said, true
}

// plainConfig reads a configuration file and reports whether it has only what set can take as it is:
// what distributions ship. A missing file is plain.
func plainConfig(set *settings, file string) bool {
	data, err := os.ReadFile(file)
	if err != nil {
		return os.IsNotExist(err)
	}
	for sc := bufio.NewScanner(bytes.NewReader(data)); sc.Scan(); {
		f := strings.Fields(strings.Replace(sc.Text(), "=", " ", 1))
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if !plainLine(set, file, strings.ToLower(f[0]), f[1:]) {
			return false
		}
	}
	return true
}

func plainLine(set *settings, file, keyword string, args []string) bool {
	switch keyword {
	case "host":
		return len(args) == 1 && args[0] == "*"
	case "sendenv":
		set.sendEnv = append(set.sendEnv, args...)
		return true
	case "hashknownhosts":
		set.hashNew = len(args) == 1 && args[0] == "yes"
		return true
	case "include":
		return !slices.ContainsFunc(args, func(pattern string) bool {
			if !filepath.IsAbs(pattern) {
				pattern = filepath.Join(filepath.Dir(file), pattern)
			}
			files, err := filepath.Glob(pattern)
			return err != nil || slices.ContainsFunc(files, func(f string) bool { return !plainConfig(set, f) })
		})
	default:
		return harmless[keyword]
	}
}

// ask runs ssh -G and returns its lines as keyword → values.
func (s *Shell) ask(ctx context.Context, t transport.Target, args []string) (map[string][]string, error) {
	cmd := exec.CommandContext(ctx, or(t.Executable, "ssh"), append([]string{"-G"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		msg := strings.TrimSpace(stderr.String())
		return nil, unreachable(or(msg, fmt.Sprintf("reading ssh's configuration: %v", err)), err)
	}
	m := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		k, v, _ := strings.Cut(strings.TrimSpace(line), " ")
		m[k] = append(m[k], v)
	}
	return m, nil
}

// baseline is what ssh says without any configuration; asked once.
func (s *Shell) baseline(ctx context.Context, t transport.Target) (map[string][]string, error) {
	s.baseOnce.Do(func() { s.base, s.baseErr = s.ask(ctx, t, []string{"-F", "none", "x"}) })
	return s.base, s.baseErr
}

// apply takes what was said over what held before.
func (set *settings) apply(said map[string][]string, home string) {
	text := func(k string, to *string) { *to = or(strings.Join(said[k], " "), *to) }
	list := func(k string, to *[]string) {
		if v, ok := said[k]; ok {
			*to = files(strings.Join(v, " "), home)
		}
	}
	text("hostname", &set.addr)
	set.knownAs = set.addr
	text("hostkeyalias", &set.knownAs)
	text("user", &set.user)
	if p, err := strconv.Atoi(strings.Join(said["port"], "")); err == nil {
		set.port = p
	}
	if v, ok := said["identityfile"]; ok {
		set.keys = nil
		for _, f := range v {
			set.keys = append(set.keys, expand(strings.Trim(f, `"`), home))
		}
	}
	list("userknownhostsfile", &set.userKnown)
	list("globalknownhostsfile", &set.globalKnown)
	text("stricthostkeychecking", &set.strict)
	if set.strict == "false" || set.strict == "off" {
		set.strict = "no"
	}
	set.keysOnly = yes(said["identitiesonly"], set.keysOnly)
	set.hashNew = yes(said["hashknownhosts"], set.hashNew)
	set.applyEnvironment(said, home)
}

func yes(said []string, before bool) bool {
	if len(said) == 0 {
		return before
	}
	return said[0] == "yes" || said[0] == "true"
}

// applyEnvironment takes the socket of the agent and what is passed on to the host.
func (set *settings) applyEnvironment(said map[string][]string, home string) {
	switch a := strings.Join(said["identityagent"], ""); {
	case a == "none":
		set.agent = ""
	case a != "" && a != "SSH_AUTH_SOCK":
		set.agent = expand(os.ExpandEnv(a), home)
	}
	set.sendEnv = append(set.sendEnv, strings.Fields(strings.Join(said["sendenv"], " "))...)
	set.setEnv = map[string]string{}
	for _, kv := range said["setenv"] {
		if k, v, ok := strings.Cut(kv, "="); ok {
			set.setEnv[k] = v
		}
	}
}

// findForeign notes what only the system's ssh can do: every setting that is not ssh's default and not
// known here.
func (set *settings) findForeign(said, base map[string][]string) {
	for k, v := range said {
		if !honoured[k] && !harmless[k] && !slices.Equal(v, base[k]) {
			set.foreign = append(set.foreign, k)
		}
	}
	slices.Sort(set.foreign)
}

// files splits a list of file names; "none" and /dev/null hold nothing.
func files(list, home string) []string {
	var out []string
	for _, f := range strings.Fields(list) {
		if f != "none" {
			out = append(out, expand(strings.Trim(f, `"`), home))
		}
	}
	return out
}

func expand(file, home string) string {
	if rest, ok := strings.CutPrefix(file, "~/"); ok {
		return filepath.Join(home, rest)
	}
	return file
}

// environment returns the variables that SendEnv and SetEnv pass on.
func (set *settings) environment() map[string]string {
	env := map[string]string{}
	for _, kv := range os.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		if slices.ContainsFunc(set.sendEnv, func(p string) bool { return wildcard(p, k) }) {
			env[k] = v
		}
	}
	for k, v := range set.setEnv {
		env[k] = v
	}
	return env
}

package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pbc/compiler"
	"pbc/compiler/cli"
	"pbc/compiler/config"
	"pbc/compiler/inventory"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/runtime/callback"
	"pbc/runtime/controller"
	"pbc/runtime/factcache"
	"pbc/runtime/module/posix"
)

// warnSettings tells of the settings that pbc does not honour though they matter.
func (s *session) warnSettings() {
	for _, set := range s.conf.With(config.Unhonoured) {
		if set.Name == "CACHE_PLUGIN" && s.cacheless() {
			continue
		}
		_, instead := set.Effect()
		s.out.Handle(callback.Warning{Text: fmt.Sprintf("pbc does not honour the setting %s (from %s): %s", set.Name, s.conf.Origin(set.Name), instead)})
	}
}

// cacheless tells of a cache plugin that there is not: facts are kept for the run then, as without one.
func (s *session) cacheless() bool {
	name := s.conf.String("CACHE_PLUGIN")
	there := slices.ContainsFunc(s.pluginFiles("cache_plugins", nil), func(file string) bool { return filepath.Base(file) == name+".py" })
	if there || strings.Contains(name, ".") || slices.Contains(cachesElsewhere, name) {
		return false
	}
	text := "Unable to load the facts cache plugin (" + name + ")."
	switch {
	case s.like.dialect == expr.Tagged && name == "":
		text = noPluginName
	case s.like.dialect == expr.Tagged:
		text = "Unable to load the cache plugin '" + name + "'."
	}
	s.warn(text)
	return true
}

// cachesElsewhere are the cache plugins that collections have under names which ansible-core knows.
var cachesElsewhere = []string{"memcached", "mongodb", "pickle", "redis", "yaml"}

// refuseSettings says what is lacking here of what the settings ask for.
func (s *session) refuseSettings() error {
	for _, set := range s.conf.With(config.Refused) {
		_, lacks := set.Effect()
		return &playbookError{msg: fmt.Sprintf("unsupported: %s (the setting %s, from %s)", lacks, set.Name, s.conf.Origin(set.Name)), code: 4}
	}
	const name = "ENABLE_TASK_DEBUGGER"
	if s.like.ansible || !s.conf.Bool(name) {
		return nil
	}
	return &playbookError{msg: fmt.Sprintf("unsupported: the task debugger (the setting %s, from %s)\n    hint: %s", name, s.conf.Origin(name), compiler.DebuggerHint), code: 4}
}

// varsFault is what is wrong with the settings of what reads group_vars, nil for nothing.
//
// Observed: scenarios/settings/faults_vars.txtar.
func (s *session) varsFault() error {
	for _, f := range s.conf.Faults {
		if f.Plugin == config.GroupVars {
			return &cli.OptionsError{Msg: f.Msg}
		}
	}
	return nil
}

// set says whether the user gave a setting.
func (s *session) set(name string) bool { return s.conf.Origin(name) != "default" }

// hostSettings are the settings that hosts need, beside those of the command line.
func (s *session) hostSettings(set ir.Settings) ir.Settings {
	set.CoreVersion = strings.Join(strings.SplitN(s.like.version+"..", ".", 3)[:2], ".")
	classic := s.like.dialect == expr.Classic // dialect tagged has settings that do nothing any more
	if classic {
		set.Omit, set.Native = omitText(), s.conf.Bool("DEFAULT_JINJA2_NATIVE")
	}
	set.AsyncDir, set.PollInterval = s.conf.String("sh.async_dir"), s.conf.Int("DEFAULT_POLL_INTERVAL")
	set.Debugger, set.DebugIgnored = s.conf.Bool("ENABLE_TASK_DEBUGGER"), !s.conf.Bool("TASK_DEBUGGER_IGNORE_ERRORS")
	set.RemoteTmp = s.conf.String("sh.remote_tmp")
	set.Interpreter = s.conf.String("INTERPRETER_PYTHON")
	set.NoLog, set.AnyErrorsFatal = s.conf.Bool("DEFAULT_NO_LOG"), s.conf.Bool("ANY_ERRORS_FATAL")
	set.MaxDiff = int64(s.conf.Int("MAX_FILE_SIZE_FOR_DIFF"))
	set.LenientUTF8 = !s.conf.Bool("MODULE_STRICT_UTF8_RESPONSE")
	set.KeepUndefined = classic && !s.conf.Bool("DEFAULT_UNDEFINED_VAR_BEHAVIOR")
	if classic && s.set("DEFAULT_NULL_REPRESENTATION") {
		set.Null = ir.Val{V: s.conf.String("DEFAULT_NULL_REPRESENTATION")}
	}
	set.AllowBroken = !classic && s.conf.Bool("ALLOW_BROKEN_CONDITIONALS")
	set.NoEmbedded = !classic && !s.conf.Bool("ALLOW_EMBEDDED_TEMPLATES")
	set.TrustLookups = classic && s.conf.Bool("DEFAULT_ALLOW_UNSAFE_LOOKUPS")
	set.HashMerge = s.conf.String("DEFAULT_HASH_BEHAVIOUR") == "merge"
	set.DefaultFactPath = s.conf.String("DEFAULT_FACT_PATH")
	if classic && s.set("DEFAULT_GATHER_SUBSET") {
		set.GatherSubset = ir.Val{V: textList(s.conf.List("DEFAULT_GATHER_SUBSET"))}
	}
	if classic && s.set("DEFAULT_GATHER_TIMEOUT") {
		set.GatherTimeout = s.conf.Int("DEFAULT_GATHER_TIMEOUT")
	}
	set.Reach = ir.ReachSettings{User: s.req.RemoteUser, KeyFile: s.req.PrivateKeyFile, Executable: s.conf.String("DEFAULT_EXECUTABLE"), Timeout: s.req.Timeout,
		Compression: s.conf.String("DEFAULT_MODULE_COMPRESSION"), Pipelining: s.conf.Bool("ANSIBLE_PIPELINING"), LocalUser: callback.LoginName(os.Getenv)}
	set.Reach.NoShell, set.Reach.LostShell = s.shellFaults()
	if s.set("ssh.port") {
		set.Reach.Port = s.conf.Int("ssh.port")
	}
	for _, f := range s.conf.Faults {
		if f.Plugin != config.GroupVars {
			set.Faults = append(set.Faults, ir.SettingFault(f))
		}
	}
	set.FactsModules = s.conf.List("FACTS_MODULES")
	set.AllowSameUser = s.conf.Bool("BECOME_ALLOW_SAME_USER")
	set.BecomeBy = s.becomeSettings(s.req.BecomeUser != "")
	return set
}

// shellFaults are what tasks fail with whose connection has no shell, and of local connections whose shell is not there.
//
// Observed: scenarios/settings/shell_executable.txtar.
func (s *session) shellFaults() (none, lost string) {
	shell, _, _ := strings.Cut(strings.TrimSpace(s.conf.String("DEFAULT_EXECUTABLE")), " ")
	if shell == "" {
		shell, none = "None", "Either a shell type or a shell executable must be provided "
	}
	if s.like.dialect == expr.Tagged {
		none = strings.TrimSpace(none)
	}
	if _, err := os.Stat(shell); err != nil {
		lost = "failed to find the executable specified " + shell + ". Please verify if the executable exists and re-try."
	}
	return none, lost
}

// openFiles is how many files modules in Python may have open: a number, or text that may be a template.
func (s *session) openFiles() ir.Val {
	if text, ok := s.conf.Value("PYTHON_MODULE_RLIMIT_NOFILE").(string); ok {
		return ir.Val{V: s.jinja().Value(text)}
	}
	return ir.Val{}
}

// becomeSettings are the settings of each method of changing user, the users, programs and passwords as far as they are not the
// defaults. With userGiven the
// command line says whom to become.
//
// Ansible docs: ansible.builtin.sudo, ansible.builtin.su and community.general.doas become plugins.
func (s *session) becomeSettings(userGiven bool) map[string]ir.BecomeSettings {
	by := map[string]ir.BecomeSettings{}
	text := func(name string) string {
		if !s.set(name) {
			return ""
		}
		return s.conf.String(name)
	}
	for method, b := range map[string]ir.BecomeSettings{
		"sudo": {User: text("sudo.become_user"), Exe: text("sudo.become_exe"), Flags: s.conf.String("sudo.become_flags"), Password: text("sudo.become_pass")},
		"su":   {User: text("su.become_user"), Exe: text("su.become_exe"), Flags: s.conf.String("su.become_flags"), Password: text("su.become_pass")},
		"doas": {User: text("doas.become_user"), Exe: text("doas.become_exe"), Flags: s.conf.String("doas.become_flags"), Password: text("doas.become_pass")},
	} {
		if userGiven {
			b.User = ""
		}
		by[method] = b
	}
	return by
}

// factCache is the fact cache of the settings, nil for that of the run alone.
//
// Ansible docs: "Cache plugins".
func (s *session) factCache() *factcache.Cache {
	plugin := s.conf.String("CACHE_PLUGIN")
	warn := func(m string) { s.out.Handle(callback.Warning{Text: m}) }
	if !factcache.ForPlugin(plugin) {
		return nil
	}
	dir := s.conf.String("CACHE_PLUGIN_CONNECTION")
	if dir == "" {
		lacks := "No setting was provided for required configuration plugin_type: cache plugin: jsonfile setting: _uri"
		if s.like.dialect == expr.Tagged {
			lacks = "Required config '_uri' for 'jsonfile' cache plugin not provided."
		}
		warn(lacks)
		return nil
	}
	base := ""
	if s.conf.Origin("CACHE_PLUGIN_CONNECTION") == s.conf.File {
		base = filepath.Dir(s.conf.File)
	}
	c := &factcache.Cache{Dir: config.Unfrack(dir, base), Timeout: time.Duration(s.conf.Int("CACHE_PLUGIN_TIMEOUT")) * time.Second, Warn: warn, Tagged: s.like.dialect == expr.Tagged}
	if s.set("CACHE_PLUGIN_PREFIX") { // the default is for other caches
		c.Prefix = s.conf.String("CACHE_PLUGIN_PREFIX")
	}
	if !c.Open() {
		return nil
	}
	return c
}

// recall has the memory know what the fact cache has, or with --flush-cache forgets it.
func (s *session) recall(memory *controller.Memory, inv *inventory.Inventory) {
	if s.facts == nil {
		return
	}
	memory.Keeper = s.facts
	for _, h := range inv.Hosts() {
		if s.req.FlushCache {
			s.facts.Delete(h.Name)
		}
		memory.Recall(h.Name)
	}
}

// retryFiles writes the hosts that failed to the file that --limit can name; nil when it is not wanted.
//
// Observed: scenarios/settings/retry_files.txtar.
func (s *session) retryFiles() func(playbook string, hosts []string) {
	if !s.conf.Bool("RETRY_FILES_ENABLED") {
		return nil
	}
	return func(playbook string, hosts []string) {
		dir := s.conf.String("RETRY_FILES_SAVE_PATH")
		if dir == "" {
			abs, err := filepath.Abs(playbook)
			if err != nil {
				abs = playbook
			}
			dir = filepath.Dir(abs)
		}
		name := filepath.Base(playbook)
		name = filepath.Join(dir, strings.TrimSuffix(name, filepath.Ext(name))+".retry")
		if err := writeRetry(name, hosts); err != nil {
			s.out.Handle(callback.Warning{Text: fmt.Sprintf("Could not create retry file '%s'.\n\t%s", name, posix.PyError(err, name))})
			return
		}
		s.out.Handle(callback.Message{Text: "\tto retry, use: --limit @" + name + "\n"})
	}
}

func writeRetry(name string, hosts []string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(strings.Join(hosts, "\n")+"\n"), 0o666)
}

// omitText is what the variable omit holds in dialect classic: nothing that a host sends can equal it.
func omitText() string {
	b := make([]byte, 20)
	_, _ = rand.Read(b) // never fails
	return "__omit_place_holder__" + hex.EncodeToString(b)
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"pbc/compiler"
	"pbc/compiler/config"
	"pbc/compiler/inventory"
	"pbc/compiler/link"
	"pbc/compiler/playbook"
	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/fact"
	"pbc/runtime/machine"
	"pbc/runtime/module/builtin"
	"pbc/runtime/module/posix"
)

// compileOptions are what the compiler is told of the session.
func (s *session) compileOptions() (compiler.Options, error) {
	if err := s.refuseSettings(); err != nil {
		return compiler.Options{}, err
	}
	po, err := s.playbookOptions()
	if err != nil {
		return compiler.Options{}, err
	}
	return compiler.Options{Files: s.req.Playbooks, Dialect: s.like.dialect, Extensions: s.jinjaExtensions(), Extra: s.extra, Store: s.store, Core: s.like.library, CoreVersion: s.like.release,
		Supported: supported, Compared: compared, Leaves: leaves, Refuses: refuses, KnownFact: knownFact, Managed: s.conf.String("DEFAULT_MANAGED_STR"), Playbook: po,
		Strategy: s.strategy(), StrategyFrom: s.conf.Origin("DEFAULT_STRATEGY"), NoDebugger: !s.like.ansible, Listed: s.onlyLists(), Notice: s.notice, Lookup: lookups{s: s}.run}, nil
}

// playbookOptions are what the loader of playbooks is told of the session.
func (s *session) playbookOptions() (playbook.Options, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return playbook.Options{}, err
	}
	home, _ := os.UserHomeDir()
	po := playbook.Options{ModulePaths: slices.Concat(s.req.ModulePath, s.conf.List("DEFAULT_MODULE_PATH")), UtilsPaths: s.conf.List("DEFAULT_MODULE_UTILS_PATH"), ActionPaths: s.conf.List("DEFAULT_ACTION_PLUGIN_PATH"), Cwd: cwd, Home: home, RolesPath: append(s.roles[:len(s.roles):len(s.roles)], s.conf.List("DEFAULT_ROLES_PATH")...), CollectionPaths: s.collectionPaths(), AnyGroupMetadata: !s.conf.Bool("VALIDATE_ACTION_GROUP_METADATA"),
		Decrypt: func(path string, data []byte) ([]byte, error) { return s.keys.Decrypt(data, path) }}
	po.Version, po.Mismatch = s.like.release, s.conf.String("COLLECTIONS_ON_ANSIBLE_VERSION_MISMATCH")
	po.Rejected, po.Duplicates = s.rejects, s.conf.String("DUPLICATE_YAML_DICT_KEY")
	po.PluginPaths = map[string][]string{}
	for _, folder := range []string{"strategy_plugins", "connection_plugins", "become_plugins"} {
		po.PluginPaths[folder] = s.conf.List(pluginPaths[folder])
	}
	po.Core, po.Like = s.like.library, s.like.version
	po.WarnAttributes = !s.conf.Bool("INVALID_TASK_ATTRIBUTE_FAILED")
	return po, nil
}

// supported says whether pbc runs a module.
func supported(name string) bool {
	if machine.Has(name) {
		return true
	}
	_, ok := builtin.Lookup(name)
	return ok
}

// compared says whether pbc's own module, where it has one, was compared with the one in that version of its collection.
func compared(name, version string) bool {
	m, ok := builtin.Lookup(name)
	return !ok || m.ComparedWith(version)
}

// leaves says whether pbc's own module may leave a call with these arguments to the one in Python.
func leaves(name string, args *value.Dict) bool {
	m, ok := builtin.Lookup(name)
	return ok && m.MayLeave(args) != ""
}

// knownFact says whether a fact, named without prefix, is one that pbc gathers or that nothing gathers.
func knownFact(name string) bool { return !slices.Contains(fact.Lacking(), name) }

// refuses says why pbc's own module cannot do what constant arguments ask for, "" mostly.
func refuses(name string, args *value.Dict) string {
	m, ok := builtin.Lookup(name)
	if !ok || machine.Has(name) || m.Refuses == nil {
		return ""
	}
	return m.Refuses(args)
}

// linkOptions are what the linker is told of the session.
func (s *session) linkOptions(inv *inventory.Inventory, u *compiler.Unit, k link.Known) link.Options {
	set := ir.Settings{Check: s.req.Check, Diff: s.req.Diff, Verbosity: s.req.Verbosity, ForceHandlers: s.req.ForceHandlers,
		Connection: s.req.Connection, Detached: restarts(u.Program),
		InjectFacts: s.conf.Bool("INJECT_FACTS_AS_VARS"), MissingHandler: s.conf.Bool("ERROR_ON_MISSING_HANDLER"), TaskTimeout: s.conf.Int("TASK_TIMEOUT"), LocalTmp: s.localTmp(),
		Become: ir.BecomeSettings{On: s.req.Become, User: s.req.BecomeUser, Method: s.req.BecomeMethod, Password: s.becomePassword}}
	return link.Options{Dialect: s.like.dialect, Extensions: s.jinjaExtensions(), Inventory: inv, Store: s.store, Known: k, Front: u, Extra: s.extra, Tags: s.req.Tags, Skip: s.req.SkipTags,
		Settings: s.hostSettings(set), Gathering: s.conf.String("DEFAULT_GATHERING"), Order: s.order, FactCollector: s.factCollector(), Connection: s.req.Connection, User: s.req.RemoteUser, Password: s.connectPassword, Magic: s.magic(),
		ManagedFormat: s.conf.String("DEFAULT_MANAGED_STR"), StartAt: s.startAt(), Strategy: s.strategy(), PrivateRoleVars: s.conf.Bool("DEFAULT_PRIVATE_ROLE_VARS"), Lookup: lookups{s: s, inv: inv}.run,
		Internal: s.moduleInternals(), Warn: s.warnOf, Left: s.told.left, OpenFiles: s.openFiles(),
		Locked:  len(s.keys.Secrets) == 0,
		Decrypt: func(path string, data []byte) ([]byte, error) { return s.keys.Decrypt(data, path) }}
}

// startAt is what --start-at-task says: an empty name is that of every task without one.
func (s *session) startAt() *string {
	if !s.req.Given("start_at_task") {
		return nil
	}
	return &s.req.StartAtTask
}

// strategy is that of plays which name none.
func (s *session) strategy() string { return s.conf.String("DEFAULT_STRATEGY") }

// localTmp names the folder in which Ansible would keep the temporary files of this run.
func (s *session) localTmp() string { return localTmp(s.conf) }

func localTmp(conf *config.Config) string {
	return filepath.Join(conf.String("DEFAULT_LOCAL_TMP"), fmt.Sprintf("ansible-local-%d%s", os.Getpid(), posix.RandomName()))
}

func (s *session) dialOptions() dialOptions {
	return dialOptions{User: s.req.RemoteUser, KeyFile: s.req.PrivateKeyFile, Password: s.connectPassword, Port: s.conf.Int("ssh.port"),
		Timeout: time.Duration(s.req.Timeout) * time.Second, HostKeyChecking: s.conf.Bool("ssh.host_key_checking"), Executable: s.conf.String("ssh.ssh_executable"),
		SSHArgs: s.conf.String("ssh.ssh_args"), CommonArgs: firstOf(s.req.SSHCommonArgs, s.conf.String("ssh.ssh_common_args")),
		Retries: s.conf.Int("ssh.reconnection_retries"), ExtraArgs: firstOf(s.req.SSHExtraArgs, s.conf.String("ssh.ssh_extra_args")), Connection: s.req.Connection}
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// magic are the variables that are the same for every host and play.
func (s *session) magic() *value.Dict {
	d := value.DictOf("ansible_version", s.like.variable(),
		"ansible_forks", int64(s.req.Forks), "ansible_run_tags", textList(s.req.Tags, "all"), "ansible_skip_tags", textList(s.req.SkipTags),
		"ansible_config_file", nil, "ansible_playbook_python", s.like.python)
	if s.conf.File != "" {
		d.SetStr("ansible_config_file", s.conf.File)
	}
	d.SetStr("ansible_inventory_sources", textList(s.req.Inventory))
	if s.req.Given("subset") {
		d.SetStr("ansible_limit", s.req.Limit)
	}
	return d
}

func textList(list []string, unset ...string) *value.List {
	if len(list) == 0 {
		list = unset
	}
	out := &value.List{V: []value.Value{}}
	for _, t := range list {
		out.V = append(out.V, t)
	}
	return out
}

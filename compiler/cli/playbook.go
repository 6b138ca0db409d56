package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"pbc/compiler/config"
)

// positional is the metavar of the playbooks.
const positional = "playbook"

// Playbook is a command line of ansible-playbook, with the settings as defaults.
type Playbook struct {
	Playbooks  []string
	Inventory  []string // absolute paths, or lists with a comma
	Limit      string
	Tags       []string // never empty: "all" without --tags
	SkipTags   []string
	ExtraVars  []string // each "@" and an absolute path, YAML, JSON or k=v
	ModulePath []string // of -M

	Check, Diff, Syntax, Step    bool
	ListHosts, ListTasks         bool
	ListTags                     bool
	ForceHandlers, FlushCache    bool
	StartAtTask                  string
	Forks, Timeout, Verbosity    int
	RemoteUser, Connection       string
	PrivateKeyFile               string
	SSHCommonArgs, SSHExtraArgs  string
	SFTPExtraArgs, SCPExtraArgs  string
	AskPass                      bool
	ConnectionPasswordFile       string
	Become, AskBecomePass        bool
	BecomeMethod, BecomeUser     string
	BecomePasswordFile           string
	VaultIDs, VaultPasswordFiles []string // of the command line only
	AskVaultPass                 bool

	given   map[string]string // the option strings used, by dest
	spelled []string          // the options, each as it was spelled
}

// OldInventory says whether --inventory-file named an inventory, which newer releases deprecate.
func (p *Playbook) OldInventory() bool { return slices.Contains(p.spelled, "--inventory-file") }

// Given says whether an option was on the command line, by its dest in ansible-playbook, such as
// "remote_user" for -u. Options win over variables only then.
func (p *Playbook) Given(dest string) bool {
	_, ok := p.given[dest]
	return ok
}

// Terminal is what the texts depend on.
type Terminal struct {
	// Columns is the width: the variable COLUMNS, else the terminal's, else 80.
	Columns int
	// Version gives the text of --version. Nil gives only the version of ansible-core.
	Version func() string
	// Tagged has the options and texts of dialect tagged.
	Tagged bool
	// Command is the program that is spoken of. The zero Command is ansible-playbook.
	Command Command
}

// Command is a program that takes ansible-playbook's options.
type Command struct {
	Prog, Description string
	Operand, About    string // the metavar of its operands, and its help
	Operands          Operands
	Examples          string // printed after the help
	Unsorted          bool   // the help has the options in the order of the table
	actions           []*Tool
}

// Operands says how many operands a program takes.
type Operands uint8

// The numbers of operands.
const (
	Several  Operands = iota // one or more
	Single                   // one
	Optional                 // none or one
	Any                      // any number
	Action                   // the name of a subcommand, and what that takes
)

const (
	prog           = "ansible-playbook"
	description    = "Runs Ansible playbooks, executing the defined tasks on the targeted hosts."
	positionalHelp = "Playbook(s)"
	coreVersion    = "2.14.18"
)

var helpGroups = []group{
	{"options", ""},
	{"Connection Options", "control as whom and how to connect to hosts"},
	{"Privilege Escalation Options", "control how and which user you become as on target hosts"},
}

// playbookOptions is the table of options, in argparse's order. The help shows defaults of c; it may be
// nil where no help is wanted.
func playbookOptions(c *config.Config) []*option {
	d := func(name string) string {
		if c == nil || c.Value(name) == nil {
			return "None"
		}
		return fmt.Sprint(c.Value(name))
	}
	s := func(names ...string) []string { return names }
	return []*option{
		{strings: s("-h", "--help"), dest: "help", action: help, help: "show this help message and exit"},
		{strings: s("--version"), dest: "version", action: version,
			help: "show program's version number, config file location, configured module search path, module location, executable location and exit"},
		{strings: s("-v", "--verbose"), dest: "verbosity", action: count,
			help: "Causes Ansible to print more debug messages. Adding multiple -v will increase the verbosity, the builtin plugins " +
				"currently evaluate up to -vvvvvv. A reasonable level to start is -vvv, connection debugging might require -vvvv."},
		{strings: s("--private-key", "--key-file"), dest: "private_key_file", group: 1, help: "use this file to authenticate the connection"},
		{strings: s("-u", "--user"), dest: "remote_user", group: 1, help: "connect as this user (default=" + d("DEFAULT_REMOTE_USER") + ")"},
		{strings: s("-c", "--connection"), dest: "connection", group: 1, help: "connection type to use (default=" + d("DEFAULT_TRANSPORT") + ")"},
		{strings: s("-T", "--timeout"), dest: "timeout", group: 1, isInt: true,
			help: "override the connection timeout in seconds (default=" + d("DEFAULT_TIMEOUT") + ")"},
		{strings: s("--ssh-common-args"), dest: "ssh_common_args", group: 1, help: "specify common arguments to pass to sftp/scp/ssh (e.g. ProxyCommand)"},
		{strings: s("--sftp-extra-args"), dest: "sftp_extra_args", group: 1, help: "specify extra arguments to pass to sftp only (e.g. -f, -l)"},
		{strings: s("--scp-extra-args"), dest: "scp_extra_args", group: 1, help: "specify extra arguments to pass to scp only (e.g. -l)"},
		{strings: s("--ssh-extra-args"), dest: "ssh_extra_args", group: 1, help: "specify extra arguments to pass to ssh only (e.g. -R)"},
		{strings: s("-k", "--ask-pass"), dest: "ask_pass", action: flag, mutex: "connect", help: "ask for connection password"},
		{strings: s("--connection-password-file", "--conn-pass-file"), dest: "connection_password_file", mutex: "connect", help: "Connection password file"},
		{strings: s("--force-handlers"), dest: "force_handlers", action: flag, help: "run handlers even if a task fails"},
		{strings: s("--flush-cache"), dest: "flush_cache", action: flag, help: "clear the fact cache for every host in inventory"},
		{strings: s("-b", "--become"), dest: "become", action: flag, group: 2, help: "run operations with become (does not imply password prompting)"},
		{strings: s("--become-method"), dest: "become_method", group: 2,
			help: "privilege escalation method to use (default=" + d("DEFAULT_BECOME_METHOD") + "), use `ansible-doc -t become -l` to list valid choices."},
		{strings: s("--become-user"), dest: "become_user", group: 2, help: "run operations as this user (default=" + d("DEFAULT_BECOME_USER") + ")"},
		{strings: s("-K", "--ask-become-pass"), dest: "become_ask_pass", action: flag, mutex: "become", help: "ask for privilege escalation password"},
		{strings: s("--become-password-file", "--become-pass-file"), dest: "become_password_file", mutex: "become", help: "Become password file"},
		{strings: s("-t", "--tags"), dest: "tags", action: collect, help: "only run plays and tasks tagged with these values"},
		{strings: s("--skip-tags"), dest: "skip_tags", action: collect, help: "only run plays and tasks whose tags do not match these values"},
		{strings: s("-C", "--check"), dest: "check", action: flag,
			help: "don't make any changes; instead, try to predict some of the changes that may occur"},
		{strings: s("-D", "--diff"), dest: "diff", action: flag,
			help: "when changing (small) files and templates, show the differences in those files; works great with --check"},
		{strings: s("-i", "--inventory", "--inventory-file"), dest: "inventory", action: collect,
			help: "specify inventory host path or comma separated host list. --inventory-file is deprecated"},
		{strings: s("--list-hosts"), dest: "listhosts", action: flag, help: "outputs a list of matching hosts; does not execute anything else"},
		{strings: s("-l", "--limit"), dest: "subset", help: "further limit selected hosts to an additional pattern"},
		{strings: s("-e", "--extra-vars"), dest: "extra_vars", action: collect,
			help: "set additional variables as key=value or YAML/JSON, if filename prepend with @"},
		{strings: s("--vault-id"), dest: "vault_ids", action: collect, help: "the vault identity to use"},
		{strings: s("--ask-vault-password", "--ask-vault-pass"), dest: "ask_vault_pass", action: flag, mutex: "vault", help: "ask for vault password"},
		{strings: s("--vault-password-file", "--vault-pass-file"), dest: "vault_password_files", action: collect, mutex: "vault", help: "vault password file"},
		{strings: s("-f", "--forks"), dest: "forks", isInt: true,
			help: "specify number of parallel processes to use (default=" + d("DEFAULT_FORKS") + ")"},
		{strings: s("-M", "--module-path"), dest: "module_path", action: collect,
			help: "prepend colon-separated path(s) to module library (default={{ ANSIBLE_HOME ~ \"/plugins/modules:/usr/share/ansible/plugins/modules\" }})"},
		{strings: s("--syntax-check"), dest: "syntax", action: flag, help: "perform a syntax check on the playbook, but do not execute it"},
		{strings: s("--list-tasks"), dest: "listtasks", action: flag, help: "list all tasks that would be executed"},
		{strings: s("--list-tags"), dest: "listtags", action: flag, help: "list all available tags"},
		{strings: s("--step"), dest: "step", action: flag, help: "one-step-at-a-time: confirm each task before running"},
		{strings: s("--start-at-task"), dest: "start_at_task", help: "start the playbook at the task matching this name"},
	}
}

// Help is the text of ansible-playbook -h.
func Help(c *config.Config, t Terminal) string {
	f := layout(t)
	return f.help(optionsOf(c, t), helpGroups, f.Description, f.About) + f.Examples
}

func layout(t Terminal) printer {
	if t.Columns <= 0 {
		t.Columns = 80
	}
	if t.Command.Prog == "" {
		t.Command = Command{Prog: prog, Description: description, Operand: positional, About: positionalHelp}
	}
	return printer{t.Command, t.Columns - 2}
}

// ParsePlaybook reads the arguments of ansible-playbook, without the program's name. The error is an
// *Exit: the help, the version, or what is wrong.
func ParsePlaybook(args []string, c *config.Config, t Terminal) (*Playbook, error) {
	options := optionsOf(c, t)
	p := newParser(options)
	text := layout(t)
	switch err := p.parse(args); err {
	case nil:
	case errHelp:
		return nil, &Exit{Stdout: Help(c, t)}
	case errVersion:
		out := prog + " [core " + coreVersion + "]"
		if t.Version != nil {
			out = t.Version()
		}
		return nil, &Exit{Stdout: out + "\n"}
	default:
		return nil, &Exit{Code: 2, Stderr: text.usage(options) + text.Prog + ": error: " + err.Error() + "\n \n" + Help(c, t)}
	}
	pb := p.playbook(c)
	if pb.Forks < 1 {
		return nil, &Exit{Code: 2, Stderr: text.usage(options) + text.Prog + ": error: The number of processes (--forks) must be >= 1\n"}
	}
	return pb, nil
}

// playbook joins what was given with the settings.
func (p *parser) playbook(c *config.Config) *Playbook {
	v := values{p, c}
	pb := &Playbook{
		Playbooks:              p.rest,
		Limit:                  v.text("subset", ""),
		Tags:                   splitTags(v.list("tags", "TAGS_RUN")),
		SkipTags:               splitTags(v.list("skip_tags", "TAGS_SKIP")),
		Check:                  v.on("check", ""),
		Diff:                   v.on("diff", "DIFF_ALWAYS"),
		Syntax:                 v.on("syntax", ""),
		Step:                   v.on("step", ""),
		ListHosts:              v.on("listhosts", ""),
		ListTasks:              v.on("listtasks", ""),
		ListTags:               v.on("listtags", ""),
		ForceHandlers:          v.on("force_handlers", "DEFAULT_FORCE_HANDLERS"),
		FlushCache:             v.on("flush_cache", ""),
		StartAtTask:            v.text("start_at_task", ""),
		Forks:                  v.number("forks", "DEFAULT_FORKS"),
		Timeout:                v.number("timeout", "DEFAULT_TIMEOUT"),
		Verbosity:              c.Int("DEFAULT_VERBOSITY") + p.counts["verbosity"],
		RemoteUser:             v.text("remote_user", "DEFAULT_REMOTE_USER"),
		Connection:             v.text("connection", "DEFAULT_TRANSPORT"),
		PrivateKeyFile:         v.path("private_key_file", "DEFAULT_PRIVATE_KEY_FILE"),
		SSHCommonArgs:          v.text("ssh_common_args", ""),
		SSHExtraArgs:           v.text("ssh_extra_args", ""),
		SFTPExtraArgs:          v.text("sftp_extra_args", ""),
		SCPExtraArgs:           v.text("scp_extra_args", ""),
		AskPass:                v.on("ask_pass", "DEFAULT_ASK_PASS"),
		ConnectionPasswordFile: v.path("connection_password_file", "CONNECTION_PASSWORD_FILE"),
		Become:                 v.on("become", "DEFAULT_BECOME"),
		AskBecomePass:          v.on("become_ask_pass", "DEFAULT_BECOME_ASK_PASS"),
		BecomeMethod:           v.text("become_method", "DEFAULT_BECOME_METHOD"),
		BecomeUser:             v.text("become_user", ""),
		BecomePasswordFile:     v.path("become_password_file", "BECOME_PASSWORD_FILE"),
		VaultIDs:               p.values["vault_ids"],
		AskVaultPass:           v.on("ask_vault_pass", "DEFAULT_ASK_VAULT_PASS"),
		given:                  map[string]string{},
		spelled:                p.spelled,
	}
	if len(pb.Tags) == 0 {
		pb.Tags = []string{"all"}
	}
	v.paths(pb)
	for _, o := range p.given {
		pb.given[o.dest] = o.strings[0]
	}
	return pb
}

// values looks up what was given, or else the setting of that name; an empty name is no setting.
type values struct {
	p *parser
	c *config.Config
}

func (v values) text(dest, setting string) string {
	if given := v.p.values[dest]; given != nil {
		return given[0]
	}
	if setting == "" {
		return ""
	}
	return v.c.String(setting)
}

func (v values) on(dest, setting string) bool {
	return v.p.values[dest] != nil || setting != "" && v.c.Bool(setting)
}

func (v values) number(dest, setting string) int {
	if given := v.p.values[dest]; given != nil {
		n, _ := pythonInt(given[0])
		return n
	}
	return v.c.Int(setting)
}

// list is the setting and what was given after it.
func (v values) list(dest, setting string) []string {
	l := v.c.List(setting)
	return append(l[:len(l):len(l)], v.p.values[dest]...)
}

// path is a file with links followed; "-" is itself.
func (v values) path(dest, setting string) string {
	if given := v.p.values[dest]; given != nil && given[0] != "-" {
		return config.UnfrackFollow(given[0], "")
	}
	return v.text(dest, setting)
}

// paths fills the options of several paths.
func (v values) paths(pb *Playbook) {
	for _, s := range v.p.values["inventory"] {
		if !strings.Contains(s, ",") {
			s = config.Unfrack(s, "")
		}
		pb.Inventory = append(pb.Inventory, s)
	}
	if pb.Inventory == nil {
		pb.Inventory = v.c.List("DEFAULT_HOST_LIST")
	}
	for _, s := range v.p.values["extra_vars"] {
		if file, ok := strings.CutPrefix(s, "@"); ok {
			s = "@" + config.UnfrackFollow(file, "")
		}
		pb.ExtraVars = append(pb.ExtraVars, s)
	}
	for _, s := range v.p.values["vault_password_files"] {
		if s != "-" {
			s = config.Unfrack(s, "")
		}
		pb.VaultPasswordFiles = append(pb.VaultPasswordFiles, s)
	}
	for _, s := range v.p.values["module_path"] {
		var front []string
		for _, dir := range filepath.SplitList(s) {
			if dir != "" {
				front = append(front, config.UnfrackFollow(dir, ""))
			}
		}
		pb.ModulePath = append(front, pb.ModulePath...)
	}
}

// splitTags splits tags at commas, keeping each once.
func splitTags(sets []string) []string {
	var tags []string
	seen := map[string]bool{}
	for _, set := range sets {
		for _, tag := range strings.Split(set, ",") {
			tag = strings.TrimSpace(tag)
			if !seen[tag] {
				seen[tag] = true
				tags = append(tags, tag)
			}
		}
	}
	return tags
}

// Columns is the width that argparse would take: the variable COLUMNS, else the terminal's width as the
// caller knows it, 0 for none.
func Columns(terminal int) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if terminal > 0 {
		return terminal
	}
	return 80
}

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pbc/compiler/cli"
	"pbc/compiler/config"
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/runtime/callback"
)

// tool is one of the programs beside ansible-playbook, with its own command line.
type tool struct {
	describe func(called, examples string) *cli.Tool
	short    string
	examples string
	check    func(t *toolRun) error // looks at the options as a whole; nil for nothing to see
	run      func(t *toolRun) error
}

// toolRun is one run of a tool.
type toolRun struct {
	*session
	tool   *cli.Tool
	parsed *cli.Parsed
	width  int
	like   core
}

// optionsError is a fault in the options that is found after they were parsed: the help comes first.
type optionsError struct{ msg string }

func (e *optionsError) Error() string { return e.msg }

// tools are the programs by the names of their subcommands of pbc; "ansible-" before it is Ansible's name.
var tools = map[string]tool{
	"inventory": {describe: cli.InventoryTool, check: checkInventory, run: listInventory, short: "show inventories, with ansible-inventory's command line", examples: `
examples:
  pbc inventory -i hosts --list              all hosts and their variables, as JSON
  pbc inventory -i hosts --graph --vars      the tree of groups
  pbc inventory -i hosts --host web1 --yaml  one host
`},
	"vault": {describe: cli.VaultTool, check: checkVault, run: runVault, short: "encrypt and decrypt files and texts, with ansible-vault's command line", examples: `
examples:
  pbc vault encrypt group_vars/all/secret.yml
  pbc vault view --vault-password-file pw secret.yml
  pbc vault encrypt_string --vault-id prod@prompt -n db_password
  pbc vault rekey --new-vault-id prod@new.pw secret.yml
`},
	"config": {describe: cli.ConfigTool, run: runConfig, short: "show settings, with ansible-config's command line", examples: `
examples:
  pbc config dump --only-changed             settings that are not at their defaults
  pbc config dump                            all, with those that pbc does not honour
  pbc config init --disabled > ansible.cfg   a file to start with
`},
}

// toolMain runs a tool: the exit code is Ansible's.
func toolMain(name, called string, args []string) int {
	args, word, err := takeDialect(args)
	var like core
	if err == nil {
		like, err = chooseCore(word)
	}
	if err != nil {
		return like.fail(nil, err)
	}
	conf, err := config.Load(os.LookupEnv, like.version)
	if err != nil {
		fmt.Fprintln(os.Stderr, "ERROR: "+err.Error())
		return 5
	}
	t := tools[name]
	examples := t.examples
	if called == "ansible-"+name {
		examples = "" // the help is Ansible's, to the letter
	}
	desc := t.describe(called, examples)
	if like.dialect == expr.Tagged {
		desc = desc.Newer()
	}
	width := 0
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		width = w
	}
	columns := cli.Columns(width)
	parsed, err := desc.Parse(args, conf, cli.Terminal{Columns: columns, Version: func() string { return like.versionText("ansible-"+name, conf) }})
	var exit *cli.Exit
	if errors.As(err, &exit) {
		return like.answer(conf, exit)
	}
	r := &toolRun{tool: desc, like: like, parsed: parsed, width: columns}
	if r.session, err = newToolSession(parsed, conf, like); err == nil {
		if t.check != nil {
			err = t.check(r)
		}
		if err == nil {
			r.introduce(like.versionText("ansible-"+name, conf))
			err = t.run(r)
		}
	}
	if r.session != nil && r.out != nil {
		_ = r.out.Close()
	}
	return r.end(err)
}

// end says what ended the tool, and returns its exit code.
func (r *toolRun) end(err error) int {
	if err == nil {
		return 0
	}
	var code exitCode
	if errors.As(err, &code) {
		return int(code)
	}
	var bad *optionsError
	var given *cli.OptionsError
	if errors.As(err, &bad) || errors.As(err, &given) {
		if r.like.dialect == expr.Classic {
			fmt.Fprint(os.Stdout, r.tool.Help(r.width))
		}
		err = &playbookError{msg: err.Error(), code: 5}
	}
	return r.like.fail(r.session.shown(), err)
}

// newToolSession is the session of a tool: it speaks as Ansible does, and has the passwords and extra variables.
func newToolSession(parsed *cli.Parsed, conf *config.Config, like core) (*session, error) {
	return openSession(parsed.Playbook(conf), conf, toolSetting(conf), like)
}

// toolSetting finds the settings of the screen: tools have no callback plugins.
func toolSetting(conf *config.Config) callback.Lookup {
	lookup := lookupSetting(conf)
	return func(set callback.Setting) (string, bool) {
		if set.Key == "stdout_callback" || set.Key == "callbacks_enabled" {
			return "", false
		}
		return lookup(set)
	}
}

// say prints a text and ends the line.
func (s *session) say(text string) {
	s.out.Handle(callback.Message{Text: strings.TrimSuffix(text, "\n"), ScreenOnly: false})
}

// warnAsItIs prints a warning without wrapping its lines.
func (s *session) warnAsItIs(text string) {
	s.out.Handle(callback.Warning{Text: text, Formatted: true})
}

// warn prints a warning.
func (s *session) warn(text string) { s.out.Handle(callback.Warning{Text: text}) }

// warnOf prints a warning that says more in newer releases.
func (s *session) warnOf(f *failure.Failure) {
	s.out.Handle(callback.Warning{Text: f.Msg, Chain: f})
}

func toolCommand(name string) *cobra.Command {
	t := tools[name]
	desc := t.describe("pbc "+name, t.examples)
	return &cobra.Command{Use: name + " [ansible-" + name + "'s options]", Short: t.short, DisableFlagParsing: true,
		RunE: byItself(func(args []string) int { return toolMain(name, "pbc "+name, args) }),
		ValidArgsFunction: func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			return desc.Complete(args, begun), cobra.ShellCompDirectiveDefault
		}}
}

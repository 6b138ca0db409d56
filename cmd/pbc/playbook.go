package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"pbc/compiler"
	"pbc/compiler/cli"
	"pbc/compiler/config"
	"pbc/compiler/inventory"
	"pbc/compiler/playbook"
	"pbc/ir/expr"
	"pbc/runtime/callback"
)

// playbookMain is ansible-playbook: it compiles and runs in one step. Called by that name it says nothing of its own.
func playbookMain(args []string, name string) int {
	inv, code := readInvocation(args, cli.Command{})
	if inv == nil {
		return code
	}
	inv.silent = name == "ansible-playbook"
	return inv.run((*session).findPlaybooks, (*session).prepare)
}

// invocation is a command line with ansible-playbook's options.
type invocation struct {
	req      *cli.Playbook
	conf     *config.Config
	like     core
	word     string // the value of --dialect
	terminal cli.Terminal
	silent   bool // see asides
}

// readInvocation reads a command line. It returns nil and the exit code when that was a question or a mistake, which is answered.
func readInvocation(args []string, help cli.Command) (*invocation, int) {
	inv := &invocation{}
	args, word, err := takeDialect(takeOrder(takeAllFacts(args)))
	if err == nil {
		inv.like, err = chooseCore(word)
	}
	if err != nil {
		return nil, inv.like.fail(nil, err)
	}
	if inv.conf, err = config.Load(os.LookupEnv, inv.like.version); err != nil {
		fmt.Fprintln(os.Stderr, "ERROR: "+err.Error()) // no "!": Ansible has no display yet
		return nil, 5
	}
	width := 0
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		width = w
	}
	inv.word = word
	inv.terminal = cli.Terminal{Columns: cli.Columns(width), Tagged: inv.like.dialect == expr.Tagged, Command: help,
		Version: func() string { return inv.like.versionText("ansible-playbook", inv.conf) }}
	inv.req, err = cli.ParsePlaybook(args, inv.conf, inv.terminal)
	var exit *cli.Exit
	if errors.As(err, &exit) {
		return nil, inv.like.answer(inv.conf, exit)
	}
	return inv, 0
}

// findPlaybooks checks that the playbooks are there before anything is asked or run.
func (s *session) findPlaybooks() error {
	o, err := s.playbookOptions()
	if err != nil {
		return err
	}
	return findPlaybooks(s.req.Playbooks, playbook.NewLoader(o).InCollection)
}

// findPlaybooks checks that playbooks are files, or names of what collections have.
func findPlaybooks(files []string, inCollection func(name string) bool) error {
	for _, f := range files {
		info, err := os.Stat(f)
		switch {
		case inCollection(f):
		case err != nil:
			return fmt.Errorf("the playbook: %s could not be found", f)
		case !info.Mode().IsRegular() && info.Mode()&os.ModeNamedPipe == 0:
			return fmt.Errorf("the playbook: %s does not appear to be a file", f)
		}
	}
	return nil
}

// run carries a command line out: check comes before anything is asked, open gives what is to be run.
func (inv *invocation) run(check func(*session) error, open func(*session) (*compiler.Unit, error)) int {
	i := inv.like.catchInterrupts()
	defer i.finish()
	s, err := newSession(inv.req, inv.conf, inv.like, i)
	if s != nil {
		defer s.vars.close()
	}
	if err == nil {
		err = check(s)
	}
	if err == nil {
		err = s.passwords()
	}
	if err == nil {
		err = s.secrets()
	}
	if err == nil {
		err = s.varsFault()
	}
	if err != nil {
		return inv.like.failOptions(s.shown(), err, inv.conf, inv.terminal)
	}
	s.told.on = inv.req.Verbosity > 0 && !inv.silent
	u, err := open(s)
	code := 0
	if err == nil {
		code, err = s.play(u)
	}
	if cerr := s.out.Close(); err == nil && cerr != nil {
		err = cerr
	}
	if err != nil {
		return inv.like.failOptions(s.shown(), err, inv.conf, inv.terminal)
	}
	return code
}

// failOptions is fail for what may be a fault in the options: then the help comes first, in dialect classic.
func (c core) failOptions(screen *callback.Screen, err error, conf *config.Config, terminal cli.Terminal) int {
	var bad *cli.OptionsError
	var order *inventory.OrderError
	var set *callback.SettingError
	plugin := errors.As(err, &set) && strings.Contains(set.Text, "plugin_type: ") // others end the run before
	if errors.As(err, &bad) || errors.As(err, &order) || plugin {
		if c.dialect == expr.Classic {
			fmt.Fprint(os.Stdout, cli.Help(conf, terminal))
		}
		err = &playbookError{msg: err.Error(), code: 5}
	}
	return c.fail(screen, err)
}

package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"golang.org/x/term"

	"pbc/compiler/cli"
	"pbc/compiler/config"
	"pbc/compiler/inventory"
	"pbc/ir/expr"
	"pbc/runtime/callback"
)

// playbookMain is ansible-playbook: it compiles and runs in one step.
func playbookMain(args []string) int {
	args, word, err := takeDialect(takeOrder(takeAllFacts(args)))
	var like core
	if err == nil {
		like, err = chooseCore(word)
	}
	if err != nil {
		return like.fail(nil, err)
	}
	conf, err := config.Load(os.LookupEnv, like.version)
	if err != nil {
		fmt.Fprintln(os.Stderr, "ERROR: "+err.Error()) // no "!": Ansible has no display yet
		return 5
	}
	width := 0
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		width = w
	}
	terminal := cli.Terminal{Columns: cli.Columns(width), Tagged: like.dialect == expr.Tagged, Version: func() string { return like.versionText("ansible-playbook", conf) }}
	req, err := cli.ParsePlaybook(args, conf, terminal)
	var exit *cli.Exit
	if errors.As(err, &exit) {
		fmt.Fprint(os.Stdout, exit.Stdout)
		fmt.Fprint(os.Stderr, exit.Stderr)
		return exit.Code
	}
	return runPlaybook(req, conf, like, terminal)
}

// collectionPlaybook is the name of a playbook of a collection.
var collectionPlaybook = regexp.MustCompile(`^\w+(\.\w+){2,}$`)

// findPlaybooks checks that the playbooks are there before anything is asked or run.
func findPlaybooks(files []string) error {
	for _, f := range files {
		info, err := os.Stat(f)
		switch {
		case err != nil && collectionPlaybook.MatchString(f): // the compiler looks for it
		case err != nil:
			return fmt.Errorf("the playbook: %s could not be found", f)
		case !info.Mode().IsRegular() && info.Mode()&os.ModeNamedPipe == 0:
			return fmt.Errorf("the playbook: %s does not appear to be a file", f)
		}
	}
	return nil
}

// runPlaybook runs a command line that was read.
func runPlaybook(req *cli.Playbook, conf *config.Config, like core, terminal cli.Terminal) int {
	i := like.catchInterrupts()
	defer i.finish()
	s, err := newSession(req, conf, like, i)
	if err == nil {
		err = findPlaybooks(req.Playbooks)
	}
	if err == nil {
		err = s.secrets()
	}
	if err != nil {
		return like.failOptions(s.shown(), err, conf, terminal)
	}
	u, err := s.compile()
	code := 0
	if err == nil {
		code, err = s.play(u)
	}
	if cerr := s.out.Close(); err == nil && cerr != nil {
		err = cerr
	}
	if err != nil {
		return like.failOptions(s.shown(), err, conf, terminal)
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

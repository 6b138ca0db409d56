package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"pbc/compiler/cli"
	"pbc/compiler/config"
)

// playbookMain is ansible-playbook: it compiles and runs in one step.
func playbookMain(args []string) int {
	conf, err := config.Load(os.LookupEnv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "ERROR: "+err.Error())
		return 5
	}
	terminal := cli.Terminal{Columns: cli.Columns(terminalWidth())}
	cmd, err := cli.ParsePlaybook(args, conf, terminal)
	var exit *cli.Exit
	if errors.As(err, &exit) {
		fmt.Fprint(os.Stdout, exit.Stdout)
		fmt.Fprint(os.Stderr, exit.Stderr)
		return exit.Code
	}
	if names := cmd.Unhonoured(); names != nil {
		return fail(os.Stderr, &playbookError{msg: "unsupported option: " + strings.Join(names, ", "), code: 5})
	}
	code, err := runPlaybook(cmd, conf)
	var options *cli.OptionsError
	if errors.As(err, &options) {
		fmt.Fprint(os.Stdout, cli.Help(conf, terminal))
		err = &playbookError{msg: options.Msg, code: 5}
	}
	if err != nil {
		return fail(os.Stderr, err)
	}
	return code
}

func runPlaybook(cmd *cli.Playbook, conf *config.Config) (int, error) {
	req, err := newRequest(cmd, conf)
	if err != nil {
		return 1, err
	}
	s, err := newSession(req, conf)
	if err != nil {
		return 1, err
	}
	u, err := s.compile()
	code := 0
	if err == nil {
		code, err = s.play(u)
	}
	if cerr := s.out.Close(); err == nil && cerr != nil {
		err = cerr
	}
	return code, err
}

// newRequest asks for passwords, and says what the command line and the settings want.
func newRequest(cmd *cli.Playbook, conf *config.Config) (request, error) {
	for _, f := range cmd.Playbooks {
		info, err := os.Stat(f)
		switch {
		case err != nil:
			return request{}, fmt.Errorf("the playbook: %s could not be found", f)
		case !info.Mode().IsRegular() && info.Mode()&os.ModeNamedPipe == 0:
			return request{}, fmt.Errorf("the playbook: %s does not appear to be a file", f)
		}
	}
	r := request{
		cmd: cmd, Playbooks: cmd.Playbooks, Inventory: cmd.Inventory, Limit: cmd.Limit, Extra: cmd.ExtraVars, Tags: cmd.Tags, Skip: cmd.SkipTags,
		Check: cmd.Check, Diff: cmd.Diff, Verbosity: cmd.Verbosity, Forks: cmd.Forks, User: cmd.RemoteUser, Connection: cmd.Connection,
		KeyFile: cmd.PrivateKeyFile, Timeout: cmd.Timeout, Become: cmd.Become, BecomeMethod: cmd.BecomeMethod, BecomeUser: cmd.BecomeUser,
		ForceHandlers: cmd.ForceHandlers, StartAt: cmd.StartAtTask, Syntax: cmd.Syntax,
	}
	if r.BecomeUser == "" {
		r.BecomeUser = conf.String("DEFAULT_BECOME_USER")
	}
	var err error
	if !cmd.Syntax {
		r.Password, r.BecomePassword, err = cmd.Passwords(conf, askUnseen)
	}
	return r, err
}

package main

import (
	"os"

	"github.com/spf13/pflag"
)

// playbookMain is ansible-playbook: it compiles and runs in one step.
func playbookMain(args []string) int {
	req, err := parsePlaybook(args)
	if err != nil {
		return fail(os.Stderr, err)
	}
	s, err := newSession(req)
	if err != nil {
		return fail(os.Stderr, err)
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
		return fail(os.Stderr, err)
	}
	return code
}

func parsePlaybook(args []string) (request, error) {
	var r request
	f := pflag.NewFlagSet("pbc playbook", pflag.ContinueOnError)
	f.StringArrayVarP(&r.Inventory, "inventory", "i", nil, "")
	f.StringVarP(&r.Limit, "limit", "l", "", "")
	f.StringArrayVarP(&r.Extra, "extra-vars", "e", nil, "")
	f.StringSliceVarP(&r.Tags, "tags", "t", nil, "")
	f.StringSliceVar(&r.Skip, "skip-tags", nil, "")
	f.BoolVarP(&r.Check, "check", "C", false, "")
	f.BoolVarP(&r.Diff, "diff", "D", false, "")
	f.CountVarP(&r.Verbosity, "verbose", "v", "")
	f.IntVarP(&r.Forks, "forks", "f", 5, "")
	f.StringVarP(&r.User, "user", "u", "", "")
	f.StringVarP(&r.Connection, "connection", "c", "smart", "")
	f.StringVar(&r.KeyFile, "private-key", "", "")
	f.IntVarP(&r.Timeout, "timeout", "T", 10, "")
	f.BoolVarP(&r.Become, "become", "b", false, "")
	f.StringVar(&r.BecomeMethod, "become-method", "sudo", "")
	f.StringVar(&r.BecomeUser, "become-user", "root", "")
	f.BoolVar(&r.ForceHandlers, "force-handlers", false, "")
	f.StringVar(&r.StartAt, "start-at-task", "", "")
	f.BoolVar(&r.Syntax, "syntax-check", false, "")
	f.StringArrayVar(&r.VaultIDs, "vault-id", nil, "")
	f.StringArrayVar(&r.VaultPasswordFiles, "vault-password-file", nil, "")
	if err := f.Parse(args); err != nil {
		return r, err
	}
	r.Playbooks = f.Args()
	return r, nil
}

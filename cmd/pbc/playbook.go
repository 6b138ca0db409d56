package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"pbc/compiler/cli"
	"pbc/compiler/config"
)

// playbookMain is ansible-playbook: it compiles and runs in one step.
func playbookMain(args []string) int {
	conf, err := config.Load(os.LookupEnv)
	if err != nil {
		return fail(os.Stderr, err)
	}
	width := 0
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		width = w
	}
	terminal := cli.Terminal{Columns: cli.Columns(width)}
	req, err := cli.ParsePlaybook(args, conf, terminal)
	var exit *cli.Exit
	if errors.As(err, &exit) {
		fmt.Fprint(os.Stdout, exit.Stdout)
		fmt.Fprint(os.Stderr, exit.Stderr)
		return exit.Code
	}
	if names := req.Unhonoured(); len(names) > 0 {
		return fail(os.Stderr, &playbookError{msg: "unsupported: the option " + strings.Join(names, ", "), code: 5})
	}
	return runPlaybook(req, conf, terminal)
}

// runPlaybook runs a command line that was read.
func runPlaybook(req *cli.Playbook, conf *config.Config, terminal cli.Terminal) int {
	s, err := newSession(req, conf)
	var bad *cli.OptionsError
	if errors.As(err, &bad) {
		fmt.Fprint(os.Stdout, cli.Help(conf, terminal))
		return fail(os.Stderr, &playbookError{msg: bad.Msg, code: 5})
	}
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

// askTerminal asks on the terminal; private hides what is typed.
func askTerminal(prompt string, private bool) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	defer tty.Close()
	fmt.Fprint(tty, prompt)
	if private {
		b, err := term.ReadPassword(int(tty.Fd()))
		fmt.Fprintln(tty)
		return string(b), err
	}
	var line []byte
	buf := make([]byte, 1)
	for {
		n, err := tty.Read(buf)
		if n == 0 || err != nil {
			return string(line), err
		}
		if buf[0] == '\n' {
			return string(line), nil
		}
		line = append(line, buf[0])
	}
}

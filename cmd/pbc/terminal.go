package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"pbc/ir/expr"
	"pbc/runtime/controller"
)

// askSecret asks on the terminal, which does not show what is typed.
func (i *interrupts) askSecret(prompt string) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return i.askStdin(prompt)
	}
	defer tty.Close()
	return i.askHidden(tty, prompt)
}

// askStdin asks where there is no terminal, as Python's getpass does.
func (i *interrupts) askStdin(prompt string) (string, error) {
	fmt.Fprintln(os.Stderr, "Warning: Password input may be echoed.")
	line, err := i.line(os.Stdin, os.Stderr, prompt)
	if err == io.EOF && line != "" {
		err = nil
	}
	if err == nil {
		fmt.Fprintln(os.Stderr)
	}
	return line, err
}

// askHidden asks on a terminal that does not show what is typed. The terminal is told so before the prompt, so that who
// types as soon as there is one is not shown either.
func (i *interrupts) askHidden(tty *os.File, prompt string) (string, error) {
	fd := int(tty.Fd())
	was, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return "", err
	}
	hidden := *was
	hidden.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(fd, setTermios, &hidden); err != nil {
		return "", err
	}
	line, err := i.line(tty, tty, prompt)
	_ = unix.IoctlSetTermios(fd, setTermios, was)
	if err == nil {
		fmt.Fprintln(tty)
	}
	return line, err
}

// askStep asks whether to run a task, as --step does, and repeats the question as a banner.
//
// Observed: scenarios/cli/step.txtar.
func (s *session) askStep(question string) (string, error) {
	line, err := s.interrupts.line(os.Stdin, promptsOn(), question)
	switch {
	case err == io.EOF && line != "":
	case err == io.EOF && s.like.dialect == expr.Tagged:
		return "", controller.Crash("EOF when reading a line")
	case err != nil:
		return "", err
	}
	s.screen.Banner(question)
	return line, nil
}

// promptsOn is where a question stands that is answered on standard input. Python's input() asks on standard error when both standard input
// and standard output are terminals.
func promptsOn() *os.File {
	if term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())) {
		return os.Stderr
	}
	return os.Stdout
}

// readLine reads a line, and nothing after it.
func readLine(r io.Reader) (string, error) {
	var line []byte
	buf := make([]byte, 1)
	for {
		n, err := r.Read(buf)
		if n == 0 || err != nil {
			return string(line), err
		}
		if buf[0] == '\n' {
			return string(line), nil
		}
		line = append(line, buf[0])
	}
}

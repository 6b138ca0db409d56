package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"pbc/ir/expr"
)

// askTerminal asks on the terminal; private hides what is typed.
func askTerminal(prompt string, private bool) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return askStdin(prompt)
	}
	defer tty.Close()
	if private {
		return askHidden(tty, prompt)
	}
	fmt.Fprint(tty, prompt)
	return readLine(tty)
}

// askStdin asks where there is no terminal, as Python's getpass does.
func askStdin(prompt string) (string, error) {
	fmt.Fprintln(os.Stderr, "Warning: Password input may be echoed.")
	fmt.Fprint(os.Stderr, prompt)
	line, err := readLine(os.Stdin)
	if err == io.EOF && line != "" {
		err = nil
	}
	return line, err
}

// askHidden asks on a terminal that does not show what is typed. The terminal is told so before the prompt, so that who
// types as soon as there is one is not shown either.
func askHidden(tty *os.File, prompt string) (string, error) {
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
	fmt.Fprint(tty, prompt)
	line, err := readLine(tty)
	_ = unix.IoctlSetTermios(fd, setTermios, was)
	fmt.Fprintln(tty)
	return line, err
}

// askStep asks whether to run a task, as --step does, and repeats the question as a banner.
//
// Observed: scenarios/cli/step.txtar.
func (s *session) askStep(question string) (string, error) {
	fmt.Fprint(os.Stdout, question)
	line, err := readLine(os.Stdin)
	switch {
	case err == io.EOF && line != "":
	case err == io.EOF && s.like.dialect == expr.Tagged:
		return "", &playbookError{msg: "Unexpected Exception, this is probably a bug: EOF when reading a line", code: 250}
	case err != nil:
		return "", err
	}
	s.screen.Banner(question)
	return line, nil
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

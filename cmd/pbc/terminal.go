package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// terminalWidth is the width of the terminal at standard output, 0 when there is none.
func terminalWidth() int {
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// askUnseen asks for a password on the terminal, without showing what is typed. Without a terminal it
// reads a line of standard input, as Python's getpass does.
func askUnseen(question string) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		fmt.Fprint(os.Stderr, question)
		line, err := bufio.NewReader(oneByte{os.Stdin}).ReadString('\n')
		if err != nil && line == "" {
			return "", err
		}
		if n := len(line) - 1; line[n] == '\n' {
			line = line[:n]
		}
		return line, nil
	}
	defer tty.Close()
	fmt.Fprint(tty, question)
	secret, err := term.ReadPassword(int(tty.Fd()))
	fmt.Fprintln(tty)
	return string(secret), err
}

// oneByte reads byte by byte, so that what follows a line stays for the next reader.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

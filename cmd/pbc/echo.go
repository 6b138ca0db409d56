package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// hushed has a terminal show nothing of what is typed, and returns what undoes that. It comes before a prompt: whoever answers
// at once would be shown otherwise.
func hushed(tty *os.File) func() {
	fd := int(tty.Fd())
	was, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return func() {}
	}
	quiet := *was
	quiet.Lflag &^= unix.ECHO
	if unix.IoctlSetTermios(fd, setTermios, &quiet) != nil {
		return func() {}
	}
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, was) }
}

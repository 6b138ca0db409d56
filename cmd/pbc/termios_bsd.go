//go:build darwin || freebsd

package main

import "golang.org/x/sys/unix"

// The requests for the settings of a terminal; setting them forgets what was typed before, as Python's getpass does.
const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETAF
)

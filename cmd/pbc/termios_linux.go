package main

import "golang.org/x/sys/unix"

// The requests for the settings of a terminal; setting them forgets what was typed before, as Python's getpass does.
const (
	getTermios = unix.TCGETS
	setTermios = unix.TCSETSF
)

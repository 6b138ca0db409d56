//go:build unix

package become

import "syscall"

// ownSession keeps the method off this process's terminal, if it has one: it reads its password from
// standard input, and a key that the user presses does not reach it.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// killGroup does what it may: a process of another user ends by its input instead.
func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

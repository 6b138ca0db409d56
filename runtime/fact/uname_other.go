//go:build !linux

package fact

import (
	"errors"
	"strings"
	"syscall"
)

// kernelUname asks sysctl; a machine type is what uname -m prints there.
func kernelUname() uname {
	get := func(name string) string {
		s, _ := syscall.Sysctl(name)
		return strings.TrimRight(s, "\n")
	}
	return uname{System: get("kern.ostype"), Node: get("kern.hostname"), Release: get("kern.osrelease"),
		Version: get("kern.version"), Machine: get("hw.machine")}
}

func fileID(string) (dev, ino uint64, err error) { return 0, 0, errors.ErrUnsupported }

func kernelLoads() (r [3]float64, ok bool) { return r, false }

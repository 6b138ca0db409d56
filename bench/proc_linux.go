package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// forks is how many processes and threads this machine has started since it runs.
func forks() int64 {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(data), "\nprocesses ")
	n, _, _ := strings.Cut(after, "\n")
	v, _ := strconv.ParseInt(n, 10, 64)
	return v
}

// childCPU is what the children that a process has waited for have used; the kernel counts in 10 ms.
func childCPU(pid int) time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(data), ") ")
	f := strings.Fields(after) // from the third field on: cutime is the 16th, cstime the 17th
	if len(f) < 15 {
		return 0
	}
	user, _ := strconv.ParseInt(f[13], 10, 64)
	sys, _ := strconv.ParseInt(f[14], 10, 64)
	return time.Duration(user+sys) * 10 * time.Millisecond
}

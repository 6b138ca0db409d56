package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// report gathers the tables as Markdown and shows each line as soon as it is known.
type report struct {
	text strings.Builder
	base *sample // the first row of the section
}

func (r *report) line(format string, a ...any) {
	s := fmt.Sprintf(format, a...)
	fmt.Println(s)
	r.text.WriteString(s + "\n")
}

// String is everything reported so far.
func (r *report) String() string { return r.text.String() }

func (r *report) begin(times int) {
	r.line("# Benchmarks\n")
	r.line("Written by `make bench` on %s, %s/%s, %d processors; the fastest of %d runs each.", time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), times)
	r.line("One host, reached through a relay that adds the round-trip time (RTT) and counts bytes; its sshd runs on the same")
	r.line("machine with an empty home. CPU is that of the controller's processes, and of the host's sshd with all below it (in steps")
	r.line("of 10 ms; what outlives the run, such as a shared connection's master, is not in it). \"Started\" are the processes and")
	r.line("threads the whole machine started meanwhile. Ansible and Mitogen have pipelining, ControlPersist and enough forks.")
	r.line("Conditions and templates are measured in [benchmarks-expressions.md](benchmarks-expressions.md).")
	r.line("What a host costs among many is measured by `go test ./cmd/pbc -run TestManyHosts -v`, with agents in the same process and 20 tasks: of 50 hosts")
	r.line("702 KB in use for each and 1075 KB allocated, of 500 hosts 677 KB and 1092 KB (2026-11-23).")
}

func (r *report) section(name string, rtt time.Duration) {
	r.base = nil
	r.line("\n## %s, RTT %v\n", name, rtt)
	r.line("| | wall | × the first | CPU | host CPU | sent | received | started |")
	r.line("|---|---:|---:|---:|---:|---:|---:|---:|")
}

func (r *report) row(name string, s *sample) {
	if r.base == nil {
		r.base = s
	}
	r.line("| %s | %.3f s | %.2f | %.2f s | %.2f s | %s | %s | %d |", name, s.wall.Seconds(), s.wall.Seconds()/r.base.wall.Seconds(),
		s.cpu.Seconds(), s.hostCPU.Seconds(), size(s.up), size(s.down), s.started)
}

func size(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%.1f KB", float64(n)/1e3)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
}

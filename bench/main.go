// Command bench measures pbc beside what it replaces, in one run on one machine: ansible-playbook (with
// pipelining, ControlPersist and enough forks), Mitogen for Ansible where it is installed, and one "ssh
// host sh" that is fed the same commands. The host is a private sshd with an empty home behind a relay
// that adds a round-trip time and counts bytes. It is run by make bench, from the repository's root; root
// is not needed, and everything it makes is in a temporary folder that it removes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pbc/transport/transporttest"
)

func main() {
	o := options{}
	rtts := flag.String("rtt", "1ms,30ms", "round-trip times")
	flag.StringVar(&o.pbc, "pbc", "", "pbc to measure instead of building it")
	flag.StringVar(&o.only, "only", "", "comma list of contestants (ssh, pbc, mitogen, ansible) instead of all")
	flag.StringVar(&o.work, "work", "command100", "comma list of work: command100, copy50, template50, python100 (a module that is not native), hosts20 (20 commands on 20 hosts), facts, or all")
	flag.IntVar(&o.times, "times", 3, "runs of each; the fastest counts")
	out := flag.String("o", "", "also write the table to this file, such as docs/benchmarks.md")
	flag.Parse()
	for r := range strings.SplitSeq(*rtts, ",") {
		d, err := time.ParseDuration(r)
		if err != nil {
			fatal(err)
		}
		o.rtts = append(o.rtts, d)
	}
	table, err := run(o)
	if err == nil && *out != "" {
		err = os.WriteFile(*out, []byte(table), 0o644)
	}
	if err != nil {
		fatal(err)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

type options struct {
	rtts      []time.Duration
	pbc, only string
	work      string
	times     int
}

// place is the temporary folder and what cleans up; it is the T of transporttest.
type place struct {
	dir      string
	n        int
	cleanups []func()
}

// gaveUp is what Fatal throws.
type gaveUp struct{ error }

// Helper implements transporttest.T.
func (p *place) Helper() {}

// Fatal implements transporttest.T.
func (p *place) Fatal(a ...any) { panic(gaveUp{errors.New(strings.TrimSpace(fmt.Sprintln(a...)))}) }

// Fatalf implements transporttest.T.
func (p *place) Fatalf(f string, a ...any) { panic(gaveUp{fmt.Errorf(f, a...)}) }

// Cleanup implements transporttest.T.
func (p *place) Cleanup(f func()) { p.cleanups = append(p.cleanups, f) }

// TempDir implements transporttest.T.
func (p *place) TempDir() string {
	p.n++
	d := filepath.Join(p.dir, fmt.Sprint(p.n))
	if err := os.Mkdir(d, 0o755); err != nil {
		p.Fatal(err)
	}
	return d
}

func (p *place) clean() {
	for _, f := range slices.Backward(p.cleanups) {
		f()
	}
	os.RemoveAll(p.dir)
}

func run(o options) (table string, err error) {
	dir, err := os.MkdirTemp("", "pbc-bench-")
	if err != nil {
		return "", err
	}
	p := &place{dir: dir}
	defer p.clean()
	defer func() {
		if g, ok := recover().(gaveUp); ok {
			err = g.error
		}
	}()
	server := transporttest.StartSSHD(p, "MaxSessions 1000")
	work, err := chosenWork(o.work)
	if err != nil {
		return "", err
	}
	racers, err := contestants(p, o)
	if err != nil {
		return "", err
	}
	var t report
	t.begin(o.times)
	for _, w := range work {
		for _, rtt := range o.rtts {
			if err := heat(p, server, &t, round{w, rtt, racers, o.times}); err != nil {
				return "", err
			}
		}
	}
	return t.String(), nil
}

// round is one piece of work at one distance, done by all contestants.
type round struct {
	work   work
	rtt    time.Duration
	racers []contestant
	times  int
}

func heat(p *place, server *transporttest.SSHD, t *report, r round) error {
	line, err := startRelay(server.Addr(), r.rtt)
	if err != nil {
		return err
	}
	defer line.Close()
	t.section(r.work.name, r.rtt)
	for _, c := range r.racers {
		h := host{server: server, line: line, dir: p.TempDir(), sites: filepath.Join(p.dir, "sites")}
		if err := h.prepare(r.work); err != nil {
			return err
		}
		argv, stdin := c.command(h, r.work)
		if argv == nil {
			continue
		}
		if err := race(h, t, c, trial{argv, stdin, c.environ(h), r.times}); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// trial is what is started, and how often.
type trial struct {
	argv  []string
	stdin string
	env   []string
	times int
}

// race runs a contestant and reports its fastest run. A cold one has no agent on the host at any start; the
// others have one run beforehand, which does not count.
func race(h host, t *report, c contestant, tr trial) error {
	var best *sample
	for i := range tr.times + 1 {
		if err := h.reset(c.cold); err != nil {
			return err
		}
		s, err := measure(h, tr)
		if err != nil {
			return err
		}
		warmup := i == 0 && !c.cold
		if !warmup && (best == nil || s.wall < best.wall) {
			best = s
		}
	}
	t.row(c.name, best)
	return nil
}

// sample is one run.
type sample struct {
	wall         time.Duration
	cpu, hostCPU time.Duration // of the controller's processes; of the host's
	up, down     int64
	started      int64 // processes and threads started on the machine meanwhile
}

func measure(h host, tr trial) (*sample, error) {
	cmd := exec.Command(tr.argv[0], tr.argv[1:]...)
	cmd.Dir, cmd.Env = h.dir, append(os.Environ(), tr.env...)
	cmd.Stdin = strings.NewReader(tr.stdin)
	up, down, started, cpu := h.line.up.Load(), h.line.down.Load(), forks(), childCPU(h.server.PID())
	began := time.Now()
	out, err := cmd.CombinedOutput()
	s := &sample{wall: time.Since(began)}
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(tr.argv, " "), err, lastLines(out))
	}
	s.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	s.up, s.down = h.line.up.Load()-up, h.line.down.Load()-down
	s.started, s.hostCPU = forks()-started, childCPU(h.server.PID())-cpu
	return s, nil
}

func lastLines(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

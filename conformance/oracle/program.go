// Package oracle runs playbook programs and tells what they did: the real ansible-playbook, the specification, and pbc beside it.
//
// A Program is either of the two; Exec calls it once and gives a compare.Run; RunScenario takes it through all runs of a scenario
// in the scenario's place. What the real Ansible did is kept in two ways: a cache of live outcomes (never trusted in CI), and
// recordings, committed text that stands in where Ansible is missing. The package judges nothing.
package oracle

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"pbc/conformance/compare"
)

//go:embed plugin/pbc_events.py
var plugin string

// Program is a program that takes ansible-playbook's command line.
type Program struct {
	Path    string   // the executable
	Words   []string // what stands before the arguments: "playbook" when Path is pbc under its own name
	Version string   // of ansible-core ("2.14.18"); "" for pbc
	Env     []string // added to the environment of its calls
	Plugin  bool     // needs the callback plugin to write the event log; pbc writes it itself

	forks *forks // makes its processes, where that can be; nil starts them afresh
}

// TaggedPath is the ansible-playbook of the second oracle, ansible-core 2.19: the one that PBC_ORACLE_TAGGED names, else where
// .ci/prepare puts it, there or not.
func TaggedPath() string {
	if path := os.Getenv("PBC_ORACLE_TAGGED"); path != "" {
		return path
	}
	cache, err := os.UserCacheDir()
	if err != nil { // no home folder: it is nowhere
		cache = os.DevNull
	}
	return filepath.Join(cache, "pbc", "ansible-2.19", "bin", "ansible-playbook")
}

// FindAnsible gives the oracle: the ansible-playbook at path, or on PATH when path is empty.
func FindAnsible(path string) (*Program, error) {
	if path == "" {
		path = "ansible-playbook"
	}
	path, err := exec.LookPath(path)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, "--version")
	cmd.Env = append(os.Environ(), "ANSIBLE_HOME="+os.DevNull, "ANSIBLE_LOCAL_TEMP="+os.TempDir())
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", path, err)
	}
	m := regexp.MustCompile(`\[core ([\d.]+\w*)\]`).FindSubmatch(out)
	if m == nil {
		return nil, fmt.Errorf("%s --version says no ansible-core version: %q", path, out)
	}
	return &Program{Path: path, Version: string(m[1]), Plugin: true}, nil
}

// Dialect is the generation whose behaviour the oracle shows: classic for ansible-core 2.14 to 2.18, tagged from 2.19 on.
func (p *Program) Dialect() string {
	var major, minor int
	if _, err := fmt.Sscanf(p.Version, "%d.%d", &major, &minor); err != nil || major > 2 || minor >= 19 {
		return "tagged"
	}
	return "classic"
}

// Call is one call of a program.
type Call struct {
	Dir     string   // the working folder
	Args    []string // after the program's name
	Env     []string // the whole environment, but for what the event log needs
	Scratch string   // a folder for the event log and the plugin, made when missing; not compared

	Limit  time.Duration // how long the call may take; zero is Timeout
	Typing []Typing      // what a person types; nil is nobody, and no terminal
	Stdin  string        // the file that is the standard input, "" for none
	Screen io.Writer     // gets what the program prints to stdout, while it does; may be nil
}

// Timeout is how long one call may take that says nothing else.
const Timeout = 2 * time.Minute

// Exec calls the program once, standard input closed, a file or a terminal, and tells what it did; Tree is left empty. A program that does not end in time
// is killed with its whole process group, and that is an error, as is an event log that does not keep to the schema.
func (p *Program) Exec(ctx context.Context, call Call) (compare.Run, error) {
	log := filepath.Join(call.Scratch, "events")
	env := slices.Concat([]string{"PBC_EVENT_LOG=" + log}, call.Env, p.Env)
	if err := os.MkdirAll(call.Scratch, 0o755); err != nil {
		return compare.Run{}, err
	}
	if p.Plugin {
		dir := filepath.Join(call.Scratch, "plugin")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return compare.Run{}, err
		}
		if err := os.WriteFile(filepath.Join(dir, "pbc_events.py"), []byte(plugin), 0o644); err != nil {
			return compare.Run{}, err
		}
		env = append(env, "ANSIBLE_CALLBACK_PLUGINS="+withOwn(dir, call.Env))
	}
	if err := os.WriteFile(log, nil, 0o644); err != nil {
		return compare.Run{}, err
	}
	run, err := p.exec(ctx, call, env)
	if err != nil {
		return run, err
	}
	file, err := os.Open(log)
	if err != nil {
		return run, err
	}
	defer file.Close()
	run.Events, err = compare.ReadEvents(file)
	return run, err
}

// withOwn is the path of callback plugins: dir, and what env says.
func withOwn(dir string, env []string) string {
	own := ""
	for _, entry := range env {
		if path, ok := strings.CutPrefix(entry, "ANSIBLE_CALLBACK_PLUGINS="); ok && path != "" {
			own = ":" + path
		}
	}
	return dir + own
}

func (p *Program) exec(ctx context.Context, call Call, env []string) (compare.Run, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(call.Limit, Timeout))
	defer cancel()
	cmd := exec.CommandContext(ctx, p.Path, slices.Concat(p.Words, call.Args)...)
	cmd.Dir, cmd.Env = call.Dir, env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if call.Screen != nil {
		cmd.Stdout = io.MultiWriter(&stdout, call.Screen)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	in, err := os.Open(cmp.Or(call.Stdin, os.DevNull))
	if err != nil {
		return compare.Run{}, err
	}
	defer in.Close()
	cmd.Stdin = in
	var run compare.Run
	shown := ""
	switch {
	case p.forks.serves(call, env):
		var made forked
		made, err = p.forks.run(ctx, cmd, in)
		run.Exit, run.CPU = made.status.ExitStatus(), made.cpu
	case call.Typing == nil:
		err = cmd.Run()
	default:
		shown, err = runOnTerminal(cmd, call.Typing)
		shown = "\n[terminal]\n" + shown
	}
	run.Stdout, run.Stderr = stdout.String(), stderr.String()+shown
	if state := cmd.ProcessState; state != nil {
		run.Exit, run.CPU = state.ExitCode(), state.UserTime()+state.SystemTime()
	}
	if ctx.Err() != nil {
		return run, fmt.Errorf("%s %s: %w; it had printed:\n%s%s", p.Path, strings.Join(call.Args, " "), ctx.Err(), run.Stdout, run.Stderr)
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = nil // Exit says it
	}
	return run, err
}

package oracle

import (
	"context"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"pbc/conformance/compare"
	"pbc/conformance/scenario"
)

// RunScenario takes the program through all runs of s in its place, and tells what happened, not normalised.
func (p *Program) RunScenario(ctx context.Context, s *scenario.Scenario) (compare.Outcome, error) {
	port := strconv.Itoa(20000 + int(crc32.ChecksumIEEE([]byte(s.Digest()))%12000))
	self, err := user.Current()
	if err != nil {
		return compare.Outcome{}, err
	}
	place, err := s.Open("@PORT@", port, "@USER@", self.Username, "@KEY@", "/tmp/pbc"+s.Digest()+"/ssh/user")
	if err != nil {
		return compare.Outcome{}, err
	}
	defer place.Close()
	if err := place.Build(s); err != nil {
		return compare.Outcome{}, err
	}
	if s.SSH {
		stop, err := startSSH(ctx, filepath.Join(place.Root, "ssh"), port)
		if err != nil {
			return compare.Outcome{}, err
		}
		defer stop()
	}
	if s.HTTP {
		stop, err := startHTTP(place.Work, port)
		if err != nil {
			return compare.Outcome{}, err
		}
		defer stop()
	}
	var out compare.Outcome
	for i, args := range s.Runs {
		run, err := p.runOnce(ctx, s, place, i+1, args)
		if err != nil {
			return out, fmt.Errorf("run %d: %w", i+1, err)
		}
		out.Runs = append(out.Runs, run)
	}
	return out, nil
}

func (p *Program) runOnce(ctx context.Context, s *scenario.Scenario, place *scenario.Place, number int, run []string) (compare.Run, error) {
	if number > 1 {
		if err := place.Lay(s, number); err != nil {
			return compare.Run{}, err
		}
	}
	name, args := scenario.Command(run)
	program := p.named(name)
	link := filepath.Join(place.Root, "bin", name)
	if err := program.linkAs(link); err != nil {
		return compare.Run{}, err
	}
	program.Path = link
	before, err := snapshot(place)
	if err != nil {
		return compare.Run{}, err
	}
	stdin := ""
	if s.Stdin != "" {
		stdin = filepath.Join(place.Work, s.Stdin)
	}
	did, err := program.Exec(ctx, Call{
		Dir: place.Work, Args: args, Env: environment(s, place), Scratch: filepath.Join(place.Root, "log"), Typing: typing(s), Stdin: stdin,
	})
	if err != nil {
		return did, err
	}
	after, err := snapshot(place)
	did.Tree = compare.Changes(before, after)
	return did, err
}

func typing(s *scenario.Scenario) []Typing {
	var lines []Typing
	for _, t := range s.Typed {
		lines = append(lines, Typing{After: t[0], Line: t[1]})
	}
	return lines
}

// named is the program of that name: the tools of Ansible are installed beside its ansible-playbook, and have no callbacks; pbc is all of them.
func (p *Program) named(name string) *Program {
	own := *p
	if p.Plugin && name != filepath.Base(p.Path) {
		own.Path, own.Plugin = filepath.Join(filepath.Dir(p.Path), name), false
	}
	return &own
}

// linkAs makes the program callable as path: under the name that scripts use for it, so that its own messages are the same.
func (p *Program) linkAs(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	return os.Symlink(p.Path, path)
}

func snapshot(place *scenario.Place) (compare.Snapshot, error) {
	return compare.Take(place.Root, func(path string) bool {
		top, rest, _ := strings.Cut(path, "/")
		first, _, _ := strings.Cut(rest, "/")
		return (top != "w" && top != "home") || (top == "home" && (first == ".ansible" || first == ".cache"))
	})
}

// environment is the same for both programs, and small.
func environment(s *scenario.Scenario, place *scenario.Place) []string {
	env := append(commonEnvironment(), "HOME="+place.Home)
	if s.SSH {
		known := filepath.Join(place.Root, "ssh", "known_hosts")
		env = append(env, "ANSIBLE_SSH_ARGS=-o ControlMaster=no -o UserKnownHostsFile="+known)
	}
	return append(env, s.Env...)
}

// commonEnvironment is what all scenarios have of it.
func commonEnvironment() []string {
	env := []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LANG=C.UTF-8", "TERM=dumb", "TZ=UTC", "SHELL=/bin/sh",
		"ANSIBLE_FORKS=1", "ANSIBLE_PYTHON_INTERPRETER=/usr/bin/python3", "PYTHONDONTWRITEBYTECODE=1",
	}
	if self, err := user.Current(); err == nil {
		env = append(env, "USER="+self.Username, "LOGNAME="+self.Username)
	}
	return env
}

// startSSH starts an sshd of the running user in dir on a port of the loopback address, with keys of its own, the user's key "user" and
// a file known_hosts. The returned function ends it.
func startSSH(ctx context.Context, dir, port string) (func(), error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for _, name := range []string{"host", "user"} {
		cmd := exec.CommandContext(ctx, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", filepath.Join(dir, name))
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("ssh-keygen: %w: %s", err, out)
		}
	}
	public, err := os.ReadFile(filepath.Join(dir, "host.pub"))
	if err != nil {
		return nil, err
	}
	known := fmt.Sprintf("[127.0.0.1]:%s %s", port, public)
	if err := os.WriteFile(filepath.Join(dir, "known_hosts"), []byte(known), 0o600); err != nil {
		return nil, err
	}
	config := fmt.Sprintf("ListenAddress 127.0.0.1\nPort %s\nHostKey %s/host\nAuthorizedKeysFile %s/user.pub\nPidFile none\n"+
		"StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitUserRC no\n"+
		"Subsystem sftp internal-sftp\n", port, dir, dir)
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	return runSSH(ctx, dir)
}

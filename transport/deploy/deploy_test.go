package deploy_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pbc/agent/boot"
	"pbc/internal/agents"
	"pbc/transport"
	"pbc/transport/deploy"
	"pbc/transport/spawn"
)

// The test binary is its own agent: one that gives back what it is sent.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "agent" {
		os.Exit(boot.Main(os.Args[1:], func(rw io.ReadWriteCloser) error {
			_, err := io.Copy(rw, rw)
			return err
		}, nil))
	}
	os.Exit(m.Run())
}

// self is prepared once: it packs this binary.
var self = agents.Set()

// shell runs commands by argv with a home of its own.
type shell struct {
	argv []string // before the command
	home string
	env  []string
}

func (s shell) Start(_ context.Context, _ transport.Target, command string) (transport.Process, error) {
	return spawn.Start(append(s.argv[:len(s.argv):len(s.argv)], command),
		append([]string{"HOME=" + s.home, "XDG_CACHE_HOME="}, s.env...))
}

func sh(home string) shell { return shell{argv: []string{"sh", "-c"}, home: home} }

func dial(t *testing.T, s transport.Shell, set deploy.Agents) *transport.Conn {
	t.Helper()
	c, err := (&deploy.Dialer{Shell: s, Agents: set}).Dial(t.Context(), transport.Target{Host: "h"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func echoes(t *testing.T, c io.ReadWriter) {
	t.Helper()
	want := bytes.Repeat([]byte("all bytes pass\x00\xff\n"), 1000)
	go c.Write(want)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes and %v", len(got), err)
	}
}

func tree(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, p)
			out = append(out, rel)
		}
		return nil
	})
	return out
}

// loginShells are what the command must get through; those that are missing here are named by the test.
var loginShells = [][]string{
	{"sh", "-c"}, {"dash", "-c"}, {"bash", "-c"}, {"busybox", "sh", "-c"}, {"csh", "-c"}, {"fish", "-c"}, {"zsh", "-c"}, {"ksh", "-c"},
}

func TestEveryLoginShellStartsAnAgent(t *testing.T) {
	for _, argv := range loginShells {
		if _, err := exec.LookPath(argv[0]); err != nil {
			t.Logf("%s is not installed here", argv[0])
			continue
		}
		t.Run(strings.Join(argv, " "), func(t *testing.T) {
			s := shell{argv: argv, home: t.TempDir()}
			first := dial(t, s, self)
			echoes(t, first)
			second := dial(t, s, self)
			echoes(t, second)
			if first.Uploaded == 0 || second.Uploaded != 0 {
				t.Errorf("sent %d bytes, then %d; want some, then none", first.Uploaded, second.Uploaded)
			}
			if want := runtime.GOOS + "/" + runtime.GOARCH; first.Platform != want || second.Platform != want {
				t.Errorf("got platforms %q and %q, want %q", first.Platform, second.Platform, want)
			}
			if files := tree(t, s.home); len(files) != 1 {
				t.Errorf("left behind: %v", files)
			}
		})
	}
}

func cached(t *testing.T, home string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(home, ".cache/pbc/agent-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("got %v and %v, want one cached agent", found, err)
	}
	return found[0]
}

func TestDamagedCacheIsReplaced(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func(file string) error
	}{
		{"truncated", func(f string) error { return os.Truncate(f, 4096) }},
		{"empty", func(f string) error { return os.Truncate(f, 0) }},
		{"one byte at the end", func(f string) error {
			w, err := os.OpenFile(f, os.O_WRONLY|os.O_APPEND, 0)
			if err == nil {
				w.Write([]byte{1})
				w.Close()
			}
			return err
		}},
		{"another program", func(f string) error { return os.WriteFile(f, []byte("#!/bin/sh\necho hello\n"), 0o700) }},
		{"not executable", func(f string) error { return os.Chmod(f, 0o600) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sh(t.TempDir())
			dial(t, s, self).Close()
			file := cached(t, s.home)
			if err := tt.damage(file); err != nil {
				t.Fatal(err)
			}
			c := dial(t, s, self)
			if c.Uploaded == 0 {
				t.Error("a damaged agent was run")
			}
			echoes(t, c)
			again := dial(t, s, self)
			if again.Uploaded != 0 || len(tree(t, s.home)) != 1 {
				t.Errorf("then sent %d bytes, files %v", again.Uploaded, tree(t, s.home))
			}
		})
	}
}

func TestNoiseBeforeTheGreeting(t *testing.T) {
	for _, tt := range []struct{ name, noise string }{
		{"motd", "echo Welcome to this host; echo PBC is great"},
		{"line left open", "printf %s prompt\\>"},
		{"much", "head -c 100000 /dev/zero"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sh(t.TempDir())
			s.argv = []string{"sh", "-c", tt.noise + `; eval "$0"`}
			echoes(t, dial(t, s, self))
			echoes(t, dial(t, s, self))
		})
	}
}

// wrong is a set of agents with something amiss.
type wrong struct {
	deploy.Agents
	change func(a *deploy.Agent) error
}

func (w wrong) Agent(platform string, zipped bool) (deploy.Agent, error) {
	a, err := w.Agents.Agent(platform, zipped)
	if err == nil {
		a.Bytes = bytes.Clone(a.Bytes)
		err = w.change(&a)
	}
	return a, err
}

func TestFailures(t *testing.T) {
	for _, tt := range []struct {
		name  string
		argv  []string
		agent func(a *deploy.Agent) error
		want  string
	}{
		{"endless output", []string{"sh", "-c", "yes"}, nil, "endless output"},
		{"shell that refuses", []string{"sh", "-c", "echo not here >&2; exit 1"}, nil, "no agent could be started (exit status 1): not here"},
		{"system ssh that fails", []string{"sh", "-c", "echo ssh: no route >&2; exit 255"}, nil, "Failed to connect to the host via ssh: ssh: no route"},
		{"silence", []string{"sh", "-c", "exec sleep 1000"}, nil, "timed out while starting the agent"},
		{"dies in the upload", []string{"sh", "-c", `eval "$0" & read x; kill $!`}, nil, ""},
		{"disk full in the upload", []string{"sh", "-c", `ulimit -f 512; eval "$0"`}, nil, "cannot write "},
		{"no agent for the machine", nil, func(*deploy.Agent) error { return errors.New("no agent for plan9/386") }, "no agent for plan9/386"},
		{"damaged on the way", nil, func(a *deploy.Agent) error { a.Bytes[len(a.Bytes)/2] ^= 1; return nil }, "cannot unpack the agent"},
		{"wrong digest", nil, func(a *deploy.Agent) error { a.SHA256 = strings.Repeat("0", 64); return nil }, "the agent arrived damaged or does not run here"},
		{"wrong sum", nil, func(a *deploy.Agent) error { a.Sum++; return nil }, "is damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sh(t.TempDir())
			if tt.argv != nil {
				s.argv = tt.argv
			}
			set := self
			if tt.agent != nil {
				set = wrong{self, tt.agent}
			}
			d := &deploy.Dialer{Shell: s, Agents: set, Stall: 5 * time.Second}
			c, err := d.Dial(t.Context(), transport.Target{Host: "h", Timeout: 2 * time.Second})
			if err == nil {
				c.Close()
				t.Fatal("got a connection, want an error")
			}
			var u *transport.Unreachable
			if !errors.As(err, &u) || !strings.Contains(u.Msg, tt.want) {
				t.Errorf("got %T %v, want unreachable with %q", err, err, tt.want)
			}
			if tt.name == "wrong sum" {
				return // a whole agent under a wrong name stays; the next contact replaces it
			}
			if files := tree(t, s.home); len(files) != 0 {
				t.Errorf("left behind: %v", files)
			}
		})
	}
}

func TestCancelledWhileStarting(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := sh(t.TempDir())
	s.argv = []string{"sh", "-c", "read x"}
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := (&deploy.Dialer{Shell: s, Agents: self}).Dial(ctx, transport.Target{})
	if err == nil || !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("got %v, want an error after cancel", err)
	}
}

func TestFolderThatCannotHoldAProgram(t *testing.T) {
	home := t.TempDir()
	for _, tt := range []struct{ name, cache string }{
		{"a file is in the way", filepath.Join(home, "file")},
		{"a link", filepath.Join(home, "link")},
	} {
		os.WriteFile(filepath.Join(home, "file"), nil, 0o600)
		os.MkdirAll(filepath.Join(home, "link"), 0o700)
		os.Mkdir(filepath.Join(home, "elsewhere"), 0o700)
		os.Symlink(filepath.Join(home, "elsewhere"), filepath.Join(home, "link/pbc"))
		t.Run(tt.name, func(t *testing.T) {
			s := sh(home)
			s.env = []string{"XDG_CACHE_HOME=" + tt.cache}
			// the fallback is refused as well, so that the test stays in its folder
			s.argv = []string{"sh", "-c", `c=$0; eval "$(echo "$c" | sed "s#/var/tmp/pbc-#$HOME/file/#g")"`}
			_, err := (&deploy.Dialer{Shell: s, Agents: self}).Dial(t.Context(), transport.Target{})
			if err == nil || !strings.Contains(err.Error(), "can hold a program") {
				t.Errorf("got %v", err)
			}
			if got := tree(t, filepath.Join(home, "elsewhere")); len(got) != 0 {
				t.Errorf("wrote through a link: %v", got)
			}
		})
	}
}

func TestFallbackFolder(t *testing.T) {
	home, other := t.TempDir(), t.TempDir()
	s := sh(home)
	s.env = []string{"XDG_CACHE_HOME=/dev/null"}
	s.argv = []string{"sh", "-c", fmt.Sprintf(`c=$0; eval "$(echo "$c" | sed "s#/var/tmp/pbc-#%s/pbc-#g")"`, other)}
	echoes(t, dial(t, s, self))
	if again := dial(t, s, self); again.Uploaded != 0 {
		t.Error("the agent in the fallback folder was not found again")
	}
	want := 1
	if d := cmp.Diff(want, len(tree(t, other))); d != "" {
		t.Errorf("files in the fallback folder: %s", d)
	}
}

// Hosts may be one machine by several names, or share a home folder.
func TestHostsThatShareAHome(t *testing.T) {
	const hosts = 12
	s := sh(t.TempDir())
	errs := make([]error, hosts)
	var wg sync.WaitGroup
	for i := range hosts {
		wg.Go(func() {
			c, err := (&deploy.Dialer{Shell: s, Agents: self}).Dial(t.Context(), transport.Target{Host: fmt.Sprint(i)})
			if err == nil {
				err = c.Close()
			}
			errs[i] = err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	cached(t, s.home)
}

func TestAgentEndsWithItsInput(t *testing.T) {
	c := dial(t, sh(t.TempDir()), self)
	c.Close()
	if err := c.Wait(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
}

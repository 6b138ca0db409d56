package fact

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// System is the machine whose facts are gathered. The zero System is this machine with an empty
// environment; Here returns the usual one. A System is not changed by gathering.
type System struct {
	// Root is put before every path that is read; empty for this machine.
	Root string
	// Environ is the environment as "name=value", of the tools that are run and of the fact env.
	Environ []string
	// Exec runs a tool; nil runs it on this machine. It must end when ctx does.
	Exec func(ctx context.Context, argv, env []string) Output
	// Python is the interpreter that the facts about Python tell of; empty looks for one.
	Python string
	// Now is the time; nil is time.Now.
	Now func() time.Time
	// Uname overrides what the kernel says; nil asks it.
	Uname *Uname
}

// Uname is what uname(2) says.
type Uname struct{ System, Node, Release, Version, Machine string }

// Output is what a tool left. A tool that could not be started has the code 257 and Err.
type Output struct {
	Code           int
	Stdout, Stderr string
	Err            error
}

type (
	output = Output
	uname  = Uname
)

// Here is this machine with the environment of this process.
func Here() *System { return &System{Environ: os.Environ()} }

func (s *System) path(p string) string {
	if s.Root == "" {
		return p
	}
	return filepath.Join(s.Root, p)
}

func (s *System) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// getenv returns a variable of the environment, or "".
func (s *System) getenv(name string) string {
	for i := len(s.Environ) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(s.Environ[i], name+"="); ok {
			return v
		}
	}
	return ""
}

func (s *System) exists(p string) bool {
	_, err := os.Stat(s.path(p))
	return err == nil
}

func (s *System) isDir(p string) bool {
	fi, err := os.Stat(s.path(p))
	return err == nil && fi.IsDir()
}

func (s *System) readlink(p string) (string, error) { return os.Readlink(s.path(p)) }

func (s *System) isLink(p string) bool {
	_, err := s.readlink(p)
	return err == nil
}

// realpath resolves every link of p, or returns p.
func (s *System) realpath(p string) string {
	r, err := filepath.EvalSymlinks(s.path(p))
	if err != nil {
		return p
	}
	if s.Root != "" {
		if root, err := filepath.EvalSymlinks(s.Root); err == nil {
			r = "/" + strings.TrimPrefix(strings.TrimPrefix(r, root), "/")
		}
	}
	return r
}

// names lists a folder in the order of the file system, which Ansible keeps too.
func (s *System) names(dir string) ([]string, error) {
	f, err := os.Open(s.path(dir))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// raw returns the bytes of a file as text, and whether it could be read and is UTF-8, not empty.
func (s *System) raw(p string) (string, bool) {
	b, err := os.ReadFile(s.path(p))
	if err != nil || len(b) == 0 || !validText(b) {
		return "", false
	}
	return universal(string(b)), true
}

// text is raw without the white space around it; it must not be empty.
func (s *System) text(p string) (string, bool) {
	t, ok := s.raw(p)
	t = strip(t)
	return t, ok && t != ""
}

// textOr is text with a default.
func (s *System) textOr(p, def string) string {
	if t, ok := s.text(p); ok {
		return t
	}
	return def
}

// lines are the lines of text, none when the file cannot be read.
func (s *System) lines(p string) []string {
	t, _ := s.text(p)
	return splitLines(t)
}

// look finds a tool as Ansible does: in the folders given, the PATH, then the sbin folders.
func (s *System) look(tool string, before ...string) string {
	dirs := append(before, strings.Split(s.getenv("PATH"), ":")...)
	for _, d := range append(dirs, "/sbin", "/usr/sbin", "/usr/local/sbin") {
		if d == "" {
			continue
		}
		p := filepath.Join(d, tool)
		if fi, err := os.Stat(s.path(p)); err == nil && !fi.IsDir() && fi.Mode()&0o111 != 0 {
			return p
		}
	}
	return ""
}

// noTool is Ansible's message of a tool that look does not find.
func (s *System) noTool(tool string) string {
	dirs := strings.Split(s.getenv("PATH"), ":")
	for _, d := range []string{"/sbin", "/usr/sbin", "/usr/local/sbin"} {
		if !slices.Contains(dirs, d) && s.exists(d) {
			dirs = append(dirs, d)
		}
	}
	return "Failed to find required executable \"" + tool + "\" in paths: " + strings.Join(dirs, ":")
}

// node is the name of the host, as uname(2) says.
func (s *System) node() string {
	if s.Uname != nil {
		return s.Uname.Node
	}
	return kernelUname().Node
}

// run runs a tool with the System's environment and what is given over it.
func (s *System) run(ctx context.Context, argv []string, env ...string) output {
	env = append(append([]string{}, s.Environ...), env...)
	if s.Exec != nil {
		return s.Exec(ctx, argv, env)
	}
	return execute(ctx, argv, env)
}

// shell runs a line of sh.
func (s *System) shell(ctx context.Context, line string, env ...string) output {
	return s.run(ctx, []string{"/bin/sh", "-c", line}, env...)
}

// parsable is the environment under which tools write what can be parsed.
var parsable = []string{"LANG=C.UTF-8", "LC_ALL=C.UTF-8", "LC_NUMERIC=C.UTF-8"}

func execute(ctx context.Context, argv, env []string) output {
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr, c.Env = &out, &errs, env
	c.WaitDelay = 2 * time.Second // for what outlives the tool and keeps its output open
	err := c.Run()
	r := output{Stdout: out.String(), Stderr: errs.String()}
	if err != nil {
		r.Code = 257
		if c.ProcessState == nil {
			r.Err = err
		}
		if c.ProcessState != nil && c.ProcessState.ExitCode() >= 0 {
			r.Code = c.ProcessState.ExitCode()
		}
	}
	return r
}

func (s *System) isFile(p string) bool {
	fi, err := os.Stat(s.path(p))
	return err == nil && fi.Mode().IsRegular()
}

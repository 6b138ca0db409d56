// Package commands has the modules that run what the task says: command, shell, raw and script.
package commands

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/pyre"
)

var commandSpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "_raw_params"},
		{Name: "_uses_shell", Type: argspec.Bool, Default: false},
		{Name: "argv", Type: argspec.List, Elements: argspec.Str},
		{Name: "chdir", Type: argspec.Path},
		{Name: "executable"},
		{Name: "creates", Type: argspec.Path},
		{Name: "removes", Type: argspec.Path},
		{Name: "stdin"},
		{Name: "stdin_add_newline", Type: argspec.Bool, Default: true},
		{Name: "strip_empty_ends", Type: argspec.Bool, Default: true},
		{Name: "cmd", OnlyTagged: true},
		{Name: "expand_argument_vars", Type: argspec.Bool, Default: true, OnlyNewer: true},
	},
	TaggedOneOf: []string{"_raw_params", "cmd", "argv"},
	CheckMode:   true,
}

// Command is ansible.builtin.command.
func Command() module.Module {
	return module.NewLegacy("ansible.builtin.command", "command", module.Open, commandSpec, command)
}

// Shell is ansible.builtin.shell: command with a flag that only this action sets.
func Shell() module.Module {
	return module.Module{Name: "ansible.builtin.shell", Short: "shell", Effect: module.Open, Spec: commandSpec,
		Run: func(ctx context.Context, c *module.Call) *value.Dict {
			over := *c
			over.Args = c.Args.Copy()
			over.Args.SetStr("_uses_shell", true)
			return module.RunAs(ctx, &over, "ansible.legacy.command", commandSpec, command)
		}}
}

// job is one command to run.
type job struct {
	t     *module.Task
	shell bool
	exe   string
	text  string   // the command line as given
	argv  []string // its words, unless a shell reads it
	dir   string
	res   *value.Dict
}

func (j *job) fail(msg string) error {
	j.res.Del("msg")
	return &module.Failure{Msg: msg, Keys: j.res}
}

func command(ctx context.Context, t *module.Task) (*value.Dict, error) {
	j := &job{t: t, shell: t.Bool("_uses_shell"), exe: t.Str("executable"), text: cmp.Or(t.Str("_raw_params"), t.Str("cmd")),
		res: value.DictOf("changed", false, "stdout", "", "stderr", "", "rc", nil, "cmd", nil, "start", nil,
			"end", nil, "delta", nil, "msg", "")}
	if j.exe != "" && !j.shell {
		t.Warn("As of Ansible 2.4, the parameter 'executable' is no longer supported with the 'command' module. Not using '%s'.", j.exe)
		j.exe = ""
	}
	if err := j.words(); err != nil {
		return nil, err
	}
	if err := j.enter(); err != nil {
		return nil, err
	}
	if j.settled() {
		return j.res, nil
	}
	if t.Check {
		return j.wouldRun(), nil
	}
	return j.run(ctx)
}

// words decides what is run.
func (j *job) words() error {
	argv := j.t.Strings("argv")
	blank := strings.TrimSpace(j.text) == ""
	switch {
	case j.t.Tagged() && len(argv) == 0 && j.text == "":
		return j.notSplit("list index out of range")
	case j.t.Tagged():
	case len(argv) == 0 && blank:
		j.res.SetStr("rc", int64(256))
		return j.fail("no command given")
	case len(argv) > 0 && j.text != "":
		j.res.SetStr("rc", int64(256))
		return j.fail("only command or argv can be given, not both")
	}
	if j.text == "" {
		j.argv = argv
	} else if !j.shell {
		words, err := posix.Split(j.text)
		if err != nil {
			return &module.PyException{Class: "ValueError", Msg: err.Error()}
		}
		j.argv = words
	}
	if j.argv == nil {
		j.res.SetStr("cmd", j.text)
		return nil
	}
	l := value.NewList()
	for _, w := range j.argv {
		l.V = append(l.V, w)
	}
	j.res.SetStr("cmd", l)
	return nil
}

// notSplit is the failure of dialect tagged of what is no command.
func (j *job) notSplit(why string) error {
	return module.FailBecause(why, "Error executing command.", "rc", int64(257), "stdout", "", "stderr", "", "cmd", "")
}

// enter checks that chdir can be entered.
func (j *job) enter() error {
	j.dir = j.t.Str("chdir")
	if !j.t.Has("chdir") || j.dir == "" {
		j.dir = ""
		return nil
	}
	st, err := os.Stat(j.dir)
	switch {
	case err == nil && !st.IsDir():
		err = syscall.ENOTDIR
	case err == nil:
		err = syscall.Access(j.dir, 1)
	}
	if err != nil {
		why := posix.PyError(err, []byte(j.dir))
		if j.t.Tagged() {
			j.res.Del("msg")
			return &module.Failure{Msg: "Unable to change directory before execution.", Keys: j.res, Cause: why}
		}
		return j.fail("Unable to change directory before execution: " + why)
	}
	return nil
}

// settled handles creates and removes, which say that there is nothing to do.
func (j *job) settled() bool {
	verb := "Did"
	if j.t.Check {
		verb = "Would"
	}
	creates, removes := j.t.Str("creates"), j.t.Str("removes")
	why, what := "", ""
	if creates != "" && len(posix.Glob(j.at(creates))) > 0 {
		why, what = "exists", creates
	} else if removes != "" && len(posix.Glob(j.at(removes))) == 0 {
		why, what = "does not exist", removes
	}
	if why == "" {
		return false
	}
	j.res.SetStr("msg", fmt.Sprintf("%s not run command since '%s' %s", verb, what, why))
	j.res.SetStr("stdout", fmt.Sprintf("skipped, since %s %s", what, why))
	j.res.SetStr("rc", int64(0))
	return true
}

// at reads a path from chdir.
func (j *job) at(p string) string {
	if j.dir == "" {
		return p
	}
	return posix.Join(j.dir, p)
}

func (j *job) wouldRun() *value.Dict {
	j.res.SetStr("rc", int64(0))
	j.res.SetStr("msg", "Command would have run if not in check mode")
	guarded := j.t.Has("creates") || j.t.Has("removes")
	j.res.SetStr("changed", guarded)
	if !guarded {
		j.res.SetStr("skipped", true)
	}
	return j.res
}

func (j *job) run(ctx context.Context) (*value.Dict, error) {
	c := j.program()
	start := time.Now()
	out := module.Start(ctx, c)
	end := time.Now()
	if out.StartFailed != nil {
		return nil, j.notStarted(c, out.StartFailed)
	}
	r := j.res
	r.SetStr("changed", true)
	r.SetStr("start", stamp(start))
	r.SetStr("end", stamp(end))
	d, _ := value.ToStr(&value.Delta{D: end.Sub(start).Truncate(time.Microsecond)})
	r.SetStr("delta", d)
	if j.t.Bool("strip_empty_ends") {
		out.Out, out.Err = strings.TrimRight(out.Out, "\r\n"), strings.TrimRight(out.Err, "\r\n")
	}
	r.SetStr("stdout", out.Out)
	r.SetStr("stderr", out.Err)
	r.SetStr("rc", int64(out.RC))
	if out.RC != 0 {
		return nil, j.fail("non-zero return code")
	}
	return r, nil
}

// program says how the command is started.
func (j *job) program() module.Command {
	c := module.Command{Env: j.t.Environ.List(), Dir: j.dir}
	if j.t.Str("stdin") != "" {
		c.Stdin = j.t.Str("stdin")
		if j.t.Bool("stdin_add_newline") {
			c.Stdin += "\n"
		}
	}
	if !j.shell {
		for _, w := range j.argv {
			if !j.t.Tagged() || j.t.Bool("expand_argument_vars") {
				w = j.t.Environ.ExpandPath(w)
			}
			c.Argv = append(c.Argv, w)
		}
		return c
	}
	line := j.text
	if j.argv != nil {
		q := make([]string, len(j.argv))
		for i, w := range j.argv {
			q[i] = module.Quote(w)
		}
		line = strings.Join(q, " ")
	}
	if j.exe == "" {
		c.Path, c.Argv = "/bin/sh", []string{"/bin/sh", "-c", line}
		return c
	}
	c.Argv = []string{j.exe, "-c", line}
	return c
}

var passArg = pyre.MustCompile(`^-{0,2}pass-?(word|wd)?`)

// notStarted is the failure of a program that is not there or may not be run. Its cmd hides what
// looks like a password.
func (j *job) notStarted(c module.Command, err error) error {
	var shown []string
	hide := false
	for _, a := range c.Argv {
		switch {
		case hide:
			a, hide = "********", false
		case passArg.MatchString(a):
			if k, _, ok := strings.Cut(a, "="); ok {
				a = k + "=********"
			} else {
				hide = true
			}
		}
		shown = append(shown, module.Quote(a))
	}
	return j.t.NotStarted(posix.PyError(err, []byte(c.Argv[0])), "rc", int64(posix.Errno(err)), "stdout", "", "stderr", "",
		"cmd", strings.Join(shown, " "))
}

// stamp is str() of a Python datetime of now: microseconds are left out when there are none.
func stamp(t time.Time) string {
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02 15:04:05")
	}
	return t.Format("2006-01-02 15:04:05.000000")
}

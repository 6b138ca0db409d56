package commands

import (
	"context"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

// taggedScriptSpec is what dialect tagged knows: dialect classic has no spec, and does not look at what it does not know.
var taggedScriptSpec = &argspec.Spec{
	Args: []argspec.Arg{{Name: "_raw_params"}, {Name: "cmd"}, {Name: "creates"}, {Name: "removes"}, {Name: "chdir"},
		{Name: "executable"}},
	OneOf:     [][]string{{"_raw_params", "cmd"}},
	Exclusive: [][]string{{"_raw_params", "cmd"}},
}

// Script is ansible.builtin.script: a program of the controller, copied to the host and run there by a
// shell.
func Script() module.Module {
	return module.Module{Name: "ansible.builtin.script", Short: "script", Effect: module.Open, Run: script}
}

func script(ctx context.Context, c *module.Call) *value.Dict {
	if c.Tagged() {
		if _, err := taggedScriptSpec.For(c.Dialect, true).Check("script", c.Args, posix.Environ{}); err != nil {
			return module.ActionFail(err.Error(), "")
		}
	}
	s := &scripted{c: c, line: strings.TrimSpace(argument(c.Args, "_raw_params"))}
	if r := s.settled(); r != nil {
		return r
	}
	words, err := posix.Split(s.line)
	switch {
	case err != nil:
		return module.Raised("ValueError", err.Error())
	case len(words) == 0:
		return module.Raised("IndexError", "list index out of range")
	case c.SourceError != "":
		r := module.SourceFail(expr.Classic, c.SourceError)
		r.SetStr(module.FailedBy, module.ByHandler)
		return r
	case c.Source == nil || c.Source.IsDir:
		return module.Raised("IsADirectoryError", "[Errno 21] Is a directory: "+words[0])
	}
	if c.Check {
		return s.wouldRun()
	}
	path, err := s.place()
	if err != nil {
		return value.DictOf("failed", true, "changed", true, "msg", err.Error())
	}
	defer func() { _ = os.Remove(path) }()
	r := shellResult(s.run(ctx, strings.ReplaceAll(s.line, words[0], path)))
	r.SetStr(module.FailedBy, module.ByAction)
	if failed, _ := r.GetStr("failed"); failed == true {
		r.SetStr("exception", "NoneType: None\n")
	}
	return r
}

// argument is an argument as text, "" when it is not given.
func argument(args *value.Dict, name string) string {
	v, _ := args.GetStr(name)
	if v == nil {
		return ""
	}
	s, _ := argspec.ToStr(v)
	return s
}

// scripted is one task of script.
type scripted struct {
	c    *module.Call
	line string
}

// settled handles creates, removes and a chdir that cannot be, nil when the script is to be run.
func (s *scripted) settled() *value.Dict {
	creates, removes, chdir := argument(s.c.Args, "creates"), argument(s.c.Args, "removes"), argument(s.c.Args, "chdir")
	switch {
	case creates != "" && posix.Exists(creates):
		return value.DictOf("skipped", true, "msg", creates+" exists, matching creates option")
	case removes != "" && !posix.Exists(removes):
		return value.DictOf("skipped", true, "msg", removes+" does not exist, matching removes option")
	case chdir != "" && !strings.HasPrefix(chdir, "/"):
		return module.ActionFail("chdir "+chdir+" must be an absolute path for a Unix-aware remote node", "")
	}
	return nil
}

// wouldRun is check mode: only a task with creates or removes is known to change something.
func (s *scripted) wouldRun() *value.Dict {
	if argument(s.c.Args, "creates") != "" || argument(s.c.Args, "removes") != "" {
		return value.DictOf("changed", true)
	}
	return value.DictOf("changed", false, "skipped", true, "msg", "Check mode is not supported for this task.")
}

// place copies the script beside the task's other temporary files.
func (s *scripted) place() (string, error) {
	r, err := s.c.Blobs.Open(s.c.Source.Digest)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	data, err := io.ReadAll(r)
	if err != nil {
		return "", err
	}
	path := posix.Join(s.c.RemoteTmp, posix.Basename(s.c.Source.Path))
	// A process that is started while the file is open for writing keeps it so, and then the script
	// cannot be run.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, data, 0o700); err != nil {
		return "", err
	}
	return path, os.Chmod(path, 0o744)
}

// run has the shell run a command line in the task's folder and environment.
func (s *scripted) run(ctx context.Context, line string) module.Output {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(s.c.Env)) {
		words = append(words, name+"="+module.Quote(s.c.Env[name]))
	}
	if exe := argument(s.c.Args, "executable"); exe != "" {
		words = append(words, exe)
	}
	line = strings.Join(append(words, line), " ")
	if dir := argument(s.c.Args, "chdir"); dir != "" {
		line = "cd " + dir + " && " + line
	}
	return module.Start(ctx, module.Command{Path: "/bin/sh", Argv: []string{"/bin/sh", "-c", line}, Env: os.Environ()})
}

// shellResult is the result of a line that the user's shell has run, with no module around it.
func shellResult(out module.Output) *value.Dict {
	if out.StartFailed != nil {
		return value.DictOf("failed", true, "changed", false, "msg", out.StartFailed.Error())
	}
	r := value.DictOf("changed", true, "rc", int64(out.RC), "stdout", out.Out, "stderr", out.Err)
	module.AddLines(r)
	if out.RC != 0 {
		r.SetStr("failed", true)
		r.SetStr("msg", "non-zero return code")
	}
	return r
}

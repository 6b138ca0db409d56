package fact

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"time"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
)

// Setup is the module that gathers facts.
var Setup = module.New("ansible.builtin.setup", "setup", module.Local, &argspec.Spec{
	CheckMode: true,
	Args: []argspec.Arg{
		{Name: "gather_subset", Type: argspec.List, Elements: argspec.Str, Default: value.NewList("all")},
		{Name: "gather_timeout", Type: argspec.Int, Default: int64(10)},
		{Name: "filter", Type: argspec.List, Elements: argspec.Str, Default: value.NewList()},
		{Name: "fact_path", Type: argspec.Path, Default: DefaultPath},
	},
}, runSetup)

func runSetup(ctx context.Context, t *module.Task) (*value.Dict, error) {
	timeout, _ := t.Get("gather_timeout").(int64)
	path, _ := value.Text(t.Get("fact_path"))
	g, err := Gather(ctx, systemOf(t.Call), Options{Subset: texts(t.Get("gather_subset")),
		Filter: texts(t.Get("filter")), Timeout: time.Duration(timeout) * time.Second, Path: path, Dialect: t.Dialect, Only: t.Collectors})
	if g != nil {
		for _, w := range g.Warnings {
			t.Warn("%s", w)
		}
	}
	var start *StartError
	var n syscall.Errno
	switch {
	case errors.As(err, &start) && errors.As(start.Err, &n):
		return nil, module.FailWith(err.Error(), "rc", int64(n), "cmd", start.File, "stdout", "", "stderr", "")
	case err != nil:
		return nil, module.Fail("%s", err.Error())
	}
	return value.DictOf("ansible_facts", g.Facts), nil
}

// texts are the texts of a list; a value that is none gives nothing.
func texts(v value.Value) []string {
	l, _ := v.(*value.List)
	if l == nil {
		return nil
	}
	r := make([]string, len(l.V))
	for i, e := range l.V {
		r[i], _ = value.Text(e)
	}
	return r
}

// systemOf is this machine with the environment and the Python of the task.
func systemOf(c *module.Call) *System {
	s := Here()
	if words := strings.Fields(c.Interpreter); len(words) == 1 {
		s.Python = words[0]
	}
	names := make([]string, 0, len(c.Env))
	for n := range c.Env {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		s.Environ = slices.DeleteFunc(s.Environ, func(e string) bool { return strings.HasPrefix(e, n+"=") })
		s.Environ = append(s.Environ, n+"="+c.Env[n])
	}
	return s
}

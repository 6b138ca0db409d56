package fact

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"pbc/ir/value"
	"pbc/runtime/module"
)

// Setup is the module that gathers facts.
var Setup = module.Module{Name: "ansible.builtin.setup", Short: "setup", Effect: module.Local, Run: runSetup}

func runSetup(ctx context.Context, c *module.Call) *value.Dict {
	args := newArguments(c, "gather_subset", "gather_timeout", "filter", "fact_path")
	o := Options{Subset: args.list("gather_subset", "all"), Filter: args.list("filter"),
		Timeout: time.Duration(args.int("gather_timeout", 10)) * time.Second,
		Path:    args.path("fact_path", DefaultPath)}
	if args.err != nil {
		return failure(args.err, nil)
	}
	g, err := Gather(ctx, hostOf(c), o)
	if err != nil {
		r := failure(err, args.params)
		if g != nil {
			addWarnings(r, g.Warnings)
		}
		return r
	}
	r := value.DictOf("ansible_facts", g.Facts, "changed", false, "invocation", value.DictOf("module_args", args.params))
	addWarnings(r, g.Warnings)
	return r
}

// hostOf is this machine with the environment of the task.
func hostOf(c *module.Call) *System {
	s := Here()
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

func addWarnings(r *value.Dict, w []string) {
	if len(w) > 0 {
		r.SetStr("warnings", textList(w))
	}
}

// failure is the result of a module that failed; params is nil while they are not all known.
func failure(err error, params *value.Dict) *value.Dict {
	r := value.DictOf("failed", true, "changed", false, "msg", err.Error())
	if params != nil {
		r.SetStr("invocation", value.DictOf("module_args", params))
	}
	var s *StartError
	var n syscall.Errno
	if errors.As(err, &s) && errors.As(s.Err, &n) {
		r.Update(value.DictOf("rc", int64(n), "cmd", s.File, "stdout", "", "stderr", ""))
	}
	return r
}

// arguments reads the arguments of the modules of this package. The first fault stays in err, in
// Ansible's words.
type arguments struct {
	given  *value.Dict
	params *value.Dict // as converted, for the result
	err    error
	env    *System
}

func newArguments(c *module.Call, names ...string) *arguments {
	a := &arguments{given: c.Args, params: value.NewDict(), env: hostOf(c)}
	slices.Sort(names)
	var unknown []string
	if c.Args != nil {
		for _, k := range c.Args.K {
			if s, _ := value.Text(k); !slices.Contains(names, s) {
				unknown = append(unknown, s)
			}
		}
	}
	slices.Sort(unknown)
	if len(unknown) > 0 {
		a.err = fmt.Errorf("Unsupported parameters for (%s) module: %s. Supported parameters include: %s.",
			c.Name, strings.Join(unknown, ", "), strings.Join(names, ", "))
	}
	return a
}

// get returns what was given; none when that is nothing or None.
func (a *arguments) get(name string) (value.Value, bool) {
	v, _ := a.given.GetStr(name)
	return v, v != nil
}

func (a *arguments) fail(name, format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf("argument '%s' is of type %s and we were unable to convert to %s", name,
			args[0], fmt.Sprintf(format, args[1:]...))
	}
}

func class(v value.Value) string { return "<class '" + value.TypeName(v) + "'>" }

// list reads a list of text: a text is split at commas.
func (a *arguments) list(name string, def ...string) []string {
	r := append([]string{}, def...)
	if v, ok := a.get(name); ok {
		r = nil
		switch x := v.(type) {
		case *value.List:
			r = texts(x.V)
		case value.Tuple:
			r = texts(x)
		case int64, float64:
			r = texts([]value.Value{x})
		default:
			if s, ok := value.Text(v); ok {
				r = strings.Split(s, ",")
			} else {
				a.fail(name, "list: %s cannot be converted to a list", class(v), class(v))
			}
		}
	}
	a.params.SetStr(name, textList(r))
	return r
}

func texts(v []value.Value) []string {
	r := make([]string, len(v))
	for i, e := range v {
		r[i], _ = value.ToStr(e)
	}
	return r
}

func (a *arguments) int(name string, def int64) int64 {
	r := def
	if v, ok := a.get(name); ok {
		s, _ := value.ToStr(v)
		n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		if err != nil {
			a.fail(name, "int: %s cannot be converted to an int", class(v), class(v))
		}
		r = n
	}
	a.params.SetStr(name, r)
	return r
}

// path reads a path, in which ~ and variables stand for what they do in a shell.
func (a *arguments) path(name, def string) string {
	r := def
	if v, ok := a.get(name); ok {
		r, _ = value.ToStr(v)
		r = os.Expand(strings.ReplaceAll(r, "$$", "$"), func(n string) string {
			if s := a.env.getenv(n); s != "" {
				return s
			}
			return "$" + n
		})
		if rest, ok := strings.CutPrefix(r, "~"); ok && (rest == "" || rest[0] == '/') {
			r = a.env.getenv("HOME") + rest
		}
	}
	a.params.SetStr(name, r)
	return r
}

// choice reads a text that must be one of the choices, of which the first is the default.
func (a *arguments) choice(name string, choices ...string) string {
	r := choices[0]
	if v, ok := a.get(name); ok {
		r, _ = value.ToStr(v)
		if !slices.Contains(choices, r) && a.err == nil {
			a.err = fmt.Errorf("value of %s must be one of: %s, got: %s", name, strings.Join(choices, ", "), r)
		}
	}
	a.params.SetStr(name, r)
	return r
}

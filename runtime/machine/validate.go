package machine

import (
	"context"
	"os"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/argspec"
)

// validateArgs checks variables against an argument spec: what Ansible puts before a role that has
// one.
//
// Ansible docs: "ansible.builtin.validate_argument_spec module".
func (x *taskRun) validateArgs(_ context.Context, args *value.Dict) (*value.Dict, error) {
	described := get(args, "validate_args_context")
	if described == nil {
		described = value.NewDict()
	}
	res := value.DictOf("validate_args_context", described)
	data, ok := get(args, "argument_spec").(*value.Dict)
	if !has(args, "argument_spec") {
		s, _ := value.Repr(args)
		return nil, faultf(`"argument_spec" arg is required in args: %s`, s)
	}
	if !ok {
		return nil, faultf("Incorrect type for argument_spec, expected dict and got %s", x.classOf(get(args, "argument_spec")))
	}
	provided := value.NewDict()
	for _, k := range data.K {
		name, _ := value.Text(k)
		raw, ok := x.vars.Lookup(name)
		if !ok {
			continue
		}
		v, err := x.eval().Value(raw)
		if err != nil {
			return nil, err
		}
		provided.SetStr(name, v)
	}
	if given, ok := get(args, "provided_arguments").(*value.Dict); ok {
		provided.Update(given)
	} else if has(args, "provided_arguments") {
		return nil, faultf("Incorrect type for provided_arguments, expected dict and got %s", x.classOf(get(args, "provided_arguments")))
	}
	errs := specOf(data).For(x.m.dialect, x.m.newer).CheckAll(x.given(provided), environ{})
	if len(errs) > 0 {
		res.Update(value.DictOf("failed", true, "msg", "Validation of arguments failed:\n"+strings.Join(errs, "\n"), "argument_spec_data", data,
			"argument_errors", texts(errs)))
		return res, nil
	}
	res.Update(value.DictOf("changed", false, "msg", "The arg spec validation passed"))
	return res, nil
}

// classOf is Python's str(type(v)) of a value of the playbook, as Ansible's own code sees it.
func (x *taskRun) classOf(v value.Value) string {
	if _, isText := value.Text(v); isText && x.tagged() {
		return "<class 'ansible.module_utils._internal._datatag._AnsibleTaggedStr'>"
	}
	return argspec.PlaybookClass(v)
}

// environ is the process's environment, for conversions of paths.
type environ struct{}

// Lookup implements argspec.Environ.
func (environ) Lookup(name string) (string, bool) { return os.LookupEnv(name) }

// ExpandPath implements argspec.Environ.
func (environ) ExpandPath(s string) string {
	s = os.ExpandEnv(s)
	if home, err := os.UserHomeDir(); err == nil && (s == "~" || strings.HasPrefix(s, "~/")) {
		return home + s[1:]
	}
	return s
}

// specOf reads an argument spec that is given as data.
func specOf(data *value.Dict) *argspec.Spec {
	s := &argspec.Spec{}
	for i, k := range data.K {
		name, _ := value.Text(k)
		s.Args = append(s.Args, argOf(name, asDict(data.V[i])))
	}
	return s
}

func argOf(name string, d *value.Dict) argspec.Arg {
	text := func(k string) argspec.Type { s, _ := value.Text(get(d, k)); return argspec.Type(s) }
	a := argspec.Arg{Name: name, Type: text("type"), Elements: text("elements"), Default: get(d, "default"), Required: truthy(d, "required"), NoLog: truthy(d, "no_log")}
	if l, ok := get(d, "choices").(*value.List); ok {
		a.Choices = l.V
	}
	if l, ok := get(d, "aliases").(*value.List); ok {
		for _, e := range l.V {
			s, _ := value.Text(e)
			a.Aliases = append(a.Aliases, s)
		}
	}
	if sub, ok := get(d, "options").(*value.Dict); ok {
		a.Sub = specOf(sub)
		a.SubDefaults = truthy(d, "apply_defaults")
	}
	return a
}

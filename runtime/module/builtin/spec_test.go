package builtin

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
)

// byPlugin are the modules whose action plugin looks at the arguments before the module does, or in its place.
var byPlugin = map[string]bool{"copy": true, "template": true, "assemble": true}

// TestArgumentsRefused gives every native module an argument that it does not have, and one of a wrong type.
func TestArgumentsRefused(t *testing.T) {
	for _, m := range All() {
		if m.Spec == nil || byPlugin[m.Short] {
			continue
		}
		for d, class := range map[expr.Dialect]string{expr.Classic: "<class 'str'>", expr.Tagged: "str"} {
			spec := m.Spec.For(d, false)
			t.Run(m.Short+"/"+class, func(t *testing.T) {
				args := required(spec)
				args.SetStr("no_such_argument", true)
				refused(t, m, d, args, "Unsupported parameters for (", "module: no_such_argument. Supported parameters include: ")
				for _, a := range spec.Options() {
					if a.Type == argspec.Bool && a.Name != "_uses_shell" {
						args := required(spec)
						args.SetStr(a.Name, "neither")
						refused(t, m, d, args, "argument '"+a.Name+"' is of type "+class+" and we were unable to convert to bool: The value 'neither' is not a valid boolean.")
					}
				}
			})
		}
	}
}

// required are arguments that satisfy what a spec requires where nothing else is given.
func required(s *argspec.Spec) *value.Dict {
	d := value.NewDict()
	for _, a := range s.Options() {
		switch {
		case a.Required && len(a.Choices) > 0:
			d.SetStr(a.Name, a.Choices[0])
		case a.Required:
			d.SetStr(a.Name, "/nowhere/at/all")
		}
	}
	for _, a := range s.Options() {
		if slices.ContainsFunc(s.OneOf, func(group []string) bool { return group[len(group)-1] == a.Name }) {
			d.SetStr(a.Name, "yes")
		}
	}
	for _, row := range s.If {
		for _, a := range s.Options() {
			if a.Name == row.Arg && a.Default == row.Value && a.Default != nil {
				d.SetStr(row.Needs[0], "/nowhere/at/all")
			}
		}
	}
	return d
}

func refused(t *testing.T, m module.Module, d expr.Dialect, args *value.Dict, words ...string) {
	t.Helper()
	r := m.Run(context.Background(), &module.Call{Name: m.Name, Args: args, RemoteTmp: t.TempDir(), Check: true, Dialect: d})
	v, _ := r.GetStr("msg")
	msg, _ := value.Text(v)
	failed, _ := r.GetStr("failed")
	for _, w := range words {
		if failed != true || !strings.Contains(msg, w) {
			t.Errorf("got failed=%v, %q, want %q", failed, msg, w)
		}
	}
}

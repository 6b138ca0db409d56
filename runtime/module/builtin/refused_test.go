package builtin

import (
	"fmt"
	"slices"
	"testing"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
)

// byPlugin are the modules whose action plugin looks at the arguments before the module does, or in its place: scenario
// argspec/actions calls them.
var byPlugin = map[string]bool{"copy": true, "template": true, "assemble": true, "raw": true, "script": true, "command": true, "shell": true,
	"async_status": true, "setup": true, "service_facts": true, "package_facts": true}

// TestArgumentsRefused gives every native module, by its spec, what Ansible refuses: arguments that it does not have, of a
// wrong type, that are no choice, that exclude each other, and none where some are required.
func TestArgumentsRefused(t *testing.T) {
	var all []scenario
	for _, m := range All() {
		if m.Spec == nil || byPlugin[m.Short] {
			continue
		}
		s := scenario{name: m.Short}
		for _, args := range wrongArguments(m.Spec) {
			text, err := value.JSON(args, value.JSONOptions{})
			if err != nil {
				t.Fatal(err)
			}
			s.steps = append(s.steps, "check "+moduleName(m)+" "+text)
		}
		all = append(all, s)
	}
	differ(t, "refused", all)
}

// moduleName is what a playbook calls the module.
func moduleName(m module.Module) string {
	if m.Name == "ansible.builtin."+m.Short {
		return m.Short
	}
	return m.Name
}

// wrongArguments are sets of arguments that the spec refuses, each for one reason.
func wrongArguments(s *argspec.Spec) []*value.Dict {
	out := []*value.Dict{with(s, "no_such_argument", true, "another", int64(1))}
	if required(s).Len() > 0 {
		out = append(out, value.DictOf())
	}
	out = append(out, wrongValues(s)...)
	for _, group := range slices.Concat(s.Exclusive, s.Together) {
		if d := required(s); slices.ContainsFunc(s.Together, func(g []string) bool { return slices.Equal(g, group) }) {
			d.SetStr(group[0], fitting(s, group[0]))
			out = append(out, d)
		} else {
			d.SetStr(group[0], fitting(s, group[0]))
			d.SetStr(group[1], fitting(s, group[1]))
			out = append(out, d)
		}
	}
	for _, row := range s.If {
		d := required(s)
		d.SetStr(row.Arg, row.Value)
		for _, n := range row.Needs {
			d.Del(n)
		}
		out = append(out, d)
	}
	for _, row := range s.By {
		d := required(s)
		d.SetStr(row.Arg, fitting(s, row.Arg))
		for _, n := range row.Needs {
			d.Del(n)
		}
		out = append(out, d)
	}
	return out
}

// wrong are values that an option of each type refuses.
var wrong = map[argspec.Type]value.Value{argspec.Bool: "neither", argspec.Int: "many", argspec.Float: "many", argspec.Map: "no dict",
	argspec.List: value.DictOf("a", int64(1)), argspec.Bytes: "heavy", argspec.Bits: "heavy"}

// wrongValues are one set for the first option of each type, and one for each option with choices.
func wrongValues(s *argspec.Spec) []*value.Dict {
	var out []*value.Dict
	seen := map[argspec.Type]bool{}
	for _, a := range s.Options() {
		if a.OnlyTagged || a.OnlyClassic || a.OnlyNewer || a.OnlyOlder {
			continue
		}
		if v, ok := wrong[a.Type]; ok && !seen[a.Type] {
			seen[a.Type] = true
			out = append(out, with(s, a.Name, v))
		}
		if len(a.Choices) > 0 {
			out = append(out, with(s, a.Name, "no choice"))
		}
		if a.Type == argspec.List && a.Elements != "" && a.Elements != argspec.Raw {
			out = append(out, with(s, a.Name, value.NewList(value.DictOf("a", int64(1)), value.NewList())))
		}
	}
	return out
}

// with are the required arguments with others beside or over them.
func with(s *argspec.Spec, more ...value.Value) *value.Dict {
	d := required(s)
	for i := 0; i < len(more); i += 2 {
		name, _ := value.Text(more[i])
		d.SetStr(name, more[i+1])
	}
	return d
}

// required are arguments that satisfy what a spec requires where nothing else is given.
func required(s *argspec.Spec) *value.Dict {
	d := value.NewDict()
	for _, a := range s.Options() {
		if a.Required {
			d.SetStr(a.Name, fitting(s, a.Name))
		}
	}
	for _, group := range s.OneOf {
		d.SetStr(group[len(group)-1], fitting(s, group[len(group)-1]))
	}
	for _, row := range s.If {
		for _, a := range s.Options() {
			if a.Name == row.Arg && a.Default == row.Value && a.Default != nil {
				d.SetStr(row.Needs[0], fitting(s, row.Needs[0]))
			}
		}
	}
	return d
}

// fitting is a value that an option takes, and that leads nowhere.
func fitting(s *argspec.Spec, name string) value.Value {
	i := slices.IndexFunc(s.Options(), func(a argspec.Arg) bool { return a.Name == name })
	if i < 0 {
		panic(fmt.Sprintf("a spec names %s, which it has not", name))
	}
	a := s.Options()[i]
	switch {
	case len(a.Choices) > 0:
		return a.Choices[0]
	case a.Type == argspec.Bool:
		return true
	case a.Type == argspec.Int || a.Type == argspec.Float:
		return int64(1)
	case a.Type == argspec.Map:
		return value.DictOf()
	}
	return "/nowhere/at/all"
}

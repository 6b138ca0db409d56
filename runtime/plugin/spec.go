package plugin

import (
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// Checked makes a filter of a function whose arguments are checked and converted as a module's are: that is how
// the filters of ansible.utils read theirs. The first positional options of the spec may be given by place, what
// is beyond them is ignored.
//
// Observed: ansible.utils 2.10.
func Checked(spec *argspec.Spec, positional int, f func(c *python.Call, p *value.Dict) (value.Value, error)) python.Func {
	classic, tagged := spec, spec.For(expr.Tagged, true)
	return func(c *python.Call) (value.Value, error) {
		spec := classic
		if c.Ctx.Tagged() {
			spec = tagged
		}
		for i, v := range c.Args[:min(positional, len(c.Args))] {
			if err := python.Use(v); err != nil && spec.Args[i].Type != argspec.Raw {
				return nil, err
			}
		}
		p, faults := check(spec, positional, c)
		if faults != nil {
			text, err := value.Repr(faults)
			if err != nil {
				return nil, err
			}
			return nil, exception.FilterError("%s", text)
		}
		return f(c, p)
	}
}

// check returns the parameters, or the list of what is wrong with the arguments.
func check(spec *argspec.Spec, positional int, c *python.Call) (*value.Dict, *value.List) {
	args := value.NewDict()
	for i, v := range c.Args[:min(positional, len(c.Args))] {
		args.SetStr(spec.Args[i].Name, v)
	}
	for _, a := range c.KW {
		args.SetStr(a.Name, a.V)
	}
	checked, err := spec.Check(c.Name, args, nil)
	if err == nil {
		return checked.Params, nil
	}
	faults := value.NewList()
	for _, e := range checked.Faults {
		faults.V = append(faults.V, e.Error())
	}
	return nil, faults
}

// CheckedTest makes the row of a test of ansible.utils. Its arguments are checked against the spec, and the function
// gets them as they were given.
//
// Observed: ansible.utils 2.10.
func CheckedTest(name, doc string, spec *argspec.Spec, f func(args []value.Value) bool) *Row {
	var params []string
	for _, a := range spec.Args[1:] {
		params = append(params, a.Name)
	}
	return &Row{Name: "ansible.utils." + name, Params: strings.Join(params, ", "), Doc: doc, Python: "_" + name, Fn: func(c *python.Call) (value.Value, error) {
		for _, v := range c.Args {
			if err := python.Use(v); err != nil {
				return nil, err
			}
		}
		_, faults := check(spec, len(spec.Args), c)
		if faults == nil {
			return f(c.Args), nil
		}
		text, err := value.Repr(faults)
		if err != nil {
			return nil, err
		}
		return nil, exception.AnsibleError("argspec validation failed for %s test plugin with errors: %s", name, text)
	}}
}

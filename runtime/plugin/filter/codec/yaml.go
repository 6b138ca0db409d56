package codec

import (
	"errors"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/python"
	"pbc/runtime/pyyaml"
)

var yamls = []*plugin.Row{
	{Name: "to_yaml", Params: "*args, **kw", Doc: "Write a value as YAML.", Native: true, Markers: true, Fn: toYAML},
	{Name: "to_nice_yaml", Params: "indent=4, *args, **kw", Doc: "Write a value as YAML in blocks.", Native: true, Markers: true, Fn: toNiceYAML},
}

// yamlOptions reads the arguments of yaml.dump.
func yamlOptions(c *python.Call, o *pyyaml.Options) error {
	for _, a := range c.KW {
		var err error
		switch a.Name {
		case "indent":
			o.Indent, err = yamlIndent(a.V)
		case "width":
			o.Width, err = yamlWidth(a.V)
		case "sort_keys":
			o.Sort, err = python.Truth(a.V)
		case "explicit_start":
			o.ExplicitStart, err = python.Truth(a.V)
		case "explicit_end":
			o.ExplicitEnd, err = python.Truth(a.V)
		case "default_flow_style":
			o.Flow, err = yamlFlow(a.V)
		case "allow_unicode":
			err = exception.TypeError("yaml.dump() got multiple values for keyword argument 'allow_unicode'")
		case "canonical", "default_style", "encoding", "line_break", "tags", "version":
			err = exception.TypeError("%s is not supported", a.Name)
			if a.V == nil {
				err = nil
			}
		default:
			err = exception.TypeError("dump_all() got an unexpected keyword argument '%s'", a.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func yamlFlow(v value.Value) (pyyaml.Flow, error) {
	if v == nil {
		return pyyaml.FlowLeaves, nil
	}
	on, err := python.Truth(v)
	if on {
		return pyyaml.FlowAlways, err
	}
	return pyyaml.FlowNever, err
}

func yamlIndent(v value.Value) (int64, error) {
	if v == nil {
		return 0, nil
	}
	return python.AsInt(v)
}

// yamlWidth reads a width, which people give as a float's infinity too.
func yamlWidth(v value.Value) (int64, error) {
	switch x := v.(type) {
	case nil:
		return 0, nil
	case float64:
		n, err := python.Truncate(x)
		if err != nil {
			return 0, err
		}
		v = n
	}
	return python.AsInt(v)
}

// yamlFailed wraps an error as the filters do; an undefined value is an error like any other.
func yamlFailed(name string, err error) error {
	var u *value.UndefError
	if errors.As(err, &u) {
		return &exception.Error{Class: exception.AnsibleFilter, Msg: name + " - " + u.Error(), Orig: err}
	}
	return &exception.Error{Class: exception.AnsibleFilter, Msg: name + " - " + err.Error(), Orig: err}
}

// fail is yamlFailed, which dialect tagged does not wrap.
func fail(c *python.Call, name string, err error) (value.Value, error) {
	if c.Ctx.Tagged() {
		return nil, err
	}
	return nil, yamlFailed(name, err)
}

func toYAML(c *python.Call) (value.Value, error) {
	return dumpYAML(c, "to_yaml", pyyaml.Options{Sort: true})
}

func toNiceYAML(c *python.Call) (value.Value, error) {
	indent, err := yamlIndent(c.Opt(1, int64(4)))
	if err != nil {
		return fail(c, "to_nice_yaml", err)
	}
	return dumpYAML(c, "to_nice_yaml", pyyaml.Options{Sort: true, Indent: indent, Flow: pyyaml.FlowNever})
}

func dumpYAML(c *python.Call, name string, o pyyaml.Options) (value.Value, error) {
	err := yamlOptions(c, &o)
	if err != nil {
		return fail(c, name, err)
	}
	s, err := pyyaml.Dump(c.Args[0], o)
	if err != nil {
		return fail(c, name, err)
	}
	return s, nil
}

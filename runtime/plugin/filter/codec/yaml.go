package codec

import (
	"errors"

	"pbc/ir/value"
	"pbc/runtime/bound"
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
func yamlOptions(c *python.Call, e *pyyaml.Emitter, r *pyyaml.Representer) error {
	for _, a := range c.KW {
		var err error
		switch a.Name {
		case "indent":
			err = setYAMLIndent(e, a.V)
		case "width":
			err = setYAMLWidth(e, a.V)
		case "sort_keys":
			r.Sort, err = python.Truth(a.V)
		case "explicit_start":
			e.ExplicitStart, err = python.Truth(a.V)
		case "explicit_end":
			e.ExplicitEnd, err = python.Truth(a.V)
		case "default_flow_style":
			err = setYAMLFlow(r, a.V)
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

func setYAMLFlow(r *pyyaml.Representer, v value.Value) error {
	if v == nil {
		r.Flow = pyyaml.FlowLeaves
		return nil
	}
	on, err := python.Truth(v)
	r.Flow = pyyaml.FlowNever
	if on {
		r.Flow = pyyaml.FlowAlways
	}
	return err
}

func setYAMLIndent(e *pyyaml.Emitter, v value.Value) error {
	if v == nil {
		return nil
	}
	n, err := python.AsInt(v)
	e.Indent = 2
	if n > 1 && n < 10 {
		e.Indent = int(n)
	}
	return err
}

func setYAMLWidth(e *pyyaml.Emitter, v value.Value) error {
	if v == nil {
		return nil
	}
	n, err := yamlWidth(v)
	switch {
	case err != nil:
		return err
	case n < 0:
		e.Width = bound.Text
	case n <= int64(e.Indent)*2:
		e.Width = 80
	default:
		e.Width = int(min(n, bound.Text))
	}
	return nil
}

// yamlWidth reads a width, which people give as a float's infinity too.
func yamlWidth(v value.Value) (int64, error) {
	if f, ok := v.(float64); ok {
		x, err := python.Truncate(f)
		if err != nil {
			return 0, err
		}
		return python.AsInt(x)
	}
	return python.AsInt(v)
}

func dumpYAML(c *python.Call, e *pyyaml.Emitter, r *pyyaml.Representer) (value.Value, error) {
	if err := yamlOptions(c, e, r); err != nil {
		return nil, err
	}
	r.Seen = map[any]*pyyaml.Node{}
	n, err := r.Node(c.Args[0], 0)
	if err != nil {
		return nil, err
	}
	count := 0
	pyyaml.Anchor(n, map[*pyyaml.Node]bool{}, &count)
	s := e.Document(n)
	if len(s) > bound.Text {
		return nil, bound.TooLarge()
	}
	return s, nil
}

// yamlFailed wraps an error as the filters do; an undefined value is an error like any other.
func yamlFailed(name string, err error) error {
	var u *value.UndefError
	if errors.As(err, &u) {
		return &exception.Error{Class: exception.AnsibleFilter, Msg: name + " - " + u.Error(), Orig: err}
	}
	return &exception.Error{Class: exception.AnsibleFilter, Msg: name + " - " + err.Error(), Orig: err}
}

func toYAML(c *python.Call) (value.Value, error) {
	v, err := dumpYAML(c, pyyaml.NewEmitter(), &pyyaml.Representer{Sort: true})
	if err != nil {
		return nil, yamlFailed("to_yaml", err)
	}
	return v, nil
}

func toNiceYAML(c *python.Call) (value.Value, error) {
	e := pyyaml.NewEmitter()
	if err := setYAMLIndent(e, c.Opt(1, int64(4))); err != nil {
		return nil, yamlFailed("to_nice_yaml", err)
	}
	v, err := dumpYAML(c, e, &pyyaml.Representer{Sort: true, Flow: pyyaml.FlowNever})
	if err != nil {
		return nil, yamlFailed("to_nice_yaml", err)
	}
	return v, nil
}

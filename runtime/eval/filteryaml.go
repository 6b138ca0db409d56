package eval

import (
	"errors"

	"pbc/ir/value"
)

var yamlsTable = []*Plugin{
	{Name: "to_yaml", Params: "*args, **kw", Doc: "Write a value as YAML.", native: true, markers: true, fn: toYAML},
	{Name: "to_nice_yaml", Params: "indent=4, *args, **kw", Doc: "Write a value as YAML in blocks.", native: true, markers: true, fn: toNiceYAML},
}

// yamlOptions reads the arguments of yaml.dump.
func yamlOptions(c *call, e *yamlEmitter, r *representer) error {
	for _, a := range c.kw {
		var err error
		switch a.name {
		case "indent":
			err = setYAMLIndent(e, a.v)
		case "width":
			err = setYAMLWidth(e, a.v)
		case "sort_keys":
			r.sort, err = truth(a.v)
		case "explicit_start":
			e.explicitStart, err = truth(a.v)
		case "explicit_end":
			e.explicitEnd, err = truth(a.v)
		case "default_flow_style":
			err = setYAMLFlow(r, a.v)
		case "allow_unicode":
			err = typeErr("yaml.dump() got multiple values for keyword argument 'allow_unicode'")
		case "canonical", "default_style", "encoding", "line_break", "tags", "version":
			err = typeErr("%s is not supported", a.name)
			if a.v == nil {
				err = nil
			}
		default:
			err = typeErr("dump_all() got an unexpected keyword argument '%s'", a.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func setYAMLFlow(r *representer, v val) error {
	if v == nil {
		r.flow = flowLeaves
		return nil
	}
	on, err := truth(v)
	r.flow = flowNever
	if on {
		r.flow = flowAlways
	}
	return err
}

func setYAMLIndent(e *yamlEmitter, v val) error {
	if v == nil {
		return nil
	}
	n, err := asInt(v)
	e.indent = 2
	if n > 1 && n < 10 {
		e.indent = int(n)
	}
	return err
}

func setYAMLWidth(e *yamlEmitter, v val) error {
	if v == nil {
		return nil
	}
	n, err := yamlWidth(v)
	switch {
	case err != nil:
		return err
	case n < 0:
		e.width = maxText
	case n <= int64(e.indent)*2:
		e.width = 80
	default:
		e.width = int(min(n, maxText))
	}
	return nil
}

// yamlWidth reads a width, which people give as a float's infinity too.
func yamlWidth(v val) (int64, error) {
	if f, ok := v.(float64); ok {
		x, err := truncate(f)
		if err != nil {
			return 0, err
		}
		return asInt(x)
	}
	return asInt(v)
}

func dumpYAML(c *call, e *yamlEmitter, r *representer) (val, error) {
	if err := yamlOptions(c, e, r); err != nil {
		return nil, err
	}
	r.seen = map[any]*yamlNode{}
	n, err := r.node(c.args[0], 0)
	if err != nil {
		return nil, err
	}
	count := 0
	anchor(n, map[*yamlNode]bool{}, &count)
	s := e.document(n)
	if len(s) > maxText {
		return nil, tooLarge()
	}
	return s, nil
}

// yamlFailed wraps an error as the filters do; an undefined value is an error like any other.
func yamlFailed(name string, err error) error {
	var u *value.UndefError
	if errors.As(err, &u) {
		return &Error{Class: AnsibleFilterError, Msg: name + " - " + u.Error(), Orig: err}
	}
	return &Error{Class: AnsibleFilterError, Msg: name + " - " + err.Error(), Orig: err}
}

func toYAML(c *call) (val, error) {
	v, err := dumpYAML(c, newYAMLEmitter(), &representer{sort: true})
	if err != nil {
		return nil, yamlFailed("to_yaml", err)
	}
	return v, nil
}

func toNiceYAML(c *call) (val, error) {
	e := newYAMLEmitter()
	if err := setYAMLIndent(e, c.opt(1, int64(4))); err != nil {
		return nil, yamlFailed("to_nice_yaml", err)
	}
	v, err := dumpYAML(c, e, &representer{sort: true, flow: flowNever})
	if err != nil {
		return nil, yamlFailed("to_nice_yaml", err)
	}
	return v, nil
}

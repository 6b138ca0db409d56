package eval

import (
	"sort"

	"pbc/ir/value"
	"pbc/runtime/python"
)

// cycler is what cycler() makes.
type cycler struct {
	items []val
	i     int
}

func (c *cycler) TypeName() string { return "Cycler" }

func (c *cycler) Repr() (string, error) { return "<jinja2.utils.Cycler object>", nil }

func (c *cycler) Attr(name string) (val, bool) {
	if name == "current" {
		return c.items[c.i], true
	}
	return nil, false
}

func (c *cycler) Method(name string) python.Method {
	switch name {
	case "next":
		return func(val, *python.Call) (val, error) {
			v := c.items[c.i]
			c.i = (c.i + 1) % len(c.items)
			return v, nil
		}
	case "reset":
		return func(val, *python.Call) (val, error) { c.i = 0; return nil, nil }
	}
	return nil
}

// varsView is the variable vars: all variables by name. Dialect classic gives them unrendered.
type varsView struct{ e *Eval }

func (v *varsView) TypeName() string { return "dict" }

func (v *varsView) raw(name string) (val, bool, error) {
	x, ok := v.e.cfg.Vars.Lookup(name)
	if !ok {
		return nil, false, nil
	}
	if v.e.tagged() {
		x, err := v.e.taggedLazy(x)
		if err != nil {
			return capture(err), true, nil
		}
		return x, true, nil
	}
	return unrendered(x), true, nil
}

// unrendered shows templates as the text they were written as.
func unrendered(v val) val {
	switch x := v.(type) {
	case *value.Tmpl:
		return x.Src
	case *list:
		r := make([]val, len(x.V))
		for i, e := range x.V {
			r[i] = unrendered(e)
		}
		return &list{V: r}
	case *dict:
		d := x.Copy()
		for i, e := range d.V {
			d.V[i] = unrendered(e)
		}
		return d
	}
	return v
}

// Dict returns the variables.
func (v *varsView) Dict() (*dict, error) {
	names := v.e.names()
	sort.Strings(names)
	d := value.NewDict()
	for _, n := range names {
		x, _, err := v.raw(n)
		if err != nil {
			return nil, err
		}
		d.SetStr(n, x)
	}
	return d, nil
}

func (v *varsView) Repr() (string, error) {
	d, err := v.Dict()
	if err != nil {
		return "", err
	}
	return value.Repr(d)
}

// Elems are the names of the variables.
func (v *varsView) Elems() []val {
	d, err := v.Dict()
	if err != nil {
		return nil
	}
	return d.K
}

func (v *varsView) Contains(x val) (bool, error) {
	name, ok := value.Text(x)
	if !ok {
		return false, python.Use(x)
	}
	_, ok = v.e.cfg.Vars.Lookup(name)
	return ok, nil
}

func (v *varsView) Item(k val) (val, bool, error) {
	name, ok := value.Text(k)
	if !ok {
		return nil, false, python.Use(k)
	}
	return v.raw(name)
}

func (v *varsView) Method(name string) python.Method {
	m := python.DictMethods[name]
	if m == nil {
		return nil
	}
	return func(_ val, c *python.Call) (val, error) {
		d, err := v.Dict()
		if err != nil {
			return nil, err
		}
		return m(d, c)
	}
}

package eval

import (
	"sort"

	"pbc/ir/value"
	"pbc/runtime/exception"
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

// hostVars is the variable hostvars: the hosts' variables by host.
type hostVars struct {
	o      Outside
	tagged bool
}

func (h *hostVars) TypeName() string { return "HostVars" }

func (h *hostVars) Repr() (string, error) { return "<ansible.vars.hostvars.HostVars object>", nil }

// Elems are the names of the hosts: what iterating over hostvars gives.
func (h *hostVars) Elems() []val {
	var r []val
	for _, n := range h.o.Hosts() {
		r = append(r, n)
	}
	return r
}

func (h *hostVars) Contains(x val) (bool, error) {
	s, ok := value.Text(x)
	if !ok {
		return false, python.Use(x)
	}
	for _, n := range h.o.Hosts() {
		if n == s {
			return true, nil
		}
	}
	return false, nil
}

func (h *hostVars) Item(k val) (val, bool, error) {
	name, ok := value.Text(k)
	if !ok {
		return nil, false, python.Use(k)
	}
	if found, err := h.Contains(k); err != nil || !found {
		u := &undef{Name: "hostvars['" + name + "']"}
		if h.tagged {
			u.Hint = u.Name
		}
		return u, true, err
	}
	return &hostVarsOf{h.o, name}, true, nil
}

func (h *hostVars) Method(name string) python.Method {
	if name == "get" || name == "keys" || name == "values" || name == "items" {
		return func(_ val, c *python.Call) (val, error) {
			d, _ := h.Dict()
			return python.DictMethods[name](d, c)
		}
	}
	return nil
}

// Dict is hostvars as a dictionary of each host's variables.
func (h *hostVars) Dict() (*dict, error) {
	d := value.NewDict()
	for _, n := range h.o.Hosts() {
		d.SetStr(n, &hostVarsOf{h.o, n})
	}
	return d, nil
}

// hostVarsOf is hostvars[host]: one host's variables, rendered by its own.
type hostVarsOf struct {
	o    Outside
	host string
}

func (h *hostVarsOf) TypeName() string { return "HostVarsVars" }

// QualifiedName is the class with its module, as messages about missing attributes have it.
func (h *hostVarsOf) QualifiedName() string { return "ansible.vars.hostvars.HostVarsVars" }

// Dict returns the host's variables.
func (h *hostVarsOf) Dict() (*dict, error) {
	v, _, err := h.o.HostVar(h.host, "")
	if err != nil {
		return nil, err
	}
	d, ok := v.(*dict)
	if !ok {
		return nil, exception.AnsibleError("the variables of %s are not a dictionary", h.host)
	}
	return d, nil
}

func (h *hostVarsOf) Repr() (string, error) {
	d, err := h.Dict()
	if err != nil {
		return "", err
	}
	return value.Repr(d)
}

// Elems are the names of the variables.
func (h *hostVarsOf) Elems() []val {
	d, err := h.Dict()
	if err != nil {
		return nil
	}
	return d.K
}

func (h *hostVarsOf) Contains(x val) (bool, error) {
	name, ok := value.Text(x)
	if !ok {
		return false, python.Use(x)
	}
	_, found, err := h.o.HostVar(h.host, name)
	return found, err
}

func (h *hostVarsOf) Item(k val) (val, bool, error) {
	name, ok := value.Text(k)
	if !ok || name == "" {
		return nil, false, python.Use(k)
	}
	return h.o.HostVar(h.host, name)
}

func (h *hostVarsOf) Method(name string) python.Method {
	switch name {
	case "get", "keys", "values", "items", "copy":
		return func(_ val, c *python.Call) (val, error) {
			d, err := h.Dict()
			if err != nil {
				return nil, err
			}
			return python.DictMethods[name](d, c)
		}
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

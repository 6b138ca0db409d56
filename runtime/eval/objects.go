package eval

import (
	"slices"
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

// hostVars is the variable hostvars: the hosts' variables by host. This machine is found in it under any of its names, in an
// inventory or not.
type hostVars struct {
	o       Outside
	classic bool
}

// localNames are the names of this machine that an inventory need not have.
var localNames = map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true}

func (h *hostVars) TypeName() string { return "HostVars" }

// Repr is, in dialect classic, that of the hosts of the inventory with their variables.
func (h *hostVars) Repr() (string, error) {
	if !h.classic {
		return "<ansible.vars.hostvars.HostVars object>", nil
	}
	d := value.NewDict()
	for _, n := range h.o.Hosts() {
		d.SetStr(n, &hostVarsOf{h.o, n})
	}
	return value.Repr(d)
}

// hosts are the names that iterating over hostvars gives. In dialect classic localhost is always one.
func (h *hostVars) hosts() []string {
	names := h.o.Hosts()
	if h.classic && !slices.Contains(names, "localhost") {
		names = append(slices.Clip(names), "localhost")
	}
	return names
}

// Elems are the names of the hosts.
func (h *hostVars) Elems() []val {
	var r []val
	for _, n := range h.hosts() {
		r = append(r, n)
	}
	return r
}

// Len is the number of hosts, to which dialect classic adds one for localhost whether the inventory has it or not.
//
// Observed: scenarios/vars/hostvars.txtar.
func (h *hostVars) Len() int {
	if h.classic {
		return len(h.o.Hosts()) + 1
	}
	return len(h.o.Hosts())
}

func (h *hostVars) Contains(x val) (bool, error) {
	s, ok := value.Text(x)
	if !ok {
		return false, python.Use(x)
	}
	return localNames[s] || slices.Contains(h.o.Hosts(), s), nil
}

func (h *hostVars) Item(k val) (val, bool, error) {
	name, ok := value.Text(k)
	if !ok {
		return nil, false, python.Use(k)
	}
	if found, err := h.Contains(k); err != nil || !found {
		return h.missing(name), true, err
	}
	return &hostVarsOf{h.o, name}, true, nil
}

// missing is the variables of a host that is not there.
func (h *hostVars) missing(name string) val {
	name = "hostvars['" + name + "']"
	if h.classic {
		return &undef{Name: name}
	}
	return &undef{Hint: name}
}

func (h *hostVars) Method(name string) python.Method {
	if name == "get" { // a host that is not there is undefined, whatever the default
		return func(_ val, c *python.Call) (val, error) {
			v, _, err := h.Item(c.Get(0, "key", nil))
			return v, err
		}
	}
	if name == "keys" || name == "values" || name == "items" {
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
	for _, n := range h.hosts() {
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

package eval

import (
	"slices"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

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
		d.SetStr(n, &hostVarsOf{o: h.o, host: n})
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
	return &hostVarsOf{o: h.o, host: name}, true, nil
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
		d.SetStr(n, &hostVarsOf{o: h.o, host: n})
	}
	return d, nil
}

// hostVarsOf is hostvars[host]: one host's variables, rendered by its own.
type hostVarsOf struct {
	o    Outside
	host string
	// caller, unless "", is the host whose name inventory_hostname is here: the one that delegates a task.
	caller string
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
	if h.caller != "" {
		d.SetStr("inventory_hostname", h.caller)
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
	if h.caller != "" && name == "inventory_hostname" {
		return h.caller, true, nil
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

// Delegating may be implemented by an Outside whose task may be delegated: it names the host, "" when the task is not, and the host
// that delegates.
type Delegating interface {
	Delegated() (to, by string)
}

// delegatedVars is ansible_delegated_vars: the variables of the host that a task is delegated to, by its name. A task that is not
// delegated has no such variable.
func (e *Eval) delegatedVars() val {
	d, ok := e.cfg.Outside.(Delegating)
	if !ok {
		return nil
	}
	to, by := d.Delegated()
	if to == "" {
		return nil
	}
	return value.DictOf(to, &hostVarsOf{o: e.cfg.Outside, host: to, caller: by})
}

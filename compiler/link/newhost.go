package link

import (
	"fmt"
	"slices"
	"strings"

	"pbc/compiler/inventory"
	"pbc/ir/event"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// What tasks do to the inventory. add_host and group_by ask twice: first, under the name event.Describe, for the result that tells what they are about
// to do; and, once the whole task has not failed, to do what a result says.

// changeInventory does what add_host, group_by and meta: refresh_inventory ask for.
func (l *Linker) changeInventory(s Site, n *event.Need) *event.Answer {
	args, _ := n.Args.V.(*value.Dict)
	t, _ := l.task(s.Play, s.Task)
	if t == nil {
		return &event.Answer{Error: "unknown task"}
	}
	switch {
	case t.Module == "ansible.builtin.add_host" && n.Name == event.Describe:
		return result(l.newHost(s, args))
	case t.Module == "ansible.builtin.group_by" && n.Name == event.Describe:
		return result(newGroup(args))
	}
	clear(l.gate.hosts)
	switch {
	case t.Module == "ansible.builtin.add_host":
		return result(l.addHost(s, args))
	case t.Module == "ansible.builtin.group_by":
		return result(l.groupBy(s.Host, args))
	case n.Name != "refresh_inventory":
		return &event.Answer{}
	}
	return l.refresh(s, n)
}

// refresh reads the inventory again, for the first host that asks. A host that the play does not find any more has come to its end.
func (l *Linker) refresh(s Site, n *event.Need) *event.Answer {
	once := fmt.Sprint(s.Play, n.Addr, l.active[s.Play])
	if l.refreshed != once {
		l.refreshed = once
		if err := l.opt.Inventory.Refresh(); err != nil {
			return result(nil, err)
		}
		names, err := l.playHosts(s.Play)
		if err != nil {
			return result(nil, err)
		}
		l.all, l.added, l.found = names, nil, append([]string{}, names...)
	}
	if !slices.Contains(l.found, s.Host) {
		return &event.Answer{Go: event.End}
	}
	return &event.Answer{}
}

// newHost is the result that says which host add_host makes.
func (l *Linker) newHost(s Site, args *value.Dict) (value.Value, error) {
	first := func(names ...string) value.Value {
		for _, n := range names {
			if v, ok := args.GetStr(n); ok {
				return v
			}
		}
		return nil
	}
	name, _ := value.ToStr(first("name", "hostname", "host"))
	groups := groupNames(first("groupname", "groups", "group"))
	vars := value.NewDict()
	for i, k := range args.K {
		switch key, _ := value.Text(k); key {
		case "name", "hostname", "groups", "groupname":
		default:
			vars.SetStr(key, args.V[i])
		}
	}
	if l.opt.Dialect == expr.Classic {
		vars = value.Taint(vars).(*value.Dict) // as in every result
	}
	if host, port, ok := inventory.SplitAddress(name); ok {
		name = host
		if port != 0 {
			vars.SetStr("ansible_ssh_port", port)
		}
	}
	return value.DictOf("changed", false, "add_host", value.DictOf("host_name", name, "groups", texts(groups), "host_vars", vars)), nil
}

// addHost adds the host that a result of newHost describes, and answers whether that changed anything.
func (l *Linker) addHost(s Site, described *value.Dict) (value.Value, error) {
	t, _ := l.task(s.Play, s.Task)
	d, _ := at(described, "add_host").(*value.Dict)
	name, _ := value.Text(at(d, "host_name"))
	vars := value.NewDict()
	if given, ok := at(d, "host_vars").(*value.Dict); ok {
		for i, k := range given.K {
			key, _ := value.Text(k)
			_ = vars.Set(placedArg(t, key), given.V[i]) // text can be a key
		}
	}
	changed, err := l.opt.Inventory.AddHost(name, groupNames(at(d, "groups")), vars)
	if err != nil {
		return nil, err
	}
	l.gate.added[name] = inventory.Combine(l.gate.added[name], vars, false)
	if changed && !slices.Contains(l.all, name) {
		l.added = appendNew(l.added, name)
	}
	return value.DictOf("changed", changed), nil
}

// groupNames are those of a list, or of a text with commas.
func groupNames(v value.Value) []string {
	var out []string
	if list, ok := v.(*value.List); ok {
		for _, e := range list.V {
			s, _ := value.ToStr(e)
			out = appendNew(out, strings.TrimSpace(s))
		}
		return out
	}
	s, _ := value.Text(v)
	for _, g := range strings.Split(s, ",") {
		if g = strings.TrimSpace(g); g != "" {
			out = appendNew(out, g)
		}
	}
	return out
}

// newGroup is the result that says which group group_by makes.
func newGroup(args *value.Dict) (value.Value, error) {
	key, _ := args.GetStr("key")
	name, err := value.ToStr(key)
	if err != nil {
		return nil, err
	}
	parents := []string{"all"}
	if p, ok := args.GetStr("parents"); ok {
		parents = nil
		list, many := p.(*value.List)
		if !many {
			list = &value.List{V: []value.Value{p}}
		}
		for _, e := range list.V {
			s, _ := value.ToStr(e)
			parents = append(parents, strings.ReplaceAll(s, " ", "-"))
		}
	}
	return value.DictOf("changed", false, "add_group", strings.ReplaceAll(name, " ", "-"), "parent_groups", texts(parents)), nil
}

// groupBy puts the host into the group that a result of newGroup describes, and answers whether that changed anything.
func (l *Linker) groupBy(host string, described *value.Dict) (value.Value, error) {
	name, _ := value.Text(at(described, "add_group"))
	var parents []string
	if list, ok := at(described, "parent_groups").(*value.List); ok {
		for _, e := range list.V {
			s, _ := value.Text(e)
			parents = append(parents, s)
		}
	}
	changed, err := l.opt.Inventory.AddToGroup(l.opt.Inventory.Host(host), name, parents)
	if err != nil {
		return nil, err
	}
	return value.DictOf("changed", changed), nil
}

// at is an entry of a dictionary, nil where it has none or is none.
func at(d *value.Dict, key string) value.Value {
	if d == nil {
		return nil
	}
	v, _ := d.GetStr(key)
	return v
}

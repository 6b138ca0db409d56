package lower

import (
	"slices"
	"strings"

	"pbc/compiler/playbook"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/value"
)

// moduleDefaults are the entries of module_defaults that hold for a task, by name: of several levels that give one the innermost
// counts, as a whole.
type moduleDefaults struct {
	names []string // in the order in which they were first given
	args  map[string]*yaml.Node
}

func defaultsAround(t *playbook.Task) moduleDefaults {
	d := moduleDefaults{args: map[string]*yaml.Node{}}
	for _, n := range playbook.Joined(t, "module_defaults", true) {
		items := []*yaml.Node{n}
		if n.Kind == yaml.Seq {
			items = n.Items
		}
		for _, m := range items {
			for i, key := range m.Keys {
				name, _ := key.Text()
				if d.args[name] == nil {
					d.names = append(d.names, name)
				}
				d.args[name] = m.Items[i]
			}
		}
	}
	return d
}

// each calls f for the entries of groups by each member, then for those of modules.
func (d moduleDefaults) each(groups map[string][]string, f func(module string, args *yaml.Node)) {
	for _, name := range d.names {
		if group, ok := strings.CutPrefix(name, "group/"); ok {
			for _, m := range groups[group] {
				f(m, d.args[name])
			}
		}
	}
	for _, name := range d.names {
		if !strings.HasPrefix(name, "group/") {
			f(name, d.args[name])
		}
	}
}

// groups are the groups of actions that the play's module_defaults name, with their members.
func (b *builder) groups() map[string][]string {
	if b.play == nil {
		return nil
	}
	return b.play.Groups
}

// defaults are the module_defaults for a module of any of the names: those of groups first, which lose.
func (b *builder) defaults(t *playbook.Task, names ...string) []ir.Val {
	var out []ir.Val
	defaultsAround(t).each(b.groups(), func(name string, args *yaml.Node) {
		if slices.Contains(names, name) {
			out = append(out, b.val(args))
		}
	})
	return out
}

// defaultNames are the names by which module_defaults may mean the task's module: of one of ansible-core its full name only.
func defaultNames(t *playbook.Task) []string {
	if strings.HasPrefix(t.FQCN, "ansible.builtin.") {
		return []string{t.FQCN}
	}
	return []string{t.FQCN, t.Action}
}

// choosers are the actions that choose a module while running.
var choosers = map[string]bool{"ansible.builtin.service": true, "ansible.builtin.package": true}

// defaultsOf are all module_defaults around a task: lists by full name.
func (b *builder) defaultsOf(t *playbook.Task) ir.Val {
	out := value.NewDict()
	defaultsAround(t).each(b.groups(), func(name string, args *yaml.Node) {
		v, _ := out.GetStr(name)
		list, ok := v.(*value.List)
		if !ok {
			list = value.NewList()
			out.SetStr(name, list)
		}
		list.V = append(list.V, b.val(args).V)
	})
	return ir.Val{V: out}
}

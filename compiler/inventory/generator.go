package inventory

import (
	"errors"
	"fmt"

	"pbc/compiler/jinja"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// parseGenerator makes a host of every combination of layers, with groups that are templates too.
//
// Ansible docs: "ansible.builtin.generator inventory".
func (inv *Inventory) parseGenerator(source, name string) error {
	conf, err := inv.pluginConfig(source, name)
	if err != nil {
		return err
	}
	for _, key := range []string{"layers", "hosts"} {
		if _, ok := conf.GetStr(key); !ok {
			return fmt.Errorf("'%s'", key) // Python's KeyError
		}
	}
	layers, hosts := dictOption(conf, "layers"), dictOption(conf, "hosts")
	g := generator{inv: inv}
	return g.combine(layers, value.NewDict(), func(vars *value.Dict) error {
		name, ok := hosts.GetStr("name")
		if !ok {
			return fmt.Errorf("'name'")
		}
		host, err := g.template(name, vars)
		if err != nil {
			return err
		}
		if _, err := inv.addHost(text(host), nil, ""); err != nil {
			return err
		}
		return g.parents(text(host), hosts, vars)
	})
}

type generator struct{ inv *Inventory }

// maxGenerated bounds the hosts of one configuration.
const maxGenerated = 1 << 20

// combine calls each for every combination of the layers from the first that has no value in vars, the last one
// changing fastest.
func (g generator) combine(layers, vars *value.Dict, each func(*value.Dict) error) error {
	n := vars.Len()
	if n == layers.Len() {
		if len(g.inv.hostOrder) > maxGenerated {
			return fmt.Errorf("the layers make more than %d hosts", maxGenerated)
		}
		return each(vars)
	}
	l, ok := layers.V[n].(*value.List)
	if !ok {
		return fmt.Errorf("'%s' object is not iterable", value.TypeName(layers.V[n]))
	}
	for _, v := range l.V {
		with := vars.Copy()
		if err := with.Set(layers.K[n], v); err != nil {
			return err
		}
		if err := g.combine(layers, with, each); err != nil {
			return err
		}
	}
	return nil
}

// template renders a text. Classic cannot have anything else here; tagged takes it as it is.
func (g generator) template(v value.Value, vars *value.Dict) (value.Value, error) {
	s, ok := value.Text(v)
	o := jinja.Defaults(g.inv.opts.Dialect)
	switch {
	case ok && o.Dialect == expr.Tagged:
		return g.inv.evaluator(vars).Value(o.Value(s))
	case ok:
		return g.inv.evaluator(vars).String(jinja.Template(s, o))
	case o.Dialect == expr.Tagged:
		return v, nil
	}
	return nil, notText(v)
}

// notText is Python's error for a value that is taken for a template's text.
func notText(v value.Value) error {
	switch v.(type) {
	case *value.Dict:
		return errors.New("0") // the KeyError of its first character
	case *value.List:
		return errors.New("'AnsibleSequence' object has no attribute 'startswith'")
	}
	return fmt.Errorf("object of type '%s' has no len()", value.TypeName(v))
}

// parents puts a host or group below the groups of its entry.
func (g generator) parents(child string, entry, vars *value.Dict) error {
	list, _ := entry.GetStr("parents")
	l, ok := list.(*value.List)
	if !ok {
		return nil
	}
	for _, p := range l.V {
		parent, _ := p.(*value.Dict)
		given, ok := parent.GetStr("name")
		if !ok {
			return fmt.Errorf("'name'")
		}
		name, err := g.template(given, vars)
		if err != nil {
			return err
		}
		group, err := g.inv.addGroup(text(name))
		if err != nil {
			return err
		}
		own := dictOption(parent, "vars")
		for i, k := range own.K {
			v, err := g.template(own.V[i], vars)
			if err == nil {
				err = group.set(k, v)
			}
			if err != nil {
				return err
			}
		}
		if err := g.inv.addChildNamed(group.Name, child); err != nil {
			return err
		}
		if err := g.parents(group.Name, parent, vars); err != nil {
			return err
		}
	}
	return nil
}

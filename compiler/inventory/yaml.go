package inventory

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/value"
)

func wantsYAML(inv *Inventory, source string) bool {
	if !inv.readable(source) {
		return false
	}
	ext := filepath.Ext(source)
	if ext == "" || strings.HasPrefix(filepath.Base(source), ".") && strings.Count(filepath.Base(source), ".") == 1 {
		return true
	}
	for _, e := range inv.opts.FileExtensions {
		if e == ext {
			return true
		}
	}
	return false
}

// loadYAML reads a file of one document. The error is Ansible's whole text; nil is an empty document.
func (inv *Inventory) loadYAML(file string) (*yaml.Node, error) {
	data, secret, err := inv.readFile(file)
	if err != nil {
		return nil, err
	}
	return inv.parse(file, data, secret)
}

func (inv *Inventory) parse(file string, data []byte, secret bool) (*yaml.Node, error) {
	docs, diags := yaml.Options{Duplicates: inv.opts.Duplicates, Hidden: secret}.Parse(file, data)
	for _, d := range diags.Items {
		if d.Kind == diag.Warning {
			inv.warn("%s", diag.Told(d, inv.opts.Dialect, os.ReadFile))
			continue
		}
		if inv.tagged() {
			return nil, d
		}
		return nil, errors.New(diag.Ansible(d, os.ReadFile))
	}
	if len(docs) == 0 {
		return nil, nil
	}
	return docs[0], nil
}

// isFalse is Python's not v for what a node holds.
func isFalse(n *yaml.Node) bool {
	if n.IsNull() {
		return true
	}
	if n.Kind != yaml.Scalar {
		return len(n.Items) == 0
	}
	switch x := n.Value.(type) {
	case bool:
		return !x
	case int64:
		return x == 0
	case float64:
		return x == 0
	case string:
		return x == ""
	}
	return false
}

// parseAuto reads the configuration of an inventory plugin.
func (inv *Inventory) parseAuto(source string) error {
	n, err := inv.loadYAML(source)
	if err != nil {
		return err
	}
	if n == nil || isFalse(n.Get("plugin")) {
		return fmt.Errorf("no root 'plugin' key found, '%s' is not a valid YAML inventory plugin config file", source)
	}
	name := text(n.Get("plugin").Value)
	p, ok := plugins[ir.Short(name)]
	if !ok {
		return inv.parseForeign(source, "auto")
	}
	if !p.wants(inv, source) {
		return fmt.Errorf("inventory source '%s' could not be verified by inventory plugin '%s'", source, name)
	}
	inv.verbose(1, "Using inventory plugin '%s' to process inventory source '%s'", fullName(name), source)
	return p.parse(inv, source, name)
}

// parseYAML reads a YAML inventory: a mapping of groups.
func (inv *Inventory) parseYAML(source string) error {
	n, err := inv.loadYAML(source)
	switch {
	case err != nil && inv.tagged():
		return errors.New(chainOf(err).Brief())
	case err != nil:
		return err
	case isFalse(n):
		return errors.New("Parsed empty YAML file")
	case n.Kind != yaml.Map:
		return fmt.Errorf("YAML inventory has invalid structure, it should be a dictionary, got: %s", inv.class(n))
	case !isFalse(n.Get("plugin")):
		return errors.New("Plugin configuration YAML file, not YAML inventory")
	}
	for i, k := range n.Keys {
		if _, err := inv.yamlGroup(k, n.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

// yamlGroup reads a group and the groups below it, and returns the name it has got.
func (inv *Inventory) yamlGroup(key, n *yaml.Node) (string, error) {
	shown, _ := value.ToStr(key.Value)
	if !n.IsNull() && n.Kind != yaml.Map {
		inv.warn("Skipping '%s' as this is not a valid group definition", shown)
		return shown, nil
	}
	name, ok := key.Text()
	if !ok && !isFalse(key) {
		return "", fmt.Errorf("Unable to add group %s: Invalid group name supplied, expected a string but got %s for %s", shown, inv.class(key), shown)
	}
	g, err := inv.addGroup(name)
	if err != nil {
		return "", fmt.Errorf("Unable to add group %s: Invalid empty/false group name provided: %s", shown, shown)
	}
	if n.IsNull() {
		return g.Name, nil
	}
	if n, err = inv.sections(g.Name, n); err != nil {
		return "", err
	}
	for i, k := range n.Keys {
		if err := inv.yamlSection(g, k, n.Items[i]); err != nil {
			return "", err
		}
	}
	return g.Name, nil
}

// sections checks the parts of a group that Ansible knows; a text is a mapping with that one key.
func (inv *Inventory) sections(group string, n *yaml.Node) (*yaml.Node, error) {
	c := *n
	c.Items = append([]*yaml.Node(nil), n.Items...)
	for _, section := range []string{"vars", "children", "hosts"} {
		for i, k := range c.Keys {
			if s, _ := k.Text(); s != section {
				continue
			}
			v := c.Items[i]
			if _, ok := v.Text(); ok {
				null := &yaml.Node{Pos: v.Pos, Tag: "!!null"}
				c.Items[i] = &yaml.Node{Kind: yaml.Map, Pos: v.Pos, Tag: "!!map", Keys: []*yaml.Node{v}, Items: []*yaml.Node{null}}
			} else if !v.IsNull() && v.Kind != yaml.Map {
				return nil, fmt.Errorf("Invalid \"%s\" entry for \"%s\" group, requires a dictionary, found \"%s\" instead.", section, group, inv.class(v))
			}
		}
	}
	return &c, nil
}

func (inv *Inventory) yamlSection(g *Group, key, n *yaml.Node) error {
	name, _ := value.ToStr(key.Value)
	switch {
	case n.IsNull():
		inv.verbose(3, "Skipping empty key (%s) in group (%s)", name, g.Name)
		return nil
	case n.Kind != yaml.Map:
		inv.warn("Skipping key (%s) in group (%s) as it is not a mapping, it is a %s", name, g.Name, inv.class(n))
		return nil
	}
	switch name {
	case "vars":
		inv.names(n)
		vars, _ := n.ToValue(inv.opts.Mk).(*value.Dict)
		inv.placeKeys(n, vars)
		for i, k := range vars.K {
			if err := inv.setVariable(g.Name, k, vars.V[i]); err != nil {
				return err
			}
		}
	case "children":
		for i, k := range n.Keys {
			child, err := inv.yamlGroup(k, n.Items[i])
			if err == nil {
				err = inv.addChildNamed(g.Name, child)
			}
			if err != nil {
				return err
			}
		}
	case "hosts":
		for i, k := range n.Keys {
			if err := inv.yamlHost(g, k, n.Items[i]); err != nil {
				return err
			}
		}
	default:
		inv.warn("Skipping unexpected key (%s) in group (%s), only \"vars\", \"children\" and \"hosts\" are valid", name, g.Name)
	}
	return nil
}

func (inv *Inventory) yamlHost(g *Group, key, n *yaml.Node) error {
	pattern, ok := key.Text()
	if !ok {
		shown, _ := value.ToStr(key.Value)
		return fmt.Errorf("Host pattern %s must be a string. Enclose integers/floats in quotation marks.", shown)
	}
	hosts, port, err := expandPattern(pattern)
	if err != nil {
		return err
	}
	vars := value.NewDict()
	if !isFalse(n) {
		v := n.ToValue(inv.opts.Mk)
		if vars, ok = v.(*value.Dict); !ok {
			shown, _ := value.ToStr(v)
			return fmt.Errorf("Invalid data from file, expected dictionary and got:\n\n%s", shown)
		}
		inv.names(n)
		inv.placeKeys(n, vars)
	}
	return inv.populate(hosts, vars, g, port)
}

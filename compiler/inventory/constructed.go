package inventory

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pbc/compiler/jinja"
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/python"
)

// wantsConfig says whether a source may configure a plugin that templates: its name ends in .config, in one of
// the extensions of YAML, or in none.
func wantsConfig(inv *Inventory, source string) bool {
	if !inv.readable(source) {
		return false
	}
	ext := pythonExt(source)
	return ext == "" || ext == ".config" || slices.Contains(inv.opts.FileExtensions, ext)
}

// pythonExt is Python's os.path.splitext(path)[1]: a leading dot makes no extension.
func pythonExt(path string) string {
	return filepath.Ext(strings.TrimLeft(filepath.Base(path), "."))
}

// pluginConfig reads the configuration of the plugin of that name. Its texts are never templates.
func (inv *Inventory) pluginConfig(source, name string) (*value.Dict, error) {
	n, err := inv.loadYAML(source)
	if err != nil {
		return nil, err
	}
	if n == nil || isFalse(n) {
		return nil, fmt.Errorf("%s is empty", source)
	}
	conf, ok := n.ToValue(nil).(*value.Dict)
	if !ok {
		return nil, fmt.Errorf("'%s' object has no attribute 'get'", n.TypeName())
	}
	plugin, ok := conf.GetStr("plugin")
	if !ok {
		return nil, errors.New("Incorrect plugin name in file: none found")
	}
	if given := text(plugin); given != name {
		return nil, fmt.Errorf("Incorrect plugin name in file: %s", given)
	}
	return conf, nil
}

// noHost answers what templates of inventory plugins ask for: they may be parsed, and see no host and no lookup.
type noHost struct{ jinja jinja.Options }

// Parse implements eval.Outside.
func (o noHost) Parse(k eval.Kind, src string) (value.Value, error) {
	switch k {
	case eval.ParseValue:
		return o.jinja.Value(src), nil
	case eval.ParseTemplate:
		return jinja.Template(src, o.jinja), nil
	case eval.ParseCondition:
		return o.jinja.Condition(src), nil
	}
	return nil, errors.New("YAML and vaults are not read by inventory plugins")
}

// Template implements eval.Outside.
func (noHost) Template(string) (*value.Tmpl, bool, error) { return nil, false, nil }

// Lookup implements eval.Outside.
func (noHost) Lookup(plugin string, _ []value.Value, _ *value.Dict) (value.Value, error) {
	return nil, &eval.Error{Class: eval.AnsibleError, Msg: "The lookup `" + plugin + "` was found, however lookups were disabled from templating"}
}

// HostVar implements eval.Outside.
func (noHost) HostVar(string, string) (value.Value, bool, error) { return nil, false, nil }

// Hosts implements eval.Outside.
func (noHost) Hosts() []string { return nil }

// Plugin implements eval.Outside.
func (noHost) Plugin(eval.PluginCall) (value.Value, bool, error) { return nil, false, nil }

// dictVars are variables for the evaluator.
type dictVars struct{ *value.Dict }

// Lookup implements eval.Vars.
func (d dictVars) Lookup(name string) (value.Value, bool) { return d.GetStr(name) }

// Names implements eval.Vars.
func (d dictVars) Names() []string {
	var names []string
	for _, k := range d.K {
		names = append(names, text(k))
	}
	return names
}

func (inv *Inventory) evaluator(vars *value.Dict) *eval.Eval {
	return eval.New(eval.Config{Dialect: inv.opts.Dialect, Vars: dictVars{vars}, Outside: noHost{jinja.Defaults(inv.opts.Dialect)}})
}

// constructed is one configuration of the plugin constructed.
//
// Ansible docs: "ansible.builtin.constructed inventory".
type constructed struct {
	inv                               *Inventory
	compose, groups                   *value.Dict
	keyed                             []value.Value
	strict, useVars, useExtra, leader bool
}

func (inv *Inventory) parseConstructed(source, name string) error {
	conf, err := inv.pluginConfig(source, name)
	if err != nil {
		return err
	}
	c := constructed{inv: inv, strict: option(conf, "strict", false), useVars: option(conf, "use_vars_plugins", false),
		useExtra: option(conf, "use_extra_vars", inv.opts.UseExtraVars), leader: option(conf, "leading_separator", true)}
	c.compose = dictOption(conf, "compose")
	c.groups = dictOption(conf, "groups")
	if v, ok := conf.GetStr("keyed_groups"); ok {
		if l, ok := v.(*value.List); ok {
			c.keyed = l.V
		}
	}
	for _, h := range slices.Clone(inv.hostOrder) {
		if err := c.host(h); err != nil {
			return c.failure(source, err)
		}
	}
	return nil
}

// failure is Ansible's error; classic shows what caused it once more.
func (c *constructed) failure(source string, err error) error {
	if c.inv.opts.Dialect == expr.Tagged {
		return &fault{failure.Failure{Msg: "Failed to parse " + value.StrRepr(source) + "."}.Because(&failure.Failure{Msg: err.Error(), Handling: true})}
	}
	return fmt.Errorf("failed to parse %s: %w . %w", source, err, err)
}

// option is an option that is true or false.
func option(conf *value.Dict, name string, unset bool) bool {
	v, ok := conf.GetStr(name)
	if !ok || v == nil {
		return unset
	}
	b, _ := eval.Boolean(v)
	return b
}

func dictOption(conf *value.Dict, name string) *value.Dict {
	v, _ := conf.GetStr(name)
	d, ok := v.(*value.Dict)
	if !ok {
		return value.NewDict()
	}
	return d
}

// vars are the variables of a host as the sources so far give them.
func (c *constructed) vars(h *Host) (*value.Dict, error) {
	inv, merge := c.inv, c.inv.opts.MergeHashes
	groups := sortGroups(h.groups)
	d := value.NewDict()
	for _, g := range groups {
		d = Combine(d, g.own, merge)
	}
	if c.useVars {
		var names []string
		for _, g := range h.groups {
			names = append(names, g.Name)
		}
		v, err := inv.varsFiles(dirsOf(inv.processed), "group_vars", names, StageAll)
		if err != nil {
			return nil, err
		}
		d = Combine(d, v, merge)
	}
	d = Combine(d, h.ownVars(), merge)
	if c.useVars {
		v, err := inv.varsFiles(dirsOf(inv.processed), "host_vars", []string{h.Name}, StageAll)
		if err != nil {
			return nil, err
		}
		d = Combine(d, v, merge)
	}
	if inv.opts.CachedFacts != nil {
		d = Combine(d, inv.opts.CachedFacts(h.Name), merge)
	}
	return d, nil
}

func (c *constructed) host(h *Host) error {
	vars, err := c.vars(h)
	if err != nil {
		return err
	}
	for i, k := range c.compose.K {
		v, err := c.expression(c.compose.V[i], vars)
		if err != nil {
			if c.strict {
				return fmt.Errorf("Could not set %s for host %s: %w", text(k), h.Name, err)
			}
			continue
		}
		if err := c.inv.setVariable(h.Name, k, v); err != nil {
			return err
		}
	}
	if vars, err = c.vars(h); err != nil {
		return err
	}
	if err := c.conditions(h, vars); err != nil {
		return err
	}
	for _, k := range c.keyed {
		d, ok := k.(*value.Dict)
		if !ok || d.Len() == 0 {
			shown, _ := value.ToStr(k)
			return fmt.Errorf("Invalid keyed group entry, it must be a dictionary: %s ", shown)
		}
		if err := c.keyedGroup(h, d, vars); err != nil {
			return err
		}
	}
	return nil
}

// expression evaluates the text of an expression.
func (c *constructed) expression(src value.Value, vars *value.Dict) (value.Value, error) {
	s, err := value.ToStr(src)
	if err != nil {
		return nil, err
	}
	if c.useExtra {
		vars = Combine(vars, c.inv.opts.Extra, c.inv.opts.MergeHashes)
	}
	return c.inv.evaluator(vars).Value(jinja.Template("{{"+s+"}}", jinja.Defaults(c.inv.opts.Dialect)))
}

// conditions puts a host into the groups whose condition holds.
func (c *constructed) conditions(h *Host, vars *value.Dict) error {
	e := c.inv.evaluator(vars)
	for i, k := range c.groups.K {
		name := replaceBad(text(k))
		holds, err := c.holds(e, c.groups.V[i])
		if err != nil {
			if c.strict {
				return fmt.Errorf("Could not add host %s to group %s: %w", h.Name, name, err)
			}
			continue
		}
		if !holds {
			continue
		}
		g, err := c.inv.addGroup(name)
		if err != nil {
			return err
		}
		if err := c.inv.addChildNamed(g.Name, h.Name); err != nil {
			return err
		}
	}
	return nil
}

func (c *constructed) holds(e *eval.Eval, condition value.Value) (bool, error) {
	src, err := value.ToStr(condition)
	if err != nil {
		return false, err
	}
	o := jinja.Defaults(c.inv.opts.Dialect)
	if o.Dialect == expr.Tagged {
		return e.Condition(o.Condition(src))
	}
	v, err := e.Value(jinja.Template(jinja.ClassicCondition(src), o))
	if err != nil {
		return false, err
	}
	b, ok := eval.Boolean(v)
	if !ok {
		shown, _ := value.ToStr(v)
		return false, fmt.Errorf("The value '%s' is not a valid boolean.", shown)
	}
	return b, nil
}

// keyedGroup puts a host into the groups that the value of a key names.
func (c *constructed) keyedGroup(h *Host, entry, vars *value.Dict) error {
	src, _ := entry.GetStr("key")
	shown, _ := value.ToStr(src)
	key, err := c.expression(src, vars)
	if err != nil {
		if c.strict {
			return fmt.Errorf("Could not generate group for host %s from %s entry: %w", h.Name, shown, err)
		}
		return nil
	}
	n := naming{separator: stringOption(entry, "separator", "_"), prefix: stringOption(entry, "prefix", "")}
	n.unset, n.hasUnset = entry.GetStr("default_value")
	n.hasUnset = n.hasUnset && n.unset != nil
	n.trailing, n.hasTrailing = entry.GetStr("trailing_separator")
	n.hasTrailing = n.hasTrailing && n.trailing != nil
	n.tagged = c.inv.opts.Dialect == expr.Tagged
	if n.hasUnset && n.hasTrailing {
		return errors.New("parameters are mutually exclusive for keyed groups: default_value|trailing_separator")
	}
	if !truth(key) && !(n.empty(key) && n.hasUnset) {
		if l, isList := key.(*value.List); c.strict && !(isList && len(l.V) == 0) && !isEmptyDict(key) {
			return fmt.Errorf("No key or key resulted empty for %s in host %s, invalid entry", shown, h.Name)
		}
		return nil
	}
	parent, ok, err := c.parentName(entry, key, vars)
	if err != nil || !ok {
		return err
	}
	names, err := n.names(key)
	if err != nil {
		return err
	}
	if n.prefix == "" && !c.leader {
		n.separator = ""
	}
	for _, name := range names {
		if err := c.join(h, n.prefix+n.separator+name, parent); err != nil {
			return err
		}
	}
	return nil
}

func isEmptyDict(v value.Value) bool {
	d, ok := v.(*value.Dict)
	return ok && d.Len() == 0
}

func stringOption(d *value.Dict, name, unset string) string {
	v, ok := d.GetStr(name)
	if !ok {
		return unset
	}
	return text(v)
}

// parentName is the group above those of a key, "" for none. Without ok the entry is left out.
func (c *constructed) parentName(entry *value.Dict, key value.Value, vars *value.Dict) (name string, ok bool, err error) {
	v, given := entry.GetStr("parent_group")
	if !given || !truth(v) {
		return "", true, nil
	}
	if c.useExtra {
		vars = Combine(vars, c.inv.opts.Extra, c.inv.opts.MergeHashes)
	}
	out, err := c.inv.evaluator(vars).Value(jinja.Defaults(c.inv.opts.Dialect).Value(text(v)))
	if err != nil {
		if c.strict {
			return "", false, fmt.Errorf("Could not generate parent group %s for group %s: %w", text(v), text(key), err)
		}
		return "", false, nil
	}
	return text(out), true, nil
}

// join puts a host into a group below parent, when there is one.
func (c *constructed) join(h *Host, group, parent string) error {
	inv := c.inv
	g, err := inv.addGroup(replaceBad(group))
	if err != nil {
		return err
	}
	g.addHost(h)
	if parent == "" {
		return nil
	}
	p, err := inv.addGroup(replaceBad(parent))
	if err == nil {
		_, err = p.addChild(g)
	}
	return err
}

// naming says how the values of a key become names of groups.
type naming struct {
	prefix, separator     string
	unset, trailing       value.Value
	hasUnset, hasTrailing bool
	tagged                bool
}

// empty says whether default_value stands for a value: an empty text, and later null too.
func (n naming) empty(v value.Value) bool {
	s, ok := value.Text(v)
	return ok && s == "" || n.tagged && v == nil
}

func (n naming) names(key value.Value) ([]string, error) {
	one := func(v value.Value) string {
		if n.empty(v) && n.hasUnset {
			v = n.unset
		}
		return text(v)
	}
	if _, ok := value.Text(key); ok || n.empty(key) {
		return []string{one(key)}, nil
	}
	var names []string
	switch x := key.(type) {
	case *value.List:
		for _, v := range x.V {
			names = append(names, one(v))
		}
	case *value.Dict:
		for i, k := range x.K {
			name := text(k) + n.separator + one(x.V[i])
			if n.empty(x.V[i]) && !n.hasUnset && n.trailing == false {
				name = text(k)
			}
			names = append(names, name)
		}
	default:
		return nil, fmt.Errorf("Invalid group name format, expected a string or a list of them or dictionary, got: <class '%s'>", value.TypeName(key))
	}
	return names, nil
}

// text is Python's str(v).
func text(v value.Value) string {
	s, _ := value.ToStr(v)
	return s
}

// truth is Python's bool(v).
func truth(v value.Value) bool {
	b, err := python.Truth(v)
	return err == nil && b
}

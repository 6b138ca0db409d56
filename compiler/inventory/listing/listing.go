// Package listing shows inventories as ansible-inventory does: as the JSON of an inventory script, as YAML or TOML, for
// one host, or as a tree of groups.
//
// Variables are shown raw: templates as their source, vaulted text as it is encrypted.
package listing

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"pbc/compiler/inventory"
	"pbc/ir/failure"
	"pbc/ir/keyword"
	"pbc/ir/value"
)

// internal are the variables that Ansible makes and no listing shows.
var internal = []string{
	"ansible_diff_mode", "ansible_config_file", "ansible_facts", "ansible_forks", "ansible_inventory_sources", "ansible_limit", "ansible_playbook_python",
	"ansible_run_tags", "ansible_skip_tags", "ansible_verbosity", "ansible_version", "inventory_dir", "inventory_file", "inventory_hostname",
	"inventory_hostname_short", "groups", "group_names", "omit", "playbook_dir",
}

// Listing says what to show of an inventory.
type Listing struct {
	Inventory *inventory.Inventory
	// Export shows the variables of hosts and groups where they were set; else each host has all of its own.
	Export bool
	// Extra are the extra variables, which win over all others of a host. May be nil.
	Extra *value.Dict
	Merge bool // DEFAULT_HASH_BEHAVIOUR is merge
	// Open opens vaulted text, which the tree of groups shows opened. May be nil.
	Open func(cipher []byte) ([]byte, error)
	// Tagged shows what ansible-core 2.19 shows: lists heed the limit of the inventory, and leave out groups with nothing in them.
	Tagged bool
	// Facts returns what the fact cache has of a host. May be nil.
	Facts func(host string) *value.Dict
	// Cwd is the working folder where no folder of a playbook was given, else "": the variables of hosts that are not exported are
	// then those of a playbook there.
	Cwd string
	// Warn is told of variables with reserved names. May be nil.
	Warn func(*failure.Failure)
}

// HostVars are the variables of a host that a listing shows.
func (l Listing) HostVars(h *inventory.Host) (*value.Dict, error) {
	if l.Export {
		d, err := h.OwnVars()
		return shown(d), err
	}
	if l.Cwd != "" {
		l.Inventory.Beside(l.Cwd)
		defer l.Inventory.Beside("")
	}
	d, err := h.Vars()
	if err != nil {
		return nil, err
	}
	if l.Facts != nil {
		d = inventory.Combine(d, l.Facts(h.Name), l.Merge)
	}
	d = inventory.Combine(d, l.Extra, l.Merge)
	l.warnReserved(d)
	return shown(d), nil
}

func (l Listing) groupVars(g *inventory.Group) (*value.Dict, error) {
	d, err := g.Vars()
	if err != nil {
		return nil, err
	}
	if g.Priority != 1 {
		d.SetStr("ansible_group_priority", int64(g.Priority))
	}
	return shown(d), nil
}

// warnReserved warns of variables with reserved names, as dialect tagged does of those that are not exported.
func (l Listing) warnReserved(d *value.Dict) {
	if !l.Tagged || l.Warn == nil {
		return
	}
	for _, k := range d.K {
		if name, _ := value.Text(k); keyword.Reserved(name) {
			l.Warn(failure.Reserved(name, value.OriginOf(k)))
		}
	}
}

// shown takes from d, which is a copy, what no listing shows.
func shown(d *value.Dict) *value.Dict {
	for _, name := range internal {
		d.Del(name)
	}
	return d
}

// Host is --host: the variables of the one host that a pattern names.
func (l Listing) Host(pattern string) (*value.Dict, error) {
	hosts, err := l.Inventory.Match(pattern)
	if err != nil {
		return nil, err
	}
	if len(hosts) != 1 {
		return nil, errors.New("You must pass a single valid host to --host parameter")
	}
	return l.HostVars(hosts[0])
}

// Graph is --graph: the tree of groups below one.
func (l Listing) Graph(group string, vars bool) (string, error) {
	g := l.Inventory.Group(group)
	if g == nil {
		return "", errors.New("Pattern must be valid group name when using --graph")
	}
	b := graph{l: l, vars: vars}
	b.group(g, 0)
	return strings.Join(b.lines, "\n"), b.err
}

type graph struct {
	l     Listing
	vars  bool
	lines []string
	err   error
}

func (b *graph) line(depth int, text string) {
	if depth > 0 {
		text = strings.Repeat("  |", depth) + "--" + text
	}
	b.lines = append(b.lines, text)
}

func (b *graph) group(g *inventory.Group, depth int) {
	b.line(depth, "@"+g.Name+":")
	depth++
	for _, kid := range g.Children() {
		b.group(kid, depth)
	}
	if g.Name != "all" {
		for _, h := range g.Direct() {
			b.line(depth, h.Name)
			if b.vars {
				b.variables(depth+1, func() (*value.Dict, error) { return b.l.HostVars(h) })
			}
		}
	}
	if b.vars {
		b.variables(depth, func() (*value.Dict, error) { return b.l.groupVars(g) })
	}
}

func (b *graph) variables(depth int, get func() (*value.Dict, error)) {
	d, err := get()
	if err != nil {
		b.err = err
		return
	}
	names := map[string]value.Value{}
	var sorted []string
	for i, k := range d.K {
		name, _ := value.ToStr(k)
		names[name] = d.V[i]
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	for _, name := range sorted {
		v := names[name]
		if vault, ok := v.(*value.Vault); ok && !vault.Opened && b.l.Open != nil {
			plain, err := b.l.Open([]byte(vault.Cipher))
			if err != nil {
				b.err = err
			}
			v = string(plain)
		}
		text, err := value.ToStr(v)
		if err != nil {
			b.err = err
		}
		b.line(depth, fmt.Sprintf("{%s = %s}", name, text))
	}
}

// Script is --list: what an inventory script prints.
func (l Listing) Script() (*value.Dict, error) {
	out := value.NewDict()
	vars := value.NewDict()
	hosts, err := l.Inventory.Match("all")
	if err != nil {
		return nil, err
	}
	s := script{l: l, seen: map[string]bool{}, within: l.within(hosts)}
	s.group(out, l.Inventory.Group("all"))
	if s.err != nil {
		return nil, s.err
	}
	for _, h := range hosts {
		d, err := l.HostVars(h)
		if err != nil {
			return nil, err
		}
		if d.Len() > 0 {
			vars.SetStr(h.Name, d)
		}
	}
	meta := value.DictOf("hostvars", vars)
	if l.Tagged {
		meta.SetStr("profile", "inventory_legacy")
	}
	out.SetStr("_meta", meta)
	return out, nil
}

// within says which of the hosts of a group are listed.
func (l Listing) within(hosts []*inventory.Host) func([]*inventory.Host) []*inventory.Host {
	if !l.Tagged {
		return func(all []*inventory.Host) []*inventory.Host { return all }
	}
	listed := map[*inventory.Host]bool{}
	for _, h := range hosts {
		listed[h] = true
	}
	return func(all []*inventory.Host) []*inventory.Host {
		var out []*inventory.Host
		for _, h := range all {
			if listed[h] {
				out = append(out, h)
			}
		}
		return out
	}
}

type script struct {
	l      Listing
	seen   map[string]bool
	within func([]*inventory.Host) []*inventory.Host
	err    error
}

func (s *script) group(out *value.Dict, g *inventory.Group) {
	entry := value.NewDict()
	if hosts := s.within(g.Direct()); g.Name != "all" && len(hosts) > 0 {
		entry.SetStr("hosts", hostNames(hosts))
	}
	children := &value.List{}
	for _, kid := range g.Children() {
		children.V = append(children.V, kid.Name)
	}
	if len(children.V) > 0 {
		entry.SetStr("children", children)
	}
	if s.l.Export {
		d, err := s.l.groupVars(g)
		if err != nil {
			s.err = err
		} else if d.Len() > 0 {
			entry.SetStr("vars", d)
		}
	}
	if entry.Len() > 0 {
		out.SetStr(g.Name, entry)
	}
	for _, kid := range g.Children() {
		if !s.seen[kid.Name] {
			s.seen[kid.Name] = true
			s.group(out, kid)
		}
	}
}

func hostNames(hosts []*inventory.Host) *value.List {
	l := &value.List{}
	for _, h := range hosts {
		l.V = append(l.V, h.Name)
	}
	return l
}

// Tree is --list --yaml: groups inside of groups. The variables of a host stand where it is named first.
func (l Listing) Tree() (*value.Dict, error) {
	t, err := l.tree()
	if err != nil {
		return nil, err
	}
	all, out := l.Inventory.Group("all"), value.NewDict()
	if entry := t.group(all); entry.Len() > 0 || !l.Tagged {
		out.SetStr(all.Name, entry)
	}
	return out, t.err
}

type tree struct {
	l      Listing
	seen   map[*inventory.Host]bool
	shown  map[*inventory.Group]bool
	within func([]*inventory.Host) []*inventory.Host
	err    error
}

func (l Listing) tree() (*tree, error) {
	hosts, err := l.Inventory.Match("all")
	return &tree{l: l, seen: map[*inventory.Host]bool{}, shown: map[*inventory.Group]bool{}, within: l.within(hosts)}, err
}

func (t *tree) group(g *inventory.Group) *value.Dict {
	entry, children := value.NewDict(), value.NewDict()
	for _, kid := range g.Children() {
		switch {
		case kid.Name == "all":
		case t.l.Tagged && t.shown[kid]:
			children.SetStr(kid.Name, value.NewDict())
		default:
			if entry := t.group(kid); entry.Len() > 0 || !t.l.Tagged {
				children.SetStr(kid.Name, entry)
			}
			t.shown[kid] = true
		}
	}
	if children.Len() > 0 {
		entry.SetStr("children", children)
	}
	if hosts := t.hosts(g); hosts.Len() > 0 {
		entry.SetStr("hosts", hosts)
	}
	t.vars(g, entry)
	return entry
}

// hosts are the hosts of a group with their variables.
func (t *tree) hosts(g *inventory.Group) *value.Dict {
	hosts := value.NewDict()
	if g.Name == "all" {
		return hosts
	}
	for _, h := range t.within(g.Direct()) {
		vars := value.NewDict()
		if !t.seen[h] {
			t.seen[h] = true
			var err error
			if vars, err = t.l.HostVars(h); err != nil {
				t.err, vars = err, value.NewDict()
			}
		}
		hosts.SetStr(h.Name, vars)
	}
	return hosts
}

func (t *tree) vars(g *inventory.Group, entry *value.Dict) {
	if !t.l.Export {
		return
	}
	d, err := t.l.groupVars(g)
	if err != nil {
		t.err = err
	} else if d.Len() > 0 {
		entry.SetStr("vars", d)
	}
}

// Tables is --list --toml: a table for each group, which names those below it.
func (l Listing) Tables() (*value.Dict, error) {
	t, err := l.tree()
	if err != nil {
		return nil, err
	}
	out := value.NewDict()
	ungrouped := l.Inventory.Group("ungrouped")
	t.tables(out, l.Inventory.Group("all"), len(ungrouped.Direct()) > 0)
	return out, t.err
}

func (t *tree) tables(out *value.Dict, g *inventory.Group, ungrouped bool) {
	entry, children := value.NewDict(), &value.List{}
	below := value.NewDict()
	for _, kid := range g.Children() {
		if kid.Name == "ungrouped" && !ungrouped {
			continue
		}
		if g.Name != "all" {
			children.V = append(children.V, kid.Name)
		}
		t.tables(below, kid, ungrouped)
	}
	if len(children.V) > 0 {
		entry.SetStr("children", children)
	}
	if hosts := t.hosts(g); hosts.Len() > 0 {
		entry.SetStr("hosts", hosts)
	}
	t.vars(g, entry)
	if entry.Len() > 0 {
		out.SetStr(g.Name, entry)
	}
	out.Update(below)
}

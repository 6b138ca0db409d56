package inventory

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"pbc/ir/value"
)

// localhosts are the names that stand for this machine.
var localhosts = map[string]bool{"127.0.0.1": true, "localhost": true, "::1": true}

// Host is a host of the inventory, or the implicit localhost.
type Host struct {
	Name string
	// Implicit says that no source has the host: it is the implicit localhost.
	Implicit bool
	added    bool        // by a task, whose result gave the name
	own      *value.Dict // variables from the sources
	groups   []*Group
	inv      *Inventory
}

// Group is a group of hosts.
type Group struct {
	Name string
	// Depth is the longest way down from group all, whose depth is 0.
	Depth    int
	Priority int
	added    bool        // by a task, whose result gave the name
	own      *value.Dict // variables from the sources
	hosts    []*Host
	members  map[*Host]bool
	children []*Group
	parents  []*Group
	inv      *Inventory
	cache    []*Host // what Hosts returned
	cacheGen int     // at that generation of the inventory
}

// Groups are the groups that h is in, group all included, in no order.
func (h *Host) Groups() []*Group { return h.groups }

// GroupNames are the names of the groups that h is in, sorted, without "all": the variable group_names.
func (h *Host) GroupNames() []string {
	names := []string{}
	for _, g := range h.groups {
		if g.Name != "all" {
			names = append(names, g.Name)
		}
	}
	sort.Strings(names)
	return names
}

func (h *Host) in(g *Group) bool {
	for _, x := range h.groups {
		if x == g {
			return true
		}
	}
	return false
}

// addGroup puts h in g and in the groups above; it says whether it was not in g.
func (h *Host) addGroup(g *Group) bool {
	for _, a := range g.ancestors() {
		if !h.in(a) {
			h.groups = append(h.groups, a)
		}
	}
	if h.in(g) {
		return false
	}
	h.groups = append(h.groups, g)
	return true
}

func (h *Host) removeGroup(g *Group) {
	if !h.in(g) {
		return
	}
	h.groups = deleteItem(h.groups, g)
	for _, old := range g.ancestors() {
		if old.Name != "all" && !h.under(old) {
			h.removeGroup(old)
		}
	}
}

// under says whether a group of h is below g.
func (h *Host) under(g *Group) bool {
	for _, x := range h.groups {
		for _, a := range x.ancestors() {
			if a == g {
				return true
			}
		}
	}
	return false
}

func deleteItem[T comparable](items []T, item T) []T {
	kept := items[:0:0]
	for _, x := range items {
		if x != item {
			kept = append(kept, x)
		}
	}
	return kept
}

// Hosts are the hosts of g and of the groups below it, level by level.
func (g *Group) Hosts() []*Host {
	if g.cache != nil && g.cacheGen == g.inv.generation {
		return g.cache
	}
	hosts := []*Host{}
	seen := map[*Host]bool{}
	for _, kid := range g.descendants() {
		for _, h := range kid.hosts {
			if !seen[h] && (g.Name != "all" || !h.Implicit) {
				hosts = append(hosts, h)
			}
			seen[h] = true
		}
	}
	g.cache, g.cacheGen = hosts, g.inv.generation
	return hosts
}

// Direct are the hosts that are in g itself.
func (g *Group) Direct() []*Host { return g.hosts }

// Children are the groups directly below g.
func (g *Group) Children() []*Group { return g.children }

// descendants are g and the groups below it, level by level.
func (g *Group) descendants() []*Group {
	return walk([]*Group{g}, func(x *Group) []*Group { return x.children })
}

// ancestors are the groups above g.
func (g *Group) ancestors() []*Group {
	return walk([]*Group{g}, func(x *Group) []*Group { return x.parents })[1:]
}

func walk(todo []*Group, next func(*Group) []*Group) []*Group {
	seen := map[*Group]bool{}
	var all []*Group
	for len(todo) > 0 {
		g := todo[0]
		todo = todo[1:]
		if !seen[g] {
			seen[g] = true
			all = append(all, g)
			todo = append(todo, next(g)...)
		}
	}
	return all
}

func contains(groups []*Group, g *Group) bool {
	for _, x := range groups {
		if x == g {
			return true
		}
	}
	return false
}

// addChild puts a group below g.
func (g *Group) addChild(child *Group) (bool, error) {
	if g == child {
		return false, errors.New("can't add group to itself")
	}
	if contains(g.children, child) {
		return false, nil
	}
	above := append(g.ancestors(), g)
	if contains(above, child) {
		return false, fmt.Errorf("Adding group '%s' as child to '%s' creates a recursive dependency loop.", child.Name, g.Name)
	}
	g.children = append(g.children, child)
	child.deepen(g.Depth + 1)
	if !contains(child.parents, g) {
		child.parents = append(child.parents, g)
		for _, h := range child.Hosts() {
			for _, a := range above {
				if !h.in(a) {
					h.groups = append(h.groups, a)
				}
			}
		}
	}
	g.inv.generation++
	return true, nil
}

// deepen sets a depth that is at least as large as given, here and below.
func (g *Group) deepen(depth int) {
	if g.Depth >= depth {
		return
	}
	g.Depth = depth
	for _, c := range g.children {
		c.deepen(depth + 1)
	}
}

func (g *Group) addHost(h *Host) bool {
	if g.members[h] {
		return false
	}
	g.members[h] = true
	g.hosts = append(g.hosts, h)
	h.addGroup(g)
	g.inv.generation++
	return true
}

func (g *Group) removeHost(h *Host) {
	if g.members[h] {
		delete(g.members, h)
		g.hosts = deleteItem(g.hosts, h)
		h.removeGroup(g)
		g.inv.generation++
	}
}

// set gives the group a variable; the priority is not one.
func (g *Group) set(key, v value.Value) error {
	if s, ok := value.Text(key); ok && s == "ansible_group_priority" {
		n, err := pythonInt(v)
		if err == nil {
			g.Priority = n
		}
		return err
	}
	return g.inv.assign(g.own, key, v)
}

// assign sets a variable; two dictionaries are combined, when the inventory merges.
func (inv *Inventory) assign(d *value.Dict, key, v value.Value) error {
	inv.noteReserved(key)
	if inv.opts.MergeHashes {
		old, _, _ := d.Get(key)
		if a, ok := old.(*value.Dict); ok {
			if b, ok := v.(*value.Dict); ok {
				v = Combine(a, b, true)
			}
		}
	}
	return d.Set(key, v)
}

// safeName is the name of a group as Ansible keeps it, after warning of a name that no variable could have.
func (inv *Inventory) safeName(name string) string {
	bad := badChars(name)
	if len(bad) == 0 {
		return name
	}
	msg := fmt.Sprintf("invalid character(s) \"{%s}\" in group name (%s)", strings.Join(bad, ", "), name)
	switch inv.opts.InvalidGroupChars {
	case "ignore":
		return name
	case "always", "silently":
		if inv.opts.InvalidGroupChars == "always" {
			inv.verbose(4, "Replacing "+msg)
			inv.warn("Invalid characters were found in group names and automatically replaced, use -vvvv to see details")
		}
		return replaceBad(name)
	}
	inv.verbose(4, "Not replacing "+msg)
	inv.warn("Invalid characters were found in group names but not replaced, use -vvvv to see details")
	return name
}

func isWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80 && wordRune(r)
}

// badChars are the characters of a group name that are not of a variable's, each once, quoted.
func badChars(name string) []string {
	var bad []string
	seen := map[rune]bool{}
	for i, r := range name {
		if (!isWord(r) || i == 0 && digitRune(r)) && !seen[r] {
			seen[r] = true
			bad = append(bad, value.StrRepr(string(r)))
		}
	}
	return bad
}

func replaceBad(name string) string {
	first := true
	return strings.Map(func(r rune) rune {
		bad := !isWord(r) || first && digitRune(r)
		first = false
		if bad {
			return '_'
		}
		return r
	}, name)
}

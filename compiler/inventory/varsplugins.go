package inventory

import (
	"fmt"
	"slices"
	"strings"

	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// The stages in which vars plugins run.
//
// Ansible docs: "Using vars plugins".
const (
	StageInventory = "inventory" // when the sources have been read
	StageTask      = "task"      // when variables are needed
	StageAll       = "all"       // when they are listed, and for the plugin constructed
)

// VarsPlugins runs the vars plugins in Python: all but host_group_vars, which is this package's own.
type VarsPlugins interface {
	// Present says whether there is one.
	Present() bool
	// Run returns a dictionary for each plugin that runs, in order; nil stands where host_group_vars comes. Text is plain where it can be a
	// template. The error ends the run as it is.
	Run(VarsQuery) ([]*value.Dict, error)
}

// VarsQuery asks what vars plugins give.
type VarsQuery struct {
	Inventory *Inventory
	// Dir is the folder that plugins look in, Basedir that of the playbook.
	Dir, Basedir string
	// Hosts says that Names are those of hosts; else they are of groups.
	Hosts bool
	Names []string
	Stage string
}

// pluginError is an error of a vars plugin, which is told as it is.
type pluginError struct{ error }

// stage is the one in which variables are asked for.
func (inv *Inventory) stage() string {
	if inv.opts.Listing {
		return StageAll
	}
	return StageTask
}

// readsFiles says whether host_group_vars runs in a stage, where it is the only plugin.
func (inv *Inventory) readsFiles(stage string) bool {
	switch own := inv.opts.VarsStage; {
	case inv.opts.NoVarsFiles:
		return false
	case own != "":
		return own == StageAll || own == stage
	case inv.opts.VarsAtStart:
		return stage != StageTask
	}
	return stage != StageInventory
}

// varsFiles combines what vars plugins give for some hosts or groups, folder by folder: variable files, mostly.
func (inv *Inventory) varsFiles(dirs []string, subdir string, names []string, stage string) (*value.Dict, error) {
	d := value.NewDict()
	foreign := inv.hasVarsPlugins()
	if !foreign && !inv.readsFiles(stage) {
		return d, nil
	}
	for _, dir := range dirs {
		given := []*value.Dict{nil}
		if foreign {
			var err error
			if given, err = inv.ask(VarsQuery{Inventory: inv, Dir: dir, Basedir: inv.opts.PlaybookDir, Hosts: subdir == "host_vars", Names: names, Stage: stage}); err != nil {
				return nil, err
			}
		}
		for _, one := range given {
			if one == nil {
				var err error
				if one, err = inv.filesOf(dir, subdir, names); err != nil {
					return nil, err
				}
			}
			d = Combine(d, one, inv.opts.MergeHashes)
		}
	}
	return d, nil
}

// hasVarsPlugins says whether there are vars plugins in Python.
func (inv *Inventory) hasVarsPlugins() bool {
	return inv.opts.VarsPlugins != nil && inv.opts.VarsPlugins.Present()
}

// ask asks the plugins in Python, once for each play and state of the inventory.
func (inv *Inventory) ask(q VarsQuery) ([]*value.Dict, error) {
	if inv.givenAt != inv.generation || inv.given == nil {
		inv.given, inv.givenAt = map[string][]*value.Dict{}, inv.generation
	}
	key := fmt.Sprint(q.Stage, q.Hosts, q.Dir, "\x00", strings.Join(q.Names, "\x00"))
	if given, ok := inv.given[key]; ok {
		return given, nil
	}
	given, err := inv.opts.VarsPlugins.Run(q)
	if err != nil {
		return nil, &pluginError{err}
	}
	for i, d := range given {
		if d != nil {
			given[i] = inv.made(d).(*value.Dict)
			inv.noteReserved(d.K...)
		}
	}
	inv.given[key] = given
	return given, nil
}

// made is a value of a plugin with its templates.
func (inv *Inventory) made(v value.Value) value.Value {
	switch x := v.(type) {
	case string:
		if inv.opts.Mk != nil {
			return inv.opts.Mk(x, &yaml.Node{Pos: ir.Pos{}, Tag: "!!str", Value: x, Raw: x})
		}
	case *value.Str:
		if inv.opts.Dialect == expr.Tagged && !inv.opts.Listing { // which tells the two apart
			return x.S
		}
	case *value.List:
		out := &value.List{V: make([]value.Value, len(x.V))}
		for i, e := range x.V {
			out.V[i] = inv.made(e)
		}
		return out
	case *value.Dict:
		out := value.NewDict()
		for i, k := range x.K {
			_ = out.Set(k, inv.made(x.V[i]))
		}
		return out
	}
	return v
}

// varsAtStart gives groups and hosts the variables of the plugins that run when the sources have been read: they count as those of the sources.
func (inv *Inventory) varsAtStart() error {
	if !inv.hasVarsPlugins() && !inv.readsFiles(StageInventory) {
		return nil
	}
	dirs := dirsOf(inv.opts.Sources)
	for _, g := range inv.groupOrder {
		d, err := inv.varsFiles(dirs, "group_vars", []string{g.Name}, StageInventory)
		if err != nil {
			return inv.varsFault(err)
		}
		g.own = Combine(g.own, d, inv.opts.MergeHashes)
	}
	for _, h := range inv.hostOrder {
		d, err := inv.varsFiles(dirs, "host_vars", []string{h.Name}, StageInventory)
		if err != nil {
			return inv.varsFault(err)
		}
		h.own = Combine(h.own, d, inv.opts.MergeHashes)
	}
	inv.generation++
	return nil
}

// shownName is a name as plugins see it: one that a task gave is no template, nor is text that is made with it.
func (inv *Inventory) shownName(name string, added bool) value.Value {
	if added && inv.opts.Dialect == expr.Classic {
		return &value.Str{S: name, Unsafe: true}
	}
	return name
}

// Described is the inventory as vars plugins see it, in the form of pyplugin.Host.Describe.
func (inv *Inventory) Described() *value.Dict {
	groups, hosts := &value.List{V: []value.Value{}}, &value.List{V: []value.Value{}}
	for _, g := range inv.groupOrder {
		kids, direct := &value.List{V: []value.Value{}}, &value.List{V: []value.Value{}}
		for _, k := range g.Children() {
			kids.V = append(kids.V, k.Name)
		}
		for _, h := range g.Direct() {
			direct.V = append(direct.V, h.Name)
		}
		groups.V = append(groups.V, value.DictOf("name", inv.shownName(g.Name, g.added), "vars", g.own, "priority", int64(g.Priority), "children", kids, "hosts", direct))
	}
	all := slices.Clone(inv.hostOrder)
	if l := inv.localhost; l != nil && inv.hosts[l.Name] == nil {
		all = append(all, l)
	}
	for _, h := range all {
		hosts.V = append(hosts.V, value.DictOf("name", inv.shownName(h.Name, h.added), "vars", h.own))
	}
	return value.DictOf("groups", groups, "hosts", hosts)
}

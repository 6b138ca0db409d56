package link

import (
	"slices"
	"strings"
	"sync"

	"pbc/compiler/inventory"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/plugin"
)

// A run that shows nobody the facts of a host as a whole need gather those only that something reads. What
// reads them is looked for in all plays, as facts stay from play to play, and through the variables of all
// hosts. Wherever that cannot be told, all are gathered: code that is found while the run goes on, names and
// templates that are made while it does, ansible_facts as a whole, hostvars and vars, and plugins in Python.

// factUse is which facts a run reads.
type factUse struct {
	names   map[string]bool // without prefix
	all     bool
	plugins *ir.Plugins // in Python
}

// dictMethods are the attributes of a dictionary that are no entries of it.
var dictMethods = strings.Fields("clear copy fromkeys get items keys pop popitem setdefault update values")

// trees adds what expressions read.
func (f *factUse) trees(root []*expr.Node) {
	u := expr.UsesOf(root)
	f.all = f.all || u.Dynamic || u.HostVars || len(u.Includes) > 0 || !f.known(u)
	for _, name := range u.Names {
		switch {
		case name == "vars":
			f.all = true
		case strings.HasPrefix(name, "facter_"), strings.HasPrefix(name, "ohai_"):
			f.names[name] = true
		case strings.HasPrefix(name, "ansible_") && name != "ansible_facts":
			f.names[name[len("ansible_"):]] = true
		}
	}
	if slices.Contains(u.Names, "ansible_facts") {
		f.list(root)
	}
}

// known says whether pbc has the filters, tests and lookups itself: those in Python may be given all variables.
func (f *factUse) known(u *expr.Uses) bool {
	has := func(kind string, names []string, own map[string]bool) bool {
		return !slices.ContainsFunc(names, func(n string) bool {
			return !own[strings.TrimPrefix(n, "ansible.builtin.")] || f.plugins.Has(kind, n)
		})
	}
	return has("filter", u.Filters, pluginNames().filters) && has("test", u.Tests, pluginNames().tests) &&
		has("lookup", u.Lookups, plainLookups)
}

// pluginNames are the names of the filters and tests that pbc has.
var pluginNames = sync.OnceValue(func() (all struct{ filters, tests map[string]bool }) {
	names := func(rows []*plugin.Row) map[string]bool {
		m := map[string]bool{}
		for _, r := range rows {
			m[r.Name] = true
			for _, a := range r.Aliases {
				m[a] = true
			}
		}
		return m
	}
	all.filters, all.tests = names(eval.Filters()), names(eval.Tests())
	return all
})

// plainLookups are the lookups that read their terms and options only.
var plainLookups = map[string]bool{"vars": true, "file": true, "env": true, "pipe": true, "password": true, "dict": true, "items": true,
	"list": true, "fileglob": true, "first_found": true, "sequence": true, "subelements": true, "together": true, "nested": true,
	"indexed_items": true, "lines": true, "random_choice": true, "ini": true, "csvfile": true, "unvault": true, "url": true}

func (f *factUse) list(ns []*expr.Node) {
	for _, n := range ns {
		f.node(n)
	}
}

// node finds the facts that are read as ansible_facts.name; any other use of ansible_facts reads all.
func (f *factUse) node(n *expr.Node) {
	if n == nil {
		return
	}
	if name, ok := factOf(n); ok {
		f.all = f.all || slices.Contains(dictMethods, name)
		f.names[strings.TrimPrefix(name, "ansible_")] = true
		return
	}
	f.all = f.all || n.Op == expr.OName && n.S == "ansible_facts"
	f.list(n.A)
	for _, k := range n.KW {
		f.node(k.V)
	}
	f.node(n.Star)
	f.node(n.Dbl)
	f.list(n.Body)
	f.list(n.Else)
}

// factOf is the name in ansible_facts.name and ansible_facts['name'].
func factOf(n *expr.Node) (string, bool) {
	if n.Op != expr.OAttr && n.Op != expr.OItem || n.A[0].Op != expr.OName || n.A[0].S != "ansible_facts" {
		return "", false
	}
	if n.Op == expr.OAttr {
		return n.S, true
	}
	s, ok := n.A[1].V.(string)
	return s, ok && n.A[1].Op == expr.OConst
}

// conditionName looks at a condition that is a bare name. In dialect classic the variable's text is then a
// condition of its own, which is not known before the run.
func (f *factUse) conditionName(c *value.Cond, all []*value.Dict) {
	if c.Root == nil || c.Root.Op != expr.OName {
		return
	}
	for _, d := range all {
		if v, ok := d.GetStr(c.Root.S); ok {
			_, text := value.Text(v)
			f.all = f.all || text
		}
	}
}

// task adds what a task reads by what it is; its expressions are read as those of others.
func (f *factUse) task(t *ir.Task) {
	switch t.Module {
	case "ansible.builtin.include_vars", "ansible.builtin.group_by", "ansible.builtin.add_host":
		f.all = true
	case "ansible.builtin.package", "ansible.builtin.service":
		f.names["pkg_mgr"], f.names["service_mgr"] = true, true
	case "ansible.builtin.template":
		f.all = f.all || len(t.Files) == 0
	case "ansible.builtin.meta":
		what, _ := t.Args.V.(*value.Dict)
		v, _ := what.GetStr("_raw_params")
		f.all = f.all || v == value.Value("refresh_inventory")
	}
	f.all = f.all || t.Include != nil
	for i := range t.Files {
		f.all = f.all || t.Files[i].Kind == "templates" && t.Files[i].Fault == "" && !t.Files[i].Tmpl.IsSet()
	}
}

// factsRead returns the collectors of the facts that the run reads, and whether that is known: false means
// all. The linker's lock is held.
func (l *Linker) factsRead() ([]string, bool) {
	if l.opt.FactCollector == nil {
		return nil, false
	}
	if l.reading == nil {
		l.reading = l.factUse()
	}
	if l.reading.all {
		return nil, false
	}
	var out []string
	for n := range l.reading.names {
		if slices.Contains(ir.AgentReads, "ansible_"+n) || slices.Contains(ir.RouteVars, "ansible_"+n) || hasVar(l.opt.Magic, "ansible_"+n) {
			continue
		}
		if c := l.opt.FactCollector(n); !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return out, true
}

func hasVar(d *value.Dict, name string) bool {
	_, ok := d.GetStr(name)
	return ok
}

// factUse reads all plays, and the variables of all hosts.
func (l *Linker) factUse() *factUse {
	n := newNames()
	n.facts = &factUse{names: map[string]bool{}}
	var err error
	if n.facts.plugins, err = l.plugins(); err != nil {
		n.all = true
	}
	all := []*value.Dict{l.opt.Extra}
	hosts := l.opt.Inventory.Hosts()
	if h := l.opt.Inventory.Host("localhost"); len(hosts) == 0 && h != nil {
		hosts = []*inventory.Host{h}
	}
	for _, h := range hosts {
		inv, err := h.Vars()
		n.all = n.all || err != nil
		all = append(all, inv)
	}
	for _, p := range l.prog.Plays {
		n.all = n.all || len(p.VarsFiles) > 0 || len(p.VarsPrompt) > 0
		for _, v := range p.Layers {
			d, _ := v.V.(*value.Dict)
			all = append(all, d)
		}
		for _, t := range l.ready(p.Tasks) {
			n.task(t)
			n.facts.task(t)
		}
	}
	n.close(all)
	for _, c := range n.conditions {
		n.facts.conditionName(c, all)
	}
	n.facts.all = n.facts.all || n.all
	return n.facts
}

package link

import (
	"slices"
	"sort"

	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// names is a set of variables that code can read. With all set it may be any.
type names struct {
	set map[string]bool
	all bool
	// facts, when not nil, gathers which facts are read; conditions are then those met.
	facts      *factUse
	conditions []*value.Cond
	// calls are the lookups that can be answered ahead, by eval.LookupKey.
	calls map[string]LookupCall
}

func newNames() *names { return &names{set: map[string]bool{}} }

func (n *names) sorted() []string {
	out := make([]string, 0, len(n.set))
	for s := range n.set {
		out = append(out, s)
	}
	sort.Strings(out)
	return out
}

// with returns a set that also has the names given.
func (n *names) with(more []string) *names {
	out := newNames()
	out.join(n)
	for _, s := range more {
		out.set[s] = true
	}
	return out
}

// join adds the names of another set.
func (n *names) join(o *names) {
	n.all = n.all || o.all
	for s := range o.set {
		n.set[s] = true
	}
	for k, c := range o.calls {
		if n.calls == nil {
			n.calls = map[string]LookupCall{}
		}
		n.calls[k] = c
	}
}

// value adds what the templates within a value read.
func (n *names) value(v value.Value) {
	switch x := v.(type) {
	case *value.Tmpl:
		n.nodes(x.Root)
	case *value.Cond:
		if n.facts != nil {
			n.conditions = append(n.conditions, x)
		}
		n.nodes([]*expr.Node{x.Root})
		if x.Tmpl != nil {
			n.value(x.Tmpl)
			n.all = true // its text is a condition that is only known when it is rendered
		}
	case *value.List:
		for _, e := range x.V {
			n.value(e)
		}
	case value.Tuple:
		for _, e := range x {
			n.value(e)
		}
	case *value.Dict:
		for i := range x.Len() {
			n.value(x.K[i])
			n.value(x.V[i])
		}
	}
}

// everything are the lookups that read variables by names of their own.
var everything = map[string]bool{"varnames": true}

func (n *names) nodes(root []*expr.Node) {
	if n.facts != nil {
		n.facts.trees(root)
	}
	u := expr.UsesOf(root)
	for _, name := range u.Names {
		n.set[name] = true
		n.all = n.all || name == "vars"
	}
	for _, l := range u.Lookups {
		n.all = n.all || everything[ir.Short(l)]
		if foreseen[ir.Short(l)] {
			n.lookups(root)
		}
	}
}

// task adds what a task reads.
func (n *names) task(t *ir.Task) {
	t.EachValue(func(v ir.Val) { n.value(v.V) })
	if l := t.Loop; l != nil {
		n.set["item"] = true
		for _, v := range []ir.Val{l.Items, l.Var, l.IndexVar, l.Label, l.Pause, l.Extended, l.ExtendedAllItems} {
			if s, ok := value.Text(v.V); ok {
				n.set[s] = true // the name of a loop variable is looked up before it is used
			}
		}
	}
	switch t.Module {
	case "ansible.builtin.validate_argument_spec":
		n.spec(t)
	case "ansible.builtin.template":
		n.set["ansible_managed"] = true // dialect tagged looks whether a variable has that name
	}
}

// spec adds the variables that an argument spec checks.
func (n *names) spec(t *ir.Task) {
	args, _ := t.Args.V.(*value.Dict)
	spec, _ := args.GetStr("argument_spec")
	if d, ok := spec.(*value.Dict); ok {
		for _, k := range d.K {
			s, _ := value.Text(k)
			n.set[s] = true
		}
	}
}

// close adds what the variables themselves read, through every layer that a host's tasks may see.
func (n *names) close(all []*value.Dict) {
	done := map[string]bool{}
	for {
		var next []string
		for s := range n.set {
			if !done[s] {
				next = append(next, s)
			}
		}
		if next == nil || n.all {
			return
		}
		for _, s := range next {
			done[s] = true
			for _, d := range all {
				if v, ok := d.GetStr(s); ok {
					n.value(v)
				}
			}
		}
	}
}

// prune keeps of a layer what can be read.
func (n *names) prune(d *value.Dict) *value.Dict {
	if n.all || d == nil {
		return d
	}
	out := value.NewDict()
	for i, k := range d.K {
		if s, ok := value.Text(k); ok && n.set[s] {
			out.SetStr(s, d.V[i])
		}
	}
	return out
}

// sizeable are the magic variables that name all hosts: a host is sent those that it reads.
var sizeable = []string{"groups", "ansible_play_hosts", "ansible_play_hosts_all", "ansible_play_batch", "play_hosts"}

// pruneMagic takes out of a host's magic variables those that would grow with every other host and are not read.
func (n *names) pruneMagic(d *value.Dict) *value.Dict {
	for _, name := range sizeable {
		if !n.reads(name) {
			d.Del(name)
		}
	}
	return d
}

// reads says whether one of sizeable can be read, or what is made of it.
func (n *names) reads(name string) bool {
	return n.all || n.set[name] || slices.ContainsFunc(madeOf[name], func(s string) bool { return n.set[s] })
}

// madeOf are the variables that a machine makes of one of them.
var madeOf = map[string][]string{
	"ansible_play_hosts_all": {"ansible_play_hosts"},
	"ansible_play_batch":     {"ansible_play_hosts", "play_hosts", "ansible_current_hosts", "ansible_failed_hosts"},
}

// reads are the names that a play's code reads, and those that the machine reads by itself.
func reads(tasks []*ir.Task) *names {
	n := newNames()
	for _, s := range slices.Concat(ir.AgentReads, ir.RouteVars) {
		n.set[s] = true
	}
	for _, t := range tasks {
		n.task(t)
	}
	return n
}

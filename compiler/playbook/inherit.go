package playbook

import (
	"pbc/compiler/yaml"
	"pbc/ir"
)

// isDynamic says whether s is an include that loads its steps while running: keywords do not pass it.
func isDynamic(s Step) bool {
	t, ok := s.(*Task)
	return ok && t.Include != nil && !t.Include.Static
}

// up is the step that s inherits keywords from: its parent, or the parent of a dynamic include; nil when that
// is a dynamic include again or there is none.
func up(s Step) Step {
	p := s.Enclosing()
	if p != nil && isDynamic(p) {
		p = p.Enclosing()
	}
	if p == nil || isDynamic(p) {
		return nil
	}
	return p
}

// Inherited returns the node of a keyword that is inherited by nearness (keyword.Nearest) as it holds at s,
// nil when nobody gives it: from s itself, what encloses it, its role, the roles that led to it, its play.
// Keywords of import_playbook are not inherited by plays; tags and conditions are added to them by Load.
func Inherited(s Step, name string) *yaml.Node {
	if n := s.Own(name); n != nil {
		return n
	}
	return InheritedAround(s, name)
}

// InheritedAround is Inherited without what s gives itself.
func InheritedAround(s Step, name string) *yaml.Node {
	if p := up(s); p != nil {
		if n := Inherited(p, name); n != nil {
			return n
		}
	}
	b, ok := s.(*Block)
	if !ok {
		return nil
	}
	for _, r := range b.roles() {
		if n := r.Keywords.Get(name); n != nil {
			return n
		}
	}
	if b.Play != nil {
		return b.Play.Keywords.Get(name)
	}
	return nil
}

// roles are the role of a block and those that led to it, nearest first.
func (b *Block) roles() []*Role {
	if b.Role == nil {
		return nil
	}
	out := []*Role{b.Role}
	chain := DepChain(b)
	for i := len(chain) - 1; i >= 0; i-- {
		out = append(out, chain[i])
	}
	return out
}

// Joined returns the nodes of a keyword whose values are joined, as they hold at s: tags with what is
// nearest first (outermost is false), when, environment and module_defaults with what is outermost first. Each node is the value as one
// entity gives it, a list or a single value; an entity counts once for each way that it is inherited.
func Joined(s Step, name string, outermost bool) []*yaml.Node {
	var out []*yaml.Node
	add := func(more ...*yaml.Node) {
		if outermost {
			out = append(more, out...)
		} else {
			out = append(out, more...)
		}
	}
	if n := s.Own(name); n != nil {
		add(n)
	}
	if p := up(s); p != nil {
		add(Joined(p, name, outermost)...)
	}
	b, ok := s.(*Block)
	if !ok {
		return unrepeated(out)
	}
	for _, r := range b.roles() {
		if n := r.Keywords.Get(name); n != nil {
			add(n)
		}
	}
	if b.Play != nil {
		if n := b.Play.Keywords.Get(name); n != nil {
			add(n)
		}
	}
	return unrepeated(out)
}

// unrepeated drops what follows its like.
func unrepeated(list []*yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	for _, n := range list {
		if len(out) == 0 || out[len(out)-1] != n {
			out = append(out, n)
		}
	}
	return out
}

// Tags are the tags of a step with those it inherits, each once, nearest first. They may be templates.
func Tags(s Step) []*yaml.Node {
	var out []*yaml.Node
	seen := map[string]bool{}
	for _, n := range Joined(s, "tags", false) {
		for _, item := range listItems(n) {
			if k := nodeKey(item); !seen[k] {
				seen[k] = true
				out = append(out, item)
			}
		}
	}
	return out
}

// Conditions are the conditions that must hold for a step, outermost first.
func Conditions(s Step) []*yaml.Node {
	var out []*yaml.Node
	for _, n := range Joined(s, "when", true) {
		out = append(out, listItems(n)...)
	}
	return out
}

// EnclosingVars are the variables of a step and all that enclose it, innermost last and winning. Dynamic includes
// give theirs too. Roles and plays do not take part.
func EnclosingVars(s Step) Map {
	var m Map
	if s == nil {
		return m
	}
	if p := s.Enclosing(); p != nil {
		m = EnclosingVars(p)
	}
	switch x := s.(type) {
	case *Block:
		m.Update(x.Vars)
		return m
	case *Task:
		m.Update(x.Vars)
		if ir.Short(x.Action) == "include" {
			m.Update(x.Args)
		}
	}
	m.Del("tags")
	m.Del("when")
	return m
}

// IncludeParams are the variables that enclosing include_tasks and include_role give with the precedence of
// include parameters, outermost first and losing: their vars, and the parameters and names of the roles that
// include_role and import_role stand in.
func IncludeParams(s Step) Map {
	var m Map
	if s == nil {
		return m
	}
	if p := s.Enclosing(); p != nil {
		m = IncludeParams(p)
	}
	t, ok := s.(*Task)
	if !ok || t.Include == nil {
		return m
	}
	if t.Kind == IncludeTasks || t.Kind == IncludeRole {
		m.Update(t.Vars)
	}
	if t.Include.RoleName != nil && t.Role != nil {
		m.Update(t.Role.Params)
		putFirst(&m, "ansible_parent_role_names", t.Role.FullName())
		putFirst(&m, "ansible_parent_role_paths", t.Role.Path)
	}
	return m
}

// putFirst puts text in front of the list of that name.
func putFirst(m *Map, name, text string) {
	items := []*yaml.Node{textNode(nil, text)}
	m.Set(name, nil, seqNode(ir.Pos{}, append(items, listItems(m.Get(name))...)...))
}

// DisplayName is how output calls a task, before its templates are rendered: the name or else the action, with the
// role in front. An include_role without a name shows the role it includes, and not the one it is in.
func (t *Task) DisplayName() string {
	name := t.Name
	if t.Include != nil && t.Include.RoleName != nil {
		if name == "" {
			name = t.Action + " : " + show(t.Include.RoleName)
		}
		return name
	}
	if name == "" {
		name = t.Action
	}
	if t.Role != nil {
		name = t.Role.FullName() + " : " + name
	}
	return name
}

// DepChain are the roles that led to a step, outermost first, its own role last; nil outside of roles.
func DepChain(s Step) []*Role {
	for ; s != nil; s = s.Enclosing() {
		if b, ok := s.(*Block); ok && b.DepChain != nil {
			return b.DepChain
		}
	}
	return nil
}

// inheritedCollections are the collections that hold for the tasks below s.
func inheritedCollections(s Step) []string {
	if s == nil {
		return nil
	}
	if n := s.Own("collections"); n != nil {
		return texts(listItems(n))
	}
	if p := up(s); p != nil {
		if c := inheritedCollections(p); c != nil {
			return c
		}
	}
	b, ok := s.(*Block)
	switch {
	case !ok:
		return nil
	case b.Role != nil:
		return append([]string{}, b.Role.Collections...)
	case b.Play != nil:
		if n := b.Play.Keywords.Get("collections"); n != nil {
			return texts(listItems(n))
		}
	}
	return nil
}

package link

import (
	"slices"

	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/keyword"
	"pbc/ir/value"
)

// reserved are the warnings for the variables of a play, without those of hosts, that have a reserved
// name. The caller holds the lock.
func (l *Linker) reserved(number int) []*failure.Failure {
	if l.opt.Dialect == expr.Tagged {
		return reservedKeys(l.reservedLayers(number, "", nil))
	}
	p := l.prog.Plays[number]
	vars, err := l.playVars(number, "")
	if err != nil { // a file that only a host's variables name
		vars = layer(p, p.Vars)
	}
	all := append(layers{vars, l.opt.Extra}, l.playLayers(number)...)
	var out []*failure.Failure
	for _, name := range keyword.ReservedNames {
		if slices.ContainsFunc(all, func(d *value.Dict) bool { _, ok := d.GetStr(name); return ok }) {
			out = append(out, failure.New("Found variable using reserved name: "+name))
		}
	}
	return out
}

// ReservedAtLoad are the warnings of dialect tagged for variables that are read while playbooks are loaded: those of
// plays with roles, and of what is included.
func (l *Linker) ReservedAtLoad() []*failure.Failure {
	if l.opt.Dialect != expr.Tagged {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*failure.Failure
	for i, p := range l.prog.Plays {
		if len(p.RoleNames) > 0 {
			vars, _ := l.playVars(i, "")
			out = append(out, reservedKeys(layers{vars, l.opt.Extra})...)
		}
		for _, t := range p.Tasks {
			if t.Include != nil && t.Include.Kind != "role" {
				out = append(out, reservedKeys(l.reservedLayers(i, "", t))...)
			}
		}
	}
	return out
}

// reservedSite is where variables of reserved names are told of once.
type reservedSite struct {
	play  int
	host  string
	scope int // -1 for all scopes that have none themselves
}

// ReservedFor are the warnings of dialect tagged for the variables that a task sees on a host, but for those that tasks have
// made. They are told when the task begins; asked again for a like task there are none.
func (l *Linker) ReservedFor(play int, host string, task int) []*failure.Failure {
	if l.opt.Dialect != expr.Tagged {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t, _ := l.task(play, task)
	if t == nil || t.Module == "ansible.builtin.meta" && len(t.When) == 0 {
		return nil
	}
	site := reservedSite{play, host, t.Scope}
	if !l.scopeReserves(play, t) {
		site.scope = -1
	}
	if l.warned[site] {
		return nil
	}
	l.warned[site] = true
	return reservedKeys(l.reservedLayers(play, host, t))
}

// scopeReserves says whether the scope of a task brings a variable of a reserved name.
func (l *Linker) scopeReserves(play int, t *ir.Task) bool {
	below, above, params := l.scopeLayers(play, t)
	return slices.ContainsFunc(slices.Concat(below, above, params), func(d *value.Dict) bool {
		return slices.ContainsFunc(d.K, isReserved)
	})
}

func isReserved(k value.Value) bool {
	name, _ := value.Text(k)
	return keyword.Reserved(name)
}

// scopeLayers are the layers of a task's scope, by rising precedence: those below the host's variables, those of roles and tasks,
// and parameters.
func (l *Linker) scopeLayers(play int, t *ir.Task) (below, above, params layers) {
	tables := l.tables(play)
	if t == nil || t.Scope < 0 || t.Scope >= len(tables.Scopes) {
		return nil, nil, nil
	}
	of := func(list []int) (out layers) {
		for i := len(list) - 1; i >= 0; i-- {
			if d, ok := tables.Layers[list[i]].V.(*value.Dict); ok {
				out = append(out, d)
			}
		}
		return out
	}
	s := tables.Scopes[t.Scope]
	own := of(s.Task)
	if t.Include == nil { // which has them as parameters, too
		own = withoutTags(own)
	}
	return of(s.RoleDefaults), append(of(s.RoleVars), own...), append(of(s.RoleParams), of(s.IncludeParams)...)
}

// withoutTags are the vars of tasks and blocks as Ansible gives them to a task: without what has the name of one of two keywords.
func withoutTags(list layers) layers {
	for i, d := range list {
		if _, tags := d.GetStr("tags"); !tags {
			if _, when := d.GetStr("when"); !when {
				continue
			}
		}
		list[i] = d.Copy()
		list[i].Del("tags")
		list[i].Del("when")
	}
	return list
}

// reservedLayers are the variables of a play, of a host ("" for none) and of a task (nil for none) in the order in which Ansible
// combines them: the first to have a name is the one whose place is told.
func (l *Linker) reservedLayers(play int, host string, t *ir.Task) layers {
	p := l.prog.Plays[play]
	below, above, params := l.scopeLayers(play, t)
	defaults, exported := l.shownRoles(p)
	out := append(playLayersOf(p, defaults), below...)
	if h := l.opt.Inventory.Host(host); h != nil && l.opt.Inventory.Reserves() {
		if d, err := h.Vars(); err == nil {
			out = append(out, d)
		}
	}
	vars, err := l.playVars(play, host)
	if err != nil { // a file that only a host's variables name
		vars = layer(p, p.Vars)
	}
	out = append(append(out, vars), playLayersOf(p, exported)...)
	return append(append(append(out, above...), params...), l.opt.Extra)
}

func playLayersOf(p *ir.Play, list []int) layers {
	var out layers
	for _, n := range list {
		out = append(out, layer(p, n))
	}
	return out
}

// reservedKeys are the warnings of dialect tagged for layers by rising precedence.
func reservedKeys(all layers) []*failure.Failure {
	var out []*failure.Failure
	seen := map[string]bool{}
	for _, d := range all {
		if d == nil {
			continue
		}
		for _, k := range d.K {
			name, _ := value.Text(k)
			if !seen[name] && keyword.Reserved(name) {
				seen[name] = true
				out = append(out, failure.Reserved(name, value.OriginOf(k)))
			}
		}
	}
	return out
}

// placedArg is the name of a variable that is an argument of a task: one of which dialect tagged warns says where it is written.
func placedArg(t *ir.Task, name string) value.Value {
	if t == nil || !keyword.Reserved(name) {
		return name
	}
	p, ok := t.Places["key.args."+name]
	if !ok {
		return name
	}
	return &value.Str{S: name, At: &value.Origin{File: t.Pos.File, Line: p[0], Col: p[1]}}
}

package machine

import (
	"context"
	"maps"
	"slices"
	"strings"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// scope gives the variables of one task, raw. The order of its layers is Ansible's precedence,
// highest first.
//
// Ansible docs: "Understanding variable precedence".
type scope struct {
	m    *Machine
	ctx  context.Context
	lex  *ir.Scope
	task int
	// local are the variables of the task while it runs: the item of its loop, its own result.
	local *value.Dict
	// hostless hides what belongs to the host: the names of handlers are rendered without it.
	hostless bool
	fresh    *value.Dict // see now
	fault    error       // see unread
	gone     *ir.Lost    // see lost
	// hidden are variables that the debugger has taken away.
	hidden map[string]bool
	// delegated is ansible_delegated_vars; nil for a task that is not delegated.
	delegated func() (value.Value, bool)
	// reach gives the variables about the connection that nothing else defines; nil before there are any.
	reach func(name string) (value.Value, bool)
}

func (m *Machine) scopeOf(ctx context.Context, t *ir.Task, number int) *scope {
	lex := m.scopes[t.Scope]
	if lex == nil {
		lex = &ir.Scope{Role: -1}
	}
	return &scope{m: m, ctx: ctx, lex: lex, task: number, local: value.NewDict()}
}

// Lookup implements eval.Vars.
func (s *scope) Lookup(name string) (value.Value, bool) {
	if v, ok := s.local.GetStr(name); ok {
		return v, true
	}
	if s.hidden[name] {
		return nil, false
	}
	if v, ok := s.magic(name); ok {
		return v, true
	}
	if name == "ansible_delegated_vars" && s.delegated != nil {
		return s.delegated()
	}
	v, ok := s.defined(name)
	if !ok && s.reach != nil {
		return s.reach(name)
	}
	return v, ok
}

// defined looks up what the inventory, the play and its tasks define.
func (s *scope) defined(name string) (value.Value, bool) {
	if !s.m.batch.Host.Whole && !s.m.known[name] {
		return s.asked(name)
	}
	if s.m.code.Settings.HashMerge {
		return s.merged(name)
	}
	return s.sent(name)
}

// sent looks a variable up in what the batch holds and tasks have made.
func (s *scope) sent(name string) (value.Value, bool) { return s.sentOf(name, s.set, s.ofHost) }

// sentOf is sent with what tasks have set, and what facts and the inventory say, of any host.
func (s *scope) sentOf(name string, set, ofHost func(string) (value.Value, bool)) (value.Value, bool) {
	m := s.m
	if v, ok := s.params(name); ok {
		return v, true
	}
	if v, ok := set(name); ok {
		return v, true
	}
	if v, ok := s.layered(name, s.lex.Task, s.lex.RoleVars); ok {
		return v, true
	}
	if v, ok := s.reversed(name, m.code.PlayRoleVars); ok {
		return v, true
	}
	if v, ok := s.play().GetStr(name); ok {
		return v, true
	}
	if v, ok := ofHost(name); ok {
		return v, true
	}
	if v, ok := s.layered(name, s.lex.RoleDefaults); ok {
		return v, true
	}
	return s.reversed(name, m.code.PlayDefaults)
}

// asked looks up a name that the link did not expect: what the controller has of it stands among the
// variables that tasks have made by its level.
func (s *scope) asked(name string) (value.Value, bool) {
	m := s.m
	for i := len(m.includes) - 1; i >= 0; i-- {
		if v, ok := m.includes[i].GetStr(name); ok {
			return v, true
		}
	}
	if s.hostless {
		return nil, false
	}
	a := s.ask(name)
	if a.Level == event.AboveSet {
		return a.Value.V, true
	}
	if v, ok := s.set(name); ok {
		return v, true
	}
	if a.Level == event.AboveFacts {
		return a.Value.V, true
	}
	if v, ok := s.fact(name); ok {
		return v, true
	}
	return a.Value.V, a.Level == event.BelowFacts
}

// set looks into what tasks have set: registered results, set_fact, include_vars.
func (s *scope) set(name string) (value.Value, bool) {
	if s.hostless {
		return nil, false
	}
	if v, ok := s.m.host.Set.GetStr(name); ok {
		return v, true
	}
	return s.m.host.Included.GetStr(name)
}

// ofHost looks into the facts and the inventory.
func (s *scope) ofHost(name string) (value.Value, bool) {
	if s.hostless {
		return nil, false
	}
	if v, ok := s.fact(name); ok {
		return v, true
	}
	return s.inventory().GetStr(name)
}

// hostMagic are the magic variables that belong to a host.
var hostMagic = map[string]bool{"inventory_hostname": true, "inventory_hostname_short": true, "group_names": true, "inventory_file": true, "inventory_dir": true}

// params looks into the layers above everything a task can set: -e, the parameters of includes and
// roles.
func (s *scope) params(name string) (value.Value, bool) {
	if v, ok := s.m.extra.GetStr(name); ok {
		return v, true
	}
	for i := len(s.m.includes) - 1; i >= 0; i-- {
		if v, ok := s.m.includes[i].GetStr(name); ok {
			return v, true
		}
	}
	return s.layered(name, s.lex.IncludeParams, s.lex.RoleParams)
}

// layered looks into layers that are listed innermost first.
func (s *scope) layered(name string, lists ...[]int) (value.Value, bool) {
	for _, list := range lists {
		for _, l := range list {
			if v, ok := s.m.layers[l].GetStr(name); ok {
				return v, true
			}
		}
	}
	return nil, false
}

// reversed looks into layers that are listed in order of increasing precedence.
func (s *scope) reversed(name string, list []int) (value.Value, bool) {
	for i := len(list) - 1; i >= 0; i-- {
		if v, ok := s.m.layers[list[i]].GetStr(name); ok {
			return v, true
		}
	}
	return nil, false
}

// fact looks a name up among the facts: ansible_facts itself, and the facts as variables.
func (s *scope) fact(name string) (value.Value, bool) {
	m := s.m
	if name == "ansible_facts" {
		return m.factsNamespace(), true
	}
	if !m.code.Settings.InjectFacts && name != "ansible_local" {
		return nil, false
	}
	if module.Restricted(name) || strings.HasPrefix(name, "_ansible_") {
		return nil, false
	}
	return m.host.Facts.GetStr(name)
}

// factsNamespace is ansible_facts: the facts without their prefix.
func (m *Machine) factsNamespace() *value.Dict {
	if m.facts == nil {
		m.facts = namespaceFacts(m.host.Facts)
	}
	return m.facts
}

func namespaceFacts(facts *value.Dict) *value.Dict {
	d := value.NewDict()
	for i, k := range facts.K {
		name, ok := value.Text(k)
		if ok && name != "ansible_local" {
			name = strings.TrimPrefix(name, "ansible_")
		}
		d.SetStr(name, facts.V[i])
	}
	return d
}

// ask fetches a variable that the link left out because no code was seen to read it.
func (s *scope) ask(name string) *event.Answer {
	m := s.m
	key := askedKey{name: name, scope: s.lex}
	if a := m.asked[key]; a != nil && !m.live {
		return a
	}
	a, err := m.up.Ask(s.ctx, &event.Need{Ask: event.Variable, Name: name, Task: s.task})
	if err != nil {
		a = &event.Answer{}
	}
	m.asked[key] = a
	return a
}

// askedKey names a variable as the tasks of one scope see it.
type askedKey struct {
	name  string
	scope *ir.Scope
}

// magic gives the variables that nothing overrides.
func (s *scope) magic(name string) (value.Value, bool) {
	if v, ok := s.playHosts(name); ok {
		return v, true
	}
	if v, ok := s.m.magic.GetStr(name); ok {
		if s.m.live && liveInventory[name] {
			v = get(s.now(), name)
		}
		return v, !s.hostless || !hostMagic[name]
	}
	switch name {
	case "ansible_search_path":
		return s.lex.SearchPath(), true
	case "omit":
		return s.m.code.Settings.OmitVar(), true
	case "environment":
		if t := s.m.tasks[s.task]; t != nil {
			return t.EnvironmentVar(), true
		}
	}
	if s.lex.Role < 0 {
		return nil, false
	}
	return s.m.roles[s.lex.Role].Magic(name)
}

func texts(list []string) *value.List {
	l := &value.List{}
	for _, s := range list {
		l.V = append(l.V, s)
	}
	return l
}

// Names implements eval.Vars: every name there is, in no particular order.
func (s *scope) Names() []string {
	seen := map[string]bool{}
	var names []string
	add := func(d *value.Dict) {
		if d == nil {
			return
		}
		for _, k := range d.K {
			if n, ok := value.Text(k); ok && !seen[n] {
				seen[n] = true
				names = append(names, n)
			}
		}
	}
	m := s.m
	for _, d := range append([]*value.Dict{s.local, m.magic, m.extra, m.host.Set, m.host.Included, s.play(), s.inventory()}, m.includes...) {
		add(d)
	}
	if m.code.Settings.InjectFacts {
		add(module.Injected(m.host.Facts))
	}
	add(value.DictOf("ansible_facts", nil, "ansible_search_path", nil, "omit", nil, "environment", nil,
		"ansible_current_hosts", nil, "ansible_failed_hosts", nil))
	for _, n := range slices.Sorted(maps.Keys(reachNames)) {
		if s.reach == nil {
			break
		}
		if _, ok := s.reach(n); ok {
			add(value.DictOf(n, nil))
		}
	}
	if s.lex.Role >= 0 {
		for _, n := range ir.RoleMagic {
			if _, ok := s.m.roles[s.lex.Role].Magic(n); ok {
				add(value.DictOf(n, nil))
			}
		}
	}
	for _, list := range [][]int{s.lex.IncludeParams, s.lex.RoleParams, s.lex.Task, s.lex.RoleVars, m.code.PlayRoleVars, s.lex.RoleDefaults, m.code.PlayDefaults} {
		for _, l := range list {
			add(m.layers[l])
		}
	}
	return names
}

package expr

import "slices"

// Uses tells what evaluating some trees can read, found without evaluating: it may name more than
// will be read, never less, unless Dynamic.
type Uses struct {
	Names    []string // variables read, globals such as lookup and range included; each once
	Filters  []string
	Tests    []string
	Lookups  []string // plugins called by lookup, query and q under a constant name
	Includes []string // templates included, imported or extended under a constant name

	// Dynamic says that a variable's name is computed: vars[...], lookup('vars', ...) of what is
	// not constant, lookup('varnames'), or an included template that sees the variables.
	Dynamic bool
	// Unforeseen says that a lookup's plugin, or an included template, has a computed name.
	Unforeseen bool
	// HostVars says that another host's variables may be read.
	HostVars bool
	// Volatile says that two evaluations may differ though the variables do not.
	Volatile bool
}

// UsesOf tells what the trees use.
func UsesOf(ns []*Node) *Uses {
	w := &usesWalk{u: &Uses{}}
	w.all(ns, nil)
	return w.u
}

// scope is a set of names bound within the template.
type scope struct {
	names  map[string]bool
	parent *scope
}

func (s *scope) has(name string) bool {
	for ; s != nil; s = s.parent {
		if s.names[name] {
			return true
		}
	}
	return false
}

func (s *scope) child() *scope { return &scope{map[string]bool{}, s} }

type usesWalk struct{ u *Uses }

func add(list *[]string, s string) {
	if !slices.Contains(*list, s) {
		*list = append(*list, s)
	}
}

// all walks a body; what it binds is seen by what follows in it.
func (w *usesWalk) all(ns []*Node, outer *scope) {
	s := outer.child()
	for _, n := range ns {
		w.node(n, s)
	}
}

// list walks expressions.
func (w *usesWalk) list(ns []*Node, s *scope) {
	for _, n := range ns {
		w.node(n, s)
	}
}

func (w *usesWalk) bind(target *Node, s *scope) {
	switch target.Op {
	case OName:
		s.names[target.S] = true
	case OTuple:
		for _, a := range target.A {
			w.bind(a, s)
		}
	default:
		w.node(target, s)
	}
}

func (w *usesWalk) node(n *Node, s *scope) {
	if n == nil {
		return
	}
	switch n.Op {
	case OName:
		w.name(n.S, s)
	case OFilter:
		add(&w.u.Filters, n.S)
		w.indirect(n, s)
	case OTest:
		add(&w.u.Tests, n.S)
		w.args(n, s)
	case OCall:
		w.call(n, s)
	case OItem:
		w.item(n, s)
	case SFor, SSet, SSetBlock, SMacro, SCallBlock, SWith:
		w.binding(n, s)
	case SInclude, SImport, SFrom, SExtends:
		w.template(n, s)
	default:
		w.args(n, s)
		w.all(n.Body, s)
		w.all(n.Else, s)
	}
}

var volatileFilters = map[string]bool{"random": true, "shuffle": true, "password_hash": true, "to_uuid": false, "vault": true}

var volatileNames = map[string]bool{"now": true, "lookup": true, "query": true, "q": true, "lipsum": true}

func (w *usesWalk) name(name string, s *scope) {
	if s.has(name) {
		return
	}
	add(&w.u.Names, name)
	switch {
	case volatileNames[name]:
		w.u.Volatile = true
	case name == "vars":
		w.u.Dynamic = true
	case name == "hostvars":
		w.u.HostVars = true
	}
}

// args walks the operands and arguments of an expression.
func (w *usesWalk) args(n *Node, s *scope) {
	w.list(n.A, s)
	for _, k := range n.KW {
		w.node(k.V, s)
	}
	w.node(n.Star, s)
	w.node(n.Dbl, s)
}

// indirect walks a filter: map, select and their kin name a further filter or test.
func (w *usesWalk) indirect(n *Node, s *scope) {
	if volatileFilters[n.S] {
		w.u.Volatile = true
	}
	at, list := 1, &w.u.Tests
	switch n.S {
	case "map":
		list = &w.u.Filters
	case "select", "reject":
	case "selectattr", "rejectattr":
		at = 2
	default:
		at = len(n.A)
	}
	if at < len(n.A) && n.A[at].Op == OConst {
		if name, ok := n.A[at].V.(string); ok {
			add(list, name)
		}
	}
	w.args(n, s)
}

// item sees vars['x'] as x.
func (w *usesWalk) item(n *Node, s *scope) {
	o, k := n.A[0], n.A[1]
	if o.Op == OName && o.S == "vars" && !s.has("vars") && k.Op == OConst {
		if name, ok := k.V.(string); ok {
			add(&w.u.Names, name)
			return
		}
	}
	w.list(n.A, s)
}

func (w *usesWalk) call(n *Node, s *scope) {
	f := n.A[0]
	isLookup := f.Op == OName && (f.S == "lookup" || f.S == "query" || f.S == "q") && !s.has(f.S)
	switch {
	case isLookup && len(n.A) > 1:
		w.lookup(n)
	case isLookup: // all its arguments are computed
		w.u.Dynamic, w.u.Unforeseen = true, true
	}
	w.args(n, s)
}

func (w *usesWalk) lookup(n *Node) {
	plugin, ok := n.A[1].V.(string)
	if n.A[1].Op != OConst || !ok {
		w.u.Dynamic, w.u.Unforeseen = true, true
		return
	}
	add(&w.u.Lookups, plugin)
	switch plugin {
	case "varnames", "ansible.builtin.varnames", "template", "ansible.builtin.template":
		w.u.Dynamic = true
	case "vars", "ansible.builtin.vars":
		for _, a := range n.A[2:] {
			name, ok := a.V.(string)
			if a.Op == OConst && ok {
				add(&w.u.Names, name)
			} else {
				w.u.Dynamic = true
			}
		}
		w.u.Dynamic = w.u.Dynamic || n.Star != nil
	}
}

// binding walks the statements that give names to values.
func (w *usesWalk) binding(n *Node, s *scope) {
	switch n.Op {
	case SFor:
		w.node(n.A[1], s)
		in := s.child()
		in.names["loop"] = true
		w.bind(n.A[0], in)
		w.node(n.A[2], in)
		w.all(n.Body, in)
		w.all(n.Else, s)
	case SSet:
		w.node(n.A[1], s)
		w.bind(n.A[0], s)
	case SSetBlock:
		w.all(n.Body, s)
		w.node(n.A[1], s)
		w.bind(n.A[0], s)
	case SWith:
		in := s.child()
		for i := 0; i+1 < len(n.A); i += 2 {
			w.node(n.A[i+1], s)
			w.bind(n.A[i], in)
		}
		w.all(n.Body, in)
	default:
		w.macro(n, s)
	}
}

func (w *usesWalk) macro(n *Node, s *scope) {
	if n.Op == SMacro {
		s.names[n.S] = true
	} else {
		w.list(n.A, s)
	}
	in := s.child()
	for _, name := range []string{"varargs", "kwargs", "caller"} {
		in.names[name] = true
	}
	for _, k := range n.KW {
		w.node(k.V, in)
		in.names[k.K] = true
	}
	w.all(n.Body, in)
}

func (w *usesWalk) template(n *Node, s *scope) {
	w.list(n.A, s)
	if name, ok := n.A[0].V.(string); ok && n.A[0].Op == OConst {
		add(&w.u.Includes, name)
	} else if n.A[0].Op == OList {
		for _, a := range n.A[0].A {
			name, ok := a.V.(string)
			if ok {
				add(&w.u.Includes, name)
			}
			w.u.Unforeseen = w.u.Unforeseen || !ok
		}
	} else {
		w.u.Unforeseen = true
	}
	if n.Op == SExtends || n.Flag {
		w.u.Dynamic = true
	}
	switch n.Op {
	case SImport:
		s.names[n.S] = true
	case SFrom:
		for i := 1; i < len(n.Ops); i += 2 {
			s.names[n.Ops[i]] = true
		}
	}
}

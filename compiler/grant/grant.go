// Package grant tells from the text of a program what its code may ask the controller for while it runs: which lookups with which
// terms, which variables of other hosts, which files. A host that asks for anything else lies.
//
// Its words: a set is what some texts ask for; a source is where in them a value comes from; a shape is a text as far as it is known
// before running, with gaps where it is not.
//
// Invariants: a set names all that its texts can ask for and may name more, so that no honest host is refused. Nothing is evaluated.
// What a text does not say, because a host has a part in it, is a gap that anything fills.
package grant

import (
	"regexp"
	"strings"

	"pbc/compiler/jinja"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// Set is what some texts ask for. Make one with New. It is used by one goroutine at a time.
type Set struct {
	jinja   jinja.Options
	lookups map[string]*use // by name, without that of ansible.builtin
	// anyLookup says that the name of a lookup is known only when it runs.
	anyLookup bool
	// hostVars are the variables that are read of other hosts by name; anyHostVar says that it may be any.
	hostVars   map[string]bool
	anyHostVar bool
	includes   []Source // templates that templates include
	filters    map[string]bool
	anyFilter  bool
	vaults     map[string]bool // the vaulted texts
	delegates  []Source
	// binds are the variables that tasks make while they run; anyBind says that their names are known only then. Loops are the
	// variables of loops, with the lists.
	binds   map[string]bool
	anyBind bool
	loops   map[string][]Source
	trusts  bool // a lookup's answer may be a template: allow_unsafe
	// Late is what texts within texts ask for: a variable that a task makes of them may be read in a later play.
	Late *Set
	seen map[*value.Tmpl]bool
	// doubts has the source of a template count beside its tree: a host has made both.
	doubts bool
}

// use is how a lookup is called.
type use struct {
	terms   []Source
	options map[string][]Source
	any     bool // arguments are given that are known only when it runs
}

// New returns an empty set; texts within texts are parsed with the options.
func New(o jinja.Options) *Set {
	s := newSet(o)
	s.Late = newSet(o)
	return s
}

func newSet(o jinja.Options) *Set {
	return &Set{jinja: o, lookups: map[string]*use{}, hostVars: map[string]bool{}, filters: map[string]bool{}, vaults: map[string]bool{},
		binds: map[string]bool{}, loops: map[string][]Source{}, seen: map[*value.Tmpl]bool{}}
}

// Task adds what a task asks for.
func (s *Set) Task(t *ir.Task) {
	t.EachValue(func(v ir.Val) { s.Value(v.V) })
	if t.Register != "" {
		s.binds[t.Register] = true
	}
	if t.DelegateTo.IsSet() {
		s.delegates = append(s.delegates, Of(t.DelegateTo.V))
	}
	if t.Module == "ansible.builtin.set_fact" || t.ActionName.IsSet() {
		s.facts(t.Args.V)
	}
	if t.Loop != nil {
		s.loop(t.Loop)
	}
}

// facts adds the variables that set_fact makes.
func (s *Set) facts(args value.Value) {
	d, ok := args.(*value.Dict)
	if !ok {
		s.anyBind = s.anyBind || args != nil
		return
	}
	for _, k := range d.K {
		name, ok := value.Text(k)
		if s.binds[name] = true; !ok || name == "_raw_params" || name == "_variable_params" {
			s.anyBind = true
		}
	}
}

// itemized are the loops whose items are those of the list they are given.
var itemized = map[string]bool{"": true, "items": true, "list": true}

func (s *Set) loop(l *ir.Loop) {
	items := Source{v: l.Items.V, each: true, gap: !itemized[ir.Short(l.With)]}
	names := map[string]Source{"item": items, "ansible_loop": {gap: true}}
	for v, from := range map[ir.Val]Source{l.Var: items, l.IndexVar: {gap: true}} {
		name, ok := value.Text(v.V)
		s.anyBind = s.anyBind || !ok && v.IsSet()
		names[name] = from
	}
	for name, from := range names {
		s.loops[name] = append(s.loops[name], from)
	}
	if l.With != "" {
		s.call(ir.Short(l.With)).terms = append(s.call(ir.Short(l.With)).terms, Of(l.Items.V))
	}
}

func (s *Set) call(name string) *use {
	u := s.lookups[name]
	if u == nil {
		u = &use{options: map[string][]Source{}}
		s.lookups[name] = u
	}
	return u
}

// Value adds what the templates within a value ask for.
func (s *Set) Value(v value.Value) {
	switch x := v.(type) {
	case *value.Tmpl:
		s.template(x)
	case *value.Cond:
		s.trees([]*expr.Node{x.Root}, s.Late)
		if s.doubts {
			s.text(x.Src, true)
		}
		if x.Tmpl != nil {
			s.template(x.Tmpl)
		}
	case *value.Vault:
		s.vaults[x.Cipher] = true
		if x.Opened {
			s.text(x.Plain, false)
		}
	case *value.List:
		s.values(x.V)
	case value.Tuple:
		s.values(x)
	case *value.Dict:
		if x != nil {
			s.values(x.K)
			s.values(x.V)
		}
	case *value.Str:
		if !x.Unsafe { // else it is never evaluated
			s.text(x.S, false)
		}
	case string:
		s.text(x, false)
	}
}

func (s *Set) values(list []value.Value) {
	for _, v := range list {
		s.Value(v)
	}
}

func (s *Set) template(t *value.Tmpl) {
	if t == nil || s.seen[t] {
		return
	}
	s.seen[t] = true
	s.trees(t.Root, s.Late)
	if s.doubts {
		s.text(t.Src, false)
	}
}

// called finds what looks like the call of a lookup, and its name where that is a constant.
var called = regexp.MustCompile(`\b(?:lookup|query|q)\s*\(\s*(?:(?:plugin_name\s*=\s*)?["']([\w.]+)["'])?`)

// text adds what a text asks for that may become a template, or a condition, while the program runs. Part says that it may be a
// part of one.
func (s *Set) text(text string, part bool) {
	braces := strings.Contains(text, s.jinja.VarStart) || strings.Contains(text, s.jinja.BlockStart)
	calls := called.FindAllStringSubmatch(text, -1)
	hostVars := strings.Contains(text, "hostvars")
	if !braces && calls == nil && !hostVars {
		return
	}
	to := s
	if s.Late != nil {
		to = s.Late
	}
	to.anyHostVar = to.anyHostVar || hostVars
	for _, c := range calls {
		switch name := c[1]; {
		case name != "":
			to.call(ir.Short(name)).any = true
		case part || braces:
			to.anyLookup = true
		}
	}
	if !braces {
		return
	}
	if t := jinja.Template(text, s.jinja); t.Fault == "" {
		to.trees(t.Root, nil)
	}
}

// trees adds what expressions ask for; texts within them count for late, too.
func (s *Set) trees(root []*expr.Node, late *Set) {
	inner := binding(root)
	for _, n := range root {
		s.node(n, inner, late)
	}
}

// binding says whether trees give names to values by themselves.
func binding(root []*expr.Node) bool {
	found := false
	expr.WalkAll(root, func(n *expr.Node) bool {
		switch n.Op {
		case expr.SFor, expr.SSet, expr.SSetBlock, expr.SMacro, expr.SCallBlock, expr.SWith, expr.SImport, expr.SFrom:
			found = true
		}
		return !found
	})
	return found
}

// node adds what a tree asks for. Inner says that names may be bound within the text.
func (s *Set) node(n *expr.Node, inner bool, late *Set) {
	if n == nil {
		return
	}
	switch n.Op {
	case expr.OConst, expr.SData:
		text, _ := n.V.(string)
		if n.Op == expr.SData {
			text = n.S
		}
		if late != nil {
			late.text(text, true)
		} else if isCall := called.MatchString(text); isCall {
			s.anyLookup = true
		}
		return
	case expr.OName:
		s.name(n.S)
	case expr.OFilter, expr.OTest:
		s.filter(n)
	case expr.OCall:
		if s.lookup(n, inner) {
			s.below(n, 1, inner, late)
			return
		}
	case expr.OAttr, expr.OItem:
		if s.hostVar(n) {
			s.node(index(n.A[0]), inner, late)
			return
		}
	case expr.SInclude, expr.SImport, expr.SFrom, expr.SExtends:
		s.includes = append(s.includes, Source{n: n.A[0], inner: inner})
	}
	s.below(n, 0, inner, late)
}

// below goes through what is below a node, from an operand on.
func (s *Set) below(n *expr.Node, from int, inner bool, late *Set) {
	for _, list := range [][]*expr.Node{n.A[from:], n.Body, n.Else, {n.Star, n.Dbl}} {
		for _, x := range list {
			s.node(x, inner, late)
		}
	}
	for _, k := range n.KW {
		s.node(k.V, inner, late)
	}
}

// name notes a name that is read: a lookup that is not called at once may be called anywhere.
func (s *Set) name(name string) {
	switch name {
	case "lookup", "query":
		s.anyLookup = true
	case "hostvars", "vars":
		s.anyHostVar = true
	}
}

// filter notes a filter or test, and the one that map, select and their like are given by name.
func (s *Set) filter(n *expr.Node) {
	s.filters[ir.Short(n.S)] = true
	at := len(n.A)
	switch ir.Short(n.S) {
	case "map", "select", "reject":
		at = 1
	case "selectattr", "rejectattr":
		at = 2
	}
	if at >= len(n.A) {
		return
	}
	if name, ok := n.A[at].V.(string); ok && n.A[at].Op == expr.OConst {
		s.filters[ir.Short(name)] = true
	} else {
		s.anyFilter = true
	}
}

// lookup notes a call of lookup, query or q. It says whether the node is one.
func (s *Set) lookup(n *expr.Node, inner bool) bool {
	if f := n.A[0]; f.Op != expr.OName || f.S != "lookup" && f.S != "query" && f.S != "q" {
		return false
	}
	if len(n.A) < 2 || n.A[1].Op != expr.OConst {
		s.anyLookup = true
		return true
	}
	name, _ := n.A[1].V.(string)
	u := s.call(ir.Short(name))
	u.any = u.any || n.Star != nil || n.Dbl != nil
	for _, a := range n.A[2:] {
		u.terms = append(u.terms, Source{n: a, inner: inner})
	}
	for _, k := range n.KW {
		if k.K == "allow_unsafe" {
			s.trusts = true
		}
		u.options[k.K] = append(u.options[k.K], Source{n: k.V, inner: inner})
	}
	return true
}

// methods are the attributes of a host's variables that are no variable.
var methods = map[string]bool{"get": true, "keys": true, "values": true, "items": true, "copy": true}

// hostVar notes hostvars[host].name and says whether the node is that.
func (s *Set) hostVar(n *expr.Node) bool {
	of := n.A[0]
	if of.Op != expr.OItem && of.Op != expr.OAttr || of.A[0].Op != expr.OName || of.A[0].S != "hostvars" {
		return false
	}
	name := n.S
	if n.Op == expr.OItem {
		name = ""
		if n.A[1].Op == expr.OConst {
			name, _ = n.A[1].V.(string)
		}
	}
	if name == "" || methods[name] || of.Op == expr.OAttr && methods[of.S] {
		return false
	}
	s.hostVars[name] = true
	return true
}

// index is the expression in the brackets of a node, nil where there is none.
func index(n *expr.Node) *expr.Node {
	if n.Op == expr.OItem {
		return n.A[1]
	}
	return nil
}

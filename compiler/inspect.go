package compiler

import (
	"slices"
	"strings"
	"unicode"

	"pbc/compiler/diag"
	"pbc/compiler/lower"
	"pbc/compiler/playbook"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/plugin"
)

// inspector looks into the templates and conditions of a tree, without evaluating any.
type inspector struct {
	u    *Unit
	out  *diag.List
	seen map[*yaml.Node]bool
	// later says whether faults that Ansible meets while running are told, too.
	later          bool
	filters, tests []string
}

// inspect finds what templates use that pbc lacks; and with later set the faults that would show only when
// a task is reached.
func (u *Unit) inspect(later bool, out *diag.List) {
	if u.opt.KnownFact == nil && !later {
		return
	}
	in := u.inspector(later, out)
	for _, p := range u.plays {
		in.play(p)
	}
}

func (u *Unit) inspector(later bool, out *diag.List) *inspector {
	return &inspector{u: u, out: out, seen: map[*yaml.Node]bool{}, later: later, filters: pluginNames(eval.Filters()), tests: pluginNames(eval.Tests())}
}

func pluginNames(list []*plugin.Row) []string {
	var out []string
	for _, p := range list {
		out = append(append(out, p.Name), p.Aliases...)
	}
	return out
}

func (in *inspector) play(p *lower.Play) {
	in.keywords(&p.Tree.Keywords)
	in.values(&p.Tree.Vars)
	for _, r := range p.Tree.Roles {
		in.role(r)
	}
	in.tasks(p, 0)
}

// tasks looks at the tasks of a play from a number on.
func (in *inspector) tasks(p *lower.Play, first int) {
	for n := first; n < len(p.Tables().Tasks); n++ {
		if t := p.Task(n); t != nil {
			in.step(t)
		}
		for _, f := range p.Tables().Tasks[n].Files {
			in.file(&f)
		}
	}
}

func (in *inspector) role(r *playbook.Role) {
	for _, m := range []*playbook.Map{&r.Vars, &r.Params, &r.FileVars, &r.DefaultVars} {
		in.values(m)
	}
	in.keywords(&r.Keywords)
	for _, d := range r.Deps {
		in.role(d)
	}
}

// step looks at a step and all that encloses it.
func (in *inspector) step(s playbook.Step) {
	for ; s != nil; s = s.Enclosing() {
		switch x := s.(type) {
		case *playbook.Block:
			in.keywords(&x.Keywords)
			in.values(&x.Vars)
		case *playbook.Task:
			in.keywords(&x.Keywords)
			in.values(&x.Vars)
			in.arguments(x)
		}
	}
}

// arguments looks at a task's arguments. The expressions that some of them are stand without braces.
func (in *inspector) arguments(t *playbook.Task) {
	for _, e := range t.Args.Entries {
		switch {
		case t.FQCN == "ansible.builtin.assert" && e.Name == "that":
			in.condition(e.Value)
		case t.FQCN == "ansible.builtin.debug" && e.Name == "var":
			in.text(e.Value, "{{"+textOf(e.Value)+"}}")
		default:
			in.value(e.Value)
		}
	}
	in.value(t.Loop)
	if t.LoopControl != nil {
		in.values(t.LoopControl)
	}
}

func textOf(n *yaml.Node) string {
	s, _ := n.Text()
	return s
}

var conditions = map[string]bool{"when": true, "until": true, "changed_when": true, "failed_when": true}

func (in *inspector) keywords(m *playbook.Map) {
	for _, e := range m.Entries {
		if conditions[e.Name] {
			in.condition(e.Value)
		} else {
			in.value(e.Value)
		}
	}
}

func (in *inspector) values(m *playbook.Map) {
	for _, e := range m.Entries {
		in.value(e.Value)
	}
}

func (in *inspector) value(n *yaml.Node) {
	if n == nil || n.Unsafe {
		return
	}
	for _, item := range n.Items {
		in.value(item)
	}
	if s, ok := n.Text(); ok && in.u.jinja.IsTemplate(s) {
		in.text(n, s)
	}
}

func (in *inspector) first(n *yaml.Node) bool {
	was := in.seen[n]
	in.seen[n] = true
	return !was
}

// mayMatter passes over texts, which are most, that cannot use a fact pbc lacks, before they are parsed.
func (in *inspector) mayMatter(s string) bool { return in.later || strings.Contains(s, "ansible_") }

func (in *inspector) text(n *yaml.Node, s string) {
	if !in.mayMatter(s) || !in.first(n) {
		return
	}
	if t, ok := in.u.jinja.Value(s).(*value.Tmpl); ok {
		in.roots(n, t.Root, t.Fault)
	}
}

func (in *inspector) condition(n *yaml.Node) {
	if n == nil {
		return
	}
	for _, item := range n.Items {
		in.condition(item)
	}
	s, ok := n.Text()
	if !ok || !in.mayMatter(s) || !in.first(n) {
		return
	}
	c := in.u.jinja.Condition(s)
	if c.Tmpl != nil {
		in.roots(n, c.Tmpl.Root, c.Tmpl.Fault)
		return
	}
	in.roots(n, []*expr.Node{c.Root}, c.Fault)
}

// roots looks at the trees of one text.
func (in *inspector) roots(n *yaml.Node, roots []*expr.Node, fault string) {
	if fault != "" && in.later {
		in.out.Add(&diag.Diagnostic{Kind: diag.Later, Pos: n.Pos, Msg: fault})
	}
	in.trees(roots, func(word string, _ *expr.Node) ir.Pos { return in.place(n, word) })
}

// file looks at a template file.
func (in *inspector) file(f *ir.File) {
	t, ok := f.Tmpl.V.(*value.Tmpl)
	if !ok || !in.later {
		return
	}
	at := func(line int) ir.Pos { return ir.Pos{File: f.Tree.Path, Line: max(line, 1), Col: 1} }
	if t.Fault != "" {
		in.out.Add(&diag.Diagnostic{Kind: diag.Later, Pos: at(t.Line), Msg: t.Fault})
	}
	in.trees(t.Root, func(_ string, n *expr.Node) ir.Pos { return at(n.Line) })
}

func (in *inspector) trees(roots []*expr.Node, at func(string, *expr.Node) ir.Pos) {
	expr.WalkAll(roots, func(n *expr.Node) bool {
		switch n.Op {
		case expr.OFilter:
			in.plugin("filter", n, in.filters, at)
		case expr.OTest:
			in.plugin("test", n, in.tests, at)
		default:
			in.fact(n, at)
		}
		return true
	})
}

func (in *inspector) plugin(what string, n *expr.Node, known []string, at func(string, *expr.Node) ir.Pos) {
	name := ir.Short(n.S)
	if !in.later || slices.Contains(known, name) {
		return
	}
	if in.u.opt.HasPlugin != nil && in.u.opt.HasPlugin(in.u, what == "test", n.S) {
		return
	}
	d := &diag.Diagnostic{Kind: diag.Later, Pos: at(n.S, n), Msg: "no " + what + " named '" + n.S + "'"}
	if near := diag.Near(name, known); near != "" {
		d.Hint = "did you mean " + near + "?"
	}
	in.out.Add(d)
}

// fact refuses a fact that Ansible gathers and pbc does not.
func (in *inspector) fact(n *expr.Node, at func(string, *expr.Node) ir.Pos) {
	name, ok := factName(n)
	if !ok || in.u.opt.KnownFact == nil || in.u.opt.KnownFact(name) {
		return
	}
	d := diag.Unsupportedf(at(name, n), "the fact %s", name)
	d.Hint = "a task of your own may find it out: register the output of a command"
	in.out.Add(d)
}

// factName is the fact that an expression reads: ansible_facts.x, ansible_facts['x'] or ansible_x.
func factName(n *expr.Node) (string, bool) {
	switch n.Op {
	case expr.OName:
		return strings.CutPrefix(n.S, "ansible_")
	case expr.OAttr:
		return n.S, n.A[0].Op == expr.OName && n.A[0].S == "ansible_facts"
	case expr.OItem:
		s, ok := n.A[1].V.(string)
		return s, ok && n.A[1].Op == expr.OConst && n.A[0].Op == expr.OName && n.A[0].S == "ansible_facts"
	}
	return "", false
}

// place is where a word stands in a text of the source: at its first occurrence from the text's beginning
// on, else where the text begins.
func (in *inspector) place(n *yaml.Node, word string) ir.Pos {
	src, err := in.u.source.ReadFile(n.Pos.File)
	if err != nil || !n.Pos.IsValid() || word == "" {
		return n.Pos
	}
	lines := strings.Split(string(src), "\n")
	for i := n.Pos.Line - 1; i < len(lines); i++ {
		from := 0
		if i == n.Pos.Line-1 {
			from = n.Pos.Col - 1
		}
		if col := wordAt([]rune(lines[i]), []rune(word), from); col >= 0 {
			return ir.Pos{File: n.Pos.File, Line: i + 1, Col: col + 1}
		}
	}
	return n.Pos
}

// wordAt is the index of a word that stands alone, -1 when it does not.
func wordAt(line, word []rune, from int) int {
	part := func(i int) bool {
		return i >= 0 && i < len(line) && (unicode.IsLetter(line[i]) || unicode.IsDigit(line[i]))
	}
	for i := max(from, 0); i+len(word) <= len(line); i++ {
		if slices.Equal(line[i:i+len(word)], word) && !part(i-1) && !part(i+len(word)) {
			return i
		}
	}
	return -1
}

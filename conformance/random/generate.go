// Package random makes random playbooks for several hosts, and makes those small that show something.
//
// Generate makes a Site from a seed: plays, roles, blocks, includes, handlers and keywords as chance has it, the same for the same seed and Options.
// What the tasks do costs the real Ansible little, fails on some hosts, and has one outcome there as long as one fork runs them. A site is trees,
// not text, so that Minimise can leave out parts of it.
//
// The package runs nothing and judges nothing.
package random

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Options is what is given of a site.
type Options struct {
	Hosts   []string // at least three
	Dialect string   // "classic" or "tagged": what Ansible has to understand; "" for what both do
}

// generator makes one site.
type generator struct {
	*rand.Rand
	Options
	site      *Site
	tasks     int // made so far, includes too
	handlers  int // of the play
	depth     int // of includes
	inRole    bool
	inHandler bool            // what is made now is a handler, or included by one
	registers []string        // names that some task before has registered
	read      map[string]bool // those that the task reads
}

// Generate makes the site of a seed.
func Generate(seed uint64, o Options) *Site {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), Options: o}
	g.site = &Site{Hosts: o.Hosts, Dialect: o.Dialect, Files: map[string]List{}}
	var plays List
	for i := range pick(g, 1, 1, 2) {
		plays = append(plays, g.play(i))
	}
	g.site.Files["playbook.yml"] = plays
	g.call()
	return g.site
}

// chance is true as often as percent says.
func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

// pick is one of list.
func pick[T any](g *generator, list ...T) T { return list[g.IntN(len(list))] }

// host is one of the hosts.
func (g *generator) host() string { return pick(g, g.Hosts...) }

// register is the name of a register of whichever host, for a task that reads it, and whether there is any. The task will not register that name
// itself: hosts that run the task after another would read what that one has registered, or not yet.
func (g *generator) register() (string, bool) {
	if len(g.registers) == 0 {
		return "", false
	}
	r := pick(g, g.registers...)
	g.read[r] = true
	return r, true
}

// A choice is a keyword that a play, block or task gets as often as percent says, with one of the values.
type choice struct {
	percent int
	key     string
	values  []any
}

func (g *generator) choose(m *Map, choices []choice) {
	for _, c := range choices {
		if g.chance(c.percent) && !m.Has(c.key) {
			m.Set(c.key, pick(g, c.values...))
		}
	}
}

var playKeywords = []choice{
	{25, "serial", []any{1, 2, "50%", List{1, 2}, List{"34%", 1}, List{2, "100%"}}},
	{12, "any_errors_fatal", []any{true}},
	{15, "max_fail_percentage", []any{0, 25, 34, 50, 60, 100}},
	{20, "force_handlers", []any{true}},
	{6, "ignore_unreachable", []any{true}},
	{5, "ignore_errors", []any{true}},
	{12, "order", []any{"inventory", "reverse_inventory", "sorted", "reverse_sorted"}},
	{4, "run_once", []any{true}},
	{4, "throttle", []any{1, 2}},
}

func (g *generator) play(n int) Map {
	p := Map{{"name", fmt.Sprintf("p%d", n)}, {"hosts", "g"}, {"gather_facts", false}}
	g.choose(&p, playKeywords)
	g.morePlay(&p)
	g.handlers = pick(g, 0, 0, 1, 2, 3, 4)
	if g.chance(25) {
		p.Set("pre_tasks", g.some(pick(g, 1, 2), 0))
	}
	if g.chance(15) {
		roles := List{g.role()}
		if g.chance(50) {
			roles = append(roles, g.role())
		}
		p.Set("roles", roles)
	}
	p.Set("tasks", g.some(3+g.IntN(6), 0))
	if g.chance(20) {
		p.Set("post_tasks", g.some(pick(g, 1, 2), 0))
	}
	if g.handlers > 0 {
		g.inHandler = true
		var handlers List
		for i := range g.handlers {
			handlers = append(handlers, g.handler(i))
		}
		p.Set("handlers", handlers)
		g.inHandler = false
	}
	return p
}

// some makes n tasks, at a depth of blocks.
func (g *generator) some(n, depth int) List {
	var out List
	for range n {
		r := g.IntN(100)
		switch {
		case r < 16 && depth < 2:
			out = append(out, g.block(depth))
		case r < 24 && g.depth < 2:
			out = append(out, g.include())
		case r < 34:
			out = append(out, g.meta())
		default:
			out = append(out, g.task())
		}
	}
	return out
}

var blockKeywords = []choice{
	{6, "any_errors_fatal", []any{true}},
	{5, "ignore_unreachable", []any{true}},
	{4, "run_once", []any{true}},
	{4, "ignore_errors", []any{true}},
	{4, "throttle", []any{1}},
}

func (g *generator) block(depth int) Map {
	b := Map{{"block", g.some(1+g.IntN(3), depth+1)}}
	rescue := g.chance(65)
	if rescue {
		b.Set("rescue", g.some(1+g.IntN(2), depth+1))
	}
	if !rescue || g.chance(40) {
		b.Set("always", g.some(1+g.IntN(2), depth+1))
	}
	g.read = map[string]bool{}
	if g.chance(15) {
		b.Set("when", g.condition())
	}
	g.choose(&b, blockKeywords)
	if g.handlers > 0 && g.chance(6) {
		b.Set("notify", g.notified())
	}
	return b
}

// number is that of a new task.
func (g *generator) number() int {
	g.tasks++
	return g.tasks
}

func (g *generator) include() Map {
	n := g.number()
	t := Map{{"name", fmt.Sprintf("inc%d", n)}}
	switch {
	case g.chance(25):
		t.Set("include_role", Map{{"name", g.role()}})
	case g.chance(15):
		file := fmt.Sprintf("imp%d.yml", n)
		g.file(file)
		t.Set("import_tasks", file)
	default:
		t.Set("include_tasks", g.included())
	}
	if g.chance(25) && !t.Has("import_tasks") {
		t.Set("loop", List{1, 2})
		t.Set("loop_control", Map{{"loop_var", "inc"}})
	}
	g.read = map[string]bool{}
	if g.chance(30) {
		t.Set("when", g.condition())
	}
	g.choose(&t, []choice{{6, "run_once", []any{true}}, {5, "ignore_errors", []any{true}}})
	return t
}

// file makes a file of tasks.
func (g *generator) file(name string) {
	g.depth++
	g.site.Files[name] = g.some(1+g.IntN(3), 1)
	g.depth--
}

// included is the file that an include names: the same for all hosts, one for some of them and another for the rest, or one for each.
func (g *generator) included() string {
	stem := fmt.Sprintf("i%d", g.number())
	switch {
	case g.chance(55):
		g.file(stem + ".yml")
		return stem + ".yml"
	case g.chance(40):
		for _, host := range g.Hosts {
			g.file(stem + host + ".yml")
		}
		return stem + "{{ inventory_hostname }}.yml"
	}
	g.file(stem + ".yml")
	g.file(stem + "odd.yml")
	return stem + "{{ 'odd' if inventory_hostname in groups.odd else '' }}.yml"
}

func (g *generator) role() string {
	name := fmt.Sprintf("r%d", g.number())
	outer := g.inRole
	g.inRole = true
	g.file("roles/" + name + "/tasks/main.yml")
	g.inRole = outer
	return name
}

func (g *generator) meta() Map {
	kinds := []string{"noop", "flush_handlers", "flush_handlers", "flush_handlers", "end_host", "end_host", "clear_facts", "clear_host_errors", "end_batch", "end_play", "refresh_inventory"}
	if g.inRole && g.Dialect == "tagged" {
		kinds = append(kinds, "end_role", "end_role", "end_role")
	}
	kind := pick(g, kinds...)
	if kind == "flush_handlers" && g.inHandler {
		kind = "noop"
	}
	t := Map{{"meta", kind}}
	ends := slices.Contains([]string{"end_host", "end_batch", "end_play", "end_role"}, kind)
	g.read = map[string]bool{}
	if ends || kind == "noop" && g.chance(15) || kind == "clear_facts" && g.chance(15) || kind == "clear_host_errors" && g.chance(15) {
		t.Set("when", g.condition())
	}
	return t
}

var taskKeywords = []choice{
	{15, "ignore_errors", []any{true}},
	{10, "ignore_unreachable", []any{true}},
	{6, "throttle", []any{1}},
	{5, "any_errors_fatal", []any{true}},
}

func (g *generator) task() Map {
	name := fmt.Sprintf("t%d", g.number())
	once := g.chance(9)
	if once {
		name = "once" + name
	}
	t := Map{{"name", name}}
	g.read = map[string]bool{}
	free := g.module(&t, name)
	if once {
		t.Set("run_once", true)
	}
	if !free {
		return t
	}
	if g.chance(14) {
		t.Set("loop", List{1, 2})
	}
	g.choose(&t, taskKeywords)
	g.choose(&t, []choice{{8, "delegate_to", []any{g.host(), g.host(), "localhost"}}})
	if g.chance(15) && !t.Has("when") {
		t.Set("when", g.condition())
	}
	if r := fmt.Sprintf("r%d", g.IntN(3)); g.chance(25) && !g.read[r] {
		t.Set("register", r)
		g.registers = append(g.registers, r)
	}
	if g.handlers > 0 && g.chance(40) {
		t.Set("notify", g.notified())
	}
	return t
}

// notified are handlers, as notify names them.
func (g *generator) notified() List {
	var out List
	for range pick(g, 1, 2) {
		out = append(out, fmt.Sprintf("h%d", g.IntN(g.handlers)))
	}
	if g.chance(15) {
		out = append(out, "topic")
	}
	return out
}

func (g *generator) handler(n int) Map {
	t := Map{{"name", fmt.Sprintf("h%d", n)}}
	g.read = map[string]bool{}
	switch r := g.IntN(100); {
	case r < 20:
		t.Set("include_tasks", g.included())
	case r < 24:
		t.Set("meta", pick(g, "noop", "end_host", "end_play", "end_batch"))
		t.Set("when", g.condition())
		return t
	default:
		g.module(&t, fmt.Sprintf("h%d", n))
	}
	if n == 0 || g.chance(25) {
		t.Set("listen", "topic")
	}
	if !t.Has("include_tasks") && g.chance(15) {
		t.Set("notify", g.notified())
	}
	g.read = map[string]bool{}
	if !t.Has("when") && g.chance(20) {
		t.Set("when", g.condition())
	}
	g.choose(&t, []choice{{12, "run_once", []any{true}}, {15, "ignore_errors", []any{true}}})
	return t
}

package random

import (
	"fmt"
	"slices"
	"strings"
)

// Actions is the vocabulary for the comparison with the real Ansible: modules that it runs in its own process or by a shell, so that a task costs
// little, and whose outcome is one outcome as long as tasks are run by one fork at a time.
//
// Which hosts have failed, and what they registered, is not read by a task that fails or registers that itself: Ansible takes in what a host's
// task came to while it starts the next host's, so that this may or may not see it.
type Actions struct{}

// Site takes a host away, and picks arguments of the command line.
func (Actions) Site(g *Generator, s *Site) {
	if g.Chance(35) {
		s.Gone = g.Host()
	}
	if g.Chance(40) {
		s.Args = Pick(g, []string{"--tags", "a"}, []string{"--skip-tags", "b"}, []string{"--tags", "a,b", "--skip-tags", "a"}, []string{"--check"}, []string{"--check", "--diff"}, []string{"-v"},
			[]string{"--limit", "odd"}, []string{"--limit", "!" + g.Host()}, []string{"--force-handlers"}, []string{"--start-at-task", fmt.Sprintf("t%d", 1+g.IntN(6))}, []string{"--flush-cache"})
	}
}

// Play adds a strategy that does not keep hosts together, for one host at a time: for more, the order of what Ansible prints is not one order.
func (Actions) Play(g *Generator, play *Map) {
	if g.Chance(6) {
		play.Set("serial", 1)
		play.Set("strategy", Pick(g, "free", "host_pinned"))
	}
	if g.Chance(5) {
		play.Set("hosts", Pick(g, "all", "odd", "g:!"+g.Host(), "g:late"))
	}
}

// Condition asks for the host's name, or for what has been registered.
func (Actions) Condition(g *Generator) string {
	if g.Chance(25) {
		if r, ok := g.Read(); ok {
			return Pick(g, r+" is defined and "+r+" is changed", r+" is defined and "+r+" is failed", r+" is defined and "+r+" is skipped",
				"(hostvars['"+g.Host()+"']."+r+" | default({})).changed | default(false)")
		}
	}
	some := slices.Clone(g.Hosts)
	g.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	some = some[:1+g.IntN(len(some)-1)]
	return Pick(g, "inventory_hostname in ['"+strings.Join(some, "', '")+"']", "inventory_hostname == '"+some[0]+"'", "inventory_hostname != '"+some[0]+"'", "inventory_hostname in groups.odd")
}

// named is the name of a new fact.
func fact(g *Generator) string { return fmt.Sprintf("f%d", g.IntN(2)) }

// Module gives a task a module.
func (a Actions) Module(g *Generator, t *Map, name string) bool {
	defer a.more(g, t)
	switch r := g.IntN(100); {
	case r < 14:
		t.Set("fail", Map{{"msg", "x"}})
		if g.Chance(85) {
			t.Set("when", a.Condition(g))
		}
		return true
	case r < 23:
		t.Set("debug", Map{{"msg", "f"}})
		t.Set("failed_when", a.Condition(g))
	case r < 26:
		t.Set("debug", Map{{"msg", "{{ nowhere }}"}})
		t.Set("when", a.Condition(g))
	case r < 38:
		t.Set("raw", "true")
		t.Set("changed_when", Pick[any](g, true, false, a.Condition(g)))
	case r < 40:
		t.Set("raw", "exit {{ 3 if "+a.Condition(g)+" else 0 }}")
	case r < 44:
		t.Set("set_fact", Map{{fact(g), "{{ inventory_hostname }} of " + name}})
		if g.Chance(30) {
			t.Set("delegate_to", g.Host())
			t.Set("delegate_facts", true)
		}
	case r < 48:
		t.Set("debug", Map{{"msg", "{{ hostvars['" + g.Host() + "']." + fact(g) + " | default('none') }} {{ " + fact(g) + " | default('-') }}"}})
	case r < 50 && !g.InHandler:
		t.Set("add_host", Map{{"name", "new" + name}, {"groups", "late"}, {"ansible_connection", "local"}})
		return false
	case r < 52:
		t.Set("group_by", Map{{"key", "k_{{ inventory_hostname in groups.odd }}"}})
	case r < 55:
		t.Set("debug", Map{{"msg", "again"}})
		t.Set("until", a.Condition(g))
		t.Set("retries", 1)
		t.Set("delay", 0)
	case r < 58:
		t.Set("assert", Map{{"that", a.Condition(g)}})
	default:
		t.Set("debug", Map{{"msg", a.message(g)}})
		if g.Chance(75) {
			t.Set("changed_when", Pick[any](g, true, a.Condition(g), a.Condition(g)))
		}
	}
	return true
}

// more adds what concerns only how a task is called.
func (Actions) more(g *Generator, t *Map) {
	g.choose(t, []choice{
		{15, "tags", []any{"a", "b", List{"a", "b"}, "always", "never"}},
		{2, "check_mode", []any{true, false}},
		{2, "no_log", []any{true}},
		{2, "ignore_errors", []any{"{{ inventory_hostname in groups.odd }}"}},
		{2, "diff", []any{true}},
	})
}

// message shows what of the play a task can see.
func (Actions) message(g *Generator) string {
	texts := []string{
		"m", "m", "{{ ansible_play_hosts }}", "{{ ansible_play_hosts }} {{ ansible_play_batch }}", "{{ ansible_play_hosts_all }}", "{{ inventory_hostname }}",
		"{{ ansible_failed_task.name | default('-') }}", "{{ ansible_role_name | default('-') }} {{ ansible_play_name }}", "{{ groups.late | default([]) }} {{ groups.k_True | default([]) }}",
	}
	if g.Chance(25) {
		if r, ok := g.Read(); ok {
			texts = []string{"{{ " + r + " is defined and " + r + " is failed }}", "{{ (hostvars['" + g.Host() + "']." + r + " | default({})).msg | default('none') }}", "{{ (" + r + " | default({})).results | default([]) | length }}"}
		}
	}
	return Pick(g, texts...)
}

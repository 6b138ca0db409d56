package random

import (
	"fmt"
	"slices"
	"strings"
)

// Tasks call modules that Ansible runs in its own process or by a shell. Which hosts have failed, and what they registered, is not read by a task
// that fails or registers that itself: Ansible takes in what a host's task came to while it starts the next host's, so that this may or may not
// see it.

// call takes a host away from the site, and picks arguments of the command line.
func (g *generator) call() {
	s := g.site
	if g.chance(35) {
		s.Gone = g.host()
	}
	if g.chance(40) {
		s.Args = pick(g, []string{"--tags", "a"}, []string{"--skip-tags", "b"}, []string{"--tags", "a,b", "--skip-tags", "a"}, []string{"--check"}, []string{"--check", "--diff"}, []string{"-v"},
			[]string{"--limit", "odd"}, []string{"--limit", "!" + g.host()}, []string{"--force-handlers"}, []string{"--start-at-task", fmt.Sprintf("t%d", 1+g.IntN(6))}, []string{"--flush-cache"})
	}
}

// morePlay adds a strategy that does not keep hosts together, for one host at a time: for more, the order of what Ansible prints is not one order.
func (g *generator) morePlay(play *Map) {
	if g.chance(6) {
		play.Set("serial", 1)
		play.Set("strategy", pick(g, "free", "host_pinned"))
	}
	if g.chance(5) {
		play.Set("hosts", pick(g, "all", "odd", "g:!"+g.host(), "g:late"))
	}
}

// condition asks for the host's name, or for what has been registered.
func (g *generator) condition() string {
	if g.chance(25) {
		if r, ok := g.register(); ok {
			return pick(g, r+" is defined and "+r+" is changed", r+" is defined and "+r+" is failed", r+" is defined and "+r+" is skipped",
				"(hostvars['"+g.host()+"']."+r+" | default({})).changed | default(false)")
		}
	}
	some := slices.Clone(g.Hosts)
	g.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	some = some[:1+g.IntN(len(some)-1)]
	return pick(g, "inventory_hostname in ['"+strings.Join(some, "', '")+"']", "inventory_hostname == '"+some[0]+"'", "inventory_hostname != '"+some[0]+"'", "inventory_hostname in groups.odd")
}

// fact is the name of one.
func (g *generator) fact() string { return fmt.Sprintf("f%d", g.IntN(2)) }

// module gives a task, whose name it is told, its module with its arguments, and what belongs to them. It says whether the task may get any other
// keywords: a loop, a delegation, a register.
func (g *generator) module(t *Map, name string) bool {
	defer g.more(t)
	switch r := g.IntN(100); {
	case r < 14:
		t.Set("fail", Map{{"msg", "x"}})
		if g.chance(85) {
			t.Set("when", g.condition())
		}
		return true
	case r < 23:
		t.Set("debug", Map{{"msg", "f"}})
		t.Set("failed_when", g.condition())
	case r < 26:
		t.Set("debug", Map{{"msg", "{{ nowhere }}"}})
		t.Set("when", g.condition())
	case r < 38:
		t.Set("raw", "true")
		t.Set("changed_when", pick[any](g, true, false, g.condition()))
	case r < 40:
		t.Set("raw", "exit {{ 3 if "+g.condition()+" else 0 }}")
	case r < 44:
		t.Set("set_fact", Map{{g.fact(), "{{ inventory_hostname }} of " + name}})
		if g.chance(30) {
			t.Set("delegate_to", g.host())
			t.Set("delegate_facts", true)
		}
	case r < 48:
		t.Set("debug", Map{{"msg", "{{ hostvars['" + g.host() + "']." + g.fact() + " | default('none') }} {{ " + g.fact() + " | default('-') }}"}})
	case r < 50 && !g.inHandler:
		t.Set("add_host", Map{{"name", "new" + name}, {"groups", "late"}, {"ansible_connection", "local"}})
		return false
	case r < 52:
		t.Set("group_by", Map{{"key", "k_{{ inventory_hostname in groups.odd }}"}})
	case r < 55:
		t.Set("debug", Map{{"msg", "again"}})
		t.Set("until", g.condition())
		t.Set("retries", 1)
		t.Set("delay", 0)
	case r < 58:
		t.Set("assert", Map{{"that", g.condition()}})
	default:
		t.Set("debug", Map{{"msg", g.message()}})
		if g.chance(75) {
			t.Set("changed_when", pick[any](g, true, g.condition(), g.condition()))
		}
	}
	return true
}

// more adds what concerns only how a task is called.
func (g *generator) more(t *Map) {
	g.choose(t, []choice{
		{15, "tags", []any{"a", "b", List{"a", "b"}, "always", "never"}},
		{2, "check_mode", []any{true, false}},
		{2, "no_log", []any{true}},
		{2, "ignore_errors", []any{"{{ inventory_hostname in groups.odd }}"}},
		{2, "diff", []any{true}},
	})
}

// message shows what of the play a task can see.
func (g *generator) message() string {
	texts := []string{
		"m", "m", "{{ ansible_play_hosts }}", "{{ ansible_play_hosts }} {{ ansible_play_batch }}", "{{ ansible_play_hosts_all }}", "{{ inventory_hostname }}",
		"{{ ansible_failed_task.name | default('-') }}", "{{ ansible_role_name | default('-') }} {{ ansible_play_name }}", "{{ groups.late | default([]) }} {{ groups.k_True | default([]) }}",
	}
	if g.chance(25) {
		if r, ok := g.register(); ok {
			texts = []string{"{{ " + r + " is defined and " + r + " is failed }}", "{{ (hostvars['" + g.host() + "']." + r + " | default({})).msg | default('none') }}", "{{ (" + r + " | default({})).results | default([]) | length }}"}
		}
	}
	return pick(g, texts...)
}

package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// playWriter writes random playbooks for the order test. Every call of a module carries the task's name, the host it is for and
// the item of its loop in its argument, so that it can be told from others.
type playWriter struct {
	r        *rand.Rand
	b        strings.Builder
	files    map[string]string
	tasks    int
	handlers int
	hosts    []string
	// registers and facts are those that some task has made by now.
	registers, facts []string
	depth            int // of includes
}

// randomPlaybook returns the files of a playbook for the hosts.
func randomPlaybook(seed uint64, hosts []string) map[string]string {
	w := &playWriter{r: rand.New(rand.NewPCG(seed, 1)), files: map[string]string{}, hosts: hosts}
	w.files["hosts"] = "[g]\n" + strings.Join(hosts, "\n") + "\n[odd]\n" + hosts[0] + "\n" + hosts[len(hosts)-1] + "\n"
	for i := range 1 + w.r.IntN(2) {
		w.play(i)
	}
	w.files["site.yml"] = w.b.String()
	return w.files
}

func (w *playWriter) chance(percent int) bool { return w.r.IntN(100) < percent }

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func (w *playWriter) line(indent int, format string, a ...any) {
	fmt.Fprintf(&w.b, strings.Repeat(" ", indent)+format+"\n", a...)
}

func (w *playWriter) play(n int) {
	w.line(0, "- name: play %d\n  hosts: g\n  gather_facts: no", n)
	for _, k := range []struct {
		percent int
		lines   []string
	}{
		{20, []string{"serial: 2", "serial: [1, 2]", "serial: 50%"}},
		{10, []string{"any_errors_fatal: yes"}},
		{10, []string{"max_fail_percentage: 30", "max_fail_percentage: 0"}},
		{15, []string{"force_handlers: yes"}},
	} {
		if w.chance(k.percent) {
			w.line(2, "%s", pick(w.r, k.lines...))
		}
	}
	w.handlers = w.r.IntN(4)
	if w.chance(20) {
		w.line(2, "pre_tasks:")
		w.some(4, 1+w.r.IntN(2), 0)
	}
	w.line(2, "tasks:")
	w.some(4, 3+w.r.IntN(8), 0)
	if w.handlers > 0 {
		w.line(2, "handlers:")
		for i := range w.handlers {
			w.line(4, "- name: h%d", i)
			w.module(6, fmt.Sprintf("h%d", i))
			if w.chance(20) {
				w.line(6, "ignore_errors: yes")
			}
		}
	}
}

func (w *playWriter) some(indent, n, depth int) {
	for range n {
		switch {
		case depth < 2 && w.chance(15):
			w.block(indent, depth)
		case w.depth < 2 && w.chance(10):
			w.include(indent)
		case w.chance(7):
			w.meta(indent)
		default:
			w.task(indent)
		}
	}
}

func (w *playWriter) block(indent, depth int) {
	w.line(indent, "- name: block\n%sblock:", strings.Repeat(" ", indent+2))
	w.some(indent+4, 1+w.r.IntN(3), depth+1)
	rescue := w.chance(70)
	if rescue {
		w.line(indent+2, "rescue:")
		w.some(indent+4, 1+w.r.IntN(2), depth+1)
	}
	if !rescue || w.chance(50) {
		w.line(indent+2, "always:")
		w.some(indent+4, 1+w.r.IntN(2), depth+1)
	}
	if w.chance(20) {
		w.when(indent + 2)
	}
}

func (w *playWriter) include(indent int) {
	w.tasks++
	name := fmt.Sprintf("inc%d", w.tasks)
	outer := w.b
	w.depth++
	for _, suffix := range []string{"", "x"} {
		w.b = strings.Builder{}
		w.some(0, 1+w.r.IntN(3), 1)
		w.files[name+suffix+".yml"] = w.b.String()
	}
	w.depth--
	w.b = strings.Builder{}
	w.b.WriteString(outer.String())
	file := name + ".yml"
	if w.chance(40) {
		file = name + `{{ "x" if inventory_hostname in groups.odd else "" }}.yml`
	}
	w.line(indent, "- name: %s\n%sinclude_tasks: '%s'", name, strings.Repeat(" ", indent+2), file)
	if w.chance(30) {
		w.line(indent+2, "loop: [1, 2]\n%sloop_control: {loop_var: inc}", strings.Repeat(" ", indent+2))
	}
	if w.chance(40) {
		w.when(indent + 2)
	}
}

func (w *playWriter) meta(indent int) {
	w.line(indent, "- meta: %s", pick(w.r, "noop", "flush_handlers", "flush_handlers", "end_host", "clear_facts", "clear_host_errors", "end_batch", "end_play"))
	last := strings.TrimSpace(w.b.String()[strings.LastIndex(w.b.String(), "meta:"):])
	if strings.Contains(last, "end_") {
		w.when(indent + 2)
	}
}

// when writes a condition that holds on some hosts.
func (w *playWriter) when(indent int) {
	c := []string{"inventory_hostname in groups.odd", "inventory_hostname not in groups.odd", "inventory_hostname == '" + pick(w.r, w.hosts...) + "'", "true", "false",
		"inventory_hostname != '" + pick(w.r, w.hosts...) + "'"}
	if len(w.registers) > 0 {
		r := pick(w.r, w.registers...)
		c = append(c, r+" is defined and "+r+" is changed", r+" is defined and "+r+" is failed", "(hostvars['"+pick(w.r, w.hosts...)+"']."+r+" | default({})).changed | default(false)")
	}
	w.line(indent, "when: \"%s\"", pick(w.r, c...))
}

// module writes a module and its arguments: one that others can see, one that they cannot, or one of variables.
func (w *playWriter) module(indent int, name string) {
	id := fmt.Sprintf("%s/{{ inventory_hostname }}/{{ item | default('') }}{{ inc | default('') }}", name)
	switch w.r.IntN(8) {
	case 0:
		w.line(indent, "command: \"%s %s\"", id, w.read())
	case 1, 2, 3:
		w.line(indent, "file: {path: \"%s %s\", state: touch}", id, w.read())
	case 4, 5:
		w.line(indent, "debug: {msg: \"%s %s\"}", id, w.read())
	default:
		fact := fmt.Sprintf("f%d", w.r.IntN(3))
		w.line(indent, "set_fact: {%s: \"%s of {{ inventory_hostname }} %s\"}", fact, name, w.read())
		w.facts = append(w.facts, fact)
	}
}

// read is an expression that reads what other hosts have, or nothing. Which hosts are left is not read: while some fail in the same
// task, that is as fast as they are, in Ansible too.
func (w *playWriter) read() string {
	host := pick(w.r, w.hosts...)
	switch w.r.IntN(8) {
	case 0, 3, 4:
		return fmt.Sprintf("{{ hostvars['%s'].f%d | default('none') | truncate(40) }}", host, w.r.IntN(3))
	case 1:
		if len(w.registers) > 0 {
			return fmt.Sprintf("{{ (hostvars['%s'].%s | default({'rc': 'none'})).rc | default('no rc') }}", host, pick(w.r, w.registers...))
		}
	case 2:
		return fmt.Sprintf("{%% for h in groups.g %%}{{ hostvars[h].f%d | default('-') | length }} {%% endfor %%}", w.r.IntN(3))
	}
	return ""
}

func (w *playWriter) task(indent int) {
	w.tasks++
	name := fmt.Sprintf("t%d", w.tasks)
	once := w.chance(8)
	if once {
		name = "once" + name
	}
	w.line(indent, "- name: %s", name)
	in := indent + 2
	switch {
	case w.chance(5):
		w.line(in, "fail: {msg: \"{{ inventory_hostname }}\"}")
		w.when(in)
	case w.chance(3):
		w.line(in, "add_host: {name: new%d, groups: [late], late: 1}", w.tasks)
	case w.chance(3):
		w.line(in, "group_by: {key: \"by_{{ inventory_hostname in groups.odd }}\"}")
	case w.chance(4):
		fact := fmt.Sprintf("f%d", w.r.IntN(3))
		w.line(in, "set_fact: {%s: \"%s from {{ inventory_hostname }}\"}", fact, name)
		w.line(in, "delegate_to: %s\n%sdelegate_facts: yes", pick(w.r, w.hosts...), strings.Repeat(" ", in))
		w.line(in, "run_once: yes") // else which host came last would decide
		return
	default:
		w.module(in, name)
	}
	if once {
		w.line(in, "run_once: yes")
	}
	w.keywords(in)
}

func (w *playWriter) keywords(in int) {
	for _, k := range []struct {
		percent int
		line    string
	}{
		{15, "loop: [1, 2]"},
		{20, "ignore_errors: yes"},
		{15, "ignore_unreachable: yes"},
		{8, "delegate_to: " + pick(w.r, w.hosts...)},
		{8, "throttle: 1"},
		{4, "any_errors_fatal: yes"},
		{5, "changed_when: \"inventory_hostname in groups.odd\""},
		{4, "until: true\n" + strings.Repeat(" ", in) + "delay: 0"},
	} {
		if w.chance(k.percent) && !(strings.HasPrefix(k.line, "loop") && strings.Contains(w.last(), "fail:")) {
			w.line(in, "%s", k.line)
		}
	}
	if w.chance(20) && !strings.Contains(w.last(), "when:") {
		w.when(in)
	}
	if w.handlers > 0 && w.chance(25) {
		w.line(in, "notify: h%d", w.r.IntN(w.handlers))
	}
	if w.chance(30) {
		r := fmt.Sprintf("r%d", w.r.IntN(3))
		w.line(in, "register: %s", r)
		w.registers = append(w.registers, r)
	}
}

// last is the text of the task that is being written.
func (w *playWriter) last() string {
	s := w.b.String()
	return s[strings.LastIndex(s, "- name:"):]
}

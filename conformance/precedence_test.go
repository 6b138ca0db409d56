package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A level is a place where a variable can be set, in Ansible's order of precedence. file is the file of a scenario that sets it there, or the
// place in the frame; indent is where the variables stand in it.
type level struct {
	name, file string
	indent     int
}

// levels are Ansible's, the lowest first, without the first of its list, options such as -u, which set no variable. Those that its list has
// as one and that hold several sources are told apart.
//
// Ansible docs: "Understanding variable precedence".
var levels = []level{
	{"dependency_defaults", "roles/d/defaults/main.yml", 0},
	{"role_defaults", "roles/r/defaults/main.yml", 0},
	{"inner_defaults", "roles/inner/defaults/main.yml", 0},
	{"inventory_all", "ALL", 4},
	{"inventory_parent", "PARENT", 8},
	{"inventory_group", "GROUP", 12},
	{"beside_inventory_all", "inv/group_vars/all.yml", 0},
	{"beside_playbook_all", "group_vars/all.yml", 0},
	{"beside_inventory_group", "inv/group_vars/web.yml", 0},
	{"beside_playbook_parent", "group_vars/top.yml", 0},
	{"beside_playbook_group", "group_vars/web.yml", 0},
	{"inventory_host", "HOST", 16},
	{"beside_inventory_host", "inv/host_vars/one.yml", 0},
	{"beside_playbook_host", "host_vars/one.yml", 0},
	{"cached_facts", "FACTS", 0},
	{"imported_playbook", "IMPORTPLAY", 4},
	{"play_vars", "VARS", 4},
	{"vars_prompt", "PROMPT", 4},
	{"vars_files", "files.yml", 0},
	{"dependency_vars", "roles/d/vars/main.yml", 0},
	{"role_vars", "roles/r/vars/main.yml", 0},
	{"inner_vars", "roles/inner/vars/main.yml", 0},
	{"block_vars", "BLOCK", 4},
	{"task_vars", "TASK", 6},
	{"include_vars", "roles/r/vars/included.yml", 0},
	{"set_fact", "SETFACT", 4},
	{"cacheable", "CACHEABLE", 4},
	{"registered", "REGISTER", 0},
	{"dependency_params", "DEPENDENCY", 4},
	{"role_params", "PARAMS", 6},
	{"include_params", "INCLUDE", 4},
	{"import_params", "IMPORT", 4},
	{"include_role_params", "INCLUDEROLE", 4},
	{"extra_vars", "extra.yml", 0},
}

// matrix is the scenario that sets a variable at every pair of levels, and at each alone. Value makes what a level sets, show what is printed of
// a variable.
type matrix struct {
	about, settings string
	value           func(level string) string // as YAML
	fact            func(level string) string // the same as JSON
	show            func(name string) string
}

var matrices = map[string]matrix{
	"precedence_pairs": {
		about: "A variable is set at every pair of the levels of precedence: the higher one wins, in a role, after it, and as seen from outside.",
		value: func(level string) string { return level },
		fact:  strconv.Quote,
		show:  func(name string) string { return name + " | default('none')" },
	},
	"precedence_merge": {
		about:    "With hash_behaviour=merge the dictionaries of a variable that is set at two levels are combined, the higher one winning.",
		settings: "hash_behaviour = merge\n",
		value: func(level string) string {
			return fmt.Sprintf("{who: %s, %s: 1, deep: {%s: 1, who: %s}}", level, level, level, level)
		},
		fact: func(level string) string {
			return fmt.Sprintf(`{"who": %q, %q: 1, "deep": {%q: 1, "who": %q}}`, level, level, level, level)
		},
		show: func(name string) string { return name + " | default('none')" },
	},
}

func (m matrix) text() string {
	set := map[string]*strings.Builder{}
	for _, l := range levels {
		set[l.name] = &strings.Builder{}
	}
	var names []string
	for i, low := range levels {
		for _, high := range levels[i:] {
			name := fmt.Sprintf("v_%s__%s", low.name, high.name)
			names = append(names, name)
			for _, l := range []level{low, high}[:map[bool]int{true: 1, false: 2}[low == high]] {
				set[l.name].WriteString(m.set(l, name))
			}
		}
	}
	of := map[string]string{}
	var files strings.Builder
	for _, l := range levels {
		if l.name == "cached_facts" {
			facts := strings.TrimSuffix(set[l.name].String(), ",\n")
			fmt.Fprintf(&files, "-- cache/one --\n{%s}\n-- cache/s1_one --\n{\"__payload__\": %q}\n", facts, "{"+facts+"}") // of either dialect
		} else if strings.HasSuffix(l.file, ".yml") {
			fmt.Fprintf(&files, "-- %s --\n%s", l.file, set[l.name])
		} else {
			of[l.file] = set[l.name].String()
		}
	}
	var shown strings.Builder
	for _, n := range names {
		fmt.Fprintf(&shown, "- {%s: \"{{ %s }}\"}\n", n, m.show(n))
	}
	out := frame
	for place, text := range of {
		out = strings.Replace(out, "<"+place+">\n", text, 1)
	}
	for _, indent := range []string{"          ", "        "} {
		out = strings.ReplaceAll(out, indent+"<SHOWN>\n", indented(shown.String(), indent))
	}
	return m.about + "\n\n" + out + "-- ansible.cfg --\n[defaults]\nfact_caching = jsonfile\nfact_caching_connection = cache\n" + m.settings + files.String()
}

// set is the line that sets a variable at a level.
func (m matrix) set(l level, name string) string {
	indent := strings.Repeat(" ", l.indent)
	if l.name == "cached_facts" {
		return fmt.Sprintf("%q: %s,\n", name, m.fact(l.name))
	}
	if l.name == "registered" {
		return fmt.Sprintf("- debug: msg=registered\n  register: %s\n", name)
	}
	if l.file == "PROMPT" {
		if m.settings != "" { // a prompt gives text
			return fmt.Sprintf("%s- {name: %s, prompt: x, default: vars_prompt}\n", indent, name)
		}
		return fmt.Sprintf("%s- {name: %s, prompt: x, default: %s}\n", indent, name, m.value(l.name))
	}
	return fmt.Sprintf("%s%s: %s\n", indent, name, m.value(l.name))
}

func indented(text, indent string) string {
	return indent + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+indent) + "\n"
}

// frame is the playbook with a place for the variables of each level.
const frame = `run: -i inv -e @extra.yml site.yml
-- inv/hosts.yml --
all:
  vars:
    ansible_connection: local
<ALL>
  children:
    top:
      vars:
        x: 1
<PARENT>
      children:
        web:
          vars:
            x: 1
<GROUP>
          hosts:
            one:
                x: 1
<HOST>
-- site.yml --
- import_playbook: playbook.yml
  vars:
    x: 1
<IMPORTPLAY>
- hosts: all
  gather_facts: no
  tasks:
    - debug:
        msg: "{% for n in query('varnames', '^v_') | sort %}{{ n }}={{ lookup('vars', n) }} {% endfor %}"
    - meta: clear_facts # in dialect tagged the cache keeps where values were written, too
      when: ansible_version.full is version('2.19', '>=')
-- playbook.yml --
- hosts: all
  gather_facts: no
  vars:
    x: 1
<VARS>
  vars_files: [files.yml]
  vars_prompt:
    - {name: x, prompt: x, default: "1"}
<PROMPT>
  roles:
    - role: r
<PARAMS>
  post_tasks:
    - debug:
        msg:
          <SHOWN>
    - debug:
        msg: "{{ hostvars.one | dict2items | selectattr('key', 'match', 'v_') | items2dict }}"
-- roles/d/tasks/main.yml --
- debug:
    msg: "{% for n in query('varnames', '^v_') | sort %}{{ n }}={{ lookup('vars', n) }} {% endfor %}"
-- roles/r/meta/main.yml --
dependencies:
  - role: d
<DEPENDENCY>
-- roles/r/tasks/main.yml --
<REGISTER>
- set_fact:
    x: 1
<SETFACT>
  no_log: yes
- set_fact:
    cacheable: yes
<CACHEABLE>
  no_log: yes
- include_vars: included.yml
  no_log: yes
- include_tasks: inner.yml
  vars:
    x: 1
<INCLUDE>
-- roles/r/tasks/inner.yml --
- import_tasks: imported.yml
  vars:
    x: 1
<IMPORT>
-- roles/r/tasks/imported.yml --
- include_role: {name: inner}
  vars:
    x: 1
<INCLUDEROLE>
-- roles/inner/tasks/main.yml --
- vars:
    x: 1
<BLOCK>
  block:
  - debug:
      msg:
        <SHOWN>
    vars:
      x: 1
<TASK>
`

// TestPrecedenceScenarios holds the scenarios to the table of levels.
func TestPrecedenceScenarios(t *testing.T) {
	for name, m := range matrices {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("scenarios", "vars", name+".txtar")
			if *update {
				if err := os.WriteFile(file, []byte(m.text()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(strings.Split(m.text(), "\n"), strings.Split(string(got), "\n")); d != "" {
				t.Errorf("run go test ./conformance -run Precedence -update (-table +scenario):\n%s", d)
			}
		})
	}
}

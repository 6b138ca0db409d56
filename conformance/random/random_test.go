package random

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/compiler/yaml"
)

var options = Options{Hosts: []string{"one", "two", "three"}, Dialect: "tagged"}

// TestGenerateIsOfItsSeed: a seed is one site, another seed another one.
func TestGenerateIsOfItsSeed(t *testing.T) {
	if diff := cmp.Diff(Generate(7, options).Texts(), Generate(7, options).Texts()); diff != "" {
		t.Errorf("seed 7 twice (-first +second):\n%s", diff)
	}
	if cmp.Equal(Generate(7, options).Texts(), Generate(8, options).Texts()) {
		t.Error("seeds 7 and 8 are the same")
	}
}

// TestEverythingOccurs: among many sites there is every keyword, module and meta action that the generator knows.
func TestEverythingOccurs(t *testing.T) {
	var all strings.Builder
	for seed := range uint64(400) {
		all.WriteString(Generate(seed, options).Scenario("Random."))
	}
	for _, c := range slices.Concat(playKeywords, blockKeywords, taskKeywords) {
		if !strings.Contains(all.String(), " "+c.key+": ") {
			t.Errorf("no %s", c.key)
		}
	}
	for _, word := range append([]string{
		"block:", "rescue:", "always:", "pre_tasks:", "post_tasks:", "roles:", "handlers:", "listen:", "notify:", "when:", "loop:", "register:", "delegate_to:", "delegate_facts:", "until:", "failed_when:",
		"changed_when:", "strategy:", "tags:", "check_mode:", "meta: flush_handlers", "meta: end_host", "meta: end_batch", "meta: end_play", "meta: end_role", "meta: clear_facts", "meta: refresh_inventory",
		"ansible_port=1", "args: --tags", "hostvars[", "inventory_hostname }}.yml",
	}, acting...) {
		if !strings.Contains(all.String(), word) {
			t.Errorf("no %s", word)
		}
	}
}

// TestTextIsYAML: what is written is read as YAML.
func TestTextIsYAML(t *testing.T) {
	for seed := range uint64(50) {
		for name, text := range Generate(seed, options).Texts() {
			if name == "inventory" {
				continue
			}
			if _, faults := yaml.Parse(name, []byte(text)); faults.Stops() {
				t.Errorf("seed %d: %v\n%s", seed, faults, text)
			}
		}
	}
}

func TestText(t *testing.T) {
	tree := List{Map{
		{"name", "p0"}, {"serial", List{1, "50%"}}, {"tasks", List{
			Map{{"debug", Map{{"msg", "{{ a['b'] }}"}}}, {"ignore_errors", true}}, Map{{"block", List{Map{{"meta", "noop"}}}}},
		}},
	}}
	want := `- name: p0
  serial: [1, '50%']
  tasks:
    - debug: {msg: '{{ a[''b''] }}'}
      ignore_errors: true
    - block:
        - meta: noop
`
	if diff := cmp.Diff(want, text(tree)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMinimise: of a large site there remains what is asked for, with what it needs to be a playbook.
func TestMinimise(t *testing.T) {
	for _, tt := range []struct {
		name string
		word string // what the site must keep
		want int    // lines of its playbook at the most
	}{
		{"a task", "fail: {msg: x}", 6},
		{"a keyword of the play", "force_handlers", 4},
		{"a strategy, with what makes its outcome one", "strategy: free", 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			holds := func(s *Site) bool { return strings.Contains(s.Scenario(""), tt.word) }
			seed := uint64(0)
			for ; !holds(Generate(seed, options)); seed++ {
			}
			s := Generate(seed, options)
			before := s.Scenario("")
			least := Minimise(s, holds)
			texts := least.Texts()
			lines := strings.Count(strings.Join(slices.Collect(maps.Values(texts)), ""), "\n") - strings.Count(texts["inventory"], "\n")
			if !holds(least) || lines > tt.want || len(least.Hosts) != 1 || len(least.Args) != 0 {
				t.Errorf("got\n%s", least.Scenario(""))
			}
			if s.Scenario("") != before {
				t.Error("the site itself has changed")
			}
		})
	}
}

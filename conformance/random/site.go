package random

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Site is a playbook with everything that it needs. Its trees are shared between copies and never changed.
type Site struct {
	Hosts   []string
	Gone    string // the host that cannot be reached, "" for none
	Dialect string
	Args    []string
	// Files are the lists of plays or tasks by the paths of their files; playbook.yml is among them.
	Files map[string]List
}

// Inventory is the text of the inventory: the group g of all hosts, and the group odd of the first and the last of them.
func (s *Site) Inventory() string {
	var b strings.Builder
	b.WriteString("[g]\n")
	for _, host := range s.Hosts {
		if host == s.Gone {
			b.WriteString(host + " ansible_host=127.0.0.1 ansible_port=1\n")
			continue
		}
		b.WriteString(host + " ansible_connection=local\n")
	}
	b.WriteString("[odd]\n")
	for _, host := range s.odd() {
		b.WriteString(host + "\n")
	}
	return b.String()
}

func (s *Site) odd() []string {
	return slices.Compact([]string{s.Hosts[0], s.Hosts[len(s.Hosts)-1]})
}

// Texts are the files of the site as they lie on disk, the inventory among them.
func (s *Site) Texts() map[string]string {
	out := map[string]string{"inventory": s.Inventory()}
	for name, tree := range s.Files {
		out[name] = text(tree)
	}
	return out
}

// Scenario is the site as the text of a conformance scenario that begins with doc.
func (s *Site) Scenario(doc string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", doc)
	if s.Dialect != "" {
		fmt.Fprintf(&b, "dialect: %s\n", s.Dialect)
	}
	if len(s.Args) > 0 {
		fmt.Fprintf(&b, "args: %s\n", strings.Join(s.Args, " "))
	}
	texts := s.Texts()
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		fmt.Fprintf(&b, "-- %s --\n%s", name, texts[name])
	}
	return b.String()
}

// with is a copy of s whose file name has another tree.
func (s *Site) with(name string, tree List) *Site {
	out := *s
	out.Files = maps.Clone(s.Files)
	out.Files[name] = tree
	return &out
}

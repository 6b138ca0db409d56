package random

import (
	"maps"
	"slices"
	"strings"
)

// Minimise gives the smallest site that it finds for which holds is true, by leaving out of s one part after the other until none can be
// missing. holds is true of s; what it is asked about is a playbook that may lack what it names. It says no when it has no more time.
func Minimise(s *Site, holds func(*Site) bool) *Site {
	for {
		smaller := s
		for _, leaveOut := range []func(*Site, func(*Site) bool) *Site{lessArgs, lessFiles, lessParts, lessHosts} {
			smaller = leaveOut(smaller, holds)
		}
		if smaller == s {
			return s
		}
		s = smaller
	}
}

// lessArgs leaves out arguments of the command line.
func lessArgs(s *Site, holds func(*Site) bool) *Site {
	if len(s.Args) == 0 {
		return s
	}
	bare := *s
	bare.Args = nil
	if holds(&bare) {
		return &bare
	}
	return s
}

// lessFiles leaves out files that nothing names any more.
func lessFiles(s *Site, holds func(*Site) bool) *Site {
	for _, name := range slices.Sorted(maps.Keys(s.Files)) {
		if name == "playbook.yml" {
			continue
		}
		fewer := *s
		fewer.Files = maps.Clone(s.Files)
		delete(fewer.Files, name)
		if holds(&fewer) {
			s = &fewer
		}
	}
	return s
}

// lessParts leaves out plays, tasks, keywords and elements of lists.
func lessParts(s *Site, holds func(*Site) bool) *Site {
	for _, name := range slices.Sorted(maps.Keys(s.Files)) {
		for i := 0; ; i++ {
			all := paths(s.Files[name])
			if i >= len(all) {
				break
			}
			tree, ok := without(s.Files[name], all[i]).(List)
			if !ok || !sound(tree) || fixed(s.Files[name], all[i]) {
				continue
			}
			if fewer := s.with(name, tree); holds(fewer) {
				s = fewer
				i-- // the next one has its number now
			}
		}
	}
	return s
}

// fixed says whether at leads to a keyword of a play that is there for what the play costs, or for its outcome to be one outcome.
func fixed(tree List, at path) bool {
	m, ok := part(tree, at[:len(at)-1]).(Map)
	if !ok {
		return false
	}
	key := m[at[len(at)-1]].Key
	return key == "gather_facts" || key == "serial" && m.Has("strategy")
}

// acting are the keys without which a mapping is neither a play nor a block nor a task.
var acting = []string{
	"hosts", "block", "meta", "debug", "raw", "fail", "set_fact", "add_host", "group_by", "assert", "include_tasks", "import_tasks", "include_role",
}

// sound says whether every mapping of the tree still acts and no list is empty.
func sound(tree List) bool {
	if len(tree) == 0 {
		return false
	}
	for _, v := range tree {
		m, ok := v.(Map)
		if !ok {
			continue
		}
		if !m.Has(acting...) {
			return false
		}
		for _, p := range m {
			if list, ok := p.Value.(List); ok && !sound(list) {
				return false
			}
		}
	}
	return true
}

// lessHosts leaves out hosts that no task is delegated to and whose variables nobody reads.
func lessHosts(s *Site, holds func(*Site) bool) *Site {
	for _, host := range s.Hosts {
		if len(s.Hosts) == 1 || s.reads(host) {
			continue
		}
		fewer := *s
		fewer.Hosts = slices.DeleteFunc(slices.Clone(s.Hosts), func(h string) bool { return h == host })
		if holds(&fewer) {
			s = &fewer
		}
	}
	return s
}

func (s *Site) reads(host string) bool {
	for _, text := range s.Texts() {
		if strings.Contains(text, "delegate_to: "+host) || strings.Contains(text, "hostvars['"+host+"']") || strings.Contains(text, "hostvars[''"+host+"'']") {
			return true
		}
	}
	return false
}

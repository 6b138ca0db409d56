package ir

import (
	"slices"
	"strings"

	"pbc/ir/value"
)

// RoleMagic are the magic variables that a task has of its role.
var RoleMagic = []string{"role_name", "ansible_role_name", "role_path", "ansible_collection_name"}

// Magic gives a magic variable of the role; ok is false for one that it has not.
//
// Ansible docs: "Special Variables".
func (r *Role) Magic(name string) (v value.Value, ok bool) {
	switch name {
	case "role_name":
		return r.ShortName(), true
	case "ansible_role_name":
		return r.Name, true
	case "role_path":
		return r.Path, true
	case "ansible_collection_name":
		if r.Collection == "" {
			return nil, true
		}
		return r.Collection, true
	}
	return nil, false
}

// ShortName is the name of the role without its collection.
func (r *Role) ShortName() string {
	if r.Collection == "" {
		return r.Name
	}
	return strings.TrimPrefix(r.Name, r.Collection+".")
}

// SearchPath is the magic variable ansible_search_path: the folders in which the task's files are looked for.
func (s *Scope) SearchPath() *value.List {
	if slices.Contains(s.Search, s.Basedir) {
		return listOf(s.Search)
	}
	return listOf(append(slices.Clone(s.Search), s.Basedir))
}

// EnvironmentVar is the magic variable environment: the keyword as written, and what it inherits.
func (t *Task) EnvironmentVar() *value.List {
	l := &value.List{V: []value.Value{}}
	for _, e := range t.Environment {
		l.V = append(l.V, e.V)
	}
	return l
}

func listOf(texts []string) *value.List {
	l := &value.List{V: []value.Value{}}
	for _, t := range texts {
		l.V = append(l.V, t)
	}
	return l
}

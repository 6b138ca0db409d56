package ir

import (
	"slices"
	"strings"

	"pbc/ir/value"
)

// RoleMagic are the magic variables that a task has of its role.
var RoleMagic = []string{"role_name", "ansible_role_name", "role_path", "ansible_collection_name", "ansible_parent_role_names"}

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
		return r.Collection, r.Collection != ""
	case "ansible_parent_role_names":
		return listOf(r.Parents), len(r.Parents) > 0
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

func listOf(texts []string) *value.List {
	l := &value.List{V: []value.Value{}}
	for _, t := range texts {
		l.V = append(l.V, t)
	}
	return l
}

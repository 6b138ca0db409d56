package playbook

import (
	"path"
	"slices"
	"strings"

	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/value"
)

// Scope is where a template stands that must be known before running.
type Scope struct {
	l    *Loader
	Play *Play // nil for import_playbook
	// Task is the import, nil for names of roles in plays.
	Task *Task
	// Given are the variables of import_playbook itself.
	Given Map
}

// Dir is the folder in which lookups look for files: that of the playbook.
func (s *Scope) Dir() string {
	if s.Play == nil {
		return s.l.dir
	}
	return s.Play.Dir
}

// Warn tells of something that the template met.
func (s *Scope) Warn(msg string) { s.l.warn(ir.Pos{}, "%s", msg) }

// Vars are the variables that Ansible has for a template at that place, without hosts, facts, extra vars and magic
// variables: defaults of roles, the play's vars and vars_files, vars of roles, of blocks and of tasks. Values
// are not rendered.
func (s *Scope) Vars() Map {
	m := s.Given.Copy()
	if s.Play != nil {
		for _, r := range s.Play.Roles {
			m.Update(Combined(r.Defaults(nil)))
		}
	}
	if s.Task != nil && s.Task.Role != nil {
		m.Update(Combined(s.Task.Role.Defaults(DepChain(s.Task))))
	}
	if s.Play != nil {
		m.Update(s.Play.Vars)
		m.Update(s.varsFiles(m))
		for _, r := range s.Play.Roles {
			m.Update(Combined(r.Exported()))
		}
	}
	if s.Task != nil {
		chain := DepChain(s.Task)
		if s.Task.Role != nil {
			m.Update(Combined(s.Task.Role.VarsAlong(chain)))
		}
		m.Update(EnclosingVars(s.Task))
		if s.Task.Role != nil {
			m.Update(Combined(s.Task.Role.ParamsAlong(chain)))
		}
	}
	return m
}

// Included are the variables that the loops of enclosing includes give, the innermost winning.
func (s *Scope) Included() *value.Dict {
	if s.Task == nil {
		return nil
	}
	d := value.NewDict()
	for p := Step(s.Task); p != nil; p = p.Enclosing() {
		t, ok := p.(*Task)
		if !ok || t.Include == nil || t.Include.Given == nil {
			continue
		}
		outer := d
		d = t.Include.Given.Copy()
		d.Update(outer)
	}
	return d
}

// Magic are the magic variables that do not depend on a host.
func (s *Scope) Magic() *value.Dict {
	d := value.NewDict()
	dir := s.l.dir
	d.SetStr("playbook_dir", dir)
	if s.Task != nil && s.Task.Role != nil {
		d.SetStr("role_name", s.Task.Role.Name)
		d.SetStr("role_path", s.Task.Role.Path)
		d.SetStr("ansible_role_name", s.Task.Role.FullName())
		if s.Task.Role.Collection != "" {
			d.SetStr("ansible_collection_name", s.Task.Role.Collection)
		}
	}
	return d
}

// varsFiles are the variables of those vars_files of the play whose names are plain and that exist.
func (s *Scope) varsFiles(Map) Map {
	var m Map
	for _, alternatives := range s.Play.VarsFiles() {
		for _, n := range alternatives {
			name, ok := n.Text()
			if !ok || templated(name) {
				continue
			}
			file := s.l.VarsFile(s.Play, name)
			if file == "" {
				continue
			}
			if root, ok := s.l.read(file); ok {
				for _, vars := range listItems(root) {
					m.Update(mapOf(vars))
				}
			}
			break
		}
	}
	return m
}

// VarsFiles are the play's vars_files: for each the alternatives, of which the first that exists is taken.
func (p *Play) VarsFiles() [][]*yaml.Node {
	var out [][]*yaml.Node
	for _, e := range p.VarsFilesNodes() {
		if isSeq(e) {
			out = append(out, e.Items)
		} else {
			out = append(out, []*yaml.Node{e})
		}
	}
	return out
}

// VarsFilesNodes are the entries of the play's vars_files.
func (p *Play) VarsFilesNodes() []*yaml.Node {
	n := p.Keywords.Get("vars_files")
	switch {
	case n.IsNull():
		return nil
	case !isSeq(n):
		return []*yaml.Node{n}
	}
	return n.Items
}

// VarsFile finds a file of vars_files by its rendered name, below vars/ or beside the playbook. "" is returned when
// there is none.
func (l *Loader) VarsFile(p *Play, name string) string {
	dirs := []string{path.Dir(p.Pos.File), p.Dir}
	if path.IsAbs(name) || strings.HasPrefix(name, "~") {
		dirs = []string{"/"}
	}
	for _, d := range dirs {
		tries := []string{join(d, name)}
		if !slices.Contains(strings.Split(name, "/"), "vars") {
			tries = []string{path.Join(d, "vars", name), join(d, name)}
		}
		for _, f := range tries {
			if f = l.abs(f); l.src.Stat(f) != Absent {
				return f
			}
		}
	}
	return ""
}

// SearchPath are the directories in which Ansible looks for the files of a task, in order: the roles that led to it,
// its own first, then the directory of the file it is written in. The play's directory is looked at after those.
func SearchPath(t *Task) []string {
	var out []string
	chain := DepChain(t)
	for i := len(chain) - 1; i >= 0; i-- {
		out = append(out, chain[i].Path)
	}
	file := t.Pos.File
	if !t.Pos.IsValid() {
		if p := PlayOf(t); p != nil {
			file = p.Pos.File
		}
	}
	if dir := path.Dir(file); !slices.Contains(out, dir) {
		out = append(out, dir)
	}
	return out
}

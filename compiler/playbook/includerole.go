package playbook

import (
	"path"

	"pbc/compiler/diag"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/keyword"
	"pbc/ir/value"
)

// fromArgs are the arguments that name a file of the role, with the part of the role that they are for.
var fromArgs = []struct{ arg, part string }{
	{"tasks_from", "tasks"}, {"vars_from", "vars"}, {"defaults_from", "defaults"}, {"handlers_from", "handlers"},
}

// includeRole loads include_role, or import_role with its role.
func (l *Loader) includeRole(n *yaml.Node, c context, act string) []Step {
	if c.handler {
		l.invalid(pos(n), "Using '%s' as a handler is not supported.", act)
		return nil
	}
	t := l.task(n, c, IncludeRole)
	if t == nil || !l.roleOptions(n, t) {
		return nil
	}
	if ir.Short(t.Action) != "import_role" {
		return []Step{t}
	}
	t.Kind = ImportRole
	t.Include.Static = true
	if t.Loop != nil {
		l.invalid(pos(n), "You cannot use loops on 'import_role' statements. You should use 'include_role' instead.")
		return nil
	}
	ask, ok := l.importedRole(n, t, c)
	if !ok {
		return nil
	}
	_, blocks, handlers, ok := l.loadRole(t, c.play, ask)
	if !ok {
		return nil
	}
	c.play.Handlers = append(c.play.Handlers, handlers...)
	out := make([]Step, len(blocks))
	for i, b := range blocks {
		out[i] = b
	}
	return out
}

// roleOptions checks the arguments of include_role and import_role.
func (l *Loader) roleOptions(n *yaml.Node, t *Task) bool {
	inc := &Include{From: map[string]*yaml.Node{}}
	t.Include = inc
	if inc.RoleName = t.Args.Get("name"); inc.RoleName == nil {
		inc.RoleName = t.Args.Get("role")
	}
	if inc.RoleName.IsNull() {
		l.invalid(pos(n), "'name' is a required field for %s.", t.Action)
		return false
	}
	inc.Public = t.Args.Get("public")
	if inc.Public != nil && ir.Short(t.Action) != "include_role" {
		l.invalid(pos(n), "Invalid options for %s: public", t.Action)
		return false
	}
	if !l.onlyArgs(n, t, roleArgs) {
		return false
	}
	for _, f := range fromArgs {
		v := t.Args.Get(f.arg)
		if v == nil {
			continue
		}
		text, ok := v.Text()
		if !ok {
			l.invalid(ir.Pos{}, "Expected a string for %s but got %s instead", f.arg, class(v))
			return false
		}
		inc.From[f.part] = cutNode(v, baseName(text))
	}
	inc.AllowDuplicates, inc.Validate = t.Args.Get("allow_duplicates"), t.Args.Get("rolespec_validate")
	return l.applyOption(n, t, "include_role")
}

// baseName is Python's os.path.basename.
func baseName(p string) string {
	_, base := path.Split(p)
	return base
}

// RoleAsk is the rendered wish of an import_role or include_role.
type RoleAsk struct {
	Name string
	// From has the files of "tasks", "vars", "defaults" and "handlers" that are not main.
	From map[string]string
	// AllowDuplicates, Public and NoValidate are the options, rendered. Ansible's default for the first is true.
	AllowDuplicates, Public, NoValidate bool
}

// lackingInName warns of what is undefined in the name of an import_role, as ansible-core 2.19 does, which renders it while it loads.
func (l *Loader) lackingInName(t *Task, scope *Scope) {
	if !l.opt.Tagged || l.opt.Lacking == nil || !templated(t.Name) {
		return
	}
	for _, f := range l.opt.Lacking(t.Own("name"), t.Name, scope) {
		d := diag.Errorf(ir.Pos{}, "%s", f.Msg)
		d.Kind, d.Tagged = diag.Warning, f
		l.diags.Add(d)
	}
}

// importedRole renders what an import_role asks for.
func (l *Loader) importedRole(n *yaml.Node, t *Task, c context) (RoleAsk, bool) {
	ask := RoleAsk{AllowDuplicates: true, From: map[string]string{}}
	scope := &Scope{l: l, Play: c.play, Task: t}
	l.lackingInName(t, scope)
	if !l.flag(n, t, scope, "allow_duplicates", &ask.AllowDuplicates, false) ||
		!l.flag(n, t, scope, "rolespec_validate", &ask.NoValidate, true) {
		return ask, false
	}
	text, ok := t.Include.RoleName.Text()
	if !ok {
		text = show(t.Include.RoleName)
	}
	var err error
	if ask.Name, err = l.render(t.Include.RoleName, text, scope); err != nil {
		l.badRender(t.Include.RoleName, err, nil)
		return ask, false
	}
	for part, f := range t.Include.From {
		text, _ := f.Text()
		if ask.From[part], err = l.render(f, text, scope); err != nil {
			// Ansible looks for the role before it renders the names of its files.
			if l.seek(t, c.play, ask.Name) != nil {
				l.badRender(f, err, nil)
			}
			return ask, false
		}
	}
	return ask, true
}

// seek finds the role of an include.
func (l *Loader) seek(t *Task, play *Play, role string) *definition {
	name := textNode(t.Include.RoleName, role)
	name.Tag = t.Include.RoleName.Tag
	return l.definition(name, seeker{play: play, collections: inheritedCollections(t), scope: &Scope{l: l, Play: play, Task: t}})
}

// flag reads a boolean option of import_role.
func (l *Loader) flag(n *yaml.Node, t *Task, scope *Scope, name string, to *bool, invert bool) bool {
	opt := t.Args.Get(name)
	if opt.IsNull() {
		return true
	}
	v := opt.ToValue(nil)
	if s, ok := opt.Text(); ok {
		r, err := l.render(opt, s, scope)
		if err != nil {
			l.badRender(opt, err, nil)
			return false
		}
		v = value.Value(r)
	}
	b, err := keyword.Lookup(name, keyword.IncludeRole).Convert(v)
	if err != nil {
		l.invalid(pos(n), "%s", err)
		return false
	}
	*to = b.(bool) != invert
	return true
}

// loadRole loads the role that an include asks for and instantiates its steps below it. The caller adds the
// handlers to the play.
func (l *Loader) loadRole(t *Task, play *Play, ask RoleAsk) (r *Role, blocks, handlers []*Block, ok bool) {
	def := l.seek(t, play, ask.Name)
	if def == nil {
		return nil, nil, nil, false
	}
	def.vars.Update(t.Vars)
	r = l.role(def, play, roleUse{parent: t.Role, from: ask.From, fromInclude: true, noValidate: ask.NoValidate})
	if r == nil {
		return nil, nil, nil, false
	}
	r.AllowDuplicates = ask.AllowDuplicates
	if t.Include.Static || ask.Public {
		play.Roles = append(play.Roles, r)
	}
	if t.Include.Static {
		t.Include.Loaded = r
	}
	var chain []*Role
	if t.Role != nil {
		chain = append(append(chain, t.Role.Parents...), t.Role)
	}
	below, ok := l.applied(t, play)
	if !ok {
		return nil, nil, nil, false
	}
	blocks = r.compile(play, chain)
	for _, b := range blocks {
		b.Parent = below
		b.Keywords.Set("collections", nil, collectionNode(t.Include.RoleName, r.Collections))
	}
	handlers = r.compileHandlers(play, nil)
	for _, h := range handlers {
		h.Parent = below
	}
	return r, blocks, handlers, true
}

// applied is what becomes the parent of what an include loads: the block of apply:, or the include itself.
func (l *Loader) applied(t *Task, play *Play) (Step, bool) {
	apply := t.Args.Get("apply")
	if !truthy(apply) {
		return t, true
	}
	if t.Apply == nil {
		m := mapOf(apply)
		m.Set("block", nil, seqNode(ir.Pos{}))
		if t.Apply = l.block(mapNode(apply.Pos, m), context{play: play, parent: t, role: t.Role}); t.Apply == nil {
			return nil, false
		}
	}
	return t.Apply, true
}

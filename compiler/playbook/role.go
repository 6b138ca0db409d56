package playbook

import (
	"path"
	"slices"
	"strings"

	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/keyword"
)

// FullName is the role's name with its collection.
func (r *Role) FullName() string {
	if r.Collection == "" {
		return r.Name
	}
	return r.Collection + "." + r.Name
}

// flight is a role that is being loaded.
type flight struct{ name, key string }

// definition is a role as written in roles:, dependencies or an include, before it is loaded.
type definition struct {
	at         *yaml.Node
	name, path string
	collection string
	keywords   Map
	vars       Map
	params     Map
}

func (d *definition) fullName() string {
	if d.collection == "" {
		return d.name
	}
	return d.collection + "." + d.name
}

// seeker is where a role is named: what its name may refer to.
type seeker struct {
	play        *Play
	collections []string
	baseDir     string // directory of the role that names it as a dependency, or ""
	scope       *Scope
}

// definition reads one entry of roles: or dependencies. nil means that it is reported as not valid.
func (l *Loader) definition(n *yaml.Node, s seeker) *definition {
	if !isMap(n) && !isText(n) {
		if isSeq(n) {
			l.crash(n.Pos, "'%s' object has no attribute 'get'", n.TypeName())
			return nil
		}
		l.invalid(ir.Pos{}, "Invalid role definition: %s", show(n))
		return nil
	}
	text, plain := n.Text()
	if plain && strings.Contains(text, ",") {
		l.failure(ir.Pos{}, "Invalid old style role requirement: %s", text)
		return nil
	}
	d := &definition{at: n}
	nameNode := n
	if !plain {
		nameNode = n.Get("role")
		if nameNode == nil {
			nameNode = n.Get("name")
		}
		var ok bool
		if text, ok = nameNode.Text(); !ok || text == "" {
			l.failure(pos(n), "role definitions must contain a role name")
			return nil
		}
	}
	if !l.findRole(d, nameNode, text, s) {
		return nil
	}
	return l.splitDefinition(d, s)
}

// splitDefinition tells the keywords of a role's entry from its parameters.
func (l *Loader) splitDefinition(d *definition, s seeker) *definition {
	e := entity{class: "RoleInclude", on: keyword.Role, pos: pos(d.at), play: s.play}
	var written Map
	for _, entry := range mapOfPlain(d.at) {
		if keyword.Lookup(entry.Name, keyword.Role) != nil {
			written.Set(entry.Name, entry.Key, entry.Value)
		} else {
			d.params.Set(entry.Name, entry.Key, entry.Value)
		}
	}
	var ok bool
	if d.keywords, d.vars, ok = l.keywords(e, written); !ok || !l.checkText(e, &d.keywords) {
		return nil
	}
	d.keywords.Del("role")
	return d
}

func mapOfPlain(n *yaml.Node) []Entry {
	m := mapOf(n)
	return m.Entries
}

// findRole finds the directory of a role by its name, which may be a template.
func (l *Loader) findRole(d *definition, at *yaml.Node, text string, s seeker) bool {
	scope := s.scope
	if scope == nil {
		scope = &Scope{l: l, Play: s.play}
	}
	name, err := l.render(at, text, scope)
	if err != nil {
		l.badRender(at, err, nil)
		return false
	}
	if len(s.collections) > 0 || fullName.MatchString(name) {
		if short, dir, coll := l.catalog.role(name, s.collections); dir != "" {
			d.name, d.path, d.collection = short, dir, coll
			return true
		}
	}
	search := append([]string{l.dirAs + "/roles"}, l.opt.RolesPath...)
	if s.baseDir != "" {
		search = append(search, s.baseDir)
	}
	search = append(search, l.dirAs)
	for _, dir := range search {
		p := name
		if !path.IsAbs(name) && !strings.HasPrefix(name, "~") {
			p = path.Join(dir, name)
		}
		if p = l.src.Real(l.abs(p)); l.src.Stat(p) != Absent {
			d.name, d.path = name, p
			return true
		}
	}
	if p := l.src.Real(l.abs(name)); l.src.Stat(p) != Absent {
		d.name, d.path = path.Base(name), p
		return true
	}
	place := pos(d.at)
	if l.opt.Tagged && d.at.Tag == cutTag { // which knows where the text is
		place = d.at.Pos
	}
	l.failure(place, "the role '%s' was not found in %s", name, strings.Join(append(slices.Clone(s.collections), search...), ":"))
	return false
}

// roleUse is what, besides its definition, makes the use of a role.
type roleUse struct {
	parent      *Role
	from        map[string]string
	fromInclude bool
	noValidate  bool
}

// role loads a role, or gives the one that the play has loaded for an equal use.
func (l *Loader) role(d *definition, play *Play, use roleUse) *Role {
	key := useKey(d, use)
	for _, c := range play.cache[d.fullName()] {
		if c.key == key {
			c.role.addParent(use.parent)
			return c.role
		}
	}
	if slices.Contains(l.flight, flight{d.path, key}) {
		l.failure(pos(d.at), "A recursion loop was detected with the roles specified. Make sure child roles do not have dependencies on parent roles")
		return nil
	}
	l.flight = append(l.flight, flight{d.path, key})
	r := &Role{
		Pos: d.at.Pos, Name: d.name, Collection: d.collection, Path: d.path, Keywords: d.keywords, Vars: d.vars,
		Params: d.params, FromInclude: use.fromInclude, FromFiles: use.from, Play: play, newer: l.opt.newer(),
	}
	r.addParent(use.parent)
	ok := l.roleFiles(r, use)
	l.flight = l.flight[:len(l.flight)-1]
	if !ok {
		return nil
	}
	if play.cache == nil {
		play.cache = map[string][]*cachedRole{}
	}
	play.cache[d.fullName()] = append(play.cache[d.fullName()], &cachedRole{key, r})
	return r
}

func useKey(d *definition, use roleUse) string {
	parts := map[string]string{"from_include": nodeKey(boolNode(use.fromInclude))}
	for _, e := range d.params.Entries {
		parts["param "+e.Name] = nodeKey(e.Value)
	}
	for _, k := range []string{"when", "tags"} {
		parts[k] = nodeKey(seqNode(ir.Pos{}, listItems(d.keywords.Get(k))...))
	}
	for k, f := range use.from {
		parts["from "+k] = f
	}
	if d.vars.Len() > 0 {
		parts["vars"] = mapKey(&d.vars)
	}
	return roleKey(parts)
}

func (r *Role) addParent(p *Role) {
	if p != nil && !slices.Contains(r.Parents, p) {
		r.Parents = append(r.Parents, p)
	}
}

// roleFiles reads everything a role consists of.
func (l *Loader) roleFiles(r *Role, use roleUse) bool {
	var ok bool
	if r.FileVars, ok = l.roleVars(r, "vars"); !ok {
		return false
	}
	if r.DefaultVars, ok = l.roleVars(r, "defaults"); !ok {
		return false
	}
	meta, ok := l.roleMeta(r)
	if !ok {
		return false
	}
	r.Keywords.Del("collections")
	r.Collections = l.roleCollections(r, meta)
	if r.Collection == "" {
		l.catalog.addDir(r.Path)
	}
	tasks, ok := l.roleYAML(r, "tasks", r.FromFiles["tasks"], false)
	if !ok {
		return false
	}
	if !use.noValidate {
		if tasks, ok = l.withValidation(r, meta, tasks); !ok {
			return false
		}
	}
	if r.Blocks, ok = l.roleBlocks(r, "tasks", tasks, false); !ok {
		return false
	}
	handlers, ok := l.roleYAML(r, "handlers", r.FromFiles["handlers"], false)
	if !ok {
		return false
	}
	r.HandlerBlocks, ok = l.roleBlocks(r, "handlers", handlers, true)
	return ok
}

func (l *Loader) roleBlocks(r *Role, what string, n *yaml.Node, handler bool) ([]*Block, bool) {
	if !truthy(n) {
		return nil, true
	}
	blocks, isList := l.blocks(n, context{play: r.Play, role: r, handler: handler})
	if !isList {
		cause := show(n) + " should be a list or None but is " + class(n)
		l.invalid(pos(n), "The %s/main.yml file for role '%s' must contain a list of tasks%s", what, r.Name, because(pos(n), cause))
	}
	return blocks, isList
}

// roleVars reads vars/ or defaults/.
func (l *Loader) roleVars(r *Role, dir string) (Map, bool) {
	var m Map
	files, ok := l.roleFound(r, dir, r.FromFiles[dir], true)
	if !ok {
		return m, false
	}
	for _, f := range files {
		n, ok := l.read(f)
		if !ok {
			return m, false
		}
		if !truthy(n) {
			continue
		}
		if !isMap(n) {
			l.invalid(ir.Pos{}, "The %s/main.yml file for role '%s' must contain a dictionary of variables", dir, r.Name)
			return m, false
		}
		m.Update(mapOf(n))
	}
	return m, true
}

// roleYAML reads the file of tasks, handlers or meta.
func (l *Loader) roleYAML(r *Role, dir, main string, allowDir bool) (*yaml.Node, bool) {
	files, ok := l.roleFound(r, dir, main, allowDir)
	if !ok || len(files) == 0 {
		return nil, ok
	}
	return l.read(files[0])
}

// roleFound finds the main file of a part of a role; for variables, the files of a directory main/.
func (l *Loader) roleFound(r *Role, dir, main string, allowDir bool) (files []string, ok bool) {
	base := path.Join(r.Path, dir)
	if l.src.Stat(base) != Dir {
		return nil, true
	}
	exts := []string{".yml", ".yaml", ".json", ""}
	name := main
	if main == "" {
		name = "main"
	} else {
		exts = []string{"", ".yml", ".yaml", ".json"}
	}
	stem := base + "/" + name
	if path.IsAbs(name) {
		stem = name
	}
	for _, ext := range exts {
		f := stem + ext
		switch kind := l.src.Stat(f); {
		case kind == Absent || kind == Dir && !allowDir:
			continue
		case kind == Dir:
			files = l.dirVars(f, exts)
		default:
			files = []string{f}
		}
		break
	}
	if len(files) == 0 && main != "" {
		l.invalid(ir.Pos{}, "Could not find specified file in role: %s/%s", dir, main)
		return nil, false
	}
	for i, f := range files {
		files[i] = path.Clean(f)
		if !strings.HasPrefix(files[i], base+"/") {
			l.invalid(ir.Pos{}, "Failed loading '%s' for role (%s) as it is not inside the expected role path: '%s'", f, r.Name, base)
			return nil, false
		}
	}
	return files, true
}

// dirVars are the variable files in a directory and below.
func (l *Loader) dirVars(dir string, exts []string) []string {
	var out []string
	names := slices.Clone(l.src.List(dir))
	slices.Sort(names)
	for _, n := range names {
		if strings.HasPrefix(n, ".") || strings.HasSuffix(n, "~") {
			continue
		}
		p, ext := path.Join(dir, n), path.Ext(n)
		switch kind := l.src.Stat(p); {
		case kind == Dir && ext == "":
			out = append(out, l.dirVars(p, exts)...)
		case kind == File && (ext == "" || slices.Contains(exts, ext)):
			out = append(out, p)
		}
	}
	return out
}

// roleCollections are the collections that a role's tasks are looked up in.
func (l *Loader) roleCollections(r *Role, meta Map) []string {
	var list []string
	if r.Collection != "" {
		list = append(list, r.Collection)
	} else if l.defaultCollection != "" {
		list = append(list, l.defaultCollection)
	}
	for _, c := range texts(listItems(meta.Get("collections"))) {
		if !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	if len(list) == 0 || slices.Contains(list, "ansible.builtin") || slices.Contains(list, "ansible.legacy") {
		return list
	}
	if r.Collection != "" {
		return append(list, "ansible.builtin")
	}
	return append(list, "ansible.legacy")
}

// A Layer is a set of variables that a role brings: its defaults, the "vars" or the params it is given, or those of its files.
type Layer struct {
	Role *Role
	Kind string // what the set is, told apart from the others of its role
	Vars Map
}

func (r *Role) defaults() []Layer { return []Layer{{r, "defaults", r.DefaultVars}} }

func (r *Role) vars() []Layer { return []Layer{{r, "given vars", r.Vars}, {r, "vars", r.FileVars}} }

func (r *Role) params() []Layer { return []Layer{{r, "params", r.Params}} }

// along are the layers of a kind that the roles of a chain have.
func along(chain []*Role, kind func(*Role) []Layer) []Layer {
	var out []Layer
	for _, p := range chain {
		out = append(out, kind(p)...)
	}
	return out
}

// Combined are the variables of layers as hash_behaviour=replace has them: the last that has a variable wins.
func Combined(list []Layer) Map {
	var m Map
	for _, l := range list {
		m.Update(l.Vars)
	}
	return m
}

// Defaults are the defaults of the role's dependencies, of the roles that led to it, and its own, the lowest first.
func (r *Role) Defaults(chain []*Role) []Layer {
	var out []Layer
	for _, d := range r.AllDeps() {
		out = append(out, d.Defaults(nil)...)
	}
	return append(append(out, along(chain, (*Role).defaults)...), r.defaults()...)
}

// VarsAlong are the variables of a role above those of plays: inherited ones, those of its dependencies, its own, the lowest first. Where the
// ansible-core is newer, dependencies bring what they export alone, and what is given to a role is above its files.
//
// Observed: scenarios/roles/given_vars.txtar.
func (r *Role) VarsAlong(chain []*Role) []Layer {
	out := along(chain, (*Role).vars)
	for _, d := range r.AllDeps() {
		if r.newer {
			out = append(out, d.Exported()...)
		} else {
			out = append(out, d.VarsAlong(nil)...)
		}
	}
	own := r.vars()
	if r.newer {
		slices.Reverse(own)
	}
	return append(out, own...)
}

// Exported are the variables of a static role that all tasks of its play see, the lowest first. From its files alone they come where the
// ansible-core is newer; what "vars" gives to a role or to import_role stays with the role.
//
// Observed: ansible-core 2.14, and 2.18 and 2.19.
func (r *Role) Exported() []Layer {
	if !r.newer {
		return r.VarsAlong(nil)
	}
	var out []Layer
	for _, d := range r.Deps {
		out = append(out, d.Exported()...)
	}
	return append(out, Layer{r, "vars", r.FileVars})
}

// ParamsAlong are the parameters of the roles that led to r, and its own, the lowest first.
func (r *Role) ParamsAlong(chain []*Role) []Layer {
	return append(along(chain, (*Role).params), r.params()...)
}

// AllDeps are the roles that r depends on, and those that they depend on before them, in the order they run.
func (r *Role) AllDeps() []*Role {
	var out []*Role
	for _, d := range r.Deps {
		out = append(append(out, d.AllDeps()...), d)
	}
	return out
}

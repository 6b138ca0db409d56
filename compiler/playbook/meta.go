package playbook

import (
	"path"
	"slices"
	"strings"

	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/keyword"
)

// roleMeta reads meta/main.yml and loads the roles that it depends on. It returns the keywords.
func (l *Loader) roleMeta(r *Role) (Map, bool) {
	n, ok := l.roleYAML(r, "meta", "", false)
	if !ok || !truthy(n) {
		return Map{}, ok
	}
	if !isMap(n) {
		l.invalid(ir.Pos{}, "the 'meta/main.yml' for role %s is not a dictionary", r.FullName())
		return Map{}, false
	}
	e := entity{class: "RoleMetadata", on: keyword.Metadata, pos: pos(n), play: r.Play}
	kw, _, ok := l.keywords(e, mapOf(n))
	if !ok {
		return kw, false
	}
	r.AllowDuplicates = truthy(kw.Get("allow_duplicates"))
	defs, ok := l.dependencies(r, kw.Get("dependencies"), e)
	if !ok || !l.checkText(e, &kw) {
		return kw, false
	}
	for _, d := range defs {
		dep := l.role(d, r.Play, roleUse{parent: r})
		if dep == nil {
			return kw, false
		}
		r.Deps = append(r.Deps, dep)
	}
	return kw, true
}

func (l *Loader) dependencies(r *Role, n *yaml.Node, e entity) ([]*definition, bool) {
	if !truthy(n) {
		return nil, true
	}
	if !isSeq(n) {
		l.invalid(e.pos, "Expected role dependencies to be a list.")
		return nil, false
	}
	s := seeker{play: r.Play, baseDir: path.Dir(r.Path), collections: dependencyCollections(r)}
	var defs []*definition
	for _, item := range n.Items {
		if !isText(item) && !isMap(item) {
			l.crash(item.Pos, "argument of type '%s' is not iterable", item.TypeName())
			return nil, false
		}
		d := l.definition(withSourceName(item), s)
		if d == nil {
			return nil, false
		}
		defs = append(defs, d)
	}
	return defs, true
}

// dependencyCollections are where names of dependencies are looked for before the directories of roles.
func dependencyCollections(r *Role) []string {
	list := texts(listItems(r.Keywords.Get("collections")))
	if r.Collection != "" {
		list = slices.DeleteFunc(slices.Clone(list), func(c string) bool { return c == r.Collection })
		list = append([]string{r.Collection}, list...)
	}
	if !slices.Contains(list, "ansible.legacy") {
		list = append(slices.Clone(list), "ansible.legacy")
	}
	return list
}

// withSourceName gives an entry in Galaxy's form, which has src and no name, the name that src implies.
func withSourceName(n *yaml.Node) *yaml.Node {
	src, ok := n.Get("src").Text()
	if !ok || n.Get("role") != nil || n.Get("name") != nil {
		return n
	}
	m := mapOf(n)
	m.Set("name", nil, textNode(n.Get("src"), repositoryName(src)))
	return mapNode(n.Pos, m)
}

// repositoryName is the name of the role in a repository: "repo" of https://host/path/repo.git.
func repositoryName(url string) string {
	if !strings.Contains(url, "://") && !strings.Contains(url, "@") {
		return url
	}
	name := url[strings.LastIndexByte(url, '/')+1:]
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".git"), ".tar.gz")
	name, _, _ = strings.Cut(name, ",")
	return name
}

// withValidation puts the task in front that checks the role's arguments, when the role says what they are.
func (l *Loader) withValidation(r *Role, meta Map, tasks *yaml.Node) (*yaml.Node, bool) {
	specs, ok := l.argumentSpecs(r, meta)
	if !ok || !isMap(specs) {
		return tasks, ok
	}
	entry := r.FromFiles["tasks"]
	if entry == "" {
		entry = "main"
	}
	spec := specs.Get(entry)
	if !truthy(spec) || truthy(tasks) && !isSeq(tasks) {
		return tasks, true
	}
	if !isMap(spec) {
		l.crash(spec.Pos, "'%s' object has no attribute 'get'", spec.TypeName())
		return nil, false
	}
	items := []*yaml.Node{l.validationTask(r, spec, entry)}
	at := ir.Pos{}
	if isSeq(tasks) {
		items, at = append(items, tasks.Items...), tasks.Pos
	}
	return seqNode(at, items...), true
}

// argumentSpecs are what meta/argument_specs says, or else argument_specs in meta/main.
func (l *Loader) argumentSpecs(r *Role, meta Map) (*yaml.Node, bool) {
	for _, ext := range []string{".yml", ".yaml", ".json"} {
		if l.src.Stat(path.Join(r.Path, "meta", "argument_specs"+ext)) == Absent {
			continue
		}
		n, ok := l.roleYAML(r, "meta", "argument_specs", false)
		return n.Get("argument_specs"), ok
	}
	return meta.Get("argument_specs"), true
}

func (l *Loader) validationTask(r *Role, spec *yaml.Node, entry string) *yaml.Node {
	text := func(s string) *yaml.Node { return textNode(nil, s) }
	name := "Validating arguments against arg spec '" + entry + "'"
	if short, ok := spec.Get("short_description").Text(); ok {
		name += " - " + short
	}
	options := spec.Get("options")
	if options == nil {
		options = mapNode(ir.Pos{}, Map{})
	}
	var about, act, task Map
	about.Set("type", nil, text("role"))
	about.Set("name", nil, text(r.Name))
	about.Set("argument_spec_name", nil, text(entry))
	about.Set("path", nil, text(r.Path))
	act.Set("module", nil, text("ansible.builtin.validate_argument_spec"))
	act.Set("argument_spec", nil, options)
	act.Set("provided_arguments", nil, mapNode(ir.Pos{}, r.Params))
	act.Set("validate_args_context", nil, mapNode(ir.Pos{}, about))
	task.Set("action", nil, mapNode(ir.Pos{}, act))
	task.Set("name", nil, text(name))
	task.Set("tags", nil, seqNode(ir.Pos{}, text("always")))
	return mapNode(ir.Pos{File: r.Path}, task)
}

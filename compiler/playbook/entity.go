package playbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/keyword"
	"pbc/ir/value"
)

// entity is what the loading of keywords needs to know of a play, role, block or task.
type entity struct {
	class string // as Ansible's messages call it
	on    keyword.On
	pos   ir.Pos
	play  *Play
}

// keywords checks what is written against the table, and brings what has several forms into one: vars is taken
// out and returned, tags and collections become lists, module_defaults a list of mappings with full names.
func (l *Loader) keywords(e entity, written Map) (kw, vars Map, ok bool) {
	kw = written.Copy()
	for _, entry := range written.Entries {
		if keyword.Lookup(entry.Name, e.on) == nil {
			l.badAttribute(e, entry.Name, entry.Key)
			return kw, vars, false
		}
	}
	if n := kw.Get("collections"); n != nil {
		if !l.loadCollections(e, &kw, n) {
			return kw, vars, false
		}
	}
	if n := kw.Del("vars"); n != nil {
		if vars, ok = l.loadVars(e, n); !ok {
			return kw, vars, false
		}
	}
	if n := kw.Get("tags"); n != nil {
		list, ok := l.loadTags(n)
		if !ok {
			return kw, vars, false
		}
		kw.Set("tags", nil, list)
	}
	if n := kw.Get("module_defaults"); n != nil {
		list, ok := l.loadDefaults(e, n)
		if !ok {
			return kw, vars, false
		}
		kw.Set("module_defaults", nil, list)
	}
	return kw, vars, true
}

func (l *Loader) badAttribute(e entity, name string, key *yaml.Node) {
	msg := fmt.Sprintf("'%s' is not a valid attribute for a %s", name, e.class)
	d := l.invalid(e.pos, "%s", msg)
	d.Tagged = taggedBadAttribute(e, msg, key)
	if e.on&(keyword.Task|keyword.Handler|keyword.IncludeRole) != 0 {
		d.Twice, d.Again = true, "\nThis error can be suppressed as a warning using the \"invalid_task_attribute_failed\" configuration"
	}
}

// taggedBadAttribute is what dialect tagged tells of a keyword that e does not have.
func taggedBadAttribute(e entity, msg string, key *yaml.Node) *failure.Failure {
	f := &failure.Failure{Msg: msg, At: originOf(e.pos)}
	if e.on&(keyword.Task|keyword.Handler|keyword.IncludeRole) != 0 {
		f.Msg += "\nThis error can be suppressed as a warning using the \"invalid_task_attribute_failed\" configuration"
	}
	if key != nil {
		f.At = originOf(key.Pos)
	}
	return f
}

// taggedBadRegister is what dialect tagged tells of a register that is no name.
func taggedBadRegister(n *yaml.Node) *failure.Failure {
	return failure.Failure{Msg: "Invalid 'register' specified.", At: originOf(n.Pos)}.Because(taggedBadName(n))
}

func originOf(p ir.Pos) *value.Origin { return &value.Origin{File: p.File, Line: p.Line, Col: p.Col} }

// strings reports the first keyword that must be text and is a list or mapping: what Ansible finds once everything else
// of an entity is loaded.
func (l *Loader) checkText(e entity, kw *Map) bool {
	for i := range keyword.Table {
		k := &keyword.Table[i]
		if k.Type != keyword.String || k.On&e.on == 0 {
			continue
		}
		if n := kw.Get(k.Name); isSeq(n) || isMap(n) {
			d := l.invalid(e.pos, "The field '%s' is supposed to be a string type, however the incoming data structure is a %s", k.Name, class(n))
			if k.Name == "register" {
				d.Tagged = taggedBadRegister(n)
			}
			return false
		}
	}
	return true
}

// collectionList reads a list of collections, or one as text.
func (l *Loader) collectionList(e entity, n *yaml.Node) ([]*yaml.Node, bool) {
	items := []*yaml.Node{n}
	switch {
	case n.IsNull():
		items = nil
	case isSeq(n):
		items = n.Items
	}
	for _, item := range items {
		if !isText(item) {
			l.invalid(e.pos, "the field 'collections' should be a list of (<class 'str'>,), but the item '%s' is a %s", show(item), class(item))
			return nil, false
		}
	}
	return items, true
}

func (l *Loader) loadCollections(e entity, kw *Map, n *yaml.Node) bool {
	items, ok := l.collectionList(e, n)
	if !ok {
		return false
	}
	if len(items) == 0 && l.defaultCollection == "" {
		kw.Set("collections", nil, seqNode(n.Pos))
		return true
	}
	names := withLegacy(l.withDefault(texts(items)))
	out := make([]*yaml.Node, len(names))
	for i, name := range names {
		out[i] = textNode(n, name)
		if templated(name) {
			l.warn(ir.Pos{}, notTemplatable, "collections", name)
		}
	}
	if e.on == keyword.Play && slices.ContainsFunc(names, templated) {
		l.warn(ir.Pos{}, notTemplatable, "collections", repr(seqNode(n.Pos, out...)))
	}
	kw.Set("collections", nil, seqNode(n.Pos, out...))
	return true
}

const notTemplatable = "\"%s\" is not templatable, but we found: %s, it will not be templated and will be used \"as is\"."

// withDefault puts the collection of the playbook in front.
func (l *Loader) withDefault(names []string) []string {
	if l.defaultCollection != "" && !slices.Contains(names, l.defaultCollection) {
		return append([]string{l.defaultCollection}, names...)
	}
	return names
}

// withLegacy sees to it that what is not in collections is still found.
func withLegacy(names []string) []string {
	if len(names) > 0 && !slices.Contains(names, "ansible.builtin") && !slices.Contains(names, "ansible.legacy") {
		return append(slices.Clone(names), "ansible.legacy")
	}
	return names
}

// texts are the texts of nodes; what is no text is left out.
func texts(nodes []*yaml.Node) []string {
	var out []string
	for _, n := range nodes {
		if s, ok := n.Text(); ok {
			out = append(out, s)
		}
	}
	return out
}

func (l *Loader) loadTags(n *yaml.Node) (*yaml.Node, bool) {
	if isSeq(n) {
		return n, true
	}
	text, ok := n.Text()
	if !ok {
		l.failure(pos(n), "tags must be specified as a list")
		return nil, false
	}
	list := seqNode(n.Pos)
	for part := range strings.SplitSeq(text, ",") {
		list.Items = append(list.Items, textNode(n, strings.TrimSpace(part)))
	}
	return list, true
}

// loadVars reads the keyword vars: a mapping; older ansible-cores take a list of mappings, too.
func (l *Loader) loadVars(e entity, n *yaml.Node) (Map, bool) {
	var m Map
	parts := []*yaml.Node{n}
	switch {
	case n.IsNull():
		return m, true
	case isSeq(n) && !l.opt.Newer:
		parts = n.Items
	}
	for _, part := range parts {
		if !isMap(part) {
			msg := "Vars in a " + e.class + " must be specified as a dictionary."
			older := strings.TrimSuffix(msg, ".") + ", or a list of dictionaries" + because(pos(n), "")
			if l.opt.Newer {
				older = msg + " "
			}
			l.invalid(pos(n), "%s", older).Tagged = &failure.Failure{Msg: msg, At: originOf(n.Pos)}
			return m, false
		}
		for _, k := range part.Keys {
			if name, ok := k.Text(); !ok || !l.isVariable(name) {
				cause := fmt.Sprintf("'%s' is not a valid variable name", show(k))
				d := l.invalid(pos(n), "Invalid variable name in vars specified for %s: %s%s", e.class, cause, because(pos(n), cause))
				d.Tagged, d.TaggedExit = taggedBadName(k), 1
				return m, false
			}
		}
		m.Update(mapOf(part))
	}
	return m, true
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

var pythonKeywords = nameSet("False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
	"elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass",
	"raise", "return", "try", "while", "with", "yield")

// isVariable says whether a variable may have that name.
func (l *Loader) isVariable(name string) bool {
	if l.opt.Tagged {
		return identifier.MatchString(name) && !jinjaKeywords[name]
	}
	return isIdentifier(name)
}

// jinjaKeywords are the names that no variable has in dialect tagged.
var jinjaKeywords = nameSet("true", "false", "none", "True", "False", "None", "not")

// taggedBadName is what dialect tagged tells of the name of a variable.
func taggedBadName(k *yaml.Node) *failure.Failure {
	what := "name"
	name, text := k.Text()
	if !text && k.Kind == yaml.Scalar {
		name, _ = value.ToStr(k.Value)
	}
	if k.Kind == yaml.Scalar {
		what += " " + value.StrRepr(name)
	}
	if !text {
		kind := value.TypeName(k.Value)
		switch k.Kind {
		case yaml.Seq:
			kind = "list"
		case yaml.Map:
			kind = "dict"
		}
		what += " of type '" + kind + "'"
	}
	return &failure.Failure{Msg: "Invalid variable " + what + ".", At: originOf(k.Pos),
		Help: "Variable names must be strings starting with a letter or underscore character, and contain only letters, numbers and underscores."}
}

func isIdentifier(s string) bool { return identifier.MatchString(s) && !pythonKeywords[s] }

// loadDefaults reads module_defaults: a mapping or a list of mappings from modules and groups to arguments.
func (l *Loader) loadDefaults(e entity, n *yaml.Node) (*yaml.Node, bool) {
	list := seqNode(n.Pos)
	if n.IsNull() {
		return list, true
	}
	parts := []*yaml.Node{n}
	if isSeq(n) {
		parts = n.Items
	}
	for _, part := range parts {
		if !isMap(part) {
			l.invalid(ir.Pos{}, "The field 'module_defaults' is supposed to be a dictionary or list of dictionaries, "+
				"the keys of which must be static action, module, or group names. Only the values may contain "+
				"templates. For example: {'ping': \"{{ ping_defaults }}\"}")
			return nil, false
		}
		m, ok := l.defaults(e, part)
		if !ok {
			return nil, false
		}
		list.Items = append(list.Items, mapNode(part.Pos, m))
	}
	return list, true
}

func (l *Loader) defaults(e entity, n *yaml.Node) (Map, bool) {
	var m Map
	for i, k := range n.Keys {
		name, ok := k.Text()
		if !ok {
			l.crash(k.Pos, "'%s' object has no attribute 'startswith'", k.TypeName())
			return m, false
		}
		if strings.HasPrefix(name, "group/") {
			group := name[strings.LastIndex(name, "group/")+len("group/"):]
			full, ok := l.resolveGroup(e.play, group, true)
			if !ok {
				return m, false
			}
			m.Set("group/"+full, k, n.Items[i])
			continue
		}
		if strings.Count(name, ".") < 2 {
			name = "ansible.legacy." + name
		}
		full := l.resolveDefault(name)
		if full == "" {
			l.invalid(ir.Pos{}, "Could not resolve action %s in module_defaults", name)
			return m, false
		}
		m.Set(full, k, n.Items[i])
		if short, ok := strings.CutPrefix(name, "ansible.legacy."); ok {
			if full := l.resolveDefault("ansible.builtin." + short); full != "" {
				m.Set(full, k, n.Items[i])
			}
		}
	}
	return m, true
}

// resolveDefault finds the module or else the action of a name in module_defaults. An action plugin of the same
// name as a module wins.
func (l *Loader) resolveDefault(name string) string {
	mod, err := l.catalog.find(moduleKind, name, nil)
	if err != nil {
		l.failure(ir.Pos{}, "%s", err)
		return ""
	}
	if act, err := l.catalog.find(actionKind, name, nil); err == nil && act.FQCN != "" {
		return act.FQCN
	}
	return mod.FQCN
}

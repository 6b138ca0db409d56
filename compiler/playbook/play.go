package playbook

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/playbook/args"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/keyword"
)

// playbookFile loads the plays of one file. given are the vars of the import_playbook that asks for it.
func (l *Loader) playbookFile(file string, given *Map) []*Play {
	outer, outerAs := l.dir, l.dirAs
	defer func() { l.dir, l.dirAs = outer, outerAs }()
	l.dir = path.Dir(l.abs(file))
	if l.dirAs = l.dir; path.IsAbs(file) {
		l.dirAs = file[:strings.LastIndexByte(file, '/')]
	}
	if l.depth++; l.depth > maxImports {
		l.crash(ir.Pos{}, "maximum recursion depth exceeded")
		l.depth--
		return nil
	}
	defer func() { l.depth-- }()
	l.catalog.addDir(l.dir)
	full := l.abs(file)
	n, ok := l.read(l.dwim(path.Base(file)))
	switch {
	case !ok:
		return nil
	case n.IsNull():
		l.invalid(ir.Pos{}, "Empty playbook, nothing to do: %s", full)
		return nil
	case !isSeq(n):
		l.invalid(pos(n), "A playbook must be a list of plays, got a %s instead: %s", class(n), full)
		return nil
	case len(n.Items) == 0:
		l.invalid(ir.Pos{}, "A playbook must contain at least one play: %s", full)
		return nil
	}
	var plays []*Play
	for _, item := range n.Items {
		switch {
		case !isMap(item):
			d := l.invalid(pos(item), "playbook entries must be either valid plays or 'import_playbook' statements")
			if d.Tagged = failure.New(d.Msg); !item.IsNull() {
				d.Tagged.At = originOf(item.Pos)
			}
			return plays
		case isImport(item):
			plays = append(plays, l.importPlaybook(item)...)
		default:
			if p := l.play(item, given); p != nil {
				plays = append(plays, p)
			}
		}
	}
	return plays
}

func isImport(n *yaml.Node) bool {
	for _, k := range n.Keys {
		if s, ok := k.Text(); ok && importPlaybook.has(s) {
			return true
		}
	}
	return false
}

// play loads one play; nil when it is not valid.
func (l *Loader) play(n *yaml.Node, given *Map) *Play {
	p := &Play{Pos: n.Pos, Dir: l.dir}
	e := entity{class: "Play", on: keyword.Play, pos: pos(n), play: p}
	written := mapOf(n)
	if user := n.Get("user"); user != nil {
		if n.Get("remote_user") != nil {
			l.invalid(e.pos, "both 'user' and 'remote_user' are set for this play. The use of 'user' is deprecated, and should be removed")
			return nil
		}
		key := n.Key("user")
		written.Del("user")
		written.Set("remote_user", key, user)
	}
	if given != nil {
		p.Vars = given.Copy()
	}
	var vars Map
	var ok bool
	if p.Keywords, vars, ok = l.keywords(e, written); !ok {
		return nil
	}
	p.Vars.Update(vars)
	if !l.playRoles(p, e) || !l.varsPrompt(p) {
		return nil
	}
	p.Handlers = append(l.playBlocks(p, e, "handlers"), p.Handlers...)
	p.PreTasks = l.playBlocks(p, e, "pre_tasks")
	p.PostTasks = l.playBlocks(p, e, "post_tasks")
	p.Tasks = l.playBlocks(p, e, "tasks")
	if !l.checkHosts(n.Get("hosts")) || !l.checkText(e, &p.Keywords) {
		return nil
	}
	if p.Fault = earlyFault(p, e); p.Fault != nil {
		l.diags.Add(p.Fault)
	}
	p.Name = playName(n)
	return p
}

// earlyFault converts those keywords of a play that Ansible converts when it starts the play.
func earlyFault(p *Play, e entity) *diag.Diagnostic {
	for i := range keyword.Table {
		k := &keyword.Table[i]
		n := p.Keywords.Get(k.Name)
		switch {
		case k.On&keyword.Play == 0 || !k.Early || k.Static:
		case n.IsNull() && k.Required:
			d := laterFault(ir.Pos{}, "the field '"+k.Name+"' is required but was not set")
			d.Tagged = &failure.Failure{Msg: "The field '" + k.Name + "' is required but was not set.", At: originOf(p.Pos)}
			return d
		case n == nil || hasTemplate(n):
		default:
			_, err := k.Convert(n.ToValue(nil))
			var wrong *keyword.TypeError
			if errors.As(err, &wrong) {
				d := laterFault(e.pos, err.Error())
				d.Tagged = failure.Failure{Msg: "Error processing keyword '" + k.Name + "'.", At: originOf(n.Pos)}.Because(wrong.Tagged(originOf(itemOf(k, n).Pos)))
				return d
			}
		}
	}
	return nil
}

// itemOf is the first item that is no text of a keyword that lists texts, or else the node itself.
func itemOf(k *keyword.Keyword, n *yaml.Node) *yaml.Node {
	if k.Type != keyword.List || !isSeq(n) {
		return n
	}
	for _, item := range n.Items {
		if _, ok := item.Text(); !ok {
			return item
		}
	}
	return n
}

func laterFault(at ir.Pos, msg string) *diag.Diagnostic {
	d := diag.Errorf(at, "%s", msg)
	d.Kind, d.Exit = diag.Later, 4
	return d
}

// hasTemplate says whether any text in a tree is a template.
func hasTemplate(n *yaml.Node) bool {
	if text, ok := n.Text(); ok {
		return templated(text)
	}
	return slices.ContainsFunc(n.Items, hasTemplate)
}

// playName is the name of a play as written, or its hosts.
func playName(n *yaml.Node) string {
	if name := n.Get("name"); truthy(name) {
		return show(name)
	}
	hosts := n.Get("hosts")
	if isSeq(hosts) {
		return strings.Join(texts(hosts.Items), ",")
	}
	s, _ := hosts.Text()
	return s
}

// playBlocks loads one of the lists of tasks of a play.
func (l *Loader) playBlocks(p *Play, e entity, section string) []*Block {
	n := p.Keywords.Del(section)
	if n == nil {
		return nil
	}
	// Imported roles add their handlers to the play while a list is loaded.
	blocks, isList := l.blocks(n, context{play: p, handler: section == "handlers"})
	if isList {
		return blocks
	}
	cause := show(n) + " should be a list or None but is " + class(n)
	text := "A malformed block was encountered while loading " + section
	if section == "tasks" {
		text += ": " + cause
	}
	l.invalid(e.pos, "%s%s", text, because(e.pos, cause))
	return nil
}

func (l *Loader) playRoles(p *Play, e entity) bool {
	n := p.Keywords.Del("roles")
	if n.IsNull() {
		return true
	}
	if !isSeq(n) {
		l.invalid(e.pos, "A malformed role declaration was encountered.%s", because(e.pos, "ds ("+show(n)+") should be a list but was a "+class(n)))
		return false
	}
	s := seeker{play: p, collections: withLegacy(l.withDefault(texts(listItems(p.Keywords.Get("collections")))))}
	var defs []*definition
	ok := true
	for _, item := range n.Items {
		d := l.definition(item, s)
		ok = ok && d != nil
		if d != nil {
			defs = append(defs, d)
		}
	}
	var roles []*Role
	for _, d := range defs {
		r := l.role(d, p, roleUse{})
		ok = ok && r != nil
		if r != nil {
			roles = append(roles, r)
		}
	}
	p.Roles = append(roles, p.Roles...)
	return ok
}

var promptKeys = []string{"name", "prompt", "default", "private", "confirm", "encrypt", "salt_size", "salt", "unsafe"}

func (l *Loader) varsPrompt(p *Play) bool {
	n := p.Keywords.Get("vars_prompt")
	for _, item := range listItems(n) {
		if !isMap(item) {
			l.diags.Add(NotVars(n, item))
			return false
		}
		if item.Get("name") == nil {
			l.invalid(pos(n), "Invalid vars_prompt data structure, missing 'name' key")
			return false
		}
		for _, k := range item.Keys {
			if !slices.Contains(promptKeys, keyText(k)) {
				l.invalid(pos(n), "Invalid vars_prompt data structure, found unsupported key '%s'", keyText(k))
				return false
			}
		}
	}
	return true
}

// NotVars is the fault of what should be variables, or a list of them, and has an item that is none.
func NotVars(n, item *yaml.Node) *diag.Diagnostic {
	const want = "ariable files must contain either a dictionary of variables, or a list of dictionaries."
	return &diag.Diagnostic{
		Kind: diag.Invalid, Exit: 1, Msg: fmt.Sprintf("v%s Got: %s (%s)", want, show(n), class(n)), TaggedExit: 4,
		Tagged: &failure.Failure{Msg: "Invalid variable file contents.", At: originOf(item.Pos), Help: "V" + want},
	}
}

// checkHosts looks at hosts:, when it is written.
func (l *Loader) checkHosts(n *yaml.Node) bool {
	switch {
	case n == nil:
		return true
	case !truthy(n):
		l.invalid(ir.Pos{}, "Hosts list cannot be empty. Please check your playbook")
		return false
	case !isSeq(n) && !isText(n):
		l.invalid(ir.Pos{}, "Hosts list must be a sequence or string. Please check your playbook.")
		return false
	}
	for _, h := range listItems(n) {
		if h.IsNull() {
			l.invalid(ir.Pos{}, "Hosts list cannot contain values of 'None'. Please check your playbook")
			return false
		}
		if !isText(h) {
			l.invalid(ir.Pos{}, "Hosts list contains an invalid host value: '%s'", show(h))
			return false
		}
	}
	return true
}

// importPlaybook loads the playbook that an entry imports.
func (l *Loader) importPlaybook(n *yaml.Node) []*Play {
	name, written, ok := l.importedName(n)
	if !ok {
		return nil
	}
	e := entity{class: "PlaybookInclude", on: keyword.ImportPlaybook, pos: pos(n)}
	kw, vars, ok := l.keywords(e, written)
	if !ok || !l.checkText(e, &kw) {
		return nil
	}
	file, err := l.render(n, name, &Scope{l: l, Given: vars})
	if err != nil {
		at := importNode(n)
		var lacking NoRender
		if errors.As(err, &lacking) {
			l.unsupported(at.Pos, "%s", lacking)
			return nil
		}
		d := l.renderFault(at, err)
		d.Tagged, d.TaggedExit = failure.Failure{Msg: "Error processing keyword 'import_playbook'.", At: originOf(at.Pos)}.Because(d.Tagged), 4
		l.diags.Add(d)
		return nil
	}
	file = l.importedFile(file)
	plays := l.playbookFile(file, &vars)
	for _, p := range plays {
		p.imported(kw, vars, path.Dir(file))
	}
	return plays
}

// importNode is what an entry says that it imports.
func importNode(n *yaml.Node) *yaml.Node {
	return n.Items[slices.IndexFunc(n.Keys, func(k *yaml.Node) bool { return importPlaybook.has(keyText(k)) })]
}

// importedFile is the file of an import_playbook. As in Ansible, the collection of an imported playbook stays the
// default one for what is loaded after it.
func (l *Loader) importedFile(file string) string {
	full, coll := l.catalog.collectionPlaybook(file)
	if full == "" {
		if full = file; !path.IsAbs(file) {
			full = l.dirAs + "/" + file
		}
		coll = l.catalog.collectionOf(full)
	}
	if coll != "" {
		l.defaultCollection = coll
	} else {
		l.catalog.addPlaybookDir(path.Dir(full))
	}
	return full
}

// importedName takes the file out of an entry that imports a playbook.
func (l *Loader) importedName(n *yaml.Node) (name string, written Map, ok bool) {
	for i, k := range n.Keys {
		val := n.Items[i]
		if !importPlaybook.has(keyText(k)) {
			if keyText(k) == "vars" && !isMap(val) && !(val.IsNull() && l.opt.Tagged) {
				l.invalid(pos(n), "vars for import_playbook statements must be specified as a dictionary").Tagged =
					&failure.Failure{Msg: "Vars in a PlaybookInclude must be specified as a dictionary.", At: originOf(val.Pos)}
				return "", written, false
			}
			written.Set(keyText(k), k, val)
			continue
		}
		text, isText := val.Text()
		switch {
		case val.IsNull():
			l.invalid(pos(n), "playbook import parameter is missing")
			return "", written, false
		case !isText:
			l.invalid(pos(n), "playbook import parameter must be a string indicating a file path, got %s instead", class(val))
			return "", written, false
		}
		items, err := args.Split(text, l.opt.newer())
		switch {
		case err != nil:
			l.invalid(ir.Pos{}, "%s", err)
			return "", written, false
		case len(items) == 0:
			l.invalid(pos(n), "import_playbook statements must specify the file name to import")
			return "", written, false
		}
		name = strings.TrimSpace(items[0])
		written.Set("import_playbook", k, textNode(val, name))
	}
	return name, written, true
}

// imported adds to a play what its import_playbook gives: vars, tags and conditions.
func (p *Play) imported(kw, vars Map, dir string) {
	p.Vars.Update(vars)
	tags := slices.Clone(listItems(p.Keywords.Get("tags")))
	if t := p.Vars.Del("tags"); t != nil {
		text, _ := t.Text()
		for part := range strings.SplitSeq(text, ",") {
			tags = append(tags, textNode(t, part))
		}
	}
	tags = append(tags, listItems(kw.Get("tags"))...)
	if len(tags) > 0 {
		p.Keywords.Set("tags", nil, seqNode(p.Pos, tags...))
	}
	if p.IncludedPath == "" {
		p.IncludedPath = dir
	}
	when := listItems(kw.Get("when"))
	if len(when) == 0 {
		return
	}
	p.Included = when
	for _, blocks := range [][]*Block{p.PreTasks, p.Tasks, p.PostTasks} {
		for _, b := range blocks {
			conditioned(&b.Keywords, when)
		}
	}
	for _, r := range p.Roles {
		conditioned(&r.Keywords, when)
	}
}

// conditioned puts conditions before those of an entity.
func conditioned(kw *Map, when []*yaml.Node) {
	own := listItems(kw.Get("when"))
	kw.Set("when", nil, seqNode(ir.Pos{}, append(slices.Clone(when), own...)...))
}

package playbook

import (
	"errors"
	"slices"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/playbook/args"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/keyword"
	"pbc/ir/value"
)

// action is what a task's mapping says about what to do.
type action struct {
	name     string // "" is none, as in Ansible
	found    bool
	pos      ir.Pos // of the key or text that names the action
	plugin   Plugin // what name resolves to, empty when it was not looked up or not found
	args     Map
	delegate *yaml.Node // of local_action
}

// actionParser reads the action of one task. In its first pass Ansible takes every unknown key for a module, to
// tell includes from tasks; in the second it looks modules up.
type actionParser struct {
	l           *Loader
	task        *yaml.Node
	collections []string
	validate    bool
	act         action
}

// names is a set of actions by their short names; has also knows their ansible.builtin and ansible.legacy forms.
type names map[string]bool

func nameSet(list ...string) names {
	n := names{}
	for _, s := range list {
		n[s] = true
	}
	return n
}

func (n names) has(action string) bool { return n[ir.Short(action)] }

var (
	includeTasks    = nameSet("include", "include_tasks", "import_tasks")
	includeRoles    = nameSet("include_role", "import_role")
	properIncludes  = nameSet("include_tasks", "import_tasks")
	dynamicIncludes = nameSet("include_tasks", "include_role")
	importPlaybook  = nameSet("import_playbook")
	hasCmd          = nameSet("command", "shell", "script")
	builtinTasks    = nameSet("meta", "include", "include_tasks", "include_role", "import_tasks", "import_role")
	rawModules      = nameSet("include", "include_vars", "include_tasks", "include_role", "import_tasks", "import_role",
		"add_host", "group_by", "set_fact", "meta")
	freeForm = nameSet("command", "win_command", "shell", "win_shell", "raw", "script")
)

// rawModuleList are the modules of Ansible's message about extra params. (Python prints them in an order of its own each time.)
var rawModuleList = func() string {
	all := []string{"ansible.windows.win_command", "ansible.windows.win_shell"}
	for _, set := range []names{freeForm, rawModules} {
		for n := range set {
			all = append(all, n, "ansible.builtin."+n, "ansible.legacy."+n)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}()

func isFreeForm(action string) bool {
	return freeForm.has(action) || action == "ansible.windows.win_command" || action == "ansible.windows.win_shell"
}

// parseAction reads the action of a task's mapping, or reports why not.
func (l *Loader) parseAction(task *yaml.Node, collections []string, validate bool) (action, bool) {
	p := &actionParser{l: l, task: task, collections: collections, validate: validate}
	ok := p.parse()
	return p.act, ok
}

func (p *actionParser) fail(format string, a ...any) bool {
	p.l.invalid(pos(p.task), format, a...)
	return false
}

func (p *actionParser) parse() bool {
	if thing := p.task.Get("action"); thing != nil {
		if !p.normalize(thing, "") {
			return false
		}
		p.act.pos = thing.Pos
	}
	if thing := p.task.Get("local_action"); thing != nil {
		if p.act.found {
			return p.fail("action and local_action are mutually exclusive")
		}
		if !p.normalize(thing, "") {
			return false
		}
		p.act.delegate, p.act.pos = textNode(thing, "localhost"), thing.Pos
	}
	others, ok := p.modules()
	if !ok {
		return false
	}
	return p.check(others)
}

// modules goes through the keys that are no keywords, and takes those that name a module.
func (p *actionParser) modules() (others []string, ok bool) {
	for i, k := range p.task.Keys {
		name, text := k.Text()
		if !text {
			p.l.crash(k.Pos, "'%s' object has no attribute 'startswith'", k.TypeName())
			return nil, false
		}
		if isTaskAttribute(name) || strings.HasPrefix(name, "with_") {
			continue
		}
		others = append(others, name)
		res, known, ok := p.candidate(name)
		if !ok {
			return nil, false
		}
		if !known {
			continue
		}
		if p.act.found {
			return nil, p.fail("conflicting action statements: %s, %s", p.act.name, name)
		}
		if !p.normalize(p.task.Items[i], name) {
			return nil, false
		}
		p.act.plugin, p.act.pos = res, k.Pos
	}
	return others, true
}

// candidate says whether a key may be an action, and what it resolves to.
func (p *actionParser) candidate(name string) (found Plugin, known, ok bool) {
	switch {
	case builtinTasks.has(name):
		return Plugin{FQCN: "ansible.builtin." + ir.Short(name)}, true, true
	case !p.validate:
		return found, true, true
	}
	r, err := p.l.catalog.module(name, p.collections)
	var unfit *unfitError
	switch {
	case errors.As(err, &unfit) && p.l.opt.Tagged:
		p.l.failure(pos(p.task), "%s", err)
		return found, false, false
	case err != nil:
		p.l.failure(pos(nil), "%s", err)
		return found, false, false
	}
	return r, r.FQCN != "", true
}

func isTaskAttribute(name string) bool {
	return name == "local_action" || name == "static" ||
		keyword.Lookup(name, keyword.Task) != nil || keyword.Lookup(name, keyword.Handler) != nil
}

// check looks at the whole once every key was seen.
func (p *actionParser) check(others []string) bool {
	if !p.act.found {
		if len(others) == 0 {
			d := p.l.invalid(pos(p.task), "no module/action detected in task.")
			d.Twice = len(p.task.Keys) == 0 // Ansible takes an empty task for no place, and adds the place again
			return false
		}
		if lacking := p.l.catalog.missing(others[0]); lacking != "" && p.l.opt.Tagged {
			p.l.diags.Add(&diag.Diagnostic{Kind: diag.Warning, Msg: "Error loading plugin " + value.StrRepr(others[0]) + ": No module named " + value.StrRepr(lacking)})
		}
		return p.fail("couldn't resolve module/action '%s'. This often indicates a misspelling, missing collection, or incorrect module path.", others[0])
	}
	raw := p.act.args.Get("_raw_params")
	if raw == nil || isFreeForm(p.act.name) || rawModules.has(p.act.name) {
		return true
	}
	text, isText := raw.Text()
	switch {
	case isText && text == "":
		return true
	case isText && templated(text) && (!p.l.opt.Tagged || wholeTemplate(text)):
		p.act.args.Del("_raw_params")
		p.act.args.Set("_variable_params", nil, raw)
		return true
	case p.l.opt.Tagged: // the task fails when it runs
		p.act.args.Del("_raw_params")
		p.act.args.Set("_refused_params", nil, raw)
		return true
	}
	return p.fail("this task '%s' has extra params, which is only allowed in the following modules: %s", p.act.name, rawModuleList)
}

// wholeTemplate says whether a text can be one template and nothing else.
func wholeTemplate(text string) bool {
	return strings.HasPrefix(text, "{{") && strings.HasSuffix(text, "}}")
}

// normalize reads what stands behind an action's key. With an empty name it is the value of action: or local_action:,
// which names the action itself.
func (p *actionParser) normalize(thing *yaml.Node, name string) bool {
	if !p.additional() {
		return false
	}
	var m Map
	ok := true
	if name != "" {
		m, ok = p.newStyle(thing, name)
		p.mergedLegacy(thing, m)
	} else {
		name, m, ok = p.oldStyle(thing)
	}
	if !ok {
		return false
	}
	if !isFreeForm(name) {
		for _, e := range m.Entries {
			if strings.HasPrefix(e.Name, "_ansible_") {
				format := "invalid parameter specified for action '%s': '%s'"
				if p.l.opt.newer() {
					format = "Invalid parameter specified beginning with keyword '_ansible_' for action '%s': '%s'. The prefix '_ansible_' is reserved for internal use only."
				}
				p.l.failure(pos(nil), format, name, e.Name)
				return false
			}
		}
	}
	p.act.args.Update(m)
	p.act.name, p.act.found = name, name != "" || p.act.found
	return true
}

// deprecated tells in dialect tagged of a form that goes.
func (p *actionParser) deprecated(at *yaml.Node, msg, help string) {
	if !p.l.opt.Tagged || at.Pos.File == "" { // nobody wrote it
		return
	}
	msg += " This feature will be removed from ansible-core version 2.23."
	p.l.diags.Add(&diag.Diagnostic{Kind: diag.Deprecated, Pos: at.Pos, Msg: msg, Tagged: &failure.Failure{Msg: msg, Help: help, At: originOf(at.Pos)}})
}

// mergedLegacy tells of k=v text whose arguments are laid over those of args:.
func (p *actionParser) mergedLegacy(thing *yaml.Node, m Map) {
	if _, isText := thing.Text(); !isText || p.task.Get("args") == nil {
		return
	}
	var names []string
	for _, e := range m.Entries {
		if e.Name != "_raw_params" {
			names = append(names, value.StrRepr(e.Name))
		}
	}
	slices.Sort(names)
	if len(names) > 0 {
		p.deprecated(thing, "Merging legacy k=v args ("+strings.Join(names, ", ")+") into task args.", "Include all task args in the task `args` mapping.")
	}
}

// additional starts the arguments with those of args:.
func (p *actionParser) additional() bool {
	p.act.args = Map{}
	extra := p.task.Get("args")
	if extra == nil || !truthy(extra) {
		return true
	}
	if text, ok := extra.Text(); ok {
		if !templated(text) {
			return p.fail("Complex args containing variables cannot use bare variables (without Jinja2 delimiters), and must use the full variable style ('{{var_name}}')")
		}
		p.act.args.Set("_variable_params", nil, extra)
		return true
	}
	if !isMap(extra) {
		return p.fail("Complex args must be a dictionary or variable string (\"{{var}}\").")
	}
	p.act.args = mapOf(extra)
	return true
}

func (p *actionParser) newStyle(thing *yaml.Node, name string) (Map, bool) {
	if isMap(thing) {
		return mapOf(thing), true
	}
	if text, ok := thing.Text(); ok {
		return p.keyValues(thing, text, isFreeForm(name))
	}
	if thing.IsNull() {
		return Map{}, true
	}
	return Map{}, p.fail("unexpected parameter type in action: %s", class(thing))
}

func (p *actionParser) oldStyle(thing *yaml.Node) (name string, m Map, ok bool) {
	if text, isText := thing.Text(); isText {
		name, rest, ok := p.splitAction(text)
		if !ok {
			return "", m, false
		}
		m, ok = p.keyValues(thing, rest, isFreeForm(name))
		return name, m, ok && p.nested(&m)
	}
	if !isMap(thing) {
		return "", m, p.fail("unexpected parameter type in action: %s", class(thing))
	}
	p.deprecated(thing, "Using a mapping for `action` is deprecated.", "Use a string value for `action`.")
	module := thing.Get("module")
	if module == nil {
		return "", m, true
	}
	text, isText := module.Text()
	if !isText {
		p.l.crash(module.Pos, "'%s' object has no attribute 'split'", module.TypeName())
		return "", m, false
	}
	name, rest, ok := p.splitAction(text)
	if !ok {
		return "", m, false
	}
	kv, ok := p.keyValues(module, rest, isFreeForm(name))
	m = mapOf(thing)
	m.Update(kv)
	m.Del("module")
	return name, m, ok && p.nested(&m)
}

// nested merges the arguments of an args: within action:.
func (p *actionParser) nested(m *Map) bool {
	inner := m.Del("args")
	if inner == nil {
		return true
	}
	if text, ok := inner.Text(); ok {
		kv, ok := p.keyValues(inner, text, false)
		m.Update(kv)
		return ok
	}
	if isMap(inner) {
		m.Update(mapOf(inner))
		return true
	}
	if isSeq(inner) && len(inner.Items) == 0 {
		return true
	}
	p.l.crash(inner.Pos, "'%s' object is not iterable", inner.TypeName())
	return false
}

func (p *actionParser) splitAction(text string) (name, rest string, ok bool) {
	name, rest, err := args.SplitAction(text, p.l.opt.newer())
	return name, rest, p.argError(err)
}

func (p *actionParser) keyValues(at *yaml.Node, text string, free bool) (Map, bool) {
	var m Map
	kv, err := args.ParseKV(text, free, p.l.opt.newer())
	if !p.argError(err) {
		return m, false
	}
	for _, e := range kv.Pairs {
		m.Set(e.Key, nil, cutNode(at, e.Value))
	}
	if kv.HasRaw {
		m.Set("_raw_params", nil, cutNode(at, kv.Raw))
	}
	return m, true
}

// argError reports what is wrong with a text of arguments, and says whether nothing is.
func (p *actionParser) argError(err error) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, args.ErrUnparsable):
		return p.fail("%s. %s", args.ErrUnparsable, args.ErrIndex)
	case errors.Is(err, args.ErrIndex):
		p.l.crash(pos(p.task), "%s", err)
	case errors.Is(err, args.ErrNamedRune):
		p.l.unsupported(pos(p.task), "%s", err)
	default:
		at := pos(p.task)
		p.l.invalid(at, "%s", err).Tagged = failure.Failure{Msg: "Error loading tasks.", At: originOf(at)}.Because(failure.New(err.Error()))
	}
	return false
}

package main

import (
	"maps"
	"slices"
	"strings"

	"pbc/compiler/cli"
	"pbc/compiler/config"
	"pbc/compiler/inventory"
	"pbc/ir/keyword"
	"pbc/runtime/callback"
	"pbc/runtime/eval"
	"pbc/runtime/lookup"
	"pbc/runtime/machine"
	"pbc/runtime/plugin"
)

const coverageHead = `<!-- Made by make docs from the code's tables. Do not edit: change the code, or internal/docgen. -->
# Coverage

What pbc does with each thing that ansible-core 2.14 has. This page is generated from the tables that the
program itself runs by, so it cannot promise what the code does not know.

| state | meaning |
|---|---|
| same | meant to be what Ansible does, whole; where it is not, that is a bug |
| differs | supported with the limit that the note tells |
| no effect | accepted, and nothing comes of it |
| unsupported | refused with a message that names it, before anything runs where the name is known before |

"Same" is the claim. What of it is proved by comparison today, [conformance.md](conformance.md) says, and here the count of scenarios beside a module.
`

// tables are the settings and keywords as tables only: a name that stands nowhere else is looked up by nobody.
var tables = []string{"compiler/config/table_core.go", "compiler/config/table_plugins.go", "ir/keyword/table.go",
	"compiler/playbook/action.go"}

// coverage makes the page coverage.md.
func coverage(root string) ([]byte, error) {
	read, err := literals(root, tables...)
	if err != nil {
		return nil, err
	}
	proved, err := loadProof(root)
	if err != nil {
		return nil, err
	}
	w := &writer{}
	w.WriteString(coverageHead)
	w.head(2, "Command line of ansible-playbook")
	w.states("option", options())
	w.head(2, "Keywords")
	refused, err := refusedKeywords()
	if err != nil {
		return nil, err
	}
	w.keywords(read, refused)
	w.head(2, "Strategies")
	rows, err := strategies()
	if err != nil {
		return nil, err
	}
	w.states("strategy", rows)
	w.head(2, "Modules")
	w.modules(proved)
	w.head(2, "Meta actions")
	w.states("meta", compare("meta", public(machine.MetaActions()), notes))
	w.plugins()
	w.head(2, "Callbacks")
	screen, extra := callback.Names()
	w.line("For the screen (`stdout_callback`): %s.\n", codes(screen))
	w.line("Beside it (`callbacks_enabled`): %s. Any other, of `callback_plugins` or a collection, is run by the installed Ansible; where there is none it is refused by name.\n", codes(extra))
	w.states("callback", compare("callback", append(screen, extra...), notes))
	w.head(2, "Connections")
	if err := w.switched(root, "cmd/pbc", "local", "connection"); err != nil {
		return nil, err
	}
	w.head(2, "Become methods")
	if err := w.switched(root, "agent/become", "sudo", "become"); err != nil {
		return nil, err
	}
	w.head(2, "Inventory plugins")
	w.states("plugin", compare("inventory", inventory.PluginNames(), notes))
	w.head(2, "Settings")
	w.settings(read)
	return w.Bytes(), nil
}

// public leaves out the meta action that only Ansible itself asks for.
func public(metas []string) []string {
	return slices.DeleteFunc(metas, func(n string) bool { return n == "role_complete" })
}

func codes(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = code(s)
	}
	return strings.Join(out, ", ")
}

func options() []row {
	var rows []row
	for _, o := range cli.Options(false) {
		rows = append(rows, row{name: strings.Join(o.Strings, ", "), state: same})
	}
	return rows
}

// entities are the columns of the table of keywords.
var entities = []struct {
	on   keyword.On
	name string
}{
	{keyword.Play, "play"}, {keyword.Role, "role"}, {keyword.Block, "block"}, {keyword.Task, "task"}, {keyword.Handler, "handler"},
	{keyword.IncludeRole, "include_role"}, {keyword.LoopControl, "loop_control"}, {keyword.ImportPlaybook, "import_playbook"},
	{keyword.Metadata, "meta/main.yml"},
}

// keywords writes the table of keywords: read are the names that the code asks for, refused those that the
// compiler calls unsupported.
func (w *writer) keywords(read, refused map[string]bool) {
	var cells [][]string
	var rows []row
	for _, k := range keyword.Table {
		var on []string
		for _, e := range entities {
			if k.On&e.on != 0 {
				on = append(on, e.name)
			}
		}
		r := row{name: k.Name, state: same}
		if !read[k.Name] {
			r.state = idle
		}
		if refused[k.Name] {
			r.state, r.note = unsupported, "refused at its line"
		}
		r = noted(r, "keyword", notes)
		rows = append(rows, r)
		note := k.Doc
		if r.note != "" {
			note += ". " + r.note
		}
		cells = append(cells, []string{code(k.Name), strings.Join(on, ", "), string(r.state), note})
	}
	w.line("%s\n", tally(rows))
	w.table([]string{"keyword", "on", "state", "what it does"}, cells)
}

// switched writes the rows of a kind that a switch in the code decides: the one with a case for has.
func (w *writer) switched(root, folder, has, kind string) error {
	ours, err := caseTexts(root, folder, has)
	if err != nil {
		return err
	}
	w.states(kind, compare(kind, ours, notes))
	return nil
}

// plugins writes filters, tests and lookups.
func (w *writer) plugins() {
	for _, t := range []struct {
		title, kind string
		list        []*plugin.Row
	}{{"Filters", "filter", eval.Filters()}, {"Tests", "test", eval.Tests()}} {
		w.head(2, t.title)
		own := map[string]row{}
		var ours []string
		for _, p := range t.list {
			for _, n := range append([]string{p.Name}, p.Aliases...) {
				ours = append(ours, n)
				own[t.kind+" "+n] = row{note: pluginNote(p, n)}
			}
		}
		maps.Copy(own, notes)
		slices.Sort(ours)
		w.states(t.kind, compare(t.kind, slices.Compact(ours), own))
	}
	w.head(2, "Lookups")
	own := map[string]row{}
	var ours []string
	for _, l := range eval.Lookups() {
		ours = append(ours, l.Name)
		own["lookup "+l.Name] = row{note: l.Doc}
	}
	for _, l := range lookup.Names() {
		ours = append(ours, l[0])
		own["lookup "+l[0]] = row{note: l[1] + " On the controller."}
	}
	maps.Copy(own, notes)
	slices.Sort(ours)
	w.states("lookup", compare("lookup", slices.Compact(ours), own))
}

// pluginNote tells the arguments of a plugin by one of its names, and what it does.
func pluginNote(p *plugin.Row, name string) string {
	note := p.Doc
	params := p.Params
	if p.Signature != "" {
		params = p.Signature
	}
	if params != "" && params != "-" {
		note = code("("+params+")") + " " + note
	}
	if name != p.Name {
		note = "as " + code(p.Name)
	}
	if p.Only != nil {
		note += " (one dialect only)"
	}
	return note
}

// typeNames are Ansible's names of the types of settings.
var typeNames = map[config.Type]string{config.String: "string", config.Bool: "bool", config.Int: "int", config.Float: "float",
	config.List: "list", config.Path: "path", config.PathSpec: "pathspec", config.PathList: "pathlist", config.Mapping: "dict"}

func (w *writer) settings(read map[string]bool) {
	w.line("A setting counts as honoured when the code asks for it, by its name or one of its variables. Settings of plugins are those")
	w.line("of the callbacks and connections that pbc has.\n")
	var cells [][]string
	var rows []row
	have := map[string]bool{}
	for _, s := range config.Settings("") {
		if have[s.Name] {
			continue // a row for an older ansible-core
		}
		have[s.Name] = true
		r := noted(settingState(s, read), "setting", notes)
		rows = append(rows, r)
		note := s.Doc
		if r.note != "" {
			note += ". " + r.note
		}
		cells = append(cells, []string{code(s.Name), s.Env, s.Ini, typeNames[s.Type], string(r.state), note})
	}
	for _, n := range names("setting") {
		if !have[n] {
			r := noted(row{name: n, state: idle}, "setting", notes)
			rows = append(rows, r)
			cells = append(cells, []string{code(n), "", "", "", string(r.state), r.note})
		}
	}
	w.line("%s\n", tally(rows))
	w.table([]string{"setting", "environment", "ansible.cfg", "type", "state", "what it does"}, cells)
}

// settingState says how a setting counts: as honoured when the code asks for it by its name, or, as callbacks
// do, by one of its variables.
func settingState(s config.Setting, read map[string]bool) row {
	r := row{name: s.Name, state: idle}
	switch effect, why := s.Effect(); {
	case effect == config.Unhonoured:
		return row{name: s.Name, state: unsupported, note: why}
	case effect == config.Refused:
		return row{name: s.Name, state: unsupported, note: "refused: " + why}
	case effect == config.Harmless:
		r.note = why
		return r
	case read[s.Name]:
		r.state = same
		return r
	}
	for _, env := range strings.Fields(s.Env) {
		if read[env] || colorOf(env) {
			r.state = same
		}
	}
	return r
}

func colorOf(env string) bool {
	key, ok := strings.CutPrefix(env, "ANSIBLE_COLOR_")
	return ok && slices.Contains(callback.ColorKeys(), strings.ToLower(key))
}

package main

import (
	"fmt"
	"slices"
	"strings"

	"pbc/internal/executor"
	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/machine"
	"pbc/runtime/module"
	"pbc/runtime/module/builtin"
)

// inCompiler are the modules that the compiler itself expands or lowers.
var inCompiler = []string{"import_playbook", "import_role", "import_tasks", "include_role", "include_tasks", "meta", "_include"}

// unchecked tells the parameters of modules that have no argument spec, as Ansible's have none.
var unchecked = map[string]string{
	"ansible.builtin.raw":    "free form, `executable`",
	"ansible.builtin.script": "free form, `executable`, `creates`, `removes`, `chdir`, `decrypt`",
}

// modules writes the table of modules, with the score of the scenarios about each, and the parameters of
// the native ones after it.
func (w *writer) modules(proved *proof) {
	short := func(name string) string { return strings.TrimPrefix(name, "ansible.builtin.") }
	own := map[string]row{}
	var ours []string
	for _, n := range machine.Actions() {
		ours = append(ours, short(n))
		own["module "+short(n)] = row{note: "the machine's own"}
	}
	for _, n := range inCompiler {
		ours = append(ours, n)
		own["module "+n] = row{note: "compiled"}
	}
	native := slices.Clone(builtin.All())
	slices.SortFunc(native, func(a, b module.Module) int { return strings.Compare(a.Name, b.Name) })
	for _, m := range native {
		ours = append(ours, short(m.Name))
		own["module "+short(m.Name)] = row{note: "native, " + effect(m.Effect)}
	}
	for _, n := range names("module") {
		if !slices.Contains(ours, n) {
			ours = append(ours, n)
			own["module "+n] = row{note: "Ansible's own, in the host's Python"}
		}
	}
	for n, note := range unmodified {
		ours = append(ours, n)
		own["module "+n] = row{note: strings.TrimSuffix("Ansible's own, in the host's Python; "+note, "; ")}
	}
	for _, n := range executor.Notes() {
		r := own["module "+short(n)]
		r.note += "; " + executor.Note(n)
		own["module "+short(n)] = r
	}
	for k, n := range notes {
		if o, ok := own[k]; ok && n.note != "" {
			n.note = o.note + "; " + n.note
		}
		own[k] = n
	}
	slices.Sort(ours)
	ours = slices.Compact(ours)
	for _, n := range ours {
		r := own["module "+n]
		r.note += "; " + proved.of(n)
		own["module "+n] = r
	}
	w.line("`local` modules touch only their own host; `open` ones may be seen by, or look at, other hosts. Modules of collections,")
	w.line("`library/` and roles run unmodified in the host's Python.\n")
	w.states("module", compare("module", ours, own))
	w.head(3, "Parameters of the native modules")
	w.line("`mode`, `owner`, `group` and the rest of the file parameters are meant by \"file parameters\": %s.\n", fileParameters())
	for _, m := range native {
		w.head(4, short(m.Name))
		w.parameters(m)
	}
}

// of tells what scenarios have tasks of a module.
func (p *proof) of(name string) string {
	s := p.module[name[strings.LastIndex(name, ".")+1:]]
	if s == nil {
		return "in no scenario"
	}
	return fmt.Sprintf("%d of %d scenarios agree, dialect tagged %d of %d", s.agreed, s.all, s.agreedTagged, s.allTagged)
}

func effect(e module.Effect) string {
	if e == module.Local {
		return "local"
	}
	return "open"
}

func fileParameters() string {
	var out []string
	for _, a := range (&argspec.Spec{FileCommon: true}).Options() {
		out = append(out, code(a.Name))
	}
	return strings.Join(out, ", ")
}

func (w *writer) parameters(m module.Module) {
	if m.Spec == nil {
		w.line("Parameters: %s.", unchecked[m.Name])
		return
	}
	if len(m.Spec.Args) == 0 {
		w.line("No parameters.")
		return
	}
	var cells [][]string
	for _, a := range m.Spec.Args {
		cells = append(cells, []string{code(a.Name), parameterType(a), parameterDefault(a), strings.Join(a.Aliases, ", ")})
	}
	w.table([]string{"parameter", "type", "default", "aliases"}, cells)
	var more []string
	if m.Spec.FileCommon {
		more = append(more, "and the file parameters")
	}
	if m.Spec.CheckMode {
		more = append(more, "check mode")
	}
	if more != nil {
		w.line("\n%s.", strings.ToUpper(more[0][:1])+strings.Join(more, "; ")[1:])
	}
}

func parameterType(a argspec.Arg) string {
	t := string(a.Type)
	if t == "" {
		t = "str"
	}
	if a.Elements != "" {
		t += " of " + string(a.Elements)
	}
	if len(a.Choices) > 0 {
		t += ": " + texts(a.Choices)
	}
	return t
}

func parameterDefault(a argspec.Arg) string {
	switch {
	case a.Required:
		return "required"
	case a.Default == nil:
		return ""
	}
	return code(shown(a.Default))
}

func texts(list []value.Value) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = shown(v)
	}
	return strings.Join(out, ", ")
}

func shown(v value.Value) string {
	s, err := value.Repr(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return s
}

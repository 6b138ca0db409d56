package link

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"pbc/compiler/grant"
	"pbc/compiler/jinja"
	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/module/posix"
)

// gate knows what hosts may ask for: what the code that they run asks for, by the texts of the program, of the inventory, and of
// what the controller has read while the program ran.
type gate struct {
	plays map[int]*playTexts
	hosts map[sentKey]*hostTexts
	// added are the variables that add_host has given hosts: their texts are a host's.
	added map[string]*value.Dict
	// learned is what variables ask for that came while the program ran: a host keeps them from play to play.
	learned *grant.Set
}

// playTexts are the texts of a play, with what includes have brought so far.
type playTexts struct {
	set           *grant.Set
	tasks, layers int             // so many of its tables are in the set
	templates     map[string]bool // the files that its templates are in
}

// hostTexts are the variables of a host in a play, but for those that tasks have made.
type hostTexts struct {
	set  *grant.Set
	vars []*value.Dict
	play *value.Dict // of vars, those of the play
}

func newGate(o jinja.Options) gate {
	return gate{plays: map[int]*playTexts{}, hosts: map[sentKey]*hostTexts{}, added: map[string]*value.Dict{}, learned: grant.New(o)}
}

// MayAsk says why a host may not ask a question, nil when it may: it lies then, or a task has it do what its play does not say.
func (l *Linker) MayAsk(play int, host string, n *event.Need) error {
	if k, _ := n.Args.V.(int64); freely[n.Ask] || n.Ask == event.Parse && eval.Kind(k) != eval.ParseVault {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	asked := asker{l: l, play: play, host: host, sets: l.granted(play, host), n: n}
	asked.task = l.asked(play, host, n.Task)
	if n.Ask == event.Delegate {
		return asked.delegate()
	}
	if err := asked.text(); err != nil {
		return err
	}
	return asked.ofTask()
}

// MayTell says why a host may not report an event, nil when it may: it would end the run for all where no fault of its task does, or
// it brings templates that nothing of the program holds.
func (l *Linker) MayTell(play int, host string, e *event.Event) error {
	ends := e.Kind == event.Message && (e.Level == "error" || e.Level == "crash")
	brings := lazy(e.Result.V) || lazy(e.Label.V)
	if !ends && !brings {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t, _ := l.task(play, e.Task)
	if ends && t != nil {
		if o, err := l.ordering(play); err == nil && !o.judge.Ends(t) && !l.livePlay(play) {
			return fmt.Errorf("it ended the run: %s", e.Name)
		}
	}
	if !brings {
		return nil
	}
	return l.granted(play, host).Holds(value.NewList(e.Result.V, e.Label.V), l.jinja)
}

// lazy says whether a value holds what is evaluated when it is read.
func lazy(v value.Value) bool {
	switch x := v.(type) {
	case *value.Tmpl, *value.Cond:
		return true
	case *value.List:
		return slices.ContainsFunc(x.V, lazy)
	case value.Tuple:
		return slices.ContainsFunc(x, lazy)
	case *value.Dict:
		return x != nil && (slices.ContainsFunc(x.V, lazy) || slices.ContainsFunc(x.K, lazy))
	}
	return false
}

// freely are the questions whose answers are the host's own, or tell nothing.
var freely = map[event.Ask]bool{event.Barrier: true, event.PlayHosts: true, event.FetchBlob: true, event.Excerpt: true, event.Variable: true, event.Payload: true}

// granted is what a host may ask for in a play; a play of -1 is none: the host's variables alone.
func (l *Linker) granted(play int, host string) grant.Sets {
	out := grant.Sets{l.gate.learned, l.gate.learned.Late}
	for n, p := range l.gate.plays { // what tasks of earlier plays have made may be read in this one
		if n != play {
			out = append(out, p.set.Late)
		}
	}
	h := l.hostTexts(play, host)
	if out = append(out, h.set, h.set.Late); play < 0 {
		return out
	}
	p := l.playTexts(play)
	return append(out, p.set, p.set.Late)
}

// playTexts gathers what a play asks for, with what has come to it since the last time.
func (l *Linker) playTexts(play int) *playTexts {
	p := l.gate.plays[play]
	if p == nil {
		p = &playTexts{set: grant.New(l.jinja), templates: map[string]bool{}}
		l.gate.plays[play] = p
		x := l.prog.Plays[play]
		for _, v := range append([]ir.Val{x.GatherFacts, x.Connection, x.RemoteUser, x.Port, x.FactPath}, x.VarsFiles...) {
			p.set.Value(v.V)
		}
	}
	t := l.tables(play)
	for _, task := range t.Tasks[min(p.tasks, len(t.Tasks)):] {
		p.set.Task(task)
		for i := range task.Files {
			p.templates[task.Files[i].Tree.Path] = true
		}
	}
	for _, v := range t.Layers[min(p.layers, len(t.Layers)):] {
		p.set.Value(v.V)
	}
	p.tasks, p.layers = len(t.Tasks), len(t.Layers)
	return p
}

// hostTexts gathers what the variables of a host ask for.
func (l *Linker) hostTexts(play int, host string) *hostTexts {
	key := sentKey{play, host}
	if h := l.gate.hosts[key]; h != nil {
		return h
	}
	h := &hostTexts{set: grant.New(l.jinja), vars: []*value.Dict{l.opt.Extra}}
	l.gate.hosts[key] = h // what follows may evaluate, and ask again
	for past := range play {
		delete(l.gate.hosts, sentKey{past, host})
	}
	if in := l.opt.Inventory.Host(host); in != nil {
		if d, err := in.Vars(); err == nil {
			h.vars = append(h.vars, d)
		}
		if play >= 0 {
			byTask, _ := l.varsByTask(play, in) // what cannot be read asks for nothing
			h.vars = append(h.vars, byTask...)
		}
	}
	if play >= 0 {
		if d, err := l.playVars(play, host); err == nil {
			h.vars, h.play = append(h.vars, d), d
		}
	}
	added := l.gate.added[host]
	for _, d := range h.vars {
		for i := range d.Len() {
			name, _ := value.Text(d.K[i])
			if v, ok := added.GetStr(name); !ok || !value.Same(v, d.V[i]) {
				h.set.Value(d.V[i])
			}
		}
	}
	return h
}

// learn takes in variables that came while the program ran.
func (l *Linker) learn(v value.Value) { l.gate.learned.Value(v) }

// parsed takes in a template that was found while a play ran.
func (l *Linker) parsed(play int, t *value.Tmpl, file string) {
	if play < 0 || t == nil {
		return
	}
	p := l.playTexts(play)
	p.set.Value(t)
	p.templates[file] = true
}

// definitions are what the variables of a host may hold. What a task has made of one on the host is not known: the host said it.
func (l *Linker) definitions(play int, host string) grant.Vars {
	_, _, facts := l.madeOn(host)
	known := l.definitionsButFacts(play, host)
	return func(name string) ([]value.Value, bool) {
		if _, ok := facts.GetStr(name); ok && !l.outranks(play, host, name) {
			return nil, false
		}
		return known(name)
	}
}

// outranks says whether a variable has a value that no fact of the host stands before.
func (l *Linker) outranks(play int, host, name string) bool {
	vars := []*value.Dict{l.opt.Extra}
	if play >= 0 {
		vars = append(vars, l.hostTexts(play, host).play)
	}
	_, ok := layers(vars).Lookup(name)
	return ok
}

// definitionsButFacts are the same for what facts have no part in.
func (l *Linker) definitionsButFacts(play int, host string) grant.Vars {
	set, included, _ := l.madeOn(host)
	return func(name string) ([]value.Value, bool) {
		for _, d := range []*value.Dict{set, included} {
			if _, ok := d.GetStr(name); ok {
				return nil, false
			}
		}
		if name == "inventory_hostname" {
			return []value.Value{host}, true
		}
		all := l.hostTexts(play, host).vars
		if play < 0 {
			return valuesOf(all, name), true
		}
		t := l.tables(play)
		out := valuesOf(slices.Concat(all, layerDicts(t.Layers)), name)
		if name == "playbook_dir" {
			out = append(out, l.playDir(l.prog.Plays[play]))
		}
		for _, r := range t.Roles {
			if v, ok := r.Magic(name); ok && slices.Contains(ir.RoleMagic, name) {
				out = append(out, v)
			}
		}
		return out, true
	}
}

// asker is a host with a question.
type asker struct {
	l    *Linker
	play int
	host string
	sets grant.Sets
	n    *event.Need
	task *ir.Task // nil for none
}

func (a asker) vars() grant.Vars { return a.l.definitions(a.play, a.host) }

// text judges what expressions ask for.
func (a asker) text() error {
	n := a.n
	switch n.Ask {
	case event.Lookup:
		args, _ := n.Args.V.(*value.Dict)
		terms, _ := args.GetStr("terms")
		list, _ := terms.(*value.List)
		raw, _ := args.GetStr("options")
		options, _ := raw.(*value.Dict)
		if list == nil {
			list = &value.List{}
		}
		if dir, _ := text(args, "subdir"); dir != path.Base(dir) && dir != "" || dir == ".." {
			return refusal("it asked for a lookup in %s", dir)
		}
		return a.sets.Lookup(n.Name, list.V, options, a.vars())
	case event.HostVar:
		if host, _ := value.Text(n.Args.V); host != a.host {
			return a.sets.HostVar(host, n.Name, a.vars())
		}
	case event.HostVars:
		host, names := wantedVars(n)
		for _, name := range names {
			if err := a.sets.HostVar(host, name, a.vars()); err != nil && host != a.host {
				return err
			}
		}
	case event.HostNames:
		return a.sets.HostNames()
	case event.TemplateFile:
		from, _ := value.Text(n.Args.V)
		if from != "" && !a.l.playTexts(a.play).templates[from] {
			return refusal("it asked for a template beside %s", from)
		}
		return a.sets.Template(n.Name, a.vars())
	case event.Plugin:
		return a.sets.Filter(n.Name)
	case event.Parse:
		if k, _ := n.Args.V.(int64); eval.Kind(k) == eval.ParseVault {
			return a.sets.Vault(n.Name)
		}
	}
	return nil
}

func refusal(what, of string) error {
	return &grant.Refusal{What: strings.Replace(what, "%s", value.StrRepr(of), 1)}
}

// tasked are the questions that only tasks of some modules ask.
var tasked = map[event.Ask][]string{
	event.LoadVars:  {"include_vars"},
	event.StoreFile: {"fetch"},
	event.Pause:     {"pause"},
	event.Inventory: {"add_host", "group_by", "meta"},
}

// sourcing are the arguments of modules that name files of the controller, and where those are looked for. Only the first word of
// script counts.
var sourcing = map[string]struct {
	kind string
	args []string
}{
	"copy": {"files", []string{"src"}}, "template": {"templates", []string{"src"}}, "script": {"files", []string{"_raw_params", "cmd"}},
	"assemble": {"files", []string{"src"}}, "unarchive": {"files", []string{"src"}}, "uri": {"files", []string{"src", "body"}},
}

// ofTask judges what only some tasks ask for.
func (a asker) ofTask() error {
	t, n := a.task, a.n
	kind := ""
	if t != nil {
		kind = ir.Short(t.Module)
	}
	named := t != nil && t.ActionName.IsSet() // a template says which module it is
	if modules, ok := tasked[n.Ask]; ok && !named && !slices.Contains(modules, kind) {
		return refusal("it asked for what only the module %s does", modules[0])
	}
	switch n.Ask {
	case event.LoadVars:
		return a.arguments(n.Args.V, "file", "_raw_params", "dir")
	case event.FindFile:
		return a.file(kind, named)
	case event.Inventory:
		if lazy(n.Args.V) {
			return refusal("it sent a template to %s", kind)
		}
		if kind == "meta" && !a.argument(n.Name, "_raw_params") {
			return refusal("it asked for %s", "meta: "+n.Name)
		}
	case event.Rename:
		if !named {
			return refusal("it asked for the action %s", n.Name)
		}
	case event.Fragments:
		return a.fragments()
	case event.Action:
		return a.action(named)
	case event.Debug:
		return a.mayDebug()
	}
	return nil
}

// argument says whether a value may be one of the arguments of the task.
func (a asker) argument(v value.Value, names ...string) bool {
	return a.sets.Texts(v, a.written(names...), a.vars())
}

// written is what the task says of the arguments, all of them for no names.
func (a asker) written(names ...string) []grant.Source {
	var out []grant.Source
	for _, v := range slices.Concat(a.task.Defaults, a.task.FactsDefaults, defaultsWithin(a.task.DefaultsOf), []ir.Val{a.task.Args}) {
		d, ok := v.V.(*value.Dict)
		if !ok {
			if v.IsSet() {
				out = append(out, grant.Unknown())
			}
			continue
		}
		for i, k := range d.K {
			name, _ := value.Text(k)
			_, free := d.V[i].(*value.Tmpl)
			switch {
			case name == "_variable_params", name == "_raw_params" && free && !freeForm[ir.Short(a.task.Module)]:
				out = append(out, grant.Unknown())
			case len(names) == 0 || slices.Contains(names, name):
				out = append(out, grant.Of(d.V[i]))
			}
		}
	}
	return out
}

// defaultsWithin are the defaults of modules that an action may choose.
func defaultsWithin(of ir.Val) []ir.Val {
	var out []ir.Val
	d, _ := of.V.(*value.Dict)
	for i := range d.Len() {
		list, _ := d.V[i].(*value.List)
		if list == nil {
			list = value.NewList(d.V[i])
		}
		for _, v := range list.V {
			out = append(out, ir.Val{V: v})
		}
	}
	return out
}

// freeForm are the modules whose text is no set of arguments: those in it were taken out when compiling.
var freeForm = map[string]bool{"command": true, "shell": true, "raw": true, "script": true, "include_vars": true, "include_tasks": true}

// arguments judges those of a question that are to be as the task says.
func (a asker) arguments(asked value.Value, names ...string) error {
	d, ok := asked.(*value.Dict)
	if !ok || a.task == nil {
		return refusal("it asked for %s", "nothing that there is")
	}
	for _, name := range names {
		v, ok := d.GetStr(name)
		if ok && !a.argument(v, names...) {
			s, _ := value.ToStr(v)
			return refusal("it asked for %s", s)
		}
	}
	return nil
}

// file judges the name of a file of the controller.
func (a asker) file(module string, named bool) error {
	kind, _ := value.Text(a.n.Args.V)
	if d, ok := a.n.Args.V.(*value.Dict); ok {
		v, _ := d.GetStr("kind")
		kind, _ = value.Text(v)
	}
	src, ok := sourcing[module]
	switch {
	case named && (kind == "files" || kind == "templates"):
		return nil
	case !ok || kind != src.kind:
		return refusal("it asked for the file %s", a.n.Name)
	}
	from := a.written(src.args...)
	if module == "template" && (a.sets.Texts("'"+a.n.Name+"'", from, a.vars()) || a.sets.Texts(`"`+a.n.Name+`"`, from, a.vars())) {
		return nil // it takes the quotes away
	}
	if a.sets.Texts(a.n.Name, from, a.vars()) || module == "script" && a.sets.Begins(a.n.Name, from, a.vars(), firstWord) {
		return nil
	}
	return refusal("it asked for the file %s", a.n.Name)
}

// firstWord is the first word of a command line, as a shell reads it, or of the beginning of one.
func firstWord(s string) string {
	if word, _, more := strings.Cut(strings.TrimSpace(s), " "); more && !strings.ContainsAny(word, "\"'\\") {
		return word
	}
	words, err := posix.Split(strings.TrimSpace(s))
	if err != nil || len(words) == 0 {
		return ""
	}
	return words[0]
}

// including are the arguments of includes that name files.
var including = []string{"_raw_params", "file", "name", "role", "tasks_from", "vars_from", "defaults_from", "handlers_from"}

// fragments judges the files of an include.
func (a asker) fragments() error {
	if a.task == nil || a.task.Include == nil {
		return refusal("it asked for the files of %s", "an include")
	}
	list, _ := a.n.Args.V.(*value.List)
	if list == nil {
		return nil
	}
	for _, v := range list.V {
		d, _ := v.(*value.Dict)
		name, _ := d.GetStr("name")
		if !a.argument(name, including...) {
			s, _ := value.ToStr(name)
			return refusal("it asked to include %s", s)
		}
		args, _ := d.GetStr("args")
		if err := a.arguments(args, including...); err != nil {
			return err
		}
	}
	return nil
}

// action judges the run of an action plugin in Python.
func (a asker) action(named bool) error {
	if a.task == nil || !named && !a.task.Plugin() {
		return refusal("it asked for the action %s", a.n.Name)
	}
	if named {
		return nil
	}
	plugins := []string{a.task.Module, a.task.Action}
	if a.n.Name != "" && !slices.Contains(plugins, a.n.Name) {
		return refusal("it asked for the action %s", a.n.Name)
	}
	args, _ := a.n.Args.V.(*value.Dict)
	about, starts := args.GetStr("task")
	if !starts {
		return nil
	}
	d, _ := about.(*value.Dict)
	plugin, _ := d.GetStr("plugin")
	fields, _ := d.GetStr("fields")
	f, _ := fields.(*value.Dict)
	action, _ := f.GetStr("action")
	for _, v := range []value.Value{plugin, action} {
		if name, _ := value.Text(v); !slices.Contains(plugins, name) {
			return refusal("it asked for the action %s", name)
		}
	}
	given, _ := f.GetStr("args")
	if g, ok := given.(*value.Dict); ok {
		return a.asWritten(g)
	}
	return nil
}

// asWritten judges arguments that a task is given: those that it writes have to be as it writes them, and it has no others.
func (a asker) asWritten(given *value.Dict) error {
	for i, k := range given.K {
		name, _ := value.Text(k)
		from := a.written(name)
		if from == nil && strings.HasPrefix(name, "_") && name != "_raw_params" {
			continue // the machine's own
		}
		if !a.sets.Texts(given.V[i], from, a.vars()) {
			s, _ := value.ToStr(given.V[i])
			return refusal("it asked for "+a.task.Action+" with "+name+"=%s", s)
		}
	}
	return nil
}

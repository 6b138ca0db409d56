package link

import (
	"path"
	"slices"
	"strings"

	"github.com/vmihailenco/msgpack/v5"

	"pbc/compiler/grant"
	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// A host has the controller run modules on other hosts, on the controller itself among them, where its play delegates. What it may
// run there is what the task says.

// delegate judges a call that another host is to run, or this one reached by another way.
func (a asker) delegate() error {
	if a.task == nil {
		return refusal("it asked for a task that %s", "is none")
	}
	args, _ := a.n.Args.V.(*value.Dict)
	v, _ := args.GetStr("host")
	target, _ := value.Text(v)
	if target == "" {
		target = a.host
	}
	if target != a.host && (!a.task.DelegateTo.IsSet() || !a.sets.Texts(target, []grant.Source{grant.Of(a.task.DelegateTo.V)}, a.vars())) {
		return refusal("it asked for work on %s", target)
	}
	v, _ = args.GetStr("route")
	route, _ := v.(*value.Dict)
	if err := a.route(target, route); err != nil {
		return err
	}
	if target == a.host && a.connection(target, route) == a.connection(target, nil) {
		return nil // it is on itself
	}
	v, _ = args.GetStr("call")
	call, _ := v.(*value.Dict)
	return caller{a, target}.call(call)
}

// connection is the name of the connection plugin by which a host is reached.
func (a asker) connection(host string, over *value.Dict) string {
	name := a.l.opt.Connection
	if route, err := a.l.route(a.play, host, over); err == nil {
		if own := ConnectionOf(route); own != "" {
			name = own
		}
	}
	return ir.Short(name)
}

// route judges how a host is to be reached: as the controller knows it, or as the task or its variables say.
func (a asker) route(target string, route *value.Dict) error {
	own, err := a.l.route(a.play, target, nil)
	if err != nil {
		own = value.NewDict()
	}
	keywords := map[string]ir.Val{"connection": a.task.Connection, "remote_user": a.task.RemoteUser, "port": a.task.Port}
	for i := range route.Len() {
		name, _ := value.Text(route.K[i])
		if known, ok := own.GetStr(name); ok && value.Same(known, route.V[i]) {
			continue
		}
		if !a.said(route.V[i], a.host, keywords[name], name) {
			s, _ := value.ToStr(route.V[i])
			return refusal("it asked for a connection with "+name+"=%s", s)
		}
	}
	return nil
}

// said says whether a value is that of a keyword, or of one of the variables of a host.
func (a asker) said(v value.Value, host string, keyword ir.Val, names ...string) bool {
	vars := a.l.definitionsButFacts(a.play, host)
	var from []grant.Source
	if keyword.IsSet() {
		from = append(from, grant.Of(keyword.V))
	}
	for _, name := range names {
		list, all := vars(name)
		if !all || a.sets.Makes(name) {
			return true
		}
		for _, x := range list {
			from = append(from, grant.Of(x))
		}
	}
	s, err := value.ToStr(v)
	return err == nil && a.sets.Texts(s, from, a.vars())
}

// caller judges a call on a host.
type caller struct {
	asker
	target string
}

// steps are the modules that a task's action runs besides the one of its name.
var steps = map[string][]string{
	"fetch": {module.ReadPiece, "stat"}, "unarchive": {module.ReadPiece, module.PlaceFile, "stat"}, "uri": {module.PlaceFile, module.ReadPiece},
	"wait_for_connection": {"ping"}, "reboot": {"setup", "raw", "find"}, "gather_facts": {"setup"},
}

// choosing are the modules that run another of their choice with their arguments.
var choosing = map[string]bool{"package": true, "service": true, "yum": true, "dnf": true, "gather_facts": true}

// commanding are the modules that are never chosen: they run what they are told.
var commanding = []string{"command", "shell", "raw", "script", "expect"}

func (a caller) call(c *value.Dict) error {
	t := a.task
	own, text := ir.Short(t.Module), func(key string) string { v, _ := c.GetStr(key); s, _ := value.Text(v); return s }
	name := ir.Short(text("name"))
	args, _ := c.GetStr("args")
	given, _ := args.(*value.Dict)
	switch {
	case t.ActionName.IsSet(), t.Plugin(): // which module it is comes out as it runs
	case name == own && steps[own] != nil: // some of its arguments are where files were put for it
		given = given.Copy()
		given.Del("src")
		given.Del("body")
		if err := a.asWritten(given); err != nil {
			return err
		}
	case name == "setup" && (own == name || choosing[own]):
		if v, ok := given.GetStr("fact_path"); ok && !a.anySaid(v, a.l.prog.Plays[a.play].FactPath) && !a.argument(v, "fact_path") && !value.Same(v, a.l.opt.Settings.DefaultFactPath) {
			return refusal("it asked for the facts in %s", text("fact_path"))
		}
	case name == own, choosing[own] && !slices.Contains(commanding, name):
		if err := a.asWritten(given); err != nil {
			return err
		}
	case name == "async_status" && t.Async.IsSet():
	case slices.Contains(steps[own], name):
		if err := a.step(given); err != nil {
			return err
		}
	default:
		return refusal("it asked for the module %s on "+a.target, name)
	}
	return a.surroundings(c, text)
}

// step judges the path that a module for one step of a task is given.
func (a caller) step(given *value.Dict) error {
	for _, name := range []string{"src", "path"} {
		v, ok := given.GetStr(name)
		inHome := func(s grant.Source) bool { return s.Begins("~") } // which the host has made a path of
		if !ok || a.sets.Texts(v, a.written(), a.vars()) || slices.ContainsFunc(a.written(), inHome) {
			continue
		}
		s, _ := value.ToStr(v)
		return refusal("it asked for a file of "+a.target+", %s", s)
	}
	return nil
}

// surroundings judges what a call brings besides its arguments, which may start programs too.
func (a caller) surroundings(c *value.Dict, text func(string) string) error {
	if v, ok := c.GetStr("payload"); ok && !a.task.ActionName.IsSet() && !a.task.Plugin() {
		raw, _ := v.([]byte)
		if !a.payload(raw, text("action")) {
			return refusal("it asked for a program of its own on %s", a.target)
		}
	}
	if p := text("interpreter"); p != "" && !pythonName(p) && !a.anySaid(p, ir.Val{}, append(a.named("_interpreter"), "ansible_interpreter_python_fallback")...) {
		return refusal("it asked for the interpreter %s", p)
	}
	if !a.discovers(c) {
		return refusal("it asked for a Python of its own on %s", a.target)
	}
	if s := text("shell"); s != "" && s != a.l.opt.Settings.Reach.Executable && !a.anySaid(s, ir.Val{}, "ansible_shell_executable") {
		return refusal("it asked for the shell %s", s)
	}
	if s := text("remote_base"); s != "" && s != a.l.opt.Settings.RemoteTmp && !a.anySaid(s, ir.Val{}, "ansible_remote_tmp") {
		return refusal("it asked for the folder %s", s)
	}
	if err := a.become(c); err != nil {
		return err
	}
	return a.environment(c)
}

// anySaid is said for the variables of either host.
func (a caller) anySaid(v value.Value, keyword ir.Val, names ...string) bool {
	return a.said(v, a.host, keyword, names...) || a.said(v, a.target, ir.Val{}, names...)
}

// named are the variables whose names end in a text.
func (a caller) named(end string) []string {
	var out []string
	for _, host := range []string{a.host, a.target} {
		for _, name := range layers(slices.Concat(a.l.hostTexts(a.play, host).vars, layerDicts(a.l.tables(a.play).Layers))).Names() {
			if strings.HasPrefix(name, "ansible_") && strings.HasSuffix(name, end) {
				out = append(out, name)
			}
		}
	}
	return append(out, "ansible_python_interpreter")
}

// pythonName says whether a path is that of some Python.
func pythonName(p string) bool {
	name := path.Base(p)
	return strings.HasPrefix(name, "python") || strings.HasPrefix(name, "pypy") || name == "platform-python"
}

// discovers says whether only a Python may be found to be one.
func (a caller) discovers(c *value.Dict) bool {
	v, _ := c.GetStr("discover")
	d, _ := v.(*value.Dict)
	v, _ = d.GetStr("fallback")
	list, _ := v.(*value.List)
	if list == nil {
		return true
	}
	for _, e := range list.V {
		if p, _ := value.Text(e); !pythonName(p) && !a.anySaid(e, ir.Val{}, "ansible_interpreter_python_fallback") {
			return false
		}
	}
	return true
}

// payload says whether a program that is not native is the one of the task's module.
func (a caller) payload(raw []byte, action string) bool {
	var asked ir.Payload
	if msgpack.Unmarshal(raw, &asked) != nil {
		return false
	}
	for _, name := range []string{"", action} {
		p, err := a.l.opt.Front.Payload(a.play, a.n.Task, name)
		if err == nil && p.Base == asked.Base && p.Own == asked.Own && p.File == asked.File && slices.Equal(p.Interpreter, asked.Interpreter) {
			return true
		}
	}
	return false
}

// become judges how a call changes the user: the programs that do it are started on the host.
func (a caller) become(c *value.Dict) error {
	v, ok := c.GetStr("become")
	l, isList := v.(*value.List)
	if !ok {
		return nil
	}
	if !isList || len(l.V) != 6 {
		return refusal("it asked for become with %s", value.TypeName(v))
	}
	t, set := a.task.Become, a.l.opt.Settings
	method, _ := value.Text(l.V[1])
	by := set.BecomeBy[method]
	for i, f := range []struct {
		name    string
		keyword ir.Val
		setting []string
	}{
		{"user", t.User, []string{set.Become.User, by.User, "root", ""}},
		{"method", t.Method, []string{set.Become.Method, "sudo", ""}},
		{"flags", t.Flags, []string{set.Become.Flags, by.Flags, ""}},
		{"exe", t.Exe, []string{set.Become.Exe, by.Exe, method, ""}},
	} {
		s, _ := value.Text(l.V[i])
		if !slices.Contains(f.setting, s) && !a.anySaid(s, f.keyword, "ansible_become_"+f.name, "ansible_"+method+"_"+f.name) {
			return refusal("it asked for become_"+f.name+" %s", s)
		}
	}
	return nil
}

// environment judges the names of the variables that a call is started with.
func (a caller) environment(c *value.Dict) error {
	v, _ := c.GetStr("env")
	env, _ := v.(*value.Dict)
	for i := range env.Len() {
		name, _ := value.Text(env.K[i])
		if !a.sets.Texts(name, a.environmentNames(), a.vars()) {
			return refusal("it asked for the environment variable %s", name)
		}
	}
	return nil
}

// environmentNames are where the names of the task's environment come from.
func (a caller) environmentNames() []grant.Source {
	var out []grant.Source
	for _, v := range a.task.Environment {
		d, ok := v.V.(*value.Dict)
		if !ok {
			out = append(out, grant.Unknown())
			continue
		}
		for _, k := range d.K {
			out = append(out, grant.Of(k))
		}
	}
	return out
}

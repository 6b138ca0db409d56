// Package effect tells of every task whether other hosts could see when it runs: its effect class, and why. From the class follows
// where the hosts of a play wait for each other.
//
// Its words: a task is inner when it touches variables only, local when it touches its own machine only, open when it may be seen
// by other hosts or look at them, and exact when what it means depends on all hosts of the play. Two inner or local tasks on two
// hosts cannot tell in which order they ran; any other pair can. A reader is a lookup that changes nothing.
//
// Invariants: a task is open until it is shown not to be. Whatever a task evaluates counts: its keywords, its arguments, the
// variables that these read, and what those read in turn. What is only known while the play runs makes a task open. The package
// evaluates nothing.
package effect

import (
	"fmt"
	"slices"
	"strings"

	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// Class is the effect class of a task. A higher one keeps more of the order.
type Class uint8

// The classes.
const (
	Inner Class = iota
	Local
	Open
	Exact
)

// String is the class as pbc show prints it.
func (c Class) String() string { return [...]string{"inner", "local", "open", "exact"}[c] }

// Effect is the class of a task and what makes it so, in a few words.
type Effect struct {
	Class Class
	Why   string
}

// Order says how much of the linear strategy's order is kept.
type Order uint8

const (
	// Auto keeps all of it that hosts can observe.
	Auto Order = iota
	// Strict waits at every task.
	Strict
	// Free waits only where what a task means depends on all hosts.
	Free
)

// Waits says whether the hosts of a play wait for each other at a task of this effect. Shared says that two of them are the same
// machine: then what is local can be seen.
func (e Effect) Waits(o Order, shared bool) bool {
	switch o {
	case Strict:
		return true
	case Free:
		return e.Class == Exact
	}
	return e.Class >= Open || shared && e.Class == Local
}

// Options are what the judgement of a play's tasks depends on.
type Options struct {
	// Play is the play of the tasks, and Tables are its tables with what includes have added to them.
	Play   *ir.Play
	Tables *ir.Tables
	// Values returns what a variable may hold, as far as it is known: all values that some layer or host has for it.
	Values func(name string) []value.Value
	// Names are the variables there are, for what reads variables by computed names.
	Names func() []string
	// Plugins are the plugins in Python that stand before those of the evaluator.
	Plugins *ir.Plugins
	// Fatal says that the play ends for all hosts when it does for one, or for some: any_errors_fatal, max_fail_percentage.
	Fatal bool
	// Debugger says that the task debugger starts after failures, where no keyword says otherwise.
	Debugger bool
	// Free says that the strategy of the play has no order among hosts.
	Free bool
	// Older says that the ansible-core is none that ir.Newer means.
	Older bool
}

// Judge judges the tasks of one play. It is used by one goroutine.
type Judge struct {
	opt Options
	// known are the reasons found for variables: "" for none.
	known map[string]string
	seen  map[any]bool // texts of variables that were looked at
	every *string      // the reason of all variables together
	// handlers are the names and topics that notify finds in any case.
	handlers map[string]bool
	last     *ir.Task // the last handler
}

// NewJudge returns a judge of a play's tasks.
func NewJudge(o Options) *Judge {
	j := &Judge{opt: o, known: map[string]string{}, seen: map[any]bool{}, handlers: map[string]bool{}}
	j.Grow(o.Tables, o.Play.Handlers)
	return j
}

// Grow tells the judge what an include has brought: the tables of the play from now on, and its handlers.
func (j *Judge) Grow(t *ir.Tables, handlers []ir.Handler) {
	if len(t.Layers) != len(j.opt.Tables.Layers) { // they may give known variables other values
		clear(j.known)
		j.every = nil
	}
	j.opt.Tables = t
	for _, h := range handlers {
		if h.Task < len(t.Tasks) {
			j.last = t.Tasks[h.Task]
			j.handler(j.last)
		}
	}
}

func (j *Judge) handler(t *ir.Task) {
	if s, ok := value.Text(t.Name.V); ok {
		j.handlers[s] = true
	}
	for _, l := range t.Listen {
		for _, v := range elements(l.V) {
			if s, ok := value.Text(v); ok {
				j.handlers[s] = true
			}
		}
	}
}

// elements are those of a list; anything else is its own only one.
func elements(v value.Value) []value.Value {
	if l, ok := v.(*value.List); ok {
		return l.V
	}
	return []value.Value{v}
}

// Task judges a task.
func (j *Judge) Task(t *ir.Task) Effect {
	if why := j.exact(t); why != "" {
		return Effect{Exact, why}
	}
	if why := j.keywords(t); why != "" {
		return Effect{Open, why}
	}
	e := j.module(t)
	if e.Class >= Open {
		return e
	}
	why := ""
	t.EachValue(func(v ir.Val) {
		if why == "" {
			why = j.Value(v.V)
		}
	})
	if l := t.Loop; l != nil && why == "" && l.With != "" {
		why = j.lookup(l.With)
	}
	if why != "" {
		return Effect{Open, why}
	}
	return e
}

// on says whether a keyword is given and not switched off.
func on(v ir.Val) bool { return v.IsSet() && v.V != false && v.V != value.Value(int64(0)) }

// exact says why what the task means depends on all hosts, "" when it does not.
func (j *Judge) exact(t *ir.Task) string {
	switch {
	case on(t.RunOnce):
		return "run_once"
	case on(t.Throttle):
		return "throttle"
	case on(t.AnyErrorsFatal):
		return "any_errors_fatal"
	case j.opt.Fatal:
		return "failures may end the play for all"
	case t.MayDebug(j.opt.Debugger):
		return "the task debugger may start"
	case t.Register != "" && !plainName(t.Register):
		return "its register ends the run"
	case t.Module == "ansible.builtin.meta":
		return j.meta(t)
	}
	if j.unhandled(t) {
		return "a handler that is not there would end the run"
	}
	if j.opt.Older && t == j.last && slices.ContainsFunc(j.opt.Tables.Tasks, func(t *ir.Task) bool { return !t.Handler && on(t.RunOnce) }) {
		return "beside the last handler a run_once task may run, which ends the round"
	}
	if r := table[t.Module]; r.class == Exact {
		return r.why
	}
	return ""
}

// Ends says whether a task may end the run for all hosts by itself, as Ansible ends it for faults of the playbook that it meets late.
func (j *Judge) Ends(t *ir.Task) bool {
	if t.Register != "" && !plainName(t.Register) || t.ActionName.IsSet() || t.Plugin() {
		return true
	}
	if j.opt.Free && t.Module == "ansible.builtin.pause" {
		return true
	}
	if t.Module == "ansible.builtin.add_host" || t.Module == "ansible.builtin.group_by" { // a name that comes out empty
		return true
	}
	if _, template := t.RunOnce.V.(*value.Tmpl); template {
		return true
	}
	if _, number := t.Throttle.V.(int64); t.Throttle.IsSet() && !number {
		return true
	}
	if t.Module == "ansible.builtin.meta" {
		d, _ := t.Args.V.(*value.Dict)
		v, _ := d.GetStr("_raw_params")
		what, _ := value.Text(v)
		_, known := metas[what]
		return !known || len(t.When) > 0 || t.Handler
	}
	return j.unhandled(t)
}

// unhandled says whether a task may notify a handler that is not there.
func (j *Judge) unhandled(t *ir.Task) bool {
	for _, n := range t.Notify {
		for _, v := range elements(n.V) {
			if s, ok := value.Text(v); !ok || !j.handlers[s] {
				return true
			}
		}
	}
	return false
}

// plainName says whether a text can only be the name of a variable.
func plainName(s string) bool {
	for i, c := range s {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func (j *Judge) meta(t *ir.Task) string {
	d, _ := t.Args.V.(*value.Dict)
	v, _ := d.GetStr("_raw_params")
	what, _ := value.Text(v)
	if _, ok := metas[what]; !ok {
		return "concerns all hosts of the play"
	}
	if len(t.When) > 0 {
		return "a condition that fails would end the run"
	}
	return ""
}

// keywords says which keyword makes a task open, "" for none.
func (j *Judge) keywords(t *ir.Task) string {
	switch {
	case t.DelegateTo.IsSet():
		return "runs on another host"
	case t.Async.IsSet() && on(t.Async):
		return "runs on beside others"
	case len(t.Until) > 0:
		return "waits for what others may do"
	case t.Plugin():
		return "its action is a program of its own"
	case t.ModuleFile != "" && strings.HasPrefix(t.Module, "ansible.builtin."):
		return "the module is not Ansible's own"
	}
	p := j.opt.Play
	for i, k := range [][2]ir.Val{{t.Connection, p.Connection}, {t.RemoteUser, p.RemoteUser}, {t.Port, p.Port}} {
		if k[0].IsSet() && !value.Same(k[0].V, k[1].V) {
			return "has its own " + ir.RouteKeywords[i]
		}
	}
	return j.routed(t)
}

// routed says whether variables of the task itself say how its host is reached.
func (j *Judge) routed(t *ir.Task) string {
	if t.Scope < 0 || t.Scope >= len(j.opt.Tables.Scopes) {
		return ""
	}
	lex := j.opt.Tables.Scopes[t.Scope]
	for _, n := range slices.Concat(lex.Task, lex.IncludeParams, lex.RoleParams) {
		if n < 0 || n >= len(j.opt.Tables.Layers) {
			continue
		}
		d, _ := j.opt.Tables.Layers[n].V.(*value.Dict)
		for _, name := range slices.Concat(ir.RouteVars, ir.RouteSecrets) {
			if _, ok := d.GetStr(name); ok {
				return "has its own " + name
			}
		}
	}
	return ""
}

// module is the effect of a task's module with its arguments.
func (j *Judge) module(t *ir.Task) Effect {
	if t.Include != nil || t.Module == "ansible.builtin.meta" {
		d, _ := t.Args.V.(*value.Dict)
		v, _ := d.GetStr("_raw_params")
		what, _ := value.Text(v)
		return Effect{Inner, metas[what]}
	}
	r, ok := table[t.Module]
	if !ok || r.class >= Open {
		return Known(t.Module)
	}
	all := append([]value.Value{t.Args.V}, vals(t.Defaults)...)
	for _, o := range r.opens {
		for _, v := range all {
			if o.opened(v) {
				return Effect{Open, o.why}
			}
		}
	}
	if t.Module == "ansible.builtin.template" && !parsed(t) {
		return Effect{Open, "its template is known only when it runs"}
	}
	return Effect{r.class, r.why}
}

func vals(list []ir.Val) []value.Value {
	out := make([]value.Value, len(list))
	for i, v := range list {
		out[i] = v.V
	}
	return out
}

// opened says whether arguments hold what makes a module open. Arguments that are a template as a whole may.
func (o opener) opened(args value.Value) bool {
	d, ok := args.(*value.Dict)
	if !ok {
		return args != nil
	}
	if _, ok := d.GetStr("_variable_params"); ok {
		return true
	}
	v, ok := d.GetStr(o.arg)
	if !ok || v == nil {
		return false
	}
	if _, ok := v.(*value.Tmpl); ok || o.is == nil {
		return true
	}
	return o.is(v)
}

// parsed says whether the text of a template is known.
func parsed(t *ir.Task) bool {
	for i := range t.Files {
		f := &t.Files[i]
		if f.Kind != "templates" {
			continue
		}
		if _, ok := f.Tmpl.V.(*value.Tmpl); !ok && f.Fault == "" {
			return false
		}
		return true
	}
	return false
}

// Value says why evaluating a value makes a task open, "" when it does not.
func (j *Judge) Value(v value.Value) string {
	switch x := v.(type) {
	case *value.Tmpl:
		return j.trees(x.Root)
	case *value.Cond:
		if why := j.trees([]*expr.Node{x.Root}); why != "" || x.Tmpl == nil {
			return why
		}
		if why := j.Value(x.Tmpl); why != "" {
			return why
		}
		return j.all() // its text is a condition that is only known when it is rendered
	case *value.List:
		return j.each(x.V)
	case value.Tuple:
		return j.each(x)
	case *value.Dict:
		if x == nil {
			return ""
		}
		if why := j.each(x.K); why != "" {
			return why
		}
		return j.each(x.V)
	}
	return ""
}

func (j *Judge) each(list []value.Value) string {
	for _, v := range list {
		if why := j.Value(v); why != "" {
			return why
		}
	}
	return ""
}

func (j *Judge) trees(root []*expr.Node) string {
	u := expr.UsesOf(root)
	switch {
	case u.Unforeseen:
		return "a lookup or template whose name is known only when it runs"
	case len(u.Includes) > 0:
		return "includes the template " + u.Includes[0]
	}
	for _, l := range u.Lookups {
		if why := j.lookup(l); why != "" {
			return why
		}
	}
	for _, f := range u.Filters {
		if !filters[short(f)] || j.opt.Plugins.Has("filter", f) {
			return "the filter " + f + " is a program of its own"
		}
	}
	for _, t := range u.Tests {
		if !tests[short(t)] || j.opt.Plugins.Has("test", t) {
			return "the test " + t + " is a program of its own"
		}
	}
	for _, n := range u.Names {
		if why := j.variable(n); why != "" {
			return why
		}
	}
	if u.Dynamic {
		return j.all()
	}
	return ""
}

func short(name string) string { return strings.TrimPrefix(name, "ansible.builtin.") }

func (j *Judge) lookup(name string) string {
	if !readers[short(name)] || j.opt.Plugins.Has("lookup", name) {
		return fmt.Sprintf("the lookup %s may do more than read", name)
	}
	return ""
}

// variable says why reading a variable makes a task open.
func (j *Judge) variable(name string) string {
	if who[name] {
		return "reads which hosts are left"
	}
	if why, ok := j.known[name]; ok {
		return why
	}
	j.known[name] = "" // a variable that reads itself adds nothing
	why := j.Variables(j.opt.Values(name))
	if why != "" {
		why = name + ": " + why
	}
	j.known[name] = why
	return why
}

// Variables says why values that variables hold make tasks open that read them, "" when they do not. A text that calls a lookup
// counts, as a condition may be the text of a variable.
func (j *Judge) Variables(list []value.Value) string {
	for _, v := range list {
		why := ""
		switch x := v.(type) {
		case *value.Tmpl:
			if j.seen[x] {
				continue
			}
			j.seen[x] = true
			why = j.Value(x)
			delete(j.seen, x)
		case *value.List:
			why = j.Variables(x.V)
		case *value.Dict:
			if x != nil {
				why = j.Variables(x.V)
			}
		default:
			why = j.text(v)
		}
		if why != "" {
			return why
		}
	}
	return ""
}

func (j *Judge) text(v value.Value) string {
	s, ok := value.Text(v)
	if !ok {
		return ""
	}
	for _, call := range []string{"lookup(", "query(", "q("} {
		if strings.Contains(s, call) {
			return "a text that may be a condition"
		}
	}
	return ""
}

// all says why reading any variable makes a task open.
func (j *Judge) all() string {
	if j.every != nil {
		return *j.every
	}
	none := ""
	j.every = &none
	for _, n := range j.opt.Names() {
		if why := j.variable(n); why != "" {
			why = "may read any variable; " + why
			j.every = &why
			clear(j.known) // what was found of those that read any was found too early
			break
		}
	}
	return *j.every
}

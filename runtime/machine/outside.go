package machine

import (
	"strings"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// outside answers an evaluation from what the batch holds, else by asking upstream.
type outside struct{ x *taskRun }

func (x *taskRun) outside() *outside { return &outside{x: x} }

func (o *outside) ask(what event.Ask, name string, args value.Value) (*event.Answer, error) {
	a, err := o.x.m.up.Ask(o.x.ctx, &event.Need{Ask: what, Task: o.x.number, Addr: o.x.addr, Name: name, Args: ir.Val{V: args}})
	if err != nil {
		return nil, err
	}
	o.x.told(a)
	if a.Error != "" {
		return nil, answerError(a)
	}
	return a, nil
}

// Delegated implements eval.Delegating. The arguments of a task ask before its keywords are rendered.
func (o *outside) Delegated() (to, by string) {
	if !o.x.t.DelegateTo.IsSet() {
		return "", ""
	}
	v, given, err := o.x.rendered("delegate_to", o.x.t.DelegateTo)
	if err != nil || !given {
		return "", ""
	}
	to, _ = value.ToStr(v)
	return to, o.x.m.batch.Host.Name
}

// Tell implements eval.Telling.
func (o *outside) Tell(n python.Notice) {
	switch tagged := o.x.tagged(); {
	case n.Deprecated && tagged:
		o.x.deprecate(n)
	case n.Deprecated:
		o.x.told(&event.Answer{Deprecations: []string{n.Msg}})
	case tagged:
		o.x.tell(n.Failure)
	default:
		o.x.warnOf(n.Msg)
	}
}

// told tells the user what a plugin has said.
func (x *taskRun) told(a *event.Answer) {
	for _, w := range a.Warnings {
		x.warnOf(w)
	}
	for _, d := range a.Deprecations {
		if !x.first("deprecated: " + d) {
			continue
		}
		_ = x.m.up.Emit(&event.Event{Kind: event.Message, Level: "deprecation", Addr: x.addr, Task: x.number, Name: d})
	}
}

// answerError is the error of an answer, of the kind it was on the controller.
func answerError(a *event.Answer) error {
	chain := failure.FromValue(a.Value.V)
	if chain == nil {
		chain = failure.New(a.Error)
	}
	switch kind, class, _ := strings.Cut(a.Kind, ":"); kind {
	case "undefined":
		return (&value.Undef{Hint: a.Error, At: chain.At}).Fail()
	case "error", "loading", "captured":
		x := exception.FromFailure(class, chain)
		x.Loading, x.Captured = kind == "loading", kind == "captured"
		return x
	}
	return &fault{msg: a.Error, chain: chain}
}

// Parse implements eval.Outside. What constant arguments hold was parsed ahead.
func (o *outside) Parse(k eval.Kind, src string) (value.Value, error) {
	if v, ok := o.x.t.Exprs[src]; ok && (k == eval.ParseTemplate || k == eval.ParseCondition) {
		return v.V, nil
	}
	if k == eval.ParseValue && !strings.Contains(src, "{{") && !strings.Contains(src, "{%") && !strings.Contains(src, "{#") {
		return src, nil
	}
	key := string(rune('0'+k)) + src
	if v, ok := o.x.m.parsed[key]; ok {
		return v, nil
	}
	a, err := o.ask(event.Parse, src, int64(k))
	if err != nil {
		return nil, err
	}
	if len(o.x.m.parsed) < maxParsed {
		o.x.m.parsed[key] = a.Value.V
	}
	return a.Value.V, nil
}

// maxParsed bounds how many texts met at run time are remembered as parsed.
const maxParsed = 1000

// Template implements eval.Outside.
func (o *outside) Template(name string) (*value.Tmpl, bool, error) { return o.TemplateFrom("", name) }

// TemplateFrom implements eval.Including.
func (o *outside) TemplateFrom(from, name string) (*value.Tmpl, bool, error) {
	a, err := o.ask(event.TemplateFile, name, from)
	if err == nil && !a.Found && o.x.tagged() {
		nowhere := &eval.NoTemplate{Name: name}
		if dirs, ok := a.Value.V.(*value.List); ok {
			for _, d := range dirs.V {
				s, _ := value.Text(d)
				nowhere.Dirs = append(nowhere.Dirs, s)
			}
		}
		return nil, false, nowhere
	}
	if err != nil || !a.Found {
		return nil, false, err
	}
	t, ok := a.Value.V.(*value.Tmpl)
	return t, ok, nil
}

// Lookup implements eval.Outside.
func (o *outside) Lookup(plugin string, terms []value.Value, options *value.Dict) (value.Value, error) {
	if options == nil {
		options = value.NewDict()
	}
	if answers := o.x.m.batch.Host.Answers; len(answers) > 0 {
		if v, ok := answers[eval.LookupKey(plugin, terms, options)]; ok {
			return v.V, nil
		}
	}
	a, err := o.ask(event.Lookup, plugin, value.DictOf("terms", &value.List{V: terms}, "options", options, "vars", o.x.vars.local, "includes", o.x.aroundVars(),
		"subdir", o.x.subdir))
	if err != nil {
		return nil, err
	}
	return a.Value.V, nil
}

// loopVars are the variables that only this task has, for a lookup that reads variables.
func (x *taskRun) loopVars() *value.Dict {
	d := x.aroundVars()
	d.Update(x.vars.local)
	return d
}

// aroundVars are the variables of the includes around the task, while they run.
func (x *taskRun) aroundVars() *value.Dict {
	d := value.NewDict()
	for _, vars := range x.m.includes {
		d.Update(vars)
	}
	return d
}

// HostVar implements eval.Outside.
func (o *outside) HostVar(host, name string) (value.Value, bool, error) {
	a, err := o.ask(event.HostVar, name, host)
	if err != nil {
		return nil, false, err
	}
	return a.Value.V, a.Found, nil
}

// Hosts implements eval.Outside.
func (o *outside) Hosts() []string {
	a, err := o.ask(event.HostNames, "", nil)
	if err != nil {
		return nil
	}
	l, ok := a.Value.V.(*value.List)
	if !ok {
		return nil
	}
	var out []string
	for _, v := range l.V {
		s, _ := value.Text(v)
		out = append(out, s)
	}
	return out
}

// Shadows implements eval.Shadowing.
func (o *outside) Shadows(kind, name string) bool { return o.x.m.plugins.Has(kind, name) }

// probe is what is known of a filter or test in Python.
type probe struct {
	found   bool
	context bool // it reads variables
	err     error
}

// Plugin implements eval.Outside: a plugin in Python runs on the controller.
func (o *outside) Plugin(c eval.PluginCall) (value.Value, bool, error) {
	if c.Probe {
		p, err := o.probe(c)
		if err != nil {
			return nil, false, err
		}
		return p.context, p.found, p.err
	}
	args := value.DictOf("test", c.Test, "each", c.Each, "args", &value.List{V: c.Args}, "kw", c.KW)
	if c.Locals != nil {
		args.SetStr("locals", c.Locals)
		args.SetStr("vars", o.x.vars.local)
		args.SetStr("includes", o.x.aroundVars())
	}
	a, err := o.ask(event.Plugin, c.Name, args)
	if err != nil {
		return nil, false, err
	}
	return a.Value.V, true, nil
}

// probe asks once for each name.
func (o *outside) probe(c eval.PluginCall) (probe, error) {
	key := c.Name
	if c.Test {
		key += " test"
	}
	if p, ok := o.x.m.probed[key]; ok {
		return p, nil
	}
	a, err := o.x.m.up.Ask(o.x.ctx, &event.Need{Ask: event.Plugin, Task: o.x.number, Addr: o.x.addr, Name: c.Name,
		Args: ir.Val{V: value.DictOf("test", c.Test, "probe", true)}})
	if err != nil {
		return probe{}, err
	}
	o.x.told(a)
	p := probe{found: a.Found, context: a.Value.V == true}
	if a.Error != "" {
		p.err = answerError(a)
	}
	o.x.m.probed[key] = p
	return p, nil
}

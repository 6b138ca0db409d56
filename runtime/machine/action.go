package machine

import (
	"context"
	"maps"
	"slices"
	"strings"

	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/keyword"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/exception"
)

// action is a module that the machine itself runs: it needs the variables of the task, or the
// controller, and nothing of the host.
type action func(x *taskRun, ctx context.Context, args *value.Dict) (*value.Dict, error)

// actions are the machine's own, by full name.
var actions map[string]action

func init() {
	actions = map[string]action{
		"ansible.builtin.debug":                  (*taskRun).debug,
		"ansible.builtin.set_fact":               (*taskRun).setFact,
		"ansible.builtin.fail":                   (*taskRun).fail,
		"ansible.builtin.assert":                 (*taskRun).assert,
		"ansible.builtin.include_vars":           (*taskRun).includeVars,
		"ansible.builtin.set_stats":              (*taskRun).setStats,
		"ansible.builtin.add_host":               (*taskRun).addHost,
		"ansible.builtin.group_by":               (*taskRun).groupBy,
		"ansible.builtin.gather_facts":           (*taskRun).gatherFacts,
		"ansible.builtin.validate_argument_spec": (*taskRun).validateArgs,
		"ansible.builtin.service":                (*taskRun).service,
		"ansible.builtin.pause":                  (*taskRun).pause,
		"ansible.builtin.unarchive":              (*taskRun).unarchive,
		"ansible.builtin.uri":                    (*taskRun).uri,
		"ansible.builtin.yum":                    (*taskRun).yum,
		"ansible.builtin.dnf":                    (*taskRun).dnf,
		"ansible.builtin.reboot":                 (*taskRun).reboot,
		"ansible.builtin.wait_for_connection":    (*taskRun).waitForConnection,
		"ansible.builtin.fetch":                  (*taskRun).fetch,
		"ansible.builtin.package":                (*taskRun).packages,
		asyncStatus:                              (*taskRun).jobStatus,
	}
}

// Has says whether the machine runs the module itself.
func Has(name string) bool { return actions[name] != nil }

// Actions returns the full names of the modules that the machine runs itself, sorted.
func Actions() []string { return slices.Sorted(maps.Keys(actions)) }

// action runs the task's action once.
func (x *taskRun) action(ctx context.Context, p *prepared) (*value.Dict, error) {
	if x.t.Plugin() {
		x.ready = p
		return x.plugin(ctx, p)
	}
	if lost, err := x.transferTemp(p); lost != nil || err != nil {
		return lost, err
	}
	if err := x.allowsAsync(p); err != nil {
		return nil, err
	}
	if act := actions[x.t.Module]; act != nil {
		x.ready = p
		return act(x, ctx, p.args.Copy())
	}
	res, err := x.ownModule(ctx, p)
	if err == nil && x.t.Module == "ansible.builtin.setup" {
		res.SetStr("_ansible_verbose_override", true) // its facts are not shown
	}
	return res, err
}

// ownModule runs the module of the task: a failure is that module's.
func (x *taskRun) ownModule(ctx context.Context, p *prepared) (*value.Dict, error) {
	res, err := x.module(ctx, p)
	x.moduleFailed = err == nil && truthy(res, "failed")
	return res, err
}

// strictly is the truth of an argument that an action reads itself; nil is false.
func (x *taskRun) strictly(v value.Value) (bool, error) {
	b, ok := eval.Boolean(v)
	if ok || v == nil {
		return b, nil
	}
	if err := unhashable(v); err != nil && !x.tagged() {
		return false, err
	}
	s, _ := value.ToStr(v)
	gap := "  "
	if x.tagged() {
		gap = " "
	}
	return false, &eval.Error{Class: "TypeError", Msg: "The value '" + s + "' is not a valid boolean." + gap + "Valid booleans include: " + validBooleans}
}

// validArgs refuses arguments that an action does not know, in Ansible's words.
func (x *taskRun) validArgs(args *value.Dict, valid ...string) error {
	var unknown []string
	for _, k := range args.K {
		name, _ := value.Text(k)
		if !oneOf(name, valid) {
			unknown = append(unknown, name)
		}
	}
	if unknown == nil {
		return nil
	}
	return x.actionFail("Invalid options for " + x.t.Action + ": " + strings.Join(unknown, ","))
}

// actionFail is what Ansible's AnsibleActionFail makes: the task's result at once.
func (x *taskRun) actionFail(msg string) error {
	return &fault{msg: msg, result: value.DictOf("failed", true, "msg", msg, "exception", "NoneType: None\n")}
}

func (x *taskRun) debug(_ context.Context, args *value.Dict) (*value.Dict, error) {
	if x.tagged() {
		return x.taggedDebug(args)
	}
	if has(args, "msg") && has(args, "var") {
		return value.DictOf("failed", true, "msg", "'msg' and 'var' are incompatible options"), nil
	}
	if err := x.validArgs(args, "msg", "var", "verbosity"); err != nil {
		return nil, err
	}
	verbosity, err := x.verbosity(args)
	if err != nil {
		return nil, err
	}
	res := value.NewDict()
	switch {
	case verbosity > int64(x.m.code.Settings.Verbosity):
		return value.DictOf("skipped_reason", "Verbosity threshold not met.", "skipped", true, "failed", false), nil
	case has(args, "msg"):
		res.SetStr("msg", get(args, "msg"))
	case has(args, "var"):
		name, v, err := x.debugVar(get(args, "var"))
		if err != nil {
			return nil, err
		}
		res.SetStr(name, v)
	default:
		res.SetStr("msg", "Hello world!")
	}
	res.SetStr("_ansible_verbose_always", true)
	res.SetStr("failed", false)
	return res, nil
}

func (x *taskRun) verbosity(args *value.Dict) (int64, error) {
	v, ok := args.GetStr("verbosity")
	if !ok {
		return 0, nil
	}
	n, ok := toInt(v)
	if !ok {
		s, _ := value.Repr(v)
		return 0, &eval.Error{Class: "ValueError", Msg: "invalid literal for int() with base 10: " + s}
	}
	return n, nil
}

// debugVar evaluates debug's var: a name or an expression, or what a template made of one. What is no
// text is no variable.
func (x *taskRun) debugVar(v value.Value) (string, value.Value, error) {
	name := debugKey(v)
	src, ok := value.Text(v)
	hint := ""
	if ok {
		r, err := x.expression(src)
		if !isUndefined(err) {
			return name, r, err
		}
		hint = err.Error()
	}
	msg := "VARIABLE IS NOT DEFINED!"
	if x.m.code.Settings.Verbosity > 0 {
		msg += ": " + hint
	}
	return name, msg, nil
}

// debugKey is the key under which debug shows a var: the var as JSON writes a key, or its class.
func debugKey(v value.Value) string {
	switch v {
	case nil:
		return "null"
	case true:
		return "true"
	case false:
		return "false"
	}
	switch v.(type) {
	case *value.List, *value.Dict:
		return "<class '" + value.TypeName(v) + "'>"
	}
	s, _ := value.ToStr(v)
	return s
}

// expression evaluates text that is an expression without its braces.
func (x *taskRun) expression(src string) (value.Value, error) {
	t, err := x.outside().Parse(eval.ParseTemplate, "{{"+src+"}}")
	if err != nil {
		return nil, err
	}
	return x.eval().Value(t)
}

func (x *taskRun) setFact(_ context.Context, args *value.Dict) (*value.Dict, error) {
	cacheable, err := x.strictly(get(args, "cacheable"))
	if err != nil {
		return nil, err
	}
	args.Del("cacheable")
	if args.Len() == 0 {
		return nil, x.actionFail("No key/value pairs provided, at least one is required for this action to succeed")
	}
	facts := value.NewDict()
	for i, k := range args.K {
		name, key, err := x.keyName(k)
		if err != nil {
			return nil, err
		}
		if x.tagged() && !isVariableName(name) {
			return nil, x.badName(key, "args.", k)
		}
		if !isIdentifier(name) {
			return nil, x.actionFail("The variable name '" + name + "' is not valid. Variables must start with a letter or underscore character, " +
				"and contain only letters, numbers and underscores.")
		}
		_ = facts.Set(x.factKey(name, k), x.factValue(args.V[i])) // text can be a key
	}
	return value.DictOf("ansible_facts", facts, "_ansible_facts_cacheable", cacheable), nil
}

// factKey is the name of a variable; one of which dialect tagged warns says where it is written.
func (x *taskRun) factKey(name string, written value.Value) value.Value {
	s, _ := value.Text(written)
	if p, ok := x.t.Places["key.args."+s]; ok && x.tagged() && keyword.Reserved(name) {
		return &value.Str{S: name, At: &value.Origin{File: x.t.Pos.File, Line: p[0], Col: p[1]}}
	}
	return name
}

// keyName renders the name of a variable, which may itself be a template: the text that it comes to, and what it came to.
func (x *taskRun) keyName(k value.Value) (string, value.Value, error) {
	s, err := value.ToStr(k)
	if err != nil || !strings.Contains(s, "{{") {
		return s, k, err
	}
	t, err := x.outside().Parse(eval.ParseTemplate, s)
	if err != nil {
		return "", nil, err
	}
	v, err := x.eval().Value(t)
	if err != nil {
		return "", nil, err
	}
	s, err = value.ToStr(v)
	return s, v, err
}

// factValue turns the words for true and false into booleans, as set_fact does in dialect classic.
func (x *taskRun) factValue(v value.Value) value.Value {
	if s, ok := value.Text(v); ok && x.m.dialect == eval.Classic && !x.m.code.Settings.Native {
		switch strings.ToLower(s) {
		case "true", "yes":
			return true
		case "false", "no":
			return false
		}
	}
	return v
}

func (x *taskRun) fail(_ context.Context, args *value.Dict) (*value.Dict, error) {
	if err := x.validArgs(args, "msg"); err != nil {
		return nil, err
	}
	msg, ok := args.GetStr("msg")
	if !ok {
		msg = "Failed as requested from task"
	}
	return value.DictOf("failed", true, "msg", msg), nil
}

func (x *taskRun) assert(_ context.Context, args *value.Dict) (*value.Dict, error) {
	if x.tagged() {
		if err := x.taggedAssert(args); err != nil {
			return nil, err
		}
	} else if err := x.validArgs(args, "fail_msg", "msg", "quiet", "success_msg", "that"); err != nil {
		return nil, err
	}
	if !has(args, "that") {
		return nil, faultf(`conditional required in "that" string`)
	}
	failKey := "fail_msg"
	if !has(args, failKey) {
		failKey = "msg"
	}
	failMsg, err := message(args, failKey, "Assertion failed", "fail_msg or msg")
	if err != nil {
		return nil, err
	}
	successMsg, err := message(args, "success_msg", "All assertions passed", "success_msg")
	if err != nil {
		return nil, err
	}
	if err := x.hashable(args, "quiet"); err != nil {
		return nil, err
	}
	quiet, _ := eval.Boolean(get(args, "quiet"))
	res := value.NewDict()
	if !quiet {
		res.SetStr("_ansible_verbose_always", true)
	}
	for _, that := range x.thats(args) {
		cond, err := x.parsedCondition(that)
		if err != nil {
			return nil, err
		}
		x.warnOfDelimiters(cond)
		ok, err := x.eval().Condition(cond)
		if err != nil {
			return nil, err
		}
		if !ok {
			res.Update(value.DictOf("failed", true, "evaluated_to", false, "assertion", that, "msg", failMsg))
			return res, nil
		}
	}
	res.SetStr("changed", false)
	res.SetStr("msg", successMsg)
	return res, nil
}

// thats lists the conditions of an assert as written; a text that is a template stands for what it
// renders to.
func (x *taskRun) thats(args *value.Dict) []value.Value {
	var raw value.Value
	if d, ok := x.t.Args.V.(*value.Dict); ok {
		raw = get(d, "that")
	}
	switch v := raw.(type) {
	case *value.List:
		return untemplated(v.V)
	case nil, *value.Tmpl:
	default:
		return []value.Value{raw}
	}
	that := get(args, "that")
	if l, ok := that.(*value.List); ok {
		return l.V
	}
	if x.tagged() && raw != nil {
		that = raw.(*value.Tmpl).Src
	}
	return []value.Value{that}
}

func untemplated(list []value.Value) []value.Value {
	out := make([]value.Value, len(list))
	for i, v := range list {
		if t, ok := v.(*value.Tmpl); ok {
			v = t.Src
		}
		out[i] = v
	}
	return out
}

// parsedCondition turns a condition given as data into one that can be evaluated.
func (x *taskRun) parsedCondition(that value.Value) (value.Value, error) {
	src, ok := value.Text(that)
	if !ok {
		return that, nil
	}
	return x.outside().Parse(eval.ParseCondition, src)
}

// message reads an argument that is a text or a list of texts.
func message(args *value.Dict, key, unset, called string) (value.Value, error) {
	switch v := get(args, key).(type) {
	case nil:
		return unset, nil
	case string, *value.Str:
		return v, nil
	case *value.List:
		for _, e := range v.V {
			if !isText(e) {
				return nil, faultf("Type of one of the elements in %s list is not string type", called)
			}
		}
		return v, nil
	default:
		return nil, faultf("Incorrect type for %s, expected a string or list and got <class '%s'>", called, value.TypeName(v))
	}
}

func (x *taskRun) setStats(_ context.Context, args *value.Dict) (*value.Dict, error) {
	if err := x.validArgs(args, "aggregate", "data", "per_host"); err != nil {
		return nil, err
	}
	data, ok := get(args, "data").(*value.Dict)
	if has(args, "data") && !ok {
		return value.DictOf("failed", true, "msg", "The 'data' option needs to be a dictionary/hash"), nil
	}
	stats := value.DictOf("data", value.NewDict(), "per_host", false, "aggregate", true)
	for _, opt := range []string{"per_host", "aggregate"} {
		if v := get(args, opt); v != nil {
			b, _ := eval.Boolean(v)
			stats.SetStr(opt, b)
		}
	}
	out := value.NewDict()
	for i := range data.Len() {
		name, key, err := x.keyName(data.K[i])
		if err != nil {
			return nil, err
		}
		if x.tagged() && !isVariableName(name) {
			return nil, x.badName(key, "args.data.", data.K[i])
		}
		if !isIdentifier(name) {
			return value.DictOf("failed", true, "msg", "The variable name '"+name+"' is not valid. Variables must start with a letter or underscore character, "+
				"and contain only letters, numbers and underscores."), nil
		}
		out.SetStr(name, data.V[i])
	}
	stats.SetStr("data", out)
	return value.DictOf("changed", false, "ansible_stats", stats), nil
}

// ask puts a question to the controller whose answer is the result of the task.
func (x *taskRun) ask(ctx context.Context, what event.Ask, name string, args *value.Dict) (*value.Dict, error) {
	n := need(what, x, args)
	n.Name = name
	a, err := x.m.up.Ask(ctx, n)
	if err != nil {
		return nil, err
	}
	for _, w := range a.Warnings {
		if what == event.LoadVars { // Ansible does this in the task's own process
			x.warnOf(w)
		} else {
			x.warn(w)
		}
	}
	if class, ok := strings.CutPrefix(a.Kind, event.Raised); ok {
		return nil, &eval.Error{Class: class, Msg: a.Error}
	}
	if a.Kind == event.Handling {
		return nil, &eval.Error{Class: exception.Ansible, Msg: a.Error, Handling: true}
	}
	if a.Error != "" {
		return nil, &fault{msg: a.Error, excerpt: a.Kind == "excerpt"}
	}
	res, ok := a.Value.V.(*value.Dict)
	if !ok {
		return nil, faultf("the controller answered with a %s", value.TypeName(a.Value.V))
	}
	return res, nil
}

func (x *taskRun) includeVars(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	return x.ask(ctx, event.LoadVars, "", args)
}

func (x *taskRun) addHost(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	if raw, ok := get(args, "_raw_params").(*value.Dict); ok {
		args.Del("_raw_params")
		all := raw.Copy()
		all.Update(args)
		args = all
	}
	name := firstOf(args, "name", "hostname", "host")
	if name == nil {
		return nil, x.actionFail("name, host or hostname needs to be provided")
	}
	switch groups := firstOf(args, "groupname", "groups", "group").(type) {
	case *value.Dict:
		if groups.Len() > 0 {
			return nil, x.badGroups()
		}
	case int64, float64:
		return nil, x.badGroups()
	}
	return x.ask(ctx, event.Inventory, event.Describe, args)
}

// badGroups is the failure of add_host where groups are neither a text nor a list.
func (x *taskRun) badGroups() error {
	const msg = "Groups must be specified as a list."
	if !x.tagged() {
		return x.actionFail(msg)
	}
	f := &failure.Failure{Msg: msg}
	written, _ := x.t.Args.V.(*value.Dict)
	for _, name := range []string{"groupname", "groups", "group"} {
		if v, ok := written.GetStr(name); ok {
			f.At = x.keywordOrigin("args."+name, v)
			break
		}
	}
	return &taggedFault{chain: f, result: value.DictOf("failed", true, "msg", msg)}
}

func (x *taskRun) groupBy(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	if err := x.validArgs(args, "key", "parents"); err != nil {
		return nil, err
	}
	if !has(args, "key") {
		return value.DictOf("failed", true, "msg", "the 'key' param is required when using group_by"), nil
	}
	if err := x.groupTypes(args); err != nil {
		return nil, err
	}
	return x.ask(ctx, event.Inventory, event.Describe, args)
}

func firstOf(d *value.Dict, keys ...string) value.Value {
	for _, k := range keys {
		if v, ok := d.GetStr(k); ok {
			return v
		}
	}
	return nil
}

func has(d *value.Dict, key string) bool {
	_, ok := d.GetStr(key)
	return ok
}

package machine

import (
	"time"

	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// prepared is a task with all its keywords rendered, ready for its attempts.
type prepared struct {
	args    *value.Dict
	env     map[string]string
	retries int64
	delay   time.Duration
	timeout time.Duration
	become  Become
	// connection is the connection plugin that the task or the command line names.
	connection string
	register   string
	// async is set when the task does not wait for its module; poll is how often it then looks for the end.
	async *module.Async
	poll  time.Duration
	// collectors are the only ones that are of use, of a call of setup; nil for all.
	collectors []string
}

// prepare renders the keywords in the order in which Ansible does: of several faults the first one
// met is told.
func (x *taskRun) prepare() (*prepared, error) {
	if err := x.named(); err != nil {
		return nil, err
	}
	p := &prepared{register: x.t.Register}
	x.label = x.resultName()
	var err error
	if p.env, err = x.environment(); err != nil {
		return nil, err
	}
	if err := x.renderFlags(); err != nil {
		return nil, err
	}
	timeout, err := x.number64("timeout", x.t.Timeout, int64(x.m.code.Settings.TaskTimeout))
	if err != nil {
		return nil, err
	}
	p.timeout = time.Duration(timeout) * time.Second
	if _, err := x.number64("port", x.t.Port, 0); err != nil {
		return nil, err
	}
	if p.connection, err = x.connectionKeyword(); err != nil {
		return nil, err
	}
	if p.args, err = x.arguments(); err != nil {
		return nil, err
	}
	if err := x.renderDelegation(); err != nil {
		return nil, err
	}
	if err := x.renderNotify(); err != nil {
		return nil, err
	}
	if err := x.renderRetries(p); err != nil {
		return nil, err
	}
	if p.become, err = x.become(); err != nil {
		return nil, err
	}
	return p, x.renderAsync(p)
}

// resultName is the name that a result has. Unlike a banner it has a name that is a number, too.
func (x *taskRun) resultName() string {
	if !x.t.Named() && !x.t.Name.IsSet() && x.written != nil {
		return x.fullName("")
	}
	if x.tagged() { // as in the banner
		reach := x.vars.reach
		x.vars.reach = nil
		defer func() { x.vars.reach = reach }()
	}
	if x.t.Named() || !x.t.Name.IsSet() {
		return x.name()
	}
	s, _ := value.ToStr(x.t.Name.V)
	return s
}

func (x *taskRun) renderRetries(p *prepared) error {
	delay, err := x.number64("delay", x.t.Delay, 5)
	if err != nil {
		return err
	}
	if delay < 0 {
		delay = 1
	}
	p.delay = time.Duration(delay) * time.Second
	retries, err := x.number64("retries", x.t.Retries, 3)
	switch {
	case err != nil:
		return err
	case len(x.t.Until) == 0:
		p.retries = 1
	case retries <= 0:
		p.retries = 1
	case !x.t.Retries.IsSet():
		p.retries = 3
	default:
		p.retries = retries + 1
	}
	return nil
}

func (x *taskRun) renderFlags() (err error) {
	set := func(name string, v ir.Val, into *bool) {
		if err == nil && v.IsSet() {
			*into, err = x.keyword(name, v, *into)
		}
	}
	set("no_log", x.t.NoLog, &x.flags.NoLog)
	ignore := false
	if set("ignore_errors", x.t.IgnoreErrors, &ignore); err == nil {
		x.flags.IgnoreErrors = ignore
	}
	set("ignore_unreachable", x.t.IgnoreUnreachable, &x.flags.IgnoreUnreachable)
	set("check_mode", x.t.CheckMode, &x.flags.Check)
	set("diff", x.t.Diff, &x.flags.Diff)
	sound := err == nil
	set("any_errors_fatal", x.t.AnyErrorsFatal, &x.flags.AnyErrorsFatal)
	if sound && err != nil && !x.tagged() {
		x.flags.AnyErrorsFatal = true // the strategy takes the keyword as it is written, and any text is true
	}
	set("run_once", x.t.RunOnce, &x.flags.RunOnce)
	return err
}

// renderDelegation renders the keywords that send the task to another host.
func (x *taskRun) renderDelegation() error {
	var err error
	if x.t.DelegateFacts.IsSet() {
		if x.flags.DelegateFacts, err = x.keyword("delegate_facts", x.t.DelegateFacts, false); err != nil {
			return err
		}
	}
	if !x.t.DelegateTo.IsSet() {
		return nil
	}
	v, given, err := x.rendered("delegate_to", x.t.DelegateTo)
	if err != nil {
		if x.tagged() {
			return err
		}
		return x.fieldFault("delegate_to", x.t.DelegateTo.V, err)
	}
	if !given {
		x.flags.DelegateTo = ""
		return nil
	}
	x.flags.DelegateTo, err = value.ToStr(v)
	return err
}

// hostless refuses a delegate_to that comes to nothing, before conditions are looked at.
//
// Observed: ansible-core 2.18, and 2.19, which refuses one that cannot be rendered there, too.
func (x *taskRun) hostless() error {
	if !x.m.newer || !x.t.DelegateTo.IsSet() {
		return nil
	}
	v, given, err := x.rendered("delegate_to", x.t.DelegateTo)
	switch {
	case err != nil && x.tagged():
		return err
	case err != nil || !given:
		return nil
	}
	if s, ok := value.Text(v); ok && s == "" {
		return faultf("Empty hostname produced from delegate_to: \"%s\"", x.writtenDelegate())
	}
	return nil
}

// writtenDelegate is delegate_to as the playbook has it: callbacks show that of a task that failed before
// the keyword was rendered.
func (x *taskRun) writtenDelegate() string {
	if !x.t.DelegateTo.IsSet() {
		return ""
	}
	s, _ := value.ToStr(x.t.DelegateTo.V)
	return s
}

// renderNotify adds the handlers that the task names for this item.
func (x *taskRun) renderNotify() error {
	for _, n := range x.t.Notify {
		v, err := x.eval().Value(n.V)
		if err != nil {
			return x.fieldFault("notify", n.V, err)
		}
		list, ok := v.(*value.List)
		if !ok {
			list = value.NewList(v)
		}
		for _, e := range list.V {
			s, err := value.ToStr(e)
			if err != nil {
				return x.fieldFault("notify", n.V, err)
			}
			x.notify = append(x.notify, s)
		}
	}
	return nil
}

// arguments renders the task's arguments, with the module defaults below them and omitted ones
// gone.
func (x *taskRun) arguments() (*value.Dict, error) {
	v, err := x.argumentValues()
	if err != nil {
		return nil, err
	}
	if v == nil {
		v = value.NewDict()
	}
	args, ok := v.(*value.Dict)
	if !ok {
		s, _ := value.ToStr(v)
		return nil, faultf("invalid or malformed argument: '%s'", s)
	}
	args = args.Copy()
	if args, err = x.variableParams(args); err != nil {
		return nil, err
	}
	if args, err = x.withDefaults(args); err != nil {
		return nil, err
	}
	return x.given(args), nil
}

// variableParams spreads "module: '{{ dict }}'": the variable's entries below those written out.
func (x *taskRun) variableParams(args *value.Dict) (*value.Dict, error) {
	if has(args, "_refused_params") {
		return nil, &taggedFault{chain: failure.New("Action '" + x.t.Module + "' does not support raw params.")}
	}
	v, ok := args.GetStr("_variable_params")
	if !ok {
		return args, nil
	}
	args.Del("_variable_params")
	d, ok := v.(*value.Dict)
	if !ok && !x.tagged() {
		s, _ := value.ToStr(v)
		return nil, faultf("invalid or malformed argument: '%s'", s)
	}
	if x.m.code.Settings.InjectFacts {
		x.warnSplat()
	}
	if !ok {
		return nil, because("Finalization of task args for '"+x.t.Module+"' failed.", originOf(x.t.ActionPos), &taggedFault{chain: &failure.Failure{
			Msg: "Task args must resolve to a 'dict' not '" + value.TypeName(v) + "'.", At: x.splatOrigin()}})
	}
	all := d.Copy()
	all.Update(args)
	return all, nil
}

// warnSplat warns of arguments that a variable names.
func (x *taskRun) warnSplat() {
	const where = " is unsafe in some situations (see https://docs.ansible.com/ansible/devel/reference_appendices/faq.html#argsplat-unsafe)"
	if !x.tagged() {
		x.warnOf("Using a variable for a task's 'args'" + where)
		return
	}
	x.tell(&failure.Failure{Msg: "Using a template for task args" + where + ".", At: x.splatOrigin()})
}

// splatOrigin is where the variable of the arguments is named.
func (x *taskRun) splatOrigin() *value.Origin {
	if args, ok := x.t.Args.V.(*value.Dict); ok {
		return value.OriginOf(get(args, "_variable_params"))
	}
	return nil
}

func (x *taskRun) withDefaults(args *value.Dict) (*value.Dict, error) {
	if len(x.t.Defaults) == 0 {
		return args, nil
	}
	all, err := x.joined(x.t.Defaults)
	if err != nil {
		return nil, err
	}
	if !x.tagged() {
		all.Update(args)
		return all, nil
	}
	args = args.Copy() // there the task's own come first
	for i, k := range all.K {
		if _, given, err := args.Get(k); !given && err == nil {
			_ = args.Set(k, all.V[i])
		}
	}
	return args, nil
}

// joined evaluates entries of module_defaults; later ones count.
func (x *taskRun) joined(list []ir.Val) (*value.Dict, error) {
	all := value.NewDict()
	for _, d := range list {
		v, err := x.eval().Value(d.V)
		if err != nil {
			return nil, x.fieldFault("module_defaults", d.V, err)
		}
		if dd, ok := v.(*value.Dict); ok {
			all.Update(dd)
		}
	}
	return all, nil
}

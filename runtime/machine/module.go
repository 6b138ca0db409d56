package machine

import (
	"context"

	"github.com/vmihailenco/msgpack/v5"

	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/module"
)

// module calls the task's module, on this host or on the one the task is delegated to.
func (x *taskRun) module(ctx context.Context, p *prepared) (*value.Dict, error) {
	c := &module.Call{
		Name: x.t.Module, Action: x.t.Action, Args: p.args, Check: x.flags.Check, Diff: x.flags.Diff, NoLog: x.flags.NoLog,
		Async: p.async, Verbosity: x.m.code.Settings.Verbosity, Env: p.env, Blobs: &blobs{x: x, ctx: ctx}, LocalTmp: x.m.code.Settings.LocalTmp,
		Dialect: x.m.dialect, Newer: x.m.newer, Collectors: p.collectors, MaxDiff: x.m.code.Settings.MaxDiff,
	}
	if err := x.shell(c); err != nil {
		return nil, err
	}
	if err := x.source(ctx, c); err != nil {
		return nil, err
	}
	if c.Name == asyncStatus {
		c.Args = c.Args.Copy()
		c.Args.SetStr("_async_dir", x.asyncDir())
	}
	if err := x.python(c); err != nil {
		return nil, err
	}
	if x.foreign || x.t.Foreign || !x.m.run.Has(c.Name) {
		if err := x.payload(ctx, c, ""); err != nil {
			return nil, err
		}
	}
	res, err := x.call(ctx, c, p.become)
	if err == nil && has(res, module.DeclinedKey) {
		why, _ := value.Text(get(res, module.DeclinedKey))
		if err = x.payload(ctx, c, why); err == nil {
			res, err = x.call(ctx, c, p.become)
		}
	}
	if err != nil {
		return nil, err
	}
	x.foundPython(c, res)
	x.outputWarnings(res)
	if err := x.strict(res); err != nil {
		return nil, err
	}
	return raised(res)
}

// setting is a variable of this host, or of the one that the task is delegated to, as text; otherwise is what holds without it.
func (x *taskRun) setting(host, name, otherwise string) (string, error) {
	v, ok := x.variableOf(host, name)
	if !ok {
		return otherwise, nil
	}
	v, err := x.eval().Value(v)
	if err != nil {
		return "", err
	}
	return value.ToStr(v)
}

// remoteTmp is the folder below which tasks keep temporary files, on the host.
func (x *taskRun) remoteTmp() (string, error) {
	return x.setting(x.flags.DelegateTo, "ansible_remote_tmp", x.m.code.Settings.RemoteTmp)
}

// shell says which shell runs the line of raw, that of the setting, and which one the variable says starts other modules.
func (x *taskRun) shell(c *module.Call) (err error) {
	c.Shell = x.m.code.Settings.Reach.Executable
	if c.Name != "ansible.builtin.raw" {
		c.Shell, err = x.setting(x.flags.DelegateTo, "ansible_shell_executable", c.Shell)
	}
	if c.Shell == "/bin/sh" {
		c.Shell = ""
	}
	return err
}

// call runs a call on the host that the task is for.
func (x *taskRun) call(ctx context.Context, c *module.Call, b Become) (*value.Dict, error) {
	as := b
	if b.Same {
		b = Become{}
	}
	route, own, err := x.route()
	if err != nil {
		return nil, err
	}
	if c.RemoteBase, err = x.remoteTmp(); err != nil {
		return nil, err
	}
	if err := x.shellThere(); err != nil {
		return nil, err
	}
	if !own || x.m.host.Detached || x.m.code.Settings.Detached {
		c.WantsTemp = x.wantsTemp(c, as)
		return x.delegate(ctx, c, b, route)
	}
	c.WantsTemp = x.wantsTemp(c, as)
	if b == (Become{}) || c.WantsTemp { // the agent of another user has its own
		c.RemoteTmp, err = x.m.run.TempDir(c.RemoteBase, c.Shell)
		if lost, err := tempLost(err, c.WantsTemp); lost != nil || err != nil {
			return lost, err
		}
	}
	return x.m.run.Run(ctx, c, b), nil
}

// Raised is what a Runner gives for an error that Ansible raises before there is a result of the module:
// the result of the task is the message alone.
func Raised(msg string) *value.Dict { return value.DictOf("_ansible_raised", true, "msg", msg) }

func raised(res *value.Dict) (*value.Dict, error) {
	if !has(res, "_ansible_raised") {
		return res, nil
	}
	msg, _ := value.Text(get(res, "msg"))
	if chain := failure.FromValue(get(res, "_ansible_error")); chain != nil {
		return nil, &taggedFault{chain: chain}
	}
	if class, ok := value.Text(get(res, "class")); ok {
		return nil, &eval.Error{Class: class, Msg: msg}
	}
	return nil, faultf("%s", msg)
}

// EncodeCall turns a call and its user into a value that goes to another agent. The source goes by
// name: its blobs are fetched by whoever runs the call.
func EncodeCall(c *module.Call, b Become) *value.Dict {
	env := value.NewDict()
	for k, v := range c.Env {
		env.SetStr(k, v)
	}
	d := value.DictOf("name", c.Name, "action", c.Action, "args", c.Args, "check", c.Check, "diff", c.Diff, "no_log", c.NoLog, "verbosity", int64(c.Verbosity), "dialect", int64(c.Dialect), "newer", c.Newer, "env", env)
	if c.Collectors != nil {
		l := value.NewList()
		for _, n := range c.Collectors {
			l.V = append(l.V, n)
		}
		d.SetStr("collectors", l)
	}
	for k, s := range map[string]string{"local_tmp": c.LocalTmp, "source_error": c.SourceError, "shell": c.Shell, "remote_base": c.RemoteBase} {
		if s != "" {
			d.SetStr(k, s)
		}
	}
	d.SetStr("max_diff", c.MaxDiff)
	if c.WantsTemp {
		d.SetStr("wants_temp", true)
	}
	if c.Content != nil {
		d.SetStr("content", c.Content)
	}
	if c.Source != nil {
		d.SetStr("source", encodeSource(c.Source))
	}
	if a := c.Async; a != nil {
		d.SetStr("async", value.NewList(a.ID, a.Limit, a.Dir))
	}
	if v := c.Discover; v != nil {
		fallback := value.NewList()
		for _, p := range v.Fallback {
			fallback.V = append(fallback.V, p)
		}
		d.SetStr("discover", value.DictOf("mode", v.Mode, "host", v.Host, "version", v.Version, "tagged", v.Tagged, "fallback", fallback))
	}
	if c.Payload != nil {
		b, _ := msgpack.Marshal(c.Payload) // of plain fields
		d.SetStr("payload", b)
		d.SetStr("interpreter", c.Interpreter)
	}
	if b != (Become{}) {
		d.SetStr("become", value.NewList(b.User, b.Method, b.Flags, b.Exe, b.Password, b.Over))
	}
	return d
}

// DecodeCall is the reverse of EncodeCall. Missing or foreign entries give zero values.
func DecodeCall(d *value.Dict) (*module.Call, Become) {
	text := func(k string) string { s, _ := value.Text(get(d, k)); return s }
	flag := func(k string) bool { b, _ := get(d, k).(bool); return b }
	c := &module.Call{Name: text("name"), Action: text("action"), Args: asDict(get(d, "args")), Check: flag("check"), Diff: flag("diff"), NoLog: flag("no_log"), WantsTemp: flag("wants_temp"), Env: map[string]string{},
		LocalTmp: text("local_tmp"), SourceError: text("source_error"), Shell: text("shell"), RemoteBase: text("remote_base")}
	c.MaxDiff, _ = get(d, "max_diff").(int64)
	if n, ok := get(d, "verbosity").(int64); ok {
		c.Verbosity = int(n)
	}
	if l, ok := get(d, "collectors").(*value.List); ok {
		c.Collectors = make([]string, len(l.V))
		for i, v := range l.V {
			c.Collectors[i], _ = value.Text(v)
		}
	}
	if n, ok := get(d, "dialect").(int64); ok {
		c.Dialect = expr.Dialect(n)
	}
	c.Newer, _ = get(d, "newer").(bool)
	env := asDict(get(d, "env"))
	for i, k := range env.K {
		name, _ := value.Text(k)
		c.Env[name], _ = value.Text(env.V[i])
	}
	c.Content, _ = get(d, "content").([]byte)
	if l, ok := get(d, "async").(*value.List); ok && len(l.V) == 3 {
		c.Async = &module.Async{}
		c.Async.ID, _ = value.Text(l.V[0])
		c.Async.Limit, _ = l.V[1].(int64)
		c.Async.Dir, _ = value.Text(l.V[2])
	}
	if v, ok := get(d, "discover").(*value.Dict); ok {
		c.Discover = decodeDiscovery(v)
	}
	if b, ok := get(d, "payload").([]byte); ok {
		c.Payload = &ir.Payload{}
		if msgpack.Unmarshal(b, c.Payload) != nil {
			c.Payload = nil
		}
		c.Interpreter = text("interpreter")
	}
	if s, ok := get(d, "source").(*value.Dict); ok {
		c.Source = decodeSource(s)
	}
	var b Become
	if l, ok := get(d, "become").(*value.List); ok && len(l.V) == 6 {
		for i, p := range []*string{&b.User, &b.Method, &b.Flags, &b.Exe, &b.Password, &b.Over} {
			*p, _ = value.Text(l.V[i])
		}
	}
	return c, b
}

func decodeDiscovery(d *value.Dict) *module.Discovery {
	v := &module.Discovery{}
	v.Mode, _ = value.Text(get(d, "mode"))
	v.Host, _ = value.Text(get(d, "host"))
	v.Version, _ = value.Text(get(d, "version"))
	v.Tagged, _ = get(d, "tagged").(bool)
	if l, ok := get(d, "fallback").(*value.List); ok {
		for _, e := range l.V {
			s, _ := value.Text(e)
			v.Fallback = append(v.Fallback, s)
		}
	}
	return v
}

func encodeSource(s *module.Source) *value.Dict {
	d := value.DictOf("path", s.Path, "mode", int64(s.Mode), "size", s.Size, "digest", s.Digest, "link", s.Link, "dir", s.IsDir)
	if len(s.Children) > 0 {
		l := &value.List{}
		for i := range s.Children {
			l.V = append(l.V, encodeSource(&s.Children[i]))
		}
		d.SetStr("children", l)
	}
	return d
}

func decodeSource(d *value.Dict) *module.Source {
	s := &module.Source{}
	s.Path, _ = value.Text(get(d, "path"))
	s.Digest, _ = value.Text(get(d, "digest"))
	s.Link, _ = value.Text(get(d, "link"))
	s.IsDir, _ = get(d, "dir").(bool)
	s.Size, _ = get(d, "size").(int64)
	mode, _ := get(d, "mode").(int64)
	s.Mode = uint32(mode)
	if l, ok := get(d, "children").(*value.List); ok {
		for _, c := range l.V {
			s.Children = append(s.Children, *decodeSource(asDict(c)))
		}
	}
	return s
}

// choose prefers a variable over a keyword.
func (x *taskRun) choose(name string, v ir.Val) ir.Val {
	if r, ok := x.variableOf(x.flags.DelegateTo, name); ok {
		return ir.Val{V: r}
	}
	return v
}

// errKind tells the kind of an error of the evaluator.
func isUndefined(err error) bool { return eval.IsUndefined(err) }

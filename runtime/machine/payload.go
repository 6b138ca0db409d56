package machine

import (
	"context"
	"path"
	"strings"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/exception"
	"pbc/runtime/module"
	"pbc/runtime/python"
)

// payload gives a call the module that is not native: from the controller, once for each. Why is what the native module said
// that left the call to it, "" for none.
func (x *taskRun) payload(ctx context.Context, c *module.Call, why string) error {
	key := x.t.Action + "\x00" + x.t.ModuleFile
	p := x.m.payloads[key]
	if p == nil {
		a, err := x.m.up.Ask(ctx, &event.Need{Ask: event.Payload, Task: x.moduleOf, Addr: x.addr, Name: x.instead, Args: ir.Val{V: why}})
		if err != nil {
			return err
		}
		if a.Kind == event.Unresolved {
			return &taggedFault{chain: &failure.Failure{Msg: a.Error, At: originOf(x.t.ActionPos)}}
		}
		if a.Error != "" || a.Payload == nil {
			return faultf("%s", a.Error)
		}
		p = a.Payload
		x.m.payloads[key] = p
	}
	own := *p
	c.Payload = &own
	if err := x.limit(&own); err != nil {
		return err
	}
	if err := x.internals(&own); err != nil {
		return err
	}
	return x.interpreter(c)
}

// internals are the arguments that are added to those of the task, of which variables of the task change some.
func (x *taskRun) internals(p *ir.Payload) error {
	all, ok := p.Internal.V.(*value.Dict)
	if !ok {
		return nil
	}
	all = all.Copy()
	p.Internal.V = all
	tmp, err := x.remoteTmp()
	if err != nil {
		return err
	}
	all.SetStr("_ansible_remote_tmp", tmp)
	for name, host := range map[string]string{"shell_executable": x.flags.DelegateTo, "syslog_facility": "", "target_log_info": ""} {
		old, known := all.GetStr("_ansible_" + name)
		if !known { // this ansible-core has no such argument
			continue
		}
		now, _ := value.Text(old)
		v, err := x.setting(host, "ansible_"+name, now)
		if err != nil {
			return err
		}
		if v != now || old != nil {
			all.SetStr("_ansible_"+name, v)
		}
	}
	return nil
}

// limit has a module open as many files as the host's variable allows it, or else the setting.
//
// Ansible docs: "PYTHON_MODULE_RLIMIT_NOFILE".
func (x *taskRun) limit(p *ir.Payload) error {
	v, ok := x.vars.Lookup("ansible_python_module_rlimit_nofile")
	switch {
	case ok:
	case p.OpenFiles.IsSet():
		v = p.OpenFiles.V
	default:
		return nil
	}
	r, err := x.eval().Value(v)
	if err != nil {
		return err
	}
	n, ok := toInt(r)
	if !ok {
		s, _ := value.ToStr(r)
		return exception.ValueError("invalid literal for int() with base 10: %s", value.StrRepr(s))
	}
	p.Limit = int(n)
	return nil
}

// interpreter gives a call the interpreter that the user asked for in place of the one that the module names, when
// that is no Python: see python.
//
// Ansible docs: "ansible_*_interpreter".
func (x *taskRun) interpreter(c *module.Call) error {
	if len(c.Payload.Interpreter) == 0 {
		c.Interpreter, c.Discover = "", nil
		return nil
	}
	name := strings.TrimSpace(path.Base(c.Payload.Interpreter[0]))
	if name == "python" {
		return nil
	}
	c.Interpreter, c.Discover = "", nil
	v, ok := x.variableOf(x.flags.DelegateTo, "ansible_"+name+"_interpreter")
	if !ok {
		return nil
	}
	r, err := x.eval().Value(v)
	if err != nil {
		return err
	}
	c.Interpreter, err = value.ToStr(r)
	c.Interpreter = strings.TrimSpace(c.Interpreter)
	return err
}

// plain are the modules that Ansible runs without Python.
var plain = map[string]bool{"ansible.builtin.raw": true, "ansible.builtin.script": true}

// python gives a call the Python of its host, or has it found first: for native modules, too, since Ansible tells in
// the result of any module what it found.
//
// Ansible docs: "Interpreter Discovery".
func (x *taskRun) python(c *module.Call) error {
	if plain[c.Name] {
		return nil
	}
	host := x.flags.DelegateTo
	v, ok := x.variableOf(host, "ansible_python_interpreter")
	if !ok {
		v = x.m.code.Settings.Interpreter
	}
	r, err := x.eval().Value(v)
	if err != nil {
		return err
	}
	s, err := value.ToStr(r)
	if err != nil {
		return err
	}
	if s = strings.TrimSpace(s); s != "" && !strings.HasPrefix(s, "auto") {
		c.Interpreter = s
		return nil
	}
	return x.discover(c, s)
}

// discover has the Python of a host found, unless it was.
func (x *taskRun) discover(c *module.Call, mode string) error {
	host := x.flags.DelegateTo
	if p, ok := x.discovered[host]; ok {
		c.Interpreter = p
		return nil
	}
	if v, ok := x.factOf(host, module.DiscoveredFact); ok {
		c.Interpreter, _ = value.Text(v)
		return nil
	}
	if mode == "" {
		mode = "auto"
	}
	if x.tagged() && strings.HasPrefix(mode, "auto_legacy") {
		x.deprecate(python.Deprecation("The '"+mode+"' option for 'INTERPRETER_PYTHON' now has the same effect as 'auto'.", "2.21"))
	}
	c.Discover = &module.Discovery{Mode: mode, Host: x.m.host.Name, Version: x.m.code.Settings.CoreVersion, Tagged: x.m.dialect == eval.Tagged}
	if v, ok := x.variableOf(host, "ansible_interpreter_python_fallback"); ok {
		if l, ok := v.(*value.List); ok {
			for _, e := range l.V {
				s, _ := value.Text(e)
				c.Discover.Fallback = append(c.Discover.Fallback, s)
			}
		}
	}
	return nil
}

// factOf is a fact of this host, or of the one that the task is delegated to.
func (x *taskRun) factOf(host, name string) (value.Value, bool) {
	if host == "" {
		return x.m.host.Facts.GetStr(name)
	}
	return x.variableOf(host, name)
}

// foundPython notes which Python a call has found, for the items and attempts that follow. What was found on another
// host is no fact of this one.
func (x *taskRun) foundPython(c *module.Call, res *value.Dict) {
	facts, ok := get(res, "ansible_facts").(*value.Dict)
	if c.Discover == nil || !ok {
		return
	}
	p, _ := value.Text(get(facts, module.DiscoveredFact))
	if x.discovered == nil {
		x.discovered = map[string]string{}
	}
	host := x.flags.DelegateTo
	x.discovered[host] = p
	if host == "" || x.flags.DelegateFacts {
		return
	}
	facts.Del(module.DiscoveredFact)
	if facts.Len() == 0 {
		res.Del("ansible_facts")
	}
}

// variableOf is a variable of this host, or of the one that the task is delegated to.
func (x *taskRun) variableOf(host, name string) (value.Value, bool) {
	if host == "" {
		return x.vars.Lookup(name)
	}
	return x.ofDelegate(host, name)
}

// outputWarnings tells the user what is to be said of a module's output.
func (x *taskRun) outputWarnings(res *value.Dict) {
	l, ok := get(res, module.WarningsKey).(*value.List)
	if !ok {
		return
	}
	res.Del(module.WarningsKey)
	for _, v := range l.V {
		s, _ := value.Text(v)
		if chain := failure.FromValue(v); chain != nil {
			x.tell(chain)
		} else if x.tagged() {
			x.tell(failure.New(s))
		} else {
			x.warn(s)
		}
	}
}

package machine

import (
	"context"
	"path"
	"strings"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// payload gives a call the module that is not native: from the controller, once for each.
func (x *taskRun) payload(ctx context.Context, c *module.Call) error {
	key := x.t.Action + "\x00" + x.t.ModuleFile
	p := x.m.payloads[key]
	if p == nil {
		a, err := x.m.up.Ask(ctx, &event.Need{Ask: event.Payload, Task: x.number, Addr: x.addr, Name: x.instead})
		if err != nil {
			return err
		}
		if a.Error != "" || a.Payload == nil {
			return faultf("%s", a.Error)
		}
		p = a.Payload
		x.m.payloads[key] = p
	}
	c.Payload = p
	return x.interpreter(c)
}

// interpreter gives a call the interpreter that the user asked for in place of the one that the module names.
//
// Ansible docs: "Interpreter Discovery", "ansible_*_interpreter".
func (x *taskRun) interpreter(c *module.Call) error {
	if len(c.Payload.Interpreter) == 0 {
		return nil
	}
	name := strings.TrimSpace(path.Base(c.Payload.Interpreter[0]))
	v, ok := x.variableOf(x.flags.DelegateTo, "ansible_"+name+"_interpreter")
	if !ok && name == "python" {
		v, ok = x.m.code.Settings.Interpreter, true
	}
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

// variableOf is a variable of this host, or of the one that the task is delegated to.
func (x *taskRun) variableOf(host, name string) (value.Value, bool) {
	if host == "" {
		return x.vars.Lookup(name)
	}
	v, ok, err := x.outside().HostVar(host, name)
	return v, ok && err == nil
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
		x.warn(s)
	}
}

var _ = ir.StylePython

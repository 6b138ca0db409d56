package machine

import (
	"errors"

	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/module"
)

// transfers are the modules whose action makes its temporary folder before it looks at anything.
var transfers = map[string]bool{"ansible.builtin.copy": true, "ansible.builtin.template": true, "ansible.builtin.script": true,
	"ansible.builtin.assemble": true, "ansible.builtin.unarchive": true, "ansible.builtin.uri": true}

// wantsTemp says whether Ansible would make a temporary folder on the host for this call: always without pipelining, and with
// it for what cannot be piped. For an unprivileged user that the task becomes it makes one of the system's.
//
// Observed: ansible-core 2.14 and 2.19.
func (x *taskRun) wantsTemp(c *module.Call, b Become) bool {
	switch {
	case c.Name == "ansible.builtin.raw", b.User != "" && b.User != "root" && b.User != "toor" && !b.Same:
		return false
	case transfers[x.t.Module], c.Async != nil, b.Method == "su", c.Payload != nil && c.Payload.Style != ir.StylePython:
		return true
	}
	return !x.pipelined()
}

// pipelined says whether modules are piped to their interpreter: as the setting has it, unless a variable of the connection says
// otherwise.
func (x *taskRun) pipelined() bool {
	set := x.m.code.Settings.Reach.Pipelining
	for _, name := range pipeliningField.vars {
		v, ok := x.variableOf(x.flags.DelegateTo, name)
		if !ok {
			continue
		}
		if r, err := x.eval().Value(v); err == nil {
			if b, _ := eval.Boolean(r); b != set {
				return b
			}
		}
	}
	return set
}

// transferTemp is the result of a task whose action makes a temporary folder first, and cannot; nil for any other.
func (x *taskRun) transferTemp(p *prepared) (*value.Dict, error) {
	if !transfers[x.t.Module] {
		return nil, nil
	}
	c := &module.Call{Name: x.t.Module}
	_, own, err := x.route()
	if err != nil || !own || x.m.host.Detached || x.m.code.Settings.Detached || !x.wantsTemp(c, p.become) {
		return nil, err
	}
	if c.RemoteBase, err = x.remoteTmp(); err != nil {
		return nil, err
	}
	if err := x.shellThere(); err != nil {
		return nil, err
	}
	if err := x.shell(c); err != nil {
		return nil, err
	}
	_, err = x.m.run.TempDir(c.RemoteBase, c.Shell)
	return tempLost(err, true)
}

// tempLost is the result of a task whose temporary folder cannot be made, nil where it need not be: err is TempDir's.
func tempLost(err error, wanted bool) (*value.Dict, error) {
	var lost *module.TempError
	switch {
	case !errors.As(err, &lost):
		return nil, err
	case !wanted:
		return nil, nil
	}
	return lost.Result(), nil
}

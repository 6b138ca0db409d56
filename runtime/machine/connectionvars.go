package machine

import (
	"slices"

	"pbc/ir"
	"pbc/ir/value"
)

// connectionVars are the variables about the connection that a task sees while it runs, whoever sets them. Those of a row say the same: the first
// that is set stands for the others.
//
// Observed: scenarios/vars/connection.txtar.
var connectionVars = [][]string{
	{"ansible_connection"},
	{"ansible_module_compression"},
	{"ansible_shell_executable"},
	{"ansible_ssh_host", "ansible_host"},
	{"ansible_ssh_user", "ansible_user"},
	{"ansible_ssh_pass", "ansible_password"},
	{"ansible_ssh_port", "ansible_port"},
	{"ansible_ssh_pipelining", "ansible_pipelining"},
	{"ansible_ssh_timeout", "ansible_timeout"},
	{"ansible_ssh_private_key_file", "ansible_private_key_file"},
	{"ansible_connection_user"},
}

// connection gives the variables about the connection that nobody sets. They are there only while the task runs: its name and its loop are
// rendered without them.
func (s *scope) connection(name string) (value.Value, bool) {
	i := slices.IndexFunc(connectionVars, func(row []string) bool { return slices.Contains(row, name) })
	if s.running == nil || i < 0 {
		return nil, false
	}
	row := connectionVars[i]
	x := s.running
	for _, other := range row {
		if v, ok := x.connectionVar(other); ok {
			return v, true
		}
	}
	switch row[0] {
	case "ansible_connection":
		if v, ok := x.given("connection", x.t.Connection); ok {
			return v, true
		}
	case "ansible_ssh_user":
		if v, ok := x.given("remote_user", x.t.RemoteUser); ok {
			return v, true
		}
	case "ansible_ssh_host":
		if host := x.flags.DelegateTo; host != "" {
			return host, true
		}
		return s.m.host.Name, true
	case "ansible_connection_user":
		if c, ok := s.Lookup("ansible_connection"); !ok || c != value.Value("local") {
			return nil, false
		}
		return s.connection("ansible_user")
	}
	return asDict(s.m.code.Settings.ConnectionVars.V).GetStr(row[0])
}

// connectionVar is a variable of the host that the task runs on.
func (x *taskRun) connectionVar(name string) (value.Value, bool) {
	if host := x.flags.DelegateTo; host != "" {
		v, ok, err := x.outside().HostVar(host, name)
		return v, ok && err == nil
	}
	return x.vars.given(name)
}

// given is a keyword's value, if it has one.
func (x *taskRun) given(name string, v ir.Val) (value.Value, bool) {
	if !v.IsSet() {
		return nil, false
	}
	r, ok, err := x.rendered(name, v)
	return r, ok && err == nil
}

package machine

import (
	"slices"
	"strconv"

	"pbc/ir"
	"pbc/ir/value"
)

// reachNames are the variables that a task has about the way to its host where nothing defines them, by the names that
// say the same, variables and keywords; the last one counts. The keyword port does not.
//
// Observed: scenarios/connection/magic.txtar.
var reachNames = map[string][]string{
	"ansible_connection":           {"connection", "ansible_connection"},
	"ansible_module_compression":   nil,
	"ansible_shell_executable":     nil,
	"ansible_ssh_host":             {"ansible_ssh_host", "ansible_host"},
	"ansible_host":                 {"ansible_ssh_host", "ansible_host"},
	"ansible_ssh_user":             {"remote_user", "ansible_ssh_user", "ansible_user"},
	"ansible_user":                 {"remote_user", "ansible_ssh_user", "ansible_user"},
	"ansible_ssh_pass":             {"ansible_ssh_pass", "ansible_password"},
	"ansible_password":             {"ansible_ssh_pass", "ansible_password"},
	"ansible_ssh_port":             {"ansible_ssh_port", "ansible_port"},
	"ansible_port":                 {"ansible_ssh_port", "ansible_port"},
	"ansible_ssh_private_key_file": {"ansible_ssh_private_key_file", "ansible_private_key_file"},
	"ansible_private_key_file":     {"ansible_ssh_private_key_file", "ansible_private_key_file"},
	"ansible_ssh_timeout":          {"ansible_ssh_timeout"},
	"ansible_timeout":              {"ansible_ssh_timeout"},
	"ansible_ssh_pipelining":       nil,
	"ansible_pipelining":           nil,
	"ansible_connection_user":      nil,
}

// reachVars gives the variables of reachNames of the task. They are worked out when one is first read; while they are,
// there are none.
func (x *taskRun) reachVars() func(string) (value.Value, bool) {
	var route *value.Dict
	busy := false
	return func(name string) (value.Value, bool) {
		names, ok := reachNames[name]
		if !ok || busy {
			return nil, false
		}
		if route == nil {
			busy = true
			r, _, err := x.route()
			busy = false
			if err != nil {
				return nil, false // the module meets the same when it is to run
			}
			route = r
		}
		v := x.reachVar(name, names, route)
		return v, v != nil
	}
}

// reachVar is one of the variables of reachNames, nil when it is not set.
func (x *taskRun) reachVar(name string, names []string, route *value.Dict) value.Value {
	if name == "ansible_connection_user" {
		const connection, user = "ansible_connection", "ansible_user"
		if x.reachVar(connection, reachNames[connection], route) != value.Value("local") {
			return nil
		}
		return x.reachVar(user, reachNames[user], route)
	}
	v := x.reachDefault(name)
	for _, n := range names {
		if r, ok := route.GetStr(n); ok {
			v = r
		} else if r, ok := x.delegateVar(n); ok {
			v = r
		}
	}
	return reachTyped(name, v)
}

// reachDefault is what the settings and the host itself say.
func (x *taskRun) reachDefault(name string) value.Value {
	set := x.m.code.Settings
	switch name {
	case "ansible_connection":
		return set.Connection
	case "ansible_host", "ansible_ssh_host":
		if host := x.flags.DelegateTo; host != "" {
			return host
		}
		return x.m.batch.Host.Name
	case "ansible_user", "ansible_ssh_user":
		return textOrNil(set.Reach.User)
	case "ansible_password", "ansible_ssh_pass":
		if a := x.vars.ask("ansible_password"); a.Value.V != nil {
			return a.Value.V
		}
		return nil
	case "ansible_port", "ansible_ssh_port":
		return numberOrNil(set.Reach.Port)
	case "ansible_private_key_file", "ansible_ssh_private_key_file":
		return textOrNil(set.Reach.KeyFile)
	case "ansible_timeout", "ansible_ssh_timeout":
		return numberOrNil(set.Reach.Timeout)
	case "ansible_pipelining", "ansible_ssh_pipelining":
		return set.Reach.Pipelining
	case "ansible_module_compression":
		return textOrNil(set.Reach.Compression)
	}
	return textOrNil(set.Reach.Executable)
}

// delegateVar is a variable about the connection of the host that the task is delegated to.
func (x *taskRun) delegateVar(name string) (value.Value, bool) {
	if x.flags.DelegateTo == "" || !slices.Contains(ir.RouteVars, name) {
		return nil, false
	}
	v, ok, err := x.outside().HostVar(x.flags.DelegateTo, name)
	return v, ok && err == nil
}

// reachTyped gives a text from variables the type that Ansible keeps it in.
func reachTyped(name string, v value.Value) value.Value {
	text, ok := value.Text(v)
	switch {
	case ok && name == "ansible_connection" && text == "smart":
		return "ssh"
	case ok && (name == "ansible_port" || name == "ansible_ssh_port" || name == "ansible_timeout" || name == "ansible_ssh_timeout"):
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	}
	return v
}

func textOrNil(s string) value.Value {
	if s == "" {
		return nil
	}
	return s
}

func numberOrNil(n int) value.Value {
	if n == 0 {
		return nil
	}
	return int64(n)
}

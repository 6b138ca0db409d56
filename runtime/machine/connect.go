package machine

import (
	"fmt"
	"slices"

	"pbc/ir"
	"pbc/ir/value"
)

// contextField is one part of the way to a host, which Ansible works out for every task, also for one that never goes there: the
// variables that give it, of which the last one wins, over the keyword.
type contextField struct {
	name    string
	vars    []string
	keyword func(*ir.Task) ir.Val
	number  bool
}

// contextFields are those that Ansible checks.
//
// Observed: scenarios/connection/faults.txtar.
var contextFields = []contextField{
	{name: "connection", vars: []string{"ansible_connection"}},
	{name: "remote_addr", vars: []string{"ansible_ssh_host", "ansible_host"}},
	{name: "remote_user", vars: []string{"ansible_ssh_user", "ansible_user"}, keyword: func(t *ir.Task) ir.Val { return t.RemoteUser }},
	{name: "port", vars: []string{"ansible_ssh_port", "ansible_port"}, number: true},
	{name: "timeout", vars: []string{"ansible_ssh_timeout"}, number: true},
}

// contextSound says what is wrong with the way to the host, before the task itself is looked at. Of a delegated task it is the other
// host's, whoever connects tells of that.
func (x *taskRun) contextSound() error {
	if x.flags.DelegateTo != "" {
		return nil
	}
	for i := range contextFields {
		f := &contextFields[i]
		if v := x.contextValue(f); v.IsSet() {
			if err := x.contextFieldSound(f, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *taskRun) contextValue(f *contextField) ir.Val {
	for _, name := range slices.Backward(f.vars) {
		if v, ok := x.routeVar(name, false); ok {
			return ir.Val{V: v}
		}
	}
	if f.keyword != nil {
		return f.keyword(x.t)
	}
	return ir.Val{}
}

func (x *taskRun) contextFieldSound(f *contextField, v ir.Val) error {
	if _, constant := v.V.(string); constant && !f.number {
		return nil
	}
	r, given, err := x.rendered(f.name, v)
	switch {
	case err != nil:
		return x.contextFault(f.name, v.V, err)
	case !given || r == nil || !f.number:
		return nil
	}
	if _, ok := toInt(r); ok {
		return nil
	}
	if x.tagged() {
		return x.notConverted(f.name, v.V, r, "int")
	}
	why := notInt(r)
	return faultf("the field '%s' has an invalid value (%s), and could not be converted to an int.The error was: %s. %s", f.name, asText(v), why, why)
}

// notInt is what Python's int() says of a value that is no number.
func notInt(v value.Value) string {
	if s, ok := value.Text(v); ok {
		return "invalid literal for int() with base 10: " + value.StrRepr(s)
	}
	return fmt.Sprintf("int() argument must be a string, a bytes-like object or a real number, not '%s'", value.TypeName(v))
}

// connects refuses a connection plugin that there is not, for tasks that would never use it, too.
func (x *taskRun) connects() error {
	if x.flags.DelegateTo != "" {
		return nil
	}
	name, err := x.connectionKeyword()
	if err != nil {
		return err
	}
	if v := x.contextValue(&contextFields[0]); v.IsSet() {
		if name, err = x.connectionNamed(v); err != nil {
			return err
		}
	}
	if name == "" || ir.ConnectionOf(name) != ir.NoConnection { // of an empty name whoever connects tells
		return nil
	}
	return faultf("the connection plugin '%s' was not found", name)
}

// connectionKeyword is what the task or the command line says of the connection.
func (x *taskRun) connectionKeyword() (string, error) {
	if !x.t.Connection.IsSet() {
		return x.m.code.Settings.Connection, nil
	}
	return x.connectionNamed(x.t.Connection)
}

func (x *taskRun) connectionNamed(v ir.Val) (string, error) {
	r, given, err := x.rendered("connection", v)
	if err != nil {
		return "", x.fieldFault("connection", v.V, err)
	}
	if !given || r == nil {
		return x.m.code.Settings.Connection, nil
	}
	return value.ToStr(r)
}

// contextFault words an undefined variable in what says how to reach the host. Ansible does not show the place in dialect classic, and
// says it all twice.
func (x *taskRun) contextFault(field string, v value.Value, err error) error {
	if x.tagged() {
		return x.keywordFault(field, v, err)
	}
	if !isUndefined(err) {
		return err
	}
	return faultf("The field '%s' has an invalid value, which includes an undefined variable. The error was: %s. %s", field, err, err)
}

// fieldOf is Ansible's field that a variable about connections gives.
func fieldOf(name string) string {
	for _, f := range contextFields {
		if slices.Contains(f.vars, name) {
			return f.name
		}
	}
	if slices.Contains(ir.RouteSecrets, name) {
		return "password"
	}
	return name
}

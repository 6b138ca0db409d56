package machine

import (
	"fmt"
	"slices"
	"strings"

	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// contextField is one part of the way to a host, which Ansible works out for every task, also for one that never goes there: the
// variables that give it, of which the last one wins, over the keyword.
type contextField struct {
	name    string
	vars    []string
	keyword func(*ir.Task) ir.Val
	kind    string // "int" or "bool"; any text else
}

var (
	connectionField = contextField{name: "connection", vars: []string{"ansible_connection"}}
	shellField      = contextField{name: "shell", vars: []string{"ansible_shell_type"}}
	pipeliningField = contextField{name: "pipelining", vars: []string{"ansible_ssh_pipelining", "ansible_pipelining"}, kind: "bool"}
)

// contextFields are those that Ansible checks.
//
// Observed: scenarios/connection/faults.txtar, scenarios/connection/faults_become.txtar.
var contextFields = []contextField{
	connectionField,
	shellField,
	{name: "executable", vars: []string{"ansible_shell_executable"}},
	{name: "remote_addr", vars: []string{"ansible_ssh_host", "ansible_host"}},
	{name: "remote_user", vars: []string{"ansible_ssh_user", "ansible_user"}, keyword: func(t *ir.Task) ir.Val { return t.RemoteUser }},
	{name: "port", vars: []string{"ansible_ssh_port", "ansible_port"}, kind: "int"},
	pipeliningField,
	{name: "timeout", vars: []string{"ansible_ssh_timeout", "ansible_timeout"}, kind: "int"},
	{name: "private_key_file", vars: []string{"ansible_ssh_private_key_file", "ansible_private_key_file"}},
	{name: "become", vars: []string{"ansible_become"}, keyword: func(t *ir.Task) ir.Val { return t.Become.On }, kind: "bool"},
	{name: "become_method", vars: []string{"ansible_become_method"}, keyword: func(t *ir.Task) ir.Val { return t.Become.Method }},
	{name: "become_user", vars: []string{"ansible_become_user"}, keyword: func(t *ir.Task) ir.Val { return t.Become.User }},
	{name: "become_pass", vars: []string{"ansible_become_password", "ansible_become_pass"}},
	{name: "become_exe", vars: []string{"ansible_become_exe"}},
	{name: "check_mode", keyword: func(t *ir.Task) ir.Val { return t.CheckMode }, kind: "bool"},
	{name: "diff", keyword: func(t *ir.Task) ir.Val { return t.Diff }, kind: "bool"},
	{name: "become_flags", vars: []string{"ansible_become_flags"}, keyword: func(t *ir.Task) ir.Val { return t.Become.Flags }},
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
	if _, constant := v.V.(string); constant && f.kind == "" {
		return nil
	}
	r, given, err := x.rendered(f.name, v)
	if err != nil {
		return x.contextFault(f.name, v.V, err)
	}
	if !given || r == nil {
		return nil
	}
	why := f.unfit(r)
	switch {
	case why == "" || r == x.unrendered(f.name):
		return nil
	case x.tagged():
		return x.notConverted(f.name, v.V, r, f.kind)
	}
	return faultf("the field '%s' has an invalid value (%s), and could not be converted to an %s.The error was: %s. %s", f.name, asText(v), f.kind, why, why)
}

// unfit is what Python says of a value that is none of the field's kind, nothing of one that is.
func (f *contextField) unfit(v value.Value) string {
	switch f.kind {
	case "int":
		if _, ok := toInt(v); !ok {
			return notInt(v)
		}
	case "bool":
		if _, ok := eval.Boolean(v); !ok {
			return notBool(v)
		}
	}
	return ""
}

// notBool is what Ansible says of a value that is no truth.
func notBool(v value.Value) string {
	if err := unhashable(v); err != nil {
		return err.Error()
	}
	s, _ := value.ToStr(v)
	return fmt.Sprintf("The value '%s' is not a valid boolean.  Valid booleans include: %s", s, validBooleans)
}

// notInt is what Python's int() says of a value that is no number.
func notInt(v value.Value) string {
	if s, ok := value.Text(v); ok {
		return "invalid literal for int() with base 10: " + value.StrRepr(s)
	}
	return fmt.Sprintf("int() argument must be a string, a bytes-like object or a real number, not '%s'", value.TypeName(v))
}

// connects refuses a connection plugin, a shell plugin and a become method that there are not, for tasks that would never use them, too.
func (x *taskRun) connects(p *prepared) error {
	if x.flags.DelegateTo != "" {
		return nil
	}
	name := p.connection
	if v := x.contextValue(&connectionField); v.IsSet() {
		var err error
		if name, err = x.connectionNamed(v); err != nil {
			return err
		}
	}
	if name != "" && ir.ConnectionOf(name) == ir.NoConnection { // of an empty name whoever connects tells
		return faultf("the connection plugin '%s' was not found", name)
	}
	for _, f := range x.m.code.Settings.Faults {
		if f.Plugin == "sh" || slices.Contains([]string{"", "ssh", "smart"}, strings.TrimPrefix(name, "ansible.builtin.")) {
			return x.settingFault(f)
		}
	}
	shell, err := x.shellType()
	switch {
	case err != nil:
		return err
	case shell == "" && x.m.code.Settings.Reach.NoShell != "" && !x.hasShell():
		return faultf("%s", x.m.code.Settings.Reach.NoShell)
	case !among(shells, shell):
		return faultf("Could not find the shell plugin required (%s).", shell)
	case !among(becomeMethods, p.become.Method):
		return faultf("Invalid become method specified, could not find matching plugin: '%s'. Use `ansible-doc -t become -l` to list available plugins.", p.become.Method)
	}
	return nil
}

// hasShell says whether a variable names the shell of the task's connection.
func (x *taskRun) hasShell() bool {
	name, err := x.setting("", "ansible_shell_executable", "")
	return err != nil || name != ""
}

// shellThere is the fault of a connection that is local, whose shell Ansible wants to see before it starts it.
//
// Observed: scenarios/settings/shell_executable.txtar.
func (x *taskRun) shellThere() error {
	lost := x.m.code.Settings.Reach.LostShell
	if lost == "" || x.flags.DelegateTo != "" {
		return nil
	}
	if c, _ := x.vars.reach("ansible_connection"); c != value.Value("local") {
		return nil
	}
	return faultf("%s", lost)
}

// settingFault is the error of a plugin that gets a setting which it cannot have.
//
// Observed: scenarios/settings/faults.txtar.
func (x *taskRun) settingFault(f ir.SettingFault) error {
	if x.tagged() {
		return &taggedFault{chain: &failure.Failure{Msg: f.Msg, Help: f.Help}}
	}
	return faultf("%s", f.Msg)
}

// shells and becomeMethods are the plugins that the collections have which Ansible looks into for names without one. An empty name is
// that of the settings.
var (
	shells        = strings.Fields("sh cmd powershell csh fish")
	becomeMethods = strings.Fields("sudo su runas doas dzdo ksu machinectl pbrun pfexec pmrun run0 sesu sudosu enable")
)

// among says whether a plugin is one of a list. What is in a collection that has none of the list nobody here knows.
func among(list []string, name string) bool {
	for _, c := range []string{"ansible.builtin.", "ansible.legacy.", "ansible.posix.", "ansible.netcommon.", "community.general."} {
		name = strings.TrimPrefix(name, c)
	}
	return name == "" || strings.Contains(name, ".") || slices.Contains(list, name)
}

// shellType is the shell plugin that variables ask for.
func (x *taskRun) shellType() (string, error) {
	v := x.contextValue(&shellField)
	if !v.IsSet() {
		return "", nil
	}
	r, given, err := x.rendered("shell", v)
	if err != nil || !given || r == nil {
		return "", err
	}
	return value.ToStr(r)
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

package machine

import (
	"slices"
	"strings"

	"pbc/ir"
	"pbc/ir/value"
)

// BecomePasswords are the variables that may hold the password of a method of becoming another user, the last that is set counts.
func BecomePasswords(method string) []string {
	return []string{"ansible_become_password", "ansible_become_pass", "ansible_" + method + "_pass"}
}

// become works out which user the module runs as: variables win over the task, the task over the
// settings.
//
// Ansible docs: "Understanding privilege escalation: become".
func (x *taskRun) become() (Become, error) {
	set := x.m.code.Settings.Become
	host := x.m.batch.Host.Become
	if _, _, err := x.rendered("become_exe", x.t.Become.Exe); x.t.Become.Exe.IsSet() && err != nil {
		return Become{}, x.fieldFault("become_exe", x.t.Become.Exe.V, err) // of the keywords the only one that the way to the host has not
	}
	on, err := x.keyword("become", x.choose("ansible_become", x.t.Become.On), set.On)
	if err != nil || !on {
		return Become{}, err
	}
	b := Become{Method: set.Method}
	if err := x.becomeText(&b.Method, "become_method", x.t.Become.Method, "ansible_become_method"); err != nil {
		return Become{}, err
	}
	method := b.Method[strings.LastIndexByte(b.Method, '.')+1:]
	by := x.m.code.Settings.BecomeBy[method]
	b.User, b.Flags, b.Exe = firstText(by.User, set.User), firstText(by.Flags, set.Flags), firstText(by.Exe, set.Exe)
	b.Password = firstText(host.Password, set.Password, by.Password)
	passwords := BecomePasswords(method)
	x.passwords = passwords
	for i, n := range passwords {
		if x.choose(n, ir.Val{}).IsSet() {
			x.passwords = passwords[i+1:]
		}
	}
	for _, f := range []struct {
		into  *string
		field string
		v     ir.Val
		names []string
	}{
		{&b.User, "become_user", x.t.Become.User, []string{"ansible_become_user", "ansible_" + method + "_user"}},
		{&b.Flags, "become_flags", x.t.Become.Flags, []string{"ansible_become_flags", "ansible_" + method + "_flags"}},
		{&b.Exe, "become_exe", x.t.Become.Exe, []string{"ansible_become_exe", "ansible_" + method + "_exe"}},
		{&b.Password, "become_pass", ir.Val{}, passwords},
	} {
		if err := x.becomeText(f.into, f.field, f.v, f.names...); err != nil {
			return Become{}, err
		}
	}
	as, err := x.connectsAs(&b)
	known := method == "" || slices.Contains(ir.BecomeMethods, method) // another one fails also where the user would stay the same
	b.Same = err == nil && as == firstText(b.User, "root") && known && !x.m.code.Settings.AllowSameUser
	return b, nil // what is wrong with the way to the host the module meets, too
}

// connectsAs is the user as whom the module would run without become: the one named for the connection, or of a local
// connection the one who runs the playbook. A user whom only ssh knows has no name here.
//
// Ansible docs: BECOME_ALLOW_SAME_USER. Observed: scenarios/become/same_user.txtar.
func (x *taskRun) connectsAs(b *Become) (string, error) {
	route, _, err := x.route()
	if err != nil {
		return "", err
	}
	const connection, user = "ansible_connection", "ansible_user"
	if x.reachVar(connection, reachNames[connection], route) == value.Value("local") {
		b.Over = "local"
		return x.m.code.Settings.Reach.LocalUser, nil
	}
	name, _ := value.Text(x.reachVar(user, reachNames[user], route))
	return name, nil
}

// becomeText renders one part of changing user: the last of the variables that there are, else the keyword.
func (x *taskRun) becomeText(into *string, field string, keyword ir.Val, names ...string) error {
	v := keyword
	for _, n := range names {
		v = x.choose(n, v)
	}
	if !v.IsSet() {
		return nil
	}
	r, given, err := x.rendered(field, v)
	if err != nil {
		return x.contextFault(field, v.V, err)
	}
	if given && r != nil {
		*into, _ = value.ToStr(r)
	}
	return nil
}

func firstText(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

package system

import (
	"context"
	"math"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

var userSpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "state", Default: "present", Choices: argspec.Choices("absent", "present")},
		{Name: "name", Required: true, Aliases: []string{"user"}},
		{Name: "uid", Type: argspec.Int},
		{Name: "non_unique", Type: argspec.Bool, Default: false},
		{Name: "group"},
		{Name: "groups", Type: argspec.List, Elements: argspec.Str},
		{Name: "comment"},
		{Name: "home", Type: argspec.Path},
		{Name: "shell", OnlyClassic: true},
		{Name: "shell", Type: argspec.Path, OnlyTagged: true},
		{Name: "password", NoLog: true},
		{Name: "login_class"},
		{Name: "password_expire_max", Type: argspec.Int, LogOK: true},
		{Name: "password_expire_min", Type: argspec.Int, LogOK: true},
		{Name: "password_expire_warn", Type: argspec.Int, LogOK: true, OnlyTagged: true},
		{Name: "hidden", Type: argspec.Bool},
		{Name: "seuser"},
		{Name: "force", Type: argspec.Bool, Default: false},
		{Name: "remove", Type: argspec.Bool, Default: false},
		{Name: "create_home", Type: argspec.Bool, Default: true, Aliases: []string{"createhome"}},
		{Name: "skeleton"},
		{Name: "system", Type: argspec.Bool, Default: false},
		{Name: "move_home", Type: argspec.Bool, Default: false},
		{Name: "append", Type: argspec.Bool, Default: false},
		{Name: "generate_ssh_key", Type: argspec.Bool},
		{Name: "ssh_key_bits", Type: argspec.Int, Default: int64(0)},
		{Name: "ssh_key_type", Default: "rsa"},
		{Name: "ssh_key_file", Type: argspec.Path},
		{Name: "ssh_key_comment", Default: keyComment()},
		{Name: "ssh_key_passphrase", NoLog: true},
		{Name: "update_password", Default: "always", Choices: argspec.Choices("always", "on_create"), LogOK: true},
		{Name: "expires", Type: argspec.Float},
		{Name: "password_lock", Type: argspec.Bool, LogOK: true},
		{Name: "local", Type: argspec.Bool},
		{Name: "profile"},
		{Name: "authorization"},
		{Name: "role"},
		{Name: "umask"},
		{Name: "password_expire_account_disable", Type: argspec.Int, LogOK: true, OnlyTagged: true},
		{Name: "uid_min", Type: argspec.Int, OnlyTagged: true},
		{Name: "uid_max", Type: argspec.Int, OnlyTagged: true},
	},
	CheckMode: true,
}

func keyComment() string {
	name, _ := os.Hostname()
	return "ansible-generated on " + name
}

// User is ansible.builtin.user, on Linux with useradd and its like. SSH keys are left to the Python module, and so are
// accounts that libuser manages.
func User() module.Module {
	m := module.New("ansible.builtin.user", "user", module.Local, userSpec, user)
	m.Leaves = []string{"generate_ssh_key", "local", "expires"}
	m.Declines = func(c *module.Call) string {
		if why := onlyLinux(c); why != "" {
			return why
		}
		release, _ := os.ReadFile("/etc/os-release")
		if c.Tagged() && strings.Contains("\n"+string(release), "\nID=buildroot") {
			return "accounts are managed with the tools of BusyBox here"
		}
		return module.DeclinesWhen(userSpec, c, beyondUseradd)
	}
	return m
}

// beyondUseradd says what of a task useradd and its like cannot do.
func beyondUseradd(t *module.Task) string {
	when, given := t.Get("expires").(float64)
	switch {
	case t.Bool("generate_ssh_key"):
		return "SSH keys are made by the Python module"
	case t.Bool("local"):
		return "local accounts are managed by the Python module"
	case given && !(math.Abs(when) < lastYear):
		return "that date is for the Python module"
	}
	return ""
}

// lastYear is the first second, since 1970, of which the year has five digits.
const lastYear = 253402300800

// account is one task of user.
type account struct {
	ctx    context.Context
	t      *module.Task
	name   string
	groups string // joined by commas
	home   string
	r      *value.Dict
	// out is what the tool has printed; nil when there was nothing to run.
	out *module.Output
}

func user(ctx context.Context, t *module.Task) (*value.Dict, error) {
	a := &account{ctx: ctx, t: t, name: t.Str("name"), home: t.Str("home"), groups: strings.Join(t.Strings("groups"), ",")}
	if t.Bool("append") && !t.Has("groups") {
		t.Warn("%s", "'append' is set, but no 'groups' are specified. Use 'groups' for appending new groups."+
			"This will change to an error in Ansible 2.14.")
	}
	if !hashed(t.Str("password"), t.Tagged()) {
		t.Warn("%s", "The input password appears not to have been hashed. "+
			"The 'password' argument must be encrypted for this module to work properly.")
	}
	a.r = value.DictOf("name", a.name, "state", t.Str("state"))
	_, exists := posix.UserByName(a.name)
	present := t.Str("state") == "present"
	if exists != present && t.Check {
		return value.DictOf("changed", true), nil
	}
	var err error
	switch {
	case exists && present:
		err = a.modify()
	case present:
		err = a.create()
	case exists:
		err = a.remove()
	}
	if err != nil {
		return nil, err
	}
	a.report()
	if !present {
		return a.r, nil
	}
	return a.r, a.settle()
}

// report puts into the result what the tool has done.
func (a *account) report() {
	if a.t.Has("password") && a.t.Str("state") == "present" {
		a.r.SetStr("password", "NOT_LOGGING_PASSWORD")
	}
	a.r.SetStr("changed", a.out != nil)
	if a.out == nil {
		return
	}
	if a.out.Out != "" {
		a.r.SetStr("stdout", a.out.Out)
	}
	if a.out.Err != "" {
		a.r.SetStr("stderr", a.out.Err)
	}
}

// settle does what does not depend on whether the account is new: it reports it, makes its home folder, and sets how its
// password expires.
func (a *account) settle() error {
	u, ok := posix.UserByName(a.name)
	if !ok {
		return nil
	}
	a.r.Update(value.DictOf("uid", int64(u.UID), "group", int64(u.GID), "comment", u.Gecos, "home", u.Home, "shell", u.Shell))
	if a.t.Has("groups") {
		a.r.SetStr("groups", a.groups)
	}
	if !a.t.Has("home") {
		a.home = u.Home
	}
	if !posix.Exists(a.home) && a.t.Bool("create_home") {
		if !a.t.Check {
			if err := a.makeHome(a.home); err != nil {
				return err
			}
			if err := a.ownHome(u, a.home); err != nil {
				return err
			}
		}
		a.r.SetStr("changed", true)
	}
	return a.age()
}

// age sets how the password expires, with chage.
func (a *account) age() error {
	s, ok := posix.ShadowByName(a.name)
	if !ok {
		return nil
	}
	var opts []string
	for _, o := range []struct {
		name, opt string
		now       int64
	}{{"password_expire_min", "-m", s.Min}, {"password_expire_max", "-M", s.Max}, {"password_expire_warn", "-W", s.Warn}} {
		if a.t.Has(o.name) && a.t.Get(o.name) != value.Value(o.now) {
			opts = append(opts, o.opt, a.number(o.name))
		}
	}
	if opts == nil {
		return nil
	}
	if err := a.tool("chage", opts); err != nil {
		return err
	}
	a.r.SetStr("changed", true)
	return nil
}

// number is a parameter that is a number, as text.
func (a *account) number(name string) string {
	s, _ := argspec.ToStr(a.t.Get(name))
	return s
}

// tool runs a tool on the account; not in check mode.
func (a *account) tool(name string, opts []string) error {
	bin, err := a.t.NeedBin(name)
	if err != nil {
		return err
	}
	a.out = &module.Output{}
	if a.t.Check {
		return nil
	}
	out, err := a.exec(append(append([]string{bin}, opts...), a.name))
	if err != nil {
		return err
	}
	if out.RC != 0 {
		return module.FailWith(out.Err, "name", a.name, "rc", int64(out.RC))
	}
	*a.out = out
	return nil
}

// exec runs a program with its arguments expanded, as Ansible's run_command does.
func (a *account) exec(argv []string) (module.Output, error) {
	for i := range argv {
		argv[i] = a.t.Environ.ExpandPath(argv[i])
	}
	return a.t.Exec(a.ctx, argv, "")
}

func (a *account) remove() error {
	var opts []string
	if a.t.Bool("force") {
		opts = append(opts, "-f")
	}
	if a.t.Bool("remove") {
		opts = append(opts, "-r")
	}
	if err := a.tool("userdel", opts); err != nil {
		return err
	}
	a.r.SetStr("force", a.t.Bool("force"))
	a.r.SetStr("remove", a.t.Bool("remove"))
	return nil
}

// option adds an option with the value of a text parameter that is given.
func (a *account) option(opts []string, opt, name string) []string {
	if a.t.Has(name) {
		opts = append(opts, opt, a.t.Str(name))
	}
	return opts
}

// expires is the day on which the account does, as the tools want it: "" for never.
func (a *account) expires() (day string, at time.Time) {
	f, _ := a.t.Get("expires").(float64)
	at = time.Unix(int64(math.Floor(f)), 0).UTC()
	if at.Unix() < 0 {
		return "", at
	}
	return at.Format("2006-01-02"), at
}

// hashLength are how long the hashes of crypt's methods are.
var hashLength = map[string]int{"1": 22, "5": 43, "6": 86, "y": 43}

// hashed says whether a password looks like a hash of one, or like none at all.
func hashed(password string, tagged bool) bool {
	switch password {
	case "", "*", "!", "*************":
		return true
	}
	f := strings.Split(password, "$")
	hash := f[len(f)-1]
	if len(f) < 3 || strings.ContainsAny(password, ":*!") || strings.ContainsFunc(hash, func(c rune) bool {
		return c >= utf8.RuneSelf || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./=", c)
	}) {
		return false
	}
	n, known := hashLength[f[1]]
	return !known || f[1] == "y" && !tagged || len(hash) == n
}

// groupSet are the groups of the parameter, each once; with named, by their names.
func (a *account) groupSet(named bool) ([]string, error) {
	var set []string
	for _, g := range strings.Split(a.groups, ",") {
		if g == "" {
			continue
		}
		g = strings.TrimSpace(g)
		info, ok := groupOf(g)
		if !ok {
			return nil, noGroup(g)
		}
		if named {
			g = info.Name
		}
		if !slices.Contains(set, g) {
			set = append(set, g)
		}
	}
	return set, nil
}

func noGroup(name string) error { return module.Fail("Group %s does not exist", name) }

// groupOf finds a group by number, else by name.
func groupOf(group string) (posix.Group, bool) {
	if n, ok := argspec.ParseInt(group); ok {
		if id, ok := n.(int64); ok {
			if g, ok := posix.GroupByID(int(id)); ok {
				return g, true
			}
		}
	}
	return posix.GroupByName(group)
}

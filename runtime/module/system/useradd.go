package system

import (
	"cmp"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"pbc/ir/value"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/pyre"
)

// create makes the account with useradd.
func (a *account) create() error {
	t := a.t
	orphan := t.Str("home") != "" && t.Bool("create_home") && !posix.IsDir(posix.Dirname(a.home))
	if _, err := t.NeedBin("useradd"); err != nil {
		return err
	}
	opts, err := a.addOptions()
	if err != nil {
		return err
	}
	failed := a.tool("useradd", opts)
	if u, ok := posix.UserByName(a.name); ok && orphan {
		if err := a.ownHome(u, a.home); err != nil {
			return err
		}
	}
	a.r.SetStr("system", t.Bool("system"))
	a.r.SetStr("create_home", t.Bool("create_home"))
	return failed
}

func (a *account) addOptions() ([]string, error) {
	t := a.t
	opts := a.option(a.idOptions(), "-Z", "seuser")
	_, same := groupOf(a.name)
	switch {
	case t.Has("group"):
		if _, ok := groupOf(t.Str("group")); !ok {
			return nil, noGroup(t.Str("group"))
		}
		opts = append(opts, "-g", t.Str("group"))
	case same:
		opts = append(opts, "-N")
	}
	if a.groups != "" {
		groups, err := a.groupSet(false)
		if err != nil {
			return nil, err
		}
		opts = append(opts, "-G", strings.Join(groups, ","))
	}
	opts = a.option(opts, "-c", "comment")
	if t.Has("home") {
		if t.Bool("create_home") && !posix.IsDir(posix.Dirname(a.home)) {
			if err := a.makeHome(a.home); err != nil {
				return nil, err
			}
		}
		opts = append(opts, "-d", a.home)
	}
	opts = a.option(opts, "-s", "shell")
	if t.Has("expires") {
		day, _ := a.expires()
		opts = append(opts, "-e", day)
	}
	if t.Has("password_expire_account_disable") {
		opts = append(opts, "-f", a.number("password_expire_account_disable"))
	}
	if t.Has("password") {
		opts = append(opts, "-p", a.password())
	}
	if t.Bool("create_home") {
		opts = a.option(append(opts, "-m"), "-k", "skeleton")
		if t.Has("umask") {
			opts = append(opts, "-K", "UMASK="+t.Str("umask"))
		}
	} else {
		opts = append(opts, "-M")
	}
	if t.Bool("system") {
		opts = append(opts, "-r")
	}
	for _, name := range []string{"uid_min", "uid_max"} {
		if t.Has(name) {
			opts = append(opts, "-K", strings.ToUpper(name)+"="+a.number(name))
		}
	}
	return opts, nil
}

func (a *account) idOptions() []string {
	if !a.t.Has("uid") {
		return nil
	}
	opts := []string{"-u", a.number("uid")}
	if a.t.Bool("non_unique") {
		opts = append(opts, "-o")
	}
	return opts
}

// password is the wanted hash, locked where the task says so.
func (a *account) password() string {
	if a.t.Bool("password_lock") {
		return "!" + a.t.Str("password")
	}
	return a.t.Str("password")
}

// modify changes the account with usermod, as far as it differs.
func (a *account) modify() error {
	t := a.t
	bin, err := t.NeedBin("usermod")
	if err != nil {
		return err
	}
	u, _ := posix.UserByName(a.name)
	shadow, shadowed := posix.ShadowByName(a.name)
	if len([]rune(u.Password)) < 2 {
		u.Password = shadow.Password
	}
	appends, err := a.appends(bin)
	if err != nil {
		return err
	}
	var opts []string
	if t.Has("uid") && t.Get("uid") != value.Value(int64(u.UID)) {
		opts = a.idOptions()
	}
	if t.Has("group") {
		g, ok := groupOf(t.Str("group"))
		if !ok {
			return noGroup(t.Str("group"))
		}
		if g.GID != u.GID {
			opts = append(opts, "-g", strconv.Itoa(g.GID))
		}
	}
	groups, err := a.groupOptions(appends)
	if err != nil {
		return err
	}
	opts = append(opts, groups...)
	if t.Has("comment") && u.Gecos != t.Str("comment") {
		opts = append(opts, "-c", t.Str("comment"))
	}
	if t.Has("home") && u.Home != a.home {
		opts = append(opts, "-d", a.home)
		if t.Bool("move_home") {
			opts = append(opts, "-m")
		}
	}
	if t.Has("shell") && u.Shell != t.Str("shell") {
		opts = append(opts, "-s", t.Str("shell"))
	}
	if !shadowed {
		if t.Has("expires") && !t.Tagged() {
			return &module.PyException{Class: "ValueError", Msg: "invalid literal for int() with base 10: ''"}
		}
		shadow.Expire = 0
	}
	opts = append(opts, a.expireOptions(shadow.Expire)...)
	if t.Has("password_expire_account_disable") {
		opts = append(opts, "-f", a.number("password_expire_account_disable"))
	}
	if opts = a.passwordOptions(opts, u.Password); len(opts) > 0 {
		if err := a.tool("usermod", opts); err != nil {
			return err
		}
	}
	a.r.SetStr("append", t.Bool("append"))
	a.r.SetStr("move_home", t.Bool("move_home"))
	return nil
}

// appends says whether usermod can add groups.
func (a *account) appends(usermod string) (bool, error) {
	out, err := a.exec([]string{usermod, "--help"})
	if err != nil {
		return false, err
	}
	for _, l := range strings.Split(out.Out+out.Err, "\n") {
		if strings.HasPrefix(strings.TrimSpace(l), "-a, --append") {
			return true, nil
		}
	}
	return false, nil
}

func (a *account) groupOptions(appends bool) ([]string, error) {
	if !a.t.Has("groups") {
		return nil, nil
	}
	more := a.t.Bool("append")
	now := posix.GroupsOf(a.name)
	if a.groups == "" {
		if len(now) > 0 && !more {
			return []string{"-G", ""}, nil
		}
		return nil, nil
	}
	want, err := a.groupSet(a.t.Tagged())
	if err != nil {
		return nil, err
	}
	var lacking, other []string
	for _, g := range want {
		if !slices.Contains(now, g) {
			lacking = append(lacking, g)
		}
	}
	for _, g := range now {
		if !slices.Contains(want, g) {
			other = append(other, g)
		}
	}
	switch all := strings.Join(want, ","); {
	case len(lacking) == 0 && (more || len(other) == 0):
		return nil, nil
	case more && !appends:
		return []string{"-A", strings.Join(append(lacking, other...), ",")}, nil
	case more:
		return []string{"-a", "-G", all}, nil
	default:
		return []string{"-G", all}, nil
	}
}

// expireOptions sets the day on which the account expires where it is another; now is in days since 1970, negative for never.
func (a *account) expireOptions(now int64) []string {
	if !a.t.Has("expires") {
		return nil
	}
	day, _ := a.expires()
	if day == "" && now < 0 || day != "" && now >= 0 && time.Unix(now*86400, 0).UTC().Format(time.DateOnly) == day {
		return nil
	}
	return []string{"-e", day}
}

// passwordOptions adds what locks, unlocks or sets the password, which is now that.
func (a *account) passwordOptions(opts []string, now string) []string {
	locked := strings.HasPrefix(now, "!")
	switch lock := a.t.Get("password_lock"); {
	case lock == true && !locked:
		opts = append(opts, "-L")
	case lock == false && locked:
		opts = append(opts, "-U")
	}
	want := a.t.Str("password")
	if a.t.Str("update_password") != "always" || !a.t.Has("password") || strings.TrimLeft(now, "!") == strings.TrimLeft(want, "!") {
		return opts
	}
	opts = slices.DeleteFunc(opts, func(o string) bool { return o == "-U" || o == "-L" })
	return append(opts, "-p", a.password())
}

// homeMode are the lines of login.defs that say which mode a home folder gets.
var homeMode = pyre.MustCompile(`^(UMASK|HOME_MODE)\s+(\d+)$`)

// makeHome makes a home folder like the skeleton.
func (a *account) makeHome(path string) error {
	if posix.Exists(path) {
		return nil
	}
	skeleton := "/etc/skel"
	if a.t.Has("skeleton") {
		skeleton = a.t.Str("skeleton")
	}
	var err error
	if posix.Exists(skeleton) && !(a.t.Tagged() && skeleton == os.DevNull) {
		err = module.CopyTree(skeleton, path)
	} else {
		err = posix.Makedirs(path)
	}
	if err != nil {
		return homeFailed(err, path)
	}
	defs, err := os.ReadFile("/etc/login.defs")
	if err != nil {
		return nil
	}
	mode := int64(-1)
	if a.t.Tagged() {
		mode = 0o755
	}
	for line := range strings.Lines(string(defs)) {
		m := homeMode.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil || m[1] == "HOME_MODE" && !a.t.Tagged() {
			continue
		}
		n, err := strconv.ParseInt(m[2], 8, 64)
		if err != nil {
			return &module.PyException{Class: "ValueError", Msg: "invalid literal for int() with base 8: " + value.StrRepr(m[2])}
		}
		if m[1] == "HOME_MODE" {
			mode = n
			break
		}
		mode = 0o777 &^ n
	}
	if mode < 0 {
		return nil
	}
	if err := unix.Chmod(path, uint32(mode)); err != nil {
		return homeFailed(err, path)
	}
	return nil
}

func homeFailed(err error, path string) error {
	return module.Fail("%s", posix.PyError(err, cmp.Or(posix.PathOf(err), path)))
}

// ownHome gives a home folder and everything in it to the account.
func (a *account) ownHome(u posix.User, path string) error {
	if err := os.Chown(path, u.UID, u.GID); err != nil {
		return homeFailed(err, path)
	}
	entries, _ := os.ReadDir(path)
	for _, e := range entries {
		p := posix.Join(path, e.Name())
		switch {
		case posix.IsDir(p) && !posix.IsLink(p):
			if err := a.ownHome(u, p); err != nil {
				return err
			}
		case a.t.Tagged() && posix.IsLink(p) && !posix.IsDir(p):
		default:
			if err := os.Chown(p, u.UID, u.GID); err != nil {
				return homeFailed(err, p)
			}
		}
	}
	return nil
}

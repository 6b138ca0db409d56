package system

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

var systemdSpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "name", Aliases: []string{"service", "unit"}},
		{Name: "state", Choices: argspec.Choices("reloaded", "restarted", "started", "stopped")},
		{Name: "enabled", Type: argspec.Bool},
		{Name: "force", Type: argspec.Bool},
		{Name: "masked", Type: argspec.Bool},
		{Name: "daemon_reload", Type: argspec.Bool, Default: false, Aliases: []string{"daemon-reload"}},
		{Name: "daemon_reexec", Type: argspec.Bool, Default: false, Aliases: []string{"daemon-reexec"}},
		{Name: "scope", Default: "system", Choices: argspec.Choices("system", "user", "global")},
		{Name: "no_block", Type: argspec.Bool, Default: false},
	},
	CheckMode: true,
	OneOf:     [][]string{{"state", "enabled", "masked", "daemon_reload", "daemon_reexec"}},
	By:        []argspec.By{{Arg: "state", Needs: []string{"name"}}, {Arg: "enabled", Needs: []string{"name"}}, {Arg: "masked", Needs: []string{"name"}}},
}

// Systemd is ansible.builtin.systemd.
func Systemd() module.Module {
	return module.New("ansible.builtin.systemd", "systemd", module.Open, systemdSpec, systemd)
}

// SystemdService is the newer name of Systemd.
func SystemdService() module.Module {
	return module.New("ansible.builtin.systemd_service", "systemd_service", module.Open, systemdSpec, systemd)
}

// unit is the unit a task is about.
type unit struct {
	ctx    context.Context
	t      *module.Task
	name   string
	ctl    []string // systemctl and the options of every call
	status *value.Dict
	res    *value.Dict

	systemd, initd bool
}

func systemd(ctx context.Context, t *module.Task) (*value.Dict, error) {
	u := &unit{ctx: ctx, t: t, name: t.Str("name"), status: value.NewDict()}
	if i := globIn(u.name); i != "" {
		return nil, module.Fail("This module does not currently support using glob patterns, found '%s' in service name: %s", i, u.name)
	}
	bin, err := t.NeedBin("systemctl")
	if err != nil {
		return nil, err
	}
	u.prepare(bin)
	if err := u.daemon(); err != nil {
		return nil, err
	}
	u.res = value.DictOf("name", t.Get("name"), "changed", false, "status", u.status)
	if u.name == "" {
		return u.res, nil
	}
	for _, step := range []func() error{u.look, u.mask, u.enable, u.run} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	u.res.SetStr("status", u.status)
	return u.res, nil
}

func globIn(name string) string {
	for _, c := range []string{"*", "?", "["} {
		if strings.Contains(name, c) {
			return c
		}
	}
	return ""
}

// prepare makes the command line and the environment that systemctl --user needs.
func (u *unit) prepare(bin string) {
	u.ctl = []string{bin}
	if s := u.t.Str("scope"); s != "system" {
		u.ctl = append(u.ctl, "--"+s)
	}
	if u.t.Bool("no_block") {
		u.ctl = append(u.ctl, "--no-block")
	}
	if u.t.Bool("force") {
		u.ctl = append(u.ctl, "--force")
	}
	if _, ok := u.t.Environ.Lookup("XDG_RUNTIME_DIR"); !ok {
		u.t.SetEnv("XDG_RUNTIME_DIR", fmt.Sprintf("/run/user/%d", os.Geteuid()))
	}
}

func (u *unit) systemctl(args ...string) (module.Output, error) {
	return u.t.Exec(u.ctx, append(append([]string(nil), u.ctl...), args...), "")
}

func (u *unit) daemon() error {
	for _, verb := range []string{"daemon-reload", "daemon-reexec"} {
		if !u.t.Bool(strings.ReplaceAll(verb, "-", "_")) || u.t.Check {
			continue
		}
		out, err := u.systemctl(verb)
		if err != nil {
			return err
		}
		if out.RC != 0 {
			return module.Fail("failure %d during %s: %s", out.RC, verb, out.Err)
		}
	}
	return nil
}

func ignoredRequest(s string) bool {
	return !strings.Contains(s, "=") && (strings.Contains(s, "ignoring request") || strings.Contains(s, "ignoring command"))
}

func (u *unit) get(key string) (string, bool) {
	v, ok := u.status.GetStr(key)
	s, _ := value.Text(v)
	return s, ok
}

// look finds out whether there is such a unit, and its state.
func (u *unit) look() error {
	u.initd = posix.Exists(initScript(u.name))
	out, err := u.systemctl("show", u.name)
	if err != nil {
		return err
	}
	switch {
	case out.RC == 0 && !ignoredRequest(out.Out) && !ignoredRequest(out.Err):
		if out.Out != "" {
			u.status = parseShow(out.Out)
			load, known := u.get("LoadState")
			u.systemd = known && load != "not-found"
			if msg, bad := u.get("LoadError"); bad && u.systemd && load != "masked" {
				return module.Fail("Error loading unit file '%s': %s", u.name, msg)
			}
		}
	case out.RC == 1 && strings.Contains(out.Err, "Failed to parse bus message"):
		err = u.lookInFiles(out.Out)
	default:
		err = u.lookElsewhere()
	}
	if u.initd && !u.systemd {
		u.t.Warn("The service (%s) is actually an init script but the system is managed by systemd", u.name)
	}
	return err
}

func (u *unit) lookInFiles(show string) error {
	u.status = parseShow(show)
	base, _, at := strings.Cut(u.name, "@")
	if at {
		base += "@"
	}
	out, err := u.systemctl("list-unit-files", base+"*")
	if err != nil {
		return err
	}
	u.systemd = strings.Contains(out.Out, base)
	out, err = u.systemctl("is-active", u.name)
	u.status.SetStr("ActiveState", strings.TrimRight(out.Out, "\n"))
	return err
}

// enabledStates are the answers of is-enabled that mean the unit exists.
var enabledStates = map[string]bool{"enabled": true, "enabled-runtime": true, "linked": true, "linked-runtime": true, "masked": true,
	"masked-runtime": true, "static": true, "indirect": true, "disabled": true, "generated": true, "transient": true}

func (u *unit) lookElsewhere() error {
	out, err := u.systemctl("is-enabled", u.name)
	if err != nil {
		return err
	}
	if enabledStates[strings.TrimSpace(out.Out)] {
		u.systemd = true
		return nil
	}
	if out, err = u.systemctl("list-unit-files", u.name); err != nil {
		return err
	}
	if out.RC == 0 {
		u.systemd = true
		return nil
	}
	if out, err = u.systemctl(); err != nil {
		return err
	}
	if out.RC != 0 {
		return module.FailWith(strings.TrimRight(out.Err, " \t\r\n"), "cmd", strings.Join(u.ctl, " "), "rc", int64(out.RC),
			"stdout", out.Out, "stderr", out.Err)
	}
	return nil
}

// parseShow reads systemctl show's "key=value" lines. A value of an Exec key may span lines in braces.
func parseShow(text string) *value.Dict {
	d := value.NewDict()
	key := ""
	var many []string
	for _, line := range strings.Split(text, "\n") {
		if key != "" {
			many = append(many, line)
			if strings.HasSuffix(strings.TrimRight(line, " \t\r\n"), "}") {
				d.SetStr(key, strings.TrimSpace(strings.Join(many, "\n")))
				key, many = "", nil
			}
			continue
		}
		k, v, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		open := strings.HasPrefix(k, "Exec") && strings.HasPrefix(strings.TrimLeft(v, " \t"), "{")
		if open && !strings.HasSuffix(strings.TrimRight(v, " \t\r\n"), "}") {
			key, many = k, []string{v}
			continue
		}
		d.SetStr(k, strings.TrimSpace(v))
	}
	return d
}

func initScript(name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	return "/etc/init.d/" + name
}

func (u *unit) missing() error {
	if u.systemd || u.initd {
		return nil
	}
	return module.Fail("Could not find the requested service %s: host", u.name)
}

func (u *unit) mask() error {
	if !u.t.Has("masked") {
		return nil
	}
	out, err := u.systemctl("is-enabled", u.name)
	if err != nil {
		return err
	}
	want := u.t.Bool("masked")
	if (strings.TrimSpace(out.Out) == "masked") == want {
		return nil
	}
	u.res.SetStr("changed", true)
	if u.t.Check {
		return nil
	}
	verb := "unmask"
	if want {
		verb = "mask"
	}
	if out, err = u.systemctl(verb, u.name); err != nil {
		return err
	}
	if out.RC != 0 {
		return u.missing()
	}
	return nil
}

func (u *unit) enable() error {
	if !u.t.Has("enabled") {
		return nil
	}
	if err := u.missing(); err != nil {
		return err
	}
	out, err := u.systemctl("is-enabled", u.name, "-l")
	if err != nil {
		return err
	}
	is := u.isEnabled(out)
	want := u.t.Bool("enabled")
	u.res.SetStr("enabled", is)
	if is == want {
		return nil
	}
	u.res.SetStr("changed", true)
	if !u.t.Check {
		verb := "disable"
		if want {
			verb = "enable"
		}
		if out, err = u.systemctl(verb, u.name); err != nil {
			return err
		}
		if out.RC != 0 {
			return module.Fail("Unable to %s service %s: %s", verb, u.name, out.Out+out.Err)
		}
	}
	u.res.SetStr("enabled", !is)
	return nil
}

// isEnabled reads the answer of is-enabled; indirect and alias count as disabled.
func (u *unit) isEnabled(out module.Output) bool {
	if out.RC == 0 {
		line := strings.TrimSuffix(out.Out, "\n")
		return line != "indirect" && line != "alias"
	}
	return out.RC == 1 && u.t.Str("scope") == "system" && u.initd &&
		!strings.HasSuffix(strings.TrimSpace(out.Out), "disabled") && len(posix.Glob("/etc/rc?.d/S??"+u.name)) > 0
}

// run brings the unit into the state wanted.
func (u *unit) run() error {
	if !u.t.Has("state") {
		return nil
	}
	if err := u.missing(); err != nil {
		return err
	}
	want := u.t.Str("state")
	u.res.SetStr("state", want)
	active, known := u.get("ActiveState")
	if !known {
		if offline, _ := u.t.Environ.Lookup("SYSTEMD_OFFLINE"); inChroot(u.t) || offline == "1" {
			u.t.Warn("Target is a chroot or systemd is offline. This can lead to false positives or prevent the init system tools from working.")
			return nil
		}
		return module.FailWith("Service is in unknown state", "status", u.status)
	}
	running := active == "active" || active == "activating"
	verb := ""
	switch want {
	case "started":
		if !running {
			verb = "start"
		}
	case "stopped":
		if running || active == "deactivating" {
			verb = "stop"
		}
	default:
		verb = strings.TrimSuffix(want, "ed")
		if !running {
			verb = "start"
		}
		u.res.SetStr("state", "started")
	}
	if verb == "" {
		return nil
	}
	u.res.SetStr("changed", true)
	if u.t.Check {
		return nil
	}
	out, err := u.systemctl(verb, u.name)
	if err == nil && out.RC != 0 {
		err = module.Fail("Unable to %s service %s: %s", verb, u.name, out.Err)
	}
	return err
}

// inChroot says whether / is not the first process's root.
func inChroot(t *module.Task) bool {
	if v, _ := t.Environ.Lookup("debian_chroot"); v != "" {
		return true
	}
	var own, first syscall.Stat_t
	if syscall.Stat("/", &own) != nil {
		return false
	}
	if syscall.Stat("/proc/1/root/.", &first) == nil {
		return own.Ino != first.Ino || own.Dev != first.Dev
	}
	return own.Ino != 2 && own.Ino != 128 && own.Ino != 256
}

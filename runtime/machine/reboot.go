package machine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"pbc/ir/value"
)

// rebooting is one task of reboot. It runs inside the controller: see Host.Detached.
type rebooting struct {
	x    *taskRun
	ctx  context.Context
	args *value.Dict
	// names are what the tables of commands know the host by, most specific first.
	names []string
	boot  string // what the boot time command said before
}

// byHost are commands by distribution or family, in lower case; "" is for all others.
type byHost map[string]string

var (
	bootTimeCommands = byHost{"": "cat /proc/sys/kernel/random/boot_id", "freebsd": "/sbin/sysctl kern.boottime", "openbsd": "/sbin/sysctl kern.boottime", "macosx": "who -b",
		"solaris": "who -b", "sunos": "who -b", "vmkernel": "grep booted /var/log/vmksummary.log | tail -n 1", "aix": "who -b"}
	shutdownCommands = byHost{"": "shutdown", "alpine": "reboot", "vmkernel": "reboot"}
	shutdownArgs     = byHost{"": `-r {delay_min} "{message}"`, "alpine": "", "void": `-r +{delay_min} "{message}"`, "freebsd": `-r +{delay_sec}s "{message}"`,
		"macosx": `-r +{delay_min} "{message}"`, "openbsd": `-r +{delay_min} "{message}"`, "solaris": `-y -g {delay_sec} -i 6 "{message}"`,
		"sunos": `-y -g {delay_sec} -i 6 "{message}"`, "vmkernel": "-d {delay_sec}", "aix": "-Fr"}
	testCommands = byHost{"": "whoami", "solaris": "who", "vmkernel": "who"}
)

func (r *rebooting) of(table byHost) string {
	for _, n := range r.names {
		if s, ok := table[n]; ok {
			return s
		}
	}
	return table[""]
}

func (x *taskRun) reboot(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	if x.connection() == "local" {
		return value.DictOf("changed", false, "elapsed", int64(0), "rebooted", false, "failed", true,
			"msg", "Running "+x.t.Action+" with local connection would reboot the control node."), nil
	}
	if x.flags.Check {
		return value.DictOf("changed", true, "elapsed", int64(0), "rebooted", true), nil
	}
	if err := x.validArgs(args, "boot_time_command", "connect_timeout", "msg", "post_reboot_delay", "pre_reboot_delay", "reboot_command", "reboot_timeout",
		"search_paths", "test_command"); err != nil {
		return nil, err
	}
	if !x.m.code.Settings.Detached && x.flags.DelegateTo == "" {
		return nil, faultf("unsupported: the task reboot came with an include whose file was not known before the run, so the program runs on the host that is to be restarted: import its file instead")
	}
	r := &rebooting{x: x, ctx: ctx, args: args}
	if lost, err := r.distribution(); lost != nil || err != nil {
		return lost, err
	}
	var err error
	if r.boot, err = r.bootTime(); err != nil {
		return value.DictOf("failed", true, "reboot", false, "msg", err.Error()), nil
	}
	return r.run()
}

// connection is the connection plugin of the host that the task runs on.
func (x *taskRun) connection() string {
	if host := x.flags.DelegateTo; host != "" {
		v, _, _ := x.outside().HostVar(host, "ansible_connection")
		s, _ := value.Text(v)
		return s
	}
	route, _, _ := x.route()
	for _, name := range []string{"ansible_connection", "connection"} {
		if s, ok := value.Text(get(route, name)); ok && s != "" {
			return s
		}
	}
	return x.m.code.Settings.Connection
}

// distribution finds out which commands the host has. When the host cannot be reached, that is the result, lost.
func (r *rebooting) distribution() (lost *value.Dict, err error) {
	res, err := r.x.submodule(r.ctx, "ansible.builtin.setup", value.DictOf("gather_subset", "min"))
	if err != nil {
		return nil, err
	}
	if truthy(res, "unreachable") {
		return res, nil
	}
	facts := asDict(get(res, "ansible_facts"))
	text := func(name string) string { s, _ := value.Text(get(facts, name)); return strings.ToLower(s) }
	for _, name := range []string{"ansible_distribution", "ansible_distribution_version", "ansible_os_family"} {
		if !has(facts, name) {
			return nil, faultf(`Failed to get distribution information. Missing "%s" in output.`, name)
		}
	}
	version, _, _ := strings.Cut(text("ansible_distribution_version"), ".")
	r.names = []string{text("ansible_distribution") + version, text("ansible_distribution"), text("ansible_os_family")}
	return nil, nil
}

// shell runs a line with the user's shell.
func (r *rebooting) shell(line string) (*value.Dict, error) {
	res, err := r.x.submodule(r.ctx, "ansible.builtin.raw", value.DictOf("_raw_params", line))
	if err == nil && truthy(res, "unreachable") {
		msg, _ := value.ToStr(get(res, "msg"))
		err = errors.New(msg)
	}
	return res, err
}

func output(res *value.Dict, name string) string { s, _ := value.Text(get(res, name)); return s }

func (r *rebooting) bootTime() (string, error) {
	line := r.of(bootTimeCommands)
	if own := output(r.args, "boot_time_command"); own != "" {
		line = own
	}
	res, err := r.shell(line)
	if err != nil {
		return "", err
	}
	if rc, _ := get(res, "rc").(int64); rc != 0 {
		return "", fmt.Errorf("%s: failed to get host boot time info, rc: %d, stdout: %s, stderr: %s", r.x.t.Action, rc, output(res, "stdout"), output(res, "stderr"))
	}
	return strings.TrimSpace(output(res, "stdout")), nil
}

// command is the line that restarts the host.
func (r *rebooting) command() (string, error) {
	own, given := value.Text(get(r.args, "reboot_command"))
	if has(r.args, "reboot_command") && get(r.args, "reboot_command") != nil && !given {
		s, _ := value.Repr(get(r.args, "reboot_command"))
		return "", faultf("Invalid value given for 'reboot_command': '%s' is not a string and conversion is not allowed.", s)
	}
	program, args, _ := strings.Cut(own, " ")
	if !given {
		delay, err := r.delay("pre_reboot_delay")
		if err != nil {
			return "", err
		}
		message := "Reboot initiated by Ansible"
		if v, ok := r.args.GetStr("msg"); ok {
			message, _ = value.ToStr(v)
		}
		program = r.of(shutdownCommands)
		args = strings.NewReplacer("{delay_sec}", fmt.Sprint(delay), "{delay_min}", fmt.Sprint(delay/60), "{message}", message).Replace(r.of(shutdownArgs))
	}
	if strings.HasPrefix(program, "/") {
		return program + " " + args, nil
	}
	path, err := r.find(program)
	return path + " " + args, err
}

// find looks for the program that restarts the host.
func (r *rebooting) find(program string) (string, error) {
	var paths value.Value = value.NewList("/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin")
	if v := get(r.args, "search_paths"); v != nil {
		paths = v
	}
	if s, ok := value.Text(paths); ok {
		l := value.NewList()
		for _, p := range strings.Split(s, ",") {
			l.V = append(l.V, p)
		}
		paths = l
	}
	res, err := r.x.submodule(r.ctx, "ansible.builtin.find", value.DictOf("paths", paths, "patterns", value.NewList(program), "file_type", "any"))
	if err != nil {
		return "", err
	}
	if files, ok := get(res, "files").(*value.List); ok && len(files.V) > 0 {
		return output(asDict(files.V[0]), "path"), nil
	}
	shown, _ := value.Repr(paths)
	return "", faultf(`Unable to find command "%s" in search paths: %s`, program, shown)
}

// delay is a number of seconds, never negative.
func (r *rebooting) delay(name string) (int64, error) {
	v, ok := r.args.GetStr(name)
	if !ok {
		return 0, nil
	}
	n, ok := toInt(v)
	if !ok {
		_, err := pythonInt(v, r.x.className(name, v))
		return 0, err
	}
	return max(n, 0), nil
}

func (r *rebooting) run() (*value.Dict, error) {
	line, err := r.command()
	if err != nil {
		return nil, err
	}
	res, err := r.shell(line) // a connection that ends meanwhile is what was asked for
	start := time.Now()
	if rc, _ := get(res, "rc").(int64); err == nil && rc != 0 {
		return value.DictOf("failed", true, "rebooted", false, "msg", fmt.Sprintf("Reboot command failed. Error was: '%s, %s'",
			strings.TrimSpace(output(res, "stdout")), strings.TrimSpace(output(res, "stderr"))), "start", &value.Date{T: start.UTC(), HasTime: true}, "elapsed", int64(0)), nil
	}
	post, err := r.delay("post_reboot_delay")
	if err != nil {
		return nil, err
	}
	r.x.sleep(time.Duration(post) * time.Second)
	timeout := int64(600)
	if has(r.args, "reboot_timeout") {
		if timeout, err = r.delay("reboot_timeout"); err != nil {
			return nil, err
		}
	}
	out := value.DictOf("rebooted", true, "changed", true)
	for _, step := range []struct {
		what string
		do   func() error
	}{{"last boot time check", r.restarted}, {"post-reboot test command", r.works}} {
		if !r.until(time.Duration(timeout)*time.Second, step.do) {
			out = value.DictOf("failed", true, "rebooted", true, "msg", fmt.Sprintf("Timed out waiting for %s (timeout=%d)", step.what, timeout))
			break
		}
	}
	out.SetStr("elapsed", int64(time.Since(start).Seconds()))
	return out, nil
}

// restarted says whether the host has started anew.
func (r *rebooting) restarted() error {
	now, err := r.bootTime()
	if err == nil && (now == "" || now == r.boot) {
		err = errors.New("boot time has not changed")
	}
	return err
}

// works runs the test command.
func (r *rebooting) works() error {
	line := r.of(testCommands)
	if has(r.args, "test_command") {
		line = output(r.args, "test_command")
	}
	res, err := r.shell(line)
	if rc, _ := get(res, "rc").(int64); err == nil && rc != 0 {
		err = errors.New("Test command failed: " + output(res, "stderr") + " " + output(res, "stdout"))
	}
	return err
}

// maxBackoff bounds the wait between two attempts.
const maxBackoff = 12 * time.Second

// until tries something until it succeeds or the time is over, with longer and longer waits.
func (r *rebooting) until(timeout time.Duration, do func() error) bool {
	wait := time.Second
	for begun := time.Now(); time.Since(begun) < timeout && r.ctx.Err() == nil; {
		if do() == nil {
			return true
		}
		r.x.sleep(wait + rand.N(time.Second))
		wait = min(2*wait, maxBackoff)
	}
	return false
}

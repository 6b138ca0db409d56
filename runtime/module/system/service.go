package system

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

// Service is ansible.builtin.service where systemd manages services. Elsewhere it declines: the
// Python module knows the other managers.
func Service() module.Module {
	return module.Module{Name: "ansible.builtin.service", Short: "service", Effect: module.Open, Run: service,
		Declines: func(c *module.Call) string {
			if m := serviceManager(c); m != "systemd" {
				return fmt.Sprintf("the service manager is %s, not systemd", m)
			}
			return ""
		},
		Refuses: func(args *value.Dict) string {
			v, _ := args.GetStr("use")
			if s, ok := value.Text(v); ok && !slices.Contains([]string{"auto", "systemd"}, strings.ToLower(s)) {
				return fmt.Sprintf("the service manager is %s, not systemd", s)
			}
			return ""
		}}
}

// serviceManager is the manager that use names, or the host's own.
func serviceManager(c *module.Call) string {
	v, _ := c.Args.GetStr("use")
	if s, ok := value.Text(v); ok && strings.ToLower(s) != "auto" {
		return strings.ToLower(s)
	}
	for _, p := range []string{"/run/systemd/system/", "/dev/.run/systemd/", "/dev/.systemd/"} {
		if posix.Exists(p) && module.BinPath(posix.Environ{Over: c.Env}, "systemctl") != "" {
			return "systemd"
		}
	}
	comm, _ := os.ReadFile("/proc/1/comm")
	return "unknown (process 1 is " + strings.TrimSpace(string(comm)) + ")"
}

// notForSystemd are the options of service that systemd has no use for.
var notForSystemd = []string{"pattern", "runlevel", "sleep", "arguments", "args"}

func service(ctx context.Context, c *module.Call) *value.Dict {
	over := *c
	over.Args = c.Args.Copy()
	over.Args.Del("use")
	var ignored []value.Value
	for _, k := range notForSystemd {
		if over.Args.Del(k) {
			ignored = append(ignored, fmt.Sprintf("Ignoring %q as it is not used in %q", k, "systemd"))
		}
	}
	r := module.RunAs(ctx, &over, "ansible.legacy.systemd", systemdSpec, systemd)
	if len(ignored) > 0 {
		if v, ok := r.GetStr("warnings"); ok {
			ignored = append(ignored, v.(*value.List).V...)
		}
		r.SetStr("warnings", value.NewList(ignored...))
	}
	return r
}

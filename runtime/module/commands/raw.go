package commands

import (
	"context"
	"os"

	"pbc/ir/value"
	"pbc/runtime/module"
)

// Raw is ansible.builtin.raw: a line for the user's shell, with no module around it. It has no
// argument spec: what it does not know it does not look at.
func Raw() module.Module {
	return module.Module{Name: "ansible.builtin.raw", Short: "raw", Effect: module.Open, Run: raw}
}

func raw(ctx context.Context, c *module.Call) *value.Dict {
	if c.Check {
		return value.DictOf("skipped", true, "changed", false)
	}
	line, exe := argument(c.Args, "_raw_params"), argument(c.Args, "executable")
	if exe == "" {
		exe = c.Shell
	}
	if exe != "" {
		line = exe + " -c " + module.Quote(line)
	}
	t := module.Command{Path: "/bin/sh", Argv: []string{"/bin/sh", "-c", line}, Env: os.Environ()}
	r := shellResult(module.Start(ctx, t))
	r.SetStr(module.FailedBy, module.ByAction)
	return r
}

package commands

import (
	"context"
	"os"

	"pbc/ir/value"
	"pbc/runtime/argspec"
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
	text := func(name string) string {
		v, _ := c.Args.GetStr(name)
		s, _ := argspec.ToStr(v)
		if v == nil {
			return ""
		}
		return s
	}
	line, exe := text("_raw_params"), text("executable")
	if exe != "" {
		line = exe + " -c " + module.Quote(line)
	}
	t := module.Command{Path: "/bin/sh", Argv: []string{"/bin/sh", "-c", line}, Env: os.Environ()}
	out := module.Start(ctx, t)
	if out.StartFailed != nil {
		return value.DictOf("failed", true, "changed", false, "msg", out.StartFailed.Error())
	}
	r := value.DictOf("changed", true, "rc", int64(out.RC), "stdout", out.Out, "stderr", out.Err)
	module.AddLines(r)
	if out.RC != 0 {
		r.SetStr("failed", true)
		r.SetStr("msg", "non-zero return code")
	}
	return r
}

package commands

import (
	"context"
	"os"

	"pbc/ir/value"
	"pbc/runtime/module"
)

// Line is a module of pbc's own, which no playbook can name: it gives "line" to the user's shell, with the bytes of
// "stdin", and returns "rc", and as bytes "stdout" and "stderr". Action plugins in Python run commands by it.
func Line() module.Module {
	return module.Module{Name: module.RunLine, Short: module.RunLine, Effect: module.Open, Run: line}
}

func line(ctx context.Context, c *module.Call) *value.Dict {
	in, _ := c.Args.GetStr("stdin")
	stdin, _ := in.([]byte)
	o := module.Start(ctx, module.Command{Path: "/bin/sh", Argv: []string{"/bin/sh", "-c", argument(c.Args, "line")}, Env: os.Environ(), Stdin: string(stdin)})
	if o.StartFailed != nil {
		return value.DictOf("rc", int64(127), "stdout", []byte{}, "stderr", []byte(o.StartFailed.Error()))
	}
	return value.DictOf("rc", int64(o.RC), "stdout", []byte(o.Out), "stderr", []byte(o.Err))
}

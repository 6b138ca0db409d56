package machine

import (
	"context"
	"time"

	"pbc/ir/value"
	"pbc/runtime/eval"
)

// A machine is detached when it runs inside the controller while its host is somewhere else: every module
// goes over a connection that may end and be made again. So are those of a run that restarts hosts, and of
// a host that was not there when the run began.

// waitForConnection waits until a module can be run on the host.
func (x *taskRun) waitForConnection(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	if err := x.validArgs(args, "connect_timeout", "delay", "sleep", "timeout"); err != nil {
		return nil, err
	}
	n := map[string]int64{"connect_timeout": 5, "delay": 0, "sleep": 1, "timeout": 600}
	for _, k := range []string{"connect_timeout", "delay", "sleep", "timeout"} {
		if v, ok := args.GetStr(k); ok {
			i, err := pythonInt(v, x.className(k, v))
			if err != nil {
				return nil, &eval.Error{Class: "ValueError", Msg: err.Error()}
			}
			n[k], _ = toInt(i)
		}
	}
	if x.flags.Check {
		return value.DictOf("skipped", true), nil
	}
	start := time.Now()
	x.sleep(time.Duration(n["delay"]) * time.Second)
	res := value.NewDict()
	begun := time.Now()
	for why := "no attempt was made"; ; x.sleep(time.Duration(n["sleep"]) * time.Second) {
		if time.Since(begun) >= time.Duration(n["timeout"])*time.Second {
			res.Update(value.DictOf("failed", true, "msg", "timed out waiting for ping module test: "+why))
			break
		}
		if why = x.pinged(ctx); why == "" {
			break
		}
	}
	res.SetStr("elapsed", int64(time.Since(start).Seconds()))
	return res, nil
}

// pinged runs the module ping, over a connection of its own where the machine has none to its host. It
// returns why that was not possible.
func (x *taskRun) pinged(ctx context.Context) string {
	if x.connection() == "local" && !x.tagged() {
		x.warnOf("Reset is not implemented for this connection")
	}
	res, err := x.submodule(ctx, "ansible.builtin.ping", value.NewDict())
	if err == nil && truthy(res, "unreachable") && x.flags.DelegateTo == "" && !x.m.host.Detached {
		x.m.host.Detached = true
		res, err = x.submodule(ctx, "ansible.builtin.ping", value.NewDict())
		x.m.host.Detached = err == nil && !truthy(res, "unreachable")
	}
	switch {
	case err != nil:
		return err.Error()
	case isFailed(res) || truthy(res, "unreachable"):
		msg, _ := value.ToStr(get(res, "msg"))
		return msg
	}
	return ""
}

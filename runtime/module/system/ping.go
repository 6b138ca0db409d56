// Package system has the modules about the host itself: ping, accounts, host name, kernel settings,
// scheduled jobs.
package system

import (
	"context"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
)

// Ping is ansible.builtin.ping.
func Ping() module.Module {
	spec := &argspec.Spec{CheckMode: true, Args: []argspec.Arg{{Name: "data", Default: "pong"}}}
	return module.New("ansible.builtin.ping", "ping", module.Local, spec, ping)
}

func ping(_ context.Context, t *module.Task) (*value.Dict, error) {
	if t.Str("data") == "crash" {
		return nil, &module.PyException{Class: "Exception", Msg: "boom"}
	}
	return value.DictOf("ping", t.Get("data")), nil
}

package become

import (
	"context"
	"errors"
	"io"

	"pbc/agent"
	"pbc/runtime/machine"
)

// Open is the Hop of agent.Options: it becomes the user whom a task names.
func Open(ctx context.Context, b machine.Become) (io.ReadWriteCloser, error) {
	h, err := Start(ctx, Request{Method: b.Method, User: b.User, Exe: b.Exe, Flags: b.Flags, Password: b.Password, Local: b.Over == "local"})
	var e *Error
	if errors.As(err, &e) {
		return nil, &agent.HopError{Msg: e.Msg, RC: e.RC, Stdout: e.Stdout, Stderr: e.Stderr}
	}
	if err != nil {
		return nil, err
	}
	return h, nil
}

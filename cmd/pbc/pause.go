package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// pause answers the module pause, for which a person at the terminal may press keys. Without arguments it
// only says whether somebody sits there.
//
// Ansible docs: "ansible.builtin.pause module".
func pause(ctx context.Context, n *event.Need) *event.Answer {
	args, ok := n.Args.V.(*value.Dict)
	if !ok {
		return &event.Answer{Error: "malformed pause"}
	}
	a := &event.Answer{Found: interactive(os.Stdin), Value: ir.Val{V: ""}}
	if args.Len() == 0 {
		return a
	}
	v, _ := args.GetStr("seconds")
	echo, _ := args.GetStr("echo")
	if seconds, timed := v.(int64); timed {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
		defer stop()
	} else if !a.Found {
		return a
	}
	if !a.Found {
		<-ctx.Done()
		return a
	}
	typed, err := keyboard{in: os.Stdin, out: os.Stdout, echo: echo == true && v == nil, timed: v != nil}.read(ctx)
	if err != nil {
		return &event.Answer{Error: err.Error()}
	}
	a.Value = ir.Val{V: typed}
	return a
}

// interactive says whether a file is a terminal with this process in its foreground.
func interactive(f *os.File) bool {
	if !term.IsTerminal(int(f.Fd())) {
		return false
	}
	foreground, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == unix.Getpgrp()
}

// keyboard reads single keys.
type keyboard struct {
	in, out *os.File
	echo    bool // show what is typed
	timed   bool // the wait ends by itself: only Ctrl+C counts
	// ready is called when keys are taken one by one; may be nil.
	ready func()
}

const (
	clearLine = "\x1b[\r\x1b[\x1b[K"
	interrupt = 3
)

// errAborted is Ctrl+C followed by A.
var errAborted = errors.New("user requested abort!")

// read returns what is typed until enter, or until the time is over.
func (k keyboard) read(ctx context.Context) (string, error) {
	was, err := term.MakeRaw(int(k.in.Fd()))
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(int(k.in.Fd()), was) }()
	if k.ready != nil {
		k.ready()
	}
	var typed []byte
	for {
		key, err := k.key(ctx)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return string(typed), nil
		case err != nil:
			return "", err
		case key == interrupt:
			return string(typed), k.interrupted(ctx)
		case k.timed:
		case key == '\r' || key == '\n':
			k.print(clearLine)
			return strings.ToValidUTF8(string(typed), "\uFFFD"), nil
		case key == 0x7f || key == '\b':
			if len(typed) > 0 {
				typed = typed[:len(typed)-1]
			}
			k.print(clearLine)
			if k.echo {
				k.print(string(typed))
			}
		default:
			typed = append(typed, key)
			if k.echo {
				k.print(string(key))
			}
		}
	}
}

// interrupted asks what Ctrl+C was meant to do.
func (k keyboard) interrupted(ctx context.Context) error {
	k.print(clearLine + "Press 'C' to continue the play or 'A' to abort \r\r\n")
	for {
		key, err := k.key(context.WithoutCancel(ctx))
		switch {
		case err != nil:
			return err
		case key == 'c' || key == 'C':
			k.print(clearLine)
			return nil
		case key == 'a' || key == 'A':
			k.print(clearLine)
			return errAborted
		}
	}
}

func (k keyboard) print(s string) { _, _ = k.out.WriteString(s) }

// key waits for a key. It looks whether there is one before it reads, so that nothing that is typed after the
// wait is lost to it.
func (k keyboard) key(ctx context.Context) (byte, error) {
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		fds := []unix.PollFd{{Fd: int32(k.in.Fd()), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, 50)
		if n == 0 || errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return 0, err
		}
		var b [1]byte
		if _, err := k.in.Read(b[:]); err != nil {
			return 0, err
		}
		return b[0], nil
	}
}

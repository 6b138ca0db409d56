package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"pbc/ir/expr"
	"pbc/runtime/callback"
	"pbc/runtime/controller"
)

// interrupts are the signals that end a run. The first SIGINT has no task begun any more; a second one, SIGTERM and SIGHUP end
// what runs, and then this process, by that signal. A third signal ends it at once, whatever it is doing. Make one with
// catchInterrupts; nil is never interrupted.
type interrupts struct {
	asked chan struct{} // closed by the first SIGINT
	// over ends with the signal that ends what runs.
	over context.Context
	end  context.CancelCauseFunc
	// heeded counts those who wait for asked: while nobody does, a signal ends the process.
	heeded atomic.Int32
	// idle is called for the first SIGINT while nobody heeds it.
	idle func()
}

// signalled is the signal that has ended a run.
type signalled struct{ syscall.Signal }

// Error implements error.
func (s signalled) Error() string { return s.Signal.String() }

// patience is how long a run may take to end what a signal ends.
const patience = 15 * time.Second

// catchInterrupts has signals end the run in good order. A signal that was ignored when the program started stays so: then it
// runs in the background, or under nohup. Nobody listening to the output is no reason to end.
func (c core) catchInterrupts() *interrupts {
	i := &interrupts{asked: make(chan struct{}), idle: func() {
		c.tellInterrupted()
		os.Exit(interrupted)
	}}
	i.over, i.end = context.WithCancelCause(context.Background())
	come := make(chan os.Signal, 3)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(come, s)
		}
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // caught, not ignored: commands would inherit that
	go i.watch(come)
	return i
}

func (i *interrupts) watch(come <-chan os.Signal) {
	s := <-come
	if i.heeded.Load() == 0 {
		if s == syscall.SIGINT {
			i.idle()
		}
		dieOf(s.(syscall.Signal))
	}
	if s == syscall.SIGINT {
		close(i.asked)
		s = <-come
	}
	i.end(signalled{s.(syscall.Signal)})
	select {
	case s = <-come:
	case <-time.After(patience):
	}
	dieOf(s.(syscall.Signal))
}

// heed has signals told by the channel and the context, until it is released.
func (i *interrupts) heed() (asked <-chan struct{}, over context.Context, release func()) {
	if i == nil {
		return nil, context.Background(), func() {}
	}
	i.heeded.Add(1)
	return i.asked, i.over, func() { i.heeded.Add(-1) }
}

// finish ends the process by the signal that has ended the run, if one has.
func (i *interrupts) finish() {
	if s, ok := context.Cause(i.over).(signalled); ok {
		dieOf(s.Signal)
	}
}

// dieOf ends the process by a signal, as if it had not been caught: who waits for it sees that.
func dieOf(s syscall.Signal) {
	signal.Reset(s)
	_ = syscall.Kill(os.Getpid(), s)
	time.Sleep(time.Second)
	os.Exit(128 + int(s))
}

// line shows a prompt and reads the line of a person, who may interrupt as soon as there is one.
func (i *interrupts) line(f *os.File, to io.Writer, prompt string) (string, error) {
	asked, over, release := i.heed()
	defer release()
	fmt.Fprint(to, prompt)
	type typed struct {
		line string
		err  error
	}
	done := make(chan typed, 1)
	go func() {
		line, err := readLine(f)
		done <- typed{line, err}
	}()
	select {
	case t := <-done:
		return t.line, t.err
	case <-asked:
	case <-over.Done():
	}
	return "", controller.ErrInterrupted
}

// interrupted is the exit code of a run that the user has interrupted.
const interrupted = 99

// tellInterrupted says that the user has ended the program, before anything has run.
func (c core) tellInterrupted() {
	screen := callback.NewScreen(os.Stdout, os.Stderr)
	screen.Tagged = c.dialect == expr.Tagged
	screen.Fail(callback.ErrorMessage{Text: "User interrupted execution", Wrap: true})
}

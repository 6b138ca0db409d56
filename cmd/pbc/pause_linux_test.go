package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal opens a terminal of its own: what is written to the first is typed on the second.
func terminal(t *testing.T) (keys, tty *os.File) {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keys.Close(); _ = tty.Close() })
	return keys, tty
}

func TestKeyboard(t *testing.T) {
	for _, c := range []struct {
		name, typed string
		timed       bool
		want        string
		err         error
	}{
		{"a line", "yes\r", false, "yes", nil},
		{"newline", "yes\n", false, "yes", nil},
		{"taken back", "\x7fya\x7f\besno\b\x7f\r", false, "es", nil},
		{"go on", "a\x03xC", false, "a", nil},
		{"abort", "a\x03\rA", false, "", errAborted},
		{"early", "nothing\r\x03c", true, "", nil},
		{"abort a wait", "\x03a", true, "", errAborted},
	} {
		t.Run(c.name, func(t *testing.T) {
			keys, tty := terminal(t)
			go func() { _, _ = io.Copy(io.Discard, keys) }()
			// Keys wait in the terminal until it is read; raw mode comes first, so that they wait as they are.
			ready := make(chan error, 1)
			k := keyboard{in: tty, out: tty, echo: true, timed: c.timed, ready: func() { _, err := keys.WriteString(c.typed); ready <- err }}
			got, err := k.read(context.Background())
			if werr := <-ready; werr != nil {
				t.Fatal(werr)
			}
			if !errors.Is(err, c.err) || err == nil && got != c.want {
				t.Errorf("got %q, %v, want %q, %v", got, err, c.want, c.err)
			}
		})
	}
}

func TestKeyboardTimeIsOver(t *testing.T) {
	keys, tty := terminal(t)
	go func() { _, _ = io.Copy(io.Discard, keys) }()
	ctx, stop := context.WithDeadline(context.Background(), time.Now())
	defer stop()
	if got, err := (keyboard{in: tty, out: tty, timed: true}).read(ctx); err != nil || got != "" {
		t.Errorf("got %q, %v", got, err)
	}
}

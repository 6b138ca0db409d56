package network

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

var byAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func TestDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "ready")
			_ = c.Close()
		}
	}()
	port := int64(l.Addr().(*net.TCPAddr).Port)
	for _, host := range []string{"127.0.0.1", "localhost", "::ffff:127.0.0.1"} {
		c, err := dial(t.Context(), host, port, 10*time.Second)
		if err != nil {
			t.Fatalf("%s: %v", host, err)
		}
		if got, err := io.ReadAll(c); string(got) != "ready" || err != nil {
			t.Errorf("%s: got %q, %v", host, got, err)
		}
		_ = c.Close()
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := dial(t.Context(), "127.0.0.1", port, 10*time.Second); err == nil {
		t.Errorf("connected to a closed port: %v", c)
	}
	if _, err := dial(t.Context(), "127.0.0.1", port+1<<16, time.Second); !errors.Is(err, errPort) {
		t.Errorf("got %v, want %v", err, errPort)
	}
}

// A listener whose queue is full does not answer: the time given ends the wait.
func TestDialEndsInTime(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	at, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	for range 8 {
		c, err := dial(t.Context(), "127.0.0.1", int64(at.(*unix.SockaddrInet4).Port), 100*time.Millisecond)
		if err == nil {
			defer func() { _ = c.Close() }()
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v, want %v", err, os.ErrDeadlineExceeded)
		}
		return
	}
	t.Error("a queue of length 0 took 8 connections")
}

func TestAddresses(t *testing.T) {
	text := "::1             STREAM localhost\n::1             DGRAM  \n127.0.0.1       STREAM \nfe80::1%eth0    RAW\n"
	want := []netip.Addr{netip.MustParseAddr("::1"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("fe80::1%eth0")}
	if d := cmp.Diff(want, addresses(text), byAddr); d != "" {
		t.Error(d)
	}
}

func TestInHosts(t *testing.T) {
	text := "# a comment\n127.0.0.1 localhost\n10.0.0.1\tweb www # the web\n10.0.0.2 db #www\n"
	for _, tt := range []struct {
		host string
		want []netip.Addr
	}{
		{"localhost", []netip.Addr{netip.MustParseAddr("127.0.0.1")}},
		{"WWW", []netip.Addr{netip.MustParseAddr("10.0.0.1")}},
		{"none", nil},
	} {
		if d := cmp.Diff(tt.want, inHosts(text, tt.host), byAddr); d != "" {
			t.Errorf("%s: %s", tt.host, d)
		}
	}
}

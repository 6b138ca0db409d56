package network

// Package net would bring its own resolver, 150 KB compressed, to hosts that have one: the C library's,
// which Python asks too, answers through getent.

import (
	"context"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"pbc/runtime/module"
)

const (
	hostsFile = "/etc/hosts"
	// getentAbsent is getent's exit code for a name that has no address.
	getentAbsent = 2
)

// lookup returns the addresses of a host, which may be one itself.
func lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	out := module.Start(ctx, module.Command{Argv: []string{"getent", "ahosts", host}, Env: os.Environ()})
	if out.StartFailed == nil {
		if addrs := addresses(out.Out); out.RC == 0 && len(addrs) > 0 {
			return addrs, nil
		}
		if out.RC != getentAbsent && ctx.Err() == nil {
			return nil, module.Fail("getent cannot look up %s: %s", host, strings.TrimSpace(out.Err))
		}
		return nil, errUnknownHost
	}
	text, _ := os.ReadFile(hostsFile)
	if addrs := inHosts(string(text), host); len(addrs) > 0 {
		return addrs, nil
	}
	return nil, module.Fail("cannot look up %s: it is not in %s, and there is no getent on this host", host, hostsFile)
}

// addresses reads what getent ahosts prints: a line for each address and kind of socket.
func addresses(text string) []netip.Addr {
	var all []netip.Addr
	seen := map[netip.Addr]bool{}
	for line := range strings.Lines(text) {
		first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if a, err := netip.ParseAddr(first); err == nil && !seen[a] {
			seen[a] = true
			all = append(all, a)
		}
	}
	return all
}

// inHosts finds a name in the text of /etc/hosts.
func inHosts(text, host string) []netip.Addr {
	var all []netip.Addr
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		for i := 1; i < len(f); i++ {
			if a, err := netip.ParseAddr(f[0]); err == nil && strings.EqualFold(f[i], host) {
				all = append(all, a)
				break
			}
		}
	}
	return all
}

// connect opens a TCP connection.
func connect(ctx context.Context, to netip.AddrPort) (stream, error) {
	family, addr := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().Unmap().As4()})
	if !to.Addr().Unmap().Is4() {
		family, addr = unix.AF_INET6, &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16(), ZoneId: zone(to.Addr().Zone())}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	err = unix.Connect(fd, addr)
	f := os.NewFile(uintptr(fd), to.String())
	if err == unix.EINPROGRESS || err == unix.EINTR {
		err = established(ctx, f)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// established waits until a connection that was begun stands or has failed.
func established(ctx context.Context, f *os.File) error {
	defer context.AfterFunc(ctx, func() { _ = f.SetWriteDeadline(time.Unix(1, 0)) })()
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Write(func(fd uintptr) bool {
		n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		switch {
		case err != nil:
			failed = err
		case n != 0:
			failed = unix.Errno(n)
		default:
			_, err = unix.Getpeername(int(fd))
			return err == nil // not yet
		}
		return true
	})
	if err != nil {
		return err
	}
	return failed
}

// zone is the number of an interface, which may be written as its name.
func zone(name string) uint32 {
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		return uint32(n)
	}
	text, _ := os.ReadFile("/sys/class/net/" + name + "/ifindex")
	n, _ := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	return uint32(n)
}

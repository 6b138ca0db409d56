package netaddr

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// The functions of this file read text as Python's library ipaddress does, which is stricter than netaddr.

// HostBitsError says that a network's address has bits beyond its prefix.
type HostBitsError struct{ Text string }

func (e *HostBitsError) Error() string { return e.Text + " has host bits set" }

// StrictAddr reads one address. An IPv6 address may name its zone.
func StrictAddr(s string) (Addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || strings.Count(s, "%") > 1 {
		return Addr{}, false
	}
	return parse(a.WithZone("").String())
}

// StrictNetwork reads a network, whose address may have no host bits.
func StrictNetwork(s string) (Network, error) {
	addr, prefix, given := strings.Cut(s, "/")
	a, ok := StrictAddr(addr)
	n := Network{a, 0}
	if ok {
		n.Prefix = Width(a.V)
	}
	if ok && given {
		n.Prefix, ok = strictPrefix(prefix, a.V)
	}
	if !ok {
		return Network{}, fmt.Errorf("%s does not appear to be an IPv4 or IPv6 network", quote(s))
	}
	if !n.IsFirst() {
		return Network{}, &HostBitsError{s}
	}
	return n, nil
}

func strictPrefix(s string, v int) (int, bool) {
	if s != "" && strings.Trim(s, "0123456789") == "" {
		n, err := strconv.Atoi(s)
		return n, err == nil && n <= Width(v)
	}
	m, ok := parse(s)
	if !ok || v != 4 || m.V != 4 {
		return 0, false
	}
	return maskLength(m)
}

// What Python's ipaddress knows of the registries of special addresses.
var (
	reserved = networks("240.0.0.0/4", "::/8", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "4000::/3", "6000::/3", "8000::/3",
		"a000::/3", "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fe00::/9")
	internal = networks("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::1/128", "::/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10")
	notInternal = networks("192.0.0.9/32", "192.0.0.10/32", "2001:1::1/128", "2001:1::2/128", "2001:3::/32", "2001:4:112::/48",
		"2001:20::/28", "2001:30::/28")
	shared      = networks("100.64.0.0/10")
	unspecified = networks("0.0.0.0/32", "::/128")
	sixToFour   = networks("2002::/16")
	teredo      = networks("2001::/32")
	v4InV6      = networks("::ffff:0:0/96")
)

// Kind is what a test of ansible.utils asks of one address.
type Kind func(a Addr) bool

func within(list []Network) Kind {
	return func(a Addr) bool { return Network{a, Width(a.V)}.in(list) }
}

// Kinds are the questions by the names of the tests.
var Kinds = map[string]Kind{
	"ip_address":       func(Addr) bool { return true },
	"ipv4_address":     func(a Addr) bool { return a.V == 4 },
	"ipv6_address":     func(a Addr) bool { return a.V == 6 },
	"ipv6_ipv4_mapped": within(v4InV6),
	"ipv6_sixtofour":   within(sixToFour),
	"ipv6_teredo":      within(teredo),
	"loopback":         within(loopback),
	"multicast":        within(multicast),
	"private":          isInternal,
	"public":           func(a Addr) bool { return !isInternal(a) && !within(shared)(a) },
	"reserved":         within(reserved),
	"unspecified":      within(unspecified),
}

func isInternal(a Addr) bool {
	if within(v4InV6)(a) {
		n, _ := Network{a, 128}.ToIPv4()
		a = n.Addr
	}
	return within(internal)(a) && !within(notInternal)(a)
}

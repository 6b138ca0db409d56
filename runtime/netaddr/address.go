// Package netaddr is what playbooks know as the Python libraries netaddr and ipaddress: IP addresses,
// networks and hardware addresses as text, as numbers, and what can be asked of them.
//
// An Addr is one address; a Network is an address with a prefix, which keeps its host bits: 10.0.0.5/24 is
// a Network whose address is 10.0.0.5. Values are not changed once made. Numbers are big, since IPv6 is.
//
// The package knows neither filters nor playbook values; package ipfilter makes the filters of it.
package netaddr

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
)

// Addr is one IP address. V is 4 or 6, N its value.
type Addr struct {
	V int
	N *big.Int
}

// ErrFormat is wrapped by the errors of text that is no address: netaddr's AddrFormatError.
var ErrFormat = errors.New("bad address format")

func formatError(format string, a ...any) error {
	return &Error{Msg: fmt.Sprintf(format, a...)}
}

// Error is a text that is no address or network, in netaddr's words. It wraps ErrFormat.
type Error struct{ Msg string }

func (e *Error) Error() string { return e.Msg }

// Unwrap returns ErrFormat.
func (e *Error) Unwrap() error { return ErrFormat }

// Width is the number of bits of an address of version v.
func Width(v int) int {
	if v == 4 {
		return 32
	}
	return 128
}

var one = big.NewInt(1)

// highest is the highest value of version v.
func highest(v int) *big.Int { return mask(Width(v)) }

// mask is a number of n ones.
func mask(n int) *big.Int {
	m := new(big.Int).Lsh(one, uint(n))
	return m.Sub(m, one)
}

func fits(v int, n *big.Int) bool { return n.Sign() >= 0 && n.Cmp(highest(v)) <= 0 }

// ParseAddr reads an address without prefix. IPv4 is four decimal numbers without leading zeros.
func ParseAddr(s string) (Addr, error) {
	a, ok := parse(s)
	if !ok {
		return Addr{}, formatError("failed to detect a valid IP address from %s", quote(s))
	}
	return a, nil
}

func parse(s string) (Addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return Addr{}, false
	}
	if a.Is4() {
		b := a.As4()
		return Addr{4, new(big.Int).SetBytes(b[:])}, true
	}
	b := a.As16()
	return Addr{6, new(big.Int).SetBytes(b[:])}, true
}

// FromInt makes an address of a number, IPv4 where it fits.
func FromInt(n *big.Int) (Addr, error) {
	switch {
	case fits(4, n):
		return Addr{4, n}, nil
	case fits(6, n):
		return Addr{6, n}, nil
	}
	return Addr{}, formatError("failed to detect a valid IP address from %s", n)
}

// Add returns the address n further on, ok is false beyond the ends.
func (a Addr) Add(n *big.Int) (Addr, bool) {
	r := new(big.Int).Add(a.N, n)
	return Addr{a.V, r}, fits(a.V, r)
}

// Equal says whether a and b are the same address.
func (a Addr) Equal(b Addr) bool { return a.V == b.V && a.N.Cmp(b.N) == 0 }

// String is the address as text: IPv6 compressed, with a dotted end where it stands for an IPv4 address.
func (a Addr) String() string {
	if a.V == 4 {
		var b [4]byte
		a.N.FillBytes(b[:])
		return netip.AddrFrom4(b).String()
	}
	if n := a.N.BitLen(); n > 16 && n <= 32 {
		return "::" + Addr{4, a.N}.String()
	}
	var b [16]byte
	a.N.FillBytes(b[:])
	return netip.AddrFrom16(b).String()
}

// IsNetmask says whether the address is ones followed by zeros.
func (a Addr) IsNetmask() bool {
	return Addr{a.V, new(big.Int).Xor(a.N, highest(a.V))}.IsHostmask()
}

// IsHostmask says whether the address is zeros followed by ones.
func (a Addr) IsHostmask() bool {
	n := new(big.Int).Add(a.N, one)
	return n.And(n, a.N).Sign() == 0
}

// ReverseDNS is the name of the address in the reverse zones, with a final dot.
func (a Addr) ReverseDNS() string {
	if a.V == 4 {
		p := strings.Split(a.String(), ".")
		return p[3] + "." + p[2] + "." + p[1] + "." + p[0] + ".in-addr.arpa."
	}
	digits := fmt.Sprintf("%032x", a.N)
	var b strings.Builder
	for i := len(digits) - 1; i >= 0; i-- {
		b.WriteByte(digits[i])
		b.WriteByte('.')
	}
	return b.String() + "ip6.arpa."
}

// quote is Python's repr of text that addresses are made of.
func quote(s string) string {
	q := strconv.Quote(s)
	return "'" + strings.ReplaceAll(strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`), "'", `\'`) + "'"
}

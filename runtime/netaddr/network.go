package netaddr

import (
	"math/big"
	"strconv"
	"strings"
)

// Network is an address and a prefix. The address keeps its host bits.
type Network struct {
	Addr
	Prefix int
}

// Options say how text is read.
type Options struct {
	// Partial takes 10 or 10.1 for 10.0.0.0 and 10.1.0.0, as netaddr before 1.0 does.
	Partial bool
}

// Parse reads an address with or without prefix; the prefix may be a number, a netmask or a hostmask.
func (o Options) Parse(s string) (Network, error) {
	addr, prefix, given := strings.Cut(s, "/")
	a, ok := parse(addr)
	if !ok && o.Partial {
		a, ok = parsePartial(addr)
	}
	if !ok {
		return Network{}, formatError("invalid IPNetwork %s", s)
	}
	n := Network{a, Width(a.V)}
	if !given {
		return n, nil
	}
	p, ok := parsePrefix(prefix, a.V)
	if !ok || p < 0 || p > Width(a.V) {
		return Network{}, formatError("invalid IPNetwork %s", s)
	}
	n.Prefix = p
	return n, nil
}

// parsePartial reads up to four numbers and appends zeros.
func parsePartial(s string) (Addr, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return Addr{}, false
	}
	for i, p := range parts {
		n, err := strconv.Atoi(strings.TrimSpace(p))
		if err != nil {
			return Addr{}, false
		}
		parts[i] = strconv.Itoa(n)
	}
	for len(parts) < 4 {
		parts = append(parts, "0")
	}
	return parse(strings.Join(parts, "."))
}

func parsePrefix(s string, v int) (int, bool) {
	if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
		return n, true
	}
	m, ok := parse(s)
	if !ok || m.V != v {
		return 0, false
	}
	return maskLength(m)
}

// maskLength is the prefix that a netmask or hostmask stands for.
func maskLength(m Addr) (int, bool) {
	width := Width(m.V)
	switch {
	case m.IsNetmask():
		if m.N.Sign() == 0 {
			return 0, true
		}
		return width - int(m.N.TrailingZeroBits()), true
	case m.IsHostmask():
		return width - m.N.BitLen(), true
	}
	return 0, false
}

// String is address/prefix.
func (n Network) String() string { return n.Addr.String() + "/" + strconv.Itoa(n.Prefix) }

func (n Network) hostBits() int { return Width(n.V) - n.Prefix }

// Size is the number of addresses.
func (n Network) Size() *big.Int { return new(big.Int).Lsh(one, uint(n.hostBits())) }

// Hostmask is the mask of the host's bits.
func (n Network) Hostmask() Addr { return Addr{n.V, mask(n.hostBits())} }

// Netmask is the mask of the network's bits.
func (n Network) Netmask() Addr {
	return Addr{n.V, new(big.Int).Xor(highest(n.V), mask(n.hostBits()))}
}

// First is the network's address.
func (n Network) First() Addr { return Addr{n.V, new(big.Int).AndNot(n.N, mask(n.hostBits()))} }

// Last is the last address, the broadcast address of most networks.
func (n Network) Last() Addr { return Addr{n.V, new(big.Int).Or(n.N, mask(n.hostBits()))} }

// Broadcast is the broadcast address; networks of one or two addresses have none.
func (n Network) Broadcast() (Addr, bool) { return n.Last(), n.hostBits() > 1 }

// IsFirst says whether the address of n is that of the network.
func (n Network) IsFirst() bool { return n.Addr.Equal(n.First()) }

// CIDR is the network without host bits.
func (n Network) CIDR() Network { return Network{n.First(), n.Prefix} }

// Usable are the first and the last address that hosts may have; ok is false when there is only one.
func (n Network) Usable() (first, last *big.Int, ok bool) {
	first, last = n.First().N, n.Last().N
	switch n.hostBits() {
	case 0:
		return nil, nil, false
	case 1:
		return first, last, true
	}
	return new(big.Int).Add(first, one), new(big.Int).Sub(last, one), true
}

// Contains says whether all of o lies in n.
func (n Network) Contains(o Network) bool {
	return n.V == o.V && n.First().N.Cmp(o.First().N) <= 0 && n.Last().N.Cmp(o.Last().N) >= 0
}

// At is the address of that index; a negative one counts from the end.
func (n Network) At(index *big.Int) (Addr, bool) {
	size := n.Size()
	if new(big.Int).Abs(index).Cmp(size) > 0 || index.Cmp(size) == 0 {
		return Addr{}, false
	}
	from := n.First().N
	if index.Sign() < 0 {
		from = new(big.Int).Add(from, size)
	}
	return Addr{n.V, new(big.Int).Add(from, index)}, true
}

// Supernets are the networks around n from prefix up to its own.
func (n Network) Supernets(prefix int) []Network {
	var r []Network
	for p := prefix; p < n.Prefix; p++ {
		r = append(r, Network{n.Addr, p}.CIDR())
	}
	return r
}

// ToIPv4 turns ::a.b.c.d and ::ffff:a.b.c.d into IPv4.
func (n Network) ToIPv4() (Network, bool) {
	if n.V == 4 {
		return n, true
	}
	v := n.N
	if !fits(4, v) {
		v = new(big.Int).Sub(v, mapped)
	}
	if !fits(4, v) || n.Prefix < 96 {
		return Network{}, false
	}
	return Network{Addr{4, v}, n.Prefix - 96}, true
}

// ToIPv6 turns IPv4 into ::ffff:a.b.c.d.
func (n Network) ToIPv6() Network {
	if n.V == 6 {
		return n
	}
	return Network{Addr{6, new(big.Int).Add(n.N, mapped)}, n.Prefix + 96}
}

var mapped = new(big.Int).Lsh(big.NewInt(0xffff), 32)

// less orders as netaddr sorts: by version, network, size, host bits.
func (n Network) less(o Network) bool {
	if n.V != o.V {
		return n.V < o.V
	}
	if c := n.First().N.Cmp(o.First().N); c != 0 {
		return c < 0
	}
	if n.Prefix != o.Prefix {
		return n.Prefix < o.Prefix
	}
	return n.N.Cmp(o.N) < 0
}

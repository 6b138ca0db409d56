package network

import (
	"fmt"
	"math/big"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/netaddr"
)

// queries are the words that ipaddr knows.
var queries = map[string]func(s *subject) (value.Value, error){
	"":                 whole,
	"6to4":             sixToFour,
	"address":          address,
	"address/prefix":   hostPrefix,
	"bool":             func(*subject) (value.Value, error) { return true, nil },
	"broadcast":        broadcast,
	"cidr":             func(s *subject) (value.Value, error) { return s.String(), nil },
	"cidr_lookup":      func(*subject) (value.Value, error) { return nil, exception.Raise("KeyError", "'iplist'") },
	"first_usable":     firstUsable,
	"gateway":          hostPrefix,
	"gw":               hostPrefix,
	"host":             host,
	"host/prefix":      hostPrefix,
	"hostmask":         func(s *subject) (value.Value, error) { return s.Hostmask().String(), nil },
	"hostnet":          hostPrefix,
	"int":              integer,
	"ip":               address,
	"ip/prefix":        inNetwork("/%[2]d"),
	"ip_netmask":       inNetwork(" %[3]s"),
	"ipv4":             toIPv4,
	"ipv6":             toIPv6,
	"last_usable":      lastUsable,
	"link-local":       func(s *subject) (value.Value, error) { return s.when(s.IsLinkLocal()) },
	"lo":               func(s *subject) (value.Value, error) { return s.when(s.IsLoopback()) },
	"loopback":         func(s *subject) (value.Value, error) { return s.when(s.IsLoopback()) },
	"multicast":        func(s *subject) (value.Value, error) { return s.when(s.IsMulticast()) },
	"net":              net,
	"netmask":          func(s *subject) (value.Value, error) { return s.Netmask().String(), nil },
	"network":          func(s *subject) (value.Value, error) { return s.First().String(), nil },
	"network/prefix":   func(s *subject) (value.Value, error) { return s.CIDR().String(), nil },
	"network_id":       func(s *subject) (value.Value, error) { return s.First().String(), nil },
	"network_netmask":  func(s *subject) (value.Value, error) { return s.First().String() + " " + s.Netmask().String(), nil },
	"network_wildcard": func(s *subject) (value.Value, error) { return s.First().String() + " " + s.Hostmask().String(), nil },
	"next_usable":      neighbour(1),
	"peer":             peer,
	"prefix":           func(s *subject) (value.Value, error) { return int64(s.Prefix), nil },
	"previous_usable":  neighbour(-1),
	"private":          func(s *subject) (value.Value, error) { return s.when(s.IsPrivate()) },
	"public":           func(s *subject) (value.Value, error) { return s.when(s.IsPublic()) },
	"range_usable":     rangeUsable,
	"revdns":           func(s *subject) (value.Value, error) { return s.ReverseDNS(), nil },
	"router":           hostPrefix,
	"size":             func(s *subject) (value.Value, error) { return norm(s.Size()), nil },
	"size_usable":      sizeUsable,
	"subnet":           func(s *subject) (value.Value, error) { return s.CIDR().String(), nil },
	"type":             func(s *subject) (value.Value, error) { return s.kind(), nil },
	"unicast":          func(s *subject) (value.Value, error) { return s.when(!s.IsMulticast()) },
	"v4":               broken("_ipv4_query"),
	"v6":               broken("_ipv6_query"),
	"version":          func(s *subject) (value.Value, error) { return int64(s.V), nil },
	"wildcard":         func(s *subject) (value.Value, error) { return s.Hostmask().String(), nil },
	"wrap":             wrapped,
}

// broken is a word of ansible.utils that has never worked.
func broken(name string) func(s *subject) (value.Value, error) {
	return func(*subject) (value.Value, error) {
		return nil, exception.TypeError("%s() missing 1 required positional argument: 'value'", name)
	}
}

func whole(s *subject) (value.Value, error) {
	if s.isNetwork {
		return s.String(), nil
	}
	return s.Addr.String(), nil
}

// kind is address or network: a network has host bits that are all zero.
func (s *subject) kind() string {
	if !s.single() && s.IsFirst() {
		return "network"
	}
	return "address"
}

func sixToFour(s *subject) (value.Value, error) {
	if s.V == 6 {
		in := s.N.BitLen() == 126 && new(big.Int).Rsh(s.N, 112).Int64() == 0x2002
		if !in || s.isNetwork && s.IsFirst() {
			return false, nil
		}
		return s.value, nil
	}
	if !s.single() && s.IsFirst() || !s.Host().IsPublic() && !s.Host().IsPrivate() {
		return false, nil
	}
	n := s.N.Uint64()
	return fmt.Sprintf("2002:%02x%02x:%02x%02x::1/48", n>>24, n>>16&255, n>>8&255, n&255), nil
}

func address(s *subject) (value.Value, error) {
	if _, ok := s.Broadcast(); s.single() || !s.IsFirst() || !ok || s.V == 6 {
		return s.Addr.String(), nil
	}
	return nil, nil
}

func hostPrefix(s *subject) (value.Value, error) {
	if !s.single() && !s.pair() && (s.IsFirst() || s.Addr.Equal(s.Last())) {
		return false, nil
	}
	return s.String(), nil
}

func broadcast(s *subject) (value.Value, error) {
	if a, ok := s.Broadcast(); ok {
		return a.String(), nil
	}
	return nil, nil
}

func host(s *subject) (value.Value, error) {
	if _, ok := s.Broadcast(); s.single() || !s.IsFirst() || !ok {
		return s.String(), nil
	}
	return nil, nil
}

func integer(s *subject) (value.Value, error) {
	if s.isNetwork {
		return fmt.Sprintf("%d/%d", s.N, s.Prefix), nil
	}
	return norm(s.N), nil
}

// inNetwork writes an address that stands in a network: address, prefix, netmask.
func inNetwork(format string) func(s *subject) (value.Value, error) {
	return func(s *subject) (value.Value, error) {
		if s.pair() || !s.single() && !s.IsFirst() {
			return fmt.Sprintf("%[1]s"+format+"%.[4]s", s.Addr.String(), s.Prefix, s.Netmask().String(), ""), nil
		}
		return nil, nil
	}
}

func toIPv4(s *subject) (value.Value, error) {
	if s.V == 4 {
		return s.value, nil
	}
	n, ok := s.ToIPv4()
	if !ok {
		return false, nil
	}
	return n.String(), nil
}

func toIPv6(s *subject) (value.Value, error) {
	if s.V == 6 {
		return s.value, nil
	}
	return s.ToIPv6().String(), nil
}

func firstUsable(s *subject) (value.Value, error) {
	if !s.isNetwork {
		return nil, notNetwork()
	}
	first, _, ok := s.Usable()
	if !ok {
		return nil, nil
	}
	return fromInt(first)
}

func lastUsable(s *subject) (value.Value, error) {
	if !s.isNetwork {
		return nil, notNetwork()
	}
	_, last, ok := s.Usable()
	if !ok {
		return nil, nil
	}
	return fromInt(last)
}

func rangeUsable(s *subject) (value.Value, error) {
	if !s.isNetwork {
		return nil, notNetwork()
	}
	first, last, ok := s.Usable()
	if !ok {
		return nil, nil
	}
	a, err := fromInt(first)
	if err != nil {
		return nil, err
	}
	b, err := fromInt(last)
	if err != nil {
		return nil, err
	}
	return fmt.Sprintf("%s-%s", a, b), nil
}

func net(s *subject) (value.Value, error) {
	if s.kind() == "network" {
		return s.String(), nil
	}
	return nil, nil
}

// neighbour is the usable address so many further on.
func neighbour(by int64) func(s *subject) (value.Value, error) {
	return func(s *subject) (value.Value, error) {
		if !s.isNetwork {
			return nil, notNetwork()
		}
		return s.usableAt(by)
	}
}

func (s *subject) usableAt(by int64) (value.Value, error) {
	first, last, ok := s.Usable()
	if !ok {
		return nil, nil
	}
	n := new(big.Int).Add(s.N, big.NewInt(by))
	a, err := fromInt(n)
	if err != nil || n.Cmp(first) < 0 || n.Cmp(last) > 0 {
		return nil, err
	}
	return a, nil
}

// peer is the other end of a point-to-point network.
func peer(s *subject) (value.Value, error) {
	if !s.isNetwork {
		return nil, notNetwork()
	}
	if s.pair() {
		return fromInt(new(big.Int).Xor(s.N, big.NewInt(1)))
	}
	if s.Prefix != netaddr.Width(s.V)-2 {
		return nil, exception.FilterError("Not a point-to-point network")
	}
	switch low := new(big.Int).And(s.N, big.NewInt(3)).Int64(); low {
	case 0:
		return nil, exception.FilterError("Network address of /30 has no peer")
	case 3:
		return nil, exception.FilterError("Broadcast address of /30 has no peer")
	}
	return fromInt(new(big.Int).Xor(s.N, big.NewInt(3)))
}

func sizeUsable(s *subject) (value.Value, error) {
	switch {
	case s.single():
		return int64(0), nil
	case s.pair():
		return int64(2), nil
	}
	return norm(new(big.Int).Sub(s.Size(), big.NewInt(2))), nil
}

func wrapped(s *subject) (value.Value, error) {
	switch {
	case s.V == 4:
		return s.value, nil
	case s.isNetwork:
		return fmt.Sprintf("[%s]/%d", s.Addr, s.Prefix), nil
	}
	return "[" + s.Addr.String() + "]", nil
}

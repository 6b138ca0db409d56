package network

import (
	"math/big"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/netaddr"
	"pbc/runtime/python"
)

func ipmathFilter(q *query, p *value.Dict) (value.Value, error) {
	s := textOf(p, "value")
	var a netaddr.Addr
	n, err := q.opt.Parse(s)
	if a = n.Addr; err == nil && !strings.Contains(s, "/") {
		a, err = netaddr.ParseAddr(s)
	}
	if err != nil {
		return nil, exception.FilterError("You must pass a valid IP address; %s is invalid", s)
	}
	amount, ok := number64(get(p, "amount"))
	if !ok {
		return nil, exception.FilterError("You must pass an integer for arithmetic; %s is not a valid integer", python.Str(get(p, "amount")))
	}
	r, ok := a.Add(amount)
	if !ok {
		return nil, exception.Raise("IndexError", "result outside valid IP address boundary!")
	}
	return r.String(), nil
}

// number64 is an integer as a big one.
func number64(v value.Value) (*big.Int, bool) {
	switch x := v.(type) {
	case int64:
		return big.NewInt(x), true
	case *big.Int:
		return x, true
	}
	return nil, false
}

// network reads what has a type: the network as it stands for an address, without host bits for a network.
func (q *query) network(v value.Value) (*subject, bool) {
	return q.plain().read(v)
}

func nthhostFilter(q *query, p *value.Dict) (value.Value, error) {
	s, ok := q.network(get(p, "value"))
	text := textOf(p, "query")
	if !ok || text == "" {
		return false, nil
	}
	n, isInt := value.Value(nil), false
	if n, isInt = python.ParseInt(text, 10); !isInt {
		return false, nil
	}
	nth, _ := number64(n)
	if s.Size().Cmp(nth) <= 0 {
		return false, nil
	}
	a, ok := s.At(nth)
	if !ok {
		return nil, exception.Raise("IndexError", "index out range for address range size!")
	}
	return a.String(), nil
}

// usableFilter is next_nth_usable, or previous_nth_usable where sign is -1.
func usableFilter(sign int64) answer {
	return func(q *query, p *value.Dict) (value.Value, error) {
		s, ok := q.network(get(p, "value"))
		if !ok {
			return false, nil
		}
		n, ok := get(p, "offset").(int64)
		if !ok {
			return nil, exception.FilterError("Must pass in an integer")
		}
		return s.usableAt(sign * n)
	}
}

// bounds are the first and last address, 0 for what is no network: false, which Python takes for 0.
func (q *query) bounds(v value.Value, usable bool) (first, last *big.Int) {
	s, ok := q.network(v)
	if !ok {
		return new(big.Int), new(big.Int)
	}
	if first, last, ok = s.Usable(); usable && ok {
		return first, last
	}
	if s.pair() {
		return s.First().N, s.First().N // it has no broadcast address; its own address stands for that
	}
	return s.First().N, s.Last().N
}

func insideFilter(usable bool) answer {
	return func(q *query, p *value.Dict) (value.Value, error) {
		first, last := q.bounds(get(p, "value"), usable)
		a, b := q.bounds(get(p, "test"), false)
		return inside(a, first, last) && inside(b, first, last), nil
	}
}

func inside(n, first, last *big.Int) bool { return first.Cmp(n) <= 0 && n.Cmp(last) <= 0 }

func reduceFilter(q *query, p *value.Dict) (value.Value, error) {
	first, last := q.bounds(get(p, "network"), false)
	r := value.NewList()
	l, _ := get(p, "value").(*value.List)
	for _, e := range l.V {
		a, b := q.bounds(e, false)
		if inside(a, first, last) && inside(b, first, last) {
			r.V = append(r.V, e)
		}
	}
	return r, nil
}

func mergeFilter(q *query, p *value.Dict) (value.Value, error) {
	l, _ := get(p, "value").(*value.List)
	action := textOf(p, "action")
	if action != "merge" && action != "span" {
		return nil, exception.FilterError("cidr_merge: invalid action '%s'", action)
	}
	if action == "span" && len(l.V) == 0 {
		return nil, nil
	}
	var nets []netaddr.Network
	for _, e := range l.V {
		n, err := q.opt.Parse(python.Str(e))
		if err != nil {
			return nil, exception.While(exception.FilterError("cidr_merge: error in netaddr:\n%s", err))
		}
		nets = append(nets, n)
	}
	if action == "span" {
		if len(nets) == 1 {
			return nets[0].String(), nil
		}
		n, err := netaddr.Span(nets)
		if err != nil {
			return nil, exception.While(exception.FilterError("cidr_merge: error in netaddr:\n%s", err))
		}
		return n.String(), nil
	}
	r := value.NewList()
	for _, n := range netaddr.Merge(nets) {
		r.V = append(r.V, n.String())
	}
	return r, nil
}

func ipsubnetFilter(q *query, p *value.Dict) (value.Value, error) {
	s, ok := q.network(get(p, "value"))
	if !ok {
		return false, nil
	}
	n, text := s.CIDR(), textOf(p, "query")
	if text == "" {
		return n.String(), nil
	}
	if !isDigits(text) {
		return q.placeIn(n, text)
	}
	size, err := strconv.Atoi(text)
	if width := netaddr.Width(n.V); err != nil || size > width {
		return false, nil
	}
	index := get(p, "index")
	switch {
	case n.Prefix == netaddr.Width(n.V):
		return supernet(n, size, index)
	case index != nil:
		return subnet(n, size, index)
	case size < n.Prefix:
		return nil, exception.FilterError("Requested subnet size of %d is invalid", size)
	}
	return new(big.Int).Lsh(big.NewInt(1), uint(size-n.Prefix)).String(), nil
}

// supernet is a network around one address.
func supernet(n netaddr.Network, size int, index value.Value) (value.Value, error) {
	list, at := n.Supernets(size), int64(0)
	if index != nil {
		i, _ := index.(int64)
		width := int64(netaddr.Width(n.V))
		if i > width+1-i || i < int64(size)-width {
			return false, nil
		}
		if at = i; i < 0 {
			at += int64(len(list))
		}
	}
	if at < 0 || at >= int64(len(list)) {
		return nil, exception.Raise("IndexError", "list index out of range")
	}
	return list[at].String(), nil
}

// subnet is the network of that size and index inside of n.
func subnet(n netaddr.Network, size int, index value.Value) (value.Value, error) {
	i, ok := number64(index)
	if !ok {
		return false, nil
	}
	if size < n.Prefix { // Python counts a fraction of a subnet: only the index 0 is below that
		if i.Sign() != 0 {
			return false, nil
		}
		return netaddr.Network{Addr: n.Addr, Prefix: size}.String(), nil
	}
	count := new(big.Int).Lsh(big.NewInt(1), uint(size-n.Prefix))
	if i.Sign() < 0 {
		i = new(big.Int).Add(i, count)
	}
	if i.Sign() < 0 || i.Cmp(count) >= 0 {
		return false, nil
	}
	at := new(big.Int).Lsh(i, uint(netaddr.Width(n.V)-size))
	a, err := netaddr.FromInt(at.Add(at, n.N)) // IPv4 where it fits, as netaddr reads the number
	if err != nil || size > netaddr.Width(a.V) {
		return nil, exception.Raise("netaddr.core.AddrFormatError", "invalid IPNetwork %s/%d", a, size)
	}
	return netaddr.Network{Addr: a, Prefix: size}.String(), nil
}

// placeIn is the place of n among the networks of its size inside of another, from 1.
func (q *query) placeIn(n netaddr.Network, text string) (value.Value, error) {
	o, ok := q.network(text)
	if !ok {
		return nil, exception.FilterError("You must pass a valid subnet or IP address; %s is invalid", text)
	}
	outer := o.Network
	if o.kind() == "network" {
		outer = o.CIDR()
	}
	width := netaddr.Width(n.V)
	if width < outer.Prefix {
		return nil, exception.ValueError("negative shift count")
	}
	shift := uint(width - outer.Prefix)
	if new(big.Int).Rsh(n.N, shift).Cmp(new(big.Int).Rsh(outer.N, shift)) != 0 {
		return nil, exception.FilterError("%s is not in the subnet %s", n, outer.CIDR())
	}
	if n.Prefix < outer.Prefix {
		return nil, exception.TypeError("unsupported operand type(s) for <<: 'float' and 'int'")
	}
	mask := new(big.Int).Lsh(big.NewInt(1), uint(n.Prefix-outer.Prefix))
	place := new(big.Int).Rsh(n.N, uint(width-n.Prefix))
	place.And(place, mask.Sub(mask, big.NewInt(1)))
	return place.Add(place, big.NewInt(1)).String(), nil
}

func slaacFilter(q *query, p *value.Dict) (value.Value, error) {
	s, ok := q.network(get(p, "value"))
	if !ok || s.V != 6 {
		return false, nil
	}
	e, ok := netaddr.ParseEUI(textOf(p, "query"))
	if !ok {
		return false, nil
	}
	a, ok := e.SLAAC(s.First())
	if !ok {
		return nil, exception.Raise("netaddr.core.AddrFormatError", "bad address format")
	}
	return a.String(), nil
}

func hwaddrFilter(_ *query, p *value.Dict) (value.Value, error) {
	s, style, alias := textOf(p, "value"), textOf(p, "query"), textOf(p, "alias")
	if alias == "" {
		alias = "macaddr"
	}
	e, ok := netaddr.ParseEUI(s)
	switch {
	case !ok && (style == "" || style == "bool"):
		return nil, nil
	case !ok:
		return nil, exception.While(exception.FilterError("%s: not a hardware address: %s", alias, s))
	case style == "":
		return get(p, "value"), nil
	case style == "bool":
		return true, nil
	case style == "int":
		return norm(new(big.Int).SetUint64(e.N)), nil
	case !netaddr.IsEUIStyle(style):
		return nil, exception.While(exception.FilterError("%s: unknown filter type: %s", alias, style))
	}
	text, err := e.Format(style)
	if err != nil {
		return nil, exception.Raise("IndexError", "%s", err)
	}
	return text, nil
}

func hexFilter(_ *query, p *value.Dict) (value.Value, error) {
	parts := strings.Split(textOf(p, "arg"), ".")
	var out []string
	for _, s := range parts {
		v, ok := python.ParseInt(s, 10)
		n, _ := number64(v)
		if !ok {
			return nil, exception.ValueError("invalid literal for int() with base 10: %s", value.StrRepr(s))
		}
		sign, digits := "", new(big.Int).Abs(n).Text(16)
		if n.Sign() < 0 {
			sign = "-"
		}
		if len(sign+digits) < 2 {
			digits = "0" + digits
		}
		out = append(out, sign+digits)
	}
	if len(out) < 4 {
		return nil, exception.Raise("IndexError", "Replacement index %d out of range for positional args tuple", len(out))
	}
	return strings.Join(out[:4], textOf(p, "delimiter")), nil
}

// maxListed bounds the addresses that usable_range lists.
const maxListed = 1 << 20

func rangeFilter(_ *query, p *value.Dict) (value.Value, error) {
	n, err := netaddr.StrictNetwork(textOf(p, "ip"))
	if err != nil {
		return nil, exception.While(exception.FilterError("Error while using plugin 'usable_range': %s", err))
	}
	size := n.Size()
	if !size.IsInt64() || size.Int64() > maxListed {
		return nil, exception.Raise("MemoryError", "usable_range: %s has %s addresses, want %d at most", n, size, maxListed)
	}
	r := value.NewList()
	for i := range size.Int64() {
		a, _ := n.Add(big.NewInt(i))
		r.V = append(r.V, a.String())
	}
	return value.DictOf("usable_ips", r, "number_of_ips", size.Int64()), nil
}

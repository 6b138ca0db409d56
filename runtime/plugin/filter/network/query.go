package network

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/netaddr"
	"pbc/runtime/python"
)

// query is one use of ipaddr.
type query struct {
	opt     netaddr.Options
	version int    // 4 or 6, 0 for any
	alias   string // the name in messages
	aliased bool
}

// subject is what a query is about: the network, the value that stood for it, and whether that was written as a
// network, with a prefix.
type subject struct {
	netaddr.Network
	value     value.Value
	isNetwork bool
}

// plain is a query of any version, under the name ipaddr.
func (q *query) plain() *query { return &query{opt: q.opt, alias: "ipaddr", aliased: true} }

// ask answers a query about a value, for a list about each of its elements that has an answer.
func (q *query) ask(v value.Value, text string) (value.Value, error) {
	if l, ok := v.(*value.List); ok {
		each := q.plain()
		each.version = q.version
		r := value.NewList()
		for _, e := range l.V {
			a, err := each.ask(e, text)
			if err != nil {
				return nil, err
			}
			if ok, err := python.Truth(a); err != nil {
				return nil, err
			} else if ok {
				r.V = append(r.V, a)
			}
		}
		return r, nil
	}
	s, ok := q.read(v)
	if !ok {
		return false, nil
	}
	return q.answer(s, text)
}

func (q *query) answer(s *subject, text string) (value.Value, error) {
	f, known := queries[text]
	var around *netaddr.Network
	if text != "" && !known && !isDigits(text) {
		if o, ok := q.plain().read(text); ok {
			around = &o.Network
		}
	}
	if q.version != 0 && s.V != q.version {
		return false, nil
	}
	switch {
	case around != nil:
		return s.when(around.Contains(s.Network))
	case known:
		return f(s)
	}
	return q.index(s, text)
}

// read makes a subject of text or a number.
func (q *query) read(v value.Value) (*subject, bool) {
	s, isText := value.Text(v)
	if n := python.Num(v); n.Kind != 0 {
		if _, isBool := v.(bool); isBool {
			return nil, false
		}
		s = python.Str(v)
	} else if !isText {
		return nil, false
	}
	if isDigits(s) {
		n, _ := new(big.Int).SetString(s, 10)
		if n.Sign() == 0 && !isText {
			return nil, false
		}
		return q.number(n)
	}
	if !isText {
		return nil, false
	}
	if n, err := q.opt.Parse(s); err == nil {
		return &subject{n, v, strings.Count(s, "/") == 1}, true
	}
	return numericNetwork(s)
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// number makes an address of a number: IPv4 where it fits and is not excluded.
func (q *query) number(n *big.Int) (*subject, bool) {
	a, err := netaddr.FromInt(n)
	if err != nil || q.version != 0 && q.version != 4 && q.version != 6 {
		return nil, false
	}
	if q.version == 6 {
		a.V = 6
	}
	net := netaddr.Network{Addr: a, Prefix: netaddr.Width(a.V)}
	return &subject{net, net.String(), false}, true
}

// numericNetwork reads number/prefix.
func numericNetwork(s string) (*subject, bool) {
	addr, prefix, ok := strings.Cut(s, "/")
	n, isNumber := new(big.Int).SetString(strings.TrimSpace(addr), 10)
	bits, err := strconv.Atoi(strings.TrimSpace(prefix))
	if !ok || !isNumber || err != nil {
		return nil, false
	}
	a, err := netaddr.FromInt(n)
	if err != nil || bits < 0 {
		return nil, false
	}
	if bits > netaddr.Width(a.V) {
		a.V = 6
	}
	if bits > netaddr.Width(a.V) {
		return nil, false
	}
	net := netaddr.Network{Addr: a, Prefix: bits}
	return &subject{net, net.String(), true}, true
}

// index answers a query that is a number: the address of that index, with the network's prefix.
func (q *query) index(s *subject, text string) (value.Value, error) {
	f, isNumber := python.ParseFloat(text)
	switch {
	case !isNumber && !q.aliased:
		return nil, exception.While(exception.TypeError("unsupported operand type(s) for +: 'NoneType' and 'str'"))
	case !isNumber:
		return nil, exception.While(exception.FilterError("%s: unknown filter type: %s", q.alias, text))
	case s.single() && !s.isNetwork:
		return s.Addr.String(), nil
	case s.single():
		return s.String(), nil
	case f != math.Trunc(f):
		return false, nil
	}
	n, ok := new(big.Int).SetString(strings.TrimSpace(text), 10)
	if !ok {
		return false, nil
	}
	a, ok := s.At(n)
	if !ok {
		return false, nil
	}
	return netaddr.Network{Addr: a, Prefix: s.Prefix}.String(), nil
}

// when is the value where the answer is yes, else none.
func (s *subject) when(yes bool) (value.Value, error) {
	if yes {
		return s.value, nil
	}
	return nil, nil
}

// single says whether there is one address only.
func (s *subject) single() bool { return s.Prefix == netaddr.Width(s.V) }

// pair says whether there are two addresses.
func (s *subject) pair() bool { return s.Prefix == netaddr.Width(s.V)-1 }

func notNetwork() error { return exception.FilterError("Not a network address") }

// fromInt is the address of a number as text, IPv4 where it fits, whatever the network is.
func fromInt(n *big.Int) (value.Value, error) {
	a, err := netaddr.FromInt(n)
	if err != nil {
		return nil, exception.Raise("netaddr.core.AddrFormatError", "%s", err)
	}
	return a.String(), nil
}

// norm is a number as a value.
func norm(n *big.Int) value.Value { return value.NormInt(n) }

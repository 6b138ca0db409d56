package test

import (
	"slices"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/exception"
	"pbc/runtime/netaddr"
	"pbc/runtime/plugin"
	"pbc/runtime/python"
)

// network are the tests of ansible.utils for addresses and networks. What is not text is none of them.
var network = slices.Concat(
	[]*plugin.Row{
		ofNetwork("ip", "Is it an address or a network?", func(netaddr.Network) bool { return true }),
		ofNetwork("ipv4", "Is it an IPv4 address or network?", func(n netaddr.Network) bool { return n.V == 4 }),
		ofNetwork("ipv6", "Is it an IPv6 address or network?", func(n netaddr.Network) bool { return n.V == 6 }),
		ofText("ipv4_netmask", "Is it an IPv4 netmask?", "mask", func(s string) bool { return isMask(s, netaddr.Network.Netmask) }),
		ofText("ipv4_hostmask", "Is it an IPv4 hostmask?", "ip", func(s string) bool { return isMask(s, netaddr.Network.Hostmask) }),
		textOnly(ofText("mac", "Is it a hardware address?", "mac", isMAC)),
		ofTwo("in_network", "Does it lie in a network?", "ip", "network", func(a, b netaddr.Network) bool { return b.Contains(a) }),
		ofTwo("subnet_of", "Does it lie in the other network?", "network_a", "network_b", func(a, b netaddr.Network) bool { return b.Contains(a) }),
		ofTwo("supernet_of", "Does the other network lie in it?", "network_a", "network_b", func(a, b netaddr.Network) bool { return a.Contains(b) }),
		ofMany("in_any_network", "Does it lie in any of the networks?", func(n int) bool { return n > 0 }),
		ofMany("in_one_network", "Does it lie in exactly one of the networks?", func(n int) bool { return n == 1 }),
	},
	kindRows(),
)

// kindDocs tell what an address is for which a test of that name holds.
var kindDocs = map[string]string{
	"ip_address": "an address", "ipv4_address": "an IPv4 address", "ipv6_address": "an IPv6 address",
	"ipv6_ipv4_mapped": "an IPv4-mapped IPv6 address", "ipv6_sixtofour": "a 6to4 address", "ipv6_teredo": "a Teredo address",
	"loopback": "a loopback address", "multicast": "a multicast address", "private": "an address for private use",
	"public": "a public address", "reserved": "a reserved address", "unspecified": "the unspecified address",
}

func kindRows() []*plugin.Row {
	var r []*plugin.Row
	for name, kind := range netaddr.Kinds {
		r = append(r, ofText(name, "Is it "+kindDocs[name]+"?", "ip", func(s string) bool {
			a, ok := netaddr.StrictAddr(s)
			return ok && kind(a)
		}))
	}
	return r
}

func required(name string, t argspec.Type) argspec.Arg {
	return argspec.Arg{Name: name, Type: t, Required: true}
}

func textArgs(names ...string) *argspec.Spec {
	s := &argspec.Spec{}
	for _, n := range names {
		s.Args = append(s.Args, required(n, argspec.Str))
	}
	return s
}

func ofText(name, doc, param string, f func(s string) bool) *plugin.Row {
	return plugin.CheckedTest(name, doc, textArgs(param), func(args []value.Value) bool {
		s, ok := value.Text(args[0])
		return ok && f(s)
	})
}

// textOnly makes what is not text an error: Python's, of a pattern that is searched in it.
func textOnly(r *plugin.Row) *plugin.Row {
	f := r.Fn
	r.Fn = func(c *python.Call) (value.Value, error) {
		v, err := f(c)
		if _, ok := value.Text(c.Args[0]); err == nil && !ok {
			return nil, exception.TypeError("expected string or bytes-like object, got '%s'", value.TypeName(c.Args[0]))
		}
		return v, err
	}
	return r
}

func ofNetwork(name, doc string, f func(n netaddr.Network) bool) *plugin.Row {
	return ofText(name, doc, "ip", func(s string) bool {
		n, err := netaddr.StrictNetwork(s)
		return err == nil && f(n)
	})
}

func ofTwo(name, doc, a, b string, f func(a, b netaddr.Network) bool) *plugin.Row {
	return plugin.CheckedTest(name, doc, textArgs(a, b), func(args []value.Value) bool {
		x, ok1 := networkOf(args[0])
		y, ok2 := networkOf(args[1])
		return ok1 && ok2 && f(x, y)
	})
}

func networkOf(v value.Value) (netaddr.Network, bool) {
	s, ok := value.Text(v)
	if !ok {
		return netaddr.Network{}, false
	}
	n, err := netaddr.StrictNetwork(s)
	return n, err == nil
}

// ofMany counts the networks of a list that something lies in.
func ofMany(name, doc string, f func(n int) bool) *plugin.Row {
	spec := &argspec.Spec{Args: []argspec.Arg{required("ip", argspec.Str), required("networks", argspec.List)}}
	return plugin.CheckedTest(name, doc, spec, func(args []value.Value) bool {
		list, _ := plugin.Sequence(args[1])
		in := 0
		for _, e := range list {
			n, ok := networkOf(args[0])
			o, ok2 := networkOf(e)
			if ok && ok2 && o.Contains(n) {
				in++
			}
		}
		return f(in)
	})
}

// isMask says whether s is written as the mask that a network with it as its prefix has.
func isMask(s string, of func(netaddr.Network) netaddr.Addr) bool {
	n, err := netaddr.StrictNetwork("10.0.0.0/" + s)
	return err == nil && of(n).String() == s
}

// isMAC knows three forms: pairs of digits with : or - between, three groups of four with dots, digits alone.
func isMAC(s string) bool {
	_, ok := netaddr.ParseEUI(strings.NewReplacer("-", "", ":", "", ".", "").Replace(s))
	switch len(s) {
	case 12:
		return ok && !strings.ContainsAny(s, ":-.")
	case 14:
		return ok && s[4] == '.' && s[9] == '.' && strings.Count(s, ".") == 2 && !strings.ContainsAny(s, ":-")
	case 17:
		for i := 2; i < 17; i += 3 {
			ok = ok && strings.IndexByte(":-", s[i]) >= 0
		}
		return ok && len(strings.Trim(s, ".")) == 17 && strings.Count(s, ":")+strings.Count(s, "-") == 5
	}
	return false
}

// Package network has the filters of ansible.utils for addresses and networks: ipaddr and its family.
//
// Text becomes a netaddr.Network, a query is asked of it, and the answer is text, a number, a truth value or none,
// as Python's filters give it. What is no address is answered with false, not with an error.
//
// Observed: ansible.utils 2.10.3 with netaddr 0.8 (dialect classic) and 1.3 (tagged).
package network

import (
	"math/big"
	"slices"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/exception"
	"pbc/runtime/netaddr"
	"pbc/runtime/plugin"
	"pbc/runtime/python"
)

// Filters are the rows of this family.
var Filters = append([]*plugin.Row{
	row("macaddr", "Check a hardware address and write it in a style.", 2, hwaddrFilter, required(arg("value", argspec.Str)), text("query", "")),
	row("ip4_hex", "Write an IPv4 address in hexadecimal digits.", 2, hexFilter, required(arg("arg", argspec.Str)), text("delimiter", "")),
	bound(row("usable_range", "List the addresses of a network.", 1, rangeFilter, required(arg("ip", argspec.Str)))),
}, renamed(
	row("ipaddr", "Check an address or network and answer a query about it.", 4, ipaddrFilter, required(arg("value", argspec.Raw)), text("query", ""), number("version"), arg("alias", argspec.Str)),
	row("ipv4", "Answer a query about an IPv4 address or network.", 2, versionFilter(4), required(arg("value", argspec.Raw)), text("query", "")),
	row("ipv6", "Answer a query about an IPv6 address or network.", 2, versionFilter(6), required(arg("value", argspec.Raw)), text("query", "")),
	row("ipwrap", "Put brackets around IPv6 addresses.", 1, ipwrapFilter, required(arg("value", argspec.Raw)), text("query", "")),
	row("ipmath", "Add a number to an address.", 2, ipmathFilter, required(arg("value", argspec.Str)), number("amount")),
	row("ipsubnet", "Find subnets of a network, and its place in a larger one.", 3, ipsubnetFilter, required(arg("value", argspec.Str)), text("query", ""), number("index")),
	row("nthhost", "Return the nth address of a network.", 2, nthhostFilter, required(arg("value", argspec.Str)), arg("query", argspec.Str)),
	row("next_nth_usable", "Return the nth usable address after one.", 2, usableFilter(1), required(arg("value", argspec.Str)), number("offset")),
	row("previous_nth_usable", "Return the nth usable address before one.", 2, usableFilter(-1), required(arg("value", argspec.Str)), number("offset")),
	row("network_in_network", "Say whether a network or address lies in a network.", 2, insideFilter(false), required(arg("value", argspec.Str)), arg("test", argspec.Str)),
	row("network_in_usable", "Say whether a network or address lies in the usable part of a network.", 2, insideFilter(true), required(arg("value", argspec.Str)), arg("test", argspec.Str)),
	row("reduce_on_network", "Keep the addresses that lie in a network.", 2, reduceFilter, required(list("value")), arg("network", argspec.Str)),
	row("cidr_merge", "Merge networks, or find the one that spans all.", 2, mergeFilter, required(list("value")), text("action", "merge")),
	row("slaac", "Return the address that a host with a hardware address gives itself.", 2, slaacFilter, required(arg("value", argspec.Str)), arg("query", argspec.Str)),
	row("hwaddr", "Check a hardware address and write it in a style.", 3, hwaddrFilter, required(arg("value", argspec.Str)), text("query", ""), text("alias", "hwaddr")),
)...)

// answer computes a filter of its checked parameters.
type answer func(q *query, p *value.Dict) (value.Value, error)

// row makes a row of ansible.utils.
func row(name, doc string, positional int, f answer, options ...argspec.Arg) *plugin.Row {
	signature := ""
	for i, o := range options[1:] {
		if i > 0 {
			signature += ", "
		}
		signature += o.Name
	}
	fn := plugin.Checked(&argspec.Spec{Args: options}, positional, func(c *python.Call, p *value.Dict) (value.Value, error) {
		return f(&query{opt: netaddr.Options{Partial: !c.Ctx.Tagged()}}, p)
	})
	if options[0].Type == argspec.Raw {
		fn = typed(name, fn)
	}
	return &plugin.Row{Name: "ansible.utils." + name, Params: "-", Signature: signature, Doc: doc, Python: "_" + name, Fn: fn}
}

// renamed adds to each row another that goes by the name that the filter had in ansible.netcommon, and by its short name, which
// still leads there.
//
// Observed: ansible.netcommon 5.1, whose meta/runtime.yml deprecates the names.
func renamed(rows ...*plugin.Row) []*plugin.Row {
	for _, r := range slices.Clone(rows) {
		_, name, _ := strings.Cut(r.Name, "ansible.utils.")
		old := *r
		old.Name, old.Aliases, old.Redirected, old.Markers = "ansible.netcommon."+name, []string{name}, r.Name, true
		old.Fn = func(c *python.Call) (value.Value, error) {
			tagged := c.Ctx.Tagged()
			c.Ctx.Tell(oldName(name, tagged))
			for _, v := range c.Args {
				if err := python.Use(v); err != nil && tagged {
					return nil, err
				}
			}
			c.Name = r.Name
			return r.Fn(c)
		}
		rows = append(rows, &old)
	}
	return rows
}

// oldName is what is told of a name in ansible.netcommon.
func oldName(name string, tagged bool) python.Notice {
	const collection, date = "ansible.netcommon", "2024-01-01"
	use := "Use 'ansible.utils." + name + "' module instead."
	if tagged {
		n := python.Deprecation("Filter \"ansible.netcommon."+name+"\" has been deprecated. "+use, "")
		n.Collection, n.Date = collection, date
		return n
	}
	return python.Deprecation(use+" This feature will be removed from "+collection+" in a release after "+date+
		". Deprecation warnings can be disabled by setting deprecation_warnings=False in ansible.cfg.", "")
}

// bound lets Python bind the arguments: more than its options are an error.
func bound(r *plugin.Row) *plugin.Row {
	r.Params = r.Signature
	return r
}

func arg(name string, t argspec.Type) argspec.Arg { return argspec.Arg{Name: name, Type: t} }

func required(a argspec.Arg) argspec.Arg {
	a.Required = true
	return a
}

func text(name, dflt string) argspec.Arg {
	return argspec.Arg{Name: name, Type: argspec.Str, Default: dflt}
}

func number(name string) argspec.Arg { return arg(name, argspec.Int) }

func list(name string) argspec.Arg {
	return argspec.Arg{Name: name, Type: argspec.List, Elements: argspec.Str}
}

// typed refuses an input that is neither text, list, integer nor boolean.
func typed(name string, f python.Func) python.Func {
	return func(c *python.Call) (value.Value, error) {
		v := c.Args[0]
		for _, a := range c.KW {
			if a.Name == "value" {
				v = a.V
			}
		}
		switch v.(type) {
		case *value.List, bool:
			return f(c)
		case int64, *big.Int:
			if name != "ipwrap" {
				return f(c)
			}
		}
		if _, ok := value.Text(v); ok {
			return f(c)
		}
		if err := python.Use(v); err != nil && c.Ctx.Tagged() {
			return nil, err
		}
		return nil, exception.FilterError("Unrecognized type <%s> for %s filter <value>", python.PythonType(v), name)
	}
}

func get(p *value.Dict, name string) value.Value {
	v, _ := p.GetStr(name)
	return v
}

func textOf(p *value.Dict, name string) string {
	s, _ := value.Text(get(p, name))
	return s
}

func ipaddrFilter(q *query, p *value.Dict) (value.Value, error) {
	if n := python.Num(get(p, "version")); n.Kind == 'i' {
		q.version = int(n.I)
	}
	q.alias, q.aliased = value.Text(get(p, "alias"))
	return q.ask(get(p, "value"), textOf(p, "query"))
}

func versionFilter(v int) answer {
	return func(q *query, p *value.Dict) (value.Value, error) {
		q.version, q.alias, q.aliased = v, map[int]string{4: "ipv4", 6: "ipv6"}[v], true
		return q.ask(get(p, "value"), textOf(p, "query"))
	}
}

// ipwrapFilter returns what it cannot wrap as it is.
func ipwrapFilter(q *query, p *value.Dict) (value.Value, error) {
	v, text := get(p, "value"), textOf(p, "query")
	q.alias, q.aliased = "ipwrap", true
	l, ok := v.(*value.List)
	if !ok {
		return q.wrap(v, text, true), nil
	}
	r := value.NewList()
	for _, e := range l.V {
		r.V = append(r.V, q.wrap(e, text, false))
	}
	return r, nil
}

// wrap asks the wrapped form of v, or of what the query makes of it.
func (q *query) wrap(v value.Value, text string, ofAnswer bool) value.Value {
	a, err := q.ask(v, text)
	if ok, terr := python.Truth(a); err != nil || terr != nil || !ok {
		return v
	}
	if !ofAnswer {
		a = v
	}
	if a, err = q.ask(a, "wrap"); err != nil {
		return v
	}
	return a
}

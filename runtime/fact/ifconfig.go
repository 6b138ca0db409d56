package fact

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/pyre"
)

// This file has the network facts of systems whose interfaces are told by ifconfig: FreeBSD and macOS.
//
//	interface = name ":" "flags=" ... "<" options ">" ["metric" n] "mtu" n   a line that is not indented
//	line      = word { word }                                                indented, of the interface before

// ifconfig is one reading of what it prints.
type ifconfig struct {
	*probe
	interfaces *value.Dict
	now        *value.Dict
	all4, all6 *value.List
}

func ifconfigFacts(p *probe) (*value.Dict, error) {
	tool, route := p.sys.look("ifconfig"), p.sys.look("route")
	if tool == "" || route == "" {
		return value.NewDict(), nil
	}
	c := &ifconfig{probe: p, interfaces: value.NewDict(), now: value.NewDict(), all4: value.NewList(), all6: value.NewList()}
	default4, default6 := c.defaultRoute(route), c.defaultRoute(route, "-inet6")
	for _, l := range splitLines(p.sys.run(p.ctx, []string{tool, "-a"}).Stdout) {
		if err := c.line(l); err != nil {
			return nil, err
		}
	}
	d, names := value.NewDict(), []string{}
	for i, k := range c.interfaces.K {
		f := c.interfaces.V[i].(*value.Dict)
		if media, ok := f.GetStr("media"); ok && strings.Contains(strings.ToLower(media.(string)), "ether") {
			f.SetStr("type", "ether")
		}
		names = append(names, k.(string))
		d.SetStr(k.(string), f)
	}
	c.describe(default4, "ipv4")
	c.describe(default6, "ipv6")
	slices.Sort(names)
	d.Update(value.DictOf("interfaces", textList(names), "default_ipv4", default4, "default_ipv6", default6,
		"all_ipv4_addresses", c.all4, "all_ipv6_addresses", c.all6))
	return d, nil
}

// defaultRoute asks where packets go that no other route takes.
func (c *ifconfig) defaultRoute(route string, family ...string) *value.Dict {
	d := value.NewDict()
	argv := append(append([]string{route, "-n", "get"}, family...), "default")
	for _, l := range splitLines(c.sys.run(c.ctx, argv).Stdout) {
		w := strings.Split(strip(l), ": ")
		if len(w) < 2 {
			continue
		}
		if name, ok := map[string]string{"interface": "interface", "gateway": "gateway", "if address": "address",
			"local addr": "address"}[w[0]]; ok {
			d.SetStr(name, w[1])
		}
	}
	return d
}

// describe adds to a default route what its interface is, and its address there.
func (c *ifconfig) describe(route *value.Dict, family string) {
	v, _ := route.GetStr("interface")
	name, _ := v.(string)
	f, ok := c.interfaces.GetStr(name)
	if !ok {
		return
	}
	own := f.(*value.Dict)
	for i, k := range own.K {
		if k != value.Value("ipv4") && k != value.Value("ipv6") {
			route.SetStr(k.(string), own.V[i])
		}
	}
	list, _ := own.GetStr(family)
	addresses := list.(*value.List).V
	if len(addresses) == 0 {
		return
	}
	best := addresses[0]
	if want, ok := route.GetStr("address"); ok {
		for _, a := range addresses {
			if has, _ := a.(*value.Dict).GetStr("address"); has == want {
				best = a
				break
			}
		}
	}
	route.Update(best.(*value.Dict))
}

// line reads one line; words that it does not have make Ansible's collector fail too.
func (c *ifconfig) line(l string) error {
	w := words(l)
	switch {
	case len(w) == 0 && l == "":
		return nil
	case len(w) == 0:
		return errMalformed("ifconfig", l)
	case w[0] == "pass":
		return nil
	case !isSpace(rune(l[0])) && len(w) > 3:
		return c.head(w)
	case strings.HasPrefix(w[0], "options="):
		c.now.SetStr("options", options(w[0]))
		return nil
	case w[0] == "tunnel":
		c.now.SetStr("type", "tunnel")
		return nil
	}
	read, ok := map[string]func([]string) error{"nd6": c.nd6, "ether": c.ether, "media:": c.media, "status:": c.status,
		"lladdr": c.lladdr, "inet": c.inet, "inet6": c.inet6}[w[0]]
	if !ok {
		return nil
	}
	if len(w) < 2 {
		return errMalformed("ifconfig", l)
	}
	return read(w)
}

func (c *ifconfig) head(w []string) error {
	device := w[0][:len(w[0])-1]
	flags := options(w[1])
	kind := "unknown"
	if slices.Contains(flags.V, value.Value("LOOPBACK")) {
		kind = "loopback"
	}
	c.now = value.DictOf("device", device, "ipv4", value.NewList(), "ipv6", value.NewList(), "type", kind, "flags", flags,
		"macaddress", "unknown")
	switch {
	case len(w) == 5:
		return errMalformed("ifconfig", strings.Join(w, " "))
	case len(w) > 5:
		c.now.Update(value.DictOf("metric", w[3], "mtu", w[5]))
	default:
		c.now.SetStr("mtu", w[3])
	}
	c.interfaces.SetStr(device, c.now)
	return nil
}

// options are the words between < and >.
func options(s string) *value.List {
	i, j := strings.IndexByte(s, '<'), strings.LastIndexByte(s, '>')
	if i < 0 || j <= i+1 {
		return value.NewList()
	}
	return textList(strings.Split(s[i+1:j], ","))
}

func (c *ifconfig) nd6(w []string) error {
	c.now.SetStr("options", options(w[1]))
	return nil
}

func (c *ifconfig) ether(w []string) error {
	c.now.Update(value.DictOf("macaddress", w[1], "type", "ether"))
	return nil
}

func (c *ifconfig) status(w []string) error {
	c.now.SetStr("status", w[1])
	return nil
}

func (c *ifconfig) lladdr(w []string) error {
	c.now.SetStr("lladdr", w[1])
	return nil
}

// media reads the line as the system writes it: macOS leaves out the first word.
func (c *ifconfig) media(w []string) error {
	if c.kernel().System == "Darwin" {
		c.now.Update(value.DictOf("media", "Unknown", "media_select", w[1]))
		switch {
		case len(w) > 2 && w[1] == "<unknown" && w[2] == "type>":
			c.now.Update(value.DictOf("media_select", "Unknown", "media_type", "unknown type"))
		case len(w) > 2:
			c.now.SetStr("media_type", w[2][min(1, len(w[2])):max(len(w[2])-1, min(1, len(w[2])))])
		}
		w = append([]string{""}, w...)
	} else {
		c.now.SetStr("media", w[1])
		if len(w) > 2 {
			c.now.SetStr("media_select", w[2])
		}
		if len(w) > 3 {
			c.now.SetStr("media_type", w[3][1:])
		}
	}
	if len(w) > 4 {
		c.now.SetStr("media_options", options(w[4]))
	}
	return nil
}

var hexMask = pyre.MustCompile(`^([0-9a-f]){8}$`)

// inet reads an address of IPv4, with its mask as a length, in hexadecimal or with dots.
func (c *ifconfig) inet(w []string) error {
	bad := errMalformed("ifconfig", strings.Join(w, " "))
	if w[1] == "alias" {
		w = slices.Delete(slices.Clone(w), 1, 2)
	}
	at := func(name string, otherwise int) string {
		if i := slices.Index(w, name); i >= 0 {
			otherwise = i + 1
		}
		if otherwise < 0 || otherwise >= len(w) {
			return ""
		}
		return w[otherwise]
	}
	address, length, cidr := strings.Cut(at("", 1), "/")
	d := value.DictOf("address", address)
	mask := at("netmask", 3)
	if cidr {
		n, err := strconv.Atoi(length)
		if err != nil || n < 0 || n > 32 {
			return bad
		}
		mask = dotted(^uint32(0) << (32 - n))
		if len(w) > 5 {
			d.SetStr("broadcast", w[3])
		}
	} else if hexMask.MatchString(mask) || strings.HasPrefix(mask, "0x") {
		n, err := strconv.ParseUint(strings.TrimPrefix(mask, "0x"), 16, 32)
		if err != nil {
			return bad
		}
		mask = dotted(uint32(n))
	}
	ip, err1 := netip.ParseAddr(address)
	m, err2 := netip.ParseAddr(mask)
	if err1 != nil || err2 != nil || !ip.Is4() || !m.Is4() {
		return bad
	}
	ip4, m4 := ip.As4(), m.As4()
	a, n := binary.BigEndian.Uint32(ip4[:]), binary.BigEndian.Uint32(m4[:])
	d.Update(value.DictOf("netmask", mask, "network", dotted(a&n)))
	if _, ok := d.GetStr("broadcast"); !ok {
		d.SetStr("broadcast", dotted(a|^n))
		if slices.Contains(w, "broadcast") {
			d.SetStr("broadcast", at("broadcast", -1))
		}
	}
	if !strings.HasPrefix(w[1], "127.") {
		c.all4.V = append(c.all4.V, address)
	}
	c.keep("ipv4", d)
	return nil
}

func dotted(n uint32) string {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b).String()
}

func (c *ifconfig) keep(family string, d *value.Dict) {
	if v, ok := c.now.GetStr(family); ok {
		l := v.(*value.List)
		l.V = append(l.V, d)
	}
}

func (c *ifconfig) inet6(w []string) error {
	address, prefix, cidr := strings.Cut(w[1], "/")
	d := value.DictOf("address", address)
	switch {
	case cidr:
		d.SetStr("prefix", prefix)
		if len(w) > 5 {
			d.SetStr("scope", w[5])
		}
	default:
		if len(w) >= 4 && w[2] == "prefixlen" {
			d.SetStr("prefix", w[3])
		}
		if len(w) >= 6 && w[4] == "scopeid" {
			d.SetStr("scope", w[5])
		}
	}
	if !slices.Contains([]string{"::1", "::1/128", "fe80::1%lo0"}, address) {
		c.all6.V = append(c.all6.V, address)
	}
	c.keep("ipv6", d)
	return nil
}

package fact

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"pbc/ir/value"
)

// addressLines are the lines of ip addr show for one interface: those that "ip addr show primary"
// would print and those of "ip addr show secondary".
type addressLines struct{ primary, secondary [][]string }

// addressLines runs ip once and sorts its lines by interface. Busybox's ip knows no secondary
// addresses: there all are primary, as Ansible then asks without the word.
func (p *probe) addressLines(ip string) map[string]*addressLines {
	r := map[string]*addressLines{}
	busybox := path.Base(p.sys.realpath(ip)) == "busybox"
	out := p.sys.run(p.ctx, []string{ip, "addr", "show"})
	if out.Code != 0 {
		return r
	}
	var now *addressLines
	for _, l := range splitLines(out.Stdout) {
		w := words(l)
		if len(w) == 0 {
			continue
		}
		if !isSpace(rune(l[0])) && len(w) > 1 { // 2: eth0@if3: <BROADCAST...
			name, _, _ := strings.Cut(strings.TrimSuffix(w[1], ":"), "@")
			now = &addressLines{}
			r[name] = now
			continue
		}
		switch {
		case now == nil || w[0] != "inet" && w[0] != "inet6":
		case !busybox && isSecondary(w):
			now.secondary = append(now.secondary, w)
		default:
			now.primary = append(now.primary, w)
		}
	}
	return r
}

// isSecondary reads the flags, which stand behind the scope: one bit that ip calls secondary for
// IPv4 and temporary for IPv6.
func isSecondary(w []string) bool {
	i := slices.Index(w, "scope")
	if i < 0 {
		return false
	}
	flag := map[string]string{"inet": "secondary", "inet6": "temporary"}[w[0]]
	return slices.Contains(w[i:], flag) || slices.Contains(w[i:], "secondary")
}

// address adds one line of an interface's addresses.
func (n *network) address(w []string, secondary bool) error {
	if len(w) < 4 {
		return errMalformed("ip addr show", strings.Join(w, " "))
	}
	if w[0] == "inet6" {
		return n.address6(w)
	}
	f, err := address4(w)
	if err != nil {
		return err
	}
	label := w[len(w)-1]
	if label != n.device {
		n.interfaces.SetStr(label, value.NewDict())
	}
	_, own := n.entry(label).GetStr("ipv4")
	if !secondary && !own {
		n.entry(label).SetStr("ipv4", f)
	} else {
		appendTo(n.entry(label), "ipv4_secondaries", f)
	}
	if secondary && label != n.device {
		appendTo(n.entry(n.device), "ipv4_secondaries", f.Copy())
	}
	addr, _ := f.GetStr("address")
	if def, ok := n.default4.GetStr("address"); ok && def == addr {
		for _, k := range []string{"broadcast", "netmask", "network", "prefix"} {
			v, _ := f.GetStr(k)
			n.default4.SetStr(k, v)
		}
		n.describe(n.default4)
		n.default4.SetStr("alias", label)
	}
	if !strings.HasPrefix(addr.(string), "127.") {
		n.all4.V = append(n.all4.V, addr)
	}
	return nil
}

// entry is the facts of an interface, or of a label of one.
func (n *network) entry(name string) *value.Dict {
	v, _ := n.interfaces.GetStr(name)
	d, _ := v.(*value.Dict)
	return d
}

func appendTo(d *value.Dict, key string, v value.Value) {
	old, _ := d.GetStr(key)
	l, _ := old.(*value.List)
	if l == nil {
		l = value.NewList()
		d.SetStr(key, l)
	}
	l.V = append(l.V, v)
}

// describe adds to a default address what its interface says.
func (n *network) describe(d *value.Dict) {
	own := n.entry(n.device)
	d.SetStr("macaddress", n.mac)
	mtu, _ := own.GetStr("mtu")
	d.SetStr("mtu", mtu)
	t, ok := own.GetStr("type")
	if !ok {
		t = "unknown"
	}
	d.SetStr("type", t)
}

// address4 reads "inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0". An address with a peer has no
// prefix of its own and counts as a single host.
func address4(w []string) (*value.Dict, error) {
	text, length, ok := strings.Cut(w[1], "/")
	broadcast := ""
	if !ok {
		length = "32"
	} else if w[2] == "brd" {
		broadcast = w[3]
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return nil, err
	}
	bits, err := strconv.Atoi(length)
	if err != nil {
		return nil, err
	}
	net, err := addr.Prefix(bits)
	if err != nil {
		return nil, fmt.Errorf("address %s: %w", w[1], err)
	}
	mask := uint32(0xffffffff) << (32 - bits)
	netmask := netip.AddrFrom4([4]byte{byte(mask >> 24), byte(mask >> 16), byte(mask >> 8), byte(mask)})
	return value.DictOf("address", text, "broadcast", broadcast, "netmask", netmask.String(),
		"network", net.Addr().String(), "prefix", length), nil
}

func (n *network) address6(w []string) error {
	text, length, _ := strings.Cut(w[1], "/")
	scope := w[3]
	if w[2] == "peer" {
		if len(w) < 6 {
			return errMalformed("ip addr show", strings.Join(w, " "))
		}
		text, scope = w[1], w[5]
		length = after(w[3], "/")
	}
	appendTo(n.entry(n.device), "ipv6", value.DictOf("address", text, "prefix", length, "scope", scope))
	if def, ok := n.default6.GetStr("address"); ok && def == text {
		n.default6.SetStr("prefix", length)
		n.default6.SetStr("scope", scope)
		n.describe(n.default6)
	}
	if text != "::1" {
		n.all6.V = append(n.all6.V, text)
	}
	return nil
}

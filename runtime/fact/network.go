package fact

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"sync"

	"pbc/ir/value"
)

// linkTypes are the ARPHRD_ numbers that have a name.
var linkTypes = map[string]string{"1": "ether", "32": "infiniband", "512": "ppp", "772": "loopback",
	"65534": "tunnel"}

// routeQueries are the addresses whose routes are the default ones.
const (
	route4 = "8.8.8.8"
	route6 = "2404:6800:400a:800::1012"
)

// network is one reading of the interfaces. Ansible asks ip about every interface twice; here it is
// asked once and its answer taken apart, which gives the same lines.
type network struct {
	*probe
	interfaces         *value.Dict
	default4, default6 *value.Dict
	local4, local6     *value.List // what routes say is reached on the host itself
	all4, all6         *value.List
	addresses          map[string]*addressLines
	mac                value.Value // of the interface read last that has one: Ansible's default_ipv4 has it too
	device             string
}

func networkFacts(p *probe) (*value.Dict, error) {
	switch p.kernel().System {
	case "FreeBSD", "Darwin":
		return ifconfigFacts(p)
	}
	ip := p.sys.look("ip")
	if ip == "" {
		return value.NewDict(), nil
	}
	n := &network{probe: p, interfaces: value.NewDict(), all4: value.NewList(), all6: value.NewList()}
	var wg sync.WaitGroup
	wg.Go(func() { n.default4 = p.route(ip, "-4", route4) })
	wg.Go(func() { n.default6 = p.route(ip, "-6", route6) })
	wg.Go(func() { n.addresses = p.addressLines(ip) })
	if p.tagged() {
		wg.Go(func() { n.local4 = p.reachable(ip, "-4") })
		wg.Go(func() { n.local6 = p.reachable(ip, "-6") })
	}
	wg.Wait()
	names, _ := p.sys.names("/sys/class/net")
	for _, dev := range names {
		if strings.HasPrefix(dev, ".") || !p.sys.isDir("/sys/class/net/"+dev) {
			continue
		}
		if err := n.read(dev); err != nil {
			return nil, err
		}
	}
	d := value.DictOf("interfaces", value.NewList())
	list := value.NewList()
	for i, k := range n.interfaces.K {
		name := strings.ReplaceAll(k.(string), ":", "_")
		list.V = append(list.V, name)
		d.SetStr(name, n.interfaces.V[i])
	}
	d.Update(value.DictOf("interfaces", list, "default_ipv4", n.default4, "default_ipv6", n.default6,
		"all_ipv4_addresses", n.all4, "all_ipv6_addresses", n.all6))
	if p.tagged() {
		d.SetStr("locally_reachable_ips", value.DictOf("ipv4", n.local4, "ipv6", n.local6))
	}
	return d, nil
}

// reachable are the addresses and networks that the table of local routes has, in its order.
func (p *probe) reachable(ip, family string) *value.List {
	r, seen := value.NewList(), map[string]bool{}
	out := p.sys.run(p.ctx, []string{ip, family, "route", "show", "table", "local"})
	if out.Code != 0 {
		return r
	}
	for _, l := range splitLines(out.Stdout) {
		if w := words(l); len(w) > 1 && w[0] == "local" && !seen[w[1]] {
			seen[w[1]] = true
			r.V = append(r.V, w[1])
		}
	}
	return r
}

// route asks which way a packet to the address would take.
func (p *probe) route(ip, family, to string) *value.Dict {
	d := value.NewDict()
	old := p.fact("distribution", "os_family") == "RedHat" &&
		strings.HasPrefix(p.fact("distribution", "distribution_version"), "4.")
	if family == "-6" && old {
		return d
	}
	lines := splitLines(p.sys.run(p.ctx, []string{ip, family, "route", "get", to}).Stdout)
	if len(lines) == 0 {
		return d
	}
	w := words(lines[0])
	if len(w) == 0 || w[0] != to {
		return d
	}
	for i := range w[:len(w)-1] {
		switch next := w[i+1]; {
		case w[i] == "dev":
			d.SetStr("interface", next)
		case w[i] == "src":
			d.SetStr("address", next)
		case w[i] == "via" && next != to:
			d.SetStr("gateway", next)
		}
	}
	return d
}

// read makes the facts of one interface.
func (n *network) read(dev string) error {
	n.device = dev
	f := value.DictOf("device", dev)
	n.interfaces.SetStr(dev, f)
	dir := "/sys/class/net/" + dev
	if err := n.link(f, dir); err != nil {
		return err
	}
	if n.sys.exists(dir + "/bridge") {
		n.bridge(f, dir)
	}
	dir, err := n.bonding(f, dir)
	if err != nil {
		return err
	}
	if err := n.driver(f, dir); err != nil {
		return err
	}
	if a := n.addresses[dev]; a != nil {
		for _, l := range a.primary {
			if err := n.address(l, false); err != nil {
				return err
			}
		}
		for _, l := range a.secondary {
			if err := n.address(l, true); err != nil {
				return err
			}
		}
	}
	return n.ethtool(f)
}

// link reads what every interface has.
func (n *network) link(f *value.Dict, dir string) error {
	if n.sys.exists(dir + "/address") {
		n.mac = n.sys.textOr(dir+"/address", "")
		if n.mac != "" && n.mac != "00:00:00:00:00:00" {
			f.SetStr("macaddress", n.mac)
		}
	}
	if n.sys.exists(dir + "/mtu") {
		mtu, err := strconv.ParseInt(n.sys.textOr(dir+"/mtu", ""), 10, 64)
		if err != nil {
			return fmt.Errorf("mtu of %s: %w", n.device, err)
		}
		f.SetStr("mtu", mtu)
	}
	if n.sys.exists(dir + "/operstate") {
		f.SetStr("active", n.sys.textOr(dir+"/operstate", "") != "down")
	}
	if n.sys.exists(dir + "/device/driver/module") {
		f.SetStr("module", path.Base(n.sys.realpath(dir+"/device/driver/module")))
	}
	if n.sys.exists(dir + "/type") {
		t, ok := linkTypes[n.sys.textOr(dir+"/type", "")]
		if !ok {
			t = "unknown"
		}
		f.SetStr("type", t)
	}
	return nil
}

func (n *network) bridge(f *value.Dict, dir string) {
	f.SetStr("type", "bridge")
	ports, _ := n.sys.names(dir + "/brif")
	f.SetStr("interfaces", textList(ports))
	if n.sys.exists(dir + "/bridge/bridge_id") {
		f.SetStr("id", n.sys.textOr(dir+"/bridge/bridge_id", ""))
	}
	if n.sys.exists(dir + "/bridge/stp_state") {
		f.SetStr("stp", n.sys.textOr(dir+"/bridge/stp_state", "") == "1")
	}
}

// bonding returns the folder from which the rest is read. For a bond with a primary Ansible goes on
// in the wrong one, so that such an interface has no speed, promisc and the like.
func (n *network) bonding(f *value.Dict, dir string) (string, error) {
	bond := dir + "/bonding"
	if !n.sys.exists(bond) {
		return dir, nil
	}
	f.SetStr("type", "bonding")
	f.SetStr("slaves", textList(words(n.sys.textOr(bond+"/slaves", ""))))
	for _, k := range []string{"mode", "miimon", "lacp_rate"} {
		w := words(n.sys.textOr(bond+"/"+k, ""))
		if len(w) == 0 {
			return dir, errMalformed(bond+"/"+k, "")
		}
		f.SetStr(k, w[0])
	}
	primary, ok := n.sys.text(bond + "/primary")
	if !ok {
		return dir, nil
	}
	f.SetStr("primary", primary)
	if all := bond + "/all_slaves_active"; n.sys.exists(all) {
		f.SetStr("all_slaves_active", n.sys.textOr(all, "") == "1")
	}
	return bond + "/all_slaves_active", nil
}

// driver reads what depends on the driver.
func (n *network) driver(f *value.Dict, dir string) error {
	if n.sys.exists(dir + "/bonding_slave") {
		f.SetStr("perm_macaddress", n.sys.textOr(dir+"/bonding_slave/perm_hwaddr", ""))
	}
	if n.sys.exists(dir + "/device") {
		target, err := n.sys.readlink(dir + "/device")
		if err != nil {
			return err
		}
		f.SetStr("pciid", path.Base(target))
	}
	if text, ok := n.sys.text(dir + "/speed"); ok {
		speed, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("speed of %s: %w", n.device, err)
		}
		f.SetStr("speed", speed)
	}
	if n.sys.exists(dir + "/flags") {
		const promiscuous = 0x100
		text := n.sys.textOr(dir+"/flags", "")
		flags, err := strconv.ParseUint(strings.TrimPrefix(strings.ToLower(text), "0x"), 16, 64)
		if err != nil {
			return fmt.Errorf("flags of %s: %w", n.device, err)
		}
		f.SetStr("promisc", flags&promiscuous != 0)
	}
	return nil
}

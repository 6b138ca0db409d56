package fact

import (
	"slices"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/pyre"
)

// virtualization gathers what points to a hypervisor or container. The first sign decides type and
// role; all of them are in guest and host.
type virtualization struct {
	*probe
	kind, role  string
	found       bool
	guest, host []string
}

func addOnce(list *[]string, s string) {
	if s != "" && !slices.Contains(*list, s) {
		*list = append(*list, s)
	}
}

// decide sets type and role unless an earlier sign did.
func (v *virtualization) decide(kind, role string) {
	if !v.found {
		v.kind, v.role, v.found = kind, role, true
	}
}

func (v *virtualization) isGuest(tech string) {
	addOnce(&v.guest, tech)
	v.decide(tech, "guest")
}

func (v *virtualization) isHost(tech string) {
	addOnce(&v.host, tech)
	v.decide(tech, "host")
}

// virtualFacts looks at the signs in a fixed order.
//
// Observed: ansible-core 2.14 over testdata/virtual.
func virtualFacts(p *probe) (*value.Dict, error) {
	switch p.kernel().System {
	case "FreeBSD":
		return p.freeBSDVirtual(), nil
	case "Darwin": // Ansible does not look there
		return value.DictOf("virtualization_type", "", "virtualization_role", "", "virtualization_tech_guest", value.NewList(),
			"virtualization_tech_host", value.NewList()), nil
	}
	v := &virtualization{probe: p}
	for _, look := range []func(){v.control, v.environ, v.openVZ, v.containerFiles, v.xen, v.firmware,
		v.vserver, v.processors, v.modules, v.dmidecode} {
		look()
	}
	if p.sys.exists("/dev/kvm") {
		v.isHost("kvm")
	}
	v.decide("NA", "NA")
	d := value.NewDict()
	d.SetStr("virtualization_type", v.kind)
	if v.role != "" {
		d.SetStr("virtualization_role", v.role)
	}
	d.SetStr("virtualization_tech_guest", textList(v.guest))
	d.SetStr("virtualization_tech_host", textList(v.host))
	return d, nil
}

// control reads the control groups of process 1.
func (v *virtualization) control() {
	docker := pyre.MustCompile(`/docker(/|-[0-9a-f]+\.scope)`)
	lxc := pyre.MustCompile(`/lxc/|/machine.slice/machine-lxc`)
	containerd := pyre.MustCompile(`/system.slice/containerd.service`)
	for _, l := range v.sys.lines("/proc/1/cgroup") {
		if docker.MatchString(l) {
			v.isGuest("docker")
		}
		if lxc.MatchString(l) {
			v.isGuest("lxc")
		}
		if containerd.MatchString(l) {
			v.isGuest("containerd")
		}
	}
}

// environ reads the environment of process 1, where LXC, podman and others leave their name.
func (v *virtualization) environ() {
	text, _ := v.sys.text("/proc/1/environ")
	for _, l := range strings.Split(strings.TrimRight(text, "\x00"), "\x00") {
		for _, tech := range []string{"lxc", "podman"} {
			if strings.Contains(l, "container="+tech) {
				v.isGuest(tech)
			}
		}
		if rest, ok := strings.CutPrefix(l, "container="); ok && rest != "" && rest[0] != '\n' {
			v.isGuest("container")
		}
	}
}

func (v *virtualization) openVZ() {
	if !v.sys.exists("/proc/vz") || v.sys.exists("/proc/lve") {
		return
	}
	host := v.sys.exists("/proc/bc")
	if v.found { // a container's sign keeps its role, not its type
		v.kind = "openvz"
	}
	if host {
		v.isHost("openvz")
	} else {
		v.isGuest("openvz")
	}
}

func (v *virtualization) containerFiles() {
	systemd, _ := v.sys.text("/run/systemd/container")
	if systemd != "" {
		v.isGuest(systemd)
	}
	if v.sys.exists("/.dockerenv") || v.sys.exists("/.dockerinit") {
		v.isGuest("docker")
	}
	known := func(t string) bool {
		return slices.Contains([]string{"docker", "lxc", "podman", "openvz", "containerd"}, t)
	}
	if systemd != "" || slices.ContainsFunc(v.guest, known) {
		addOnce(&v.guest, "container")
	}
}

func (v *virtualization) xen() {
	if !v.sys.exists("/proc/xen") {
		return
	}
	control := func(l string) bool { return strings.Contains(l, "control_d") }
	if slices.ContainsFunc(v.sys.lines("/proc/xen/capabilities"), control) {
		v.isHost("xen")
	} else {
		v.decide("xen", "guest")
	}
}

// firmwareSigns are the values of the DMI table that name a hypervisor.
var firmwareSigns = []struct {
	file   string
	values []string
	tech   string
	more   []string // how other values begin, in dialect tagged
}{
	{"product_name", []string{"KVM", "KVM Server", "Bochs", "AHV"}, "kvm", []string{"CloudStack KVM Hypervisor"}},
	{"sys_vendor", []string{"oVirt"}, "oVirt", nil},
	{"", nil, "red hat", nil},
	{"product_name", []string{"VMware Virtual Platform", "VMware7,1"}, "VMware", []string{"VMware"}},
	{"product_name", []string{"OpenStack Compute", "OpenStack Nova"}, "openstack", nil},
	{"bios_vendor", []string{"Xen"}, "xen", nil},
	{"bios_vendor", []string{"innotek GmbH"}, "virtualbox", nil},
	{"bios_vendor", []string{"Amazon EC2", "DigitalOcean", "Hetzner"}, "kvm", []string{"Linode"}},
	{"sys_vendor", []string{"QEMU", "Amazon EC2", "DigitalOcean", "Google", "Scaleway", "Nutanix"}, "kvm", nil},
	{"sys_vendor", []string{"KubeVirt"}, "KubeVirt", nil},
	{"sys_vendor", []string{"Microsoft Corporation"}, "VirtualPC", nil},
	{"sys_vendor", []string{"Parallels Software International Inc."}, "parallels", nil},
	{"sys_vendor", []string{"OpenStack Foundation"}, "openstack", nil},
}

const dmiDir = "/sys/devices/virtual/dmi/id/"

func (v *virtualization) firmware() {
	dmi := func(name string) string { return v.sys.textOr(dmiDir+name, "") }
	for _, s := range firmwareSigns {
		switch {
		case s.file != "":
			text := dmi(s.file)
			if slices.Contains(s.values, text) || v.tagged() && slices.ContainsFunc(s.more, func(p string) bool {
				return strings.HasPrefix(text, p)
			}) {
				v.isGuest(s.tech)
			}
		case dmi("sys_vendor") != "Red Hat":
		case dmi("product_family") == "RHV":
			v.isGuest("RHV")
		case dmi("product_name") == "RHEV Hypervisor":
			v.isGuest("RHEV")
		}
	}
}

func (v *virtualization) vserver() {
	id := pyre.MustCompile(`^VxID:\s+(\d)`)
	for _, l := range v.sys.lines("/proc/self/status") {
		if m := id.FindStringSubmatch(l); m == nil {
			continue
		} else if m[1] == "0" {
			v.isHost("linux_vserver")
		} else {
			v.isGuest("linux_vserver")
		}
	}
}

// processorSigns are the lines of /proc/cpuinfo that name a hypervisor.
var processorSigns = []struct{ key, words, tech string }{
	{"model name", "QEMU Virtual CPU", "kvm"},
	{"vendor_id", "User Mode Linux", "uml"},
	{"model name", "UML", "uml"},
	{"machine", "CHRP IBM pSeries (emulated by qemu)", "kvm"},
	{"vendor_id", "PowerVM Lx86", "powervm_lx86"},
	{"vendor_id", "IBM/S390", "PR/SM"},
}

func (v *virtualization) processors() {
	for _, l := range v.sys.lines("/proc/cpuinfo") {
		for _, s := range processorSigns {
			rest, ok := strings.CutPrefix(l, s.key)
			if !ok || !strings.Contains(rest, s.words) {
				continue
			}
			if s.tech == "PR/SM" {
				v.mainframe()
			} else {
				v.isGuest(s.tech)
			}
			break
		}
	}
}

// mainframe asks lscpu which hypervisor a partition of a mainframe runs.
func (v *virtualization) mainframe() {
	addOnce(&v.guest, "PR/SM")
	kind := "PR/SM"
	if v.sys.look("lscpu") == "" {
		kind = "ibm_systemz"
		addOnce(&v.guest, kind)
	} else if out := v.sys.run(v.ctx, []string{"lscpu"}); out.Code == 0 {
		for _, l := range splitLines(out.Stdout) {
			if k, t, ok := strings.Cut(l, ":"); ok && strip(k) == "Hypervisor" {
				kind = strip(t)
				addOnce(&v.guest, kind)
			}
		}
	}
	role := "guest"
	if kind == "PR/SM" {
		role = "LPAR"
	}
	v.decide(kind, role)
}

// modules reads the kernel's modules. A host may have both KVM's and VirtualBox's.
func (v *virtualization) modules() {
	loaded := map[string]bool{}
	for _, l := range v.sys.lines("/proc/modules") {
		name, _, _ := strings.Cut(l, " ")
		loaded[name] = true
	}
	if loaded["kvm"] {
		first := !v.found
		v.isHost("kvm")
		if v.sys.isDir("/rhev/") && v.runsVDSM() {
			addOnce(&v.host, "RHEV")
			if first {
				v.kind = "RHEV"
			}
		}
	}
	if loaded["vboxdrv"] {
		v.isHost("virtualbox")
	}
	if loaded["virtio"] {
		addOnce(&v.host, "kvm")
		v.decide("kvm", "guest")
	}
}

func (v *virtualization) runsVDSM() bool {
	procs, _ := v.sys.names("/proc")
	return slices.ContainsFunc(procs, func(p string) bool {
		if p[0] < '0' || p[0] > '9' {
			return false
		}
		comm, _ := v.sys.text("/proc/" + p + "/comm")
		return comm == "vdsm" || comm == "vdsmd"
	})
}

// dmidecode is for kernels that have no DMI table in /sys.
func (v *virtualization) dmidecode() {
	tool := v.sys.look("dmidecode")
	if tool == "" {
		return
	}
	out := v.sys.run(v.ctx, []string{tool, "-s", "system-product-name"})
	if out.Code != 0 {
		return
	}
	name := ""
	for _, l := range splitLines(out.Stdout) {
		if !strings.HasPrefix(l, "#") {
			name += strip(l)
		}
	}
	if strings.HasPrefix(name, "VMware") {
		v.isGuest("VMware")
	}
	if strings.Contains(out.Stdout, "BHYVE") {
		v.isGuest("bhyve")
	}
}

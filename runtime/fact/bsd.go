package fact

import (
	"encoding/binary"
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/pyre"
)

// This file has the facts of FreeBSD's parts and hypervisors, and what macOS shares of it.

// parts are functions whose facts are put together; one that fails takes all with it.
func parts(list ...func() (*value.Dict, error)) (*value.Dict, error) {
	d := value.NewDict()
	for _, part := range list {
		f, err := part()
		if err != nil {
			return nil, err
		}
		d.Update(f)
	}
	return d, nil
}

func (p *probe) freeBSD() (*value.Dict, error) {
	return parts(p.freeBSDProcessors, p.freeBSDMemory, p.bootTime, p.dmiWords, p.freeBSDDevices, p.freeBSDMounts)
}

// sysctlValue is what sysctl prints of one name.
func (p *probe) sysctlValue(name string) (string, bool) {
	tool := p.sys.look("sysctl")
	if tool == "" {
		return "", false
	}
	out := p.sys.run(p.ctx, []string{tool, "-n", name})
	return out.Stdout, out.Code == 0
}

func (p *probe) freeBSDProcessors() (*value.Dict, error) {
	list := value.NewList()
	d := value.DictOf("processor", list)
	if p.sys.look("sysctl") != "" {
		n, _ := p.sysctlValue("hw.ncpu")
		d.SetStr("processor_count", strip(n))
	}
	boot, ok := p.sys.text("/var/run/dmesg.boot")
	if tool := p.sys.look("dmesg"); !ok && tool != "" {
		boot = p.sys.run(p.ctx, []string{tool}).Stdout
	}
	for _, l := range splitLines(boot) {
		if strings.Contains(l, "CPU:") {
			list.V = append(list.V, strip(cpuWord.ReplaceAllStringFunc(l, func(string) string { return "" })))
		}
		if strings.Contains(l, "Logical CPUs per core") {
			w := words(l)
			if len(w) < 5 {
				return nil, errMalformed("dmesg.boot", l)
			}
			d.SetStr("processor_cores", w[4])
		}
	}
	return d, nil
}

var cpuWord = pyre.MustCompile(`CPU:\s+`)

func (p *probe) freeBSDMemory() (*value.Dict, error) {
	d := value.NewDict()
	if tool := p.sys.look("sysctl"); tool != "" {
		n := map[string]int64{}
		for _, l := range splitLines(p.sys.run(p.ctx, []string{tool, "vm.stats"}).Stdout) {
			for _, k := range []string{"page_size", "page_count", "free_count"} {
				if w := words(l); strings.Contains(l, "vm.stats.vm.v_"+k) && len(w) > 1 {
					v, err := strconv.ParseInt(w[1], 10, 64)
					if err != nil {
						return nil, err
					}
					n[k] = v
				}
			}
		}
		if len(n) < 3 {
			return nil, errMalformed("sysctl", "vm.stats")
		}
		d.Update(value.DictOf("memtotal_mb", n["page_size"]*n["page_count"]>>20, "memfree_mb", n["page_size"]*n["free_count"]>>20))
	}
	tool := p.sys.look("swapinfo")
	if tool == "" {
		return d, nil
	}
	lines := splitLines(p.sys.run(p.ctx, []string{tool, "-k"}).Stdout)
	if len(lines) == 0 {
		return nil, errMalformed("swapinfo", "")
	}
	w := words(lines[len(lines)-1])
	if len(w) > 0 && w[0] == "Device" {
		return d, nil
	}
	if len(w) < 4 {
		return nil, errMalformed("swapinfo", lines[len(lines)-1])
	}
	total, err1 := strconv.ParseInt(w[1], 10, 64)
	free, err2 := strconv.ParseInt(w[3], 10, 64)
	d.Update(value.DictOf("swaptotal_mb", total/1024, "swapfree_mb", free/1024))
	return d, errors.Join(err1, err2)
}

// bootTime reads the kernel's struct timeval: seconds first, in the machine's order.
func (p *probe) bootTime() (*value.Dict, error) {
	tool := p.sys.look("sysctl")
	if tool == "" {
		return value.NewDict(), nil
	}
	out := p.sys.run(p.ctx, []string{tool, "-b", "kern.boottime"})
	const long = strconv.IntSize / 8
	if out.Code != 0 || len(out.Stdout) < long {
		return value.NewDict(), nil
	}
	raw := append([]byte(out.Stdout[:long]), 0, 0, 0, 0)
	return value.DictOf("uptime_seconds", p.sys.now().Unix()-int64(binary.NativeEndian.Uint64(raw[:8]))), nil
}

// dmiWords are the facts of the DMI table as dmidecode tells them.
func (p *probe) dmiWords() (*value.Dict, error) {
	d, tool := value.NewDict(), p.sys.look("dmidecode")
	for _, k := range dmiKeys {
		v := "NA"
		if tool != "" {
			v = p.dmiWord(tool, k.word)
		}
		d.SetStr(k.fact, v)
	}
	return d, nil
}

// Disks and their slices, by dialect.
var (
	classicDisk  = pyre.MustCompile(`^(ada?\d+|da\d+|a?cd\d+)`)
	classicSlice = pyre.MustCompile(`^(ada?\d+s\d+\w*|da\d+s\d+\w*)`)
	taggedDisk   = pyre.MustCompile(`^((?:ada?|da|a?cd|amrd|idad|ipsd|md|mfid|mlxd|twed|vtbd)\d+)`)
	taggedSlice  = pyre.MustCompile(`^((?:ada?|a?cd|amrd|da|idad|ipsd|md|mfid|mlxd|twed|vtbd)\d+[ps]\d+\w*)`)
)

// freeBSDDevices lists disks with their slices. In dialect classic the slices of a disk begin anew with each of
// its names, as in Ansible.
func (p *probe) freeBSDDevices() (*value.Dict, error) {
	all := value.NewDict()
	disk, slice := classicDisk, classicSlice
	if p.tagged() {
		disk, slice = taggedDisk, taggedSlice
	}
	names, _ := p.sys.names("/dev")
	slices.Sort(names)
	for _, n := range names {
		m := disk.FindStringSubmatch(n)
		if m == nil {
			continue
		}
		if _, had := all.GetStr(m[1]); !had || !p.tagged() {
			all.SetStr(m[1], value.NewList())
		}
		if s := slice.FindStringSubmatch(n); s != nil {
			v, _ := all.GetStr(m[1])
			l := v.(*value.List)
			l.V = append(l.V, s[1])
		}
	}
	return value.DictOf("devices", all), nil
}

func (p *probe) freeBSDMounts() (*value.Dict, error) {
	r := value.NewList()
	for _, l := range p.sys.lines("/etc/fstab") {
		w := words(l)
		if strings.HasPrefix(l, "#") || len(w) == 0 {
			continue
		}
		if len(w) < 4 {
			return nil, errMalformed("/etc/fstab", l)
		}
		d := value.DictOf("mount", w[1], "device", w[0], "fstype", w[2], "options", w[3])
		if s, ok := mountSize(p.sys.path(w[1])); ok && p.sys.Root == "" {
			d.Update(s.facts())
		}
		r.V = append(r.V, d)
	}
	return value.DictOf("mounts", r), nil
}

// sysctlSigns are what the kernel says of a hypervisor, and who that is.
var sysctlSigns = []struct{ pattern, tech string }{
	{`^(KVM|kvm|Bochs|SmartDC).*`, "kvm"},
	{`^.*VMware.*`, "VMware"},
	{`^VirtualBox\s*$`, "virtualbox"},
	{`^(HVM domU|XenPVH|XenPV|XenPVHVM).*`, "xen"},
	{`^Hyper-V\s*$`, "Hyper-V"},
	{`^Parallels\s*$`, "parallels"},
	{`^RHEV Hypervisor\s*$`, "RHEV"},
}

// freeBSDVirtual asks the kernel. Only the first of its names decides the type; the others, like a jail, are
// techniques only, as in Ansible.
func (p *probe) freeBSDVirtual() *value.Dict {
	kind, guests := "", []string{}
	found := func(tech string, decides bool) {
		if !slices.Contains(guests, tech) {
			guests = append(guests, tech)
		}
		if kind == "" && decides {
			kind = tech
		}
	}
	if p.sys.exists("/dev/xen/xenstore") {
		found("xen", true)
	}
	for i, name := range []string{"kern.vm_guest", "hw.hv_vendor", "security.jail.jailed"} {
		text, ok := p.sysctlValue(name)
		for _, s := range sysctlSigns {
			if ok && pyre.MustCompile(s.pattern).MatchString(text) {
				found(s.tech, i == 0)
			}
		}
		if ok && i == 2 && strip(text) == "1" {
			found("jails", false)
		}
	}
	model, _ := p.sysctlValue("hw.model")
	if tech := map[string]string{"QEMU": "kvm", "OpenBSD": "vmm"}[strip(model)]; tech != "" {
		found(tech, true)
	}
	role := ""
	if kind != "" {
		role = "guest"
	}
	return value.DictOf("virtualization_type", kind, "virtualization_role", role,
		"virtualization_tech_guest", textList(guests), "virtualization_tech_host", value.NewList())
}

// sysctlTable is what sysctl prints of several trees: "name: value" or "name = value", and lines that go on.
func (p *probe) sysctlTable(trees ...string) map[string]string {
	r, key := map[string]string{}, ""
	tool := p.sys.look("sysctl")
	if tool == "" {
		return r
	}
	out := p.sys.run(p.ctx, append([]string{tool}, trees...))
	if out.Code != 0 {
		return r
	}
	for _, l := range splitLines(out.Stdout) {
		at := sysctlSeparator.FindStringIndex(l)
		switch {
		case strip(l) == "":
		case strings.HasPrefix(l, " "):
			r[key] += "\n" + l
		case at == nil:
			p.warn("Unable to split sysctl line (" + l + "): not enough values to unpack (expected 2, got 1)")
		default:
			key = l[:at[0]]
			r[key] = l[at[1]:]
		}
	}
	for k, v := range r {
		r[k] = strip(v)
	}
	return r
}

var sysctlSeparator = pyre.MustCompile(`\s?=\s?|: `)

// darwin are the facts of a Mac's parts.
func (p *probe) darwin() (*value.Dict, error) {
	trees := []string{"hw", "machdep", "kern"}
	if p.tagged() {
		trees = append(trees, "hw.model")
	}
	s := p.sysctlTable(trees...)
	d := value.NewDict()
	model, ok := s["hw.model"], s["hw.model"] != ""
	if !p.tagged() {
		out := p.sys.run(p.ctx, []string{p.sys.look("sysctl"), "hw.model"})
		lines := splitLines(out.Stdout)
		ok = out.Code == 0 && len(lines) > 0 && len(words(lines[len(lines)-1])) > 1
		if ok {
			model = words(lines[len(lines)-1])[1]
		}
	}
	if ok {
		d.Update(value.DictOf("model", model, "product_name", model))
	}
	for fact, key := range map[string]string{"osversion": "kern.osversion", "osrevision": "kern.osrevision"} {
		if _, ok := s[key]; !ok {
			return nil, errMalformed("sysctl", key)
		}
		d.SetStr(fact, s[key])
	}
	cpu, err := p.darwinProcessor(s)
	if err != nil {
		return nil, err
	}
	d.Update(cpu)
	memory, err := p.darwinMemory(s)
	if err != nil {
		return nil, err
	}
	d.Update(memory)
	up, err := p.bootTime()
	d.Update(up)
	return d, err
}

func (p *probe) darwinProcessor(s map[string]string) (*value.Dict, error) {
	d := value.NewDict()
	if brand, ok := s["machdep.cpu.brand_string"]; ok {
		if _, ok := s["machdep.cpu.core_count"]; !ok {
			return nil, errMalformed("sysctl", "machdep.cpu.core_count")
		}
		d.Update(value.DictOf("processor", brand, "processor_cores", s["machdep.cpu.core_count"]))
	} else {
		profile := map[string]string{}
		for _, l := range splitLines(p.sys.run(p.ctx, []string{"/usr/sbin/system_profiler", "SPHardwareDataType"}).Stdout) {
			if k, v, ok := strings.Cut(l, ": "); ok {
				profile[strip(k)] = strings.Join(words(v), " ")
			}
		}
		name, speed := profile["Processor Name"], profile["Processor Speed"]
		if name == "" || speed == "" || s["hw.physicalcpu"] == "" {
			return nil, errMalformed(path.Base("/usr/sbin/system_profiler"), "Processor Name")
		}
		d.Update(value.DictOf("processor", name+" @ "+speed, "processor_cores", s["hw.physicalcpu"]))
	}
	vcpus := s["hw.logicalcpu"]
	if vcpus == "" {
		vcpus = s["hw.ncpu"]
	}
	d.SetStr("processor_vcpus", vcpus)
	return d, nil
}

func (p *probe) darwinMemory(s map[string]string) (*value.Dict, error) {
	total, err := strconv.ParseInt(s["hw.memsize"], 10, 64)
	if err != nil {
		return nil, err
	}
	total >>= 20
	page := int64(4096)
	if n, err := strconv.ParseInt(s["hw.pagesize"], 10, 64); err == nil && p.tagged() {
		page = n
	}
	free := int64(0)
	if tool := p.sys.look("vm_stat"); tool != "" {
		if out := p.sys.run(p.ctx, []string{tool}); out.Code == 0 {
			used := int64(0)
			for _, l := range splitLines(out.Stdout) {
				k, v, ok := strings.Cut(strings.TrimRight(l, "."), ":")
				if !ok {
					return nil, errMalformed("vm_stat", l)
				}
				if n, err := strconv.ParseInt(strip(v), 10, 64); err == nil && slices.Contains([]string{"Pages wired down", "Pages active", "Pages inactive"}, k) {
					used += n * page
				}
			}
			free = total - used>>20
		}
	}
	return value.DictOf("memtotal_mb", total, "memfree_mb", free), nil
}

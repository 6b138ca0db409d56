package fact

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/pyre"
)

// linkKinds are the names that devices have besides their own, and the folder of each. Masters are
// the devices built on top of them.
var linkKinds = []struct{ kind, dir string }{
	{"ids", "/dev/disk/by-id"},
	{"uuids", "/dev/disk/by-uuid"},
	{"labels", "/dev/disk/by-label"},
	{"masters", ""},
}

// deviceLinks are the other names by kind, then by device, sorted.
type deviceLinks map[string]map[string][]string

func (p *probe) deviceLinks() deviceLinks {
	r := deviceLinks{}
	for _, k := range linkKinds {
		m := map[string][]string{}
		if k.dir == "" {
			m = p.masters()
		}
		names, _ := p.sys.names(k.dir)
		for _, n := range names {
			if target, err := p.sys.readlink(path.Join(k.dir, n)); k.dir != "" && err == nil {
				m[path.Base(target)] = append(m[path.Base(target)], n)
			}
		}
		for _, l := range m {
			slices.Sort(l)
		}
		r[k.kind] = m
	}
	return r
}

func (p *probe) masters() map[string][]string {
	r := map[string][]string{}
	blocks, _ := p.sys.names("/sys/block")
	for _, b := range blocks {
		slaves, _ := p.sys.names("/sys/block/" + b + "/slaves")
		for _, s := range slaves {
			r[s] = append(r[s], b)
		}
	}
	return r
}

// facts is the fact device_links.
func (l deviceLinks) facts() *value.Dict {
	d := value.NewDict()
	for _, k := range linkKinds {
		m := value.NewDict()
		names := []string{}
		for n := range l[k.kind] {
			names = append(names, n)
		}
		slices.Sort(names)
		for _, n := range names {
			m.SetStr(n, textList(l[k.kind][n]))
		}
		d.SetStr(k.kind, m)
	}
	return d
}

// of are the links of one device.
func (l deviceLinks) of(device string) *value.Dict {
	d := value.NewDict()
	for _, k := range linkKinds {
		d.SetStr(k.kind, textList(l[k.kind][device]))
	}
	return d
}

// blockDevices is one reading of the block devices.
type blockDevices struct {
	*probe
	links deviceLinks
	wwn   map[string]string
	pci   once[string] // lspci -D, asked for only when a device is behind PCI
	sgInq string
}

func (p *probe) devices() (*value.Dict, error) {
	all := value.NewDict()
	blocks, err := p.sys.names("/sys/block")
	if err != nil {
		return value.DictOf("devices", all), nil
	}
	b := &blockDevices{probe: p, links: p.deviceLinks(), wwn: map[string]string{}, sgInq: p.sys.look("sg_inq")}
	for dev, names := range b.links["ids"] {
		for _, n := range names {
			if w, ok := strings.CutPrefix(n, "wwn-"); ok {
				b.wwn[dev] = w
			}
		}
	}
	for _, name := range blocks {
		if dir, virtual, ok := b.sysfs(name); ok {
			all.SetStr(path.Base(dir), b.device(name, dir, virtual))
		}
	}
	return value.DictOf("devices", all, "device_links", b.links.facts()), nil
}

// sysfs is a device's folder and whether it counts as virtual: always, except on old kernels, where
// /sys/block has folders instead of links.
func (b *blockDevices) sysfs(name string) (dir string, virtual int64, ok bool) {
	target, err := b.sys.readlink("/sys/block/" + name)
	if err == nil {
		return path.Join("/sys/block", target), 1, true
	}
	dir = "/sys/block/" + name
	if !b.sys.isDir(dir) {
		return "", 0, false
	}
	names, _ := b.sys.names(dir)
	if slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, "device") }) {
		return dir, 0, true
	}
	return dir, 1, true
}

// file is the text of a file, or None.
func (b *blockDevices) file(p string) value.Value {
	if t, ok := b.sys.text(p); ok {
		return t
	}
	return nil
}

func (b *blockDevices) device(name, dir string, virtual int64) *value.Dict {
	disk := path.Base(dir)
	d := value.DictOf("virtual", virtual, "links", b.links.of(name))
	for _, k := range []string{"vendor", "model", "sas_address", "sas_device_handle"} {
		d.SetStr(k, b.file(dir+"/device/"+k))
	}
	if s := b.serial(name); s != "" {
		d.SetStr("serial", s)
	}
	d.SetStr("removable", b.file(dir+"/removable"))
	d.SetStr("support_discard", b.file(dir+"/queue/discard_granularity"))
	if most, _ := b.sys.text(dir + "/queue/discard_max_hw_bytes"); b.tagged() && most == "0" {
		d.SetStr("support_discard", "0")
	}
	if w, ok := b.wwn[disk]; ok {
		d.SetStr("wwn", w)
	}
	d.SetStr("partitions", b.partitions(disk, dir))
	d.SetStr("rotational", b.file(dir+"/queue/rotational"))
	d.SetStr("scheduler_mode", bracketed(b.sys.textOr(dir+"/queue/scheduler", "")))
	d.Update(b.size(dir, "size", nil))
	d.SetStr("host", b.pciHost(dir))
	d.SetStr("holders", b.holders(dir))
	return d
}

// bracketed is what stands in brackets: the scheduler in use.
func bracketed(s string) string {
	i, j := strings.IndexByte(s, '['), strings.LastIndexByte(s, ']')
	if i < 0 || j < i {
		return ""
	}
	return s[i+1 : j]
}

func (b *blockDevices) serial(name string) string {
	if b.sgInq == "" {
		return b.sys.textOr("/sys/block/"+name+"/device/serial", "")
	}
	out := b.sys.run(b.ctx, []string{b.sgInq, "/dev/" + name}, parsable...)
	m := pyre.MustCompile(`(?:Unit serial|Serial) number:\s+(\w+)`).FindStringSubmatch(out.Stdout)
	if out.Code != 0 || m == nil {
		return ""
	}
	return m[1]
}

// size are the facts sectors, sectorsize and size; start is added to them for a partition.
func (b *blockDevices) size(dir, file string, start value.Value) *value.Dict {
	d := value.NewDict()
	if start != nil {
		d.SetStr("start", start)
	}
	sectors := b.file(dir + "/" + file)
	if sectors == nil {
		sectors = int64(0)
	}
	unit := b.file(dir + "/queue/logical_block_size")
	if unit == nil {
		unit = b.file(dir + "/queue/hw_sector_size")
	}
	if unit == nil {
		unit = int64(512)
	}
	text, _ := sectors.(string)
	n, _ := strconv.ParseFloat(text, 64)
	if b.tagged() { // the kernel counts in 512 bytes whatever the device's unit
		size := int64(512)
		if s, ok := unit.(string); ok {
			size, _ = strconv.ParseInt(s, 10, 64)
		}
		count := int64(n) * 512 / max(size, 1)
		d.Update(value.DictOf("sectorsize", unit, "sectors", count, "size", human(float64(count)*float64(size))))
		return d
	}
	d.Update(value.DictOf("sectors", sectors, "sectorsize", unit, "size", human(n*512)))
	return d
}

func (b *blockDevices) partitions(disk, dir string) *value.Dict {
	r := value.NewDict()
	names, _ := b.sys.names(dir)
	pattern := pyre.MustCompile(pyre.Escape(disk) + `p?\d+`)
	for _, n := range names {
		part := pattern.FindString(n)
		if part == "" {
			continue
		}
		sub := dir + "/" + part
		start := b.file(sub + "/start")
		if start == nil {
			start = int64(0)
		}
		d := value.DictOf("links", b.links.of(part))
		d.Update(b.size(sub, "size", start))
		d.SetStr("uuid", b.partitionUUID(part))
		d.SetStr("holders", b.holders(sub))
		r.SetStr(part, d)
	}
	return r
}

func (b *blockDevices) partitionUUID(part string) value.Value {
	names, _ := b.sys.names("/dev/disk/by-uuid")
	for _, n := range names {
		if b.sys.realpath("/dev/disk/by-uuid/"+n) == "/dev/"+part {
			return n
		}
	}
	return nil
}

// holders are the device mapper's devices on top of one, by name.
func (b *blockDevices) holders(dir string) *value.List {
	l := value.NewList()
	names, _ := b.sys.names(dir + "/holders")
	for _, n := range names {
		if strings.HasPrefix(n, "dm-") {
			l.V = append(l.V, b.sys.textOr(dir+"/holders/"+n+"/dm/name", n))
		}
	}
	return l
}

// pciHost is what lspci calls the controller that the device hangs on.
func (b *blockDevices) pciHost(dir string) string {
	m := pyre.MustCompile(`^.+/([a-f0-9]{4}:[a-f0-9]{2}:[0|1][a-f0-9]\.[0-7])/`).FindStringSubmatch(dir)
	if m == nil {
		return ""
	}
	list := b.pci.get(func() string {
		tool := b.sys.look("lspci")
		if tool == "" {
			return ""
		}
		return b.sys.run(b.ctx, []string{tool, "-D"}, parsable...).Stdout
	})
	for _, l := range strings.Split(list, "\n") {
		if rest, ok := strings.CutPrefix(l, m[1]); ok && rest != "" && isSpace(rune(rest[0])) {
			return rest[1:]
		}
	}
	return ""
}

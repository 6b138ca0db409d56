package fact

import (
	"fmt"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/pyre"
)

// dmiKeys are the facts of the DMI table: their file in /sys, and dmidecode's word for them.
var dmiKeys = []struct{ fact, file, word string }{
	{"bios_date", "bios_date", "bios-release-date"},
	{"bios_vendor", "bios_vendor", "bios-vendor"},
	{"bios_version", "bios_version", "bios-version"},
	{"board_asset_tag", "board_asset_tag", "baseboard-asset-tag"},
	{"board_name", "board_name", "baseboard-product-name"},
	{"board_serial", "board_serial", "baseboard-serial-number"},
	{"board_vendor", "board_vendor", "baseboard-manufacturer"},
	{"board_version", "board_version", "baseboard-version"},
	{"chassis_asset_tag", "chassis_asset_tag", "chassis-asset-tag"},
	{"chassis_serial", "chassis_serial", "chassis-serial-number"},
	{"chassis_vendor", "chassis_vendor", "chassis-manufacturer"},
	{"chassis_version", "chassis_version", "chassis-version"},
	{"form_factor", "chassis_type", "chassis-type"},
	{"product_name", "product_name", "system-product-name"},
	{"product_serial", "product_serial", "system-serial-number"},
	{"product_uuid", "product_uuid", "system-uuid"},
	{"product_version", "product_version", "system-version"},
	{"system_vendor", "sys_vendor", "system-manufacturer"},
}

// chassisTypes are the names of the SMBIOS chassis types, by number; DSP0134, "Chassis Types".
var chassisTypes = []string{"Unknown", "Other", "Unknown", "Desktop", "Low Profile Desktop", "Pizza Box",
	"Mini Tower", "Tower", "Portable", "Laptop", "Notebook", "Hand Held", "Docking Station", "All In One",
	"Sub Notebook", "Space-saving", "Lunch Box", "Main Server Chassis", "Expansion Chassis", "Sub Chassis",
	"Bus Expansion Chassis", "Peripheral Chassis", "RAID Chassis", "Rack Mount Chassis", "Sealed-case PC",
	"Multi-system", "CompactPCI", "AdvancedTCA", "Blade", "Blade Enclosure", "Tablet", "Convertible",
	"Detachable", "IoT Gateway", "Embedded PC", "Mini PC", "Stick PC"}

// sysinfoLines are what /proc/sysinfo of a mainframe says for the DMI table that it lacks.
var sysinfoLines = []struct {
	fact    string
	pattern *pyre.Regexp
}{
	{"system_vendor", pyre.MustCompile(`^Manufacturer:\s+(.+)`)},
	{"product_name", pyre.MustCompile(`Type:\s+(.+)`)},
	{"product_serial", pyre.MustCompile(`Sequence Code:\s+0+(.+)$`)},
}

// sysinfo reads a mainframe's table, in dialect tagged.
func (p *probe) sysinfo() (*value.Dict, error) {
	d := value.NewDict()
	if !p.tagged() || !p.sys.exists("/proc/sysinfo") {
		return d, nil
	}
	for _, k := range []string{"system_vendor", "product_version", "product_serial", "product_name", "product_uuid"} {
		d.SetStr(k, "NA")
	}
	for _, l := range p.sys.lines("/proc/sysinfo") {
		for _, s := range sysinfoLines {
			if m := s.pattern.FindStringSubmatch(l); m != nil {
				d.SetStr(s.fact, m[1])
				break
			}
		}
	}
	return d, nil
}

func (p *probe) dmi() (*value.Dict, error) {
	d := value.NewDict()
	sysfs := p.sys.exists(dmiDir + "product_name")
	tool := ""
	if !sysfs {
		tool = p.sys.look("dmidecode")
	}
	for _, k := range dmiKeys {
		v := "NA"
		if sysfs {
			v = p.sys.textOr(dmiDir+k.file, "NA")
		} else if tool != "" {
			v = p.dmiWord(tool, k.word)
		}
		if sysfs && k.fact == "form_factor" && v != "NA" {
			n, err := strconv.Atoi(v)
			if err != nil {
				return nil, errMalformed(dmiDir+k.file, v)
			}
			v = fmt.Sprintf("unknown (%s)", v)
			if n >= 0 && n < len(chassisTypes) {
				v = chassisTypes[n]
			}
		}
		d.SetStr(k.fact, v)
	}
	return d, nil
}

func (p *probe) dmiWord(tool, word string) string {
	out := p.sys.run(p.ctx, []string{tool, "-s", word}, parsable...)
	if out.Code != 0 {
		return "NA"
	}
	v := ""
	for _, l := range splitLines(out.Stdout) {
		if !strings.HasPrefix(l, "#") {
			v += l
		}
	}
	return v
}

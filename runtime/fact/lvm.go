package fact

import (
	"os"
	"strings"

	"pbc/ir/value"
)

// lvm gives the volumes of LVM, to root and where its tools are.
func (p *probe) lvm() (*value.Dict, error) {
	vgs := p.sys.look("vgs")
	if os.Getuid() != 0 || vgs == "" {
		return value.DictOf("lvm", "N/A"), nil
	}
	groups, volumes, devices := value.NewDict(), value.NewDict(), value.NewDict()
	for _, f := range p.lvmTable(vgs) {
		if len(f) < 3 {
			return nil, errMalformed("vgs", strings.Join(f, ","))
		}
		groups.SetStr(f[0], value.DictOf("size_g", f[len(f)-2], "free_g", f[len(f)-1],
			"num_lvs", f[2], "num_pvs", f[1]))
	}
	for _, f := range p.lvmTable(p.sys.look("lvs")) {
		if len(f) < 4 {
			return nil, errMalformed("lvs", strings.Join(f, ","))
		}
		volumes.SetStr(f[0], value.DictOf("size_g", f[3], "vg", f[1]))
	}
	for _, f := range p.lvmTable(p.sys.look("pvs")) {
		if len(f) < 6 {
			return nil, errMalformed("pvs", strings.Join(f, ","))
		}
		devices.SetStr(p.mapperName(f[0]), value.DictOf("size_g", f[4], "free_g", f[5], "vg", f[1]))
	}
	return value.DictOf("lvm", value.DictOf("lvs", volumes, "vgs", groups, "pvs", devices)), nil
}

func (p *probe) lvmTable(tool string) [][]string {
	if tool == "" {
		return nil
	}
	out := p.sys.run(p.ctx, []string{tool, "--noheadings", "--nosuffix", "--units", "g", "--separator", ","}, parsable...)
	var r [][]string
	for _, l := range splitLines(out.Stdout) {
		r = append(r, strings.Split(strip(l), ","))
	}
	return r
}

// mapperName is the name under /dev/mapper of a /dev/dm-N.
func (p *probe) mapperName(dev string) string {
	tool := p.sys.look("dmsetup")
	if !strings.HasPrefix(dev, "/dev/dm-") || tool == "" {
		return dev
	}
	out := p.sys.run(p.ctx, []string{tool, "info", "-C", "--noheadings", "-o", "name", dev}, parsable...)
	if out.Code != 0 {
		return dev
	}
	return "/dev/mapper/" + strings.TrimRightFunc(out.Stdout, isSpace)
}

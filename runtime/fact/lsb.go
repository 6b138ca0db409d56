package fact

import (
	"strings"

	"pbc/ir/value"
)

// quotes are the characters that Ansible strips from release files.
const quotes = `\'"`

// lsbRelease runs lsb_release -a, once for all who want it. Code is 257 where there is none.
func (g *gathering) lsbRelease() output {
	return g.lsb.get(func() output {
		tool := g.sys.look("lsb_release")
		if tool == "" {
			return output{Code: 257}
		}
		return g.sys.run(g.ctx, []string{tool, "-a"})
	})
}

// lsbKeys are the lines of lsb_release and of /etc/lsb-release, with the fact that each gives.
var lsbKeys = []struct{ line, file, fact string }{
	{"LSB Version:", "", "release"},
	{"Distributor ID:", "DISTRIB_ID", "id"},
	{"Description:", "DISTRIB_DESCRIPTION", "description"},
	{"Release:", "DISTRIB_RELEASE", "release"},
	{"Codename:", "DISTRIB_CODENAME", "codename"},
}

func lsbFacts(p *probe) (*value.Dict, error) {
	d := value.NewDict()
	if out := p.lsbRelease(); out.Code == 0 {
		lsbTool(d, out.Stdout)
	}
	if d.Len() == 0 {
		if err := lsbFile(d, p.sys); err != nil {
			return nil, err
		}
	}
	if v, ok := d.GetStr("release"); ok {
		major, _, _ := strings.Cut(v.(string), ".")
		d.SetStr("major_release", major)
	}
	for i, v := range d.V {
		d.V[i] = strings.Trim(v.(string), quotes)
	}
	return value.DictOf("lsb", d), nil
}

func lsbTool(d *value.Dict, text string) {
	for _, l := range splitLines(text) {
		_, v, ok := strings.Cut(l, ":")
		for _, k := range lsbKeys {
			if ok && strings.Contains(l, k.line) {
				d.SetStr(k.fact, strip(v))
				break
			}
		}
	}
}

func lsbFile(d *value.Dict, sys *System) error {
	for _, l := range sys.lines("/etc/lsb-release") {
		_, v, ok := strings.Cut(l, "=")
		if !ok {
			return errMalformed("/etc/lsb-release", l)
		}
		for _, k := range lsbKeys[1:] {
			if strings.Contains(l, k.file) {
				d.SetStr(k.fact, strip(v))
				break
			}
		}
	}
	return nil
}

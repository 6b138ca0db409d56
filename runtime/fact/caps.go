package fact

import (
	"strings"

	"pbc/ir/value"
)

func capsFacts(p *probe) (*value.Dict, error) {
	d := value.DictOf("system_capabilities_enforced", "N/A", "system_capabilities", "N/A")
	tool := p.sys.look("capsh")
	if tool == "" {
		return d, nil
	}
	out := p.sys.run(p.ctx, []string{tool, "--print"})
	if out.Code != 0 {
		return d, nil
	}
	enforced, caps := "NA", value.NewList()
	for _, l := range splitLines(out.Stdout) {
		now, ok := strings.CutPrefix(l, "Current:")
		if !ok {
			continue
		}
		now, _, _ = strings.Cut(now, ":")
		if strip(now) == "=ep" {
			enforced = "False"
			continue
		}
		_, list, ok := strings.Cut(l, "=")
		if !ok {
			return nil, errMalformed("capsh --print", l)
		}
		list, _, _ = strings.Cut(list, "=")
		enforced, caps = "True", value.NewList()
		for _, c := range strings.Split(list, ",") {
			caps.V = append(caps.V, strip(c))
		}
	}
	d.SetStr("system_capabilities_enforced", enforced)
	d.SetStr("system_capabilities", caps)
	return d, nil
}

package fact

import (
	"strings"

	"pbc/ir/value"
)

func dnsFacts(p *probe) (*value.Dict, error) {
	d := value.NewDict()
	for _, l := range p.sys.lines("/etc/resolv.conf") {
		w := words(l)
		if len(w) == 0 || strings.HasPrefix(l, "#") || strings.HasPrefix(l, ";") {
			continue
		}
		switch w[0] {
		case "nameserver":
			old, _ := d.GetStr("nameservers")
			list, _ := old.(*value.List)
			if list == nil {
				list = value.NewList()
			}
			list.V = append(list.V, textList(w[1:]).V...)
			d.SetStr("nameservers", list)
		case "domain":
			if len(w) > 1 {
				d.SetStr("domain", w[1])
			}
		case "search", "sortlist":
			d.SetStr(w[0], textList(w[1:]))
		case "options":
			d.SetStr("options", dnsOptions(w[1:]))
		}
	}
	return value.DictOf("dns", d), nil
}

func dnsOptions(w []string) *value.Dict {
	d := value.NewDict()
	for _, o := range w {
		name, v, _ := strings.Cut(o, ":")
		if v == "" {
			d.SetStr(name, true)
		} else {
			d.SetStr(name, v)
		}
	}
	return d
}

package fact

import (
	"strings"

	"pbc/ir/value"
)

// fcWwnFacts lists the names of the fibre channel ports, without their 0x.
func fcWwnFacts(p *probe) (*value.Dict, error) {
	l := value.NewList()
	hosts, _ := p.sys.names("/sys/class/fc_host")
	for _, h := range hosts {
		for _, line := range p.sys.lines("/sys/class/fc_host/" + h + "/port_name") {
			l.V = append(l.V, strings.TrimRightFunc(line, isSpace)[min(2, len(line)):])
		}
	}
	return value.DictOf("fibre_channel_wwn", l), nil
}

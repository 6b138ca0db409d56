package fact

import "pbc/ir/value"

func nvmeFacts(p *probe) (*value.Dict, error) {
	nqn := ""
	if rest := firstWith(p.sys.lines("/etc/nvme/hostnqn"), "nqn."); rest != "" {
		nqn = "nqn." + rest
	}
	return value.DictOf("hostnqn", nqn), nil
}

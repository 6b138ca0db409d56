package fact

import "pbc/ir/value"

func apparmorFacts(p *probe) (*value.Dict, error) {
	status := "disabled"
	if p.sys.exists("/sys/kernel/security/apparmor") {
		status = "enabled"
	}
	return value.DictOf("apparmor", value.DictOf("status", status)), nil
}

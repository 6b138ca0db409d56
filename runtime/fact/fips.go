package fact

import "pbc/ir/value"

func fipsFacts(p *probe) (*value.Dict, error) {
	return value.DictOf("fips", p.sys.textOr("/proc/sys/crypto/fips_enabled", "") == "1"), nil
}

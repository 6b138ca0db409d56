package fact

import (
	"strings"

	"pbc/ir/value"
)

func iscsiFacts(p *probe) (*value.Dict, error) {
	return value.DictOf("iscsi_iqn", firstWith(p.sys.lines("/etc/iscsi/initiatorname.iscsi"), "InitiatorName=")), nil
}

// firstWith returns what follows the prefix in the first line that has it, or "".
func firstWith(lines []string, prefix string) string {
	for _, l := range lines {
		if v, ok := strings.CutPrefix(l, prefix); ok {
			return v
		}
	}
	return ""
}

package fact

import (
	"strings"

	"pbc/ir/value"
)

func envFacts(p *probe) (*value.Dict, error) {
	d := value.NewDict()
	for _, e := range p.sys.Environ {
		if k, v, ok := strings.Cut(e, "="); ok {
			d.SetStr(k, v)
		}
	}
	return value.DictOf("env", d), nil
}

package callback

import "pbc/ir/value"

func (p *printer) dumpYAML(d *value.Dict, indent int) string { return "" }

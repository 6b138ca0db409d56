package callback

import (
	"pbc/ir/value"
	"pbc/runtime/pyyaml"
)

// yamlStyle says how a result is written as YAML.
type yamlStyle struct {
	indent int // columns of a level
	width  int // where long scalars are folded
	// block returns a string's text and whether to write it as a literal block if YAML allows.
	block func(string) (string, bool)
}

// emitYAML returns a value as a YAML document, as yaml.dump(default_flow_style=False, allow_unicode=True) does. What cannot be
// written so is told in its place.
func emitYAML(v value.Value, style yamlStyle) string {
	s, err := pyyaml.Dump(v, pyyaml.Options{Indent: int64(style.indent), Width: int64(style.width), Sort: true, Flow: pyyaml.FlowNever,
		NoAliases: true, Block: style.block})
	if err != nil {
		return "<" + err.Error() + ">\n"
	}
	return s
}

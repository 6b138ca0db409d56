package link

import (
	"fmt"

	"pbc/compiler/yaml"
	"pbc/ir/value"
	"pbc/runtime/exception"
)

// parseYAML loads documents that were met at run time: the filters from_yaml and from_yaml_all.
func parseYAML(src string, all bool) (value.Value, error) {
	docs, diags := yaml.Options{Stream: all}.Parse("<unicode string>", []byte(src))
	if diags.Stops() {
		d := diags.Items[0]
		msg := d.Short
		if d.Pos.IsValid() {
			msg += fmt.Sprintf("\n  in \"%s\", line %d, column %d", d.Pos.File, d.Pos.Line, d.Pos.Col)
		}
		return nil, exception.Raise("yaml.error.MarkedYAMLError", "%s", msg)
	}
	if !all {
		if len(docs) == 0 {
			return nil, nil
		}
		return docs[0].ToValue(nil), nil
	}
	list := &value.List{}
	for _, d := range docs {
		list.V = append(list.V, d.ToValue(nil))
	}
	return list, nil
}

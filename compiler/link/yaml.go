package link

import (
	"errors"

	"pbc/compiler/yaml"
	"pbc/ir/value"
)

// parseYAML loads documents that were met at run time: the filters from_yaml and from_yaml_all.
func parseYAML(src string, all bool) (value.Value, error) {
	docs, diags := yaml.Parse("<unicode string>", []byte(src))
	if diags.Stops() {
		return nil, errors.New(diags.Items[0].Msg)
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

package main

import (
	"errors"
	"os"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/playbook/args"
	"pbc/compiler/yaml"
	"pbc/ir/value"
)

// extraVars reads every -e: a file, JSON, YAML, or k=v.
//
// Ansible docs: "Defining variables at runtime".
func (s *session) extraVars() (*value.Dict, error) {
	out := value.NewDict()
	for _, e := range s.req.Extra {
		d, err := s.extraVar(e)
		if err != nil {
			return nil, err
		}
		out.Update(d)
	}
	return out, nil
}

func (s *session) extraVar(e string) (*value.Dict, error) {
	switch {
	case strings.HasPrefix(e, "@"):
		b, err := os.ReadFile(e[1:])
		if err != nil {
			return nil, err
		}
		return s.yamlVars(e[1:], b)
	case strings.HasPrefix(e, "{"), strings.HasPrefix(e, "["):
		return s.yamlVars("<string>", []byte(e))
	}
	kv, err := args.ParseKV(e, false)
	if err != nil {
		return nil, err
	}
	out := value.NewDict()
	for _, p := range kv.Pairs {
		out.SetStr(p.Key, s.jinjaText(p.Value, nil))
	}
	return out, nil
}

func (s *session) yamlVars(file string, b []byte) (*value.Dict, error) {
	docs, diags := yaml.Parse(file, b)
	if diags.Stops() {
		return nil, errors.New(diag.Ansible(diags.Items[0], os.ReadFile))
	}
	if len(docs) == 0 {
		return value.NewDict(), nil
	}
	d, ok := docs[0].ToValue(s.jinjaText).(*value.Dict)
	if !ok {
		return nil, errors.New("Invalid extra vars data supplied. '" + file + "' could not be made into a dictionary")
	}
	return d, nil
}

package main

import (
	"errors"

	"pbc/compiler/cli"
	"pbc/compiler/diag"
	"pbc/ir/value"

	"pbc/runtime/callback"
)

// extraVars reads every -e: a file, JSON, YAML, or k=v.
//
// Ansible docs: "Defining variables at runtime".
func (s *session) extraVars() (*value.Dict, error) {
	vars := cli.Vars{
		Vault: s.keys, Mk: s.jinjaText, Duplicates: s.conf.String("DUPLICATE_YAML_DICT_KEY"),
		MergeHashes: s.conf.String("DEFAULT_HASH_BEHAVIOUR") == "merge",
		Warn:        func(m string) { s.out.Handle(callback.Warning{Text: m}) },
	}
	d, err := vars.ExtraVars(s.req.Extra)
	var fault *diag.Diagnostic
	if errors.As(err, &fault) {
		return nil, s.report(diag.List{Items: []*diag.Diagnostic{fault}})
	}
	return d, err
}

package cli

import (
	"errors"
	"fmt"
	"os"

	"pbc/compiler/config"
	"pbc/compiler/diag"
	"pbc/compiler/inventory"
	"pbc/compiler/playbook/args"
	"pbc/compiler/vault"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/keyword"
	"pbc/ir/value"
	"pbc/runtime/module/posix"
)

// commandLine stands for the file that a text of the command line is in, and taggedLine in dialect tagged.
const (
	commandLine = "<string>"
	taggedLine  = "<CLI option '-e'>"
)

// OptionsError is a fault in the options that Ansible finds after parsing them. It prints its help, then
// the message after "ERROR! ", and exits with 5.
type OptionsError struct{ Msg string }

func (e *OptionsError) Error() string { return e.Msg }

// Vars says how extra variables become values.
type Vars struct {
	Vault       *vault.Keyring
	Mk          func(string, *yaml.Node) value.Value // see yaml.Node.ToValue; may be nil
	Duplicates  string                               // DUPLICATE_YAML_DICT_KEY
	MergeHashes bool                                 // DEFAULT_HASH_BEHAVIOUR is merge
	Warn        func(*diag.Diagnostic)               // may be nil
	Tagged      bool                                 // dialect tagged
	Newer       bool                                 // see ir.Newer
}

// ExtraVars combines the values of -e in order. The error is an *OptionsError, or a *diag.Diagnostic for
// a file or a text that cannot be read.
func (v Vars) ExtraVars(opts []string) (*value.Dict, error) {
	all := value.NewDict()
	for _, opt := range opts {
		if opt == "" {
			continue
		}
		one, err := v.one(opt)
		if err != nil {
			return nil, err
		}
		d, ok := one.(*value.Dict)
		if !ok {
			return nil, &OptionsError{fmt.Sprintf("Invalid extra vars data supplied. '%s' could not be made into a dictionary", opt)}
		}
		all = inventory.Combine(all, d, v.MergeHashes)
	}
	return all, nil
}

func (v Vars) one(opt string) (value.Value, error) {
	switch {
	case opt[0] == '@':
		return v.file(opt[1:])
	case opt[0] == '/' || opt[0] == '.':
		return nil, &OptionsError{fmt.Sprintf("Please prepend extra_vars filename '%s' with '@'", opt)}
	case opt[0] == '[' || opt[0] == '{':
		line := commandLine
		if v.Tagged {
			line = taggedLine
		}
		return v.parse(line, []byte(opt), false)
	}
	a, err := args.ParseKV(opt, false, v.Tagged || v.Newer)
	if err != nil {
		return nil, &diag.Diagnostic{Kind: diag.Invalid, Msg: err.Error()}
	}
	d := value.NewDict()
	for _, kv := range a.Pairs {
		_ = d.Set(v.key(kv.Key), v.text(kv.Value)) // text can be a key
	}
	if a.HasRaw {
		d.SetStr("_raw_params", v.text(a.Raw))
	}
	return d, nil
}

// key is the name of a variable that is written on the command line.
func (v Vars) key(name string) value.Value {
	if v.Tagged && keyword.Reserved(name) {
		return &value.Str{S: name, At: &value.Origin{File: taggedLine}}
	}
	return name
}

func (v Vars) text(s string) value.Value {
	if v.Mk == nil {
		return s
	}
	return v.Mk(s, &yaml.Node{Pos: ir.Pos{File: commandLine}, Tag: "!!str", Value: s, Raw: s})
}

func (v Vars) file(file string) (value.Value, error) {
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil, &diag.Diagnostic{Kind: diag.Invalid, Exit: 1,
			Msg: "Unable to retrieve file contents\nCould not find or access '" + file + "' on the Ansible Controller.\n" +
				"If you are using a module and expect the file to exist on the remote, see the remote_src option", Tagged: diag.NotFound(file)}
	}
	if err != nil {
		return nil, unreadableVars(file, err)
	}
	secret := vault.IsEncrypted(data)
	if secret {
		if data, err = v.Vault.Decrypt(data, file); err != nil {
			var told *diag.Diagnostic
			if errors.As(err, &told) {
				return nil, told
			}
			return nil, &diag.Diagnostic{Kind: diag.Invalid, Exit: 1, Msg: err.Error()}
		}
	}
	return v.parse(file, data, secret)
}

// unreadableVars is the fault of a file of variables that is there and cannot be read.
func unreadableVars(file string, err error) *diag.Diagnostic {
	path := config.Unfrack(file, "")
	cause := posix.PyError(err, []byte(path))
	told := failure.Failure{Msg: fmt.Sprintf("An error occurred while trying to read the file %s.", value.StrRepr(path))}
	return &diag.Diagnostic{Kind: diag.Invalid, Msg: fmt.Sprintf("an error occurred while trying to read the file '%s': %s. %s", path, cause, cause),
		Tagged: told.Because(failure.New(posix.PyError(err, path)))}
}

func (v Vars) parse(file string, data []byte, secret bool) (value.Value, error) {
	docs, diags := yaml.Options{Duplicates: v.Duplicates, Hidden: secret}.Parse(file, data)
	for _, d := range diags.Items {
		if d.Kind != diag.Warning {
			return nil, d
		}
		if v.Warn != nil {
			v.Warn(d)
		}
	}
	if len(docs) == 0 {
		return nil, nil
	}
	all := docs[0].ToValue(v.Mk)
	if d, ok := all.(*value.Dict); ok && v.Tagged && file != taggedLine {
		docs[0].PlaceKeys(d, keyword.Reserved)
	}
	return all, nil
}

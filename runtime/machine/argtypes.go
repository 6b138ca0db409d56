package machine

import (
	"strings"

	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/exception"
	"pbc/runtime/module"
	"pbc/runtime/python"
)

// This file has what the controller's half of some modules makes of arguments of types that it was not written for: it
// looks at them before a module checks them, and mostly dies.

// hashable fails as the action does that asks of a list or dictionary whether it means true. In dialect tagged that is false.
func (x *taskRun) hashable(args *value.Dict, names ...string) error {
	if x.tagged() {
		return nil
	}
	for _, name := range names {
		if err := unhashable(get(args, name)); err != nil {
			return err
		}
	}
	return nil
}

// unhashable is Python's error of a value that can be in no set, nil for any other.
func unhashable(v value.Value) error {
	if _, err := value.HashKey(v); err != nil {
		return exception.TypeError("unhashable type: '%s'", value.TypeName(v))
	}
	return nil
}

// method fails as the action does that calls a method of a text on what is none.
func (x *taskRun) method(args *value.Dict, name, method string) error {
	v := get(args, name)
	if isText(v) {
		return nil
	}
	return exception.Raise("AttributeError", "'%s' object has no attribute '%s'", x.className(name, v), method)
}

// isSet is the truth of an argument in Python.
func isSet(args *value.Dict, name string) bool {
	b, err := python.Truth(get(args, name))
	return err == nil && b
}

// argumentTypes looks at the arguments of the module before its file of the controller is looked for.
func (x *taskRun) argumentTypes(c *module.Call) error {
	switch x.t.Module {
	case "ansible.builtin.copy":
		return x.copyTypes(c.Args)
	case "ansible.builtin.template":
		return x.templateTypes(c)
	case "ansible.builtin.assemble":
		return x.assembleTypes(c.Args)
	}
	return nil
}

// copyTypes looks at the arguments of copy in the action's order. What is missing the action itself tells.
func (x *taskRun) copyTypes(args *value.Dict) error {
	for _, name := range []string{"_original_basename", "_diff_peek"} {
		if (x.tagged() || x.m.newer) && get(args, name) != nil {
			return x.actionFail(`Invalid parameter specified: "` + name + `"`)
		}
	}
	if err := x.hashable(args, "remote_src", "local_follow"); err != nil {
		return err
	}
	src, content := isSet(args, "src"), get(args, "content") != nil
	switch {
	case !src && !content, src && content, !isSet(args, "dest"):
		return nil
	case content:
		if err := x.method(args, "dest", "endswith"); err != nil {
			return err
		}
	case loose(args, "remote_src", false):
		return nil
	default:
		if err := x.method(args, "src", "endswith"); err != nil {
			return err
		}
	}
	return x.hashable(args, "follow", "decrypt", "force")
}

// groupTypes looks at the names of group_by, and makes a list of the parents.
func (x *taskRun) groupTypes(args *value.Dict) error {
	if err := x.method(args, "key", "replace"); err != nil {
		return err
	}
	var parents []value.Value
	switch v := get(args, "parents").(type) {
	case *value.List:
		parents = v.V
	case *value.Dict:
		parents = v.K
		args.SetStr("parents", value.NewList(parents...))
	default:
		if isText(v) || !has(args, "parents") {
			return nil
		}
		return exception.TypeError("'%s' object is not iterable", x.className("parents", v))
	}
	for _, p := range parents {
		if !isText(p) {
			return exception.Raise("AttributeError", "'%s' object has no attribute 'replace'", x.className("parents", p))
		}
	}
	return nil
}

// copyDest looks at the destination of a file or folder that has been found.
func (x *taskRun) copyDest(args *value.Dict, folder bool) error {
	if !isSet(args, "dest") || get(args, "content") != nil {
		return nil
	}
	if folder {
		return x.method(args, "dest", "endswith")
	}
	return x.method(args, "dest", "startswith")
}

// templateTexts are the arguments that template makes texts.
var templateTexts = []string{"src", "dest", "state", "newline_sequence", "variable_start_string", "variable_end_string", "block_start_string",
	"block_end_string", "comment_start_string", "comment_end_string"}

// templateTypes makes texts of what template wants as texts, without the quotes around them in dialect classic.
func (x *taskRun) templateTypes(c *module.Call) error {
	args := c.Args.Copy()
	for _, name := range templateTexts {
		v := get(args, name)
		s, text := value.Text(v)
		switch v.(type) {
		case nil:
			continue
		case bool, int64, float64:
			s, _ = value.ToStr(v)
		default:
			if !text {
				return x.noText(v)
			}
		}
		if bare := unquoted(s); !x.tagged() && bare != s || !text {
			args.SetStr(name, bare)
		}
	}
	c.Args = args
	if err := x.hashable(args, "follow", "trim_blocks", "lstrip_blocks"); err != nil {
		return &fault{msg: err.Error(), result: value.DictOf("failed", true, "msg", err.Error(), "changed", false,
			"exception", "Traceback (most recent call last):\nTypeError: "+err.Error()+"\n")}
	}
	return x.hashable(args, "remote_src", "local_follow", "decrypt", "force")
}

// noText is the error of a value that cannot be made a text.
func (x *taskRun) noText(v value.Value) error {
	s, _ := value.ToStr(v)
	if x.tagged() {
		return exception.ValueError("Invalid value provided for 'string': %s", s)
	}
	return exception.ValueError("Invalid type provided for \"string\": %s", s)
}

// unquoted is a text without the quotes around it.
func unquoted(s string) string {
	n := len(s)
	if n > 1 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'') && s[n-2] != '\\' {
		return s[1 : n-1]
	}
	return s
}

// assembleTypes looks at the arguments of assemble, whose fragments are on the controller.
func (x *taskRun) assembleTypes(args *value.Dict) error {
	if get(args, "src") == nil || get(args, "dest") == nil {
		return nil
	}
	if err := x.hashable(args, "remote_src", "decrypt"); err != nil || !has(args, "remote_src") || loose(args, "remote_src", true) {
		return err
	}
	if err := x.method(args, "src", "startswith"); err != nil {
		return err
	}
	return x.method(args, "dest", "startswith")
}

// templateFolder is what template says of a source that is a folder; name is as the task has it.
func (x *taskRun) templateFolder(c *module.Call, name, path string) error {
	if x.tagged() {
		return &eval.Error{Class: "ansible.errors.AnsibleParserError", Msg: "An error occurred while trying to read the file '" + path + "': [Errno 21] Is a directory: '" + path + "'"}
	}
	if name == "" || strings.HasSuffix(name, "/") {
		path += "/"
	}
	c.SourceError = "could not find src=" + path + ", Could not find or access '" + path + "' on the Ansible Controller.\n" +
		"If you are using a module and expect the file to exist on the remote, see the remote_src option"
	return nil
}

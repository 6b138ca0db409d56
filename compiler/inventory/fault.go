package inventory

import (
	"errors"
	"fmt"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/yaml"
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
)

// fault is what is wrong with a source as dialect tagged tells it.
type fault struct{ chain *failure.Failure }

func (f *fault) Error() string { return f.chain.Brief() }

// tagged says whether the dialect is tagged.
func (inv *Inventory) tagged() bool { return inv.opts.Dialect == expr.Tagged }

// told is an error that the dialects word in two ways.
func (inv *Inventory) told(classic error, tagged failure.Failure) error {
	if inv.tagged() {
		return &fault{&tagged}
	}
	return classic
}

// chainOf is an error as dialect tagged tells it.
func chainOf(err error) *failure.Failure {
	var f *fault
	var d *diag.Diagnostic
	switch {
	case errors.As(err, &f):
		return f.chain
	case errors.As(err, &d):
		return diag.Chain(d)
	}
	return failure.New(err.Error())
}

// tell warns of a plugin that could not read a source.
func (inv *Inventory) tell(source, plugin string, err error) {
	if !inv.tagged() {
		inv.warn("\n* Failed to parse %s with %s plugin: %s", source, plugin, err)
		return
	}
	var asked *foreignFault
	if errors.As(err, &asked) {
		inv.warn("%s", asked.text)
		return
	}
	cause := *chainOf(err)
	if cause.At == nil {
		cause.At = &value.Origin{File: fmt.Sprintf("<inventory plugin %s with source %s>", value.StrRepr(plugin), value.StrRepr(source))}
	}
	if inv.opts.WarnChain != nil {
		inv.opts.WarnChain(failure.Failure{Msg: "Failed to parse inventory with " + value.StrRepr(plugin) + " plugin."}.Because(&cause))
	}
}

// deprecate tells of something of an inventory script that a later ansible-core will not take. Dialect classic takes it silently.
func (inv *Inventory) deprecate(source, msg string) {
	if inv.tagged() && inv.opts.Deprecated != nil {
		inv.opts.Deprecated(msg + " This feature will be removed from inventory plugin 'script' in ansible-core version 2.23.\nOrigin: " + scriptOutput(source))
	}
}

// scriptOutput names what a script said.
func scriptOutput(source string) string {
	return "<inventory script output from " + value.StrRepr(source) + ">"
}

// class is how Python prints the class of what a node of a YAML file holds.
func (inv *Inventory) class(n *yaml.Node) string {
	if !inv.tagged() {
		return pyClass(n)
	}
	name := strings.TrimPrefix(n.TypeName(), "Ansible")
	kind, ok := map[string]string{"Sequence": "List", "list": "List", "Mapping": "Dict", "dict": "Dict", "Unicode": "Str", "UnsafeText": "Str", "str": "Str",
		"int": "Int", "float": "Float", "date": "Date", "datetime": "DateTime"}[name]
	if !ok {
		return "<class '" + name + "'>"
	}
	return "<class 'ansible.module_utils._internal._datatag._AnsibleTagged" + kind + "'>"
}

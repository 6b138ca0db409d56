// Package executor tells of tasks whose module pbc does not run itself why that is so: what the table of modules, the
// task and its files say of it before anything has run. What a host finds out about a call, it says itself.
package executor

import (
	"cmp"
	"slices"
	"strings"

	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/machine"
	"pbc/runtime/module"
	"pbc/runtime/module/builtin"
)

// reasons say why a module of a full name stays Ansible's own, or which part of it does, and where a native one does.
var reasons = map[string]string{
	"ansible.builtin.apt":      "python-apt's view of the cache, versions and dependencies is its specification",
	"ansible.builtin.get_url":  "HTTP and TLS would make a fifth of the agent",
	"ansible.builtin.git":      "it reads and words what git prints, release by release",
	"ansible.builtin.hostname": "one strategy for each distribution",
	"ansible.builtin.iptables": "its rules are those of the host's iptables",
	"ansible.builtin.pip":      "it asks the host's pip and setuptools",
}

// parts are the modules that the machine runs itself, but for a part of them.
var parts = map[string]string{
	"ansible.builtin.unarchive": "the archives themselves by Ansible's own, in the host's Python",
	"ansible.builtin.uri":       "the request itself by Ansible's own, in the host's Python",
	"ansible.builtin.yum":       "it chooses; the packages by Ansible's own, in the host's Python",
	"ansible.builtin.dnf":       "it chooses; the packages by Ansible's own, in the host's Python",
	"ansible.builtin.package":   "it chooses the module of the host's package manager",
	"ansible.builtin.service":   "it chooses `systemd`, which is native, or Ansible's own in the host's Python",
}

// notNative is what is said of modules of which there is no more to say.
const notNative = "it is not native"

// Note is what is known of a module of a full name that runs in Python, whole or in part; "" for a native one, and for
// one of which there is no more to say than that it is not native.
func Note(module string) string { return cmp.Or(parts[module], reasons[module]) }

// Notes are the full names of the modules that have a Note, sorted.
func Notes() []string {
	var out []string
	for _, table := range []map[string]string{reasons, parts} {
		for name := range table {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Why says why the module of a full name, which a task names or its action chose, runs in the host's Python.
func Why(module string) string { return cmp.Or(Note(module), notNative) }

// Task says what of a task runs in Python, and why: "" for one that pbc runs itself.
func Task(t *ir.Task) string {
	m, native := builtin.Lookup(t.Module)
	switch {
	case t.Include != nil, t.Module == "", t.Module == "ansible.builtin.meta":
		return ""
	case t.ActionFile != "":
		return "its action is a plugin in Python, " + t.ActionFile
	case t.Plugin():
		return "its action is Ansible's own, for the module " + t.ModuleFile
	case t.Foreign:
		return "its collection has a version that the native module was not compared with"
	case t.ModuleFile != "" && strings.HasPrefix(t.Module, "ansible.builtin."), !strings.Contains(t.Module, "."):
		return "a module of the playbook's own" + where(t.ModuleFile)
	case machine.Has(t.Module):
		return parts[t.Module]
	case native:
		return left(m, t)
	}
	return Why(t.Module)
}

func where(file string) string {
	if file == "" {
		return ""
	}
	return ", " + file
}

// left tells of a native module that may leave this call to the one in Python.
func left(m *module.Module, t *ir.Task) string {
	args, ok := t.Args.V.(*value.Dict)
	if !ok {
		return ""
	}
	if name := m.MayLeave(args); name != "" {
		return "its native module leaves some values of " + name + " to Ansible's own"
	}
	return ""
}

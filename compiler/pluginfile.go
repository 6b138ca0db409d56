package compiler

import (
	"slices"

	"pbc/compiler/diag"
	"pbc/ir"
	"pbc/ir/value"
)

// Plugins in Python of kinds that pbc does not run are refused where something names them, and where one has the name of what pbc does itself.

// ownPlugins are the plugins of such kinds that pbc stands for: what they are called, and the folder in which others are. Mitogen's strategies
// are taken for those they are named after.
var ownPlugins = []struct {
	word, folder string
	names        []string
}{
	{"strategy", "strategy_plugins", []string{"linear", "debug", "free", "host_pinned"}},
	{"connection plugin", "connection_plugins", ir.OwnConnections},
	{"become plugin", "become_plugins", ir.BecomeMethods},
}

// pluginFile is the file of a plugin of the playbooks, roles, collections and configured folders, "" for none.
func (u *Unit) pluginFile(folder, name string) string {
	if u.loader == nil || name == "" {
		return ""
	}
	return u.loader.PluginFile(folder, name)
}

// checkShadows refuses plugins that Ansible would run in the place of its own, which pbc stands for. Each is told once.
func (u *Unit) checkShadows(out *diag.List) {
	for _, own := range ownPlugins {
		for _, name := range own.names {
			file := u.pluginFile(own.folder, name)
			if file == "" || u.shadows[file] {
				continue
			}
			if u.shadows == nil {
				u.shadows = map[string]bool{}
			}
			u.shadows[file] = true
			out.Add(diag.Unsupportedf(ir.Pos{File: file, Line: 1, Col: 1}, "the %s %s, in the place of Ansible's", own.word, name))
		}
	}
}

// checkBecome refuses a way to change user that a plugin in Python knows.
func (u *Unit) checkBecome(v ir.Val, at ir.Pos, out *diag.List) {
	name, ok := value.Text(v.V)
	if !ok || slices.Contains(ir.BecomeMethods, ir.Short(name)) {
		return
	}
	if file := u.pluginFile("become_plugins", name); file != "" {
		out.Add(diag.Unsupportedf(at, "the become plugin %s (%s)", name, file))
	}
}

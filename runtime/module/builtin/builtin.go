// Package builtin is the table of native modules: what the machine calls without Python. It links
// every module that needs no network stack.
package builtin

import (
	"strings"

	"pbc/runtime/fact"
	"pbc/runtime/module"
	"pbc/runtime/module/commands"
	"pbc/runtime/module/files"
	"pbc/runtime/module/network"
	"pbc/runtime/module/system"
)

// table has every native module of this package once.
var table = []module.Module{
	commands.Command(),
	commands.Shell(),
	commands.Raw(),
	commands.Script(),
	files.File(),
	files.Copy(),
	files.Template(),
	files.Lineinfile(),
	files.Blockinfile(),
	files.Replace(),
	files.IniFile(),
	files.Assemble(),
	files.Find(),
	files.Stat(),
	files.Slurp(),
	files.Tempfile(),
	network.WaitFor(),
	system.AsyncStatus(),
	system.Ping(),
	system.Getent(),
	system.Group(),
	system.User(),
	system.KnownHosts(),
	system.AuthorizedKey(),
	system.Cron(),
	system.Sysctl(),
	system.Systemd(),
	system.SystemdService(),
	fact.Setup,
	fact.ServiceFacts,
	fact.PackageFacts,
}

var byName = index()

func index() map[string]*module.Module {
	m := make(map[string]*module.Module, 2*len(table))
	for i := range table {
		m[table[i].Name] = &table[i]
		m[table[i].Short] = &table[i]
	}
	for _, own := range []module.Module{files.Piece(), files.Place(), files.WritePiece(), commands.Line()} {
		m[own.Name] = &own
	}
	return m
}

// Lookup finds a native module by the name a task may give it: short, "ansible.builtin.x" or
// "ansible.legacy.x".
func Lookup(name string) (*module.Module, bool) {
	if short, ok := strings.CutPrefix(name, "ansible.legacy."); ok {
		name = short
	}
	m, ok := byName[name]
	return m, ok
}

// All returns the table. It must not be changed.
func All() []module.Module { return table }

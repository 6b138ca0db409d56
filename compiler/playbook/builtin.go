package playbook

import (
	_ "embed"
	"strings"
	"sync"
)

// pluginNames is the file plugins.txt, by this grammar:
//
//	file    = { line "\n" }
//	line    = kind " " collection ": " name { " " name }        plugins of ansible.builtin, or redirects to a collection
//	        | "removed-" kind " " name ": " date "|" version "|" text
//	        | "group " name ": " { member " " }                  member = action | "+" group that it extends
//	name    = old [ "=" new ]
//	kind    = "module" | "action" | "lookup"
//
//go:embed plugins.txt
var pluginNames string

// kind is a kind of plugin.
type kind string

const (
	moduleKind kind = "module"
	actionKind kind = "action"
	lookupKind kind = "lookup"
	utilsKind  kind = "module_utils" // what modules share; not in plugins.txt
)

// route says where a name has gone.
type route struct {
	redirect string // a full name, or ""
	removed  bool
	date     string
	version  string
	text     string
	// deprecated is set for names that still work: text, date and version are about that.
	deprecated bool
}

// core is what ansible-core brings.
type core struct {
	names  map[kind]map[string]bool
	routes map[kind]map[string]route
	groups map[string][]string
}

var corePlugins = sync.OnceValue(func() *core {
	c := &core{names: map[kind]map[string]bool{}, routes: map[kind]map[string]route{}, groups: map[string][]string{}}
	for _, k := range []kind{moduleKind, actionKind, lookupKind} {
		c.names[k], c.routes[k] = map[string]bool{}, map[string]route{}
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(pluginNames, "\n"), "\n") {
		c.line(line)
	}
	return c
})

func (c *core) line(line string) {
	head, tail, _ := strings.Cut(line, ": ")
	what, name, _ := strings.Cut(head, " ")
	if what == "group" {
		c.groups[name] = strings.Fields(tail)
		return
	}
	if k, ok := strings.CutPrefix(what, "removed-"); ok {
		f := strings.SplitN(tail, "|", 3)
		c.routes[kind(k)][name] = route{removed: true, date: f[0], version: f[1], text: f[2]}
		return
	}
	for _, n := range strings.Fields(tail) {
		if name == "ansible.builtin" {
			c.names[kind(what)][n] = true
			continue
		}
		old, now, moved := strings.Cut(n, "=")
		if !moved {
			now = old
		}
		c.routes[kind(what)][old] = route{redirect: name + "." + now}
	}
}

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pbc/compiler"
	"pbc/compiler/cli"
	"pbc/compiler/inventory"
	"pbc/ir/value"
	"pbc/runtime/controller"
	"pbc/runtime/pyplugin"
)

// varsPlugins runs the vars plugins in Python for inventories. Until the playbooks are compiled it knows of the folders of the command
// line only. No process is started where there is none of them.
type varsPlugins struct {
	s    *session
	unit *compiler.Unit // nil while it is compiled
	dirs []string       // for a listing, those whose plugins count
	host *pyplugin.Host
	told []string // the folders that the host knows
	// found are the plugins that lay in the folders looked when they were looked for.
	looked, found []string
	// inv and generation say which inventory it was told of.
	inv        *inventory.Inventory
	generation int
	pluginPlaces
}

// searched are the folders whose vars_plugins count now, and the playbooks'.
func (v *varsPlugins) searched() (dirs, playbooks []string) {
	if v.unit != nil {
		dirs, playbooks = v.unit.PluginDirs()
		return v.places(v.s.store.Disk(), dirs), playbooks
	}
	dirs = v.dirs
	for _, file := range v.s.req.Playbooks {
		if dir, err := filepath.Abs(filepath.Dir(file)); err == nil && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs, dirs
}

// files are the plugins that lie in folders. They are looked for again when there are other folders.
func (v *varsPlugins) files(dirs []string) []string {
	if v.found == nil || !slices.Equal(dirs, v.looked) {
		v.looked, v.found = dirs, v.s.pluginFiles("vars_plugins", dirs)
	}
	return v.found
}

// enabled are the plugins of collections that the settings enable.
func (v *varsPlugins) enabled() []string {
	return slices.DeleteFunc(slices.Clone(v.s.conf.List("VARIABLE_PLUGINS_ENABLED")), func(name string) bool {
		return strings.Count(name, ".") < 2 || cli.IsHostGroupVars(name)
	})
}

// Present implements inventory.VarsPlugins.
func (v *varsPlugins) Present() bool {
	dirs, _ := v.searched()
	return len(v.enabled()) > 0 || len(v.files(dirs)) > 0
}

// lacking is what is refused where no Ansible is installed that could run it.
func (v *varsPlugins) lacking(dirs []string) error {
	const set = "VARIABLE_PLUGINS_ENABLED"
	at := fmt.Sprintf("unsupported: the vars plugin %s (the setting %s, from %s)", strings.Join(v.enabled(), ", "), set, v.s.conf.Origin(set))
	if files := v.files(dirs); len(files) > 0 {
		at = files[0] + ":1:1: unsupported: a vars plugin"
	}
	return &playbookError{msg: at + "\n    hint: the installed Ansible runs such plugins, and none is found", code: 4}
}

// Run implements inventory.VarsPlugins.
func (v *varsPlugins) Run(q inventory.VarsQuery) ([]*value.Dict, error) {
	dirs, playbooks := v.searched()
	if v.s.like.library == "" {
		return nil, v.lacking(dirs)
	}
	ctx := context.Background()
	if err := v.tell(ctx, q, dirs, playbooks); err != nil {
		return nil, err
	}
	given, err := v.host.Vars(ctx, pyplugin.VarsQuery{Dir: q.Dir, Hosts: q.Hosts, Names: q.Names, Stage: q.Stage, Basedir: q.Basedir}, v.s.pluginNotice)
	switch {
	case err != nil:
		return nil, err
	case given.Exit == 250:
		return nil, controller.Crash(given.Raised)
	case given.Exit != 0:
		return nil, &playbookError{msg: given.Raised, code: given.Exit}
	}
	return given.Dicts, nil
}

// tell starts the process, and tells it of folders and hosts that are new.
func (v *varsPlugins) tell(ctx context.Context, q inventory.VarsQuery, dirs, playbooks []string) error {
	if v.host == nil {
		v.host = pyplugin.New(v.s.pythonOptions(dirs, playbooks, q.Basedir))
		v.told = slices.Clone(dirs)
	}
	fresh := slices.DeleteFunc(slices.Clone(dirs), func(d string) bool { return slices.Contains(v.told, d) })
	if len(fresh) > 0 {
		v.told = append(v.told, fresh...)
		if err := v.host.Add(ctx, fresh); err != nil {
			return err
		}
	}
	if v.inv == q.Inventory && v.generation == q.Inventory.Generation() {
		return nil
	}
	v.inv, v.generation = q.Inventory, q.Inventory.Generation()
	return v.host.Describe(ctx, q.Inventory.Described())
}

// close ends the process, where there is one.
func (v *varsPlugins) close() {
	if v.host != nil {
		v.host.Close()
		v.host = nil
	}
	v.pluginPlaces.close()
}

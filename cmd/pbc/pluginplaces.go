package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"pbc/compiler"
	"pbc/compiler/files"
)

// pluginPaths are the settings with folders of plugins, by the folder that playbooks and roles keep the same in.
var pluginPaths = map[string]string{
	"filter_plugins": "DEFAULT_FILTER_PLUGIN_PATH", "test_plugins": "DEFAULT_TEST_PLUGIN_PATH", "lookup_plugins": "DEFAULT_LOOKUP_PLUGIN_PATH",
	"callback_plugins": "DEFAULT_CALLBACK_PLUGIN_PATH", "vars_plugins": "DEFAULT_VARS_PLUGIN_PATH", "inventory_plugins": "DEFAULT_INVENTORY_PLUGIN_PATH",
	"cache_plugins": "DEFAULT_CACHE_PLUGIN_PATH", "strategy_plugins": "DEFAULT_STRATEGY_PLUGIN_PATH", "connection_plugins": "DEFAULT_CONNECTION_PLUGIN_PATH",
	"become_plugins": "BECOME_PLUGIN_PATH", "doc_fragments": "DOC_FRAGMENT_PLUGIN_PATH", "collections": "COLLECTIONS_PATHS",
}

// pluginFiles are the files of plugins that lie in the folders of a name beside playbooks and in roles, which dirs are, and then in those of the
// settings and one level below these. It is never nil.
func (s *session) pluginFiles(folder string, dirs []string) []string {
	places := inside(dirs, folder)
	for _, dir := range s.conf.List(pluginPaths[folder]) {
		below, _ := filepath.Glob(filepath.Join(dir, "*"))
		places = append(append(places, dir), below...)
	}
	out := []string{}
	for _, place := range places {
		found, _ := filepath.Glob(filepath.Join(place, "*.py"))
		out = append(out, found...)
	}
	return slices.DeleteFunc(out, func(file string) bool { return filepath.Base(file) == "__init__.py" })
}

// inside are the folders of a name in others.
func inside(dirs []string, name string) []string {
	var out []string
	for _, dir := range dirs {
		out = append(out, filepath.Join(dir, name))
	}
	return out
}

// pluginPlaces knows where the plugins of folders lie for the Python that runs them. The zero value is ready for use.
type pluginPlaces struct {
	// temp has what a plan holds of them, where a plan is run; else it is empty.
	temp   string
	placed map[string]string
}

// places are the folders in which the plugins of playbooks and roles lie. Those of a plan are written to a temporary folder:
// code is never taken from the disk in their place.
func (p *pluginPlaces) places(disk files.Disk, dirs []string) []string {
	plan, ok := disk.(*files.Plan)
	if !ok {
		return dirs
	}
	if p.placed == nil {
		p.placed = map[string]string{}
	}
	var out []string
	for _, d := range dirs {
		to, done := p.placed[d]
		if !done {
			to = p.unpack(plan, d)
			p.placed[d] = to
		}
		if to != "" {
			out = append(out, to)
		}
	}
	return out
}

// unpack writes the plugins that a plan has of a folder, and returns where; "" when it has none.
func (p *pluginPlaces) unpack(plan *files.Plan, dir string) string {
	to := ""
	for _, folder := range compiler.PluginFolders {
		for _, name := range plan.Names(filepath.Join(dir, folder)) {
			b, err := files.ReadFile(plan, filepath.Join(dir, folder, name))
			if err != nil || filepath.Ext(name) != ".py" {
				continue
			}
			if p.temp == "" {
				if p.temp, err = os.MkdirTemp("", "pbc-plugins-"); err != nil {
					return ""
				}
			}
			to = filepath.Join(p.temp, strconv.Itoa(len(p.placed)))
			if os.MkdirAll(filepath.Join(to, folder), 0o700) != nil || os.WriteFile(filepath.Join(to, folder, name), b, 0o600) != nil {
				return ""
			}
		}
	}
	return to
}

// close removes what was written.
func (p *pluginPlaces) close() {
	if p.temp != "" {
		_ = os.RemoveAll(p.temp)
	}
}

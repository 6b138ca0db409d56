package main

import (
	"os"
	"path/filepath"
	"strconv"

	"pbc/compiler"
	"pbc/compiler/files"
)

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

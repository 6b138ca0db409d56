package link

import (
	"slices"

	"pbc/compiler/inventory"
	"pbc/ir/value"
)

// varsAt are the variables that the inventory and the files beside it and the playbook give a host, as a task sees them.
func (l *Linker) varsAt(s Site, h *inventory.Host) (*value.Dict, error) {
	return h.VarsAt(l.scope(s).Search)
}

// varsByTask are the same for each task of a play, where tasks may see different ones, none elsewhere. The error is a fault in a
// variable file.
func (l *Linker) varsByTask(play int, h *inventory.Host) ([]*value.Dict, error) {
	if !l.opt.Inventory.ByTask() {
		return nil, nil
	}
	var out []*value.Dict
	var seen [][]string
	for _, s := range l.tables(play).Scopes {
		if slices.ContainsFunc(seen, func(search []string) bool { return slices.Equal(search, s.Search) }) {
			continue
		}
		seen = append(seen, s.Search)
		d, err := h.VarsAt(s.Search)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

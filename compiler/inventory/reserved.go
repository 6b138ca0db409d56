package inventory

import (
	"pbc/compiler/yaml"
	"pbc/ir/keyword"
	"pbc/ir/value"
)

// Reserves says whether a variable of a host or group that was read has a name of which dialect tagged warns.
func (inv *Inventory) Reserves() bool { return inv.reserves }

// key is the name of a variable of an ini file, with its line when that may be told.
func (r *iniReader) key(name string) value.Value {
	if r.inv.tagged() && keyword.Reserved(name) {
		return &value.Str{S: name, At: &value.Origin{File: r.file, Line: r.line}}
	}
	return name
}

// placeKeys has the names of variables say where they are written, those that may be told of.
func (inv *Inventory) placeKeys(n *yaml.Node, vars *value.Dict) {
	if n != nil && inv.tagged() {
		n.PlaceKeys(vars, keyword.Reserved)
	}
}

// noteReserved remembers that there are variables of reserved names.
func (inv *Inventory) noteReserved(vars ...value.Value) {
	for _, k := range vars {
		if name, ok := value.Text(k); ok && keyword.Reserved(name) {
			inv.reserves = true
		}
	}
}

package inventory

import (
	"os"
	"regexp"

	"pbc/compiler/yaml"
	"pbc/ir/failure"
	"pbc/ir/value"
)

// identifier is what the name of a variable looks like.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// jinjaWords are no names of variables.
var jinjaWords = map[string]bool{"true": true, "false": true, "none": true, "True": true, "False": true, "None": true, "not": true}

// name tells of the name of a variable that a later ansible-core will not take; at is its place, nil for one that is not
// known. Dialect classic takes any name silently.
func (inv *Inventory) name(key value.Value, at *value.Origin) {
	text, isText := value.Text(key)
	if !inv.tagged() || inv.opts.Deprecated == nil || isText && identifier.MatchString(text) && !jinjaWords[text] {
		return
	}
	shown, err := value.Repr(key)
	if err != nil {
		return
	}
	f := failure.Failure{Msg: "Accepting inventory variable with invalid name " + shown + ". This feature will be removed from ansible-core version 2.23.", At: at,
		Help: "Variable names must be strings starting with a letter or underscore character, and contain only letters, numbers and underscores."}
	if at == nil {
		f.Shown = text
	}
	inv.opts.Deprecated(f.Text(os.ReadFile))
}

// names is name for the keys of a mapping.
func (inv *Inventory) names(n *yaml.Node) {
	if n == nil {
		return
	}
	for _, k := range n.Keys {
		switch {
		case k.Tag == "!!merge":
		case k.IsNull():
			inv.name(nil, nil)
		default:
			inv.name(k.Value, k.Origin())
		}
	}
}

// nameAll is name for variables whose places are not known.
func (inv *Inventory) nameAll(vars *value.Dict) {
	for _, k := range vars.K {
		inv.name(k, nil)
	}
}

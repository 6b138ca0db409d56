package sequence

import (
	"pbc/ir/value"
)

// group is one result of groupby: a tuple of grouper and list, with those names.
type group struct {
	key value.Value
	l   *value.List
}

func (g *group) TypeName() string { return "_GroupTuple" }

func (g *group) Elems() []value.Value { return []value.Value{g.key, g.l} }

func (g *group) Tuple() []value.Value { return g.Elems() }

func (g *group) Repr() (string, error) { return value.Repr(g) }

// Wrapped implements value.Wrapper.
func (g *group) Wrapped() (before string, inner value.Value, after string) {
	return "", value.Tuple(g.Elems()), ""
}

func (g *group) Attr(name string) (value.Value, bool) {
	switch name {
	case "grouper":
		return g.key, true
	case "list":
		return g.l, true
	}
	return nil, false
}

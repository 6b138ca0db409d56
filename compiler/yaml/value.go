package yaml

import (
	"pbc/ir"
	"pbc/ir/value"
)

// FromValue is the node of a value that was not read from a file, at a place. Text that is marked as unsafe is never templated.
func FromValue(v value.Value, pos ir.Pos) *Node {
	switch x := v.(type) {
	case *value.List:
		n := &Node{Kind: Seq, Tag: "!!seq", Pos: pos}
		for _, e := range x.V {
			n.Items = append(n.Items, FromValue(e, pos))
		}
		return n
	case value.Tuple:
		return FromValue(&value.List{V: x}, pos)
	case *value.Dict:
		n := &Node{Kind: Map, Tag: "!!map", Pos: pos}
		for i, k := range x.K {
			n.Keys, n.Items = append(n.Keys, FromValue(k, pos)), append(n.Items, FromValue(x.V[i], pos))
		}
		return n
	case *value.Str:
		return &Node{Tag: "!!str", Value: x.S, Raw: x.S, Style: DoubleQuoted, Pos: pos, Unsafe: x.Unsafe}
	case string:
		return &Node{Tag: "!!str", Value: x, Raw: x, Style: DoubleQuoted, Pos: pos}
	}
	raw, _ := value.ToStr(v) // a scalar has text always
	return &Node{Value: v, Raw: raw, Pos: pos}
}

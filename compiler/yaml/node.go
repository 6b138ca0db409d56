package yaml

import (
	"pbc/ir"
	"pbc/ir/value"
)

// Kind says what a Node is.
type Kind uint8

// The kinds of nodes.
const (
	Scalar Kind = iota
	Seq
	Map
)

// Style says how a node was written.
type Style uint8

// The styles. A collection is Plain when it is written as a block.
const (
	Plain Style = iota
	SingleQuoted
	DoubleQuoted
	Literal
	Folded
	Flow
	JSON // read by the JSON reader: such nodes have no place
)

// The tags that change what ToValue makes of a collection.
const (
	tagOmap  = "!!omap"
	tagPairs = "!!pairs"
	tagSet   = "!!set"
	tagPair  = "!!pair" // an entry of an omap: no tag of YAML
)

// Node is one scalar, sequence or mapping of a document.
type Node struct {
	Kind Kind
	// Pos is where the node starts, as PyYAML counts. Nodes read as JSON have a file and no line,
	// because Ansible knows no more about them.
	Pos ir.Pos
	// Tag is the resolved tag in short form: "!!str", "!!int", "!!map", "!vault" ...
	Tag string
	// Value is the value of a scalar: nil, bool, int64, *big.Int, float64, string, []byte,
	// *value.Date, or *value.Vault.
	Value value.Value
	// Raw is the text of a scalar before it was resolved.
	Raw string
	// Items are the items of a sequence, or the values of a mapping in the order of Keys.
	Items []*Node
	// Keys are the keys of a mapping.
	Keys  []*Node
	Style Style
	// Unsafe says that the text is never to be templated: it, or something around it, is tagged !unsafe.
	Unsafe bool
}

// Get returns the value of a text key of a mapping, nil when n is not a mapping or lacks it.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	for i, k := range n.Keys {
		if s, ok := k.Value.(string); ok && s == key && k.Kind == Scalar {
			return n.Items[i]
		}
	}
	return nil
}

// Key returns the node of a text key of a mapping, nil when there is none.
func (n *Node) Key(key string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	for _, k := range n.Keys {
		if s, ok := k.Value.(string); ok && s == key && k.Kind == Scalar {
			return k
		}
	}
	return nil
}

// Text returns the text of a scalar that resolves to a string, and whether n is one.
func (n *Node) Text() (string, bool) {
	if n == nil || n.Kind != Scalar {
		return "", false
	}
	s, ok := n.Value.(string)
	return s, ok
}

// IsNull says whether n is absent or an empty value.
func (n *Node) IsNull() bool {
	return n == nil || n.Kind == Scalar && n.Value == nil
}

// TypeName is Python's name for the type of the value that n holds, in Ansible's classes where those
// differ: what Ansible prints in errors such as "unhashable type: 'AnsibleMapping'".
func (n *Node) TypeName() string {
	if n == nil {
		return "NoneType"
	}
	switch n.Kind {
	case Seq:
		if n.Style == JSON || n.Tag == tagOmap || n.Tag == tagPairs || n.Unsafe {
			return "list"
		}
		return "AnsibleSequence"
	case Map:
		switch {
		case n.Tag == tagSet:
			return "set"
		case n.Style == JSON || n.Unsafe:
			return "dict"
		}
		return "AnsibleMapping"
	}
	if _, ok := n.Value.(string); ok && n.Unsafe {
		return "AnsibleUnsafeText"
	} else if ok && n.Style != JSON {
		return "AnsibleUnicode"
	}
	return value.TypeName(n.Value)
}

// ToValue turns the tree into a value. Every string that may be a template passes through mk, with
// its node; a nil mk leaves it a string. Keys and !unsafe text do not pass through mk: a key becomes a
// string, !unsafe text a *value.Str. What aliases share in the tree is shared in the value.
func (n *Node) ToValue(mk func(string, *Node) value.Value) value.Value {
	c := converter{mk: mk, seen: map[*Node]value.Value{}}
	return c.value(n)
}

type converter struct {
	mk   func(string, *Node) value.Value
	seen map[*Node]value.Value
}

func (c *converter) value(n *Node) value.Value {
	if n == nil {
		return nil
	}
	if n.Kind == Scalar {
		return c.scalar(n)
	}
	if v, ok := c.seen[n]; ok {
		return v
	}
	if n.Tag == tagPair {
		return value.Tuple{c.value(n.Items[0]), c.value(n.Items[1])}
	}
	if n.Kind == Seq {
		l := &value.List{V: make([]value.Value, len(n.Items))}
		c.seen[n] = l
		for i, e := range n.Items {
			l.V[i] = c.value(e)
		}
		return l
	}
	d := value.NewDict()
	c.seen[n] = d
	for i, k := range n.Keys {
		_ = d.Set(c.key(k), c.value(n.Items[i]))
	}
	if n.Tag == tagSet {
		s := &value.Set{D: d}
		for i := range d.V {
			d.V[i] = nil
		}
		c.seen[n] = s
		return s
	}
	return d
}

// key is the value of a key, which the reader has found hashable.
func (c *converter) key(n *Node) value.Value {
	if s, ok := n.Value.(string); ok && n.Unsafe {
		return &value.Str{S: s, Unsafe: true}
	}
	return n.Value
}

func (c *converter) scalar(n *Node) value.Value {
	s, ok := n.Value.(string)
	switch {
	case !ok:
		return n.Value
	case n.Unsafe:
		return &value.Str{S: s, Unsafe: true}
	case c.mk == nil:
		return s
	}
	return c.mk(s, n)
}

// PlaceKeys has those keys of d that are wanted say where they are written. D was made of the mapping n, whose keys have the same order.
func (n *Node) PlaceKeys(d *value.Dict, wanted func(string) bool) {
	for i, k := range n.Keys {
		name, ok := k.Value.(string)
		if i < len(d.K) && ok && wanted(name) {
			d.K[i] = &value.Str{S: name, At: k.Origin()}
		}
	}
}

// Origin is the place where n is written.
func (n *Node) Origin() *value.Origin {
	return &value.Origin{File: n.Pos.File, Line: n.Pos.Line, Col: n.Pos.Col}
}

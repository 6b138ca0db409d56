package playbook

import (
	"math/big"

	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/value"
)

// mapOf is a mapping node as a Map. A key that is no text stands as Python's str shows it.
func mapOf(n *yaml.Node) Map {
	var m Map
	if n == nil || n.Kind != yaml.Map {
		return m
	}
	m.Entries = make([]Entry, len(n.Keys))
	for i, k := range n.Keys {
		m.Entries[i] = Entry{keyText(k), k, n.Items[i]}
	}
	m.reindex()
	return m
}

func keyText(k *yaml.Node) string {
	if s, ok := k.Text(); ok {
		return s
	}
	return show(k)
}

// show is Python's str of what a node holds.
func show(n *yaml.Node) string {
	s, err := value.ToStr(n.ToValue(nil))
	if err != nil {
		return err.Error()
	}
	return s
}

// repr is Python's repr of what a node holds.
func repr(n *yaml.Node) string {
	s, err := value.Repr(n.ToValue(nil))
	if err != nil {
		return err.Error()
	}
	return s
}

// class is how Python shows the type of what a node holds.
func class(n *yaml.Node) string {
	name := n.TypeName()
	switch name {
	case "AnsibleSequence", "AnsibleMapping", "AnsibleUnicode", "AnsibleVaultEncryptedUnicode":
		name = "ansible.parsing.yaml.objects." + name
	case "AnsibleUnsafeText", "AnsibleUnsafeBytes":
		name = "ansible.utils.unsafe_proxy." + name
	case "date", "datetime":
		name = "datetime." + name
	}
	return "<class '" + name + "'>"
}

// pos is the place that Ansible knows of a node: it remembers those of text, lists and mappings, and not those
// of numbers, booleans and nothing.
func pos(n *yaml.Node) ir.Pos {
	if n == nil {
		return ir.Pos{}
	}
	if n.Kind == yaml.Scalar {
		if _, ok := n.Value.(string); !ok || n.Unsafe {
			return ir.Pos{File: n.Pos.File}
		}
	}
	if n.Unsafe || n.Tag == cutTag {
		return ir.Pos{File: n.Pos.File}
	}
	return n.Pos
}

// cutTag marks text that was cut out of k=v arguments: pbc knows its place, Ansible does not.
const cutTag = "!!cut"

// cutNode makes a text scalar of a part of the text at like.
func cutNode(like *yaml.Node, text string) *yaml.Node {
	n := textNode(like, text)
	n.Tag = cutTag
	return n
}

// truthy is Python's truth of what a node holds.
func truthy(n *yaml.Node) bool {
	if n == nil {
		return false
	}
	if n.Kind != yaml.Scalar {
		return len(n.Items) > 0
	}
	switch x := n.Value.(type) {
	case nil:
		return false
	case bool:
		return x
	case int64:
		return x != 0
	case float64:
		return x != 0
	case string:
		return x != ""
	case *big.Int:
		return true
	}
	return true
}

func isSeq(n *yaml.Node) bool { return n != nil && n.Kind == yaml.Seq }
func isMap(n *yaml.Node) bool { return n != nil && n.Kind == yaml.Map }

func isText(n *yaml.Node) bool {
	_, ok := n.Text()
	return ok
}

// textNode makes a text scalar that stands for something written at like.
func textNode(like *yaml.Node, text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.Scalar, Tag: "!!str", Value: text, Raw: text}
	if like != nil {
		n.Pos, n.Unsafe, n.Style = like.Pos, like.Unsafe, yaml.DoubleQuoted
	}
	return n
}

// boolNode makes a boolean scalar.
func boolNode(b bool) *yaml.Node {
	raw := "false"
	if b {
		raw = "true"
	}
	return &yaml.Node{Kind: yaml.Scalar, Tag: "!!bool", Value: b, Raw: raw}
}

// seqNode makes a sequence that stands for something written at p.
func seqNode(p ir.Pos, items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.Seq, Tag: "!!seq", Pos: p, Items: items}
}

// mapNode makes a mapping of a Map.
func mapNode(p ir.Pos, m Map) *yaml.Node {
	n := &yaml.Node{Kind: yaml.Map, Tag: "!!map", Pos: p}
	for _, e := range m.Entries {
		k := e.Key
		if k == nil {
			k = textNode(nil, e.Name)
			k.Pos = p
		} else if keyText(k) != e.Name {
			k = textNode(k, e.Name)
		}
		n.Keys = append(n.Keys, k)
		n.Items = append(n.Items, e.Value)
	}
	return n
}

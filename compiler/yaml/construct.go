package yaml

import (
	"errors"
	"fmt"
	"strings"

	"pbc/compiler/diag"
	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/value"
)

// builder resolves and checks what the library composed. It fills collections breadth first, as
// PyYAML does, so that warnings come and errors win in Ansible's order.
type builder struct {
	file  string
	opts  Options
	queue []func() error
	diags diag.List
}

func problem(pos ir.Pos, format string, args ...any) error {
	return &syntaxError{pos: pos, problem: fmt.Sprintf(format, args...)}
}

func (b *builder) document(r *raw) (*Node, error) {
	n, err := b.node(r)
	for len(b.queue) > 0 && err == nil {
		fill := b.queue[0]
		b.queue = b.queue[1:]
		err = fill()
	}
	return n, err
}

var kindNames = map[Kind]string{Scalar: "scalar", Seq: "sequence", Map: "mapping"}

// tagOf is the resolved tag of a node: the one written, or what its text says.
func tagOf(r *raw) string {
	switch {
	case r.tag != "" && r.tag != "!":
		return r.tag
	case r.kind == Seq:
		return "!!seq"
	case r.kind == Map:
		return "!!map"
	case r.style != Plain:
		return "!!str"
	}
	return implicitTag(r.text)
}

// node makes the Node of r; a collection is filled later.
func (b *builder) node(r *raw) (*Node, error) {
	if r.node != nil {
		return r.node, nil
	}
	n := &Node{Kind: r.kind, Pos: r.pos, Tag: tagOf(r), Style: r.style}
	r.node = n
	switch n.Tag {
	case "!!map", "!!python/dict", tagSet:
		b.queue = append(b.queue, func() error { return b.mapping(r, n) })
		return n, nil
	case "!!seq":
		b.queue = append(b.queue, func() error { return b.sequence(r, n) })
		return n, nil
	case tagOmap, tagPairs:
		b.queue = append(b.queue, func() error { return b.pairs(r, n) })
		return n, nil
	case "!unsafe":
		return n, b.unsafe(r, n)
	case "!vault", "!vault-encrypted":
		s, err := b.text(r)
		n.Kind, n.Value, n.Raw = Scalar, &value.Vault{Cipher: s, At: n.Origin()}, s
		return n, err
	case "!!null", "!!bool", "!!int", "!!float", "!!timestamp", "!!binary", "!!str", "!!python/unicode":
		return n, b.scalar(r, n)
	}
	return nil, problem(r.pos, "could not determine a constructor for the tag %s", value.StrRepr(fullTag(n.Tag)))
}

// text is the text of a scalar; a mapping with the key "=" stands for the text of its value.
func (b *builder) text(r *raw) (string, error) {
	if r.kind == Map {
		for i := 0; i+1 < len(r.items); i += 2 {
			if tagOf(r.items[i]) == "!!value" {
				return b.text(r.items[i+1])
			}
		}
	}
	if r.kind != Scalar {
		return "", problem(r.pos, "expected a scalar node, but found %s", kindNames[r.kind])
	}
	return r.text, nil
}

func (b *builder) scalar(r *raw, n *Node) error {
	s, err := b.text(r)
	if err != nil {
		return err
	}
	n.Kind, n.Raw = Scalar, s
	n.Value, err = scalarValue(n.Tag, s)
	var p *problemError
	if errors.As(err, &p) {
		return problem(r.pos, "%s", p.problem)
	}
	return err
}

func (b *builder) sequence(r *raw, n *Node) error {
	if r.kind != Seq {
		return problem(r.pos, "expected a sequence node, but found %s", kindNames[r.kind])
	}
	n.Items = make([]*Node, len(r.items))
	for i, e := range r.items {
		item, err := b.node(e)
		if err != nil {
			return err
		}
		n.Items[i] = item
	}
	return nil
}

// pairs fills an omap or pairs: a list of tuples.
func (b *builder) pairs(r *raw, n *Node) error {
	if r.kind != Seq {
		return problem(r.pos, "expected a sequence, but found %s", kindNames[r.kind])
	}
	for _, e := range r.items {
		if e.kind != Map {
			return problem(e.pos, "expected a mapping of length 1, but found %s", kindNames[e.kind])
		}
		if len(e.items) != 2 {
			return problem(e.pos, "expected a single mapping item, but found %d items", len(e.items)/2)
		}
		pair := &Node{Kind: Seq, Pos: e.pos, Tag: tagPair, Items: make([]*Node, 2)}
		for i, x := range e.items {
			item, err := b.node(x)
			if err != nil {
				return err
			}
			pair.Items[i] = item
		}
		n.Items = append(n.Items, pair)
	}
	return nil
}

// unsafe reads what is tagged !unsafe. A scalar is its text, whatever it looks like. Of a collection
// Ansible copies the first level before the deeper ones are filled, so those stay empty.
// Observed: ansible-core 2.14 reads `!unsafe {a: {b: c}}` as {'a': {}}.
func (b *builder) unsafe(r *raw, n *Node) error {
	n.Unsafe = true
	switch r.kind {
	case Scalar:
		n.Value, n.Raw = r.text, r.text
		return nil
	case Seq:
		if err := b.sequence(r, n); err != nil {
			return err
		}
	case Map:
		if err := b.mapping(r, n); err != nil {
			return err
		}
	}
	for i, k := range n.Keys {
		n.Keys[i] = unsafeCopy(k)
	}
	for i, e := range n.Items {
		n.Items[i] = unsafeCopy(e)
	}
	return nil
}

func unsafeCopy(n *Node) *Node {
	c := *n
	c.Unsafe = true
	if c.Kind != Scalar {
		c.Items, c.Keys = nil, nil
	}
	return &c
}

// mapping fills a mapping: merges, then keys in order, a later one replacing an equal earlier one.
func (b *builder) mapping(r *raw, n *Node) error {
	if r.kind != Map {
		return problem(r.pos, "expected a mapping node, but found %s", kindNames[r.kind])
	}
	if err := b.merge(r); err != nil {
		return err
	}
	m := newMapping(n)
	for i := 0; i+1 < len(r.items); i += 2 {
		k, err := b.keyNode(r.items[i])
		if err != nil {
			return err
		}
		h, err := hash(k)
		if err != nil {
			return problem(r.items[i].pos, "found unacceptable key (%s)", err)
		}
		if m.has(h) {
			if err := b.duplicate(r, k); err != nil {
				return err
			}
		}
		v, err := b.node(r.items[i+1])
		if err != nil {
			return err
		}
		m.set(k, v, h)
	}
	return nil
}

// keyNode is the node of a key, of which "=" is the text "=".
func (b *builder) keyNode(r *raw) (*Node, error) {
	if r.kind == Scalar && tagOf(r) == "!!value" {
		return &Node{Pos: r.pos, Tag: "!!str", Value: r.text, Raw: r.text, Style: r.style}, nil
	}
	return b.node(r)
}

func hash(k *Node) (any, error) {
	if k.Kind != Scalar {
		return nil, fmt.Errorf("unhashable type: '%s'", k.TypeName())
	}
	return value.HashKey(k.Value)
}

// duplicate warns of a key that a mapping has twice, or refuses it.
func (b *builder) duplicate(r *raw, k *Node) error {
	msg := fmt.Sprintf("While constructing a mapping from %s, line %d, column %d, found a duplicate dict key (%s). Using last defined value only.",
		b.file, r.pos.Line, r.pos.Col, keyText(k.Value))
	told := &failure.Failure{Msg: "Found duplicate mapping key " + value.StrRepr(keyText(k.Value)) + ".", Help: "Using last defined value only.",
		At: k.Origin()}
	if strings.HasPrefix(k.Pos.File, "<") { // the command line
		told.Shown = keyText(k.Value)
	}
	switch k.Value.(type) {
	case nil, bool: // of which there is one for all places
		shown, _ := value.Repr(k.Value)
		told.Msg, told.At, told.Shown = "Found duplicate mapping key "+shown+".", nil, shown
	}
	switch b.opts.Duplicates {
	case "ignore":
		return nil
	case "error":
		told.Msg, told.Help = "YAML parsing failed: "+told.Msg, ""
		return &syntaxError{pos: r.pos, problem: msg, tagged: told}
	}
	b.diags.Add(&diag.Diagnostic{Kind: diag.Warning, Pos: k.Pos, Msg: msg, Hidden: b.opts.Hidden,
		Short: "duplicate key " + value.StrRepr(keyText(k.Value)) + ": the last one counts", Tagged: told})
	return nil
}

// merge replaces the << entries of a mapping by what they name, ahead of its own entries. It changes r,
// so that a mapping merged elsewhere brings its own merges along.
func (b *builder) merge(r *raw) error {
	var merged, own []*raw
	for i := 0; i+1 < len(r.items); i += 2 {
		k, v := r.items[i], r.items[i+1]
		if k.kind != Scalar || tagOf(k) != "!!merge" {
			own = append(own, k, v)
			continue
		}
		items, err := b.merged(v)
		if err != nil {
			return err
		}
		merged = append(merged, items...)
	}
	if len(own) < len(r.items) {
		r.items = append(merged, own...)
	}
	return nil
}

// merged is what one << brings: a mapping's entries, or those of a list of mappings, the last first.
func (b *builder) merged(v *raw) ([]*raw, error) {
	switch v.kind {
	case Map:
		err := b.merge(v)
		return v.items, err
	case Scalar:
		return nil, problem(v.pos, "expected a mapping or list of mappings for merging, but found scalar")
	}
	var items []*raw
	for _, e := range v.items {
		if e.kind != Map {
			return nil, problem(e.pos, "expected a mapping for merging, but found %s", kindNames[e.kind])
		}
		if err := b.merge(e); err != nil {
			return nil, err
		}
		items = append(e.items[:len(e.items):len(e.items)], items...)
	}
	return items, nil
}

// mapping collects the entries of a mapping as a Python dict does: an equal key keeps its place.
type mapping struct {
	n      *Node
	hashes []any       // of n.Keys, while they are few
	at     map[any]int // the index of each hash, once they are many
}

const fewKeys = 12

func newMapping(n *Node) *mapping { return &mapping{n: n} }

// find returns the index of the key with that hash, -1 when there is none.
func (m *mapping) find(h any) int {
	if m.at != nil {
		if i, ok := m.at[h]; ok {
			return i
		}
		return -1
	}
	for i, x := range m.hashes {
		if x == h {
			return i
		}
	}
	return -1
}

func (m *mapping) has(h any) bool { return m.find(h) >= 0 }

func (m *mapping) set(k, v *Node, h any) {
	if i := m.find(h); i >= 0 {
		m.n.Items[i] = v
		return
	}
	m.n.Keys = append(m.n.Keys, k)
	m.n.Items = append(m.n.Items, v)
	if m.at != nil {
		m.at[h] = len(m.n.Keys) - 1
		return
	}
	if m.hashes = append(m.hashes, h); len(m.hashes) > fewKeys {
		m.at = make(map[any]int, 2*fewKeys)
		for i, x := range m.hashes {
			m.at[x] = i
		}
	}
}

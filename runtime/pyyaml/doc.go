// Package pyyaml writes values as YAML byte for byte as PyYAML's dumper does with Ansible's
// representers: quoting, folding, anchors, flow and block style. It reads nothing.
package pyyaml

import (
	"pbc/ir/value"
	"pbc/runtime/bound"
)

// Flow says which collections are written on one line: the argument default_flow_style.
type Flow byte

// The styles, named after the argument's values.
const (
	FlowLeaves Flow = iota // None: those that hold scalars only
	FlowNever              // False
	FlowAlways             // True
)

// Options are the arguments of yaml.dump.
type Options struct {
	Indent        int64 // 2 to 9; anything else is 2
	Width         int64 // 0 for 80; negative for endless lines
	Sort          bool  // write dictionaries sorted by key
	Flow          Flow
	ExplicitStart bool // begin with ---
	ExplicitEnd   bool // end with ...
	NoAliases     bool // what appears twice is written twice
	// Block, when it is set, returns a string's text and whether to write it as a literal block where YAML allows.
	Block func(string) (text string, block bool)
}

// Dump writes one document.
func Dump(v value.Value, o Options) (string, error) {
	r := &representer{flow: o.Flow, sort: o.Sort, block: o.Block, seen: map[any]*node{}}
	root, err := r.node(v, 0)
	if err != nil {
		return "", err
	}
	if !o.NoAliases {
		count := 0
		anchor(root, map[*node]bool{}, &count)
	}
	e := &emitter{
		indent: 2, width: 80, unicode: true, cur: -1, whitespace: true, indention: true, written: map[*node]bool{},
		explicitStart: o.ExplicitStart, explicitEnd: o.ExplicitEnd,
	}
	if o.Indent > 1 && o.Indent < 10 {
		e.indent = int(o.Indent)
	}
	switch {
	case o.Width < 0:
		e.width = bound.Text
	case o.Width > int64(e.indent)*2:
		e.width = int(min(o.Width, bound.Text))
	}
	s := e.document(root)
	if len(s) > bound.Text {
		return "", bound.TooLarge()
	}
	return s, nil
}

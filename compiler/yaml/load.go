package yaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	lib "go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"pbc/ir"
	"pbc/ir/failure"
)

// maxDepth bounds nesting. Ansible itself gives up at about 330 levels: Python's recursion limit.
const maxDepth = 1000

const anotherDocument = "but found another document"

// raw is a node as the library composed it: kind, explicit tag and text, nothing resolved.
type raw struct {
	kind  Kind
	pos   ir.Pos
	tag   string // explicit tag, or ""
	text  string
	style Style
	items []*raw // keys and values of a mapping in turn
	node  *Node  // what the builder has made of it, nil before
}

// syntaxError is a fault in the text, in the words of PyYAML's "problem" and "problem_mark". A zero
// Pos is no mark; detail is then what PyYAML says in place of a mark.
type syntaxError struct {
	pos     ir.Pos
	problem string
	detail  string
	context string // what was being read: PyYAML's "context"
	// structural says that the tokens are fine and their order is not.
	structural bool
	// tagged is what dialect tagged says, nil for what it makes of the rest.
	tagged *failure.Failure
}

func (e *syntaxError) Error() string { return e.problem + e.detail }

// compose reads every document of src. A cycle of aliases and too deep nesting are errors.
func (o Options) compose(file string, src []byte) ([]*raw, *syntaxError) {
	if err := checkCharacters(src); err != nil {
		return nil, err
	}
	docs, err := load(file, src, o.Stream)
	if err != nil && o.Stream {
		return nil, err
	}
	if err != nil {
		return nil, first(file, src, err)
	}
	return docs, nil
}

func load(file string, src []byte, stream bool) ([]*raw, *syntaxError) {
	l, err := lib.NewLoader(bytes.NewReader(src), lib.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth))))
	if err != nil {
		return nil, &syntaxError{detail: err.Error()}
	}
	c := composer{file: file, src: src, done: map[*lib.Node]*raw{}}
	var docs []*raw
	for {
		var n lib.Node
		switch err := l.Load(&n); {
		case errors.Is(err, io.EOF):
			return docs, nil
		case err != nil:
			return docs, c.fault(err)
		}
		if n.Kind == lib.DocumentNode && len(n.Content) == 1 {
			r, err := c.node(n.Content[0])
			if err != nil {
				return docs, err
			}
			docs = append(docs, r)
			if len(docs) > 1 && !stream {
				return docs, &syntaxError{pos: c.pos(n.Line, n.Column), problem: anotherDocument, structural: true}
			}
		}
	}
}

type composer struct {
	file string
	src  []byte
	done map[*lib.Node]*raw // of the nodes with an anchor; nil while such a node is being read
}

func (c *composer) pos(line, col int) ir.Pos { return ir.Pos{File: c.file, Line: line, Col: col} }

func (c *composer) node(n *lib.Node) (*raw, *syntaxError) {
	if n.Kind == lib.AliasNode {
		r := c.done[n.Alias]
		if r == nil {
			return nil, &syntaxError{pos: c.pos(n.Line, n.Column), problem: "found unconstructable recursive node"}
		}
		return r, nil
	}
	if n.Anchor != "" {
		c.done[n] = nil
	}
	r := &raw{pos: c.pos(n.Line, n.Column), text: n.Value, style: style(n)}
	if n.Style&lib.TaggedStyle != 0 {
		r.tag = n.Tag
	}
	switch n.Kind {
	case lib.SequenceNode:
		r.kind = Seq
	case lib.MappingNode:
		r.kind = Map
	}
	if len(n.Content) > 0 {
		r.items = make([]*raw, len(n.Content))
	}
	for i, e := range n.Content {
		item, err := c.node(e)
		if err != nil {
			return nil, err
		}
		r.items[i] = item
		if r.kind == Map && i%2 == 0 && r.style != Flow && c.isBareColon(e) {
			return nil, &syntaxError{pos: item.pos, problem: "did not find expected key"}
		}
	}
	if n.Anchor != "" {
		c.done[n] = r
	}
	return r, nil
}

func style(n *lib.Node) Style {
	switch {
	case n.Style&lib.SingleQuotedStyle != 0:
		return SingleQuoted
	case n.Style&lib.DoubleQuotedStyle != 0:
		return DoubleQuoted
	case n.Style&lib.LiteralStyle != 0:
		return Literal
	case n.Style&lib.FoldedStyle != 0:
		return Folded
	case n.Style&lib.FlowStyle != 0:
		return Flow
	}
	return Plain
}

// problems are the library's messages that libyaml words differently.
var problems = map[string]string{
	"did not find expected hexadecimal number": "did not find expected hexdecimal number",
}

// fault turns an error of the library into PyYAML's words.
func (c *composer) fault(err error) *syntaxError {
	var le *lib.LoadError
	if !errors.As(err, &le) {
		return &syntaxError{detail: err.Error()}
	}
	e := &syntaxError{problem: le.Message, context: le.ContextMsg, structural: le.Stage == lib.ParserStage}
	if p, ok := problems[e.problem]; ok {
		e.problem = p
	}
	if strings.HasPrefix(e.problem, "unknown anchor ") {
		e.problem = "found undefined alias"
	}
	if le.Mark.Line > 0 {
		e.pos = c.pos(le.Mark.Line, le.Mark.Column)
	}
	return e
}

// checkCharacters finds what libyaml's reader refuses: control characters and broken UTF-8.
func checkCharacters(src []byte) *syntaxError {
	n := 0
	for _, r := range string(src) {
		if !allowed(r) {
			return &syntaxError{detail: fmt.Sprintf("unacceptable character #x%04x: %s\n  in \"<unicode string>\", position %d",
				r, "control characters are not allowed", n)}
		}
		n++
	}
	return nil
}

func allowed(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r', r == 0x85, r == 0xfeff:
		return true
	case r >= 0x20 && r <= 0x7e, r >= 0xa0 && r <= 0xd7ff, r >= 0xe000 && r <= 0xfffd:
		return true
	}
	return r >= 0x10000 && r <= 0x10ffff
}

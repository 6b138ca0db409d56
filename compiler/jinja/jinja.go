// Package jinja parses Jinja2 templates, expressions and Ansible's conditions into the trees of
// ir/expr. It accepts what Jinja2 3.1 accepts as ansible-core sets it up, and refuses the rest
// with Jinja's messages. Nothing here evaluates anything, and no function fails: a text that does
// not parse becomes a value that carries its fault, for Ansible meets the fault only when the text
// is used.
package jinja

import (
	"slices"
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
)

// Options are the settings of a Jinja environment. Start from Defaults.
type Options struct {
	Dialect                  expr.Dialect
	BlockStart, BlockEnd     string
	VarStart, VarEnd         string
	CommentStart, CommentEnd string
	LineStatement            string // line_statement_prefix; empty for none
	LineComment              string // line_comment_prefix; empty for none
	Newline                  string // newline_sequence
	TrimBlocks               bool
	LstripBlocks             bool
	KeepTrailingNewline      bool
	Do, LoopControls         bool // the extensions jinja2.ext.do and jinja2.ext.loopcontrols

	// File says that the text is a template file's. Backslashes in the text of a playbook are
	// literal inside its string literals, those of a file are Jinja's.
	File bool

	literalBackslash bool
}

// Extended are the options with extensions of Jinja, by their names in Python. Those that are none of Do and LoopControls change nothing.
func (o Options) Extended(extensions []string) Options {
	o.Do = o.Do || slices.Contains(extensions, "jinja2.ext.do")
	o.LoopControls = o.LoopControls || slices.Contains(extensions, "jinja2.ext.loopcontrols")
	return o
}

// Defaults are the options of ansible-core: Jinja's delimiters, with trim_blocks.
func Defaults(d expr.Dialect) Options {
	return Options{
		Dialect: d, BlockStart: "{%", BlockEnd: "%}", VarStart: "{{", VarEnd: "}}",
		CommentStart: "{#", CommentEnd: "#}", Newline: "\n", TrimBlocks: true,
	}
}

// Value returns s itself when it holds no template, else the template: what a string of an
// argument or variable stands for in dialect classic.
func Value(s string) value.Value { return Defaults(expr.Classic).Value(s) }

// Condition returns the condition of dialect classic that the text of a when stands for.
func Condition(src string) *value.Cond { return Defaults(expr.Classic).Condition(src) }

// IsTemplate says whether s would be rendered when found where a value is expected.
func (o Options) IsTemplate(s string) bool {
	if strings.Contains(s, o.VarStart) || strings.Contains(s, o.BlockStart) || strings.Contains(s, o.CommentStart) {
		return true
	}
	return o.Dialect == expr.Tagged && strings.HasPrefix(s, header)
}

// Value is the function Value with other options.
func (o Options) Value(s string) value.Value {
	if !o.IsTemplate(s) {
		return s
	}
	return Template(s, o)
}

// Template parses a template. The fault of one that does not parse is in its Fault, with the line
// it was found on; a fault of its #jinja2: header has line 0.
func Template(src string, opt Options) *value.Tmpl {
	t := &value.Tmpl{Src: src, Verbatim: opt.File}
	newline := opt.Newline
	body, err := opt.header(src)
	if err == nil {
		t.Root, body, err = opt.parse(body)
	}
	if body != src {
		t.Shown = body
	}
	if opt.Dialect == expr.Classic {
		newline = opt.Newline // of the header, too; tagged gives final newlines back as it found them
	}
	if newline != "\n" {
		t.Newline = newline
	}
	if err != nil {
		t.Root, t.Fault = nil, err.Error()
		if s, ok := err.(*SyntaxError); ok {
			t.Line = s.Line
		}
	}
	return t
}

// maxTree bounds the depth of a tree: long chains of operators and filters nest without brackets.
const maxTree = expr.MaxDepth - 100

// parse reads a template without its header. It returns the text that was parsed, too: classic
// changes it first.
func (o Options) parse(src string) ([]*expr.Node, string, error) {
	escape := !o.File && strings.IndexByte(src, '\\') >= 0
	if escape && o.Dialect == expr.Tagged {
		o.literalBackslash = true
	} else if escape && strings.Contains(src, o.VarStart) {
		d, err := doubled(src, o)
		if err != nil {
			return nil, src, err
		}
		src = d
	}
	l := newLexer(src, o)
	l.run()
	var root []*expr.Node
	err := parse(l.out, o, func(p *parser) { root = p.body(nil) })
	if err != nil {
		return nil, src, err
	}
	if len(l.out) > maxTree && expr.Depth(root) > maxTree {
		return nil, src, &SyntaxError{Msg: "maximum recursion depth exceeded", Line: 1}
	}
	if root == nil {
		root = []*expr.Node{}
	}
	return root, src, nil
}

// Condition parses a condition.
//
// Classic renders text that holds a template first, and takes the result as a condition in turn:
// such text is in Tmpl, and Root is nil. Tagged does so only when the whole text is a template.
func (o Options) Condition(src string) *value.Cond {
	c := &value.Cond{Src: src}
	if o.wholeTemplate(src) {
		c.Tmpl = Template(src, o)
		return c
	}
	root, err := o.conditionRoot(src)
	c.Root = root
	if s, ok := err.(*SyntaxError); ok {
		c.Fault, c.Line = s.Msg, s.Line
		if o.Dialect == expr.Tagged { // parsed alone there, not inside braces
			c.Fault = strings.ReplaceAll(c.Fault, "'end of print statement'", "'end of template'")
		}
	}
	return c
}

func (o Options) wholeTemplate(src string) bool {
	if o.Dialect == expr.Classic {
		return o.IsTemplate(src)
	}
	s := strings.TrimSpace(src)
	starts := strings.HasPrefix(s, o.VarStart) || strings.HasPrefix(s, o.BlockStart) || strings.HasPrefix(s, o.CommentStart)
	ends := strings.HasSuffix(s, o.VarEnd) || strings.HasSuffix(s, o.BlockEnd) || strings.HasSuffix(s, o.CommentEnd)
	return starts && ends
}

func (o Options) conditionRoot(src string) (*expr.Node, error) {
	if o.Dialect == expr.Tagged {
		return o.Expression(strings.TrimSpace(src))
	}
	nodes, _, err := o.parse(ClassicCondition(src))
	if err != nil {
		return nil, err
	}
	if len(nodes) == 0 || nodes[0].Op != expr.SIf {
		return nil, &SyntaxError{Msg: "unable to evaluate conditional: " + src, Line: 1}
	}
	return nodes[0].A[0], nil
}

// ClassicCondition is the template that classic makes of the text of a condition.
func ClassicCondition(src string) string {
	return "{% if " + src + " %} True {% else %} False {% endif %}"
}

// Expression parses one bare expression. Its error is a *SyntaxError.
func (o Options) Expression(src string) (*expr.Node, error) {
	o.literalBackslash = false
	l := newLexer(src, o)
	start := l.src
	l.src += " " + o.VarEnd
	if err := l.code('{'); err != nil {
		return nil, err
	}
	if l.pos != len(l.src) {
		return nil, l.fail("chunk after expression")
	}
	l.emit(token{kind: tEOF})
	var root *expr.Node
	err := parse(l.out, o, func(p *parser) {
		if strings.TrimSpace(start) == "" {
			p.fail("Expected an expression, got 'end of template'")
		}
		root = p.expr()
		if p.cur().kind != tVarEnd {
			p.fail("chunk after expression")
		}
	})
	return root, err
}

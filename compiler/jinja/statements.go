package jinja

import (
	"strings"

	"pbc/ir/expr"
)

type statement func(p *parser, n *expr.Node) []*expr.Node

// statementTable has the parsers of Jinja's statements. Each gets a node of its line and returns
// what stands for the statement. It is filled by init, for its functions refer to it.
var statementTable map[string]statement

func init() {
	statementTable = map[string]statement{
		"for": (*parser).forStmt, "if": (*parser).ifStmt, "set": (*parser).setStmt,
		"macro": (*parser).macroStmt, "call": (*parser).callStmt, "filter": (*parser).filterStmt,
		"with": (*parser).withStmt, "include": (*parser).includeStmt, "import": (*parser).importStmt,
		"from": (*parser).fromStmt, "block": (*parser).blockStmt, "extends": (*parser).extendsStmt,
		"print": (*parser).printStmt, "autoescape": (*parser).autoescapeStmt,
	}
}

// statement reads one statement, from its tag's name on.
func (p *parser) statement() []*expr.Node {
	t := p.cur()
	if t.kind != tName {
		p.fail("tag name expected")
	}
	f := p.extension(t.s)
	if f == nil {
		f = statementTable[t.s]
	}
	if f == nil {
		p.unknownTag(t.s, t.line)
	}
	p.next()
	p.tags = append(p.tags, t.s)
	defer func() { p.tags = p.tags[:len(p.tags)-1] }()
	return f(p, &expr.Node{Line: t.line})
}

// extension returns the statements of the extensions that are switched on.
func (p *parser) extension(name string) statement {
	switch {
	case name == "do" && p.opt.Do:
		return (*parser).doStmt
	case name == "break" && p.opt.LoopControls:
		return func(_ *parser, n *expr.Node) []*expr.Node { n.Op = expr.SBreak; return one(n) }
	case name == "continue" && p.opt.LoopControls:
		return func(_ *parser, n *expr.Node) []*expr.Node { n.Op = expr.SContinue; return one(n) }
	}
	return nil
}

func one(n *expr.Node) []*expr.Node { return []*expr.Node{n} }

// SDo: A[0] is evaluated and dropped.
func (p *parser) doStmt(n *expr.Node) []*expr.Node {
	n.Op, n.A = expr.SDo, one(p.tuple(true, nil, false))
	return one(n)
}

// SFor: A is target, iterable, and test or nil; Flag says recursive.
func (p *parser) forStmt(n *expr.Node) []*expr.Node {
	target := p.assignTarget("in")
	expr.Walk(target, func(t *expr.Node) bool {
		if t.Op == expr.OName && t.S == "loop" {
			p.failAt(n.Line, "Can't assign to special loop variable in for-loop target")
		}
		return true
	})
	p.expectWord("in")
	it := p.tuple(false, []string{"recursive"}, false)
	n.Op, n.A = expr.SFor, []*expr.Node{target, it, nil}
	if p.skipName("if") {
		n.A[2] = p.expr()
	}
	n.Flag = p.skipName("recursive")
	n.Body = p.statements(false, "endfor", "else")
	if p.next().s == "else" {
		n.Else = p.statements(true, "endfor")
	}
	return one(n)
}

// SIf: A[0] is the test; an elif is an SIf that is alone in Else.
func (p *parser) ifStmt(root *expr.Node) []*expr.Node {
	root.Op = expr.SIf
	for n := root; ; {
		n.A = one(p.tuple(false, nil, false))
		n.Body = p.statements(false, "elif", "else", "endif")
		switch t := p.next(); t.s {
		case "elif":
			m := &expr.Node{Op: expr.SIf, Line: p.cur().line}
			n.Else, n = one(m), m
		case "else":
			n.Else = p.statements(true, "endif")
			return one(root)
		default:
			return one(root)
		}
	}
}

// SSet: A is target and value. SSetBlock: A is target and a filter chain whose innermost input is
// nil, or nil; Body is the text.
func (p *parser) setStmt(n *expr.Node) []*expr.Node {
	target := p.setTarget()
	if p.skipOp("=") {
		n.Op, n.A = expr.SSet, []*expr.Node{target, p.tuple(true, nil, false)}
		return one(n)
	}
	n.Op, n.A = expr.SSetBlock, []*expr.Node{target, p.filters(nil, false)}
	n.Body = p.statements(true, "endset")
	return one(n)
}

// SMacro: S is the name, KW the parameters with their defaults, Body the text.
func (p *parser) macroStmt(n *expr.Node) []*expr.Node {
	n.Op, n.S = expr.SMacro, p.targetName()
	p.signature(n)
	n.Body = p.statements(true, "endmacro")
	return one(n)
}

// SCallBlock: A[0] is the call, KW and Body those of the caller macro.
func (p *parser) callStmt(n *expr.Node) []*expr.Node {
	n.Op = expr.SCallBlock
	if p.op("(") {
		p.signature(n)
	}
	c := p.expr()
	if c.Op != expr.OCall {
		p.failAt(n.Line, "expected call")
	}
	n.A = one(c)
	n.Body = p.statements(true, "endcall")
	return one(n)
}

// SFilterBlock: A[0] is a filter chain whose innermost input is nil.
func (p *parser) filterStmt(n *expr.Node) []*expr.Node {
	n.Op, n.A = expr.SFilterBlock, one(p.filters(nil, true))
	n.Body = p.statements(true, "endfilter")
	return one(n)
}

// SWith: A is target and value by turns.
func (p *parser) withStmt(n *expr.Node) []*expr.Node {
	n.Op = expr.SWith
	for p.cur().kind != tBlockEnd {
		if len(n.A) > 0 {
			p.expectOp(",")
		}
		target := p.checkTarget(p.primary())
		p.expectOp("=")
		n.A = append(n.A, target, p.expr())
	}
	n.Body = p.statements(true, "endwith")
	return one(n)
}

// SInclude: A[0] is the name or names, Flag says with context, S is "ignore" for ignore missing.
func (p *parser) includeStmt(n *expr.Node) []*expr.Node {
	n.Op, n.A = expr.SInclude, one(p.expr())
	if p.name("ignore") && p.look().is(tName, "missing") {
		p.next()
		p.next()
		n.S = "ignore"
	}
	n.Flag = p.context(true)
	return one(n)
}

// SImport: A[0] is the template, S the name it gets, Flag says with context.
func (p *parser) importStmt(n *expr.Node) []*expr.Node {
	n.Op, n.A = expr.SImport, one(p.expr())
	p.expectWord("as")
	n.S = p.targetName()
	n.Flag = p.context(false)
	return one(n)
}

// SFrom: A[0] is the template, Ops the names and what they are called here, by turns.
func (p *parser) fromStmt(n *expr.Node) []*expr.Node {
	n.Op, n.A = expr.SFrom, one(p.expr())
	p.expectWord("import")
	for {
		if len(n.Ops) > 0 {
			p.expectOp(",")
		}
		if p.cur().kind != tName {
			p.want("name")
		}
		if p.fromContext(n) {
			return one(n)
		}
		from := p.targetName()
		to := from
		if len(from) > 0 && from[0] == '_' {
			p.fail("names starting with an underline can not be imported")
		}
		if p.skipName("as") {
			to = p.targetName()
		}
		n.Ops = append(n.Ops, from, to)
		if p.fromContext(n) || !p.op(",") {
			return one(n)
		}
	}
}

func (p *parser) fromContext(n *expr.Node) bool {
	was := p.p
	n.Flag = p.context(n.Flag)
	return p.p != was
}

// context reads "with context" or "without context".
func (p *parser) context(dflt bool) bool {
	if (p.name("with") || p.name("without")) && p.look().is(tName, "context") {
		dflt = p.next().s == "with"
		p.next()
	}
	return dflt
}

// SBlock: S is the name; Flag says required, Ops holds "scoped" when it is.
func (p *parser) blockStmt(n *expr.Node) []*expr.Node {
	n.Op, n.S = expr.SBlock, p.expectName()
	if p.skipName("scoped") {
		n.Ops = []string{"scoped"}
	}
	n.Flag = p.skipName("required")
	if p.op("-") {
		p.fail("Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.")
	}
	if p.names[n.S] {
		p.failAt(n.Line, "block '%s' defined twice", n.S)
	}
	p.names[n.S] = true
	n.Body = p.statements(true, "endblock")
	for _, b := range n.Body {
		if n.Flag && (b.Op != expr.SData || strings.TrimSpace(b.S) != "") {
			p.fail("Required blocks can only contain comments or whitespace")
		}
	}
	p.skipName(n.S)
	return one(n)
}

// SExtends: A[0] is the parent.
func (p *parser) extendsStmt(n *expr.Node) []*expr.Node {
	n.Op, n.A = expr.SExtends, one(p.expr())
	return one(n)
}

// printStmt makes one SOutput of each expression.
func (p *parser) printStmt(n *expr.Node) []*expr.Node {
	var r []*expr.Node
	for p.cur().kind != tBlockEnd {
		if len(r) > 0 {
			p.expectOp(",")
		}
		r = append(r, &expr.Node{Op: expr.SOutput, A: one(p.expr()), Line: n.Line})
	}
	return r
}

// SAutoescape: A[0] is the switch. Body renders in a scope of its own.
func (p *parser) autoescapeStmt(n *expr.Node) []*expr.Node {
	n.Op, n.A = expr.SAutoescape, one(p.expr())
	n.Body = p.statements(true, "endautoescape")
	return one(n)
}

func (p *parser) signature(n *expr.Node) {
	p.expectOp("(")
	for !p.op(")") {
		if len(n.KW) > 0 {
			p.expectOp(",")
		}
		a := expr.KW{K: p.targetName()}
		if p.skipOp("=") {
			a.V = p.expr()
		} else if len(n.KW) > 0 && n.KW[len(n.KW)-1].V != nil {
			p.fail("non-default argument follows default argument")
		}
		n.KW = append(n.KW, a)
	}
	p.expectOp(")")
}

var reserved = map[string]bool{"true": true, "false": true, "none": true, "True": true, "False": true, "None": true}

func (p *parser) targetName() string {
	line := p.cur().line
	s := p.expectName()
	if reserved[s] {
		p.failAt(line, "can't assign to 'name'")
	}
	return s
}

var notTargets = map[expr.Op]string{
	expr.OConst: "const", expr.OAttr: "getattr", expr.OItem: "getitem", expr.OCall: "call", expr.OList: "list",
	expr.ODict: "dict", expr.OFilter: "filter", expr.OTest: "test", expr.OCond: "condexpr",
}

func (p *parser) checkTarget(n *expr.Node) *expr.Node {
	switch {
	case n.Op == expr.OName:
	case n.Op == expr.OTuple:
		for _, a := range n.A {
			if !assignable(a) {
				p.failAt(n.Line, "can't assign to 'tuple'")
			}
		}
	default:
		p.failAt(n.Line, "can't assign to '%s'", notTargets[n.Op])
	}
	return n
}

func assignable(n *expr.Node) bool {
	if n.Op == expr.OTuple {
		for _, a := range n.A {
			if !assignable(a) {
				return false
			}
		}
		return true
	}
	return n.Op == expr.OName
}

func (p *parser) assignTarget(stop ...string) *expr.Node {
	return p.checkTarget(p.tupleOf(p.primary, stop, false))
}

// setTarget is the target of set, which may be an attribute of a namespace.
func (p *parser) setTarget() *expr.Node {
	if p.cur().kind == tName && p.look().is(tOp, ".") {
		t := p.next()
		p.next()
		return &expr.Node{Op: expr.OAttr, S: p.expectName(), A: one(&expr.Node{Op: expr.OName, S: t.s, Line: t.line}), Line: t.line}
	}
	return p.assignTarget()
}

package jinja

import (
	"pbc/ir/expr"
)

func (p *parser) expr() *expr.Node {
	p.enter()
	defer p.leave()
	return p.condexpr()
}

// OCond: A is test, value, and alternative or nil.
func (p *parser) condexpr() *expr.Node {
	e := p.or()
	for p.skipName("if") {
		c := p.or()
		var alt *expr.Node
		if p.skipName("else") {
			alt = p.expr()
		}
		e = p.n(expr.OCond, c, e, alt)
	}
	return e
}

func (p *parser) or() *expr.Node {
	l := p.and()
	for p.skipName("or") {
		l = p.n(expr.OOr, l, p.and())
	}
	return l
}

func (p *parser) and() *expr.Node {
	l := p.not()
	for p.skipName("and") {
		l = p.n(expr.OAnd, l, p.not())
	}
	return l
}

func (p *parser) not() *expr.Node {
	if p.skipName("not") {
		p.enter()
		defer p.leave()
		return p.n(expr.ONot, p.not())
	}
	return p.compare()
}

// comparison reads a comparison operator, "" when there is none.
func (p *parser) comparison() string {
	c := p.cur()
	switch {
	case c.kind == tOp && (c.s == "==" || c.s == "!=" || c.s == "<" || c.s == "<=" || c.s == ">" || c.s == ">="):
		return p.next().s
	case p.skipName("in"):
		return "in"
	case p.name("not") && p.look().is(tName, "in"):
		p.next()
		p.next()
		return "notin"
	}
	return ""
}

// OCompare: A has the operands, Ops the operators between them.
func (p *parser) compare() *expr.Node {
	l := p.sum()
	o := p.comparison()
	if o == "" {
		return l
	}
	n := p.n(expr.OCompare, l)
	for ; o != ""; o = p.comparison() {
		n.Ops = append(n.Ops, o)
		n.A = append(n.A, p.sum())
	}
	return n
}

func (p *parser) sum() *expr.Node {
	l := p.concat()
	for p.op("+") || p.op("-") {
		o := expr.OAdd
		if p.next().s == "-" {
			o = expr.OSub
		}
		l = p.n(o, l, p.concat())
	}
	return l
}

// OConcat: A has the parts.
func (p *parser) concat() *expr.Node {
	l := p.product()
	if !p.op("~") {
		return l
	}
	n := p.n(expr.OConcat, l)
	for p.skipOp("~") {
		n.A = append(n.A, p.product())
	}
	return n
}

var products = map[string]expr.Op{"*": expr.OMul, "/": expr.ODiv, "//": expr.OFloorDiv, "%": expr.OMod}

func (p *parser) product() *expr.Node {
	l := p.pow()
	for p.cur().kind == tOp {
		o, ok := products[p.cur().s]
		if !ok {
			break
		}
		p.next()
		l = p.n(o, l, p.pow())
	}
	return l
}

// pow associates to the left, unlike Python's.
func (p *parser) pow() *expr.Node {
	l := p.unary(true)
	for p.skipOp("**") {
		l = p.n(expr.OPow, l, p.unary(true))
	}
	return l
}

func (p *parser) unary(filter bool) *expr.Node {
	p.enter()
	defer p.leave()
	var n *expr.Node
	switch {
	case p.skipOp("-"):
		n = p.n(expr.ONeg, p.unary(false))
	case p.skipOp("+"):
		n = p.n(expr.OPos, p.unary(false))
	default:
		n = p.primary()
	}
	n = p.postfix(n)
	if filter {
		n = p.filterExpr(n)
	}
	return n
}

func (p *parser) constant(v any, line int) *expr.Node {
	return &expr.Node{Op: expr.OConst, V: v, Line: line}
}

func (p *parser) primary() *expr.Node {
	t := p.cur()
	switch t.kind {
	case tName:
		p.next()
		switch t.s {
		case "true", "True":
			return p.constant(true, t.line)
		case "false", "False":
			return p.constant(false, t.line)
		case "none", "None":
			return p.constant(nil, t.line)
		}
		return &expr.Node{Op: expr.OName, S: t.s, Line: t.line}
	case tString:
		s := ""
		for p.cur().kind == tString {
			s += p.next().s
		}
		return p.constant(s, t.line)
	case tInt, tFloat:
		p.next()
		return p.constant(t.v, t.line)
	case tOp:
		if n := p.bracketed(); n != nil {
			return n
		}
	}
	p.fail("unexpected %s", quoted(t.describe()))
	return nil
}

// bracketed reads a parenthesis, a list or a dictionary, nil when there is none.
func (p *parser) bracketed() *expr.Node {
	switch {
	case p.skipOp("("):
		n := p.tuple(true, nil, true)
		p.expectOp(")")
		return n
	case p.skipOp("["):
		n := p.n(expr.OList)
		for p.separated("]", len(n.A)) {
			n.A = append(n.A, p.expr())
		}
		return n
	case p.skipOp("{"):
		n := p.n(expr.ODict) // A is key and value by turns
		for p.separated("}", len(n.A)) {
			k := p.expr()
			p.expectOp(":")
			n.A = append(n.A, k, p.expr())
		}
		return n
	}
	return nil
}

// separated reads the comma before an item that is not the first, and says whether an item
// follows; if not, it reads the end.
func (p *parser) separated(end string, before int) bool {
	if before > 0 && !p.op(end) {
		p.expectOp(",")
	}
	return !p.skipOp(end)
}

// tuple reads one or more expressions; a comma makes them a tuple.
func (p *parser) tuple(cond bool, stop []string, paren bool) *expr.Node {
	f := p.expr
	if !cond {
		f = p.or
	}
	return p.tupleOf(f, stop, paren)
}

func (p *parser) tupleOf(item func() *expr.Node, stop []string, paren bool) *expr.Node {
	p.enter()
	defer p.leave()
	var args []*expr.Node
	isTuple := false
	line := p.cur().line
	for {
		if len(args) > 0 {
			p.expectOp(",")
		}
		if p.tupleEnd(stop) {
			break
		}
		args = append(args, item())
		if !p.op(",") {
			break
		}
		isTuple = true
	}
	if !isTuple {
		if len(args) > 0 {
			return args[0]
		}
		if !paren {
			p.fail("Expected an expression, got %s", quoted(p.cur().describe()))
		}
	}
	return &expr.Node{Op: expr.OTuple, A: args, Line: line}
}

func (p *parser) tupleEnd(stop []string) bool {
	c := p.cur()
	if c.kind == tVarEnd || c.kind == tBlockEnd || c.is(tOp, ")") {
		return true
	}
	for _, s := range stop {
		if c.is(tName, s) {
			return true
		}
	}
	return false
}

func (p *parser) postfix(n *expr.Node) *expr.Node {
	for {
		switch {
		case p.op(".") || p.op("["):
			n = p.subscript(n)
		case p.op("("):
			n = p.call(n)
		default:
			return n
		}
	}
}

func (p *parser) filterExpr(n *expr.Node) *expr.Node {
	for {
		switch {
		case p.op("|"):
			n = p.filters(n, false)
		case p.name("is"):
			n = p.test(n)
		case p.op("("):
			n = p.call(n)
		default:
			return n
		}
	}
}

// OAttr: S of A[0]. OItem: A[1] of A[0].
func (p *parser) subscript(n *expr.Node) *expr.Node {
	if p.skipOp(".") {
		t := p.next()
		switch t.kind {
		case tName:
			return &expr.Node{Op: expr.OAttr, S: t.s, A: one(n), Line: t.line}
		case tInt:
			return &expr.Node{Op: expr.OItem, A: []*expr.Node{n, p.constant(t.v, t.line)}, Line: t.line}
		}
		p.failAt(t.line, "expected name or number")
	}
	p.expectOp("[")
	var args []*expr.Node
	for !p.op("]") {
		if len(args) > 0 {
			p.expectOp(",")
		}
		args = append(args, p.subscribed())
	}
	p.expectOp("]")
	if len(args) == 1 {
		return p.n(expr.OItem, n, args[0])
	}
	return p.n(expr.OItem, n, p.n(expr.OTuple, args...))
}

// subscribed reads an index or an OSlice, whose A is start, stop and step, nil where absent.
func (p *parser) subscribed() *expr.Node {
	s := p.n(expr.OSlice, nil, nil, nil)
	if !p.skipOp(":") {
		e := p.expr()
		if !p.skipOp(":") {
			return e
		}
		s.A[0] = e
	}
	if !p.op(":") && !p.op("]") && !p.op(",") {
		s.A[1] = p.expr()
	}
	if p.skipOp(":") && !p.op("]") && !p.op(",") {
		s.A[2] = p.expr()
	}
	return s
}

// OCall: A[0] is what is called, the rest of A positional arguments.
func (p *parser) call(n *expr.Node) *expr.Node {
	r := p.n(expr.OCall, n)
	p.callArgs(r)
	return r
}

func (p *parser) callArgs(n *expr.Node) {
	line := p.cur().line
	p.expectOp("(")
	for first := true; !p.op(")"); first = false {
		if !first {
			p.expectOp(",")
			if p.op(")") {
				break
			}
		}
		if !p.callArg(n) {
			p.failAt(line, "invalid syntax for function call expression")
		}
	}
	p.expectOp(")")
}

// callArg reads one argument and says whether its kind may stand where it stands.
func (p *parser) callArg(n *expr.Node) bool {
	switch {
	case p.skipOp("*"):
		ok := n.Star == nil && n.Dbl == nil
		n.Star = p.expr()
		return ok
	case p.skipOp("**"):
		ok := n.Dbl == nil
		n.Dbl = p.expr()
		return ok
	case p.cur().kind == tName && p.look().is(tOp, "="):
		k := p.next().s
		p.next()
		n.KW = append(n.KW, expr.KW{K: k, V: p.expr()})
		return n.Dbl == nil
	}
	ok := n.Star == nil && n.Dbl == nil && len(n.KW) == 0
	n.A = append(n.A, p.expr())
	return ok
}

func (p *parser) dotted() string {
	s := p.expectName()
	for p.skipOp(".") {
		s += "." + p.expectName()
	}
	return s
}

// OFilter: S is the name, A[0] the input, the rest of A positional arguments.
func (p *parser) filters(n *expr.Node, inline bool) *expr.Node {
	for p.op("|") || inline {
		if !inline {
			p.next()
		}
		inline = false
		f := p.n(expr.OFilter, n)
		f.S = p.dotted()
		if p.op("(") {
			p.callArgs(f)
		}
		n = f
	}
	return n
}

// OTest: S is the name, A[0] what is tested, the rest of A arguments.
func (p *parser) test(n *expr.Node) *expr.Node {
	p.next()
	neg := p.skipName("not")
	t := p.n(expr.OTest, n)
	t.S = p.dotted()
	if p.op("(") {
		p.callArgs(t)
	} else if p.testArg() {
		if p.name("is") {
			p.fail("You cannot chain multiple tests with is")
		}
		t.A = append(t.A, p.postfix(p.primary()))
	}
	if neg {
		return p.n(expr.ONot, t)
	}
	return t
}

func (p *parser) testArg() bool {
	c := p.cur()
	switch c.kind {
	case tString, tInt, tFloat:
		return true
	case tName:
		return c.s != "else" && c.s != "or" && c.s != "and"
	}
	return p.op("[") || p.op("{")
}

package jinja

import (
	"fmt"
	"slices"
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
)

// maxNesting bounds the nesting of expressions and statements, where Python's recursion limit
// would stop Jinja.
const maxNesting = 200

// parser is a recursive descent over the tokens of one template. Its methods panic with a
// *SyntaxError, which parse recovers.
type parser struct {
	t     []token
	p     int
	opt   Options
	ends  [][]string // the tags that would end each open block
	tags  []string   // the open blocks
	depth int
	names map[string]bool // blocks defined
}

func parse(toks []token, opt Options, f func(p *parser)) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *SyntaxError:
			err = r
		default:
			panic(r)
		}
	}()
	p := &parser{t: toks, opt: opt, names: map[string]bool{}}
	p.check(p.cur())
	f(p)
	return nil
}

func (p *parser) cur() *token  { return &p.t[p.p] }
func (p *parser) look() *token { return p.check(&p.t[min(p.p+1, len(p.t)-1)]) }

// check fails at the place where the lexer failed: Jinja lexes as it parses, so that an error of
// the grammar before that place comes first.
func (p *parser) check(t *token) *token {
	if t.kind == tError {
		p.failAt(t.line, "%s", t.s)
	}
	return t
}

func (p *parser) next() *token {
	t := &p.t[p.p]
	if p.p < len(p.t)-1 {
		p.p++
		p.check(p.cur())
	}
	return t
}

func (t *token) is(k kind, s string) bool { return t.kind == k && t.s == s }

func (p *parser) op(s string) bool   { return p.cur().is(tOp, s) }
func (p *parser) name(s string) bool { return p.cur().is(tName, s) }

func (p *parser) skipOp(s string) bool {
	ok := p.op(s)
	if ok {
		p.next()
	}
	return ok
}

func (p *parser) skipName(s string) bool {
	ok := p.name(s)
	if ok {
		p.next()
	}
	return ok
}

func (p *parser) fail(format string, a ...any) { p.failAt(p.cur().line, format, a...) }

func (p *parser) failAt(line int, format string, a ...any) {
	panic(&SyntaxError{Msg: fmt.Sprintf(format, a...), Line: line})
}

// enter counts a level of nesting; the caller defers leave.
func (p *parser) enter() {
	if p.depth++; p.depth > maxNesting {
		p.fail("maximum recursion depth exceeded")
	}
}

func (p *parser) leave() { p.depth-- }

var kindNames = map[kind]string{
	tVarEnd: "end of print statement", tBlockEnd: "end of statement block", tEOF: "end of template",
	tVarBegin: "begin of print statement", tBlockBegin: "begin of statement block",
	tData: "template data / text", tString: "string", tInt: "integer", tFloat: "float", tName: "name",
}

func (t *token) describe() string {
	if t.kind == tName || t.kind == tOp {
		return t.s
	}
	return kindNames[t.kind]
}

func quoted(s string) string { return value.StrRepr(s) }

// want fails because another token was expected.
func (p *parser) want(what string) {
	if p.cur().kind == tEOF {
		p.fail("unexpected end of template, expected %s.", quoted(what))
	}
	p.fail("expected token %s, got %s", quoted(what), quoted(p.cur().describe()))
}

func (p *parser) expectOp(s string) {
	if !p.skipOp(s) {
		p.want(s)
	}
}

func (p *parser) expectWord(s string) {
	if !p.skipName(s) {
		p.want(s)
	}
}

func (p *parser) expectName() string {
	if p.cur().kind != tName {
		p.want("name")
	}
	return p.next().s
}

func (p *parser) expectKind(k kind) {
	if p.cur().kind != k {
		p.want(kindNames[k])
	}
	p.next()
}

func (p *parser) n(op expr.Op, a ...*expr.Node) *expr.Node {
	return &expr.Node{Op: op, A: a, Line: p.cur().line}
}

// body reads nodes until one of the tags in end; nil reads to the end of the template.
func (p *parser) body(end []string) []*expr.Node {
	p.enter()
	defer p.leave()
	if end != nil {
		p.ends = append(p.ends, end)
		defer func() { p.ends = p.ends[:len(p.ends)-1] }()
	}
	var body []*expr.Node
	for {
		t := p.cur()
		switch t.kind {
		case tEOF:
			if end != nil {
				p.unknownTag("", t.line)
			}
			return body
		case tData:
			body = append(body, &expr.Node{Op: expr.SData, S: t.s, Line: t.line})
			p.next()
		case tVarBegin:
			p.next()
			e := p.tuple(true, nil, false)
			p.expectKind(tVarEnd)
			body = append(body, &expr.Node{Op: expr.SOutput, A: []*expr.Node{e}, Line: t.line})
		case tBlockBegin:
			p.next()
			if p.cur().kind == tName && slices.Contains(end, p.cur().s) {
				return body
			}
			body = append(body, p.statement()...)
			p.expectKind(tBlockEnd)
		default:
			p.fail("internal parsing error")
		}
	}
}

// unknownTag fails for a tag that does not belong here, or, with no name, for the template's end.
func (p *parser) unknownTag(name string, line int) {
	msg := "Unexpected end of template."
	if name != "" {
		msg = "Encountered unknown tag " + quoted(name) + "."
	}
	if n := len(p.ends); n > 0 {
		var looking []string
		nested := false
		for _, e := range p.ends {
			nested = nested || name != "" && slices.Contains(e, name)
		}
		for _, e := range p.ends[n-1] {
			looking = append(looking, quoted(e))
		}
		want := strings.Join(looking, " or ")
		if nested {
			msg += " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for " + want + "."
		} else {
			msg += " Jinja was looking for the following tags: " + want + "."
		}
	}
	if n := len(p.tags); n > 0 {
		msg += " The innermost block that needs to be closed is " + quoted(p.tags[n-1]) + "."
	}
	p.failAt(line, "%s", msg)
}

// statements reads the body of a block whose tag has been read, up to one of the tags in end,
// which is dropped or left to be looked at.
func (p *parser) statements(drop bool, end ...string) []*expr.Node {
	p.skipOp(":")
	p.expectKind(tBlockEnd)
	b := p.body(end)
	if drop {
		p.next()
	}
	return b
}

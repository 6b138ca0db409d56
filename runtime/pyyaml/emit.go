package pyyaml

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// emitter writes nodes as libyaml's emitter does, which Ansible uses through PyYAML.
type emitter struct {
	b             strings.Builder
	indent        int // best_indent
	width         int
	unicode       bool
	cur           int   // the current indentation, -1 at the root
	stack         []int // indentations around it
	flowLevel     int
	column        int
	whitespace    bool // what was written last is white space
	indention     bool // nothing but indentation was written on this line
	mapping, key  bool // the context of the node: in a mapping, as a simple key
	written       map[*node]bool
	explicitStart bool
	explicitEnd   bool
	open          bool // the last literal block ended in empty lines that belong to it
}

// document writes one document.
func (e *emitter) document(root *node) string {
	if e.explicitStart {
		e.indicator("---", true, false, false)
		if root.kind != 's' && !root.flow {
			e.writeIndent()
		}
	}
	e.node(root, false, false)
	e.writeIndent()
	if e.explicitEnd || e.open {
		e.indicator("...", true, false, false)
		e.writeIndent()
	}
	return e.b.String()
}

func (e *emitter) put(s string) {
	e.b.WriteString(s)
	e.column += utf8.RuneCountInString(s)
}

func (e *emitter) lineBreak() {
	e.b.WriteByte('\n')
	e.column = 0
}

// writeBreak copies a line break of a scalar.
func (e *emitter) writeBreak(r string) {
	if r == "\n" {
		e.lineBreak()
		return
	}
	e.b.WriteString(r)
	e.column = 0
}

func (e *emitter) indicator(s string, needSpace, isSpace, isIndention bool) {
	if needSpace && !e.whitespace {
		e.put(" ")
	}
	e.put(s)
	e.whitespace = isSpace
	e.indention = e.indention && isIndention
}

func (e *emitter) writeIndent() {
	n := max(e.cur, 0)
	if !e.indention || e.column > n || e.column == n && !e.whitespace {
		e.lineBreak()
	}
	if e.column < n {
		e.put(strings.Repeat(" ", n-e.column))
	}
	e.whitespace, e.indention = true, true
}

func (e *emitter) push(flow, indentless bool) {
	e.stack = append(e.stack, e.cur)
	switch {
	case e.cur < 0 && flow:
		e.cur = e.indent
	case e.cur < 0:
		e.cur = 0
	case !indentless:
		e.cur += e.indent
	}
}

func (e *emitter) pop() {
	e.cur = e.stack[len(e.stack)-1]
	e.stack = e.stack[:len(e.stack)-1]
}

// node writes a node in its context.
func (e *emitter) node(n *node, mapping, key bool) {
	e.mapping, e.key = mapping, key
	if n.anchor != "" {
		if e.written[n] {
			e.indicator("*", true, false, false)
			e.put(n.anchor)
			if key {
				e.put(" ")
			}
			return
		}
		e.written[n] = true
		e.indicator("&", true, false, false)
		e.put(n.anchor)
	}
	if n.tag != "" {
		if !e.whitespace {
			e.put(" ")
		}
		e.put(n.tag)
		e.whitespace, e.indention = false, false
	}
	flow := e.flowLevel > 0 || n.flow || len(n.items) == 0
	switch {
	case n.kind == 's':
		e.scalar(n)
	case n.kind == 'l' && flow:
		e.flowSequence(n)
	case n.kind == 'l':
		e.blockSequence(n)
	case flow:
		e.flowMapping(n)
	default:
		e.blockMapping(n)
	}
}

func (e *emitter) blockSequence(n *node) {
	e.push(false, e.mapping && !e.indention)
	for _, x := range n.items {
		e.writeIndent()
		e.indicator("-", true, false, true)
		e.node(x, false, false)
	}
	e.pop()
}

func (e *emitter) blockMapping(n *node) {
	e.push(false, false)
	for i := 0; i < len(n.items); i += 2 {
		k, v := n.items[i], n.items[i+1]
		e.writeIndent()
		if e.simpleKey(k) {
			e.node(k, true, true)
			e.indicator(":", false, false, false)
		} else {
			e.indicator("?", true, false, true)
			e.node(k, true, false)
			e.writeIndent()
			e.indicator(":", true, false, true)
		}
		e.node(v, true, false)
	}
	e.pop()
}

// flowItem goes before each item of a flow collection.
func (e *emitter) flowItem(first bool) {
	if !first {
		e.indicator(",", false, false, false)
	}
	if e.column > e.width {
		e.writeIndent()
	}
}

func (e *emitter) flowSequence(n *node) {
	e.indicator("[", true, true, false)
	e.push(true, false)
	e.flowLevel++
	for i, x := range n.items {
		e.flowItem(i == 0)
		e.node(x, false, false)
	}
	e.flowLevel--
	e.pop()
	e.indicator("]", false, false, false)
}

func (e *emitter) flowMapping(n *node) {
	e.indicator("{", true, true, false)
	e.push(true, false)
	e.flowLevel++
	for i := 0; i < len(n.items); i += 2 {
		k, v := n.items[i], n.items[i+1]
		e.flowItem(i == 0)
		if e.simpleKey(k) {
			e.node(k, true, true)
			e.indicator(":", false, false, false)
		} else {
			e.indicator("?", true, false, false)
			e.node(k, true, false)
			if e.column > e.width {
				e.writeIndent()
			}
			e.indicator(":", true, false, false)
		}
		e.node(v, true, false)
	}
	e.flowLevel--
	e.pop()
	e.indicator("}", false, false, false)
}

// simpleKey says whether a key fits before its colon.
func (e *emitter) simpleKey(n *node) bool {
	const longest = 128
	size := len(n.anchor) + len(n.tag)
	if n.kind != 's' {
		return e.written[n] || len(n.items) == 0 && size <= longest
	}
	return !analyzeYAML(n.text, e.unicode).multiline && size+len(n.text) <= longest
}

func (e *emitter) scalar(n *node) {
	breaks := !e.key
	e.push(true, false)
	switch e.style(n) {
	case 'p':
		e.writePlain(n.text, breaks)
	case '\'':
		e.writeSingle(n.text, breaks)
	case '"':
		e.writeDouble(n.text, breaks)
	default:
		e.writeLiteral(n.text)
	}
	e.pop()
}

// style chooses how a scalar is written: plain, single or double quotes, literal.
func (e *emitter) style(n *node) byte {
	a := analyzeYAML(n.text, e.unicode)
	style := byte('p')
	if n.block {
		style = '|'
	}
	if e.key && a.multiline {
		style = '"'
	}
	flow := e.flowLevel > 0
	if style == 'p' {
		fits := flow && a.flowPlain || !flow && a.blockPlain
		if !fits || n.text == "" && (flow || e.key) || n.tag == "" && !n.plain {
			style = '\''
		}
	}
	if style == '\'' && !a.single || style == '|' && (!a.block || flow || e.key) {
		style = '"'
	}
	return style
}

// yamlAnalysis is what a scalar allows.
type yamlAnalysis struct {
	multiline, flowPlain, blockPlain, single, block bool
}

func isYAMLBreak(r rune) bool {
	return r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029
}

// IsPrintable says whether a character may stand in YAML text unescaped: libyaml's rule, without characters of four bytes.
func IsPrintable(r rune) bool {
	return r == '\n' || r >= 0x20 && r <= 0x7e || r >= 0xa0 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd && r != 0xfeff
}

func blankOrEnd(rs []rune, i int) bool {
	return i >= len(rs) || rs[i] == ' ' || rs[i] == '\t' || rs[i] == 0 || isYAMLBreak(rs[i])
}

// yamlIndicators says whether the rune at i makes a plain scalar impossible in a flow or a block.
func yamlIndicators(rs []rune, i int) (flow, block bool) {
	followed := blankOrEnd(rs, i+1)
	c := rs[i]
	if i == 0 {
		switch {
		case strings.ContainsRune("#,[]{}&*!|>'\"%@`", c):
			return true, true
		case c == '?' || c == ':':
			return true, followed
		case c == '-':
			return followed, followed
		}
		return false, false
	}
	switch {
	case strings.ContainsRune(",?[]{}", c):
		return true, false
	case c == ':':
		return true, followed
	case c == '#' && blankOrEnd(rs, i-1):
		return true, true
	}
	return false, false
}

func analyzeYAML(s string, unicode bool) yamlAnalysis {
	if s == "" {
		return yamlAnalysis{blockPlain: true, single: true}
	}
	flowInd := strings.HasPrefix(s, "---") || strings.HasPrefix(s, "...")
	blockInd := flowInd
	var special, breaks, edge, trailingSpace, breakSpace, spaceBreak, wasSpace, wasBreak bool
	rs := []rune(s)
	for i, c := range rs {
		f, b := yamlIndicators(rs, i)
		flowInd, blockInd = flowInd || f, blockInd || b
		special = special || !IsPrintable(c) || c > 0x7e && !unicode
		first, last := i == 0, i == len(rs)-1
		switch {
		case c == ' ':
			edge = edge || first || last
			trailingSpace = trailingSpace || last
			breakSpace = breakSpace || wasBreak
			wasSpace, wasBreak = true, false
		case isYAMLBreak(c):
			breaks = true
			edge = edge || first || last
			spaceBreak = spaceBreak || wasSpace
			wasSpace, wasBreak = false, true
		default:
			wasSpace, wasBreak = false, false
		}
	}
	hard := spaceBreak || special
	plain := !edge && !breakSpace && !hard && !breaks
	return yamlAnalysis{
		multiline: breaks, flowPlain: plain && !flowInd, blockPlain: plain && !blockInd,
		single: !breakSpace && !hard, block: !trailingSpace && !hard,
	}
}

func (e *emitter) writePlain(s string, breaks bool) {
	if !e.whitespace && (s != "" || e.flowLevel > 0) {
		e.put(" ")
	}
	e.folded(s, breaks, false)
	e.whitespace, e.indention = false, false
}

// folded writes the text of a plain or single quoted scalar, breaking long lines at blanks.
func (e *emitter) folded(s string, allow, quoted bool) {
	rs := []rune(s)
	spaces, breaks := false, false
	for i, c := range rs {
		switch {
		case c == ' ':
			inside := !quoted || i > 0 && i < len(rs)-1
			alone := i+1 >= len(rs) || rs[i+1] != ' '
			if allow && !spaces && e.column > e.width && inside && alone {
				e.writeIndent()
			} else {
				e.put(" ")
			}
			spaces = true
		case isYAMLBreak(c):
			if !breaks && c == '\n' {
				e.lineBreak()
			}
			e.writeBreak(string(c))
			e.indention = true
			breaks = true
		default:
			if breaks {
				e.writeIndent()
			}
			if quoted && c == '\'' {
				e.put("'")
			}
			e.put(string(c))
			e.indention = false
			spaces, breaks = false, false
		}
	}
	if quoted && breaks {
		e.writeIndent()
	}
}

func (e *emitter) writeSingle(s string, breaks bool) {
	e.indicator("'", true, false, false)
	e.folded(s, breaks, true)
	e.indicator("'", false, false, false)
	e.whitespace, e.indention = false, false
}

var yamlEscapes = map[rune]string{
	0: "0", 7: "a", 8: "b", 9: "t", '\n': "n", 11: "v", 12: "f", '\r': "r", 0x1b: "e", '"': `"`, '\\': `\`,
	0x85: "N", 0xa0: "_", 0x2028: "L", 0x2029: "P",
}

func (e *emitter) writeDouble(s string, breaks bool) {
	e.indicator(`"`, true, false, false)
	rs := []rune(s)
	spaces := false
	for i, c := range rs {
		switch {
		case !IsPrintable(c) || c > 0x7e && !e.unicode || c == 0xfeff || isYAMLBreak(c) || c == '"' || c == '\\':
			e.put(yamlEscape(c))
			spaces = false
		case c == ' ':
			if breaks && !spaces && e.column > e.width && i > 0 && i < len(rs)-1 {
				e.writeIndent()
				if rs[i+1] == ' ' {
					e.put(`\`)
				}
			} else {
				e.put(" ")
			}
			spaces = true
		default:
			e.put(string(c))
			spaces = false
		}
	}
	e.indicator(`"`, false, false, false)
	e.whitespace, e.indention = false, false
}

func yamlEscape(c rune) string {
	if s, ok := yamlEscapes[c]; ok {
		return `\` + s
	}
	switch {
	case c <= 0xff:
		return fmt.Sprintf(`\x%02X`, c)
	case c <= 0xffff:
		return fmt.Sprintf(`\u%04X`, c)
	}
	return fmt.Sprintf(`\U%08X`, c)
}

func (e *emitter) writeLiteral(s string) {
	e.indicator("|", true, false, false)
	if s != "" && (s[0] == ' ' || isYAMLBreak([]rune(s)[0])) {
		e.put(fmt.Sprint(e.indent))
	}
	rs := []rune(s)
	e.open = false
	switch n := len(rs); {
	case n == 0 || !isYAMLBreak(rs[n-1]):
		e.put("-")
	case n == 1 || isYAMLBreak(rs[n-2]):
		e.put("+")
		e.open = true
	}
	e.lineBreak()
	e.indention, e.whitespace = true, true
	breaks := true
	for _, c := range rs {
		if isYAMLBreak(c) {
			e.writeBreak(string(c))
			e.indention = true
			breaks = true
			continue
		}
		if breaks {
			e.writeIndent()
		}
		e.put(string(c))
		e.indention = false
		breaks = false
	}
}

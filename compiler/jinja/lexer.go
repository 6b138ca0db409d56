package jinja

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"pbc/ir/value"
)

// kind is the kind of a token.
type kind uint8

const (
	tEOF kind = iota
	tData
	tVarBegin
	tVarEnd
	tBlockBegin
	tBlockEnd
	tName
	tString
	tInt
	tFloat
	tOp
	tError // what follows does not lex: s is the message
)

// token is one token. s is the text of data, a name, an operator, or a string's value.
type token struct {
	kind kind
	s    string
	v    value.Value // of a number
	line int
}

// SyntaxError is a template that Jinja would not compile, with Jinja's message.
type SyntaxError struct {
	Msg  string
	Line int
}

func (e *SyntaxError) Error() string { return e.Msg }

// tag is what opens a construct: its kind and its delimiter.
type tag struct {
	kind  byte // '{' variable, '%' block, '#' comment, 's' line statement, 'c' line comment
	start string
}

// lexer splits a template into tokens, as Jinja's lexer does with the same options.
type lexer struct {
	opt       Options
	src       string
	pos, line int
	tags      []tag
	out       []token
	lineStart bool // the text before pos ended with a newline

	strings []span // where string literals of variables stand
}

type span struct{ from, to int }

func (l *lexer) fail(format string, a ...any) error {
	return &SyntaxError{Msg: fmt.Sprintf(format, a...), Line: l.line}
}

// isSpace is Python's \s: Unicode's spaces and the four ASCII separators.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\v' }

func skipSpace(s string, p int) int {
	for {
		r, size := utf8.DecodeRuneInString(s[p:])
		if !isSpace(r) {
			return p
		}
		p += size
	}
}

func normalize(src string) string {
	if strings.IndexByte(src, '\r') < 0 {
		return src
	}
	return strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n")
}

func newLexer(src string, opt Options) *lexer {
	src = normalize(src)
	if !opt.KeepTrailingNewline {
		src = strings.TrimSuffix(src, "\n")
	}
	l := &lexer{opt: opt, src: src, line: 1, lineStart: true}
	l.tags = []tag{{'#', opt.CommentStart}, {'%', opt.BlockStart}, {'{', opt.VarStart}}
	sort.SliceStable(l.tags, func(i, j int) bool { return len(l.tags[i].start) > len(l.tags[j].start) })
	return l
}

// run reads the whole template. Where it does not lex, the tokens end with a tError, and the
// error is returned besides.
func (l *lexer) run() error {
	err := l.template()
	if s, ok := err.(*SyntaxError); ok {
		l.out = append(l.out, token{kind: tError, s: s.Msg, line: s.Line})
	}
	return err
}

func (l *lexer) template() error {
	for {
		t, at := l.nextTag()
		if t.start == "" {
			l.data(l.src[l.pos:])
			l.emit(token{kind: tEOF})
			return nil
		}
		if err := l.construct(t, at); err != nil {
			return err
		}
		l.lineStart = l.pos > 0 && l.src[l.pos-1] == '\n'
	}
}

func (l *lexer) emit(t token) {
	t.line = l.line
	l.out = append(l.out, t)
}

func (l *lexer) data(s string) {
	if s == "" {
		return
	}
	text := s
	if l.opt.Newline != "\n" {
		text = strings.ReplaceAll(s, "\n", l.opt.Newline)
	}
	l.emit(token{kind: tData, s: text})
}

// advance moves to p and counts the lines passed.
func (l *lexer) advance(p int) {
	l.line += strings.Count(l.src[l.pos:p], "\n")
	l.pos = p
}

// nextTag finds the next delimiter; of two at one place the longer wins, line prefixes first.
func (l *lexer) nextTag() (best tag, at int) {
	at = -1
	for _, t := range l.tags {
		i := strings.Index(l.src[l.pos:], t.start)
		if i >= 0 && (at < 0 || l.pos+i < at) {
			best, at = t, l.pos+i
		}
	}
	for _, t := range []tag{{'s', l.opt.LineStatement}, {'c', l.opt.LineComment}} {
		if t.start == "" {
			continue
		}
		if i := l.linePrefix(t); i >= 0 && (at < 0 || i <= at) {
			best, at = t, i
		}
	}
	return best, at
}

// linePrefix finds a line statement at the start of a line, or a line comment anywhere, with the
// blanks before it.
func (l *lexer) linePrefix(t tag) int {
	for from := l.pos; ; {
		i := strings.Index(l.src[from:], t.start)
		if i < 0 {
			return -1
		}
		i += from
		j := i
		for j > l.pos && isBlank(l.src[j-1]) {
			j--
		}
		if j == 0 || l.src[j-1] == '\n' || t.kind == 'c' {
			return j
		}
		from = i + len(t.start)
	}
}

// construct reads the text before a delimiter, then what the delimiter opens.
func (l *lexer) construct(t tag, at int) error {
	p := at
	if t.kind == 's' || t.kind == 'c' {
		for isBlank(l.src[p]) {
			p++
		}
	}
	p += len(t.start)
	sign := byte(0)
	if p < len(l.src) && (l.src[p] == '-' || l.src[p] == '+') {
		sign = l.src[p]
		p++
	}
	raw := false
	if t.kind == '%' {
		p, raw = l.rawTag(p)
	}
	l.data(l.before(l.src[l.pos:at], sign, t.kind == '{', l.lineStart))
	l.advance(p)
	switch {
	case raw:
		return l.raw()
	case t.kind == '#':
		return l.comment()
	case t.kind == 'c':
		l.lineComment()
		return nil
	case t.kind == '{':
		l.emit(token{kind: tVarBegin})
	default:
		l.emit(token{kind: tBlockBegin})
	}
	return l.code(t.kind)
}

// before is what remains of the text before a tag: a minus strips it, lstrip_blocks takes the
// blanks of a line that holds only the tag.
func (l *lexer) before(text string, sign byte, variable, lineStart bool) string {
	if sign == '-' {
		return strings.TrimRightFunc(text, unicode.IsSpace)
	}
	if sign == '+' || !l.opt.LstripBlocks || variable {
		return text
	}
	i := strings.LastIndexByte(text, '\n') + 1
	if (i > 0 || lineStart) && strings.TrimSpace(text[i:]) == "" {
		return text[:i]
	}
	return text
}

// rawTag reads "raw %}" after a block's start and says whether it was there.
func (l *lexer) rawTag(p int) (int, bool) {
	q := skipSpace(l.src, p)
	if !strings.HasPrefix(l.src[q:], "raw") {
		return p, false
	}
	q = skipSpace(l.src, q+3)
	if strings.HasPrefix(l.src[q:], "-"+l.opt.BlockEnd) {
		return skipSpace(l.src, q+1+len(l.opt.BlockEnd)), true
	}
	if strings.HasPrefix(l.src[q:], l.opt.BlockEnd) {
		return q + len(l.opt.BlockEnd), true
	}
	return p, false
}

// endTag returns where the end delimiter at p ends, or -1: a minus takes the space after it,
// trim a newline, unless a plus forbids.
func (l *lexer) endTag(p int, end string, plus, trim bool) int {
	s := l.src[p:]
	switch {
	case plus && strings.HasPrefix(s, "+"+end):
		return p + 1 + len(end)
	case strings.HasPrefix(s, "-"+end):
		return skipSpace(l.src, p+1+len(end))
	case !strings.HasPrefix(s, end):
		return -1
	}
	p += len(end)
	if trim && p < len(l.src) && l.src[p] == '\n' {
		p++
	}
	return p
}

func (l *lexer) comment() error {
	for p := l.pos; p < len(l.src); p++ {
		if e := l.endTag(p, l.opt.CommentEnd, true, l.opt.TrimBlocks); e >= 0 {
			l.advance(e)
			return nil
		}
	}
	return l.fail("Missing end of comment tag")
}

func (l *lexer) lineComment() {
	e := strings.IndexByte(l.src[l.pos:], '\n')
	if e < 0 {
		e = len(l.src) - l.pos
	}
	l.advance(l.pos + e)
}

// raw reads up to and with the endraw tag.
func (l *lexer) raw() error {
	for p := l.pos; p < len(l.src); p++ {
		if !strings.HasPrefix(l.src[p:], l.opt.BlockStart) {
			continue
		}
		e, sign := l.endRaw(p + len(l.opt.BlockStart))
		if e < 0 {
			continue
		}
		l.data(l.before(l.src[l.pos:p], sign, false, false))
		l.advance(e)
		return nil
	}
	return l.fail("Missing end of raw directive")
}

func (l *lexer) endRaw(q int) (end int, sign byte) {
	if q < len(l.src) && (l.src[q] == '-' || l.src[q] == '+') {
		sign = l.src[q]
		q++
	}
	q = skipSpace(l.src, q)
	if !strings.HasPrefix(l.src[q:], "endraw") {
		return -1, 0
	}
	q = skipSpace(l.src, q+len("endraw"))
	return l.endTag(q, l.opt.BlockEnd, true, l.opt.TrimBlocks), sign
}

// closing returns where the delimiter that ends the construct at pos ends, or -1.
func (l *lexer) closing(construct byte) int {
	switch construct {
	case '{':
		return l.endTag(l.pos, l.opt.VarEnd, false, false)
	case '%':
		return l.endTag(l.pos, l.opt.BlockEnd, true, l.opt.TrimBlocks)
	}
	p := l.pos
	for p < len(l.src) && isBlank(l.src[p]) {
		p++
	}
	if p == len(l.src) {
		return p
	}
	if l.src[p] == '\n' {
		return p + 1
	}
	return -1
}

// code reads the tokens of a construct up to and with its end.
func (l *lexer) code(construct byte) error {
	end := token{kind: tBlockEnd}
	if construct == '{' {
		end.kind = tVarEnd
	}
	var open []byte
	for {
		if len(open) == 0 {
			if e := l.closing(construct); e >= 0 {
				l.emit(end)
				l.advance(e)
				return nil
			}
		}
		if l.pos >= len(l.src) {
			return nil // run emits the end of the template
		}
		if end := skipSpace(l.src, l.pos); end > l.pos {
			l.advance(end)
			continue
		}
		if err := l.token(construct, &open); err != nil {
			return err
		}
	}
}

func (l *lexer) token(construct byte, open *[]byte) error {
	rest := l.src[l.pos:]
	r, _ := utf8.DecodeRuneInString(rest)
	switch {
	case r >= '0' && r <= '9':
		return l.number()
	case isNameRune(r):
		return l.name()
	case r == '\'' || r == '"':
		return l.quoted(construct)
	}
	for _, o := range operators {
		if strings.HasPrefix(rest, o) {
			return l.operator(o, open)
		}
	}
	return l.unexpected(r)
}

func (l *lexer) unexpected(r rune) error {
	at := utf8.RuneCountInString(l.src[:l.pos])
	return l.fail("unexpected char %s at %d", value.StrRepr(string(r)), at)
}

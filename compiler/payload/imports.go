package payload

import (
	"strings"
)

// imported is one name that a Python file imports from what modules share.
type imported struct {
	parts []string // the dotted name; its last part may be a module or what is in one
	// optional is set for imports below the top level of the file, in a try for instance: not finding them is no
	// error.
	optional bool
}

// imports lists what a Python file imports from ansible.module_utils and from the module_utils of collections.
// Module is the dotted name of the file, for relative imports; pkg says that it is a package's __init__.py.
func imports(src []byte, module string, pkg bool) []imported {
	var out []imported
	for _, st := range statements(string(src)) {
		p := importParser{toks: st.tokens, module: module, pkg: pkg}
		for _, parts := range p.parse() {
			out = append(out, imported{parts: parts, optional: st.nested})
		}
	}
	return out
}

// statement is an import statement cut into tokens: words, and signs of one character each.
type statement struct {
	tokens []string
	nested bool // it does not stand at the left margin
}

// statements cuts the import statements out of a Python source. It knows as much of Python's syntax as that
// takes: strings, comments, brackets, joined lines, and where statements begin.
func statements(src string) []statement {
	s := scanner{src: src, begin: true}
	var out []statement
	for s.i < len(s.src) {
		word := s.next()
		if !s.begins(word) {
			continue
		}
		st := statement{tokens: []string{word}, nested: s.nested}
		for t := s.next(); t != "" && t != "\n" && t != ";"; t = s.next() {
			st.tokens = append(st.tokens, t)
		}
		s.begin = true
		out = append(out, st)
	}
	return out
}

type scanner struct {
	src    string
	i      int
	depth  int  // of brackets
	begin  bool // a statement begins here
	nested bool // ... and not at the left margin
}

// begins says whether the token that was just read is the first of an import statement. It keeps track of where
// statements begin.
func (s *scanner) begins(tok string) bool {
	first := s.begin
	switch {
	case tok == "\n" || tok == ";":
		s.begin = true
	case tok == ":" && s.depth == 0:
		s.begin, s.nested = true, true // the body of an if or a try on the same line
	default:
		s.begin = false
	}
	return first && (tok == "import" || tok == "from")
}

// next returns the next token: a word, a sign, "\n" at the end of a logical line, "" at the end of the source. Strings
// are one sign.
func (s *scanner) next() string {
	for s.i < len(s.src) {
		c := s.src[s.i]
		switch {
		case c == '\n':
			s.i++
			if s.depth == 0 {
				s.margin()
				return "\n"
			}
		case c == ' ' || c == '\t' || c == '\r' || c == '\f':
			s.i++
		case c == '\\' && s.joins():
		case c == '#':
			s.skipLine()
		case isWord(c):
			start := s.i
			for s.i < len(s.src) && isWord(s.src[s.i]) {
				s.i++
			}
			if s.i < len(s.src) && (s.src[s.i] == '"' || s.src[s.i] == '\'') && isPrefix(s.src[start:s.i]) {
				s.skipString()
				return `"`
			}
			return s.src[start:s.i]
		case c == '"' || c == '\'':
			s.skipString()
			return `"`
		default:
			s.i++
			s.bracket(c)
			return string(c)
		}
	}
	return ""
}

// margin looks at how the line begins that is about to be read.
func (s *scanner) margin() {
	s.nested = s.i < len(s.src) && (s.src[s.i] == ' ' || s.src[s.i] == '\t')
}

// joins skips a backslash that joins two lines.
func (s *scanner) joins() bool {
	rest := s.src[s.i+1:]
	switch {
	case strings.HasPrefix(rest, "\n"):
		s.i += 2
	case strings.HasPrefix(rest, "\r\n"):
		s.i += 3
	default:
		s.i++
	}
	return true
}

func (s *scanner) bracket(c byte) {
	switch c {
	case '(', '[', '{':
		s.depth++
	case ')', ']', '}':
		s.depth = max(s.depth-1, 0)
	}
}

func (s *scanner) skipLine() {
	if n := strings.IndexByte(s.src[s.i:], '\n'); n >= 0 {
		s.i += n
		return
	}
	s.i = len(s.src)
}

// skipString moves behind a string literal. In a raw one a backslash still keeps a quote from ending it.
func (s *scanner) skipString() {
	quote := s.src[s.i : s.i+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(s.src[s.i:], triple) {
		quote = triple
	}
	s.i += len(quote)
	for s.i < len(s.src) {
		switch {
		case s.src[s.i] == '\\':
			s.i += 2
		case strings.HasPrefix(s.src[s.i:], quote):
			s.i += len(quote)
			return
		case len(quote) == 1 && s.src[s.i] == '\n':
			return // not closed
		default:
			s.i++
		}
	}
	s.i = len(s.src)
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// isPrefix says whether a word before a quote belongs to the string.
func isPrefix(w string) bool { return len(w) <= 2 && strings.Trim(w, "rRbBuUfF") == "" }

// importParser reads one import statement.
type importParser struct {
	toks   []string
	module string
	pkg    bool
}

func (p *importParser) parse() [][]string {
	if p.toks[0] == "import" {
		return p.plain()
	}
	return p.from()
}

// plain reads "import a.b as c, d".
func (p *importParser) plain() [][]string {
	var out [][]string
	for _, name := range commas(p.toks[1:]) {
		full := strings.Join(beforeAs(name), "")
		if strings.HasPrefix(full, "ansible.module_utils.") || strings.HasPrefix(full, "ansible_collections.") {
			out = append(out, strings.Split(full, "."))
		}
	}
	return out
}

// from reads "from ..a import b as c, d".
func (p *importParser) from() [][]string {
	level, at := 0, 1
	for ; at < len(p.toks) && p.toks[at] == "."; at++ {
		level++
	}
	var mod strings.Builder
	for ; at < len(p.toks) && p.toks[at] != "import"; at++ {
		mod.WriteString(p.toks[at])
	}
	if at+1 >= len(p.toks) {
		return nil
	}
	var names []string
	for _, n := range commas(p.toks[at+1:]) {
		if w := beforeAs(n); len(w) > 0 {
			names = append(names, w[0])
		}
	}
	return fromNames(p.absolute(mod.String(), level), names)
}

// absolute is the full name of the module that a relative import means.
func (p *importParser) absolute(mod string, level int) string {
	if level == 0 {
		return mod
	}
	parts := strings.Split(p.module, ".")
	if p.pkg {
		level--
	}
	parts = parts[:max(len(parts)-level, 0)]
	if mod != "" {
		parts = append(parts[:len(parts):len(parts)], mod)
	}
	return strings.Join(parts, ".")
}

// fromNames are the names that "from mod import names" brings in, if they are shared code.
func fromNames(mod string, names []string) [][]string {
	if len(names) == 0 || names[0] == "_six" {
		return nil
	}
	core := strings.HasPrefix(mod, "ansible.module_utils")
	coll := strings.HasPrefix(mod, "ansible_collections.") &&
		(strings.HasSuffix(mod, "plugins.module_utils") || strings.Contains(mod, ".plugins.module_utils."))
	if !core && !coll {
		return nil
	}
	var out [][]string
	for _, n := range names {
		out = append(out, append(strings.Split(mod, "."), n))
	}
	return out
}

// commas splits a list of names; brackets around it do not count.
func commas(toks []string) [][]string {
	var out [][]string
	var one []string
	for _, t := range toks {
		switch t {
		case "(", ")":
		case ",":
			out = append(out, one)
			one = nil
		default:
			one = append(one, t)
		}
	}
	if one != nil {
		out = append(out, one)
	}
	return out
}

func beforeAs(toks []string) []string {
	for i, t := range toks {
		if t == "as" {
			return toks[:i]
		}
	}
	return toks
}

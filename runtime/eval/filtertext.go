package eval

import (
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
)

// textFilter makes a filter of a function of text: the input is str() of whatever it is.
func textFilter(f func(s string, c *call) (val, error)) fn {
	return func(c *call) (val, error) {
		s, err := value.ToStr(c.args[0])
		if err != nil {
			return nil, err
		}
		return f(s, c)
	}
}

func plain(f func(string) string) fn {
	return textFilter(func(s string, _ *call) (val, error) { return f(s), nil })
}

var textsTable = []*Plugin{
	{Name: "string", Params: "", Doc: "Make text of a value.", python: "soft_str", native: true, fn: plain(func(s string) string { return s })},
	{Name: "upper", Params: "", Doc: "Convert text to upper case.", python: "do_upper", fn: plain(upper)},
	{Name: "lower", Params: "", Doc: "Convert text to lower case.", python: "do_lower", fn: plain(lower)},
	{Name: "capitalize", Params: "", Doc: "Capitalize text.", python: "do_capitalize", fn: plain(capitalize)},
	{Name: "title", Params: "", Doc: "Capitalize each word.", python: "do_title", fn: plain(titleWords)},
	{Name: "trim", Params: "chars=none", Doc: "Strip characters from both ends.", python: "do_trim", fn: textFilter(func(s string, c *call) (val, error) {
		return strip(s, c.opt(1, nil), true, true)
	})},
	{Name: "replace", Params: "old, new, count=none", Doc: "Replace text.", python: "do_replace", fn: textFilter(replaceFilter)},
	{Name: "center", Params: "width=80", Doc: "Centre text.", python: "do_center", fn: textFilter(func(s string, c *call) (val, error) {
		w, err := c.optInt(1, 80)
		if w > maxText {
			return nil, tooLarge()
		}
		return center(s, int(w), " "), err
	})},
	{Name: "wordcount", Params: "", Doc: "Count words.", python: "do_wordcount", fn: textFilter(func(s string, _ *call) (val, error) {
		return int64(len(strings.FieldsFunc(s, func(r rune) bool { return !isWordRune(r) }))), nil
	})},
	{Name: "truncate", Params: "length=255, killwords=false, end='...', leeway=none", Doc: "Shorten text.", python: "do_truncate", fn: textFilter(truncateFilter)},
	{Name: "wordwrap", Params: "width=79, break_long_words=true, wrapstring=none, break_on_hyphens=true", Doc: "Wrap text.", python: "do_wordwrap", fn: textFilter(wordwrapFilter)},
	{Name: "indent", Params: "width=4, first=false, blank=false", Doc: "Indent the lines of text.", python: "do_indent", fn: textFilter(indentFilter)},
	{Name: "format", Params: "*args, **kwargs", Doc: "Format by printf's rules.", python: "do_format", fn: textFilter(formatFilter)},
	{Name: "split", Params: "sep=none, maxsplit=-1", Doc: "Split text.", python: "split", fn: splitFilter},
	{Name: "comment", Params: "style='plain', **kw", Doc: "Make a comment of text.", fn: textFilter(commentFilter)},
	{Name: "quote", Params: "", Doc: "Quote text for a shell.", fn: quoteFilter},
	{Name: "pprint", Params: "", Doc: "Print a value over several lines.", python: "do_pprint", fn: pprintFilter},
}

func isWordRune(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= utf8.RuneSelf && (isLetterOrNumber(r))
}

// titleWords capitalizes the words that begin after white space, hyphens and brackets.
func titleWords(s string) string {
	var b strings.Builder
	start := true
	for _, r := range s {
		switch {
		case isSpaceRune(r) || strings.ContainsRune("-([{<", r):
			b.WriteRune(r)
			start = true
		case start:
			b.WriteString(upper(string(r)))
			start = false
		default:
			b.WriteString(lower(string(r)))
		}
	}
	return b.String()
}

func replaceFilter(s string, c *call) (val, error) {
	from, err := value.ToStr(c.args[1])
	if err != nil {
		return nil, err
	}
	to, err := value.ToStr(c.args[2])
	if err != nil {
		return nil, err
	}
	n := int64(-1)
	if v := c.opt(3, nil); v != nil {
		if n, err = asInt(v); err != nil {
			return nil, err
		}
	}
	if (strings.Count(s, from)+1)*len(to) > maxText {
		return nil, tooLarge()
	}
	return strings.Replace(s, from, to, int(n)), nil
}

func truncateFilter(s string, c *call) (val, error) {
	n, err := c.optInt(1, 255)
	if err != nil {
		return nil, err
	}
	kill, err := c.optFlag(2, false)
	if err != nil {
		return nil, err
	}
	end, err := c.optText(3, "...")
	if err != nil {
		return nil, err
	}
	leeway := int64(5)
	if v := c.opt(4, nil); v != nil {
		if leeway, err = asInt(v); err != nil {
			return nil, err
		}
	}
	r := []rune(s)
	if int64(len(r)) <= n+leeway {
		return s, nil
	}
	keep := n - int64(utf8.RuneCountInString(end))
	if keep < 0 {
		return nil, raise("AssertionError", "expected length >= %d, got %d", utf8.RuneCountInString(end), n)
	}
	cut := string(r[:min(keep, int64(len(r)))])
	if !kill {
		if i := strings.LastIndexByte(cut, ' '); i >= 0 {
			cut = cut[:i]
		}
	}
	return cut + end, nil
}

// wrapper wraps one line as Python's textwrap does.
type wrapper struct {
	width              int
	breakLong, hyphens bool
}

// chunks splits a line into words and the white space between them; a word may end at a hyphen.
func (w wrapper) chunks(line string) []string {
	var r []string
	for line != "" {
		space := line[0] == ' ' || line[0] == '\t'
		i := strings.IndexFunc(line, func(c rune) bool { return (c == ' ' || c == '\t') != space })
		if i < 0 {
			i = len(line)
		}
		word := line[:i]
		line = line[i:]
		if space || !w.hyphens {
			r = append(r, word)
			continue
		}
		r = append(r, hyphenParts(word)...)
	}
	return r
}

// hyphenParts splits a word behind the hyphens that stand between letters.
func hyphenParts(word string) []string {
	var r []string
	from := 0
	rs := []rune(word)
	letters := func(i int) bool { return i >= 0 && i < len(rs) && isLetter(rs[i]) }
	for i := 1; i+1 < len(rs); i++ {
		if rs[i] == '-' && letters(i-1) && letters(i+1) && i-from >= 2 {
			r = append(r, string(rs[from:i+1]))
			from = i + 1
		}
	}
	return append(r, string(rs[from:]))
}

func (w wrapper) wrap(line string) []string {
	chunks := w.chunks(line)
	var out []string
	for len(chunks) > 0 {
		if len(out) > 0 && strings.TrimSpace(chunks[0]) == "" {
			chunks = chunks[1:]
			continue
		}
		var cur []string
		n := 0
		for len(chunks) > 0 && n+utf8.RuneCountInString(chunks[0]) <= w.width {
			n += utf8.RuneCountInString(chunks[0])
			cur = append(cur, chunks[0])
			chunks = chunks[1:]
		}
		if len(chunks) > 0 && utf8.RuneCountInString(chunks[0]) > w.width {
			cur, chunks = w.long(cur, n, chunks)
		}
		if len(cur) > 0 && strings.TrimSpace(cur[len(cur)-1]) == "" {
			cur = cur[:len(cur)-1]
		}
		if len(cur) > 0 {
			out = append(out, strings.Join(cur, ""))
		}
	}
	return out
}

// long places a chunk that fits on no line.
func (w wrapper) long(cur []string, n int, chunks []string) ([]string, []string) {
	room := max(w.width-n, 0)
	if w.width < 1 {
		room = 1
	}
	if w.breakLong {
		r := []rune(chunks[0])
		cut := room
		if w.hyphens && len(r) > room && room > 0 {
			if i := strings.LastIndexByte(string(r[:room]), '-'); i > 0 && strings.Trim(string(r[:room])[:i], "-") != "" {
				cut = utf8.RuneCountInString(string(r[:room])[:i]) + 1
			}
		}
		if cut > 0 {
			cur = append(cur, string(r[:cut]))
		}
		chunks[0] = string(r[cut:])
		if chunks[0] == "" {
			chunks = chunks[1:]
		}
		return cur, chunks
	}
	if len(cur) == 0 {
		return chunks[:1:1], chunks[1:]
	}
	return cur, chunks
}

func wordwrapFilter(s string, c *call) (val, error) {
	width, err := c.optInt(1, 79)
	if err != nil {
		return nil, err
	}
	breakLong, err := c.optFlag(2, true)
	if err != nil {
		return nil, err
	}
	hyphens, err := c.optFlag(4, true)
	if err != nil {
		return nil, err
	}
	if width < 1 {
		return nil, valueErr("invalid width %d (must be > 0)", width)
	}
	sep := "\n"
	if v := c.opt(3, nil); v != nil {
		sep = str(v)
	}
	w := wrapper{int(min(width, maxText)), breakLong, hyphens}
	var lines []string
	for _, l := range splitLines(s, false) {
		lines = append(lines, strings.Join(w.wrap(l), sep))
	}
	return strings.Join(lines, sep), nil
}

func indentFilter(s string, c *call) (val, error) {
	ind := "    "
	if v := c.opt(1, nil); v != nil {
		if t, ok := value.Text(v); ok {
			ind = t
		} else {
			n, err := asInt(v)
			if err != nil {
				return nil, err
			}
			if n > maxWidth {
				return nil, tooLarge()
			}
			ind = strings.Repeat(" ", int(max(n, 0)))
		}
	}
	first, err := c.optFlag(2, false)
	if err != nil {
		return nil, err
	}
	blank, err := c.optFlag(3, false)
	if err != nil {
		return nil, err
	}
	lines := splitLines(s+"\n", false)
	var b strings.Builder
	if first {
		b.WriteString(ind)
	}
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
			if l != "" || blank {
				b.WriteString(ind)
			}
		}
		if b.Len() > maxText {
			return nil, tooLarge()
		}
		b.WriteString(l)
	}
	return b.String(), nil
}

func formatFilter(s string, c *call) (val, error) {
	if len(c.kw) == 0 {
		return percentFormat(s, tuple(c.rest()))
	}
	if len(c.rest()) > 0 {
		return nil, raise("jinja2.exceptions.FilterArgumentError", "can't handle positional and keyword arguments at the same time")
	}
	d := value.NewDict()
	for _, a := range c.kw {
		d.SetStr(a.name, a.v)
	}
	return percentFormat(s, d)
}

func splitFilter(c *call) (val, error) {
	s, ok := value.Text(c.args[0])
	if !ok {
		if err := use(c.args[0]); err != nil {
			return nil, err
		}
		return nil, typeErr("descriptor 'split' for 'str' objects doesn't apply to a '%s' object", value.TypeName(c.args[0]))
	}
	return splitMethod(s, &call{args: []val{c.opt(1, nil), c.opt(2, int64(-1))}}, false)
}

// commentStyles are the predefined styles of comment: beginning, decoration, end.
var commentStyles = map[string][3]string{
	"plain": {"", "# ", ""}, "erlang": {"", "% ", ""}, "c": {"", "// ", ""},
	"cblock": {"/*", " * ", " */"}, "xml": {"<!--", " - ", "-->"},
}

func commentFilter(s string, c *call) (val, error) {
	name := str(c.opt(1, "plain"))
	style, ok := commentStyles[name]
	if !ok {
		return nil, raise("KeyError", "%s", value.StrRepr(name))
	}
	get := func(name, dflt string) string {
		if v, ok := c.kwarg(name); ok {
			return str(v)
		}
		return dflt
	}
	count := func(name string) (int, error) {
		v, ok := c.kwarg(name)
		if !ok {
			return 1, nil
		}
		n, err := asInt(v)
		return int(min(n, 10000)), err
	}
	around := get("decoration", style[1])
	nl, deco := get("newline", "\n"), around
	edge := strings.TrimRightFunc(around, isSpaceRune)
	beginning, end := get("beginning", style[0]), get("end", style[2])
	prefix, postfix := get("prefix", edge), get("postfix", edge)
	prefixes, err := count("prefix_count")
	if err != nil {
		return nil, err
	}
	postfixes, err := count("postfix_count")
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	if beginning != "" {
		b.WriteString(beginning + nl)
	}
	if prefix == nl {
		b.WriteString(strings.Repeat(nl, max(prefixes, 0)))
	} else if prefix != "" {
		b.WriteString(strings.Repeat(prefix+nl, max(prefixes, 0)))
	}
	text := deco + strings.ReplaceAll(s, nl, nl+deco)
	b.WriteString(strings.ReplaceAll(text, deco+nl, strings.TrimRightFunc(deco, isSpaceRune)+nl))
	b.WriteString(strings.Repeat(nl+postfix, max(postfixes, 0)))
	if end != "" {
		b.WriteString(nl + end)
	}
	return b.String(), nil
}

// shellQuote is shlex.quote.
func shellQuote(s string) string {
	if s == "" {
		return "''"
	}
	safe := func(r rune) bool {
		return r < utf8.RuneSelf && (isWord(byte(r)) || strings.ContainsRune("@%+=:,./-", r))
	}
	if strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
}

func quoteFilter(c *call) (val, error) {
	if c.args[0] == nil {
		return "''", nil
	}
	s, err := toText(c.args[0])
	return shellQuote(s), err
}

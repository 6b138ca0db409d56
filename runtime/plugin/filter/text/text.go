package text

import (
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/python"
)

var texts = []*plugin.Row{
	{Name: "string", Params: "", Doc: "Make text of a value.", Python: "markupsafe._speedups.soft_str", InC: true, Native: true, Fn: keepMarkup(plugin.Plain(func(s string) string { return s }))},
	{Name: "upper", Params: "", Doc: "Convert text to upper case.", Python: "do_upper", Fn: keepMarkup(plugin.Plain(python.Upper))},
	{Name: "lower", Params: "", Doc: "Convert text to lower case.", Python: "do_lower", Fn: keepMarkup(plugin.Plain(python.Lower))},
	{Name: "capitalize", Params: "", Doc: "Capitalize text.", Python: "do_capitalize", Fn: keepMarkup(plugin.Plain(python.Capitalize))},
	{Name: "title", Params: "", Doc: "Capitalize each word.", Python: "do_title", Fn: plugin.Plain(titleWords)},
	{Name: "trim", Params: "chars=none", Doc: "Strip characters from both ends.", Python: "do_trim", Fn: keepMarkup(plugin.Text(func(s string, c *python.Call) (value.Value, error) {
		return python.Strip(s, c.Opt(1, nil), true, true)
	}))},
	{Name: "replace", Params: "old, new, count=none", Hidden: 1, Doc: "Replace text.", Python: "do_replace", Fn: plugin.Text(replaceFilter)},
	{Name: "center", Params: "width=80", Doc: "Centre text.", Python: "do_center", Fn: plugin.Text(func(s string, c *python.Call) (value.Value, error) {
		w, err := c.OptInt(1, 80)
		if w > bound.Text {
			return nil, bound.TooLarge()
		}
		return python.Center(s, int(w), " "), err
	})},
	{Name: "wordcount", Params: "", Doc: "Count words.", Python: "do_wordcount", Fn: plugin.Text(func(s string, _ *python.Call) (value.Value, error) {
		return int64(len(strings.FieldsFunc(s, func(r rune) bool { return !isWordRune(r) }))), nil
	})},
	{Name: "truncate", Params: "length=255, killwords=false, end='...', leeway=none", Hidden: 1, Doc: "Shorten text.", Python: "do_truncate", Fn: truncateFilter},
	{Name: "wordwrap", Params: "width=79, break_long_words=true, wrapstring=none, break_on_hyphens=true", Hidden: 1, Doc: "Wrap text.", Python: "do_wordwrap", Fn: method("splitlines", wordwrapFilter)},
	{Name: "indent", Params: "width=4, first=false, blank=false", Doc: "Indent the lines of text.", Python: "do_indent", Fn: indentFilter},
	{Name: "format", Params: "*args, **kwargs", Doc: "Format by printf's rules.", Python: "do_format", Fn: plugin.Text(formatFilter)},
	{Name: "split", Params: "sep=none, maxsplit=-1", Doc: "Split text.", Python: "split", Fn: splitFilter},
	{Name: "comment", Params: "style='plain', **kw", Doc: "Make a comment of text.", Fn: method("replace", commentFilter)},
	{Name: "quote", Params: "", Doc: "Quote text for a shell.", Fn: quoteFilter},
	{Name: "pprint", Params: "", Doc: "Print a value over several lines.", Python: "do_pprint", Fn: pprintFilter},
}

// method makes a filter of a function of text that calls a method of its input, which only text has.
func method(name string, f func(s string, c *python.Call) (value.Value, error)) python.Func {
	return func(c *python.Call) (value.Value, error) {
		s, ok := value.Text(c.Args[0])
		if ok {
			return f(s, c)
		}
		if err := python.Use(c.Args[0]); err != nil {
			return nil, err
		}
		return nil, exception.Raise("AttributeError", "'%s' object has no attribute '%s'", value.TypeName(c.Args[0]), name)
	}
}

// keepMarkup marks the result as safe for HTML when the input was.
func keepMarkup(f python.Func) python.Func {
	return func(c *python.Call) (value.Value, error) {
		x, ok := c.Args[0].(*value.Str)
		v, err := f(c)
		if s, isText := value.Text(v); ok && x.Markup && isText {
			return &value.Str{S: s, Markup: true}, err
		}
		return v, err
	}
}

func isWordRune(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= utf8.RuneSelf && (python.IsLetterOrNumber(r))
}

// titleWords capitalizes the words that begin after white space, hyphens and brackets.
func titleWords(s string) string {
	var b strings.Builder
	start := true
	for _, r := range s {
		switch {
		case python.IsSpaceRune(r) || strings.ContainsRune("-([{<", r):
			b.WriteRune(r)
			start = true
		case start:
			b.WriteString(python.Upper(string(r)))
			start = false
		default:
			b.WriteString(python.Lower(string(r)))
		}
	}
	return b.String()
}

func replaceFilter(s string, c *python.Call) (value.Value, error) {
	from, err := value.ToStr(c.Args[1])
	if err != nil {
		return nil, err
	}
	to, err := value.ToStr(c.Args[2])
	if err != nil {
		return nil, err
	}
	n := int64(-1)
	if v := c.Opt(3, nil); v != nil {
		if n, err = python.AsInt(v); err != nil {
			return nil, err
		}
	}
	if (strings.Count(s, from)+1)*len(to) > bound.Text {
		return nil, bound.TooLarge()
	}
	return strings.Replace(s, from, to, int(n)), nil
}

func truncateFilter(c *python.Call) (value.Value, error) {
	if v := c.Opt(1, int64(255)); python.Num(v).Kind == 0 {
		_, err := python.Order(">=", v, int64(0))
		return nil, err
	}
	n, err := c.OptInt(1, 255)
	if err != nil {
		return nil, err
	}
	kill, err := c.OptFlag(2, false)
	if err != nil {
		return nil, err
	}
	end, err := c.OptText(3, "...")
	if err != nil {
		return nil, err
	}
	leeway := int64(5)
	if v := c.Opt(4, nil); v != nil {
		if leeway, err = python.AsInt(v); err != nil {
			return nil, err
		}
	}
	length, err := python.Length(c.Args[0])
	if err != nil {
		return nil, err
	}
	if int64(length) <= n+leeway {
		return c.Args[0], nil
	}
	s, ok := value.Text(c.Args[0])
	if !ok {
		return nil, notTruncated(c.Args[0])
	}
	r := []rune(s)
	keep := n - int64(utf8.RuneCountInString(end))
	if keep < 0 {
		return nil, exception.Raise("AssertionError", "expected length >= %d, got %d", utf8.RuneCountInString(end), n)
	}
	cut := string(r[:min(keep, int64(len(r)))])
	if !kill {
		if i := strings.LastIndexByte(cut, ' '); i >= 0 {
			cut = cut[:i]
		}
	}
	return cut + end, nil
}

// notTruncated is the error of cutting a container, whose slice has no text added to it.
func notTruncated(v value.Value) error {
	part, err := python.GetItem(v, &python.Slice{Stop: int64(0)})
	if err == nil {
		_, err = python.Add(part, "")
	}
	return err
}

func wordwrapFilter(s string, c *python.Call) (value.Value, error) {
	width, err := python.AsInt(c.Opt(1, int64(79)))
	if err != nil {
		return nil, err
	}
	breakLong, err := c.OptFlag(2, true)
	if err != nil {
		return nil, err
	}
	hyphens, err := c.OptFlag(4, true)
	if err != nil {
		return nil, err
	}
	if width < 1 {
		return nil, exception.ValueError("invalid width %d (must be > 0)", width)
	}
	sep := "\n"
	if v := c.Opt(3, nil); v != nil {
		sep = python.Str(v)
	}
	w := python.Wrapper{Width: int(min(width, bound.Text)), WholeWord: !breakLong, NoHyphens: !hyphens}
	var lines []string
	for _, l := range python.SplitLines(s, false) {
		lines = append(lines, strings.Join(w.Lines(l), sep))
	}
	return strings.Join(lines, sep), nil
}

// indentation is text itself, or so many blanks.
func indentation(c *python.Call, v value.Value) (string, error) {
	if t, ok := value.Text(v); ok {
		return t, nil
	}
	n := python.Num(v)
	if n.Kind != 'i' {
		if err := python.Use(v); err != nil {
			return "", err
		}
		if _, isList := v.(*value.List); isList && c.Ctx.Tagged() {
			return "", exception.TypeError("'str' object cannot be interpreted as an integer")
		}
		return "", exception.TypeError("can't multiply sequence by non-int of type '%s'", value.TypeName(v))
	}
	if n.I > bound.Width {
		return "", bound.TooLarge()
	}
	return strings.Repeat(" ", int(max(n.I, 0))), nil
}

func indentFilter(c *python.Call) (value.Value, error) {
	s, ok := value.Text(c.Args[0])
	if !ok {
		if err := python.Use(c.Args[0]); err != nil {
			return nil, err
		}
		return nil, exception.TypeError("unsupported operand type(s) for +=: '%s' and 'str'", value.TypeName(c.Args[0]))
	}
	ind, err := indentation(c, c.Opt(1, int64(4)))
	if err != nil {
		return nil, err
	}
	first, err := c.OptFlag(2, false)
	if err != nil {
		return nil, err
	}
	blank, err := c.OptFlag(3, false)
	if err != nil {
		return nil, err
	}
	lines := python.SplitLines(s+"\n", false)
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
		if b.Len() > bound.Text {
			return nil, bound.TooLarge()
		}
		b.WriteString(l)
	}
	return b.String(), nil
}

func formatFilter(s string, c *python.Call) (value.Value, error) {
	if len(c.KW) == 0 {
		return python.PercentFormat(s, value.Tuple(c.Rest()))
	}
	if len(c.Rest()) > 0 {
		return nil, exception.Raise("jinja2.exceptions.FilterArgumentError", "can't handle positional and keyword arguments at the same time")
	}
	d := value.NewDict()
	for _, a := range c.KW {
		d.SetStr(a.Name, a.V)
	}
	return python.PercentFormat(s, d)
}

func splitFilter(c *python.Call) (value.Value, error) {
	s, ok := value.Text(c.Args[0])
	if !ok {
		if err := python.Use(c.Args[0]); err != nil {
			return nil, err
		}
		return nil, exception.TypeError("descriptor 'split' for 'str' objects doesn't apply to a '%s' object", value.TypeName(c.Args[0]))
	}
	return python.SplitMethod(s, &python.Call{Args: []value.Value{c.Opt(1, nil), c.Opt(2, int64(-1))}}, false)
}

// commentStyles are the predefined styles of comment: beginning, decoration, end.
var commentStyles = map[string][3]string{
	"plain": {"", "# ", ""}, "erlang": {"", "% ", ""}, "c": {"", "// ", ""},
	"cblock": {"/*", " * ", " */"}, "xml": {"<!--", " - ", "-->"},
}

func commentFilter(s string, c *python.Call) (value.Value, error) {
	name, err := c.OptText(1, "plain")
	if err != nil {
		return nil, err
	}
	style, ok := commentStyles[name]
	if !ok {
		if c.Ctx.Tagged() {
			return nil, &exception.Error{Class: exception.AnsibleTemplatePlugin, Msg: "Invalid style " + value.StrRepr(name) + ".", Shown: name,
				Help: "Available styles: plain, erlang, c, cblock, xml"}
		}
		return nil, exception.Raise("KeyError", "%s", value.StrRepr(name))
	}
	get := func(name, dflt string) string {
		if v, ok := c.Kwarg(name); ok {
			return python.Str(v)
		}
		return dflt
	}
	count := func(name string) (int, error) {
		v, ok := c.Kwarg(name)
		if !ok {
			return 1, nil
		}
		if s, isText := value.Text(v); isText {
			n, ok := python.ParseInt(s, 10)
			if !ok {
				return 0, exception.ValueError("invalid literal for int() with base 10: %s", value.StrRepr(s))
			}
			v = n
		}
		n, err := python.AsInt(v)
		return int(min(n, 10000)), err
	}
	around := get("decoration", style[1])
	nl, deco := get("newline", "\n"), around
	edge := strings.TrimRightFunc(around, python.IsSpaceRune)
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
	b.WriteString(strings.ReplaceAll(text, deco+nl, strings.TrimRightFunc(deco, python.IsSpaceRune)+nl))
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
		return r < utf8.RuneSelf && (python.IsWord(byte(r)) || strings.ContainsRune("@%+=:,./-", r))
	}
	if strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
}

func quoteFilter(c *python.Call) (value.Value, error) {
	if c.Args[0] == nil {
		return "''", nil
	}
	s, err := python.ToText(c.Args[0])
	return shellQuote(s), err
}

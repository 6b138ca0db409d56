package text

import (
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/python"
	"pbc/runtime/urllib"
)

var urls = []*plugin.Row{
	{Name: "urlsplit", Params: "query='', alias='urlsplit'", Doc: "Split a URL into its parts.", Python: "split_url", Fn: urlsplitFilter},
	{Name: "urlencode", Params: "", Doc: "Quote text, or pairs, for a URL.", Python: "do_urlencode", Fn: urlencodeFilter},
	{Name: "urldecode", Params: "encoding='utf-8', errors='replace'", Doc: "Undo the quoting of a URL.", Python: "unquote_plus", Fn: urldecodeFilter},
	{Name: "escape", Aliases: []string{"e"}, Params: "", Doc: "Escape text for HTML that is not marked as safe.", Python: "markupsafe._speedups.escape", InC: true, Tagged: "escape", Fn: escapeFilter},
	{Name: "forceescape", Params: "", Doc: "Escape text for HTML.", Python: "do_forceescape", Fn: markup(escapeHTML)},
	{Name: "safe", Params: "", Doc: "Mark text as safe for HTML.", Python: "do_mark_safe", Fn: markup(func(s string) string { return s })},
	{Name: "striptags", Params: "", Doc: "Strip HTML tags and white space.", Python: "do_striptags", Fn: plugin.Plain(stripTags)},
	{Name: "xmlattr", Params: "autospace=true", Hidden: 1, Doc: "Write a dictionary as attributes.", Python: "do_xmlattr", Fn: xmlattrFilter},
	{Name: "urlize", Params: "trim_url_limit=none, nofollow=false, target=none, rel=none, extra_schemes=none", Hidden: 1, Doc: "Make links of the URLs in text.", Python: "do_urlize", Fn: plugin.Text(urlizeFilter)},
}

// markup makes a filter whose result is marked as safe for HTML.
func markup(f func(string) string) python.Func {
	return plugin.Text(func(s string, _ *python.Call) (value.Value, error) {
		return &value.Str{S: f(s), Markup: true}, nil
	})
}

func escapeFilter(c *python.Call) (value.Value, error) {
	if x, ok := c.Args[0].(*value.Str); ok && x.Markup {
		return x, nil
	}
	return markup(escapeHTML)(c)
}

func urlsplitFilter(c *python.Call) (value.Value, error) {
	s, ok := value.Text(c.Args[0])
	if !ok {
		if err := python.Use(c.Args[0]); err != nil {
			return nil, err
		}
		return nil, exception.Raise("AttributeError", "'%s' object has no attribute 'decode'", value.TypeName(c.Args[0]))
	}
	u, err := urllib.Split(s)
	if err != nil {
		return nil, err
	}
	user, pass, host, port, err := u.Parts()
	if err != nil {
		return nil, err
	}
	d := value.DictOf("fragment", u.Fragment, "hostname", host, "netloc", u.Netloc, "password", pass, "path", u.Path,
		"port", port, "query", u.Query, "scheme", u.Scheme, "username", user)
	q, err := c.OptText(1, "")
	if err != nil || q == "" {
		return d, err
	}
	v, ok := d.GetStr(q)
	if !ok {
		return nil, exception.FilterError("%s: unknown URL component: %s", python.Str(c.Opt(2, "urlsplit")), q)
	}
	return v, nil
}

func urlencodeFilter(c *python.Call) (value.Value, error) {
	v := c.Args[0]
	if err := python.Use(v); err != nil {
		return nil, err
	}
	if s, ok := value.Text(v); ok {
		return urllib.Quote(s, "/"), nil
	}
	var it []value.Value
	if d, ok := v.(*value.Dict); ok {
		it = (&value.View{D: d, Kind: 'i'}).Items()
	} else if seq, ok := python.Elems(v); ok {
		it = seq
	} else {
		s, err := value.ToStr(v)
		return urllib.Quote(s, "/"), err
	}
	var parts []string
	for _, p := range it {
		kv, err := python.Iter(p)
		if err != nil {
			if python.Use(p) == nil && exception.IsTypeError(err) {
				err = exception.TypeError("cannot unpack non-iterable %s object", value.TypeName(p))
			}
			return nil, err
		}
		if len(kv) != 2 {
			return nil, exception.ValueError("not enough values to unpack (expected 2, got %d)", len(kv))
		}
		k, err := value.ToStr(kv[0])
		if err != nil {
			return nil, err
		}
		x, err := value.ToStr(kv[1])
		if err != nil {
			return nil, err
		}
		parts = append(parts, urllib.QuotePlus(k)+"="+urllib.QuotePlus(x))
	}
	return strings.Join(parts, "&"), nil
}

func urldecodeFilter(c *python.Call) (value.Value, error) {
	s, ok := value.Text(c.Args[0])
	if !ok {
		if err := python.Use(c.Args[0]); err != nil {
			return nil, err
		}
		return nil, exception.Raise("AttributeError", "'%s' object has no attribute 'replace'", value.TypeName(c.Args[0]))
	}
	s = strings.ReplaceAll(s, "+", " ")
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	switch enc := strings.ToLower(strings.ReplaceAll(python.Str(c.Opt(1, "utf-8")), "_", "-")); enc {
	case "utf-8", "utf8":
		return strings.ToValidUTF8(b.String(), "\ufffd"), nil
	case "latin-1", "latin1", "iso-8859-1":
		var r strings.Builder
		for _, x := range []byte(b.String()) {
			r.WriteRune(rune(x))
		}
		return r.String(), nil
	default:
		return nil, exception.Raise("LookupError", "unknown encoding: %s", enc)
	}
}

var htmlEscaper = strings.NewReplacer("&", "&amp;", ">", "&gt;", "<", "&lt;", "'", "&#39;", `"`, "&#34;")

func escapeHTML(s string) string { return htmlEscaper.Replace(s) }

var htmlEntities = map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": `"`, "apos": "'", "nbsp": "\u00a0"}

// unescapeHTML replaces numeric entities and the common named ones.
func unescapeHTML(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		end := strings.IndexByte(s, ';')
		if end < 0 || end > 32 {
			b.WriteByte('&')
			s = s[1:]
			continue
		}
		if r, ok := entity(s[1:end]); ok {
			b.WriteString(r)
			s = s[end+1:]
			continue
		}
		b.WriteByte('&')
		s = s[1:]
	}
}

func entity(name string) (string, bool) {
	if r, ok := htmlEntities[name]; ok {
		return r, true
	}
	if !strings.HasPrefix(name, "#") {
		return "", false
	}
	base, digits := 10, name[1:]
	if strings.HasPrefix(strings.ToLower(digits), "x") {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > 0x10ffff {
		return "", false
	}
	return string(rune(n)), true
}

// stripTags removes comments, then tags, and joins what white space separates by one blank.
func stripTags(s string) string {
	for {
		i := strings.Index(s, "<!--")
		if i < 0 {
			break
		}
		j := strings.Index(s[i:], "-->")
		if j < 0 {
			break
		}
		s = s[:i] + s[i+j+3:]
	}
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			break
		}
		j := strings.IndexByte(s[i:], '>')
		if j < 0 {
			break
		}
		s = s[:i] + s[i+j+1:]
	}
	return unescapeHTML(strings.Join(python.SplitSpace(s, -1), " "))
}

func xmlattrFilter(c *python.Call) (value.Value, error) {
	it, err := python.Pairs(c.Args[0])
	if err != nil {
		return nil, err
	}
	space, err := c.OptFlag(1, true)
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, p := range it {
		k, v := p.(value.Tuple)[0], p.(value.Tuple)[1]
		if _, isUndef := v.(*value.Undef); isUndef || v == nil {
			continue
		}
		name := python.Str(k)
		if strings.ContainsFunc(name, func(r rune) bool { return python.IsSpaceRune(r) || strings.ContainsRune("/>=", r) }) {
			return nil, exception.ValueError("Invalid character in attribute name: %s", value.StrRepr(name))
		}
		parts = append(parts, escapeHTML(name)+`="`+escapeHTML(python.Str(v))+`"`)
	}
	s := strings.Join(parts, " ")
	if space && s != "" {
		s = " " + s
	}
	return s, nil
}

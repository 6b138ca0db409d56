package eval

import (
	"fmt"
	"strconv"
	"strings"

	"pbc/ir/value"
)

var urlsTable = []*Plugin{
	{Name: "urlsplit", Params: "query='', alias='urlsplit'", Doc: "Split a URL into its parts.", python: "split_url", fn: urlsplitFilter},
	{Name: "urlencode", Params: "", Doc: "Quote text, or pairs, for a URL.", python: "do_urlencode", fn: urlencodeFilter},
	{Name: "urldecode", Params: "", Doc: "Undo the quoting of a URL.", python: "unquote_plus", fn: urldecodeFilter},
	{Name: "escape", Aliases: []string{"e", "forceescape"}, Params: "", Doc: "Escape text for HTML.", fn: plain(escapeHTML)},
	{Name: "safe", Params: "", Doc: "Mark text as safe for HTML, which changes nothing.", python: "do_mark_safe", fn: plain(func(s string) string { return s })},
	{Name: "striptags", Params: "", Doc: "Strip HTML tags and white space.", python: "do_striptags", fn: plain(stripTags)},
	{Name: "xmlattr", Params: "autospace=true", Doc: "Write a dictionary as attributes.", python: "do_xmlattr", fn: xmlattrFilter},
	{Name: "urlize", Params: "trim_url_limit=none, nofollow=false, target=none, rel=none, extra_schemes=none", Doc: "Make links of the URLs in text.", python: "do_urlize", fn: textFilter(urlizeFilter)},
}

// parsedURL is what Python's urlsplit finds.
type parsedURL struct {
	scheme, netloc, path, query, fragment string
}

// urlScheme returns the scheme of a URL, "" when it has none.
func urlScheme(s string) string {
	i := strings.IndexByte(s, ':')
	if i <= 0 || !isASCIILetter(s[0]) {
		return ""
	}
	for j := range i {
		c := s[j]
		if !isASCIILetter(c) && !isDigit(c) && c != '+' && c != '-' && c != '.' {
			return ""
		}
	}
	return strings.ToLower(s[:i])
}

func isASCIILetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func splitURL(s string) (parsedURL, error) {
	var u parsedURL
	s = strings.TrimLeft(s, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f ")
	s = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(s)
	if u.scheme = urlScheme(s); u.scheme != "" {
		s = s[len(u.scheme)+1:]
	}
	if strings.HasPrefix(s, "//") {
		end := strings.IndexAny(s[2:], "/?#")
		if end < 0 {
			end = len(s) - 2
		}
		u.netloc, s = s[2:2+end], s[2+end:]
		if strings.Contains(u.netloc, "[") != strings.Contains(u.netloc, "]") {
			return u, valueErr("Invalid IPv6 URL")
		}
	}
	s, u.fragment, _ = strings.Cut(s, "#")
	u.path, u.query, _ = strings.Cut(s, "?")
	return u, nil
}

// parts returns user, password, host and port of the netloc; what is absent is None.
func (u parsedURL) parts() (user, pass, host, port val, err error) {
	loc := u.netloc
	if i := strings.LastIndexByte(loc, '@'); i >= 0 {
		name, secret, has := strings.Cut(loc[:i], ":")
		user = name
		if has {
			pass = secret
		}
		loc = loc[i+1:]
	}
	h, p := loc, ""
	if i := strings.LastIndexByte(loc, ']'); i >= 0 && strings.HasPrefix(loc, "[") {
		h = loc[1:i]
		_, p, _ = strings.Cut(loc[i:], ":")
	} else {
		h, p, _ = strings.Cut(loc, ":")
	}
	if h != "" {
		name, zone, has := strings.Cut(h, "%")
		host = lower(name)
		if has {
			host = lower(name) + "%" + zone
		}
	}
	if p != "" {
		n, bad := strconv.ParseUint(p, 10, 64)
		if bad != nil {
			return nil, nil, nil, nil, valueErr("Port could not be cast to integer value as %s", value.StrRepr(p))
		}
		if n > 65535 {
			return nil, nil, nil, nil, valueErr("Port out of range 0-65535")
		}
		port = int64(n)
	}
	return user, pass, host, port, nil
}

func urlsplitFilter(c *call) (val, error) {
	s, ok := value.Text(c.args[0])
	if !ok {
		if err := use(c.args[0]); err != nil {
			return nil, err
		}
		return nil, raise("AttributeError", "'%s' object has no attribute 'decode'", value.TypeName(c.args[0]))
	}
	u, err := splitURL(s)
	if err != nil {
		return nil, err
	}
	user, pass, host, port, err := u.parts()
	if err != nil {
		return nil, err
	}
	d := value.DictOf("fragment", u.fragment, "hostname", host, "netloc", u.netloc, "password", pass, "path", u.path,
		"port", port, "query", u.query, "scheme", u.scheme, "username", user)
	q := str(c.opt(1, ""))
	if q == "" {
		return d, nil
	}
	v, ok := d.GetStr(q)
	if !ok {
		return nil, filterErr("%s: unknown URL component: %s", str(c.opt(2, "urlsplit")), q)
	}
	return v, nil
}

// quoteURL is urllib.parse.quote.
func quoteURL(s, safe string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if isASCIILetter(c) || isDigit(c) || strings.IndexByte("_.-~"+safe, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func quotePlus(s string) string { return strings.ReplaceAll(quoteURL(s, " "), " ", "+") }

func urlencodeFilter(c *call) (val, error) {
	v := c.args[0]
	if err := use(v); err != nil {
		return nil, err
	}
	if s, ok := value.Text(v); ok {
		return quoteURL(s, "/"), nil
	}
	var it []val
	if d, ok := v.(*dict); ok {
		it = (&value.View{D: d, Kind: 'i'}).Items()
	} else if seq, ok := elems(v); ok {
		it = seq
	} else {
		s, err := value.ToStr(v)
		return quoteURL(s, "/"), err
	}
	var parts []string
	for _, p := range it {
		kv, err := iter(p)
		if err != nil {
			return nil, err
		}
		if len(kv) != 2 {
			return nil, valueErr("not enough values to unpack (expected 2, got %d)", len(kv))
		}
		k, err := value.ToStr(kv[0])
		if err != nil {
			return nil, err
		}
		x, err := value.ToStr(kv[1])
		if err != nil {
			return nil, err
		}
		parts = append(parts, quotePlus(k)+"="+quotePlus(x))
	}
	return strings.Join(parts, "&"), nil
}

func urldecodeFilter(c *call) (val, error) {
	s, ok := value.Text(c.args[0])
	if !ok {
		if err := use(c.args[0]); err != nil {
			return nil, err
		}
		return nil, raise("AttributeError", "'%s' object has no attribute 'replace'", value.TypeName(c.args[0]))
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
	return strings.ToValidUTF8(b.String(), "\ufffd"), nil
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
	return unescapeHTML(strings.Join(splitSpace(s, -1), " "))
}

func xmlattrFilter(c *call) (val, error) {
	it, err := pairs(c.args[0])
	if err != nil {
		return nil, err
	}
	space, err := c.optFlag(1, true)
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, p := range it {
		k, v := p.(tuple)[0], p.(tuple)[1]
		if _, isUndef := v.(*undef); isUndef || v == nil {
			continue
		}
		parts = append(parts, escapeHTML(str(k))+`="`+escapeHTML(str(v))+`"`)
	}
	s := strings.Join(parts, " ")
	if space && s != "" {
		s = " " + s
	}
	return s, nil
}

// urlizeFilter makes links of the words that are URLs or mail addresses.
func urlizeFilter(s string, c *call) (val, error) {
	limit := int64(-1)
	if v := c.opt(1, nil); v != nil {
		n, err := asInt(v)
		if err != nil {
			return nil, err
		}
		limit = n
	}
	nofollow, err := c.optFlag(2, false)
	if err != nil {
		return nil, err
	}
	rel := map[string]bool{"noopener": true}
	if nofollow {
		rel["nofollow"] = true
	}
	if v := c.opt(4, nil); v != nil {
		for _, w := range strings.Fields(str(v)) {
			rel[w] = true
		}
	}
	attrs := relAttr(rel)
	if v := c.opt(3, nil); v != nil && v != "" {
		attrs += ` target="` + escapeHTML(str(v)) + `"`
	}
	words := keepSpace(escapeHTML(s))
	for i, w := range words {
		words[i] = urlizeWord(w, attrs, int(limit))
	}
	return strings.Join(words, ""), nil
}

func relAttr(rel map[string]bool) string {
	d := value.NewDict()
	for w := range rel {
		d.SetStr(w, nil)
	}
	sorted, _ := sortBy(d.K, identity, false)
	names := make([]string, len(sorted))
	for i, w := range sorted {
		names[i] = str(w)
	}
	return ` rel="` + strings.Join(names, " ") + `"`
}

// keepSpace splits text into words and the white space between them.
func keepSpace(s string) []string {
	var r []string
	from := 0
	space := false
	for i, c := range s {
		if now := isSpaceRune(c); i > 0 && now != space {
			r = append(r, s[from:i])
			from = i
			space = now
		} else if i == 0 {
			space = now
		}
	}
	return append(r, s[from:])
}

func urlizeWord(w, attrs string, limit int) string {
	head, tail := "", ""
	for _, p := range []string{"&lt;", "(", "<"} {
		for strings.HasPrefix(w, p) {
			head, w = head+p, w[len(p):]
		}
	}
	for again := true; again; {
		again = false
		for _, p := range []string{"&gt;", ")", ".", ",", "\n", ">"} {
			if strings.HasSuffix(w, p) && !(p == ")" && strings.Contains(w, "(")) {
				tail, w, again = p+tail, strings.TrimSuffix(w, p), true
			}
		}
	}
	short := func(s string) string {
		if limit >= 0 && len([]rune(s)) > limit {
			return string([]rune(s)[:limit]) + "..."
		}
		return s
	}
	switch {
	case strings.HasPrefix(w, "http://") || strings.HasPrefix(w, "https://"):
		w = `<a href="` + w + `"` + attrs + `>` + short(w) + `</a>`
	case strings.HasPrefix(w, "www.") && strings.Count(w, ".") > 1, bareDomain(w):
		w = `<a href="https://` + w + `"` + attrs + `>` + short(w) + `</a>`
	case strings.HasPrefix(w, "mailto:") && strings.Contains(w, "@"):
		w = `<a href="` + w + `">` + w[len("mailto:"):] + `</a>`
	case strings.Contains(w, "@") && strings.Contains(w[strings.IndexByte(w, '@'):], ".") && !strings.HasPrefix(w, "@") && !strings.Contains(w, ":"):
		w = `<a href="mailto:` + w + `">` + w + `</a>`
	}
	return head + w + tail
}

// bareDomain says whether a word is a domain that Jinja links without a scheme.
func bareDomain(w string) bool {
	host, _, _ := strings.Cut(w, "/")
	host, _, _ = strings.Cut(host, ":")
	for _, tld := range []string{".com", ".net", ".int", ".edu", ".gov", ".org", ".info", ".mil"} {
		if strings.HasSuffix(host, tld) && len(host) > len(tld) && !strings.ContainsAny(host, "@&;") {
			return true
		}
	}
	return false
}

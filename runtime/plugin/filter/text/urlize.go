package text

import (
	"strings"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/plugin/filter/sequence"
	"pbc/runtime/pyre"
	"pbc/runtime/python"
)

// What Jinja takes for a web address, a mail address, a scheme.
var (
	webAddress = pyre.MustCompile(`(?i)^((https?://|www\.)(([\w%-]+\.)+)?([a-z]{2,63}|xn--[\w%]{2,59})` +
		`|([\w%-]{2,63}\.)+(com|net|int|edu|gov|org|info|mil)` +
		`|(https?://)((([\d]{1,3})(\.[\d]{1,3}){3})|(\[([\da-f]{0,4}:){2}([\da-f]{0,4}:?){1,6}])))` +
		`(?::[\d]{1,5})?(?:[/?#]\S*)?$`)
	mailAddress = pyre.MustCompile(`^\S+@\w[\w.-]*\.\w+$`)
	scheme      = pyre.MustCompile(`^([\w.+-]{2,}:(/){0,2})$`)
)

// links are the arguments of urlize.
type links struct {
	attrs   string
	limit   int64 // longest text of a link, -1 for any
	schemes []string
}

// urlizeFilter makes links of the words that are URLs or mail addresses.
func urlizeFilter(s string, c *python.Call) (value.Value, error) {
	l := links{limit: -1}
	var err error
	if v := c.Opt(1, nil); v != nil {
		if l.limit, err = python.AsInt(v); err != nil {
			return nil, err
		}
	}
	nofollow, err := c.OptFlag(2, false)
	if err != nil {
		return nil, err
	}
	rel := map[string]bool{"noopener": true}
	if nofollow {
		rel["nofollow"] = true
	}
	if v := c.Opt(4, nil); v != nil {
		for _, w := range strings.Fields(python.Str(v)) {
			rel[w] = true
		}
	}
	l.attrs = relAttr(rel)
	if v := c.Opt(3, nil); v != nil && v != "" {
		l.attrs += ` target="` + escapeHTML(python.Str(v)) + `"`
	}
	if l.schemes, err = schemesOf(c.Opt(5, nil)); err != nil {
		return nil, err
	}
	words := keepSpace(escapeHTML(s))
	for i, w := range words {
		words[i] = l.word(w)
	}
	return strings.Join(words, ""), nil
}

func schemesOf(v value.Value) ([]string, error) {
	if v == nil {
		return nil, nil
	}
	it, err := python.Iter(v)
	if err != nil {
		return nil, err
	}
	var r []string
	for _, e := range it {
		s := python.Str(e)
		if !scheme.MatchString(s) {
			return nil, exception.Raise("jinja2.exceptions.FilterArgumentError", "%s is not a valid URI scheme prefix.", value.StrRepr(s))
		}
		r = append(r, s)
	}
	return r, nil
}

func relAttr(rel map[string]bool) string {
	d := value.NewDict()
	for w := range rel {
		d.SetStr(w, nil)
	}
	sorted, _ := python.SortBy(d.K, sequence.Identity, false)
	names := make([]string, len(sorted))
	for i, w := range sorted {
		names[i] = python.Str(w)
	}
	return ` rel="` + strings.Join(names, " ") + `"`
}

// keepSpace splits text into words and the white space between them.
func keepSpace(s string) []string {
	var r []string
	from := 0
	space := false
	for i, c := range s {
		if now := python.IsSpaceRune(c); i > 0 && now != space {
			r = append(r, s[from:i])
			from = i
			space = now
		} else if i == 0 {
			space = now
		}
	}
	return append(r, s[from:])
}

// word makes a link of a word, without the brackets and full stops around it.
func (l *links) word(w string) string {
	head, tail := "", ""
	for again := true; again; {
		again = false
		for _, p := range []string{"&lt;", "(", "<"} {
			if strings.HasPrefix(w, p) {
				head, w, again = head+p, w[len(p):], true
			}
		}
	}
	for again := true; again; {
		again = false
		for _, p := range []string{"&gt;", ")", ".", ",", "\n", ">"} {
			if strings.HasSuffix(w, p) {
				tail, w, again = p+tail, strings.TrimSuffix(w, p), true
			}
		}
	}
	w, tail = balance(w, tail)
	return head + l.link(w) + tail
}

// balance moves closing brackets back to the word that opens them.
func balance(w, tail string) (string, string) {
	for _, p := range [][2]string{{"(", ")"}, {"<", ">"}, {"&lt;", "&gt;"}} {
		open := strings.Count(w, p[0])
		if open <= strings.Count(w, p[1]) {
			continue
		}
		for range min(open, strings.Count(tail, p[1])) {
			end := strings.Index(tail, p[1]) + len(p[1])
			w, tail = w+tail[:end], tail[end:]
		}
	}
	return w, tail
}

func (l *links) link(w string) string {
	mail, isMail := strings.CutPrefix(w, "mailto:")
	switch {
	case webAddress.MatchString(w):
		to := w
		if !strings.HasPrefix(w, "https://") && !strings.HasPrefix(w, "http://") {
			to = "https://" + w
		}
		return l.anchor(to, l.short(w))
	case isMail && mailAddress.MatchString(mail):
		return `<a href="` + w + `">` + mail + `</a>`
	case strings.Contains(w, "@") && !strings.HasPrefix(w, "www.") && !strings.Contains(w, ":") && mailAddress.MatchString(w):
		return `<a href="mailto:` + w + `">` + w + `</a>`
	}
	for _, s := range l.schemes {
		if w != s && strings.HasPrefix(w, s) {
			w = l.anchor(w, w)
		}
	}
	return w
}

func (l *links) anchor(to, text string) string {
	return `<a href="` + to + `"` + l.attrs + `>` + text + `</a>`
}

func (l *links) short(s string) string {
	if r := []rune(s); l.limit >= 0 && int64(len(r)) > l.limit {
		return string(r[:l.limit]) + "..."
	}
	return s
}

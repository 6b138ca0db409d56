package eval

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"pbc/ir/value"
)

// strFn is a method of str; s is the object.
type strFn func(s string, c *call) (val, error)

func onText(f strFn) methodFn {
	return func(o val, c *call) (val, error) {
		s, _ := value.Text(o)
		return f(s, c)
	}
}

// strMethods is filled by init: split and format lead back to the table.
var strMethods = map[string]methodFn{}

func init() {
	for _, table := range []map[string]strFn{caseMethods, searchMethods, splitMethods, shapeMethods, kindMethods} {
		for name, f := range table {
			strMethods[name] = onText(f)
		}
	}
}

func pure(f func(string) string) strFn {
	return func(s string, _ *call) (val, error) { return f(s), nil }
}

var caseMethods = map[string]strFn{
	"upper": pure(upper), "lower": pure(lower), "casefold": pure(casefold), "title": pure(title),
	"capitalize": pure(capitalize), "swapcase": pure(swapcase),
}

func casefold(s string) string { return strings.ReplaceAll(lower(s), "ß", "ss") }

func upper(s string) string {
	u := strings.ToUpper(s)
	if strings.ContainsRune(u, 'ß') {
		u = strings.ReplaceAll(u, "ß", "SS")
	}
	return u
}

func lower(s string) string {
	if strings.ContainsRune(s, 'İ') {
		s = strings.ReplaceAll(s, "İ", "i̇")
	}
	return strings.ToLower(s)
}

func title(s string) string {
	var b strings.Builder
	inWord := false
	for _, r := range s {
		letter := unicode.IsLetter(r)
		switch {
		case letter && inWord:
			b.WriteRune(unicode.ToLower(r))
		case letter:
			b.WriteRune(unicode.ToTitle(r))
		default:
			b.WriteRune(r)
		}
		inWord = letter
	}
	return b.String()
}

func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	if r == 'ß' {
		return "Ss" + lower(s[n:])
	}
	return string(unicode.ToTitle(r)) + lower(s[n:])
}

func swapcase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

var searchMethods = map[string]strFn{
	"startswith": affix("startswith", strings.HasPrefix), "endswith": affix("endswith", strings.HasSuffix),
	"find": textFind(false, false), "rfind": textFind(true, false), "index": textFind(false, true), "rindex": textFind(true, true),
	"count": func(s string, c *call) (val, error) {
		sub, err := c.text(0, "sub", "count")
		if err != nil {
			return nil, err
		}
		part, _, err := window(s, c)
		return int64(strings.Count(part, sub)), err
	},
	"replace": func(s string, c *call) (val, error) {
		a, err := c.text(0, "old", "replace() argument 1")
		if err != nil {
			return nil, err
		}
		b, err := c.text(1, "new", "replace() argument 2")
		if err != nil {
			return nil, err
		}
		n, err := c.integer(2, "count", -1)
		if err != nil {
			return nil, err
		}
		if len(a) == 0 && len(s)*len(b) > maxText || len(a) > 0 && strings.Count(s, a)*len(b) > maxText {
			return nil, tooLarge()
		}
		return strings.Replace(s, a, b, int(n)), nil
	},
	"removeprefix": affixCut("removeprefix", strings.TrimPrefix), "removesuffix": affixCut("removesuffix", strings.TrimSuffix),
}

func affixCut(name string, cut func(s, p string) string) strFn {
	return func(s string, c *call) (val, error) {
		p, err := c.text(0, "affix", name+"() argument")
		return cut(s, p), err
	}
}

// window is the part of s that the arguments start and end leave, and where it begins.
func window(s string, c *call) (part string, from int, err error) {
	if len(c.args) < 2 {
		return s, 0, nil
	}
	sl := &slice{start: c.args[1], stop: c.get(2, "", nil)}
	from, _, _, err = sl.bounds(utf8.RuneCountInString(s))
	if err != nil {
		return "", 0, err
	}
	v, err := sl.ofText(s)
	if err != nil {
		return "", 0, err
	}
	return v.(string), from, nil
}

func affix(name string, has func(s, p string) bool) strFn {
	return func(s string, c *call) (val, error) {
		a, err := need(c, 0, name)
		if err != nil {
			return nil, err
		}
		part, _, err := window(s, c)
		if err != nil {
			return nil, err
		}
		options := []val{a}
		if t, ok := a.(tuple); ok {
			options = t
		}
		for _, o := range options {
			p, ok := value.Text(o)
			if !ok {
				if err := use(o); err != nil {
					return nil, err
				}
				return nil, typeErr("%s first arg must be str or a tuple of str, not %s", name, value.TypeName(o))
			}
			if has(part, p) {
				return true, nil
			}
		}
		return false, nil
	}
}

func textFind(last, must bool) strFn {
	return func(s string, c *call) (val, error) {
		sub, err := c.text(0, "sub", "find")
		if err != nil {
			return nil, err
		}
		part, from, err := window(s, c)
		if err != nil {
			return nil, err
		}
		i := strings.Index(part, sub)
		if last {
			i = strings.LastIndex(part, sub)
		}
		if i < 0 {
			if must {
				return nil, valueErr("substring not found")
			}
			return int64(-1), nil
		}
		return int64(from + utf8.RuneCountInString(part[:i])), nil
	}
}

var splitMethods = map[string]strFn{
	"split":  func(s string, c *call) (val, error) { return splitMethod(s, c, false) },
	"rsplit": func(s string, c *call) (val, error) { return splitMethod(s, c, true) },
	"splitlines": func(s string, c *call) (val, error) {
		keep, err := c.flag(0, "keepends", false)
		return textList(splitLines(s, keep)), err
	},
	"partition": func(s string, c *call) (val, error) {
		p, err := c.text(0, "sep", "partition")
		if err != nil {
			return nil, err
		}
		if a, b, ok := strings.Cut(s, p); ok {
			return tuple{a, p, b}, nil
		}
		return tuple{s, "", ""}, nil
	},
	"rpartition": func(s string, c *call) (val, error) {
		p, err := c.text(0, "sep", "rpartition")
		if err != nil {
			return nil, err
		}
		if i := strings.LastIndex(s, p); i >= 0 {
			return tuple{s[:i], p, s[i+len(p):]}, nil
		}
		return tuple{"", "", s}, nil
	},
	"join": func(s string, c *call) (val, error) {
		it, err := iter(c.get(0, "iterable", nil))
		if err != nil {
			return nil, err
		}
		r := make([]string, len(it))
		for i, e := range it {
			x, ok := value.Text(e)
			if !ok {
				if err := use(e); err != nil {
					return nil, err
				}
				return nil, typeErr("sequence item %d: expected str instance, %s found", i, value.TypeName(e))
			}
			r[i] = x
		}
		return strings.Join(r, s), nil
	},
}

func textList(v []string) *list {
	r := make([]val, len(v))
	for i, s := range v {
		r[i] = s
	}
	return &list{V: r}
}

func splitMethod(s string, c *call, right bool) (val, error) {
	n, err := c.integer(1, "maxsplit", -1)
	if err != nil {
		return nil, err
	}
	sep := c.get(0, "sep", nil)
	if sep == nil {
		if right {
			return textList(rsplitSpace(s, int(n))), nil
		}
		return textList(splitSpace(s, int(n))), nil
	}
	p, ok := value.Text(sep)
	if !ok {
		if err := use(sep); err != nil {
			return nil, err
		}
		return nil, typeErr("must be str or None, not %s", value.TypeName(sep))
	}
	switch {
	case p == "":
		return nil, valueErr("empty separator")
	case n < 0:
		return textList(strings.Split(s, p)), nil
	case !right:
		return textList(strings.SplitN(s, p, int(n)+1)), nil
	}
	var r []string
	for i := strings.LastIndex(s, p); i >= 0 && n > 0; i = strings.LastIndex(s, p) {
		r = append([]string{s[i+len(p):]}, r...)
		s = s[:i]
		n--
	}
	return textList(append([]string{s}, r...)), nil
}

// isSpaceRune is str.isspace of one character.
func isSpaceRune(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// splitSpace splits at runs of white space, at most n times unless n is negative.
func splitSpace(s string, n int) []string {
	var r []string
	s = strings.TrimLeftFunc(s, isSpaceRune)
	for s != "" {
		if len(r) == n {
			return append(r, strings.TrimRightFunc(s, isSpaceRune))
		}
		i := strings.IndexFunc(s, isSpaceRune)
		if i < 0 {
			return append(r, s)
		}
		r = append(r, s[:i])
		s = strings.TrimLeftFunc(s[i:], isSpaceRune)
	}
	return r
}

func rsplitSpace(s string, n int) []string {
	if n < 0 {
		return splitSpace(s, n)
	}
	var r []string
	s = strings.TrimRightFunc(s, isSpaceRune)
	for s != "" {
		if len(r) == n {
			return append([]string{strings.TrimLeftFunc(s, isSpaceRune)}, r...)
		}
		i := strings.LastIndexFunc(s, isSpaceRune)
		if i < 0 {
			return append([]string{s}, r...)
		}
		_, w := utf8.DecodeRuneInString(s[i:])
		r = append([]string{s[i+w:]}, r...)
		s = strings.TrimRightFunc(s[:i], isSpaceRune)
	}
	return r
}

func isLineBreak(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// splitLines is str.splitlines.
func splitLines(s string, keep bool) []string {
	var r []string
	start := 0
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		if !isLineBreak(c) {
			i += n
			continue
		}
		end := i
		if strings.HasPrefix(s[i:], "\r\n") {
			n = 2
		}
		i += n
		if keep {
			end = i
		}
		r = append(r, s[start:end])
		start = i
	}
	if start < len(s) {
		r = append(r, s[start:])
	}
	return r
}

var shapeMethods = map[string]strFn{
	"strip": stripMethod(true, true), "lstrip": stripMethod(true, false), "rstrip": stripMethod(false, true),
	"ljust": justify('<'), "rjust": justify('>'), "center": justify('^'),
	"zfill":      zfill,
	"expandtabs": expandTabs,
	"encode":     func(s string, _ *call) (val, error) { return []byte(s), nil },
	"format": func(s string, c *call) (val, error) {
		r, err := (&strFormat{c: c}).format(s, 0)
		return r, err
	},
	"format_map": func(s string, c *call) (val, error) {
		d, ok := c.get(0, "mapping", nil).(*dict)
		if !ok {
			return nil, typeErr("format_map() argument must be a mapping")
		}
		k := &call{}
		for i, name := range d.K {
			k.kw = append(k.kw, arg{str(name), d.V[i]})
		}
		r, err := (&strFormat{c: k}).format(s, 0)
		return r, err
	},
	"translate": translate,
}

func stripMethod(left, right bool) strFn {
	return func(s string, c *call) (val, error) { return strip(s, c.get(0, "chars", nil), left, right) }
}

func strip(s string, chars val, left, right bool) (val, error) {
	in := isSpaceRune
	if chars != nil {
		set, ok := value.Text(chars)
		if !ok {
			if err := use(chars); err != nil {
				return nil, err
			}
			return nil, typeErr("strip arg must be None or str")
		}
		in = func(r rune) bool { return strings.ContainsRune(set, r) }
	}
	if left {
		s = strings.TrimLeftFunc(s, in)
	}
	if right {
		s = strings.TrimRightFunc(s, in)
	}
	return s, nil
}

func justify(align byte) strFn {
	return func(s string, c *call) (val, error) {
		w, err := c.integer(0, "width", 0)
		if err != nil {
			return nil, err
		}
		fill := str(c.get(1, "fillchar", " "))
		if utf8.RuneCountInString(fill) != 1 {
			return nil, typeErr("The fill character must be exactly one character long")
		}
		if w > maxText {
			return nil, tooLarge()
		}
		if align == '^' {
			return center(s, int(w), fill), nil
		}
		return spec{fill: fill, align: align, width: int(w)}.pad(s), nil
	}
}

// center puts the odd blank where CPython does.
func center(s string, w int, fill string) string {
	n := w - utf8.RuneCountInString(s)
	if n <= 0 {
		return s
	}
	l := n/2 + (n & w & 1)
	return strings.Repeat(fill, l) + s + strings.Repeat(fill, n-l)
}

func zfill(s string, c *call) (val, error) {
	w, err := c.integer(0, "width", 0)
	if err != nil {
		return nil, err
	}
	if w > maxText {
		return nil, tooLarge()
	}
	n := int(w) - utf8.RuneCountInString(s)
	if n <= 0 {
		return s, nil
	}
	sign := 0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign = 1
	}
	return s[:sign] + strings.Repeat("0", n) + s[sign:], nil
}

func expandTabs(s string, c *call) (val, error) {
	size, err := c.integer(0, "tabsize", 8)
	if err != nil {
		return nil, err
	}
	if size > maxWidth {
		return nil, tooLarge()
	}
	var b strings.Builder
	col := int64(0)
	for _, r := range s {
		switch {
		case r == '\t' && size > 0:
			k := size - col%size
			b.WriteString(strings.Repeat(" ", int(k)))
			col += k
		case r == '\t':
		case r == '\n' || r == '\r':
			b.WriteRune(r)
			col = 0
		default:
			b.WriteRune(r)
			col++
		}
	}
	return b.String(), nil
}

func translate(s string, c *call) (val, error) {
	d, ok := c.get(0, "table", nil).(*dict)
	if !ok {
		return nil, typeErr("'%s' object is not subscriptable", value.TypeName(c.get(0, "table", nil)))
	}
	var b strings.Builder
	for _, r := range s {
		v, ok, _ := d.Get(int64(r))
		n, isInt := v.(int64)
		switch {
		case !ok:
			b.WriteRune(r)
		case isInt:
			b.WriteRune(rune(n))
		case v != nil:
			b.WriteString(str(v))
		}
	}
	return b.String(), nil
}

var kindMethods = map[string]strFn{
	"isdigit": all(func(r rune) bool { return unicode.IsDigit(r) || isSuperscript(r) }), "isdecimal": all(unicode.IsDigit),
	"isnumeric": all(unicode.IsNumber), "isalpha": all(unicode.IsLetter),
	"isalnum": all(func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }),
	"isspace": all(isSpaceRune),
	"isupper": func(s string, _ *call) (val, error) { return s == upper(s) && s != lower(s), nil },
	"islower": func(s string, _ *call) (val, error) { return s == lower(s) && s != upper(s), nil },
	"istitle": func(s string, _ *call) (val, error) {
		return strings.IndexFunc(s, unicode.IsLetter) >= 0 && s == title(s), nil
	},
	"isascii": func(s string, _ *call) (val, error) { return isASCII(s), nil },
	"isprintable": func(s string, _ *call) (val, error) {
		return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0, nil
	},
	"isidentifier": func(s string, _ *call) (val, error) { return isIdentifier(s), nil },
}

func isSuperscript(r rune) bool {
	return r == '²' || r == '³' || r == '¹' || r >= 0x2070 && r <= 0x2089 && r != 0x2071
}

func isIdentifier(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r) && !unicode.IsMark(r)) {
			return false
		}
	}
	return s != ""
}

func all(f func(rune) bool) strFn {
	return func(s string, _ *call) (val, error) {
		for _, r := range s {
			if !f(r) {
				return false, nil
			}
		}
		return s != "", nil
	}
}

package python

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
)

// strFn is a method of str; s is the object.
type strFn func(s string, c *Call) (value.Value, error)

func onText(f strFn) Method {
	return func(o value.Value, c *Call) (value.Value, error) {
		s, _ := value.Text(o)
		return f(s, c)
	}
}

// strMethods is filled by init: split and format lead back to the table.
var strMethods = map[string]Method{}

func init() {
	for _, table := range []map[string]strFn{searchMethods, splitMethods, shapeMethods} {
		for name, f := range table {
			strMethods[name] = onText(f)
		}
	}
	for _, table := range []map[string]strFn{caseMethods, kindMethods} {
		for name, f := range table {
			strMethods[name] = onText(alone(name, f))
		}
	}
	checkArities()
}

func pure(f func(string) string) strFn {
	return func(s string, _ *Call) (value.Value, error) { return f(s), nil }
}

// alone makes a method of those of str refuse arguments.
func alone(name string, f strFn) strFn {
	return func(s string, c *Call) (value.Value, error) {
		switch {
		case len(c.KW) > 0:
			return nil, exception.TypeError("str.%s() takes no keyword arguments", name)
		case len(c.Args) > 0:
			return nil, exception.TypeError("str.%s() takes no arguments (%d given)", name, len(c.Args))
		}
		return f(s, c)
	}
}

var caseMethods = map[string]strFn{
	"upper": pure(Upper), "lower": pure(Lower), "casefold": pure(casefold), "title": pure(title),
	"capitalize": pure(Capitalize), "swapcase": pure(swapcase),
}

var searchMethods = map[string]strFn{
	"startswith": affix("startswith", strings.HasPrefix), "endswith": affix("endswith", strings.HasSuffix),
	"find": textFind(false, false), "rfind": textFind(true, false), "index": textFind(false, true), "rindex": textFind(true, true),
	"count": func(s string, c *Call) (value.Value, error) {
		sub, err := c.text(0, "sub", "count")
		if err != nil {
			return nil, err
		}
		part, _, err := window(s, c)
		if err != nil || part == nil {
			return int64(0), err
		}
		if sub == "" {
			return int64(utf8.RuneCountInString(*part)) + 1, nil
		}
		return int64(strings.Count(*part, sub)), nil
	},
	"replace": func(s string, c *Call) (value.Value, error) {
		if len(c.KW) > 0 {
			return nil, exception.TypeError("str.replace() takes no keyword arguments")
		}
		a, err := c.text(0, "old", "replace() argument 1")
		if err != nil {
			return nil, err
		}
		b, err := c.text(1, "new", "replace() argument 2")
		if err != nil {
			return nil, err
		}
		n, err := c.Integer(2, "count", -1)
		if err != nil {
			return nil, err
		}
		if len(a) == 0 && len(s)*len(b) > bound.Text || len(a) > 0 && strings.Count(s, a)*len(b) > bound.Text {
			return nil, bound.TooLarge()
		}
		return strings.Replace(s, a, b, int(n)), nil
	},
	"removeprefix": affixCut("removeprefix", strings.TrimPrefix), "removesuffix": affixCut("removesuffix", strings.TrimSuffix),
}

func affixCut(name string, cut func(s, p string) string) strFn {
	return func(s string, c *Call) (value.Value, error) {
		p, err := c.text(0, "affix", name+"() argument")
		return cut(s, p), err
	}
}

// window is the part of s that the arguments start and end leave, and where it begins.
// It is nil for a start behind the end, where not even "" is found.
func window(s string, c *Call) (part *string, from int, err error) {
	if len(c.Args) < 2 {
		return &s, 0, nil
	}
	n := utf8.RuneCountInString(s)
	sl := &Slice{Start: c.Args[1], Stop: c.Get(2, "", nil)}
	from, to, _, err := sl.bounds(n)
	if err != nil {
		return nil, 0, err
	}
	if start := Num(c.Args[1]); from > to || start.Kind == 'i' && start.I > int64(n) {
		return nil, 0, nil
	}
	v, err := sl.ofText(s)
	if err != nil {
		return nil, 0, err
	}
	text := v.(string)
	return &text, from, nil
}

func affix(name string, has func(s, p string) bool) strFn {
	return func(s string, c *Call) (value.Value, error) {
		a, err := need(c, 0, name)
		if err != nil {
			return nil, err
		}
		part, _, err := window(s, c)
		if err != nil {
			return nil, err
		}
		options := []value.Value{a}
		if t, ok := a.(value.Tuple); ok {
			options = t
		}
		for _, o := range options {
			p, ok := value.Text(o)
			if !ok {
				if err := Use(o); err != nil {
					return nil, err
				}
				if _, several := a.(value.Tuple); several {
					return nil, exception.TypeError("tuple for %s must only contain str, not %s", name, value.ClassName(o))
				}
				return nil, exception.TypeError("%s first arg must be str or a tuple of str, not %s", name, value.ClassName(o))
			}
			if part != nil && has(*part, p) {
				return true, nil
			}
		}
		return false, nil
	}
}

func textFind(last, must bool) strFn {
	return func(s string, c *Call) (value.Value, error) {
		sub, err := c.text(0, "sub", "find")
		if err != nil {
			return nil, err
		}
		part, from, err := window(s, c)
		if err != nil {
			return nil, err
		}
		i := -1
		switch {
		case part == nil:
		case last:
			i = strings.LastIndex(*part, sub)
		default:
			i = strings.Index(*part, sub)
		}
		if i < 0 {
			if must {
				return nil, exception.ValueError("substring not found")
			}
			return int64(-1), nil
		}
		return int64(from + utf8.RuneCountInString((*part)[:i])), nil
	}
}

var splitMethods = map[string]strFn{
	"split":  func(s string, c *Call) (value.Value, error) { return SplitMethod(s, c, false) },
	"rsplit": func(s string, c *Call) (value.Value, error) { return SplitMethod(s, c, true) },
	"splitlines": func(s string, c *Call) (value.Value, error) {
		keep, err := c.Flag(0, "keepends", false)
		return textList(SplitLines(s, keep)), err
	},
	"partition": func(s string, c *Call) (value.Value, error) {
		p, err := separator(c, "partition")
		if err != nil {
			return nil, err
		}
		if a, b, ok := strings.Cut(s, p); ok {
			return value.Tuple{a, p, b}, nil
		}
		return value.Tuple{s, "", ""}, nil
	},
	"rpartition": func(s string, c *Call) (value.Value, error) {
		p, err := separator(c, "rpartition")
		if err != nil {
			return nil, err
		}
		if i := strings.LastIndex(s, p); i >= 0 {
			return value.Tuple{s[:i], p, s[i+len(p):]}, nil
		}
		return value.Tuple{"", "", s}, nil
	},
	"join": func(s string, c *Call) (value.Value, error) {
		it, err := Iter(c.Get(0, "iterable", nil))
		if err != nil {
			if exception.IsTypeError(err) {
				err = exception.TypeError("can only join an iterable")
			}
			return nil, err
		}
		r := make([]string, len(it))
		size := len(s) * len(it)
		for i, e := range it {
			x, ok := value.Text(e)
			if !ok {
				if err := Use(e); err != nil {
					return nil, err
				}
				return nil, exception.TypeError("sequence item %d: expected str instance, %s found", i, value.ClassName(e))
			}
			r[i] = x
			if size += len(x); size > bound.Text {
				return nil, bound.TooLarge()
			}
		}
		return strings.Join(r, s), nil
	},
}

// separator reads the argument of partition.
func separator(c *Call, method string) (string, error) {
	p, err := needText(c.Get(0, "sep", nil), method)
	if v := c.Get(0, "sep", nil); err != nil && Use(v) == nil {
		err = exception.TypeError("must be str, not %s", value.ClassName(v))
	}
	if err == nil && p == "" {
		err = exception.ValueError("empty separator")
	}
	return p, err
}

func textList(v []string) *value.List {
	r := make([]value.Value, len(v))
	for i, s := range v {
		r[i] = s
	}
	return &value.List{V: r}
}

// SplitMethod is str.split, and with right str.rsplit, with the arguments of c.
func SplitMethod(s string, c *Call, right bool) (value.Value, error) {
	for _, a := range c.KW {
		if a.Name != "sep" && a.Name != "maxsplit" {
			return nil, exception.TypeError("'%s' is an invalid keyword argument for %s()", a.Name, map[bool]string{false: "split", true: "rsplit"}[right])
		}
	}
	n, err := c.Integer(1, "maxsplit", -1)
	if err != nil {
		return nil, err
	}
	sep := c.Get(0, "sep", nil)
	if sep == nil {
		if right {
			return textList(rsplitSpace(s, int(n))), nil
		}
		return textList(SplitSpace(s, int(n))), nil
	}
	p, ok := value.Text(sep)
	if !ok {
		if err := Use(sep); err != nil {
			return nil, err
		}
		return nil, exception.TypeError("must be str or None, not %s", value.ClassName(sep))
	}
	switch {
	case p == "":
		return nil, exception.ValueError("empty separator")
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

// IsSpaceRune is str.isspace of one character.
func IsSpaceRune(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// SplitSpace splits at runs of white space, at most n times unless n is negative.
func SplitSpace(s string, n int) []string {
	var r []string
	s = strings.TrimLeftFunc(s, IsSpaceRune)
	for s != "" {
		if len(r) == n {
			return append(r, s)
		}
		i := strings.IndexFunc(s, IsSpaceRune)
		if i < 0 {
			return append(r, s)
		}
		r = append(r, s[:i])
		s = strings.TrimLeftFunc(s[i:], IsSpaceRune)
	}
	return r
}

func rsplitSpace(s string, n int) []string {
	if n < 0 {
		return SplitSpace(s, n)
	}
	var r []string
	s = strings.TrimRightFunc(s, IsSpaceRune)
	for s != "" {
		if len(r) == n {
			return append([]string{s}, r...)
		}
		i := strings.LastIndexFunc(s, IsSpaceRune)
		if i < 0 {
			return append([]string{s}, r...)
		}
		_, w := utf8.DecodeRuneInString(s[i:])
		r = append([]string{s[i+w:]}, r...)
		s = strings.TrimRightFunc(s[:i], IsSpaceRune)
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

// SplitLines is str.splitlines.
func SplitLines(s string, keep bool) []string {
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
	"ljust": justify("ljust", '<'), "rjust": justify("rjust", '>'), "center": justify("center", '^'),
	"zfill":      zfill,
	"expandtabs": expandtabs,
	"encode":     encode,
	"maketrans":  makeTable,
	"format": func(s string, c *Call) (value.Value, error) {
		r, err := (&strFormat{c: c}).format(s, 0)
		return r, err
	},
	"format_map": func(s string, c *Call) (value.Value, error) {
		d, ok := c.Get(0, "mapping", nil).(*value.Dict)
		if !ok {
			return nil, exception.TypeError("format_map() argument must be a mapping")
		}
		k := &Call{}
		for i, name := range d.K {
			k.KW = append(k.KW, Arg{Str(name), d.V[i]})
		}
		r, err := (&strFormat{c: k}).format(s, 0)
		return r, err
	},
	"translate": translate,
}

func stripMethod(left, right bool) strFn {
	return func(s string, c *Call) (value.Value, error) { return Strip(s, c.Get(0, "chars", nil), left, right) }
}

// Strip takes the characters of chars, white space when that is None, off the sides asked for.
func Strip(s string, chars value.Value, left, right bool) (value.Value, error) {
	in := IsSpaceRune
	if chars != nil {
		set, ok := value.Text(chars)
		if !ok {
			if err := Use(chars); err != nil {
				return nil, err
			}
			return nil, exception.TypeError("strip arg must be None or str")
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

func justify(name string, align byte) strFn {
	return func(s string, c *Call) (value.Value, error) {
		if _, err := need(c, 0, name); err != nil {
			return nil, err
		}
		w, err := c.Integer(0, "width", 0)
		if err != nil {
			return nil, err
		}
		fill := Str(c.Get(1, "fillchar", " "))
		if utf8.RuneCountInString(fill) != 1 {
			return nil, exception.TypeError("The fill character must be exactly one character long")
		}
		if w > bound.Text {
			return nil, bound.TooLarge()
		}
		if align == '^' {
			return Center(s, int(w), fill), nil
		}
		return spec{fill: fill, align: align, width: int(w)}.pad(s), nil
	}
}

// Center puts the odd blank where CPython does.
func Center(s string, w int, fill string) string {
	n := w - utf8.RuneCountInString(s)
	if n <= 0 {
		return s
	}
	l := n/2 + (n & w & 1)
	return strings.Repeat(fill, l) + s + strings.Repeat(fill, n-l)
}

func zfill(s string, c *Call) (value.Value, error) {
	w, err := c.Integer(0, "width", 0)
	if err != nil {
		return nil, err
	}
	if w > bound.Text {
		return nil, bound.TooLarge()
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

func expandtabs(s string, c *Call) (value.Value, error) {
	size, err := c.Integer(0, "tabsize", 8)
	if err != nil {
		return nil, err
	}
	if size > bound.Width {
		return nil, bound.TooLarge()
	}
	return ExpandTabs(s, int(size)), nil
}

// ExpandTabs is str.expandtabs: tabs become blanks up to the next of the columns that are so far apart, or nothing.
func ExpandTabs(s string, size int) string {
	var b strings.Builder
	col := 0
	for _, r := range s {
		switch {
		case r == '\t' && size > 0:
			k := size - col%size
			b.WriteString(strings.Repeat(" ", k))
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
	return b.String()
}

func translate(s string, c *Call) (value.Value, error) {
	d, ok := c.Get(0, "table", nil).(*value.Dict)
	if !ok {
		return nil, exception.TypeError("'%s' object is not subscriptable", value.ClassName(c.Get(0, "table", nil)))
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
			b.WriteString(Str(v))
		}
	}
	return b.String(), nil
}

var kindMethods = map[string]strFn{
	"isdigit": all(func(r rune) bool { return unicode.IsDigit(r) || isSuperscript(r) }), "isdecimal": all(unicode.IsDigit),
	"isnumeric": all(unicode.IsNumber), "isalpha": all(unicode.IsLetter),
	"isalnum": all(func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }),
	"isspace": all(IsSpaceRune),
	"isupper": func(s string, _ *Call) (value.Value, error) { return oneCase(s, isUpper), nil },
	"islower": func(s string, _ *Call) (value.Value, error) { return oneCase(s, isLower), nil },
	"istitle": func(s string, _ *Call) (value.Value, error) { return isTitle(s), nil },
	"isascii": func(s string, _ *Call) (value.Value, error) { return isASCII(s), nil },
	"isprintable": func(s string, _ *Call) (value.Value, error) {
		return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0, nil
	},
	"isidentifier": func(s string, _ *Call) (value.Value, error) { return isIdentifier(s), nil },
}

func isSuperscript(r rune) bool {
	return r == '²' || r == '³' || r == '¹' || r >= 0x2070 && r <= 0x2089 && r != 0x2071
}

func isIdentifier(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.In(r, unicode.L, unicode.Nl, unicode.Other_ID_Start) && (i == 0 || !unicode.IsDigit(r) && !unicode.IsMark(r)) {
			return false
		}
	}
	return s != ""
}

func all(f func(rune) bool) strFn {
	return func(s string, _ *Call) (value.Value, error) {
		for _, r := range s {
			if !f(r) {
				return false, nil
			}
		}
		return s != "", nil
	}
}

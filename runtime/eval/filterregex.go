package eval

import (
	"strings"
	"unicode"

	"pbc/ir/value"
)

func isLetter(r rune) bool         { return unicode.IsLetter(r) }
func isLetterOrNumber(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

var patternTable = []*Plugin{
	{Name: "regex_replace", Params: "pattern='', replacement='', ignorecase=false, multiline=false", Doc: "Replace what a regular expression matches.", fn: textFilter(regexReplace)},
	{Name: "regex_search", Params: "regex, *args, **kwargs", Doc: "Return the first match of a regular expression.", fn: textFilter(regexSearch)},
	{Name: "regex_findall", Params: "regex, multiline=false, ignorecase=false", Doc: "Return all matches of a regular expression.", fn: textFilter(regexFindAll)},
	{Name: "regex_escape", Params: "re_type='python'", Doc: "Escape what is special in a regular expression.", fn: textFilter(regexEscape)},
}

// patternOf compiles a parameter as a pattern.
func patternOf(v val, ignorecase, multiline bool) (*regex, error) {
	s, ok := value.Text(v)
	if !ok {
		if err := use(v); err != nil {
			return nil, err
		}
		return nil, typeErr("first argument must be string or compiled pattern")
	}
	mode := ""
	if ignorecase {
		mode += "i"
	}
	if multiline {
		mode += "m"
	}
	return compileRegex(s, mode)
}

func regexAt(c *call, pattern, ignorecase, multiline int) (*regex, error) {
	i, err := c.optFlag(ignorecase, false)
	if err != nil {
		return nil, err
	}
	m, err := c.optFlag(multiline, false)
	if err != nil {
		return nil, err
	}
	return patternOf(c.opt(pattern, ""), i, m)
}

func regexReplace(s string, c *call) (val, error) {
	r, err := regexAt(c, 1, 3, 4)
	if err != nil {
		return nil, err
	}
	rep := c.opt(2, "")
	t, ok := value.Text(rep)
	if !ok {
		if err := use(rep); err != nil {
			return nil, err
		}
		return nil, typeErr("decoding to str: need a bytes-like object, %s found", value.TypeName(rep))
	}
	out, err := r.sub(t, s)
	return out, err
}

// searchGroup reads one of the groups asked for: \1, \g<1> or \g<name>.
func searchGroup(v val) (string, error) {
	s, ok := value.Text(v)
	if !ok {
		if err := use(v); err != nil {
			return "", err
		}
		return "", raise("AttributeError", "'%s' object has no attribute 'startswith'", value.TypeName(v))
	}
	if name, ok := strings.CutPrefix(s, `\g<`); ok {
		if i := strings.IndexByte(name, '>'); i > 0 {
			return name[:i], nil
		}
	} else if n, ok := strings.CutPrefix(s, `\`); ok {
		digits := len(n) - len(strings.TrimLeft(n, "0123456789"))
		if digits > 0 {
			return n[:digits], nil
		}
	} else {
		return "", filterErr("Unknown argument")
	}
	return "", raise("AttributeError", "'NoneType' object has no attribute 'group'")
}

func regexSearch(s string, c *call) (val, error) {
	var groups []string
	for _, a := range c.rest() {
		g, err := searchGroup(a)
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	i, err := c.kwFlag("ignorecase", false)
	if err != nil {
		return nil, err
	}
	m, err := c.kwFlag("multiline", false)
	if err != nil {
		return nil, err
	}
	r, err := patternOf(c.args[1], i, m)
	if err != nil {
		return nil, err
	}
	found, err := r.search(s)
	if err != nil || found == nil {
		return nil, err
	}
	if len(groups) == 0 {
		return found.group(s, 0), nil
	}
	out := &list{}
	for _, g := range groups {
		n := r.groupIndex(g)
		if n < 0 {
			return nil, raise("IndexError", "no such group")
		}
		if found[n][0] < 0 {
			out.V = append(out.V, nil)
		} else {
			out.V = append(out.V, found.group(s, n))
		}
	}
	return out, nil
}

func regexFindAll(s string, c *call) (val, error) {
	r, err := regexAt(c, 1, 3, 2)
	if err != nil {
		return nil, err
	}
	ms, err := r.all(s)
	if err != nil {
		return nil, err
	}
	out := &list{V: []val{}}
	for _, m := range ms {
		switch len(m) {
		case 1:
			out.V = append(out.V, m.group(s, 0))
		case 2:
			out.V = append(out.V, m.group(s, 1))
		default:
			t := make(tuple, len(m)-1)
			for i := range t {
				t[i] = m.group(s, i+1)
			}
			out.V = append(out.V, t)
		}
	}
	return out, nil
}

func regexEscape(s string, c *call) (val, error) {
	special := "()[]{}?*+-|^$\\.&~# \t\n\r\v\f"
	switch kind := str(c.opt(1, "python")); kind {
	case "python":
	case "posix_basic":
		special = "].[^$*\\"
	case "posix_extended":
		return nil, filterErr("Regex type (%s) not yet implemented", kind)
	default:
		return nil, filterErr("Invalid regex type (%s)", kind)
	}
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String(), nil
}

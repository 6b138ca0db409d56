package text

import (
	"strings"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/pyre"
	"pbc/runtime/python"
)

var patterns = []*plugin.Row{
	{Name: "regex_replace", Params: "pattern='', replacement='', ignorecase=false, multiline=false", Doc: "Replace what a regular expression matches.", Fn: plugin.Text(regexReplace)},
	{Name: "regex_search", Params: "regex, *args, **kwargs", Doc: "Return the first match of a regular expression.", Fn: plugin.Text(regexSearch)},
	{Name: "regex_findall", Params: "regex, multiline=false, ignorecase=false", Doc: "Return all matches of a regular expression.", Fn: plugin.Text(regexFindAll)},
	{Name: "regex_escape", Params: "re_type='python'", Doc: "Escape what is special in a regular expression.", Fn: plugin.Text(regexEscape)},
}

func regexReplace(s string, c *python.Call) (value.Value, error) {
	r, err := plugin.Regex(c, 1, 3, 4)
	if err != nil {
		return nil, err
	}
	rep := c.Opt(2, "")
	t, ok := value.Text(rep)
	if !ok {
		if err := python.Use(rep); err != nil {
			return nil, err
		}
		return nil, exception.TypeError("decoding to str: need a bytes-like object, %s found", value.TypeName(rep))
	}
	out, _, err := r.Sub(t, s)
	return out, err
}

// searchGroup reads one of the groups asked for: \1, \g<1> or \g<name>.
func searchGroup(v value.Value) (string, error) {
	s, ok := value.Text(v)
	if !ok {
		if err := python.Use(v); err != nil {
			return "", err
		}
		return "", exception.Raise("AttributeError", "'%s' object has no attribute 'startswith'", value.TypeName(v))
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
		return "", exception.FilterError("Unknown argument")
	}
	return "", exception.Raise("AttributeError", "'NoneType' object has no attribute 'group'")
}

func regexSearch(s string, c *python.Call) (value.Value, error) {
	var groups []string
	for _, a := range c.Rest() {
		g, err := searchGroup(a)
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	i, err := c.KwFlag("ignorecase", false)
	if err != nil {
		return nil, err
	}
	m, err := c.KwFlag("multiline", false)
	if err != nil {
		return nil, err
	}
	r, err := plugin.Pattern(c.Args[1], i, m)
	if err != nil {
		return nil, err
	}
	found, err := r.Search(s)
	if err != nil || found == nil {
		return nil, err
	}
	if len(groups) == 0 {
		all, _ := found.Group(0)
		return all, nil
	}
	out := &value.List{}
	for _, g := range groups {
		n := r.Index(g)
		if n < 0 {
			return nil, exception.Raise("IndexError", "no such group")
		}
		if text, took := found.Group(n); took {
			out.V = append(out.V, text)
		} else {
			out.V = append(out.V, nil)
		}
	}
	return out, nil
}

func regexFindAll(s string, c *python.Call) (value.Value, error) {
	r, err := plugin.Regex(c, 1, 3, 2)
	if err != nil {
		return nil, err
	}
	ms, err := r.FindAll(s)
	if err != nil {
		return nil, err
	}
	out := &value.List{V: []value.Value{}}
	for _, m := range ms {
		out.V = append(out.V, groupsOf(m))
	}
	return out, nil
}

// groupsOf is an item of re.findall: the match, its only group, or a tuple of its groups.
func groupsOf(m *pyre.Match) value.Value {
	groups := make(value.Tuple, m.Len())
	for i := range groups {
		groups[i], _ = m.Group(i)
	}
	if len(groups) > 2 {
		return groups[1:]
	}
	return groups[len(groups)-1]
}

func regexEscape(s string, c *python.Call) (value.Value, error) {
	special := "()[]{}?*+-|^$\\.&~# \t\n\r\v\f"
	kind, err := c.OptText(1, "python")
	if err != nil {
		return nil, err
	}
	switch kind {
	case "python":
	case "posix_basic":
		special = "].[^$*\\"
	case "posix_extended":
		return nil, exception.FilterError("Regex type (%s) not yet implemented", kind)
	default:
		return nil, exception.FilterError("Invalid regex type (%s)", kind)
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

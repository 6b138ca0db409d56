package path

import (
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/python"
)

// Filters are the rows of this family.
var Filters = []*plugin.Row{
	{Name: "basename", Params: "", Doc: "Return the last part of a path.", Fn: plugin.Path(func(s string) value.Value { return s[strings.LastIndexByte(s, '/')+1:] })},
	{Name: "dirname", Params: "", Doc: "Return a path without its last part.", Fn: plugin.Path(func(s string) value.Value { return dirname(s) })},
	{Name: "expanduser", Params: "", Doc: "Replace a leading ~.", Fn: plugin.Path(func(s string) value.Value { return expandUser(s) })},
	{Name: "expandvars", Params: "", Doc: "Replace environment variables.", Fn: plugin.Path(func(s string) value.Value { return expandVars(s) })},
	{Name: "realpath", Params: "", Doc: "Resolve a path's links.", Fn: plugin.Path(func(s string) value.Value { return realPath(s) })},
	{Name: "relpath", Params: "start=none", Doc: "Return a path as seen from another.", Fn: relPath},
	{Name: "splitext", Params: "", Doc: "Split the extension from a path.", Fn: plugin.Path(splitExt)},
	{Name: "path_join", Params: "", Doc: "Join parts to a path.", Fn: pathJoin},
	{Name: "win_basename", Params: "", Doc: "Return the last part of a Windows path.", Python: "basename", Fn: plugin.Path(func(s string) value.Value { _, b := winSplit(s); return b })},
	{Name: "win_dirname", Params: "", Doc: "Return a Windows path without its last part.", Python: "dirname", Fn: plugin.Path(func(s string) value.Value { d, _ := winSplit(s); return d })},
	{Name: "win_splitdrive", Params: "", Doc: "Split the drive from a Windows path.", Python: "splitdrive", Fn: plugin.Path(func(s string) value.Value { d, p := winDrive(s); return value.Tuple{d, p} })},
	{Name: "fileglob", Params: "", Doc: "Return the files that a pattern matches.", Fn: globFilter},
}

func dirname(s string) string {
	head := s[:strings.LastIndexByte(s, '/')+1]
	if strings.Trim(head, "/") != "" {
		head = strings.TrimRight(head, "/")
	}
	return head
}

func expandUser(s string) string {
	if !strings.HasPrefix(s, "~") {
		return s
	}
	user, rest := s[1:], ""
	if i := strings.IndexByte(user, '/'); i >= 0 {
		user, rest = user[:i], user[i:]
	}
	home := os.Getenv("HOME")
	if user != "" {
		home = homeOf(user)
	}
	if home == "" {
		return s
	}
	if r := strings.TrimRight(home, "/") + rest; r != "" {
		return r
	}
	return "/"
}

// homeOf is the home of a user of this machine, "" when there is none.
func homeOf(user string) string {
	b, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), ":"); f[0] == user && len(f) > 5 {
			return f[5]
		}
	}
	return ""
}

// expandVars replaces $name and ${name}; what is not set stays.
func expandVars(s string) string {
	return os.Expand(s, func(name string) string {
		if v, ok := os.LookupEnv(name); ok {
			return v
		}
		if strings.Contains(s, "${"+name+"}") {
			return "${" + name + "}"
		}
		return "$" + name
	})
}

// cleanPath is os.path.normpath of an absolute path.
func cleanPath(s string) string {
	c := path.Clean(s)
	if strings.HasPrefix(s, "//") && !strings.HasPrefix(s, "///") {
		return "/" + c
	}
	return c
}

func absPath(s string) string {
	if !strings.HasPrefix(s, "/") {
		wd, err := os.Getwd()
		if err != nil {
			return s
		}
		s = wd + "/" + s
	}
	return cleanPath(s)
}

// realPath resolves links as far as the path exists.
func realPath(s string) string {
	p := absPath(s)
	rest := ""
	for dir := p; dir != "/" && dir != "."; dir = path.Dir(dir) {
		if r, err := filepath.EvalSymlinks(dir); err == nil {
			return path.Join(r, rest)
		}
		rest = path.Join(path.Base(dir), rest)
	}
	return p
}

func relPath(c *python.Call) (value.Value, error) {
	start := "."
	if v := c.Opt(1, nil); v != nil {
		s, ok := value.Text(v)
		if !ok {
			if err := python.Use(v); err != nil {
				return nil, err
			}
			return nil, exception.TypeError("expected str, bytes or os.PathLike object, not %s", value.TypeName(v))
		}
		start = s
	}
	if s, ok := value.Text(c.Args[0]); ok && s == "" {
		return nil, exception.ValueError("no path specified")
	}
	return plugin.Path(func(s string) value.Value {
		r, err := filepath.Rel(absPath(start), absPath(s))
		if err != nil {
			return s
		}
		return r
	})(c)
}

func splitExt(s string) value.Value {
	base := s[strings.LastIndexByte(s, '/')+1:]
	i := strings.LastIndexByte(base, '.')
	if i < 0 || strings.Trim(base[:i], ".") == "" {
		return value.Tuple{s, ""}
	}
	at := len(s) - len(base) + i
	return value.Tuple{s[:at], s[at:]}
}

func pathJoin(c *python.Call) (value.Value, error) {
	if s, ok := value.Text(c.Args[0]); ok {
		return s, nil
	}
	it, ok := plugin.Sequence(c.Args[0])
	if !ok {
		if err := python.Use(c.Args[0]); err != nil {
			return nil, err
		}
		return nil, exception.FilterTypeError("|path_join expects string or sequence, got %s instead.", c.Type(c.Args[0]))
	}
	if len(it) == 0 {
		return nil, exception.TypeError("join() missing 1 required positional argument: 'a'")
	}
	r := ""
	for i, e := range it {
		s, ok := value.Text(e)
		if !ok {
			if err := python.Use(e); err != nil {
				return nil, err
			}
			if i == 0 {
				return nil, exception.TypeError("expected str, bytes or os.PathLike object, not %s", value.TypeName(e))
			}
			return nil, exception.TypeError("join() argument must be str, bytes, or os.PathLike object, not '%s'", value.TypeName(e))
		}
		switch {
		case i == 0 || strings.HasPrefix(s, "/"):
			r = s
		case r == "" || strings.HasSuffix(r, "/"):
			r += s
		default:
			r += "/" + s
		}
	}
	return r, nil
}

// winDrive is ntpath.splitdrive.
func winDrive(s string) (drive, rest string) {
	norm := strings.ReplaceAll(s, "/", `\`)
	if strings.HasPrefix(norm, `\\`) && !strings.HasPrefix(norm, `\\\`) {
		i := strings.IndexByte(norm[2:], '\\')
		if i < 0 {
			return s, ""
		}
		j := strings.IndexByte(norm[2+i+1:], '\\')
		if j < 0 {
			return s, ""
		}
		return s[:2+i+1+j], s[2+i+1+j:]
	}
	if len(s) > 1 && s[1] == ':' {
		return s[:2], s[2:]
	}
	return "", s
}

// winSplit is ntpath.split.
func winSplit(s string) (head, tail string) {
	drive, p := winDrive(s)
	i := strings.LastIndexAny(p, `\/`) + 1
	head, tail = p[:i], p[i:]
	if t := strings.TrimRight(head, `\/`); t != "" {
		head = t
	}
	return drive + head, tail
}

func globFilter(c *python.Call) (value.Value, error) {
	pattern, ok := value.Text(c.Args[0])
	if !ok {
		if err := python.Use(c.Args[0]); err != nil {
			return nil, err
		}
		return nil, exception.TypeError("'%s' object is not subscriptable", value.TypeName(c.Args[0]))
	}
	c.Ctx.Volatile()
	names, err := filepath.Glob(pattern)
	if err != nil {
		return value.NewList(), nil
	}
	sort.Strings(names)
	r := &value.List{V: []value.Value{}}
	for _, n := range names {
		hidden := strings.HasPrefix(path.Base(n), ".") && !strings.HasPrefix(path.Base(pattern), ".")
		if st, err := os.Stat(n); err == nil && st.Mode().IsRegular() && !hidden {
			r.V = append(r.V, n)
		}
	}
	return r, nil
}

package posix

import (
	"os"
	"strings"

	"pbc/runtime/pyre"
)

// Environ is the environment of a module: Over is laid over the process's own.
type Environ struct{ Over map[string]string }

// Lookup returns a variable, and whether it is set.
func (e Environ) Lookup(name string) (string, bool) {
	if v, ok := e.Over[name]; ok {
		return v, true
	}
	return os.LookupEnv(name)
}

// List returns the environment as exec.Cmd wants it.
func (e Environ) List() []string {
	env := os.Environ()
	for k, v := range e.Over {
		env = append(env, k+"="+v)
	}
	return env
}

var variable = pyre.MustCompile(`\$(?:[A-Za-z0-9_]+|\{[^}]*\})`)

// ExpandVars is os.path.expandvars: what is not set stays as written.
func (e Environ) ExpandVars(s string) string {
	if !strings.Contains(s, "$") {
		return s
	}
	return variable.ReplaceAllStringFunc(s, func(m string) string {
		name := strings.TrimSuffix(strings.TrimPrefix(m[1:], "{"), "}")
		if v, ok := e.Lookup(name); ok {
			return v
		}
		return m
	})
}

// ExpandUser is os.path.expanduser: a leading ~ or ~name becomes the home folder.
func (e Environ) ExpandUser(s string) string {
	if !strings.HasPrefix(s, "~") {
		return s
	}
	name, rest := s[1:], ""
	if i := strings.IndexByte(s, '/'); i >= 0 {
		name, rest = s[1:i], s[i:]
	}
	home, ok := e.home(name)
	if !ok {
		return s
	}
	home = strings.TrimRight(home, "/")
	if home+rest == "" {
		return "/"
	}
	return home + rest
}

func (e Environ) home(name string) (string, bool) {
	if name == "" {
		if h, ok := e.Lookup("HOME"); ok {
			return h, true
		}
		u, ok := UserByID(os.Getuid())
		return u.Home, ok
	}
	u, ok := UserByName(name)
	return u.Home, ok
}

// ExpandPath expands variables, then the home folder, as Ansible does with every path.
func (e Environ) ExpandPath(s string) string { return e.ExpandUser(e.ExpandVars(s)) }

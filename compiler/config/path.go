package config

import (
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
)

var variable = regexp.MustCompile(`\$(\w+|\{[^}]*\})`)

// ExpandVars replaces $NAME and ${NAME} by environment variables, leaving unknown ones as they are.
func ExpandVars(s string, getenv func(string) (string, bool)) string {
	return variable.ReplaceAllStringFunc(s, func(m string) string {
		name := strings.Trim(m[1:], "{}")
		if v, ok := getenv(name); ok {
			return v
		}
		return m
	})
}

// ExpandUser replaces a leading ~ or ~name by that user's home, when there is one.
func ExpandUser(s string) string {
	if !strings.HasPrefix(s, "~") {
		return s
	}
	name, rest, slash := strings.Cut(s[1:], "/")
	home := ""
	if name == "" {
		home = os.Getenv("HOME")
	}
	if home == "" {
		u, err := lookup(name)
		if err != nil {
			return s
		}
		home = u.HomeDir
	}
	home = strings.TrimRight(home, "/")
	if slash {
		return home + "/" + rest
	}
	if home == "" {
		return "/"
	}
	return home
}

func lookup(name string) (*user.User, error) {
	if name == "" {
		return user.Current()
	}
	return user.Lookup(name)
}

// Unfrack is Ansible's unfrackpath without following links: variables and ~ expanded, made absolute from
// base ("" is the working directory), and cleaned.
func Unfrack(path, base string) string {
	path = ExpandUser(ExpandVars(path, os.LookupEnv))
	if !filepath.IsAbs(path) {
		if base == "" {
			base, _ = os.Getwd()
		}
		path = filepath.Join(base, path)
	}
	return filepath.Clean(path)
}

// UnfrackFollow is Unfrack with links followed, as far as the path exists.
func UnfrackFollow(path, base string) string {
	return RealPath(Unfrack(path, base))
}

// RealPath is Python's os.path.realpath: links followed as far as the path exists.
func RealPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	dir := filepath.Dir(path)
	if dir == path {
		return path
	}
	return filepath.Join(RealPath(dir), filepath.Base(path))
}

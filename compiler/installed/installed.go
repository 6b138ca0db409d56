// Package installed finds the ansible-core of the controller, without starting it: its version decides which
// behaviour pbc reproduces when the command line does not.
//
// The program ansible-playbook is looked for on PATH, the Python that runs it is read from its first lines, and the
// version from the release file of the package beside that Python. That is a handful of small reads, where asking
// the program itself would take half a second. The package knows neither settings nor playbooks.
package installed

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"pbc/ir/expr"
)

// Core is an installed ansible-core.
type Core struct {
	Program string // the ansible-playbook, links not followed
	Python  string // what runs it, absolute
	Library string // the folder of the Python package "ansible"
	Version string // such as "2.14.18"
}

// Dialect is the dialect that the version belongs to.
func (c *Core) Dialect() expr.Dialect { return DialectOf(c.Version) }

// DialectOf is the dialect of a version of ansible-core: classic before 2.19.
func DialectOf(version string) expr.Dialect {
	var major, minor int
	if n, _ := fmt.Sscanf(version, "%d.%d", &major, &minor); n == 2 && (major < 2 || major == 2 && minor < 19) {
		return expr.Classic
	}
	return expr.Tagged
}

// Find returns the ansible-core behind the program of that path, nil when there is none.
func Find(program string) *Core {
	python := interpreter(program)
	if python == "" {
		return nil
	}
	for _, lib := range libraries(program, python) {
		if v := release(filepath.Join(lib, "ansible")); v != "" {
			return &Core{Program: program, Python: python, Library: filepath.Join(lib, "ansible"), Version: v}
		}
	}
	return nil
}

// OnPath returns the first ansible-core whose programs are in one of the folders of path, nil when there is none. A
// program that is self, pbc by another name, is passed over.
func OnPath(path, self string) *Core {
	own, _ := os.Stat(self)
	for _, dir := range filepath.SplitList(path) {
		for _, name := range []string{"ansible-playbook", "ansible"} {
			program := filepath.Join(dir, name)
			info, err := os.Stat(program)
			if err != nil || own != nil && os.SameFile(info, own) {
				continue
			}
			if c := Find(program); c != nil {
				return c
			}
		}
	}
	return nil
}

// interpreter reads which Python runs a script: from "#!/path/python", from "#!/usr/bin/env python3", or from the shell
// line that installers write where the path is too long for a first line.
func interpreter(program string) string {
	f, err := os.Open(program)
	if err != nil {
		return ""
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil || !bytes.HasPrefix(head, []byte("#!")) {
		return ""
	}
	lines := strings.SplitN(string(head[2:]), "\n", 3)
	words := strings.Fields(lines[0])
	if len(words) == 0 {
		return ""
	}
	if filepath.Base(words[0]) == "sh" && len(lines) > 1 {
		words = strings.Fields(strings.TrimPrefix(lines[1], "'''exec'"))
	} else if filepath.Base(words[0]) == "env" {
		words = words[1:]
	}
	if len(words) == 0 {
		return ""
	}
	name := strings.Trim(words[0], `"'`)
	if base := filepath.Base(name); !strings.HasPrefix(base, "python") && !strings.HasPrefix(base, "pypy") {
		return "" // a wrapper in some shell says nothing of its Ansible
	}
	return absolute(name)
}

// absolute is a program as it is found on PATH, empty when it is not.
func absolute(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() {
			return filepath.Join(dir, name)
		}
	}
	return ""
}

// libraries lists the folders in which a Python looks for packages: of a virtual environment its own, else those beside
// the program and the system's.
func libraries(program, python string) []string {
	var patterns []string
	prefix := func(dir string) {
		for _, lib := range []string{"lib/python3*/site-packages", "lib64/python3*/site-packages", "lib/python3*/dist-packages", "lib/python3/dist-packages"} {
			patterns = append(patterns, filepath.Join(dir, lib))
		}
	}
	patterns = append(patterns, filepath.SplitList(os.Getenv("PYTHONPATH"))...)
	home := filepath.Dir(filepath.Dir(python))
	if _, err := os.Stat(filepath.Join(home, "pyvenv.cfg")); err == nil {
		prefix(home)
	} else {
		prefix(filepath.Dir(filepath.Dir(program))) // ~/.local/bin beside ~/.local/lib
		prefix("/usr/local")
		prefix(home)
		if real, err := filepath.EvalSymlinks(python); err == nil {
			prefix(filepath.Dir(filepath.Dir(real)))
		}
	}
	var out []string
	for _, p := range patterns {
		found, _ := filepath.Glob(p) // the patterns are well-formed, but for folders with brackets
		slices.Sort(found)
		out = append(out, found...)
	}
	return out
}

var releaseVersion = regexp.MustCompile(`(?m)^__version__ = ['"]([^'"]+)['"]`)

// release reads the version from the package's release file, empty when there is none.
func release(dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, "release.py"))
	if err != nil {
		return ""
	}
	m := releaseVersion.FindSubmatch(b)
	if m == nil {
		return ""
	}
	return string(m[1])
}

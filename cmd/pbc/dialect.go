package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"pbc/compiler/installed"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// core is the ansible-core that pbc is like in a run.
type core struct {
	dialect expr.Dialect
	version string // such as "2.14.18"
	python  string // the Python that would run it
	program string // the ansible-playbook of the installed Ansible, "" where there is none
	library string // the folder of the package ansible, whatever its dialect; "" where there is none
	release string // the version of that
}

// The versions that stand for a dialect where no such ansible-core is installed.
var versions = map[expr.Dialect]string{expr.Classic: "2.14.18", expr.Tagged: "2.19.14"}

// dialectHelp describes the option --dialect.
const dialectHelp = "the ansible-core to be like: classic (2.14 to 2.18) or tagged (2.19 on); unset: the one that is installed, else tagged"

// chooseCore decides whom to be like: word is what --dialect says, else PBC_DIALECT, else it is the ansible-core that
// PBC_ANSIBLE names by its ansible-playbook ("none" for none), or that is found on PATH. Where there is none it is tagged.
func chooseCore(word string) (core, error) {
	source := "--dialect"
	if word == "" {
		word, source = os.Getenv("PBC_DIALECT"), "PBC_DIALECT"
	}
	var found *installed.Core
	switch program := os.Getenv("PBC_ANSIBLE"); program {
	case "none":
	case "":
		self, _ := os.Executable()
		found = installed.OnPath(os.Getenv("PATH"), self)
	default:
		if found = installed.Find(program); found == nil {
			return core{}, fmt.Errorf("PBC_ANSIBLE: no ansible-core is found behind %s", program)
		}
	}
	dialect := expr.Tagged
	if found != nil {
		dialect = found.Dialect()
	}
	if word != "" {
		d, err := dialectOf(word, source)
		if err != nil {
			return core{}, err
		}
		dialect = d
	}
	return coreOf(dialect, found), nil
}

// coreOf is the installed core where it has the dialect, else one that stands for it.
func coreOf(d expr.Dialect, found *installed.Core) core {
	c := core{dialect: d, version: versions[d], python: "/usr/bin/python3"}
	if found == nil {
		return c
	}
	c.program, c.library, c.release = found.Program, found.Library, found.Version
	if found.Dialect() == d {
		c.version, c.python = found.Version, found.Python
	}
	return c
}

func dialectOf(name, source string) (expr.Dialect, error) {
	switch name {
	case "classic":
		return expr.Classic, nil
	case "tagged":
		return expr.Tagged, nil
	}
	return 0, fmt.Errorf("%s: got %q, want classic or tagged", source, name)
}

// takeDialect takes the option --dialect, which ansible-playbook does not have, out of its command line.
func takeDialect(args []string) (rest []string, word string, err error) {
	for i := 0; i < len(args); i++ {
		name, value, given := strings.Cut(args[i], "=")
		switch {
		case args[i] == "--":
			return append(rest, args[i:]...), word, nil
		case name != "--dialect":
			rest = append(rest, args[i])
		case given:
			word = value
		case i+1 == len(args):
			return nil, "", fmt.Errorf("--dialect: got nothing, want classic or tagged")
		default:
			i++
			word = args[i]
		}
	}
	return rest, word, nil
}

// variable is the magic variable ansible_version.
func (c core) variable() *value.Dict {
	parts := append(strings.SplitN(c.version, ".", 4), "0", "0", "0")
	number := func(i int) value.Value {
		digits := parts[i]
		if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
			digits = digits[:end]
		}
		n, _ := strconv.ParseInt(digits, 10, 64)
		return n
	}
	return value.DictOf("string", c.version, "full", c.version, "major", number(0), "minor", number(1), "revision", number(2))
}

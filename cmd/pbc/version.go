package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"pbc/compiler/config"
	"pbc/ir/value"
)

// version is what plans name as their maker.
const version = "0.1.0"

// versionText is what --version and -vv show, in the form of Ansible's programs: what reads it finds the version of ansible-core, the settings
// and the paths where it looks for them. In the place of the lines about Python and its packages stands pbc itself.
func (c core) versionText(program string, conf *config.Config) string {
	file := "None"
	if conf.File != "" {
		file = conf.File
	}
	var modules []string
	for _, dir := range conf.List("DEFAULT_MODULE_PATH") {
		modules = append(modules, value.StrRepr(dir))
	}
	return strings.Join([]string{
		program + " [core " + c.version + "]",
		"  config file = " + file,
		"  configured module search path = [" + strings.Join(modules, ", ") + "]",
		"  ansible collection location = " + strings.Join(conf.List("COLLECTIONS_PATHS"), ":"),
		"  executable location = " + executable(),
		fmt.Sprintf("  pbc version = %s (%s, %s/%s)", version, runtime.Version(), runtime.GOOS, runtime.GOARCH),
	}, "\n")
}

// executable is the program as it was called, found on PATH.
func executable() string {
	path, err := exec.LookPath(os.Args[0])
	if err != nil {
		return os.Args[0]
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

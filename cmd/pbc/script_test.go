package main

import (
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what is expected anew in the scripts")

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "agent" { // on a host that a test reaches by ssh
		os.Exit(run(os.Args))
	}
	testscript.Main(m, map[string]func(){"pbc": func() { os.Exit(run(os.Args)) }})
}

// TestScripts runs the command lines in testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir+"/home")
			e.Setenv("ANSIBLE_NOCOLOR", "1")
			e.Setenv("PBC_DIALECT", "classic") // whatever is installed here
			return os.Mkdir(e.WorkDir+"/home", 0o700)
		},
	})
}

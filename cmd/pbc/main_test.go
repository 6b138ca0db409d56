package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pbc": main})
}

// TestScripts runs the command as its users do: testdata/script. $ANSIBLE is the real ansible-playbook, when it is there.
func TestScripts(t *testing.T) {
	real, err := exec.LookPath("ansible-playbook")
	if err == nil {
		real, err = filepath.Abs(real)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("ANSIBLE", real)
			env.Setenv("LANG", "C.UTF-8")
			return os.MkdirAll(env.Getenv("HOME"), 0o700)
		},
		Condition: func(cond string) (bool, error) { return cond == "ansible" && err == nil, nil },
	})
}

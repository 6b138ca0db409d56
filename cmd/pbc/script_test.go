package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"pbc/compiler/installed"
	"pbc/conformance/oracle"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what is expected anew in the scripts")

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "agent" { // on a host that a test reaches by ssh
		os.Exit(run(os.Args))
	}
	programs := map[string]func(){"pbc": func() { os.Exit(run(os.Args)) }}
	programs["like-ansible-playbook"] = func() { os.Exit(run(append([]string{"ansible-playbook"}, os.Args[1:]...))) }
	for name := range tools { // pbc by Ansible's name: the commands of that name are Ansible's
		programs["like-"+name] = func() { os.Exit(run(append([]string{"ansible-" + name}, os.Args[1:]...))) }
	}
	testscript.Main(m, programs)
}

// same runs a program of the installed Ansible and pbc by the same name, with the same arguments, standard input and
// files before, and fails where their output or exit codes differ: "same vault view file". A first argument "<file" gives the
// standard input; "!stderr" lets standard error differ. With PBC_DIALECT=tagged the program is that of the second oracle.
func same(ts *testscript.TestScript, _ bool, args []string) {
	stdin, stderr := "", true
	for strings.HasPrefix(args[0], "<") || args[0] == "!stderr" {
		if stderr = stderr && args[0] != "!stderr"; args[0] != "!stderr" {
			stdin = ts.ReadFile(args[0][1:])
		}
		args = args[1:]
	}
	name := "ansible-" + args[0]
	real, err := exec.LookPath(name)
	if ts.Getenv("PBC_DIALECT") == "tagged" {
		real, err = filepath.Join(filepath.Dir(oracle.TaggedPath()), name), nil
	}
	ts.Check(err)
	self, err := exec.LookPath("like-" + args[0])
	ts.Check(err)
	var got [2]string
	for i, program := range []string{real, self} {
		cmd := exec.Command(program, args[1:]...)
		cmd.Dir = ts.MkAbs(".")
		for _, v := range []string{"HOME", "PATH", "ANSIBLE_VAULT_ENCRYPT_SALT", "ANSIBLE_NOCOLOR", "PBC_DIALECT", "EDITOR", "ANSIBLE_VAULT_PASSWORD_FILE", "ANSIBLE_INVENTORY_PLUGINS", "ANSIBLE_CONFIG", "ANSIBLE_FORKS"} {
			if ts.Getenv(v) != "" {
				cmd.Env = append(cmd.Env, v+"="+ts.Getenv(v))
			}
		}
		cmd.Env = append(cmd.Env, "LANG=C.UTF-8", "COLUMNS=80", "TERM=dumb")
		var out, errs bytes.Buffer
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
		_ = cmd.Run()
		got[i] = fmt.Sprintf("exit code %d\n%s", cmd.ProcessState.ExitCode(), out.String())
		if stderr {
			got[i] += "--- stderr\n" + errs.String()
		}
	}
	if d := cmp.Diff(strings.Split(got[0], "\n"), strings.Split(got[1], "\n")); d != "" {
		ts.Fatalf("%s %s (-ansible +pbc):\n%s", name, strings.Join(args[1:], " "), d)
	}
}

// scriptConditions are what scripts may ask for: tagged, the second oracle, and ansible, the first. In CI neither may be missing.
var scriptConditions = map[string]func() bool{
	"ansible": func() bool { return installed.OnPath(os.Getenv("PATH"), "") != nil },
	"tagged": func() bool {
		_, err := os.Stat(oracle.TaggedPath())
		return err == nil
	},
}

func scriptCondition(name string) (bool, error) {
	there, known := scriptConditions[name]
	switch {
	case !known:
		return false, fmt.Errorf("unknown condition %s", name)
	case there():
		return true, nil
	case os.Getenv("CI") != "":
		return false, fmt.Errorf("in CI what the condition %s asks for may not be missing", name)
	}
	fmt.Fprintf(os.Stderr, "NO ORACLE %s: WHAT SCRIPTS COMPARE WITH IT IS SKIPPED\n", strings.ToUpper(name))
	return false, nil
}

// TestScripts runs the command lines in testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", Condition: scriptCondition, Cmds: map[string]func(*testscript.TestScript, bool, []string){"same": same}, UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir+"/home")
			e.Setenv("ANSIBLE_NOCOLOR", "1")
			e.Setenv("PBC_DIALECT", "classic") // whatever is installed here
			return os.Mkdir(e.WorkDir+"/home", 0o700)
		},
	})
}

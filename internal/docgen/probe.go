package main

import (
	"fmt"
	"os"
	"path/filepath"

	"pbc/compiler"
	"pbc/compiler/diag"
	"pbc/compiler/playbook"
	"pbc/ir/expr"
)

// samples are keywords that the compiler may refuse, each with a value that has an effect in Ansible. They are
// written in a task; strategies are probed in a play.
var samples = map[string]string{"async": "10", "async_val": "10", "throttle": "2", "debugger": "always", "delegate_to": "other",
	"run_once": "yes", "timeout": "5", "check_mode": "yes", "environment": "{A: b}"}

// refused compiles a playbook of one task with these lines in the play and in the task, and says whether the
// compiler calls anything in it unsupported. A playbook that is wrong is an error.
func refused(play, task string) (bool, error) {
	dir, err := os.MkdirTemp("", "docgen")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "probe.yml")
	text := fmt.Sprintf("- hosts: all\n%s  tasks:\n    - debug:\n%s", play, task)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return false, err
	}
	_, diags := compiler.Compile(compiler.Options{Files: []string{file}, Dialect: expr.Classic, Supported: func(string) bool { return true },
		Playbook: playbook.Options{Cwd: dir, Home: dir}})
	for _, d := range diags.Items {
		switch d.Kind {
		case diag.Unsupported:
			return true, nil
		case diag.Invalid:
			return false, fmt.Errorf("probe %q: %s", text, d.Msg)
		}
	}
	return false, nil
}

// refusedKeywords are the keywords of samples that the compiler refuses.
func refusedKeywords() (map[string]bool, error) {
	out := map[string]bool{}
	for k, v := range samples {
		r, err := refused("", fmt.Sprintf("      %s: %s\n", k, v))
		if err != nil {
			return nil, err
		}
		out[k] = r
	}
	return out, nil
}

// strategies makes the rows of the strategies, by asking the compiler.
func strategies() ([]row, error) {
	var rows []row
	for _, n := range names("strategy") {
		r, err := refused("  strategy: "+n+"\n", "")
		if err != nil {
			return nil, err
		}
		out := row{name: n, state: same}
		if r {
			out.state, out.note = unsupported, "refused at its line"
		}
		rows = append(rows, noted(out, "strategy", notes))
	}
	return rows, nil
}

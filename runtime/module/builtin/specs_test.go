package builtin

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"pbc/conformance/oracle"
	"pbc/ir/expr"
	"pbc/runtime/argspec"
)

// TestSpecs holds the spec of every native module against the one that Ansible's own module of that name gives: options with
// their types, defaults, choices, aliases and secrets, and what holds between them. Where an ansible-core of the dialect is
// installed its modules are asked; the recording, which must say the same, stands for them elsewhere.
func TestSpecs(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			golden := filepath.Join("testdata", "specs", d.name+".json")
			live := askSpecs(t, d)
			if live != nil && *record == d.name {
				if err := os.WriteFile(golden, live, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			recorded := readSpecs(t, golden)
			if live != nil {
				if diff := gocmp.Diff(recorded, parseSpecs(t, live)); diff != "" {
					t.Errorf("the installed modules are not those of the recording (-recorded +installed)\n%s", diff)
				}
			}
			for _, m := range All() {
				name, own := pythonName(m.Name)
				if !own {
					continue
				}
				t.Run(m.Short, func(t *testing.T) {
					if diff := gocmp.Diff(recorded[name], roundTripSpec(t, shownSpec(m.Spec.For(d.is, false)))); diff != "" {
						t.Errorf("-ansible +native\n%s", diff)
					}
				})
			}
		})
	}
}

// pluginOnly are native modules of which Ansible has an action plugin and no code of a module, and async_status, whose arguments
// its action plugin checks by a spec of its own: scenario argspec/actions calls them.
var pluginOnly = map[string]bool{"ansible.builtin.template": true, "ansible.builtin.raw": true, "ansible.builtin.script": true, "ansible.builtin.shell": true,
	"ansible.builtin.async_status": true}

// pythonName is what Python imports for a module, false when there is nothing to import.
func pythonName(module string) (string, bool) {
	if short, ok := strings.CutPrefix(module, "ansible.builtin."); ok {
		return "ansible.modules." + short, !pluginOnly[module]
	}
	p := strings.Split(module, ".")
	return "ansible_collections." + p[0] + "." + p[1] + ".plugins.modules." + p[2], true
}

// askSpecs asks the Python of the dialect's oracle; nil where there is none, which in CI is an error.
func askSpecs(t *testing.T, d dialect) []byte {
	t.Helper()
	path := os.Getenv(d.oracle)
	if path == "" && d.is == expr.Tagged {
		path = oracle.TaggedPath()
	}
	if path == "" {
		path, _ = exec.LookPath("ansible-playbook")
	}
	python, err := shebang(path)
	if err != nil {
		if os.Getenv("CI") != "" || *record == d.name {
			t.Fatalf("no ansible-playbook of dialect %s: %v", d.name, err)
		}
		t.Logf("no ansible-playbook of dialect %s, the recording stands for it: %v", d.name, err)
		return nil
	}
	args := []string{"testdata/specs.py"}
	for _, m := range All() {
		if name, own := pythonName(m.Name); own {
			args = append(args, name)
		}
	}
	cmd := exec.Command(python, args...)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", python, args, err, &complaint)
	}
	return out
}

// shebang is the program that the first line of a script names.
func shebang(script string) (string, error) {
	f, err := os.Open(script)
	if err != nil {
		return "", err
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	words := strings.Fields(strings.TrimPrefix(line, "#!"))
	if err == nil && len(words) == 0 {
		return "python3", nil
	}
	return words[0], err
}

type specs map[string]map[string]any

func readSpecs(t *testing.T, file string) specs {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return parseSpecs(t, data)
}

func parseSpecs(t *testing.T, data []byte) specs {
	t.Helper()
	var s specs
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func roundTripSpec(t *testing.T, v map[string]any) map[string]any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]any
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// shownSpec is a spec as testdata/specs.py writes one.
func shownSpec(s *argspec.Spec) map[string]any {
	rows := [][]any{}
	for _, r := range s.If {
		rows = append(rows, []any{r.Arg, plain(r.Value), r.Needs, r.Any})
	}
	by := map[string][]string{}
	for _, r := range s.By {
		by[r.Arg] = r.Needs
	}
	groups := func(g [][]string) [][]string { return append([][]string{}, g...) }
	return map[string]any{"mutually_exclusive": groups(s.Exclusive), "required_together": groups(s.Together), "required_one_of": groups(s.OneOf),
		"required_if": rows, "required_by": by, "options": shownOptions(s), "file_common": s.FileCommon, "check_mode": s.CheckMode}
}

func shownOptions(s *argspec.Spec) map[string]any {
	out := map[string]any{}
	for _, a := range s.Args {
		o := map[string]any{"type": string(a.Type)}
		if a.Type == "" {
			o["type"] = "str"
		}
		set := func(key string, v any, given bool) {
			if given {
				o[key] = v
			}
		}
		set("default", plain(a.Default), a.Default != nil)
		choices := []any{}
		for _, c := range a.Choices {
			choices = append(choices, plain(c))
		}
		set("choices", choices, len(choices) > 0)
		set("aliases", a.Aliases, len(a.Aliases) > 0)
		set("elements", string(a.Elements), a.Elements != "")
		set("no_log", a.NoLog, a.NoLog || a.LogOK)
		set("removed_in_version", a.RemovedIn, a.RemovedIn != "")
		set("removed_at_date", a.RemovedAt, a.RemovedAt != "")
		set("removed_from_collection", a.From, a.From != "")
		set("apply_defaults", true, a.SubDefaults)
		set("required", true, a.Required)
		old := []string{}
		for _, o := range a.OldAliases {
			old = append(old, o.Name)
		}
		set("deprecated_aliases", old, len(old) > 0)
		set("fallback", a.EnvFallback, len(a.EnvFallback) > 0)
		if a.Sub != nil {
			o["options"] = shownOptions(a.Sub)
		}
		out[a.Name] = o
	}
	return out
}

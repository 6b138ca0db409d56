// Command expressions measures the evaluation of conditions and templates by pbc, by plain Jinja2 and by
// Ansible's own templar, side by side in one run: processor time per evaluation, everything that a program
// keeps between two tasks made beforehand. It is part of make bench.
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"pbc/compiler/jinja"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

//go:embed measure.py
var measurePy string

// work is one thing to evaluate.
type work struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // when, template, file
	Text string `json:"text"`
}

// variables are those of the host, as JSON.
const variables = `{
	"ansible_facts": {"os_family": "Debian", "distribution": "Debian", "distribution_major_version": "12", "default_ipv4": {"address": "10.0.0.5"}},
	"result": {"rc": 0, "stdout": "", "changed": true, "failed": false}, "inventory_hostname": "web1", "port": 8000, "enabled": true,
	"packages": ["nginx", "git", "curl"],
	"users": [{"name": "ann", "uid": 1001, "groups": ["adm", "www"], "active": true}, {"name": "bob", "uid": 1002, "groups": ["www"], "active": false},
		{"name": "cy", "uid": 1003, "groups": [], "active": true}]
}`

func allWork() []work {
	page := "# {{ inventory_hostname }}\n{% for u in users %}\nuser {{ u.name }} uid {{ u.uid }} groups {{ u.groups | join(',') }}\n{% if u.active %}\nactive\n{% endif %}\n{% endfor %}\n"
	for i := 8; strings.Count(page, "\n") < 50; i++ {
		page += fmt.Sprintf("listen {{ ansible_facts.default_ipv4.address }}:{{ port + %d }}; # {{ inventory_hostname }}\n", i)
	}
	return []work{
		{"comparison", "when", "ansible_facts['os_family'] == 'Debian'"},
		{"result of a task", "when", "result is changed and result.rc == 0"},
		{"membership", "when", "ansible_facts.distribution in ['Debian', 'Ubuntu'] and 'git' in packages"},
		{"number", "when", "ansible_facts.distribution_major_version | int >= 11"},
		{"default", "when", "not (nosuch | default(false)) and enabled | bool"},
		{"selection", "when", "users | selectattr('active') | list | length == 2"},
		{"variable", "template", "{{ inventory_hostname }}"},
		{"argument", "template", "/etc/{{ inventory_hostname }}/{{ ansible_facts.distribution | lower }}.conf"},
		{"50 lines", "file", page},
	}
}

func main() {
	python := flag.String("python", "", "the Python that has Ansible; default: that of the ansible-playbook found")
	out := flag.String("o", "", "also write the table to this file")
	flag.Parse()
	if err := run(*python, *out); err != nil {
		fmt.Fprintln(os.Stderr, "expressions:", err)
		os.Exit(1)
	}
}

func run(python, out string) error {
	if python == "" {
		var err error
		if python, err = ansiblePython(); err != nil {
			return err
		}
	}
	theirs, err := measureTheirs(python)
	if err != nil {
		return err
	}
	table, err := report(theirs)
	if err != nil {
		return err
	}
	fmt.Print(table)
	if out == "" {
		return nil
	}
	return os.WriteFile(out, []byte(table), 0o644)
}

// ansiblePython is the interpreter in the first line of ansible-playbook.
func ansiblePython() (string, error) {
	path, err := exec.LookPath("ansible-playbook")
	if err != nil {
		return "", err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	python, ok := strings.CutPrefix(strings.TrimSpace(line), "#!")
	if !ok {
		return "", fmt.Errorf("%s is no script", path)
	}
	return strings.Fields(python)[0], nil
}

// theirs is what the Python side reports: nanoseconds by name, 0 where it cannot evaluate that.
type theirs struct {
	Version string             `json:"version"`
	Jinja   map[string]float64 `json:"jinja2"`
	Ansible map[string]float64 `json:"ansible"`
}

func measureTheirs(python string) (theirs, error) {
	in, err := json.Marshal(map[string]any{"work": allWork(), "variables": json.RawMessage(variables)})
	if err != nil {
		return theirs{}, err
	}
	cmd := exec.Command(python, "-W", "ignore", "-c", measurePy)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	b, err := cmd.Output()
	if err != nil {
		return theirs{}, err
	}
	var t theirs
	return t, json.Unmarshal(b, &t)
}

func report(t theirs) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# Benchmarks of expressions\n\nWritten by `make bench` on %s, %s/%s. Processor time of one evaluation, the fastest of five rounds, everything that is kept\n"+
		"between two tasks made beforehand: pbc's closures, Jinja2's compiled templates, the templar of ansible-core %s with its caches.\n"+
		"Jinja2 alone has no `bool`, and no tests of results.\n\n", time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, t.Version)
	b.WriteString("| work | | pbc | Jinja2 | Ansible | Jinja2 / pbc | Ansible / pbc |\n|---|---|---:|---:|---:|---:|---:|\n")
	vars, err := value.ParseJSON([]byte(variables))
	if err != nil {
		return "", err
	}
	for _, w := range allWork() {
		f, err := evaluation(w, vars.(*value.Dict))
		if err != nil {
			return "", err
		}
		ns := fastest(f)
		text := "`" + w.Text + "`"
		if strings.Contains(w.Text, "\n") {
			text = "a template file"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", w.Name, strings.ReplaceAll(text, "|", "\\|"), micros(ns), micros(t.Jinja[w.Name]), micros(t.Ansible[w.Name]),
			times(t.Jinja[w.Name], ns), times(t.Ansible[w.Name], ns))
	}
	return b.String(), nil
}

func micros(ns float64) string {
	if ns == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f µs", ns/1e3)
}

func times(theirs, ours float64) string {
	if theirs == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f", theirs/ours)
}

// hostVars are variables that hold no templates, as the machine knows of facts.
type hostVars struct{ *value.Dict }

// Lookup implements eval.Vars.
func (v hostVars) Lookup(name string) (value.Value, bool) { return v.GetStr(name) }

// Static implements eval.StaticVars.
func (hostVars) Static(string) bool { return true }

// Names implements eval.Vars.
func (v hostVars) Names() []string {
	names := make([]string, v.Len())
	for i, k := range v.K {
		names[i], _ = value.Text(k)
	}
	return names
}

// evaluation returns what a task does with a text that was compiled.
func evaluation(w work, vars *value.Dict) (func() error, error) {
	opt := jinja.Defaults(eval.Classic)
	config := eval.Config{Vars: hostVars{vars}}
	var f func() error
	switch w.Kind {
	case "when":
		c := opt.Condition(w.Text)
		f = func() error { _, err := eval.New(config).Condition(c); return err }
	case "template":
		t := jinja.Template(w.Text, opt)
		f = func() error { _, err := eval.New(config).Value(t); return err }
	default:
		opt.File = true
		t := jinja.Template(w.Text, opt)
		f = func() error { _, err := eval.New(config).File(t); return err }
	}
	if err := f(); err != nil {
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	return f, nil
}

// fastest is the processor time in nanoseconds of one call, the garbage collector's included.
func fastest(f func() error) float64 {
	n := 1
	for used(n, f) < 50*time.Millisecond {
		n *= 2
	}
	best := time.Hour
	for range 5 {
		best = min(best, used(n, f))
	}
	return float64(best.Nanoseconds()) / float64(n)
}

func used(n int, f func() error) time.Duration {
	began := processorTime()
	for range n {
		_ = f() // it succeeded once, and has no state
	}
	return processorTime() - began
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

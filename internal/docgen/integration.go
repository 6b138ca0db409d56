package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The record of ansible-core's own integration targets, conformance/integration.tsv:
//
//	line   = '#' text | target TAB area TAB outcome [TAB reason]
//	outcome = "pass" | "fail"
//
// Areas and reasons are written by hand, outcomes by docgen -integration from what a run of the targets has left: lines of
// "target TAB kind TAB PASS|FAIL|SKIP TAB ...".

// target is an integration target of ansible-core.
type target struct {
	name, area string
	pass       bool
	reason     string // why it fails
}

func integrationFile(root string) string {
	return filepath.Join(root, "conformance", "integration.tsv")
}

// readTargets reads the record, and the comment at its head.
func readTargets(text string) (head string, list []target, err error) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			head += line
			continue
		}
		f := append(strings.Split(strings.TrimSuffix(line, "\n"), "\t"), "")
		if len(f) < 4 || f[2] != "pass" && f[2] != "fail" {
			return "", nil, fmt.Errorf("integration.tsv: got %q, want target, area, pass or fail, and a reason", line)
		}
		list = append(list, target{f[0], f[1], f[2] == "pass", f[3]})
	}
	return head, list, nil
}

// record puts the results of a run into the record: one that passes needs no reason any more.
func record(text, results string) (string, error) {
	head, list, err := readTargets(text)
	if err != nil {
		return "", err
	}
	outcome := map[string]string{}
	for line := range strings.Lines(results) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(f) > 2 {
			outcome[f[0]] = f[2]
		}
	}
	var out strings.Builder
	out.WriteString(head)
	for _, t := range list {
		switch outcome[t.name] {
		case "PASS":
			t.pass, t.reason = true, ""
		case "FAIL":
			t.pass = false
		}
		word := map[bool]string{true: "pass", false: "fail"}[t.pass]
		out.WriteString(strings.TrimRight(strings.Join([]string{t.name, t.area, word, t.reason}, "\t"), "\t") + "\n")
	}
	return out.String(), nil
}

// recordFile updates the record from a file of results.
func recordFile(root, results string) error {
	text, err := os.ReadFile(integrationFile(root))
	if err != nil {
		return err
	}
	got, err := os.ReadFile(results)
	if err != nil {
		return err
	}
	out, err := record(string(text), string(got))
	if err != nil {
		return err
	}
	return os.WriteFile(integrationFile(root), []byte(out), 0o644)
}

// integration is the part of conformance.md about the targets: how many of each area pass, and why others do not.
func integration(root string) (string, error) {
	text, err := os.ReadFile(integrationFile(root))
	if err != nil {
		return "", err
	}
	_, list, err := readTargets(string(text))
	if err != nil {
		return "", err
	}
	var areas []string
	passed, all := map[string]int{}, map[string]int{}
	var failing [][]string
	for _, t := range list {
		if !slices.Contains(areas, t.area) {
			areas = append(areas, t.area)
		}
		for _, a := range []string{t.area, ""} {
			all[a]++
			if t.pass {
				passed[a]++
			}
		}
		if !t.pass {
			failing = append(failing, []string{t.name, t.reason})
		}
	}
	var rows [][]string
	for _, a := range areas {
		rows = append(rows, []string{a, fmt.Sprint(passed[a]), fmt.Sprint(all[a])})
	}
	rows = append(rows, []string{"**all**", fmt.Sprint(passed[""]), fmt.Sprint(all[""])})
	var w writer
	w.table([]string{"area", "pass", "targets"}, rows)
	if len(failing) > 0 {
		w.line("")
		w.table([]string{"fails", "why"}, failing)
	}
	return string(bytes.TrimLeft(w.Bytes(), "\n")), nil
}

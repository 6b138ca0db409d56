package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The records of ansible-core's own integration targets, conformance/integration/CORE.tsv, one per release:
//
//	line   = '#' text | target TAB area TAB outcome [TAB reason]
//	outcome = "pass" | "fail" | "skip"
//
// CORE is as in "2.14". What is skipped is not counted: the real program does not pass it where the targets are run, or its release has no
// such target. Areas and reasons are written by hand, outcomes by docgen -integration -core from what a run of the targets has left: lines
// of "target TAB kind TAB PASS|FAIL|SKIP TAB ...". A target that is skipped stays so.

// target is an integration target of ansible-core.
type target struct {
	name, area string
	outcome    string // "pass", "fail" or "skip"
	reason     string // why it fails or is skipped
}

// release is a release of ansible-core with the record of its targets.
type release struct {
	core string // such as "2.14"
	list []target
}

func integrationFile(root, core string) string {
	return filepath.Join(root, "conformance", "integration", core+".tsv")
}

// releases reads all records, older releases first.
func releases(root string) ([]release, error) {
	files, err := filepath.Glob(integrationFile(root, "*"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var out []release
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		_, list, err := readTargets(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		out = append(out, release{strings.TrimSuffix(filepath.Base(file), ".tsv"), list})
	}
	return out, nil
}

// count says how many of an area pass, and how many of it are counted. The area "" is all.
func (r release) count(area string) (passed, counted int) {
	for _, t := range r.list {
		if area != "" && t.area != area || t.outcome == "skip" {
			continue
		}
		counted++
		if t.outcome == "pass" {
			passed++
		}
	}
	return passed, counted
}

// readTargets reads the record, and the comment at its head.
func readTargets(text string) (head string, list []target, err error) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			head += line
			continue
		}
		f := append(strings.Split(strings.TrimSuffix(line, "\n"), "\t"), "")
		if len(f) < 4 || !slices.Contains([]string{"pass", "fail", "skip"}, f[2]) {
			return "", nil, fmt.Errorf("got %q, want target, area, pass, fail or skip, and a reason", line)
		}
		list = append(list, target{f[0], f[1], f[2], f[3]})
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
		switch {
		case t.outcome == "skip":
		case outcome[t.name] == "PASS":
			t.outcome, t.reason = "pass", ""
		case outcome[t.name] == "FAIL":
			t.outcome = "fail"
		}
		out.WriteString(strings.TrimRight(strings.Join([]string{t.name, t.area, t.outcome, t.reason}, "\t"), "\t") + "\n")
	}
	return out.String(), nil
}

// recordFile updates the record of a release from a file of results.
func recordFile(root, core, results string) error {
	text, err := os.ReadFile(integrationFile(root, core))
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
	return os.WriteFile(integrationFile(root, core), []byte(out), 0o644)
}

// integration is the part of conformance.md about the targets: how many of each area pass, and why others do not.
func integration(root string) (string, error) {
	all, err := releases(root)
	if err != nil {
		return "", err
	}
	var areas []string
	head, words := []string{"area"}, map[string]string{"fail": "fails", "skip": "is not counted"}
	var explained [][]string
	for _, r := range all {
		head = append(head, "ansible-core "+r.core)
		for _, t := range r.list {
			if !slices.Contains(areas, t.area) {
				areas = append(areas, t.area)
			}
		}
		for _, outcome := range []string{"fail", "skip"} {
			for _, t := range r.list {
				if t.outcome == outcome {
					explained = append(explained, []string{r.core, t.name, words[outcome], t.reason})
				}
			}
		}
	}
	slices.Sort(areas)
	var rows [][]string
	for _, area := range append(areas, "") {
		row := []string{cmp.Or(area, "**all**")}
		for _, r := range all {
			passed, counted := r.count(area)
			row = append(row, fmt.Sprintf("%d of %d", passed, counted))
		}
		rows = append(rows, row)
	}
	var w writer
	w.table(head, rows)
	if len(explained) > 0 {
		w.line("")
		w.table([]string{"ansible-core", "target", "outcome", "why"}, explained)
	}
	return string(bytes.TrimLeft(w.Bytes(), "\n")), nil
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pbc/conformance/scenario"
)

// conformance makes the generated parts of conformance.md: how many scenarios there are and agree, by
// area, from the list that the conformance run keeps; and every difference that a scenario accepts.
func conformance(root string, now []byte) ([]byte, error) {
	all, err := scenario.LoadAll(filepath.Join(root, "conformance", "scenarios"))
	if err != nil {
		return nil, err
	}
	agreed, err := agreedNames(filepath.Join(root, "conformance", "agreed.txt"))
	if err != nil {
		return nil, err
	}
	page, err := replaceMark(now, "areas", areas(all, agreed))
	if err != nil {
		return nil, err
	}
	return replaceMark(page, "accepted", accepted(all))
}

// agreedNames reads the list of scenarios that agree: one name to a line, # begins a comment.
func agreedNames(file string) (map[string]bool, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			names[line] = true
		}
	}
	return names, nil
}

func areas(all []*scenario.Scenario, agreed map[string]bool) string {
	type score struct{ agreed, all int }
	var order []string
	scores := map[string]*score{}
	var total score
	for _, s := range all {
		area, _, _ := strings.Cut(s.Name, "/")
		if scores[area] == nil {
			scores[area] = &score{}
			order = append(order, area)
		}
		scores[area].all++
		total.all++
		if agreed[s.Name] {
			scores[area].agreed++
			total.agreed++
		}
	}
	w := &writer{}
	var cells [][]string
	for _, a := range order {
		cells = append(cells, []string{a, fmt.Sprint(scores[a].agreed), fmt.Sprint(scores[a].all)})
	}
	cells = append(cells, []string{"**all**", fmt.Sprint(total.agreed), fmt.Sprint(total.all)})
	w.table([]string{"area", "agreed", "scenarios"}, cells)
	return w.String()
}

func accepted(all []*scenario.Scenario) string {
	w := &writer{}
	var cells [][]string
	for _, s := range all {
		for _, a := range s.Accept {
			cells = append(cells, []string{s.Name, a.Where, code(a.Pattern.String()), a.Reason})
		}
	}
	w.table([]string{"scenario", "where", "what", "why"}, cells)
	return w.String()
}

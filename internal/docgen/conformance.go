package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pbc/conformance/scenario"
)

// score is how many scenarios of an area there are, and agree.
type score struct{ agreed, all int }

// proof is what the conformance suite says: its scenarios, and the score of each area.
type proof struct {
	all   []*scenario.Scenario
	areas []string // in order
	score map[string]*score
	total score
}

// loadProof reads the scenarios, and the list of those that agree, which the conformance run keeps.
func loadProof(root string) (*proof, error) {
	all, err := scenario.LoadAll(filepath.Join(root, "conformance", "scenarios"))
	if err != nil {
		return nil, err
	}
	agreed, err := agreedNames(filepath.Join(root, "conformance", "agreed.txt"))
	if err != nil {
		return nil, err
	}
	p := &proof{all: all, score: map[string]*score{}}
	for _, s := range all {
		area, _, _ := strings.Cut(s.Name, "/")
		if p.score[area] == nil {
			p.score[area] = &score{}
			p.areas = append(p.areas, area)
		}
		p.score[area].all++
		p.total.all++
		if agreed[s.Name] {
			p.score[area].agreed++
			p.total.agreed++
		}
	}
	return p, nil
}

// conformance makes the generated parts of conformance.md: how many scenarios there are and agree, by
// area, and every difference that a scenario accepts.
func conformance(root string, now []byte) ([]byte, error) {
	p, err := loadProof(root)
	if err != nil {
		return nil, err
	}
	page, err := replaceMark(now, "areas", p.table())
	if err != nil {
		return nil, err
	}
	return replaceMark(page, "accepted", accepted(p.all))
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

func (p *proof) table() string {
	w := &writer{}
	var cells [][]string
	for _, a := range p.areas {
		cells = append(cells, []string{a, fmt.Sprint(p.score[a].agreed), fmt.Sprint(p.score[a].all)})
	}
	cells = append(cells, []string{"**all**", fmt.Sprint(p.total.agreed), fmt.Sprint(p.total.all)})
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

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pbc/conformance/scenario"
)

// score counts scenarios and those that agree, per dialect.
type score struct{ agreed, all, agreedTagged, allTagged int }

// add counts a scenario: the dialect that alone it is for, "" for both, and where it agrees.
func (s *score) add(dialect string, classic, tagged bool) {
	if dialect != "tagged" {
		s.all++
	}
	if dialect != "classic" {
		s.allTagged++
	}
	if classic {
		s.agreed++
	}
	if tagged {
		s.agreedTagged++
	}
}

func (s *score) cells() []string {
	return []string{fmt.Sprint(s.agreed), fmt.Sprint(s.all), fmt.Sprint(s.agreedTagged), fmt.Sprint(s.allTagged)}
}

// proof is what the conformance suite says: its scenarios, and the score of each area.
type proof struct {
	all   []*scenario.Scenario
	areas []string // in order
	score map[string]*score
	total score
	// module is the score of the scenarios with tasks of a module, by its name without its collection.
	module map[string]*score
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
	p := &proof{all: all, score: map[string]*score{}, module: map[string]*score{}}
	tagged, err := agreedNames(filepath.Join(root, "conformance", "agreed.tagged.txt"))
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		area, _, _ := strings.Cut(s.Name, "/")
		if p.score[area] == nil {
			p.score[area] = &score{}
			p.areas = append(p.areas, area)
		}
		sums := []*score{p.score[area], &p.total}
		for name := range modulesOf(s) {
			if p.module[name] == nil {
				p.module[name] = &score{}
			}
			sums = append(sums, p.module[name])
		}
		for _, sum := range sums {
			sum.add(s.Dialect, agreed[s.Name], tagged[s.Name])
		}
	}
	return p, nil
}

// conformance makes the generated parts of conformance.md: how many scenarios there are and agree, by
// area, the integration targets of ansible-core, and every difference that a scenario accepts.
func conformance(root string, now []byte) ([]byte, error) {
	p, err := loadProof(root)
	if err != nil {
		return nil, err
	}
	page, err := replaceMark(now, "areas", p.table())
	if err != nil {
		return nil, err
	}
	targets, err := integration(root)
	if err != nil {
		return nil, err
	}
	if page, err = replaceMark(page, "integration", targets); err != nil {
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
		cells = append(cells, append([]string{a}, p.score[a].cells()...))
	}
	cells = append(cells, append([]string{"**all**"}, p.total.cells()...))
	w.table([]string{"area", "agreed, classic", "scenarios, classic", "agreed, tagged", "scenarios, tagged"}, cells)
	return w.String()
}

func accepted(all []*scenario.Scenario) string {
	w := &writer{}
	var cells [][]string
	for _, s := range all {
		for _, a := range s.Accept {
			where := a.Where
			if a.Dialect != "" {
				where += ", " + a.Dialect
			}
			cells = append(cells, []string{s.Name, where, code(a.Pattern.String()), a.Reason})
		}
	}
	w.table([]string{"scenario", "where", "what", "why"}, cells)
	return w.String()
}

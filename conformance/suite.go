// Package conformance asks whether pbc does what ansible-playbook does.
//
// A Suite takes a scenario, gets the specification's outcome (from the live oracle, its cache, or a recording) and pbc's,
// normalises both, takes away the differences that the scenario accepts, and compares. README.md describes scenarios,
// event log and normalisation; the tests of this package run all scenarios and keep the score.
package conformance

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"pbc/conformance/compare"
	"pbc/conformance/oracle"
	"pbc/conformance/scenario"
)

// Suite is what it takes to judge scenarios.
type Suite struct {
	Oracle     *oracle.Program // nil where Ansible is missing: recordings are replayed
	Subject    *oracle.Program // pbc
	Cache      oracle.Cache
	Recordings oracle.Recordings
	Normaliser *compare.Normaliser
	// Areas are those for which the oracle is asked; the others replay recordings. Nil is all, and so is any where the cache
	// remembers what the oracle did.
	Areas map[string]bool
	Costs Costs
}

// live says whether the oracle is asked about s.
func (u *Suite) live(s *scenario.Scenario) bool {
	area, _, _ := strings.Cut(s.Name, "/")
	return u.Oracle != nil && (u.Areas == nil || u.Cache.Dir != "" || u.Areas[area])
}

// Recorded says whether there is to be a recording: of dialect classic of every scenario, of another of those that agree.
func (u *Suite) Recorded(listed bool) bool { return u.Recordings.Dialect == "classic" || listed }

// Expected gives what the specification does with s, normalised.
func (u *Suite) Expected(ctx context.Context, s *scenario.Scenario) (compare.Outcome, error) {
	if !u.live(s) {
		return u.Recordings.Load(s)
	}
	out, _, err := u.Cache.Outcome(ctx, u.Oracle, u.Normaliser, s)
	u.Costs.spent(s.Name, out, compare.Outcome{})
	return out, err
}

// Judge compares what pbc does with s to what is expected.
func (u *Suite) Judge(ctx context.Context, s *scenario.Scenario, expected compare.Outcome) (compare.Report, error) {
	got, err := u.Subject.RunScenario(ctx, s)
	u.Costs.spent(s.Name, compare.Outcome{}, got)
	if err != nil {
		return compare.Report{}, err
	}
	return Compare(s.In(u.Recordings.Dialect), expected, u.Normaliser.Outcome(got))
}

// Compare compares two normalised outcomes of s but for the differences that s accepts. An acceptance that takes nothing away
// from either side is an error: the difference is gone, or the pattern is wrong.
func Compare(s *scenario.Scenario, want, got compare.Outcome) (compare.Report, error) {
	report, unused, err := compareAccepting(s, want, got)
	if err == nil && len(unused) > 0 {
		return compare.Report{}, fmt.Errorf("accept %s /%s/ matches nothing", unused[0].Where, unused[0].Pattern)
	}
	return report, err
}

// compareAccepting compares without what the scenario accepts, and says which of its acceptances took nothing away.
func compareAccepting(s *scenario.Scenario, want, got compare.Outcome) (report compare.Report, unused []scenario.Acceptance, err error) {
	for _, a := range s.Accept {
		used := false
		for _, side := range []*compare.Outcome{&want, &got} {
			taken, cut, err := accept(a, *side)
			if err != nil {
				return compare.Report{}, nil, fmt.Errorf("accept %s /%s/: %w", a.Where, a.Pattern, err)
			}
			*side, used = taken, used || cut
		}
		if !used {
			unused = append(unused, a)
		}
	}
	return compare.Outcomes(want, got), unused, nil
}

// accept gives a copy of o without what a matches, and says whether that was anything.
func accept(a scenario.Acceptance, o compare.Outcome) (compare.Outcome, bool, error) {
	var out compare.Outcome
	used := false
	cut := func(text string) string {
		rest := a.Pattern.ReplaceAllString(text, "")
		used = used || rest != text
		return rest
	}
	for _, run := range o.Runs {
		var err error
		switch a.Where {
		case "stdout":
			run.Stdout = cut(run.Stdout)
		case "stderr":
			run.Stderr = cut(run.Stderr)
		case "exit":
			if cut(strconv.Itoa(run.Exit)) == "" {
				run.Exit = 0
			}
		case "events":
			run.Events, err = compare.ReadEvents(strings.NewReader(cut(string(compare.WriteEvents(run.Events)))))
		case "tree":
			run.Tree, err = compare.ReadTree(cut(string(compare.WriteTree(run.Tree))))
		}
		if err != nil {
			return out, used, err
		}
		out.Runs = append(out.Runs, run)
	}
	return out, used, nil
}

package conformance

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"pbc/conformance/compare"
	"pbc/conformance/oracle"
	"pbc/conformance/random"
	"pbc/conformance/scenario"
)

var (
	randomPlays  = flag.Int("random.plays", 0, "random plays that are compared with the real Ansible, in each dialect; 0 is those of a few fixed seeds")
	randomSeed   = flag.Uint64("random.seed", 1, "seed of the first random play")
	randomEffort = flag.Duration("random.effort", 2*time.Minute, "how long a play that differs is made smaller")
)

// fixedSeeds are those of the random plays that each run of the tests compares, chosen to have together most of what the generator knows.
var fixedSeeds = map[string][]uint64{
	"classic": {3001, 3005, 3017, 3025, 3033, 3041, 3049, 3054},
	"tagged":  {3001, 3002, 3010, 3018, 3025, 3034, 3043, 3052},
}

// TestRandomPlays runs random plays on three and four hosts with the real ansible-playbook and with pbc, which lets its hosts run ahead and which
// keeps them in lockstep, and compares what happened. A play in which they differ is shown as a scenario, as small as it can be made.
func TestRandomPlays(t *testing.T) {
	pbc := subject(t)
	costs := &Costs{}
	compared := false
	t.Cleanup(func() { t.Log("\n" + costs.Table(10)) })
	for dialect, path := range map[string]string{"classic": os.Getenv("PBC_ORACLE"), "tagged": oracle.TaggedPath()} {
		found, err := oracle.FindAnsible(path)
		if err == nil && found.Dialect() != dialect {
			err = fmt.Errorf("%s is ansible-core %s", found.Path, found.Version)
		}
		switch {
		case err == nil && !*replay:
		case os.Getenv("CI") == "true" || *randomPlays > 0:
			t.Fatalf("no oracle of dialect %s: %v", dialect, err)
		default:
			fmt.Fprintf(os.Stderr, "CONFORMANCE: RANDOM PLAYS ARE NOT COMPARED IN DIALECT %s: NO LIVE ansible-playbook (%v)\n", dialect, err)
			continue
		}
		compared = true
		prepare(t, found)
		rival := &rivals{ansible: found, normaliser: compare.NewNormaliser(), costs: costs}
		for _, order := range []string{"auto", "strict"} {
			subject := *pbc
			subject.Env = []string{"PBC_DIALECT=" + dialect, "PBC_ANSIBLE=" + found.Path, "PBC_ORDER=" + order}
			rival.pbc = append(rival.pbc, &subject)
		}
		for _, seed := range seeds(dialect) {
			t.Run(fmt.Sprintf("%s/%d", dialect, seed), func(t *testing.T) {
				t.Parallel()
				rival.meet(t, seed)
			})
		}
	}
	if !compared {
		t.Skip("no live ansible-playbook: nothing is compared")
	}
}

func seeds(dialect string) []uint64 {
	if *randomPlays == 0 {
		return fixedSeeds[dialect]
	}
	var all []uint64
	for i := range *randomPlays {
		all = append(all, *randomSeed+uint64(i))
	}
	return all
}

// rivals are the real Ansible and pbc, in each order.
type rivals struct {
	ansible    *oracle.Program
	pbc        []*oracle.Program
	normaliser *compare.Normaliser
	costs      *Costs
}

// meet compares them in the play of a seed.
func (r *rivals) meet(t *testing.T, seed uint64) {
	hosts := []string{"one", "two", "three", "four"}[:3+seed%2]
	site := random.Generate(seed, random.Options{Hosts: hosts, Dialect: r.ansible.Dialect()})
	found, err := r.difference(t, site)
	if err != nil {
		t.Fatalf("%v\n%s", err, site.Scenario("A random play."))
	}
	if found == nil {
		return
	}
	if again, err := r.difference(t, site); err != nil || again == nil || !compare.Outcomes(found.want, again.want).Equal {
		var text strings.Builder
		if again != nil {
			_ = compare.Outcomes(found.want, again.want).WriteText(&text, "ansible-playbook", "ansible-playbook again")
		}
		t.Errorf("the play of seed %d differs, but not always: ansible-playbook itself may be of two minds (%v)\n%s\n%s", seed, err, site.Scenario("A random play."), text.String())
		return
	}
	deadline := time.Now().Add(*randomEffort)
	least := random.Minimise(site, func(smaller *random.Site) bool {
		if time.Now().After(deadline) {
			return false
		}
		d, err := r.difference(t, smaller)
		return err == nil && d != nil && (d.sound() || !found.sound())
	})
	if d, err := r.difference(t, least); err == nil && d != nil {
		found = d
	}
	var text strings.Builder
	if err := found.report.WriteText(&text, "ansible-playbook", "pbc"); err != nil {
		t.Fatal(err)
	}
	t.Errorf("random play, seed %d, %s:\n%s\n%s", seed, found.pbc.Env, least.Scenario(fmt.Sprintf("Found by the random play of seed %d.", seed)), text.String())
}

// difference is a play in which pbc and Ansible differ.
type difference struct {
	pbc    *oracle.Program
	want   compare.Outcome
	report compare.Report
}

// difference compares both in a site. It is nil when they agree.
func (r *rivals) difference(t *testing.T, site *random.Site) (*difference, error) {
	s, err := scenario.Parse("random/play", []byte(site.Scenario("A random play.")))
	if err != nil {
		return nil, err
	}
	want, err := r.ansible.RunScenario(t.Context(), s)
	if err != nil {
		return nil, err
	}
	r.costs.spent(t.Name(), want, compare.Outcome{})
	want = r.normaliser.Outcome(want)
	for _, pbc := range r.pbc {
		got, err := pbc.RunScenario(t.Context(), s)
		if err != nil {
			return nil, err
		}
		r.costs.spent(t.Name(), compare.Outcome{}, got)
		if report := compare.Outcomes(want, r.normaliser.Outcome(got)); !report.Equal {
			return &difference{pbc: pbc, want: want, report: report}, nil
		}
	}
	return nil, nil
}

// missing is what Ansible says of a playbook that lacks what it names.
var missing = regexp.MustCompile(`requested handler|ould not find|Unable to retrieve|was not found|must be|are mutually exclusive|is not a valid|No start task|provided hosts list is empty`)

// sound says whether the playbook has what it names. A smaller one that does not would be a find of another kind.
func (d *difference) sound() bool {
	for _, run := range d.want.Runs {
		if missing.MatchString(run.Stdout + run.Stderr) {
			return false
		}
	}
	return true
}

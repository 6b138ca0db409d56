package conformance

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pbc/conformance/compare"
)

// TestCosts adds up what programs took, and lists the dearest first.
func TestCosts(t *testing.T) {
	took := func(seconds ...time.Duration) compare.Outcome {
		var out compare.Outcome
		for _, s := range seconds {
			out.Runs = append(out.Runs, compare.Run{CPU: s * time.Second})
		}
		return out
	}
	var costs Costs
	for _, c := range []struct {
		name            string
		oracle, subject compare.Outcome
	}{
		{"a/cheap", took(1), took(0)},
		{"a/dear", took(2, 3), took()},
		{"a/dear", took(), took(1)},
		{"a/left out", took(), took(0)},
	} {
		costs.spent(c.name, c.oracle, c.subject)
	}
	want := "processor seconds of                       oracle      pbc\n" +
		"all                                          6.00     1.00\n" +
		"a/dear                                       5.00     1.00\n" +
		"a/cheap                                      1.00     0.00\n"
	if diff := cmp.Diff(want, costs.Table(2)); diff != "" {
		t.Error(diff)
	}
}

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecord(t *testing.T) {
	const before = "# head\na\tone\tfail\twhy not\nb\tone\tpass\nc\ttwo\tfail\tstill\nd\ttwo\tpass\ne\ttwo\tskip\tnot there\n"
	got, err := record(before, "target\tkind\tresult\na\trole\tPASS\t1.0\nb\trunme\tFAIL\nc\trole\tFAIL\t1\ne\trole\tPASS\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("# head\na\tone\tpass\nb\tone\tfail\nc\ttwo\tfail\tstill\nd\ttwo\tpass\ne\ttwo\tskip\tnot there\n", got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, bad := range []string{"a\tone\n", "a\tone\tmaybe\n"} {
		if _, err := record(bad, ""); err == nil {
			t.Errorf("%q is taken for a record", bad)
		}
	}
}

func TestTargetsThatDoNotPassAreExplained(t *testing.T) {
	all, err := releases(rootOf(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 3 {
		t.Errorf("got records of %d releases, want three", len(all))
	}
	for _, r := range all {
		seen := map[string]bool{}
		for _, x := range r.list {
			if seen[x.name] {
				t.Errorf("%s: %s stands twice", r.core, x.name)
			}
			seen[x.name] = true
			if x.outcome != "pass" && x.reason == "" {
				t.Errorf("%s: %s does not pass, and its record does not say why", r.core, x.name)
			}
		}
	}
}

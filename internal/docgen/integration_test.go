package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecord(t *testing.T) {
	const before = "# head\na\tone\tfail\twhy not\nb\tone\tpass\nc\ttwo\tfail\tstill\nd\ttwo\tpass\n"
	got, err := record(before, "target\tkind\tresult\na\trole\tPASS\t1.0\nb\trunme\tFAIL\nc\trole\tFAIL\t1\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("# head\na\tone\tpass\nb\tone\tfail\nc\ttwo\tfail\tstill\nd\ttwo\tpass\n", got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, bad := range []string{"a\tone\n", "a\tone\tmaybe\n"} {
		if _, err := record(bad, ""); err == nil {
			t.Errorf("%q is taken for a record", bad)
		}
	}
}

func TestFailingTargetsAreExplained(t *testing.T) {
	text, err := os.ReadFile(integrationFile(rootOf(t)))
	if err != nil {
		t.Fatal(err)
	}
	_, list, err := readTargets(string(text))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, x := range list {
		if seen[x.name] {
			t.Errorf("%s stands twice in integration.tsv", x.name)
		}
		seen[x.name] = true
		if !x.pass && x.reason == "" {
			t.Errorf("%s fails, and integration.tsv does not say why", x.name)
		}
	}
}

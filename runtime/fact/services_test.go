package fact

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"pbc/ir/value"
)

// TestRecordedServices scans the services of the hosts in testdata/services and compares them with
// what Ansible's service_facts said of the same tools.
func TestRecordedServices(t *testing.T) {
	eachRecorded(t, "services", 10, func(t *testing.T, a *txtar.Archive) {
		compareServices(t, a, false, part(a, "want.json"))
		if want := part(a, "want-tagged.json"); want != nil {
			compareServices(t, a, true, want)
		} else {
			compareServices(t, a, true, part(a, "want.json"))
		}
	})
}

func compareServices(t *testing.T, a *txtar.Archive, tagged bool, recorded []byte) {
	t.Helper()
	s := &serviceScan{ctx: context.Background(), sys: unpackHost(t, a, hostArgs{}), found: value.NewDict(), tagged: tagged}
	if err := s.all(); err != nil {
		t.Fatal(err)
	}
	got := s.result()
	got.SetStr("changed", false)
	if len(s.warnings) > 0 {
		got.SetStr("warnings", textList(s.warnings))
	}
	want, err := value.ParseJSON(recorded)
	if err != nil {
		t.Fatal(err)
	}
	want.(*value.Dict).SetStr("changed", false)
	if d := cmp.Diff(plain(want), plain(got)); d != "" {
		t.Errorf("Ansible's (-) and pbc's (+) results differ, tagged %v:\n%s", tagged, d)
	}
}

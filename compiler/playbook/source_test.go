package playbook

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReplay holds that what a Recording kept is enough to load again without the source.
func TestReplay(t *testing.T) {
	order, cases, _ := caseFiles(t, "testdata/trees/roles.txtar")
	for _, name := range order {
		t.Run(name, func(t *testing.T) {
			load := func(src Source) []any {
				opt := memoryLoader(nil).opt
				opt.Source = src
				pb, diags := NewLoader(opt).Load("site.yml")
				if diags.Stops() {
					t.Fatal(diags.Items[0])
				}
				out := []any{}
				for _, p := range pb.Plays {
					out = append(out, dumpPlay(p))
				}
				return out
			}
			kept := NewRecording(cases[name])
			first := load(kept)
			kept.From = nil
			if d := cmp.Diff(first, load(kept)); d != "" {
				t.Errorf("-first +replayed\n%s", d)
			}
			if len(kept.Paths()) == 0 {
				t.Error("nothing was kept")
			}
		})
	}
}

func TestTagsSelect(t *testing.T) {
	for _, c := range []struct {
		name             string
		tags, only, skip []string
		want             bool
	}{
		{name: "no tags at all", want: true},
		{name: "never is off", tags: []string{"never"}},
		{name: "never with another chosen", tags: []string{"never", "x"}, only: []string{"x"}, want: true},
		{name: "always is on", tags: []string{"always"}, only: []string{"x"}, want: true},
		{name: "always can be skipped", tags: []string{"always"}, skip: []string{"always"}},
		{name: "skip all keeps always", tags: []string{"always"}, skip: []string{"all"}, want: true},
		{name: "skip wins", tags: []string{"a", "b"}, only: []string{"a"}, skip: []string{"b"}},
		{name: "tagged", tags: []string{"a"}, only: []string{"tagged"}, want: true},
		{name: "tagged needs a tag", only: []string{"tagged"}},
		{name: "untagged", only: []string{"untagged"}, want: true},
		{name: "skip tagged", tags: []string{"a"}, skip: []string{"tagged"}},
		{name: "skip tagged keeps the rest", skip: []string{"tagged"}, want: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := TagsSelect(c.tags, c.only, c.skip); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

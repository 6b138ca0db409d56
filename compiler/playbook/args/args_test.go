package args

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outcome is what Ansible did with a text: a result or an error.
type outcome[T any] struct {
	OK  T      `json:"ok"`
	Err string `json:"err"`
}

type vector struct {
	Text  string
	Split outcome[[]string]
	KV    outcome[[][2]string]
	Free  outcome[[][2]string]
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(data, &vs); err != nil {
		t.Fatal(err)
	}
	if len(vs) < 1000 {
		t.Fatalf("got %d vectors, want at least 1000", len(vs))
	}
	return vs
}

func split(text string) outcome[[]string] {
	p, err := Split(text, false)
	if errors.Is(err, ErrIndex) {
		return outcome[[]string]{Err: "IndexError"}
	}
	if err != nil {
		return outcome[[]string]{Err: err.Error()}
	}
	if p == nil {
		p = []string{}
	}
	return outcome[[]string]{OK: p}
}

func parse(text string, free bool) outcome[[][2]string] {
	a, err := ParseKV(text, free, false)
	if errors.Is(err, ErrUnparsable) {
		return outcome[[][2]string]{Err: ErrUnparsable.Error()}
	}
	if err != nil {
		return outcome[[][2]string]{Err: err.Error()}
	}
	out := [][2]string{}
	for _, kv := range a.Pairs {
		out = append(out, [2]string{kv.Key, kv.Value})
	}
	if a.HasRaw {
		out = append(out, [2]string{"_raw_params", a.Raw})
	}
	return outcome[[][2]string]{OK: out}
}

func TestAgainstAnsible(t *testing.T) {
	for _, v := range readVectors(t) {
		if d := cmp.Diff(v.Split, split(v.Text)); d != "" {
			t.Errorf("Split(%q): -ansible +pbc\n%s", v.Text, d)
		}
		if d := cmp.Diff(v.KV, parse(v.Text, false)); d != "" {
			t.Errorf("ParseKV(%q, false): -ansible +pbc\n%s", v.Text, d)
		}
		if d := cmp.Diff(v.Free, parse(v.Text, true)); d != "" {
			t.Errorf("ParseKV(%q, true): -ansible +pbc\n%s", v.Text, d)
		}
	}
}

func FuzzParseKV(f *testing.F) {
	for _, v := range readVectors(f)[:60] {
		f.Add(v.Text, true)
	}
	f.Fuzz(func(t *testing.T, text string, free bool) {
		a, err := ParseKV(text, free, false)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, kv := range a.Pairs {
			if seen[kv.Key] {
				t.Errorf("name %q twice", kv.Key)
			}
			seen[kv.Key] = true
		}
	})
}

// What begins with white space, as releases read it of which ir.Newer is said. Observed: ansible-core 2.18 and 2.19.
func TestSplitNewer(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"blanks before", "  echo x  ", []string{" ", "echo", "x  "}},
		{"a line end before", "\necho x", []string{"\n", "echo", "x"}},
		{"nothing but blanks", "  ", []string{"  "}},
		{"nothing", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Split(c.text, true)
			if d := cmp.Diff(c.want, got); d != "" || err != nil {
				t.Errorf("%v: -ansible +pbc\n%s", err, d)
			}
		})
	}
}

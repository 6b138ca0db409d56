package pyplugin

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir/value"
)

// FuzzWire holds what comes from a plugin to the grammar: it is a value or an error, and what was unpacked packs again to
// the same.
func FuzzWire(f *testing.F) {
	for _, s := range []string{
		`null`, `[1, 2.5, "x", true]`, `{"a": {"b": []}}`, `{"!": "tuple", "v": [1]}`, `{"!": "set", "v": [1, "a"]}`, `{"!": "dict", "v": [[1, 2], ["!", 3]]}`,
		`{"!": "bytes", "v": "ff00"}`, `{"!": "date", "v": ["2024-02-29T01:02:03.000004", true]}`, `{"!": "delta", "v": [-1, 5, 7]}`,
		`{"!": "undef", "v": ["x", null]}`, `{"!": "unsafe", "v": "{{ x }}"}`, `{"!": "native", "v": "[]"}`, `{"!": "vault", "v": "$ANSIBLE_VAULT"}`, `{"!": "omit"}`,
		`{"!": "nothing", "v": 1}`, `{"!": 5}`, `{"!": "dict", "v": [[[], 1]]}`, `{"!": "set", "v": [[]]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := value.ParseJSON([]byte(s))
		if err != nil {
			return
		}
		got, err := unpack(v)
		if err != nil {
			return
		}
		p, err := pack(got)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		again, err := unpack(p)
		if err != nil {
			t.Fatalf("%s: unpacked %v does not unpack again: %v", s, got, err)
		}
		before, err := value.Repr(got)
		after, aerr := value.Repr(again)
		if err != nil || aerr != nil {
			return // an undefined value
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s (-first +again):\n%s", s, diff)
		}
	})
}

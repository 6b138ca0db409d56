package machine

import (
	"testing"

	"pbc/ir/value"
)

// TestMalformed holds which strings of a result are found, and what Python says of them.
func TestMalformed(t *testing.T) {
	const codec = "'utf-8' codec can't encode "
	tests := []struct {
		name string
		res  value.Value
		want string // "" for a result that holds none
	}{
		{"nothing", value.DictOf("stdout", "ä", "rc", int64(1), "lines", value.NewList("b")), ""},
		{"one byte", value.DictOf("stdout", "a\xffb"), codec + `character '\udcff' in position 1: surrogates not allowed`},
		{"after a wide character", value.DictOf("stdout", "ä\xe4"), codec + `character '\udce4' in position 1: surrogates not allowed`},
		{"two bytes", value.DictOf("stdout", "a\xff\xfeb\xff"), codec + "characters in position 1-2: surrogates not allowed"},
		{"inside", value.DictOf("rc", int64(0), "lines", value.NewList("a", "\xff")), codec + `character '\udcff' in position 0: surrogates not allowed`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, found := malformed(test.res)
			got := ""
			if found {
				got = unencodable(s)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

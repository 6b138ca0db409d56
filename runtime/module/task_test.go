package module

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir/value"
)

// The wanted lists are what Python's str.splitlines gives.
func TestSplitLines(t *testing.T) {
	tests := []struct {
		name, in string
		want     []value.Value
	}{
		{"empty", "", nil},
		{"one line", "a", []value.Value{"a"}},
		{"line end at the end", "a\n", []value.Value{"a"}},
		{"empty lines", "\n\na", []value.Value{"", "", "a"}},
		{"carriage returns", "a\r\nb\rc\n\rd", []value.Value{"a", "b", "c", "", "d"}},
		{"other separators", "a\vb\fc\x1cd\x1de\x1ef\u0085g\u2028h\u2029i", []value.Value{"a", "b", "c", "d", "e", "f", "g", "h", "i"}},
		{"not UTF-8", "a\xff\nb\x85c", []value.Value{"a\xff", "b\x85c"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, SplitLines(tt.in).V); d != "" {
				t.Error(d)
			}
		})
	}
}

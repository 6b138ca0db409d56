package link

import "testing"

// TestFirstWord reads beginnings of command lines, which a gap may cut within quotes.
func TestFirstWord(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"a.sh --now", "a.sh"},
		{`a.sh "`, "a.sh"},
		{`a.sh "x y"`, "a.sh"},
		{`"a b.sh" now`, "a b.sh"},
		{`"a b`, ""},
		{"  a.sh", "a.sh"},
		{"", ""},
	} {
		t.Run(tt.line, func(t *testing.T) {
			if got := firstWord(tt.line); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

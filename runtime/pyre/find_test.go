package pyre

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name, pattern, text string
		first               []int
		all                 [][]string
	}{
		{"none", `x+`, "abc", nil, nil},
		{"groups", `(\w)=(\d)?`, "a=1 b=", []int{0, 3, 0, 1, 2, 3}, [][]string{{"a=1", "a", "1"}, {"b=", "b", ""}}},
		{"bytes of characters", `é(.)`, "-éü", []int{1, 5, 3, 5}, [][]string{{"éü", "ü"}}},
		{"not UTF-8", `b(c)`, "\xff\xfebc\xff", []int{2, 4, 3, 4}, [][]string{{"bc", "c"}}},
		{"flags inside", `(?im)^B$`, "a\nb\nB", []int{2, 3}, [][]string{{"b"}, {"B"}}},
		{"end before a newline", `a$`, "a\n", []int{0, 1}, [][]string{{"a"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			re := MustCompile(c.pattern)
			if d := cmp.Diff(c.first, re.FindStringSubmatchIndex(c.text)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.all, re.FindAllStringSubmatch(c.text)); d != "" {
				t.Error(d)
			}
			if got, want := re.MatchString(c.text), c.first != nil; got != want {
				t.Errorf("matches: got %t, want %t", got, want)
			}
		})
	}
}

func TestReplaceAllStringFunc(t *testing.T) {
	got := MustCompile(`[ab]+`).ReplaceAllStringFunc("xaby\xffb", func(s string) string { return "<" + s + ">" })
	if want := "x<ab>y\xff<b>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEscape(t *testing.T) {
	for _, s := range []string{"", "a.b*c", "[x]-{y}(z)|^$", "a b\tc\n#~&", "é/_%@,:;<=>!`'\"", "\xff"} {
		if re, err := Compile(`\A`+Escape(s)+`\Z`, 0); err != nil || !re.MatchString(s) {
			t.Errorf("%q as %q: %v", s, Escape(s), err)
		}
	}
}

package ir

import "testing"

func TestNewer(t *testing.T) {
	for _, c := range []struct {
		name, version string
		want          bool
	}{
		{"the one observed as old", "2.14.18", false},
		{"two numbers", "2.18", true},
		{"a newer dialect", "2.19.14", true},
		{"another major", "3.0", true},
		{"no version", "", false},
		{"a development version", "2.20.0.dev0", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Newer(c.version); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

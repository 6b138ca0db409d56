package link

import (
	"strings"
	"testing"
)

// TestSelected holds the choice of tasks to a table that ansible-core 2.14's own evaluate_tags gave.
func TestSelected(t *testing.T) {
	for _, c := range []struct {
		only, tags, skip string
		want             bool
	}{
		{"all", "", "", true},
		{"all", "never", "", false},
		{"all", "always", "", true},
		{"a", "a", "", true},
		{"a", "b", "", false},
		{"a", "", "", false},
		{"a", "always", "", true},
		{"a", "never,a", "", true},
		{"never", "never", "", true},
		{"tagged", "a", "", true},
		{"tagged", "", "", false},
		{"tagged", "never", "", false},
		{"tagged", "always", "", true},
		{"untagged", "", "", true},
		{"untagged", "a", "", false},
		{"untagged", "never", "", false},
		{"all", "a", "a", false},
		{"all", "always", "always", false},
		{"all", "always", "all", true},
		{"all", "always", "all,always", false},
		{"all", "", "all", false},
		{"all", "a", "tagged", false},
		{"all", "", "tagged", true},
		{"all", "always", "tagged", false},
		{"all", "", "untagged", false},
		{"a,b", "b", "", true},
		{"a", "a,b", "b", false},
		{"a", "always,b", "b", false},
		{"", "", "", true},
		{"", "never", "", true},
		{"all", "never,a", "", false},
		{"all,a", "never,a", "", true},
	} {
		t.Run("tags="+c.only+" task="+c.tags+" skip="+c.skip, func(t *testing.T) {
			tags := map[string]bool{}
			for _, s := range words(c.tags) {
				tags[s] = true
			}
			if len(tags) == 0 {
				tags["untagged"] = true
			}
			if got := selected(tags, words(c.only), words(c.skip)); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func words(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

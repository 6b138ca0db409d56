package main

import (
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	long := strings.Repeat("a", 199)
	for _, c := range []struct{ name, text, want string }{
		{"words", "it is généré", "it is généré"},
		{"what moves the cursor", "a\x1b[31mb\r\nc\u200e", "a[31mbc"},
		{"too much", long + "bc", long + "b"},
		{"cut within a character", long + "é", long},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := printable(c.text); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

package link

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir/value"
)

func TestBatches(t *testing.T) {
	for _, c := range []struct {
		name   string
		hosts  int
		serial value.Value
		want   string
		err    string
	}{
		{name: "no serial", hosts: 3, want: "abc"},
		{name: "empty list", hosts: 3, serial: value.NewList(), want: "abc"},
		{name: "number", hosts: 5, serial: int64(2), want: "ab cd e"},
		{name: "text", hosts: 3, serial: "2", want: "ab c"},
		{name: "zero takes all", hosts: 3, serial: int64(0), want: "abc"},
		{name: "negative takes all", hosts: 3, serial: int64(-1), want: "abc"},
		{name: "more than there are", hosts: 2, serial: int64(9), want: "ab"},
		{name: "percentage of all hosts, not of the rest", hosts: 6, serial: "50%", want: "abc def"},
		{name: "percentage below one host", hosts: 3, serial: "1%", want: "a b c"},
		{name: "list whose last repeats", hosts: 6, serial: value.NewList(int64(1), int64(2)), want: "a bc de f"},
		{name: "list of both", hosts: 6, serial: value.NewList(int64(1), "50%"), want: "a bcd ef"},
		{name: "list longer than the hosts", hosts: 1, serial: value.NewList(int64(1), int64(5)), want: "a"},
		{name: "zero within a list takes the rest", hosts: 4, serial: value.NewList(int64(1), int64(0)), want: "a bcd"},
		{name: "no hosts", serial: int64(1)},
		{name: "negative percentage takes all", hosts: 3, serial: "-50%", want: "abc"},
		{name: "percentage with a fraction", hosts: 1, serial: "12.5%", err: "invalid literal for int() with base 10: '12.5'"},
		{name: "not a number", hosts: 1, serial: "two", err: "invalid literal for int() with base 10: 'two'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			hosts := strings.Split("abcdef"[:c.hosts], "")
			got, err := batches(hosts, c.serial)
			if text := errorText(err); text != c.err {
				t.Fatalf("error %q, want %q", text, c.err)
			}
			var shown []string
			for _, b := range got {
				shown = append(shown, strings.Join(b, ""))
			}
			if d := cmp.Diff(c.want, strings.Join(shown, " ")); d != "" {
				t.Error(d)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

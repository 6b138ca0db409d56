package pyre

import (
	"encoding/json"
	"os"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// pythonRow is what CPython says of a pattern: its error, or what it finds in each text.
type pythonRow struct {
	Pattern string      `json:"pattern"`
	Error   string      `json:"error"`
	All     [][][][]int `json:"all"`
	Full    []bool      `json:"full"`
	Sub     []string    `json:"sub"`
}

// pythonTables is testdata/python.json, written by testdata/python.py.
type pythonTables struct {
	Texts     []string    `json:"texts"`
	Patterns  []pythonRow `json:"patterns"`
	Templates []struct {
		Template string          `json:"template"`
		Sub      json.RawMessage `json:"sub"`
	} `json:"templates"`
}

func readTables(t *testing.T) pythonTables {
	t.Helper()
	b, err := os.ReadFile("testdata/python.json")
	if err != nil {
		t.Fatal(err)
	}
	var tables pythonTables
	if err := json.Unmarshal(b, &tables); err != nil {
		t.Fatal(err)
	}
	return tables
}

// inRunes turns offsets in bytes into Python's.
func inRunes(text string, ms []*Match) [][][]int {
	all := [][][]int{}
	for _, m := range ms {
		var groups [][]int
		for i := range m.Len() {
			start, end := m.Span(i)
			if start >= 0 {
				start, end = utf8.RuneCountInString(text[:start]), utf8.RuneCountInString(text[:end])
			}
			groups = append(groups, []int{start, end})
		}
		all = append(all, groups)
	}
	return all
}

func TestAsPython(t *testing.T) {
	tables := readTables(t)
	for _, row := range tables.Patterns {
		t.Run(row.Pattern, func(t *testing.T) {
			re, err := Compile(row.Pattern, 0)
			if err != nil || row.Error != "" {
				if err == nil || err.Error() != row.Error {
					t.Fatalf("got error %v, want %q", err, row.Error)
				}
				return
			}
			for i, text := range tables.Texts {
				ms, err := re.FindAll(text)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(row.All[i], inRunes(text, ms)); d != "" {
					t.Errorf("matches in %q:\n%s", text, d)
				}
				if m, err := re.FullMatch(text); err != nil || (m != nil) != row.Full[i] {
					t.Errorf("the whole of %q: got %t, %v", text, m != nil, err)
				}
				if got, _, err := re.Sub("<>", text); err != nil || got != row.Sub[i] {
					t.Errorf("replacing in %q: got %q, %v, want %q", text, got, err, row.Sub[i])
				}
			}
		})
	}
}

func TestTemplatesAsPython(t *testing.T) {
	re, err := Compile(`(?P<n>a)(b)?`, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range readTables(t).Templates {
		t.Run(row.Template, func(t *testing.T) {
			var want string
			var fault struct{ Error string }
			if json.Unmarshal(row.Sub, &want) != nil {
				if err := json.Unmarshal(row.Sub, &fault); err != nil {
					t.Fatal(err)
				}
			}
			got, _, err := re.Sub(row.Template, "xabya")
			msg := ""
			if err != nil {
				msg = err.Error()
			}
			if got != want || msg != fault.Error {
				t.Errorf("got %q, %q, want %q, %q", got, msg, want, fault.Error)
			}
		})
	}
}

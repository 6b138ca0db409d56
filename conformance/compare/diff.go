package compare

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// Difference is one thing that was not the same.
type Difference struct {
	Run   int    `json:"run"`            // from 1
	Where string `json:"where"`          // exit, stdout, stderr, events or tree
	What  string `json:"what,omitempty"` // the event or path
	Want  any    `json:"want,omitempty"` // the first outcome's side; absent when only the second has it
	Got   any    `json:"got,omitempty"`  // the second's
	Diff  string `json:"diff"`           // for reading: lines with - are the first's, with + the second's
}

// Report is the result of a comparison.
type Report struct {
	Equal       bool         `json:"equal"`
	Differences []Difference `json:"differences"`
}

// Outcomes compares two outcomes, both normalised: want, what should have happened, and got, what did.
func Outcomes(want, got Outcome) Report {
	r := Report{Differences: []Difference{}}
	if len(want.Runs) != len(got.Runs) {
		r.add(Difference{Where: "runs", Want: len(want.Runs), Got: len(got.Runs)})
	}
	for i := range min(len(want.Runs), len(got.Runs)) {
		r.run(i+1, want.Runs[i], got.Runs[i])
	}
	r.Equal = len(r.Differences) == 0
	return r
}

func (r *Report) add(d Difference) {
	if d.Diff == "" {
		d.Diff = cmp.Diff(d.Want, d.Got)
	}
	r.Differences = append(r.Differences, d)
}

func (r *Report) run(number int, want, got Run) {
	if want.Exit != got.Exit {
		r.add(Difference{Run: number, Where: "exit", Want: want.Exit, Got: got.Exit})
	}
	for _, stream := range []struct{ name, want, got string }{
		{"stdout", want.Stdout, got.Stdout}, {"stderr", want.Stderr, got.Stderr},
	} {
		if stream.want != stream.got {
			lines := lineDiff(strings.SplitAfter(stream.want, "\n"), strings.SplitAfter(stream.got, "\n"))
			r.add(Difference{Run: number, Where: stream.name, Want: stream.want, Got: stream.got, Diff: lines})
		}
	}
	r.events(number, want.Events, got.Events)
	r.tree(number, want.Tree, got.Tree)
}

func (r *Report) events(number int, want, got []Event) {
	pairs := align(len(want), len(got), func(i, j int) bool { return want[i].Place() == got[j].Place() })
	for _, p := range pairs {
		d := Difference{Run: number, Where: "events"}
		switch {
		case p.j < 0:
			d.What, d.Want, d.Diff = want[p.i].Place(), want[p.i], "- "+eventLine(want[p.i])
		case p.i < 0:
			d.What, d.Got, d.Diff = got[p.j].Place(), got[p.j], "+ "+eventLine(got[p.j])
		case cmp.Equal(want[p.i], got[p.j]):
			continue
		default:
			d.What, d.Want, d.Got = want[p.i].Place(), want[p.i], got[p.j]
		}
		r.add(d)
	}
}

func (r *Report) tree(number int, want, got []Entry) {
	pairs := align(len(want), len(got), func(i, j int) bool { return want[i].Path == got[j].Path })
	for _, p := range pairs {
		d := Difference{Run: number, Where: "tree"}
		switch {
		case p.j < 0:
			d.What, d.Want, d.Diff = want[p.i].Path, want[p.i], "- "+jsonLine(want[p.i])
		case p.i < 0:
			d.What, d.Got, d.Diff = got[p.j].Path, got[p.j], "+ "+jsonLine(got[p.j])
		case want[p.i] == got[p.j]:
			continue
		default:
			d.What, d.Want, d.Got = want[p.i].Path, want[p.i], got[p.j]
		}
		r.add(d)
	}
}

func eventLine(e Event) string { return strings.TrimSuffix(string(WriteEvents([]Event{e})), "\n") }

func jsonLine(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}

// pair is a step of an alignment: an index of each side, -1 where that side has nothing.
type pair struct{ i, j int }

// align pairs two sequences along a longest common subsequence of those that are the same.
func align(n, m int, same func(i, j int) bool) []pair {
	length := make([][]int, n+1)
	for i := range length {
		length[i] = make([]int, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if same(i, j) {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	var out []pair
	i, j := 0, 0
	for i < n || j < m {
		switch {
		case i < n && j < m && same(i, j):
			out = append(out, pair{i, j})
			i, j = i+1, j+1
		case j == m || (i < n && length[i+1][j] >= length[i][j+1]):
			out = append(out, pair{i, -1})
			i++
		default:
			out = append(out, pair{-1, j})
			j++
		}
	}
	return out
}

// maxAligned bounds the table that aligning two texts takes; longer ones are compared from both ends only.
const maxAligned = 4000

// lineDiff shows two texts line by line: lines that both have after two blanks, with at most three of them around a difference.
func lineDiff(want, got []string) string {
	if len(want) > maxAligned || len(got) > maxAligned {
		return cmp.Diff(strings.Join(want, ""), strings.Join(got, ""))
	}
	pairs := align(len(want), len(got), func(i, j int) bool { return want[i] == got[j] })
	near := make([]bool, len(pairs))
	for k, p := range pairs {
		if p.i < 0 || p.j < 0 {
			for l := max(0, k-3); l < min(len(pairs), k+4); l++ {
				near[l] = true
			}
		}
	}
	var b strings.Builder
	for k, p := range pairs {
		switch {
		case !near[k]:
			if k > 0 && near[k-1] {
				b.WriteString("  ⋮\n")
			}
		case p.j < 0:
			b.WriteString("- " + ended(want[p.i]))
		case p.i < 0:
			b.WriteString("+ " + ended(got[p.j]))
		default:
			b.WriteString("  " + ended(want[p.i]))
		}
	}
	return b.String()
}

// ended makes a line that has no newline, the last one of a text, seen as such.
func ended(line string) string {
	if strings.HasSuffix(line, "\n") {
		return line
	}
	return line + "⏎\n"
}

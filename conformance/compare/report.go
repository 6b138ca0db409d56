package compare

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// WriteText writes the report for people. want and got are the names of the two sides.
func (r Report) WriteText(w io.Writer, want, got string) error {
	if r.Equal {
		_, err := fmt.Fprintf(w, "%s and %s agree\n", want, got)
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (-) and %s (+) differ in %s\n", want, got, count(len(r.Differences), "place"))
	for _, d := range r.Differences {
		fmt.Fprintf(&b, "\n%s", d.Where)
		if d.Run > 1 {
			fmt.Fprintf(&b, " of run %d", d.Run)
		}
		if d.What != "" {
			fmt.Fprintf(&b, ": %s", d.What)
		}
		b.WriteString("\n")
		for _, line := range strings.Split(strings.TrimRight(d.Diff, "\n"), "\n") {
			b.WriteString("    " + line + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the report as one JSON object: equal, and differences with run, where, what, want, got and diff.
func (r Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

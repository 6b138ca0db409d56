package failure

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
)

// ReadFile gives the text of a source. Its error is told by the name of Python's exception: "FileNotFoundError".
type ReadFile func(file string) ([]byte, error)

// context is the place of f with the lines of its source, empty when it has none.
func (f *Failure) context(read ReadFile) string {
	switch {
	case f.At != nil && f.At.Line > 0 && (f.Shown == "" || !strings.HasPrefix(f.At.File, "<")):
		return Excerpt(*f.At, read)
	case f.At != nil && f.Shown == "":
		return "Origin: " + f.At.String()
	case f.At != nil:
		return "Origin: " + f.At.String() + "\n\n" + shorten(f.Shown)
	case f.Shown != "":
		return "Origin: <unknown>\n\n" + shorten(f.Shown)
	}
	return ""
}

// maxShown is how much of a value, and of a source line with its number, is shown.
const maxShown = 120

// shorten joins the words of s by single spaces, and cuts what is too long at a word.
func shorten(s string) string {
	words := strings.Fields(s)
	if s = strings.Join(words, " "); utf8.RuneCountInString(s) <= maxShown {
		return s
	}
	const mark = " [...]"
	kept := ""
	for _, w := range words {
		longer := strings.TrimSpace(kept + " " + w)
		if utf8.RuneCountInString(longer)+len(mark) > maxShown {
			break
		}
		kept = longer
	}
	return strings.TrimSpace(kept + mark)
}

const (
	linesBefore = 2
	cut         = "..."
)

// Excerpt is a place with up to three lines of its source, the last marked at the column.
func Excerpt(o value.Origin, read ReadFile) string {
	head := "Origin: " + o.String()
	hidden := func(why string) string { return head + "\n\n(source not shown: " + why + ")" }
	if read == nil {
		return head
	}
	if strings.HasPrefix(o.File, "<") { // no file, but a description of what the text is of
		return hidden("TypeError")
	}
	src, err := read(o.File)
	if err != nil {
		return hidden("FileNotFoundError")
	}
	if strings.HasPrefix(string(src), "$ANSIBLE_VAULT") {
		return hidden("content encrypted")
	}
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(string(src), "\r\n", "\n"), "\r", "\n"), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if o.Line > len(lines) {
		return hidden("file truncated")
	}
	e := excerpt{width: len(fmt.Sprint(o.Line))}
	e.usable = maxShown - e.width - 1
	for n := max(1, o.Line-linesBefore); n <= o.Line; n++ {
		e.line(n, lines[n-1])
	}
	e.mark(o.Col)
	return head + "\n\n" + strings.Join(e.out, "\n")
}

// excerpt builds the lines of a source that are shown.
type excerpt struct {
	width  int // of a line number
	usable int // characters of a line that can be marked
	out    []string
}

func (e *excerpt) line(n int, text string) {
	limit := maxShown - e.width - 1
	runes := []rune(strings.ReplaceAll(text, "\t", " "))
	if len(runes) > limit {
		runes = append(runes[:limit-len(cut):limit-len(cut)], []rune(cut)...)
		e.usable = limit - len(cut)
	}
	space := " "
	if len(runes) == 0 {
		space = ""
	}
	e.out = append(e.out, fmt.Sprintf("%*d%s%s", e.width, n, space, string(runes)))
}

// mark points at a column of the last line; without one it underlines the line.
func (e *excerpt) mark(col int) {
	margin := strings.Repeat(" ", e.width) + " "
	word := fmt.Sprintf("column %d", col)
	switch {
	case col == 0:
		e.out = append(e.out, margin+strings.Repeat("^", max(0, utf8.RuneCountInString(e.out[len(e.out)-1])-e.width-1)))
	case col > e.usable:
	case col+1+len(word) > maxShown-e.width-1:
		e.out = append(e.out, margin+strings.Repeat(" ", col-2-len(word))+word+" ^")
	default:
		e.out = append(e.out, margin+strings.Repeat(" ", col-1)+"^ "+word)
	}
}

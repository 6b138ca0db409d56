package python

import (
	"strings"
	"unicode"
)

// Wrapper breaks texts into lines as Python's textwrap.TextWrapper does. The zero Wrapper but for its width is textwrap's default.
type Wrapper struct {
	Width     int  // in characters, at least 1
	KeepSpace bool // not drop_whitespace
	WholeWord bool // not break_long_words
	NoHyphens bool // not break_on_hyphens
}

// Wrap gives the lines of a text in which all white space counts as blanks, after tabs have been expanded.
func (w Wrapper) Wrap(text string) []string { return w.Lines(blankSpaces(ExpandTabs(text, 8))) }

// Lines gives the lines of a text as it is.
func (w Wrapper) Lines(text string) []string {
	chunks := splitWords([]rune(text), !w.NoHyphens)
	var lines []string
	for len(chunks) > 0 {
		if !w.KeepSpace && len(lines) > 0 && isBlank(chunks[0]) {
			chunks = chunks[1:]
		}
		var line [][]rune
		room := w.Width
		for len(chunks) > 0 && len(chunks[0]) <= room {
			line = append(line, chunks[0])
			room -= len(chunks[0])
			chunks = chunks[1:]
		}
		if len(chunks) > 0 && len(chunks[0]) > w.Width {
			line, chunks = w.longWord(line, chunks, room)
		}
		if n := len(line); !w.KeepSpace && n > 0 && isBlank(line[n-1]) {
			line = line[:n-1]
		}
		if len(line) > 0 {
			lines = append(lines, joinRunes(line))
		}
	}
	return lines
}

// longWord puts what it may of a word that fits no line into the room of a line: nothing at least, which is a part of the line, too.
func (w Wrapper) longWord(line, chunks [][]rune, room int) (more, left [][]rune) {
	switch {
	case !w.WholeWord:
		end := w.longWordCut(chunks[0], room)
		line = append(line, chunks[0][:end])
		chunks[0] = chunks[0][end:]
	case len(line) == 0:
		line, chunks = chunks[:1:1], chunks[1:]
	}
	return line, chunks
}

// longWordCut says where a word that fits no line is broken: at its last hyphen that still fits, else
// where the room ends.
func (w Wrapper) longWordCut(word []rune, room int) int {
	for h := room - 1; h > 0 && !w.NoHyphens; h-- {
		if word[h] != '-' {
			continue
		}
		if strings.Trim(string(word[:h]), "-") != "" {
			return h + 1
		}
		break
	}
	return room
}

func joinRunes(parts [][]rune) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(string(p))
	}
	return b.String()
}

// isBlank says whether nothing is left of r when stripped.
func isBlank(r []rune) bool {
	for _, c := range r {
		if !IsSpaceRune(c) {
			return false
		}
	}
	return true
}

// blankSpaces turns ASCII white space into blanks.
func blankSpaces(s string) string {
	return strings.Map(func(c rune) rune {
		if isWrapSpace(c) {
			return ' '
		}
		return c
	}, s)
}

func isWrapSpace(c rune) bool {
	return c == ' ' || c >= '\t' && c <= '\r'
}

// splitWords cuts text into the pieces between which a line may be broken: white space, words, and with hyphens the
// parts of hyphenated words with their hyphen, and long dashes between words.
func splitWords(s []rune, hyphens bool) [][]rune {
	var chunks [][]rune
	for i := 0; i < len(s); {
		j := chunkEnd(s, i, hyphens)
		chunks = append(chunks, s[i:j:j])
		i = j
	}
	return chunks
}

func chunkEnd(s []rune, i int, hyphens bool) int {
	if isWrapSpace(s[i]) {
		for i < len(s) && isWrapSpace(s[i]) {
			i++
		}
		return i
	}
	if n := dashRun(s, i); hyphens && n > 0 && i > 0 && isWordPunct(s[i-1]) {
		return i + n
	}
	for j := i + 1; ; j++ {
		switch {
		case j >= len(s):
			return j
		case hyphens && breaksAtHyphen(s, j):
			return j + 1
		case isWrapSpace(s[j]):
			return j
		case hyphens && isWordPunct(s[j-1]) && dashRun(s, j) > 0:
			return j
		}
	}
}

// dashRun is the length of two or more dashes at i that a word character follows, else 0.
func dashRun(s []rune, i int) int {
	n := 0
	for i+n < len(s) && s[i+n] == '-' {
		n++
	}
	if n < 2 || i+n >= len(s) || !isWordRune(s[i+n]) {
		return 0
	}
	return n
}

// isWordRune is Python's \w.
func isWordRune(c rune) bool {
	return c == '_' || unicode.IsLetter(c) || unicode.IsNumber(c)
}

func isWordPunct(c rune) bool {
	return isWordRune(c) || strings.ContainsRune(`!"'&.,?`, c)
}

// breaksAtHyphen says whether s[i] is a hyphen that ends a part of a compound, with two letters
// or a letter of a part of its own on each side.
func breaksAtHyphen(s []rune, i int) bool {
	letter := func(i int) bool { return i >= 0 && i < len(s) && isWordRune(s[i]) && !unicode.Is(unicode.Nd, s[i]) }
	hyphen := func(i int) bool { return i >= 0 && i < len(s) && s[i] == '-' }
	return hyphen(i) && letter(i-1) && (letter(i-2) || hyphen(i-2) && letter(i-3)) &&
		letter(i+1) && (letter(i+2) || hyphen(i+2) && letter(i+3))
}

package callback

import (
	"strings"
	"unicode"
)

// wrapText breaks text into lines of at most width characters as Python's textwrap.wrap does with its
// default settings; with keepSpace, as with drop_whitespace=False.
func wrapText(text string, width int, keepSpace bool) []string {
	chunks := splitWords([]rune(blankSpace(expandTabs(text))))
	var lines []string
	for len(chunks) > 0 {
		if !keepSpace && len(lines) > 0 && isBlank(chunks[0]) {
			chunks = chunks[1:]
		}
		var line [][]rune
		room := width
		for len(chunks) > 0 && len(chunks[0]) <= room {
			line = append(line, chunks[0])
			room -= len(chunks[0])
			chunks = chunks[1:]
		}
		if len(chunks) > 0 && len(chunks[0]) > width {
			end := longWordCut(chunks[0], room)
			line = append(line, chunks[0][:end])
			chunks[0] = chunks[0][end:]
		}
		if n := len(line); !keepSpace && n > 0 && isBlank(line[n-1]) {
			line = line[:n-1]
		}
		if len(line) > 0 {
			lines = append(lines, joinRunes(line))
		}
	}
	return lines
}

// longWordCut says where a word that fits no line is broken: at its last hyphen that still fits, else
// where the room ends.
func longWordCut(word []rune, room int) int {
	for h := room - 1; h > 0; h-- {
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
		if !isPySpace(c) {
			return false
		}
	}
	return true
}

// isPySpace is Python's str.isspace for one character.
func isPySpace(c rune) bool {
	return unicode.IsSpace(c) || c >= 0x1c && c <= 0x1f
}

// expandTabs is Python's str.expandtabs with tab stops every 8 columns.
func expandTabs(s string) string {
	if !strings.Contains(s, "\t") {
		return s
	}
	var b strings.Builder
	col := 0
	for _, c := range s {
		switch c {
		case '\t':
			n := 8 - col%8
			b.WriteString(strings.Repeat(" ", n))
			col += n
		case '\n', '\r':
			b.WriteRune(c)
			col = 0
		default:
			b.WriteRune(c)
			col++
		}
	}
	return b.String()
}

// blankSpace turns ASCII white space into blanks.
func blankSpace(s string) string {
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

// splitWords cuts text into the pieces between which a line may be broken: white space, words, the
// parts of hyphenated words with their hyphen, and long dashes between words.
func splitWords(s []rune) [][]rune {
	var chunks [][]rune
	for i := 0; i < len(s); {
		j := chunkEnd(s, i)
		chunks = append(chunks, s[i:j:j])
		i = j
	}
	return chunks
}

func chunkEnd(s []rune, i int) int {
	if isWrapSpace(s[i]) {
		for i < len(s) && isWrapSpace(s[i]) {
			i++
		}
		return i
	}
	if n := dashRun(s, i); n > 0 && i > 0 && isWordPunct(s[i-1]) {
		return i + n
	}
	for j := i + 1; ; j++ {
		switch {
		case j >= len(s):
			return j
		case breaksAtHyphen(s, j):
			return j + 1
		case isWrapSpace(s[j]):
			return j
		case isWordPunct(s[j-1]) && dashRun(s, j) > 0:
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

// breaksAtHyphen says whether s[j] is a hyphen that ends a part of a compound: letters on both sides.
func breaksAtHyphen(s []rune, j int) bool {
	if s[j] != '-' {
		return false
	}
	before := j >= 2 && isLetter(s[j-1]) && isLetter(s[j-2]) ||
		j >= 3 && isWordPunct(s[j-1]) && s[j-2] == '-' && isLetter(s[j-3])
	if !before || j+2 >= len(s) || !isLetter(s[j+1]) {
		return false
	}
	return isLetter(s[j+2]) || s[j+2] == '-' && j+3 < len(s) && isLetter(s[j+3])
}

// isWordRune is Python's \w.
func isWordRune(c rune) bool {
	return c == '_' || unicode.IsLetter(c) || unicode.IsNumber(c)
}

func isLetter(c rune) bool { return isWordRune(c) && !unicode.Is(unicode.Nd, c) }

func isWordPunct(c rune) bool {
	return isWordRune(c) || strings.ContainsRune(`!"'&.,?`, c)
}

package yaml

import (
	"bytes"
	"strings"

	lib "go.yaml.in/yaml/v4"
)

// This file makes up for where the library differs from libyaml, which PyYAML uses: it reads one token
// further ahead, for comments, so of two faults it may meet the later one first; it does not ask why a
// colon comes too late; and it takes a colon without a key for an empty key.

// first returns the fault that libyaml meets first, given the one that the library met.
func first(file string, src []byte, err *syntaxError) *syntaxError {
	if !err.pos.IsValid() {
		return err
	}
	if second := secondDocument(file, src, err.pos.Line); second != nil {
		return second
	}
	if err.structural {
		return err
	}
	line := offset(src, err.pos.Line, 1)
	for _, cut := range []int{line, offset(src, err.pos.Line, err.pos.Col)} {
		_, earlier := load(file, src[:cut], false)
		if earlier == nil || !earlier.structural || !earlier.pos.IsValid() {
			continue
		}
		// An error at the very end is the cut's own.
		if at := offset(src, earlier.pos.Line, earlier.pos.Col); at < cut && len(bytes.TrimSpace(src[at:cut])) > 0 {
			return earlier
		}
	}
	if err.problem == "mapping values are not allowed in this context" && lateColon(src, err.pos.Line) {
		err.problem = "could not find expected ':'"
	}
	return err
}

// secondDocument is the fault of a document that starts after another, before a line.
func secondDocument(file string, src []byte, line int) *syntaxError {
	at := 0
	for n := 1; n < line; n++ {
		if n > 1 && bytes.HasPrefix(src[at:], []byte("---")) {
			_, err := load(file, src[:at+len("---")], false)
			if err != nil && err.problem == anotherDocument {
				return err
			}
		}
		at += bytes.IndexByte(src[at:], '\n') + 1
	}
	return nil
}

// offset is the byte offset of a place, at most the length of src.
func offset(src []byte, line, col int) int {
	at := 0
	for ; line > 1; line-- {
		i := bytes.IndexByte(src[at:], '\n')
		if i < 0 {
			return len(src)
		}
		at += i + 1
	}
	for ; col > 1 && at < len(src); col-- {
		at++
		for at < len(src) && src[at]&0xc0 == 0x80 {
			at++
		}
	}
	return at
}

// lateColon says whether the text before a colon began on an earlier line, where a key was required: at
// the column of the keys of a mapping.
func lateColon(src []byte, line int) bool {
	lines := strings.Split(string(src), "\n")
	start := -1
	for i := line - 2; i >= 0; i-- {
		text := strings.TrimSpace(lines[i])
		if text == "" {
			continue
		}
		if keyColumn(lines[i]) >= 0 || text[0] == '#' || strings.HasPrefix(text, "- ") || text == "-" || strings.HasPrefix(text, "---") {
			break
		}
		start = i
	}
	if start < 0 {
		return false
	}
	column := len(lines[start]) - len(strings.TrimLeft(lines[start], " "))
	for i := start - 1; i >= 0; i-- {
		key := keyColumn(lines[i])
		if key >= 0 && key <= column {
			return key == column
		}
	}
	return false
}

// keyColumn is the column of the key that a line starts with, after dashes; -1 when there is none.
func keyColumn(line string) int {
	text := strings.TrimLeft(line, " ")
	for strings.HasPrefix(text, "- ") {
		text = strings.TrimLeft(text[2:], " ")
	}
	if text == "" || text[0] == '#' || !strings.Contains(text, ": ") && !strings.HasSuffix(strings.TrimRight(text, " \r"), ":") {
		return -1
	}
	return len(line) - len(text)
}

// isBareColon says whether a key is empty because nothing but its colon is there.
func (c *composer) isBareColon(n *lib.Node) bool {
	if n.Kind != lib.ScalarNode || n.Value != "" || n.Style != 0 || n.Anchor != "" {
		return false
	}
	at := offset(c.src, n.Line, n.Column)
	return at < len(c.src) && c.src[at] == ':'
}

package fact

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file has Python's ideas of white space, lines and words, which differ from Go's by a few
// control characters.

func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func strip(s string) string { return strings.TrimFunc(s, isSpace) }

// words is Python's str.split.
func words(s string) []string { return strings.FieldsFunc(s, isSpace) }

// first is the first word, or "".
func first(s string) string {
	if w := words(s); len(w) > 0 {
		return w[0]
	}
	return ""
}

func isLineEnd(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// splitLines is Python's str.splitlines.
func splitLines(s string) []string {
	var r []string
	for s != "" {
		i := strings.IndexFunc(s, isLineEnd)
		if i < 0 {
			return append(r, s)
		}
		r = append(r, s[:i])
		if strings.HasPrefix(s[i:], "\r\n") {
			s = s[i+2:]
		} else {
			_, n := utf8.DecodeRuneInString(s[i:])
			s = s[i+n:]
		}
	}
	return r
}

// universal does what Python does to the line ends of a text file.
func universal(s string) string {
	if !strings.Contains(s, "\r") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

func validText(b []byte) bool { return utf8.Valid(b) }

// capitalize is Python's str.capitalize.
func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToTitle(r)) + strings.ToLower(s[n:])
}

// cut is strings.Cut that says "" for what is not there.
func after(s, sep string) string {
	_, r, _ := strings.Cut(s, sep)
	return r
}

// human writes a size as Ansible's human_readable does.
func human(size float64) string {
	units := "YZEPTGMK"
	limit := float64(uint64(1)<<40) * float64(uint64(1)<<40)
	for i := range units {
		if size >= limit {
			return fmt.Sprintf("%.2f %cB", size/limit, units[i])
		}
		limit /= 1024
	}
	return fmt.Sprintf("%.2f Bytes", size)
}

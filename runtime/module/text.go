package module

import (
	"os"
	"strings"

	"pbc/runtime/exception"
	"pbc/runtime/pycodec"
)

// ReadText reads a file as Python's open(path).read() does: as UTF-8, with every kind of line end as "\n". What is no UTF-8 is an
// exception.
func ReadText(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return DecodeText(data)
}

// DecodeText is ReadText of what a file holds.
func DecodeText(data []byte) (string, error) {
	s, err := pycodec.Decode(data, "utf-8")
	if err != nil {
		return "", &PyException{Class: exception.ClassOf(err), Msg: err.Error()}
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s), nil
}

// KeepLines is Python's str.splitlines(True): lines with their ends.
func KeepLines(s string) []string {
	var lines []string
	for _, v := range SplitLines(s).V {
		n := len(v.(string))
		n += lineEnd(s[n:])
		lines = append(lines, s[:n])
		s = s[n:]
	}
	return lines
}

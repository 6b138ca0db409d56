package callback

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"
)

// OpenScreen returns the screen of a process: out and err are its standard output and error, getenv is
// os.Getenv. It is as wide as the terminal at out, and coloured when Ansible would be: with force_color
// always, else unless nocolor is set, when out is a terminal that terminfo knows to have colours. Where
// cowsay is installed it draws the banners, unless nocows is set.
func OpenScreen(out, err *os.File, o Options, getenv func(string) string) *Screen {
	s := NewScreen(out, err)
	isTerminal := term.IsTerminal(int(out.Fd()))
	if isTerminal {
		if w, _, err := term.GetSize(int(out.Fd())); err == nil {
			s.SetTerminalWidth(w)
		}
	}
	if o.ForceColor || !o.NoColor && isTerminal && terminalColors(getenv) >= 0 {
		s.Palette = o.Palette
	}
	s.Cow = findCow(o)
	return s
}

// terminalColors is the number of colours of the terminal that TERM names, -1 when it has none, or none
// is known of that name.
func terminalColors(getenv func(string) string) int {
	name := getenv("TERM")
	if name == "" || strings.Contains(name, "/") {
		return -1
	}
	for _, dir := range terminfoDirs(getenv) {
		for _, sub := range []string{name[:1], fmt.Sprintf("%x", name[0])} {
			if entry, err := os.ReadFile(filepath.Join(dir, sub, name)); err == nil {
				return terminfoColors(entry)
			}
		}
	}
	return -1
}

func terminfoDirs(getenv func(string) string) []string {
	var dirs []string
	if d := getenv("TERMINFO"); d != "" {
		dirs = append(dirs, d)
	}
	if home := getenv("HOME"); home != "" {
		dirs = append(dirs, filepath.Join(home, ".terminfo"))
	}
	dirs = append(dirs, filepath.SplitList(getenv("TERMINFO_DIRS"))...)
	return append(dirs, "/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/local/share/terminfo", "/usr/lib/terminfo")
}

// The compiled terminfo format, term(5):
//
//	entry   = magic names-size bool-count number-count string-count strings-size names bools [pad] numbers …
//	magic   = 0x011a (numbers of 2 bytes) | 0x021e (of 4)
//	all sizes are 2 bytes, little endian; pad makes the offset of numbers even
const (
	terminfoMagic   = 0x011a
	terminfoMagic32 = 0x021e
	terminfoHeader  = 12
	maxColorsNumber = 13 // the index of max_colors among the numbers
)

// terminfoColors reads max_colors of a compiled terminfo entry, -1 when it has none.
func terminfoColors(entry []byte) int {
	if len(entry) < terminfoHeader {
		return -1
	}
	word := func(at int) int { return int(binary.LittleEndian.Uint16(entry[at:])) }
	size := 2
	switch word(0) {
	case terminfoMagic:
	case terminfoMagic32:
		size = 4
	default:
		return -1
	}
	at := terminfoHeader + word(2) + word(4)
	at += at%2 + maxColorsNumber*size
	if word(6) <= maxColorsNumber || at+size > len(entry) {
		return -1
	}
	if size == 4 {
		return int(int32(binary.LittleEndian.Uint32(entry[at:])))
	}
	return int(int16(binary.LittleEndian.Uint16(entry[at:])))
}

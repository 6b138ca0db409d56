package callback

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Color is a role that text plays on the screen; Palette says how the role looks.
type Color uint8

// The roles, by the names of Ansible's settings (COLOR_OK, COLOR_ERROR ...).
const (
	NoColor Color = iota
	ColorChanged
	ColorDebug
	ColorDeprecate
	ColorDiffAdd
	ColorDiffLines
	ColorDiffRemove
	ColorError
	ColorHighlight
	ColorIncluded
	ColorOK
	ColorSkip
	ColorUnreachable
	ColorVerbose
	ColorWarn
	colorCount
)

// colorSetting is a row of Ansible's settings for colours.
type colorSetting struct {
	key  string // in ansible.cfg's [colors]; ANSIBLE_COLOR_<KEY> in the environment
	name string // the default
}

var colorSettings = [colorCount]colorSetting{
	ColorChanged:     {"changed", "yellow"},
	ColorDebug:       {"debug", "dark gray"},
	ColorDeprecate:   {"deprecate", "purple"},
	ColorDiffAdd:     {"diff_add", "green"},
	ColorDiffLines:   {"diff_lines", "cyan"},
	ColorDiffRemove:  {"diff_remove", "red"},
	ColorError:       {"error", "red"},
	ColorHighlight:   {"highlight", "white"},
	ColorIncluded:    {"included", "cyan"},
	ColorOK:          {"ok", "green"},
	ColorSkip:        {"skip", "cyan"},
	ColorUnreachable: {"unreachable", "bright red"},
	ColorVerbose:     {"verbose", "blue"},
	ColorWarn:        {"warn", "bright purple"},
}

var sgrCodes = map[string]string{
	"black": "0;30", "blue": "0;34", "green": "0;32", "cyan": "0;36", "red": "0;31",
	"purple": "0;35", "yellow": "0;33", "magenta": "0;35", "white": "1;37", "normal": "0",
	"dark gray": "1;30", "bright gray": "0;37", "bright blue": "1;34", "bright green": "1;32",
	"bright cyan": "1;36", "bright red": "1;31", "bright purple": "1;35",
	"bright yellow": "1;33", "bright magenta": "1;35",
}

// numbered are the colours of terminals with 256: color0 to color255, rgb000 to rgb555, gray0 to gray23. What follows counts for nothing.
var numbered = regexp.MustCompile(`^(?:color(\d+)|rgb([0-5])([0-5])([0-5])|gray(\d+))`)

// sgr is the code of a colour by its name, empty for one that is unknown, whose text Ansible would lose.
//
// Observed: scenarios/cli/colours.txtar.
func sgr(name string) string {
	m := numbered.FindStringSubmatch(name)
	if m == nil {
		return sgrCodes[name]
	}
	digits := func(group int) int {
		n, _ := strconv.Atoi(m[group]) // digits, or none
		return n
	}
	n := digits(1)
	switch {
	case m[2] != "":
		n = 16 + 36*digits(2) + 6*digits(3) + digits(4)
	case m[5] != "":
		n = 232 + digits(5)
	}
	return "38;5;" + strconv.Itoa(n)
}

// Palette holds the SGR parameters of each role. The zero Palette colours nothing.
type Palette [colorCount]string

// DefaultPalette returns Ansible's own colours.
func DefaultPalette() Palette {
	var p Palette
	for c, s := range colorSettings {
		p[c] = sgrCodes[s.name]
	}
	return p
}

// Set gives a role, by its key in ansible.cfg's [colors], a colour by its name.
func (p *Palette) Set(key, name string) error {
	for c, s := range colorSettings {
		if s.key != key || key == "" {
			continue
		}
		p[c] = sgr(name)
		return nil
	}
	return fmt.Errorf("unknown colour setting %q", key)
}

// ColorKeys returns the keys that Palette.Set knows.
func ColorKeys() []string {
	var keys []string
	for _, s := range colorSettings {
		if s.key != "" {
			keys = append(keys, s.key)
		}
	}
	return keys
}

// paint puts the role's SGR codes around every line of text.
func (p *Palette) paint(text string, c Color) string {
	code := p[c]
	if code == "" {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = "\033[" + code + "m" + l + "\033[0m"
	}
	return strings.Join(lines, "\n")
}

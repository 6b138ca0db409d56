package scenario

import (
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// header is what the comment of a scenario says.
type header struct {
	doc     string
	args    []string
	runs    [][]string
	repeat  int
	hosts   []string
	env     []string
	dialect string
	machine string
	ansible string
	http    bool
	ssh     bool
	accept  []Acceptance
	typed   [][2]string
	modes   map[string]fs.FileMode
	noEOL   map[string]bool
	others  []File // folders, links, removals
}

// keys are the words that may stand before the colon in a scenario's comment.
var keys = map[string]func(*header, string) error{
	"args":    func(h *header, v string) (err error) { h.args, err = splitLine(v); return err },
	"run":     (*header).addRun,
	"runs":    func(h *header, v string) (err error) { h.repeat, err = strconv.Atoi(v); return err },
	"hosts":   func(h *header, v string) error { h.hosts = strings.Fields(v); return nil },
	"env":     (*header).addEnv,
	"mode":    (*header).addMode,
	"dir":     func(h *header, v string) error { return h.addOther(File{Path: v, Dir: true, Mode: 0o755}) },
	"link":    (*header).addLink,
	"remove":  func(h *header, v string) error { return h.addOther(File{Path: v, Remove: true}) },
	"noeol":   func(h *header, v string) error { h.noEOL[v] = true; return nil },
	"dialect": (*header).setDialect,
	"machine": func(h *header, v string) error { h.machine = v; return nil },
	"ansible": func(h *header, v string) error { h.ansible = v; return nil },
	"ssh":     func(h *header, v string) error { h.ssh = v == "yes"; return nil },
	"http":    func(h *header, v string) error { h.http = v == "yes"; return nil },
	"accept":  (*header).addAccept,
	"type":    (*header).addTyped,
}

var keyLine = regexp.MustCompile(`^([a-z]+): *(.*)$`)

func parseHeader(comment string) (*header, error) {
	h := &header{modes: map[string]fs.FileMode{}, noEOL: map[string]bool{}}
	doc, lines, _ := strings.Cut(strings.TrimSpace(comment), "\n\n")
	h.doc = doc
	for _, line := range strings.Split(lines, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		m := keyLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("got %q, want key: value", line)
		}
		set := keys[m[1]]
		if set == nil {
			return nil, fmt.Errorf("unknown key %q", m[1])
		}
		if err := set(h, strings.TrimSpace(m[2])); err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
	}
	return h, nil
}

func (h *header) addRun(v string) error {
	args, err := splitLine(v)
	h.runs = append(h.runs, args)
	return err
}

func (h *header) addEnv(v string) error {
	if !strings.Contains(v, "=") {
		return fmt.Errorf("want NAME=value")
	}
	h.env = append(h.env, v)
	return nil
}

func (h *header) addTyped(v string) error {
	words, err := splitLine(v)
	if err == nil && len(words) != 2 {
		err = fmt.Errorf("want what is waited for and what is typed")
	}
	if err == nil {
		h.typed = append(h.typed, [2]string(words))
	}
	return err
}

func (h *header) addMode(v string) error {
	text, path, _ := strings.Cut(v, " ")
	mode, err := strconv.ParseUint(text, 8, 9)
	h.modes[strings.TrimSpace(path)] = fs.FileMode(mode)
	return err
}

func (h *header) addLink(v string) error {
	path, target, ok := strings.Cut(v, " -> ")
	if !ok {
		return fmt.Errorf("want path -> target")
	}
	return h.addOther(File{Path: path, Link: target})
}

func (h *header) addOther(f File) error {
	var err error
	f.Run, f.Path, err = splitPath(f.Path)
	h.others = append(h.others, f)
	return err
}

func (h *header) setDialect(v string) error {
	if v != "classic" && v != "tagged" {
		return fmt.Errorf("want classic or tagged")
	}
	h.dialect = v
	return nil
}

var acceptLine = regexp.MustCompile(`^(?:(classic|tagged) )?(stdout|stderr|events|tree|exit) /(.*)/ +(\S.*)$`)

func (h *header) addAccept(v string) error {
	m := acceptLine.FindStringSubmatch(v)
	if m == nil {
		return fmt.Errorf("want WHERE /REGEXP/ reason")
	}
	pattern, err := regexp.Compile("(?m)" + m[3])
	h.accept = append(h.accept, Acceptance{Dialect: m[1], Where: m[2], Pattern: pattern, Reason: m[4]})
	return err
}

func (h *header) inventory() string {
	hosts := h.hosts
	if len(hosts) == 0 {
		hosts = []string{"one"}
	}
	var b strings.Builder
	for _, host := range hosts {
		fmt.Fprintf(&b, "%s ansible_connection=local\n", host)
	}
	return b.String()
}

// file makes a File of a part of the archive, with the mode and ending that the comment gave it.
func (h *header) file(f txtar.File) (File, error) {
	out := File{Data: string(f.Data), Mode: 0o644}
	if mode, ok := h.modes[f.Name]; ok {
		out.Mode = mode
		delete(h.modes, f.Name)
	}
	if h.noEOL[f.Name] {
		out.Data = strings.TrimSuffix(out.Data, "\n")
		delete(h.noEOL, f.Name)
	}
	var err error
	out.Run, out.Path, err = splitPath(f.Name)
	return out, err
}

// unused applies the modes that are left to folders, and complains of what names nothing.
func (h *header) unused() error {
	for path := range h.noEOL {
		return fmt.Errorf("noeol: no file %s", path)
	}
	for path, mode := range h.modes {
		found := false
		for i := range h.others {
			if h.others[i].Path == path && h.others[i].Dir {
				h.others[i].Mode, found = mode, true
			}
		}
		if !found {
			return fmt.Errorf("mode: no file %s", path)
		}
	}
	return nil
}

// splitPath takes the run off a path: "@2/a/b" is a/b before the second run.
func splitPath(path string) (int, string, error) {
	if !strings.HasPrefix(path, "@") {
		return 1, path, nil
	}
	number, rest, _ := strings.Cut(path[1:], "/")
	run, err := strconv.Atoi(number)
	if err != nil || run < 2 {
		return 0, "", fmt.Errorf("%s: want @N/path with N of 2 or more", path)
	}
	return run, rest, nil
}

// splitLine splits a command line into words as a shell would, with quotes and backslashes, without expansions.
func splitLine(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	open, quote := false, byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote == 0 && c == ' ':
			if open {
				words = append(words, word.String())
				word.Reset()
			}
			open = false
		case c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, open = c, true
		case c == '\\' && quote != '\'' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
			open = true
		default:
			word.WriteByte(c)
			open = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("quote %c is not closed", quote)
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}

package config

import (
	"fmt"
	"strings"

	"pbc/ir/value"
)

// iniFile is an ansible.cfg: the values by section and key. The section DEFAULT is in all others.
type iniFile map[string]map[string]string

// iniReader is the state of parseINI, which reads what Python's configparser reads with ";" as the sign of
// inline comments: "[section]", "key = value" or "key: value", values that go on in lines more indented.
type iniReader struct {
	file    iniFile
	section string
	key     string
	indent  int
	lines   []string // of the value being read
	bad     []string // lines that could not be read
}

// parseINI reads an ansible.cfg. Its errors are configparser's.
func parseINI(text string) (iniFile, error) {
	r := iniReader{file: iniFile{}}
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if err := r.line(i+1, line); err != nil {
			return nil, err
		}
	}
	r.flush()
	if len(r.bad) > 0 {
		return nil, fmt.Errorf("Source contains parsing errors: '<string>'%s", strings.Join(r.bad, ""))
	}
	return r.file, nil
}

// flush ends the value being read.
func (r *iniReader) flush() {
	if r.key != "" {
		r.file[r.section][r.key] = strings.TrimRight(strings.Join(r.lines, "\n"), " \t\n\r\v\f")
	}
	r.key, r.lines = "", nil
}

// uncomment cuts an inline comment, which follows a blank, and a line that is a comment.
func uncomment(line string) string {
	for i := 0; i < len(line); i++ {
		if line[i] == ';' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			line = line[:i]
			break
		}
	}
	if strings.HasPrefix(strings.TrimSpace(line), "#") {
		return ""
	}
	return strings.TrimSpace(line)
}

func (r *iniReader) line(n int, line string) error {
	text := uncomment(line)
	if text == "" {
		// An empty line belongs to the value around it; a comment line does not.
		if strings.TrimSpace(line) == "" && r.key != "" {
			r.lines = append(r.lines, "")
		}
		return nil
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t\v\f"))
	if r.key != "" && indent > r.indent {
		r.lines = append(r.lines, text)
		return nil
	}
	r.indent = indent
	if end := strings.LastIndexByte(text, ']'); text[0] == '[' && end > 1 {
		return r.header(n, text[1:end])
	}
	if r.section == "" {
		return fmt.Errorf("File contains no section headers.\nfile: '<string>', line: %d\n%s", n, value.StrRepr(line+"\n"))
	}
	return r.option(n, line, text)
}

func (r *iniReader) header(n int, name string) error {
	r.flush()
	if _, ok := r.file[name]; ok && name != "DEFAULT" {
		return fmt.Errorf("While reading from '<string>' [line %2d]: section '%s' already exists", n, name)
	}
	r.section = name
	if r.file[name] == nil {
		r.file[name] = map[string]string{}
	}
	return nil
}

func (r *iniReader) option(n int, line, text string) error {
	r.flush()
	i := strings.IndexAny(text, "=:")
	if i <= 0 {
		r.bad = append(r.bad, fmt.Sprintf("\n\t[line %2d]: %s", n, value.StrRepr(line+"\n")))
		return nil
	}
	key := strings.ToLower(strings.TrimSpace(text[:i]))
	if _, ok := r.file[r.section][key]; ok {
		return fmt.Errorf("While reading from '<string>' [line %2d]: option '%s' in section '%s' already exists", n, key, r.section)
	}
	r.key = key
	r.file[r.section][key] = ""
	r.lines = []string{strings.TrimSpace(text[i+1:])}
	return nil
}

// get returns a value, and whether it is there.
func (f iniFile) get(section, key string) (string, bool) {
	s, ok := f[section]
	if !ok {
		return "", false
	}
	v, ok := s[key]
	if !ok {
		v, ok = f["DEFAULT"][key]
	}
	return v, ok
}

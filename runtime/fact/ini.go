package fact

import (
	"errors"
	"strings"

	"pbc/ir/value"
)

// This file reads the INI format of local facts as Python's configparser does:
//
//	file    = { line }
//	line    = [ "[" name "]" ] | option ( "=" | ":" ) value | continuation | comment | empty
//	comment = ( "#" | ";" ) text          only on a line of its own
//
// A continuation is a line indented deeper than its option; the section DEFAULT gives options to all
// the others; %(name)s in a value stands for another option's value, %% for a percent sign.

var errINI = errors.New("not an INI file")

// interpolationError is a value that names what is not there. Its text is configparser's.
type interpolationError struct{ msg string }

func (e *interpolationError) Error() string { return e.msg }

type iniSection struct {
	name    string
	options []string
	values  map[string][]string // lines
}

func (s *iniSection) value(option string) string {
	return strings.TrimRightFunc(strings.Join(s.values[option], "\n"), isSpace)
}

type iniFile struct {
	defaults iniSection
	sections []*iniSection

	now    *iniSection
	option string
	indent int
	bad    bool
}

// parseINI returns the sections as dictionaries. The error is errINI for what is no such file, and an
// *interpolationError for a value that names an option that is not there.
func parseINI(text string) (*value.Dict, error) {
	f, err := readINI(text)
	if err != nil {
		return nil, err
	}
	r := value.NewDict()
	err = f.each(func(section, option, v string, err error) error {
		d, ok := r.GetStr(section)
		if !ok {
			d = value.NewDict()
			r.SetStr(section, d)
		}
		if option != "" {
			d.(*value.Dict).SetStr(option, v)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// each gives every option of every section, with its value or why that has none; the option "" stands
// for the section itself, before its options.
func (f *iniFile) each(visit func(section, option, v string, err error) error) error {
	for _, s := range f.sections {
		if err := visit(s.name, "", "", nil); err != nil {
			return err
		}
		for _, o := range append(append([]string{}, s.options...), f.defaults.options...) {
			v, err := f.interpolate(s, o, f.lookup(s, o), 1)
			if err := visit(s.name, o, v, err); err != nil {
				return err
			}
		}
	}
	return nil
}

func readINI(text string) (*iniFile, error) {
	f := &iniFile{defaults: iniSection{name: "DEFAULT", values: map[string][]string{}}}
	for _, l := range strings.Split(text, "\n") {
		if err := f.line(l); err != nil {
			return nil, err
		}
	}
	if f.bad {
		return nil, errINI
	}
	return f, nil
}

func (f *iniFile) lookup(s *iniSection, option string) string {
	if _, ok := s.values[option]; ok {
		return s.value(option)
	}
	return f.defaults.value(option)
}

func (f *iniFile) has(s *iniSection, option string) bool {
	_, own := s.values[option]
	_, def := f.defaults.values[option]
	return own || def
}

func (f *iniFile) line(l string) error {
	v := strip(l)
	within := f.now != nil && f.option != ""
	switch {
	case v == "":
		if within {
			f.now.values[f.option] = append(f.now.values[f.option], "")
		}
		return nil
	case v[0] == '#' || v[0] == ';':
		return nil
	}
	indent := len(l) - len(strings.TrimLeftFunc(l, isSpace))
	if within && indent > f.indent {
		f.now.values[f.option] = append(f.now.values[f.option], v)
		return nil
	}
	f.indent = indent
	if end := strings.LastIndexByte(v, ']'); v[0] == '[' && end > 1 {
		return f.header(v[1:end])
	}
	if f.now == nil {
		return errINI
	}
	i := strings.IndexAny(v, "=:")
	if i < 0 {
		f.bad = true
		return nil
	}
	f.option = strings.ToLower(strip(v[:i]))
	if f.option == "" {
		f.bad = true
	}
	if _, had := f.now.values[f.option]; had {
		return errINI
	}
	f.now.options = append(f.now.options, f.option)
	f.now.values[f.option] = []string{strip(v[i+1:])}
	return nil
}

func (f *iniFile) header(name string) error {
	f.option = ""
	if name == f.defaults.name {
		f.now = &f.defaults
		return nil
	}
	for _, s := range f.sections {
		if s.name == name {
			return errINI
		}
	}
	f.now = &iniSection{name: name, values: map[string][]string{}}
	f.sections = append(f.sections, f.now)
	return nil
}

// interpolate replaces the references of a value, which is option's or was named by it.
func (f *iniFile) interpolate(s *iniSection, option, v string, depth int) (string, error) {
	var b strings.Builder
	where := "option " + quote(option) + " in section " + quote(s.name) + " contains an interpolation key "
	if depth > 10 {
		return "", &interpolationError{"Recursion limit exceeded in value substitution: " + where +
			"which cannot be substituted in 10 steps. Raw value: " + quote(f.lookup(s, option))}
	}
	for {
		text, rest, ok := strings.Cut(v, "%")
		b.WriteString(text)
		if !ok {
			return b.String(), nil
		}
		if r, ok := strings.CutPrefix(rest, "%"); ok {
			b.WriteByte('%')
			v = r
			continue
		}
		if !strings.HasPrefix(rest, "(") {
			return "", &interpolationError{"'%' must be followed by '%' or '(', found: " + quote("%"+rest)}
		}
		name, r, ok := strings.Cut(rest[1:], ")s")
		name = strings.ToLower(name)
		switch {
		case !ok || name == "" || strings.Contains(name, ")"):
			return "", &interpolationError{"bad interpolation variable reference " + quote("%"+rest)}
		case !f.has(s, name):
			return "", &interpolationError{"Bad value substitution: " + where + quote(name) +
				" which is not a valid option name. Raw value: " + quote(f.lookup(s, option))}
		}
		in, err := f.interpolate(s, option, f.lookup(s, name), depth+1)
		if err != nil {
			return "", err
		}
		b.WriteString(in)
		v = r
	}
}

// quote is Python's repr of a text.
func quote(s string) string {
	t, _ := value.Repr(s)
	return t
}

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

var (
	errINI         = errors.New("not an INI file")
	errInterpolate = errors.New("bad interpolation")
)

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

// parseINI returns the sections as dictionaries. The error is errINI for what is no such file, and
// wraps errInterpolate for a value that names an option that is not there.
func parseINI(text string) (*value.Dict, error) {
	f := &iniFile{defaults: iniSection{name: "DEFAULT", values: map[string][]string{}}}
	for _, l := range strings.Split(text, "\n") {
		if err := f.line(l); err != nil {
			return nil, err
		}
	}
	if f.bad {
		return nil, errINI
	}
	r := value.NewDict()
	for _, s := range f.sections {
		d := value.NewDict()
		for _, o := range append(append([]string{}, s.options...), f.defaults.options...) {
			v, err := f.interpolate(s, f.lookup(s, o), 1)
			if err != nil {
				return nil, err
			}
			d.SetStr(o, v)
		}
		r.SetStr(s.name, d)
	}
	return r, nil
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

func (f *iniFile) interpolate(s *iniSection, v string, depth int) (string, error) {
	var b strings.Builder
	if depth > 10 {
		return "", errInterpolate
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
		name, r, ok := strings.Cut(strings.TrimPrefix(rest, "("), ")s")
		name = strings.ToLower(name)
		if !ok || !strings.HasPrefix(rest, "(") || name == "" || strings.Contains(name, ")") || !f.has(s, name) {
			return "", errInterpolate
		}
		in, err := f.interpolate(s, f.lookup(s, name), depth+1)
		if err != nil {
			return "", err
		}
		b.WriteString(in)
		v = r
	}
}

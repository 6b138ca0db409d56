package lookup

import (
	"bytes"
	"context"
	"encoding/csv"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/pyre"
)

// inline splits a term into its words and its key=value options.
func inline(term string) (words []string, options map[string]string) {
	options = map[string]string{}
	for _, w := range strings.Fields(term) {
		if k, v, ok := strings.Cut(w, "="); ok {
			options[k] = strings.Trim(v, `"'`)
		} else {
			words = append(words, w)
		}
	}
	return words, options
}

func csvfile(_ context.Context, c *Call) ([]value.Value, error) {
	known := map[string]string{
		"file": c.option("file", "ansible.csv"), "delimiter": c.option("delimiter", "TAB"), "encoding": c.option("encoding", "utf-8"),
		"col": c.option("col", "1"), "keycol": c.option("keycol", "0"), "default": "",
	}
	dflt, hasDflt := c.Options.GetStr("default")
	if len(c.Terms) == 0 && c.Newer {
		return nil, ansibleError("Search key is required but was not found")
	}
	var r []value.Value
	for _, t := range c.texts() {
		words, options := inline(t)
		if len(words) == 0 {
			return nil, ansibleError("Search key is required but was not found")
		}
		for k, v := range options {
			if _, ok := known[k]; !ok {
				if c.tagged() {
					k = value.StrRepr(k)
				}
				return nil, ansibleError("%s is not a valid option", k)
			}
			known[k] = v
			if k == "default" {
				dflt, hasDflt = v, true
			}
		}
		v, found, err := c.csvValue(strings.Join(words, " "), known)
		switch {
		case err != nil:
			return nil, ansibleError("csvfile: %s", err)
		case found:
			r = append(r, v)
		case hasDflt && dflt != nil:
			r = append(r, dflt)
		}
	}
	return r, nil
}

func (c *Call) csvValue(key string, o map[string]string) (string, bool, error) {
	path := c.find("files", o["file"])
	if path == "" {
		return "", false, ansibleError("[Errno 2] No such file or directory: b'%s'", o["file"])
	}
	b, err := c.Host.ReadFile(path)
	if err != nil {
		return "", false, err
	}
	if bytes.ContainsRune(b, '\r') || strings.ToLower(o["encoding"]) != "utf-8" || o["keycol"] != "0" {
		return "", false, decline("a CSV file in another encoding, or by another column")
	}
	rd := csv.NewReader(bytes.NewReader(b))
	rd.FieldsPerRecord = -1
	rd.Comma = '\t'
	if d := []rune(o["delimiter"]); o["delimiter"] != "TAB" {
		if len(d) != 1 {
			return "", false, decline("the delimiter %s", o["delimiter"])
		}
		rd.Comma = d[0]
	}
	col, err := strconv.Atoi(o["col"])
	if err != nil {
		return "", false, ansibleError("invalid literal for int() with base 10: %s", value.StrRepr(o["col"]))
	}
	rows, err := rd.ReadAll()
	if err != nil {
		return "", false, err
	}
	for _, row := range rows {
		if len(row) == 0 || row[0] != key {
			continue
		}
		if col < 0 {
			col += len(row)
		}
		if col < 0 || col >= len(row) {
			return "", false, ansibleError("list index out of range")
		}
		return row[col], true, nil
	}
	return "", false, nil
}

func iniFile(_ context.Context, c *Call) ([]value.Value, error) {
	opt := map[string]string{
		"file": c.option("file", "ansible.ini"), "section": c.option("section", "global"), "type": c.option("type", "ini"),
		"re": c.option("re", "False"), "default": c.option("default", ""), "encoding": c.option("encoding", "utf-8"), "interpolation": c.option("interpolation", ""),
		"case_sensitive": c.option("case_sensitive", "False"), "allow_no_value": c.option("allow_no_value", c.option("allow_none", "False")),
	}
	var r []value.Value
	for _, t := range c.texts() {
		key := t
		if strings.Contains(t, "=") || strings.Contains(strings.TrimSpace(t), " ") {
			words, options := inline(t)
			if len(words) == 0 {
				return nil, &eval.Error{Class: eval.AnsibleOptionsError, Msg: "No key to lookup was provided as first term with in string inline options: " + t}
			}
			key = words[0]
			for k, v := range options {
				if _, ok := opt[k]; !ok {
					return nil, lookupError("%s is not a valid option.", k)
				}
				opt[k] = v
			}
		}
		got, err := c.iniValues(key, opt)
		if err != nil {
			return nil, err
		}
		r = append(r, got...)
	}
	return r, nil
}

func isTrue(s string) bool { b, _ := eval.Boolean(s); return b }

func (c *Call) iniValues(key string, opt map[string]string) ([]value.Value, error) {
	path := c.find("files", opt["file"])
	if path == "" {
		return nil, &eval.Error{Class: "ansible.errors.AnsibleParserError", Msg: "Invalid filename: 'None'"}
	}
	b, err := c.Host.ReadFile(path)
	if err != nil {
		return nil, ansibleError("%s", err)
	}
	if strings.ToLower(opt["encoding"]) != "utf-8" || bytes.ContainsRune(b, '%') || opt["interpolation"] != "" {
		return nil, decline("interpolation in an INI file, or another encoding")
	}
	text, section := string(b), opt["section"]
	if opt["type"] == "properties" {
		section = "java_properties"
		text = "[java_properties]\n" + text
	}
	sections, err := parseINI(text, isTrue(opt["case_sensitive"]), isTrue(opt["allow_no_value"]))
	if err != nil {
		return nil, lookupError("%s in '%s'", err, opt["file"])
	}
	s, ok := sections[section]
	if !ok {
		return nil, lookupError("No section '%s' in %s", section, opt["file"])
	}
	if isTrue(opt["re"]) {
		return matchKeys(s, key)
	}
	if !isTrue(opt["case_sensitive"]) {
		key = strings.ToLower(key)
	}
	if v, ok := s.GetStr(key); ok && v != nil {
		return []value.Value{v}, nil
	} else if ok {
		return nil, nil
	}
	return []value.Value{opt["default"]}, nil
}

// matchKeys returns the values whose keys a regular expression matches at their start.
func matchKeys(s *value.Dict, pattern string) ([]value.Value, error) {
	re, err := pyre.Compile(pattern, 0)
	if err != nil {
		return nil, err
	}
	var r []value.Value
	for i, k := range s.K {
		name, _ := value.Text(k)
		m, err := re.Match(name)
		if err != nil {
			return nil, err
		}
		if m != nil {
			r = append(r, s.V[i])
		}
	}
	return r, nil
}

// parseINI reads what Python's configparser reads: sections, "key = value" or "key: value", lines
// that continue a value because they are indented, # and ; comments, and the section DEFAULT, which
// all others inherit.
func parseINI(text string, caseSensitive, noValue bool) (map[string]*value.Dict, error) {
	p := &iniParser{fold: !caseSensitive, noValue: noValue, sections: map[string]*value.Dict{}, defaults: value.NewDict()}
	for n, line := range strings.Split(text, "\n") {
		if err := p.line(strings.TrimRight(line, "\r"), n+1); err != nil {
			return nil, err
		}
	}
	for _, s := range p.sections {
		for i, k := range p.defaults.K {
			if _, ok, _ := s.Get(k); !ok {
				_ = s.Set(k, p.defaults.V[i])
			}
		}
	}
	return p.sections, nil
}

type iniParser struct {
	fold     bool
	noValue  bool // a key may stand alone
	sections map[string]*value.Dict
	defaults *value.Dict
	cur      *value.Dict
	key      string
	indent   int
}

func (p *iniParser) line(line string, n int) error {
	trimmed := strings.TrimSpace(line)
	if trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' {
		return nil
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	if p.key != "" && indent > p.indent {
		old, _ := p.cur.GetStr(p.key)
		s, _ := value.Text(old)
		p.cur.SetStr(p.key, s+"\n"+trimmed)
		return nil
	}
	p.indent = indent
	if trimmed[0] == '[' && strings.HasSuffix(trimmed, "]") {
		name := trimmed[1 : len(trimmed)-1]
		p.key = ""
		if name == "DEFAULT" {
			p.cur = p.defaults
			return nil
		}
		if p.sections[name] != nil {
			return ansibleError("While reading from '<???>' [line %2d]: section %s already exists", n, value.StrRepr(name))
		}
		p.sections[name] = value.NewDict()
		p.cur = p.sections[name]
		return nil
	}
	if p.cur == nil {
		return ansibleError("File contains no section headers (line %d)", n)
	}
	i := strings.IndexAny(trimmed, "=:")
	if i < 0 && p.noValue {
		i = len(trimmed)
	}
	if i <= 0 {
		return ansibleError("Source contains parsing errors (line %d)", n)
	}
	p.key = strings.TrimSpace(trimmed[:i])
	if p.fold {
		p.key = strings.ToLower(p.key)
	}
	if _, ok := p.cur.GetStr(p.key); ok {
		return ansibleError("Duplicate option (line %d)", n)
	}
	if i == len(trimmed) {
		p.cur.SetStr(p.key, nil)
		return nil
	}
	p.cur.SetStr(p.key, strings.TrimSpace(trimmed[i+1:]))
	return nil
}

package inventory

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"pbc/ir/failure"
	"pbc/ir/value"
)

// The grammar of an INI inventory, line by line:
//
//	section  = "[" group [":" ("hosts" | "vars" | "children")] "]" [comment]
//	host     = pattern {key "=" value} [comment]     words as a shell splits them
//	variable = key "=" value                         up to the end of the line
//	child    = group [comment]
//	comment  = ("#" | ";") ...                       ";" only at the start of a line
//
// A value is a Python literal, or else the text itself.
var (
	sectionShape = regexp.MustCompile(`^\[([^:\]\s]+)(?::([\p{L}\p{N}_]+))?\]\s*(?:#.*)?$`)
	groupShape   = regexp.MustCompile(`^([^:\]\s]+)\s*(?:#.*)?$`)
)

// pending is a group that was named before it was declared.
type pending struct {
	line    int
	state   string
	parents []string
}

type iniReader struct {
	inv     *Inventory
	file    string
	line    int
	group   string
	state   string
	waiting map[string]*pending
	order   []string // of waiting
}

// wantsINI says whether a source may be an INI inventory; dialect tagged leaves TOML alone.
func wantsINI(inv *Inventory, source string) bool {
	return inv.readable(source) && !(inv.tagged() && pythonExt(source) == ".toml")
}

// parseINI reads an INI inventory.
func (inv *Inventory) parseINI(source string) error {
	err := inv.readINI(source)
	if err == nil || !inv.tagged() {
		return err
	}
	cause := *chainOf(err)
	if errors.As(err, new(*value.VaultError)) { // the vault tells its place itself
		return &fault{failure.Failure{Msg: "Failed to parse inventory."}.Because(&cause)}
	}
	cause.Cause, cause.Msg, cause.At = nil, cause.Brief(), nil
	return &fault{failure.Failure{Msg: "Failed to parse inventory.", At: &value.Origin{File: source}}.Because(&cause)}
}

func (inv *Inventory) readINI(source string) error {
	data, _, err := inv.readFile(source)
	if err != nil {
		return err
	}
	r := iniReader{inv: inv, file: source, group: "ungrouped", state: "hosts", waiting: map[string]*pending{}}
	for _, line := range splitLines(string(data)) {
		r.line++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if err := r.read(line); err != nil {
			return err
		}
	}
	for _, name := range r.order {
		p := r.waiting[name]
		switch {
		case p == nil:
		case p.state == "vars":
			return inv.told(fmt.Errorf("%s:%d: Section [%s:vars] not valid for undefined group: %s", source, p.line, name, name),
				failure.Failure{Msg: fmt.Sprintf("Section [%s:vars] not valid for undefined group %s.", name, value.StrRepr(name))})
		default:
			parent := p.parents[len(p.parents)-1]
			return inv.told(fmt.Errorf("%s:%d: Section [%s:children] includes undefined group: %s", source, p.line, parent, name),
				failure.Failure{Msg: fmt.Sprintf("Section [%s:children] includes undefined group %s.", parent, value.StrRepr(name))})
		}
	}
	return nil
}

// splitLines is Python's str.splitlines.
func splitLines(s string) []string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
			return '\n'
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

func (r *iniReader) errorf(format string, args ...any) error {
	msg := fmt.Sprintf(format, args...)
	return r.inv.told(fmt.Errorf("%s:%d: %s", r.file, r.line, msg), failure.Failure{Msg: msg})
}

func (r *iniReader) read(line string) error {
	if m := sectionShape.FindStringSubmatch(line); m != nil {
		return r.section(m[1], m[2])
	}
	if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
		return r.errorf("Invalid section entry: '%s'. Please make sure that there are no spaces in the section entry, "+
			"and that there are no other invalid characters", line)
	}
	switch r.state {
	case "hosts":
		return r.host(line)
	case "vars":
		return r.variable(line)
	}
	return r.child(line)
}

func (r *iniReader) section(group, state string) error {
	group = r.inv.safeName(group)
	if state == "" {
		state = "hosts"
	}
	if state != "hosts" && state != "children" && state != "vars" {
		return r.errorf("Section [%s:%s] has unknown type: %s", group, state, state)
	}
	r.group, r.state = group, state
	if r.inv.groups[group] == nil {
		if state == "vars" && r.waiting[group] == nil {
			r.wait(group, &pending{line: r.line, state: state})
		}
		if _, err := r.inv.addGroup(group); err != nil {
			return err
		}
	}
	p := r.waiting[group]
	if p == nil || state == "vars" {
		return nil
	}
	if p.state == "children" {
		return r.declare(group)
	}
	delete(r.waiting, group)
	return nil
}

func (r *iniReader) wait(group string, p *pending) {
	if r.waiting[group] == nil {
		r.order = append(r.order, group)
	}
	r.waiting[group] = p
}

// declare puts a group below the parents that named it before it was declared.
func (r *iniReader) declare(group string) error {
	p := r.waiting[group]
	delete(r.waiting, group)
	for _, parent := range p.parents {
		if err := r.inv.addChildNamed(parent, group); err != nil {
			return err
		}
		if w := r.waiting[parent]; w != nil && w.state == "children" {
			if err := r.declare(parent); err != nil {
				return err
			}
		}
	}
	return nil
}

// addChildNamed puts a group, or else the host of that name, into a group.
func (inv *Inventory) addChildNamed(group, child string) error {
	g := inv.groups[group]
	if g == nil {
		return fmt.Errorf("%s is not a known group", group)
	}
	if c := inv.groups[child]; c != nil {
		_, err := g.addChild(c)
		return err
	}
	if h := inv.hosts[child]; h != nil {
		g.addHost(h)
		return nil
	}
	return fmt.Errorf("%s is not a known host nor group", child)
}

func (r *iniReader) child(line string) error {
	m := groupShape.FindStringSubmatch(line)
	if m == nil {
		return r.errorf("Expected group name, got: %s", line)
	}
	if r.inv.groups[m[1]] != nil {
		return r.inv.addChildNamed(r.group, m[1])
	}
	if p := r.waiting[m[1]]; p != nil {
		p.parents = append(p.parents, r.group)
		return nil
	}
	r.wait(m[1], &pending{line: r.line, state: "children", parents: []string{r.group}})
	return nil
}

func (r *iniReader) variable(line string) error {
	k, v, ok := strings.Cut(line, "=")
	if !ok {
		return r.errorf("Expected key=value, got: %s", line)
	}
	r.inv.name(strings.TrimSpace(k), &value.Origin{File: r.file, Line: r.line})
	return r.inv.setVariable(r.group, r.key(strings.TrimSpace(k)), r.value(strings.TrimSpace(v)))
}

func (r *iniReader) host(line string) error {
	words, err := SplitWords(line)
	if err != nil {
		return r.errorf("Error parsing host definition '%s': %s", line, err)
	}
	if len(words) == 0 {
		return fmt.Errorf("list index out of range")
	}
	hosts, port, err := expandPattern(words[0])
	if err != nil {
		return err
	}
	if strings.HasSuffix(strings.TrimSpace(words[0]), ":") && port == "" {
		return fmt.Errorf("Invalid host pattern '%s' supplied, ending in ':' is not allowed, this character is reserved to provide a port.", words[0])
	}
	for _, h := range hosts {
		if strings.TrimSpace(h) == "---" {
			return fmt.Errorf("Invalid host pattern '%s' supplied, '---' is normally a sign this is a YAML file.", words[0])
		}
	}
	vars := value.NewDict()
	for _, w := range words[1:] {
		k, v, ok := strings.Cut(w, "=")
		if !ok {
			return r.errorf("Expected key=value host variable assignment, got: %s", w)
		}
		r.inv.name(k, &value.Origin{File: r.file, Line: r.line})
		_ = vars.Set(r.key(k), r.value(v)) // text can be a key
	}
	return r.inv.populate(hosts, vars, r.inv.groups[r.group], port)
}

func (r *iniReader) value(text string) value.Value {
	mk := func(s string) value.Value { return r.inv.mk(s, r.file, r.line) }
	if v, err := parseLiteral(text, mk); err == nil {
		return v
	}
	return mk(text)
}

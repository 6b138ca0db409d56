package argspec

import (
	"strings"

	"pbc/ir/value"
)

// countIn counts the names that are keys of p.
func countIn(names []string, p *value.Dict) int {
	n := 0
	for _, k := range names {
		if _, ok := p.GetStr(k); ok {
			n++
		}
	}
	return n
}

func (c *checker) exclusive(s *Spec, p *value.Dict) {
	var bad []string
	for _, group := range s.Exclusive {
		if countIn(group, p) > 1 {
			bad = append(bad, strings.Join(group, "|"))
		}
	}
	if len(bad) > 0 {
		c.failIn("parameters are mutually exclusive: %s", strings.Join(bad, ", "))
	}
}

// relations checks what options say about each other. Each kind reports its first fault only.
func (c *checker) relations(s *Spec, p *value.Dict) {
	for _, group := range s.Together {
		if n := countIn(group, p); n > 0 && n < len(group) {
			c.failIn("parameters are required together: %s", strings.Join(group, ", "))
			break
		}
	}
	for _, group := range s.OneOf {
		if countIn(group, p) == 0 {
			c.failIn("one of the following is required: %s", strings.Join(group, ", "))
			break
		}
	}
	for _, r := range s.If {
		if c.requiredIf(r, p) {
			break
		}
	}
	for _, r := range s.By {
		if c.requiredBy(r, p) {
			break
		}
	}
}

func (c *checker) requiredIf(r If, p *value.Dict) bool {
	v, ok := p.GetStr(r.Arg)
	if !ok || !same(v, r.Value) {
		return false
	}
	var missing []string
	for _, k := range r.Needs {
		if countIn([]string{k}, p) == 0 {
			missing = append(missing, k)
		}
	}
	how := "all"
	if r.Any {
		how = "any"
	}
	if len(missing) == 0 || r.Any && len(missing) < len(r.Needs) {
		return false
	}
	text, _ := value.ToStr(r.Value)
	c.failIn("%s is %s but %s of the following are missing: %s", r.Arg, text, how, strings.Join(missing, ", "))
	return true
}

func (c *checker) requiredBy(r By, p *value.Dict) bool {
	if v, _ := p.GetStr(r.Arg); v == nil {
		return false
	}
	var missing []string
	for _, k := range r.Needs {
		if v, _ := p.GetStr(k); v == nil {
			missing = append(missing, k)
		}
	}
	if len(missing) == 0 {
		return false
	}
	c.failIn("missing parameter(s) required by '%s': %s", r.Arg, strings.Join(missing, ", "))
	return true
}

// same is Python's == of two scalars.
func same(a, b value.Value) bool {
	ka, err := value.HashKey(a)
	if err != nil {
		return false
	}
	kb, err := value.HashKey(b)
	return err == nil && ka == kb
}

func oneOf(v value.Value, choices []value.Value) bool {
	for _, e := range choices {
		if same(v, e) {
			return true
		}
	}
	return false
}

func joinText(v []value.Value) string {
	r := make([]string, len(v))
	for i, e := range v {
		r[i], _ = value.ToStr(e)
	}
	return strings.Join(r, ", ")
}

func (c *checker) choices(a *Arg, p *value.Dict) {
	v, ok := p.GetStr(a.Name)
	if a.Choices == nil || !ok {
		return
	}
	if l, ok := v.(*value.List); ok {
		var bad []value.Value
		for _, e := range l.V {
			if !oneOf(e, a.Choices) {
				bad = append(bad, e)
			}
		}
		if len(bad) > 0 {
			c.failIn("value of %s must be one or more of: %s. Got no match for: %s", a.Name, joinText(a.Choices), joinText(bad))
		}
		return
	}
	if oneOf(v, a.Choices) {
		return
	}
	if back, ok := fromYAMLBool(v, a.Choices); ok {
		p.SetStr(a.Name, back)
		return
	}
	text, _ := value.ToStr(v)
	c.failIn("value of %s must be one of: %s, got: %s", a.Name, joinText(a.Choices), text)
}

// fromYAMLBool undoes what YAML did to a choice such as "no" or "on", where only one can be meant.
func fromYAMLBool(v value.Value, choices []value.Value) (value.Value, bool) {
	s, _ := value.Text(v)
	if s != "True" && s != "False" {
		return nil, false
	}
	var found []value.Value
	for _, e := range choices {
		t, isText := value.Text(e)
		b, known := truth[t]
		if isText && known && b == (s == "True") {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		return nil, false
	}
	return found[0], true
}

package eval

import (
	"errors"
	"fmt"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// Condition decides a when, until, changed_when or failed_when: a *value.Cond, or what YAML gave
// instead of text. Its error is worded as Ansible words it, without the place in the playbook.
func (e *Eval) Condition(v value.Value) (bool, error) {
	switch x := v.(type) {
	case nil:
		return true, nil
	case bool:
		return x, nil
	case string:
		if x == "" {
			return true, nil
		}
	}
	var ok bool
	var err error
	if e.tagged() {
		ok, err = e.taggedCondition(v)
	} else {
		ok, err = e.classicCondition(v)
	}
	if err != nil {
		if e.tagged() {
			return false, err
		}
		return false, exception.AnsibleError("The conditional check '%s' failed. The error was: %s", conditionText(v), err)
	}
	return ok, nil
}

func conditionText(v val) string {
	if c, ok := v.(*value.Cond); ok {
		return c.Src
	}
	return python.Str(v)
}

// asCond parses a condition that comes as text.
func (e *Eval) asCond(v val) (*value.Cond, error) {
	if c, ok := v.(*value.Cond); ok {
		return c, nil
	}
	src := python.Str(v)
	if e.cfg.Outside == nil {
		return nil, exception.AnsibleError("unable to evaluate conditional: %s", src)
	}
	p, err := e.cfg.Outside.Parse(ParseCondition, src)
	if err != nil {
		return nil, err
	}
	c, ok := p.(*value.Cond)
	if !ok {
		return nil, exception.AnsibleError("unable to evaluate conditional: %s", src)
	}
	return c, nil
}

func (e *Eval) classicCondition(v val) (bool, error) {
	switch x := v.(type) {
	case *value.Cond, string:
	case *value.Tmpl:
		v = &value.Cond{Src: x.Src, Tmpl: x}
	case *value.Str:
		if x.S == "" {
			return false, nil
		}
		return false, exception.AnsibleError("Conditional is marked as unsafe, and cannot be evaluated.")
	default:
		return python.Truth(v)
	}
	c, err := e.asCond(v)
	if err != nil {
		return false, err
	}
	ok, text, err := e.decideClassic(c)
	if err != nil && exception.IsUndefined(err) {
		if ok, known := definedAnswer(text, err.Error()); known {
			return ok, nil
		}
		return false, exception.AnsibleError("error while evaluating conditional (%s): %s", c.Src, err)
	}
	return ok, err
}

// decideClassic decides a condition, and returns the text that was decided.
func (e *Eval) decideClassic(c *value.Cond) (bool, string, error) {
	if c.Tmpl == nil {
		ok, err := e.decideRoot(c)
		return ok, c.Src, err
	}
	v, err := e.classicTemplate(c.Tmpl, true)
	if err != nil {
		return false, c.Src, err
	}
	if x, ok := v.(*value.Str); ok && x.Unsafe && x.S != "" {
		return false, c.Src, exception.AnsibleError("Conditional is marked as unsafe, and cannot be evaluated.")
	}
	s, ok := value.Text(v)
	if !ok || s == "" {
		b, err := python.Truth(v)
		return b, c.Src, err
	}
	if e.cfg.Outside == nil {
		return false, s, exception.AnsibleError("unable to evaluate conditional: %s", c.Src)
	}
	p, err := e.cfg.Outside.Parse(ParseTemplate, presented(s))
	if err != nil {
		return false, s, err
	}
	t, ok := p.(*value.Tmpl)
	if !ok {
		return false, s, exception.AnsibleError("unable to evaluate conditional: %s", c.Src)
	}
	r, err := e.classicTemplate(t, true)
	if err != nil {
		return false, s, err
	}
	switch strings.TrimSpace(python.Str(r)) {
	case "True":
		return true, s, nil
	case "False":
		return false, s, nil
	}
	return false, s, exception.AnsibleError("unable to evaluate conditional: %s", c.Src)
}

// presented is the template that classic makes of a condition.
func presented(s string) string { return "{% if " + s + " %} True {% else %} False {% endif %}" }

// decideRoot decides a condition that was parsed ahead.
func (e *Eval) decideRoot(c *value.Cond) (bool, error) {
	fault := c.Fault
	if fault == "" {
		p := e.conditionOf(c)
		if p.err == nil {
			return e.runCondition(c, p)
		}
		fault = p.err.Error()
	}
	shown := presented(c.Src)
	return false, &exception.Error{
		Class: exception.Ansible,
		Msg:   fmt.Sprintf("template error while templating string: %s. String: %s", fault, shown),
		Orig:  errors.New(fault),
	}
}

func (e *Eval) runCondition(c *value.Cond, p *program) (bool, error) {
	if err := e.enter(); err != nil {
		return false, &exception.Error{Class: exception.Ansible, Msg: "recursive loop detected in template string: " + presented(c.Src), Orig: err}
	}
	defer func() { e.depth-- }()
	f := e.begin(p)
	f.run.concat, f.run.unsafe = e.concat(), true // a truth has no taint to find
	ok, err := decide(p.cond, f)
	if err != nil {
		return false, renderError(&value.Tmpl{Src: presented(c.Src)}, err)
	}
	return ok, nil
}

// definedAnswer is Ansible's rescue of a condition that failed for an undefined variable: where
// its text asks whether that very variable is defined, the answer follows from the question.
func definedAnswer(text, msg string) (answer, known bool) {
	name := undefinedName(msg)
	if name == "" {
		return false, false
	}
	for _, q := range definedQuestions(text) {
		if strings.ReplaceAll(q.name, "'", `"`) == strings.ReplaceAll(name, "'", `"`) {
			shouldExist := q.negated != (q.state == "defined")
			return !shouldExist, true
		}
	}
	return false, false
}

// undefinedName finds the variable in "'name' is undefined".
func undefinedName(msg string) string {
	const tail = "' is undefined"
	for at := 0; ; {
		i := strings.Index(msg[at:], tail)
		if i < 0 {
			return ""
		}
		end := at + i
		if strings.HasSuffix(msg[:end], "]") {
			if j := strings.Index(msg[:end], "'hostvars["); j >= 0 {
				return msg[j+1 : end]
			}
		}
		start := end
		for start > 0 && python.IsWord(msg[start-1]) {
			start--
		}
		if start < end && start > 0 && msg[start-1] == '\'' {
			return msg[start:end]
		}
		at = end + 1
	}
}

// question is "name is [not] defined" in the text of a condition.
type question struct {
	name    string
	negated bool
	state   string
}

// definedQuestions finds all questions in a condition.
func definedQuestions(text string) []question {
	var r []question
	words := strings.Fields(text)
	for i := 0; i+2 < len(words); i++ {
		name := trailingName(words[i])
		if name == "" {
			continue
		}
		q := question{name: name}
		rest := words[i+1:]
		switch {
		case rest[0] == "is" && rest[1] == "not" && len(rest) > 2, rest[0] == "not" && rest[1] == "is" && len(rest) > 2:
			q.negated = true
			q.state = leadingState(rest[2])
		case rest[0] == "is":
			q.state = leadingState(rest[1])
		}
		if q.state != "" {
			r = append(r, q)
		}
	}
	return r
}

func trailingName(w string) string {
	if i := strings.Index(w, "hostvars["); i >= 0 && strings.HasSuffix(w, "]") {
		return w[i:]
	}
	i := len(w)
	for i > 0 && python.IsWord(w[i-1]) {
		i--
	}
	return w[i:]
}

func leadingState(w string) string {
	for _, s := range []string{"defined", "undefined"} {
		if strings.HasPrefix(w, s) {
			return s
		}
	}
	return ""
}

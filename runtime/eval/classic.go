package eval

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// looksTemplated says whether classic would render a text.
func looksTemplated(s string) bool {
	i := strings.IndexByte(s, '{')
	return i >= 0 && (strings.Contains(s[i:], "{{") || strings.Contains(s[i:], "{%") || strings.Contains(s[i:], "{#"))
}

// parseText turns text met at run time into what it stands for.
func (e *Eval) parseText(s string) (val, error) {
	if e.cfg.Outside == nil {
		return s, nil
	}
	return e.cfg.Outside.Parse(ParseValue, s)
}

// renderText renders a text that may be a template.
func (e *Eval) renderText(s string) (val, error) {
	v, err := e.parseText(s)
	if err != nil {
		return nil, err
	}
	if t, ok := v.(*value.Tmpl); ok {
		if e.tagged() {
			return e.taggedTemplate(t)
		}
		return e.classicTemplate(t, true)
	}
	return v, nil
}

// classicValue renders v: the templates in it, lists and dictionaries through and through. What
// holds none is returned itself.
func (e *Eval) classicValue(v val) (val, error) {
	switch x := v.(type) {
	case *value.Tmpl:
		return e.classicTemplate(x, true)
	case string:
		if looksTemplated(x) {
			return e.renderText(x)
		}
	case *list:
		r, changed, err := e.classicAll(x.V)
		if err != nil || !changed {
			return v, err
		}
		return &list{V: r}, nil
	case tuple:
		r, _, err := e.classicAll(x)
		return &list{V: r}, err
	case *dict:
		r, changed, err := e.classicAll(x.V)
		if err != nil || !changed {
			return v, err
		}
		d := x.Copy()
		d.V = r
		return d, nil
	case *value.Cond:
		return e.Condition(x)
	case *value.Vault:
		return e.open(x)
	}
	return v, nil
}

// Shown renders v as another host's variables are rendered: in dialect classic a template that meets an undefined variable
// stays the text that it is, wherever in v it stands.
func (e *Eval) Shown(v value.Value) (value.Value, error) {
	if e.tagged() {
		return e.Value(v)
	}
	switch x := v.(type) {
	case *value.Tmpl:
		r, err := e.classicTemplate(x, true)
		if exception.IsUndefined(err) {
			return x.Src, nil
		}
		return r, err
	case *list:
		r, err := e.shownAll(x.V)
		return &list{V: r}, err
	case *dict:
		r, err := e.shownAll(x.V)
		d := x.Copy()
		d.V = r
		return d, err
	}
	return e.classicValue(v)
}

func (e *Eval) shownAll(v []val) ([]val, error) {
	r := make([]val, len(v))
	for i, x := range v {
		var err error
		if r[i], err = e.Shown(x); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// open opens vaulted text that is used. One that cannot be opened is an error only once its text is needed.
func (e *Eval) open(x *value.Vault) (val, error) {
	if x.Opened || x.Fault != "" || e.cfg.Outside == nil {
		return x, nil
	}
	return e.cfg.Outside.Parse(ParseVault, x.Cipher)
}

// classicAll renders each of v, and says whether that made a difference; if not, it returns v.
func (e *Eval) classicAll(v []val) ([]val, bool, error) {
	if err := e.enter(); err != nil {
		return nil, false, err
	}
	defer func() { e.depth-- }()
	if err := e.round(); err != nil {
		return nil, false, err
	}
	var r []val
	for i, x := range v {
		y, err := e.classicValue(x)
		if err != nil {
			return nil, false, err
		}
		if r == nil && !identical(x, y) {
			r = append(make([]val, 0, len(v)), v[:i]...)
		}
		if r != nil {
			r = append(r, y)
		}
	}
	if r == nil {
		return v, false, nil
	}
	return r, true, nil
}

// identical says whether rendering returned what it was given. A tuple never is: it becomes a list.
func identical(a, b val) bool {
	switch a.(type) {
	case tuple, []byte:
		_, isBytes := b.([]byte)
		return isBytes
	}
	switch b.(type) {
	case tuple, []byte:
		return false
	}
	return a == b
}

// classicVar renders a variable for an expression. An undefined variable inside makes the whole
// undefined; any other error is wrapped with the variable's text.
func (e *Eval) classicVar(name string, v val) (val, error) {
	x, err := e.classicValue(v)
	if err == nil {
		return x, nil
	}
	src, _ := value.ToStr(v)
	if exception.IsUndefined(err) {
		return &undef{Name: name, Hint: src + ": " + err.Error()}, nil
	}
	return nil, exception.AnsibleError("An unhandled exception occurred while templating '%s'. Error was a <class '%s'>, original message: %s", src, exception.ClassOf(err), err.Error())
}

// singleVar returns the value of a variable that a template consists of, when classic passes it
// through unrendered: a number, a boolean or None.
func (e *Eval) singleVar(p *program) (val, bool) {
	if p.single == "" || e.cfg.Vars == nil {
		return nil, false
	}
	v, ok := e.cfg.Vars.Lookup(p.single)
	if !ok {
		return nil, false
	}
	switch v.(type) {
	case bool, int64, float64, *big.Int, nil:
		return v, true
	}
	return nil, false
}

// classicTemplate renders a template. With convert, text that looks like a literal becomes one.
func (e *Eval) classicTemplate(t *value.Tmpl, convert bool) (val, error) {
	if t.Fault != "" {
		return nil, templateError(t, t.Fault)
	}
	p := e.programOf(t)
	if p.err != nil {
		return nil, templateError(t, p.err.Error())
	}
	if convert && !t.Verbatim {
		if v, ok := e.singleVar(p); ok {
			if v == nil {
				v = e.cfg.Null
			}
			return v, nil
		}
	}
	if err := e.enter(); err != nil {
		return nil, &exception.Error{Class: exception.Ansible, Msg: "recursive loop detected in template string: " + t.Src, Orig: err}
	}
	defer func() { e.depth-- }()
	f := e.begin(p)
	r := f.run
	r.concat, r.unsafe = textConcat, !convert // a file's text has no taint
	if convert {
		r.concat = e.concat()
	}
	v, err := runClassic(p, f)
	if err != nil && e.cfg.KeepUndefined && exception.IsUndefined(err) {
		return t.Src, nil
	}
	if err != nil {
		return nil, renderError(t, err)
	}
	v = restoreNewlines(t, v)
	if r.unsafe && convert {
		v = value.Taint(v)
	}
	return v, nil
}

func runClassic(p *program, f *frame) (val, error) {
	r := f.run
	out := make([]val, 0, p.printed.Load())
	if err := p.exec(f, &out); err != nil {
		return nil, err
	}
	if n := int32(min(len(out), 1<<12)); n != p.printed.Load() {
		p.printed.Store(n)
	}
	for _, v := range out {
		r.taintBy(v)
	}
	return r.concat(out)
}

// templateError is what Ansible says of a template that does not compile.
func templateError(t *value.Tmpl, fault string) error {
	if t.Line == 0 && t.Fault != "" { // of a header
		return exception.AnsibleError("%s", fault)
	}
	return &exception.Error{Class: exception.Ansible, Msg: fmt.Sprintf("template error while templating string: %s. String: %s", fault, shownSource(t)), Orig: errors.New(fault)}
}

// shownSource is the text of a template as classic's errors show it.
func shownSource(t *value.Tmpl) string {
	if t.Shown != "" {
		return t.Shown
	}
	return t.Src
}

// renderError is what Ansible makes of an error of rendering a template.
func renderError(t *value.Tmpl, err error) error {
	if u, ok := exception.AsUndefined(err); ok {
		hint := u.Error()
		return (&undef{Name: u.U.Name, Hint: hint + ". " + hint, Err: nil}).Fail()
	}
	if !exception.IsTypeError(err) {
		return err
	}
	if strings.Contains(err.Error(), "AnsibleUndefined") {
		msg := fmt.Sprintf("Unable to look up a name or access an attribute in template string (%s).\n"+
			"Make sure your variable name does not contain invalid characters like '-': %s", shownSource(t), err)
		msg += ". " + err.Error()
		return (&undef{Hint: msg + ". " + msg}).Fail()
	}
	return &exception.Error{Class: exception.Ansible, Msg: fmt.Sprintf("Unexpected templating type error occurred on (%s): %s", shownSource(t), err), Orig: err}
}

func trailingNewlines(s string) int { return len(s) - len(strings.TrimRight(s, "\n")) }

// restoreNewlines gives a text back the final newlines that Jinja took from its template.
func restoreNewlines(t *value.Tmpl, v val) val {
	s, ok := value.Text(v)
	if !ok {
		return v
	}
	n := trailingNewlines(t.Src)
	if n == 0 {
		return v
	}
	if n -= trailingNewlines(s); n <= 0 {
		return v
	}
	nl := t.Newline
	if nl == "" {
		nl = "\n"
	}
	s += strings.Repeat(nl, n)
	if x, ok := v.(*value.Str); ok {
		y := *x
		y.S, y.Native = s, false
		return &y
	}
	return s
}

// textSize is about how long the text of what a template printed will be.
func textSize(out []val) int {
	n := 0
	for _, v := range out {
		if s, ok := v.(string); ok {
			n += len(s)
		} else {
			n += 8
		}
	}
	return min(n, bound.Text)
}

// textConcat joins what a template printed.
func textConcat(out []val) (val, error) {
	if len(out) == 1 {
		if s, ok := out[0].(string); ok {
			return s, nil
		}
	}
	var b strings.Builder
	b.Grow(textSize(out))
	for _, v := range out {
		s, err := python.ToText(v)
		if err != nil {
			return nil, err
		}
		if b.Len()+len(s) > bound.Text {
			return nil, bound.TooLarge()
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// literalConcat joins what a template printed, and reads back what looks like a literal. A single
// container skips the way through its text where that would change nothing.
func literalConcat(out []val) (val, error) {
	switch len(out) {
	case 0:
		return "", nil
	case 1:
		switch x := out[0].(type) {
		case *value.Str:
			if x.Native {
				return x, nil
			}
			return literal(x.S), nil
		case *list, *dict, *value.Set:
			if r, ok := reread(x); ok {
				return r, nil
			}
		case bool:
			return x, nil
		case string:
			return literal(x), nil
		}
	}
	s, err := textConcat(out)
	if err != nil {
		return nil, err
	}
	return literal(s.(string)), nil
}

func literal(s string) val {
	switch {
	case s == "True":
		return true
	case s == "False":
		return false
	case s != "" && (s[0] == '{' || s[0] == '['):
		if v, err := value.Literal(s, true); err == nil {
			return v
		}
	}
	return s
}

// reread is the literal that v's repr stands for; false where the repr is none.
func reread(v val) (val, bool) {
	switch x := v.(type) {
	case nil, bool, int64, string, *big.Int, []byte:
		return v, true
	case float64:
		return v, !math.IsInf(x, 0) && !math.IsNaN(x)
	case *value.Str:
		return x.S, !x.Markup
	case *list:
		r, ok := rereadAll(x.V)
		return &list{V: r}, ok
	case *dict:
		return rereadDict(x)
	case *value.Set:
		r, ok := rereadAll(x.D.K)
		s := &value.Set{D: value.NewDict()}
		for _, k := range r {
			_ = s.D.Set(k, nil)
		}
		return s, ok
	}
	if t, ok := python.AsTuple(v); ok {
		r, ok := rereadAll(t)
		return tuple(r), ok
	}
	return nil, false
}

func rereadAll(v []val) ([]val, bool) {
	r := make([]val, len(v))
	for i, e := range v {
		x, ok := reread(e)
		if !ok {
			return nil, false
		}
		r[i] = x
	}
	return r, true
}

func rereadDict(x *dict) (val, bool) {
	k, ok := rereadAll(x.K)
	v, ok2 := rereadAll(x.V)
	if !ok || !ok2 {
		return nil, false
	}
	d := x.Copy()
	copy(d.K, k)
	d.V = v
	return d, true
}

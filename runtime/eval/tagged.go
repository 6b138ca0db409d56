package eval

import (
	"fmt"
	"math/big"
	"strings"

	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/plugin/filter"
	"pbc/runtime/plugin/test"
	"pbc/runtime/python"
)

// capture makes the marker that stands for an error until somebody uses it.
func capture(err error) *undef {
	if u, ok := exception.AsUndefined(err); ok {
		return u.U
	}
	return &undef{Err: err}
}

// firstMarker returns a marker among the arguments of a call.
func firstMarker(c *python.Call) *undef {
	for _, a := range c.Args {
		if u, ok := a.(*undef); ok && !u.Lenient {
			return u
		}
	}
	for _, a := range c.KW {
		if u, ok := a.V.(*undef); ok && !u.Lenient {
			return u
		}
	}
	return nil
}

// deferCall runs a call: a marker among its arguments, or its failure, is its result.
func deferCall(c *python.Call, run func() (val, error)) (val, error) {
	if m := firstMarker(c); m != nil {
		return m, nil
	}
	r, err := run()
	if err != nil {
		return capture(err), nil
	}
	return unrolled(r), nil
}

func unrolled(v val) val {
	switch x := v.(type) {
	case *value.View:
		return &list{V: append([]val{}, x.Items()...)}
	case *value.Str:
		if x.Native && !x.Unsafe && !x.Secret && !x.Markup {
			return x.S
		}
	}
	return v
}

// plugged is a filter or test as a template calls it.
type plugged struct {
	*plugin.Row
	kind string // "filter" or "test"
	as   string // the name that the template uses
}

// fullName is the name by which dialect tagged speaks of p.
func (p plugged) fullName() string {
	if p.Redirected != "" {
		return p.Redirected
	}
	name := ir.Short(p.as)
	if !strings.Contains(name, ".") && (filter.Table[name] == p.Row || test.Table[name] == p.Row) {
		return "ansible.builtin." + name
	}
	return p.as
}

// deferred is deferCall for filters and tests, some of which take markers.
func (p plugged) deferred(c *python.Call) (val, error) {
	if !p.Markers {
		if m := firstMarker(c); m != nil {
			return m, nil
		}
	}
	r, err := p.Invoke(c)
	if err != nil {
		return capture(pluginFault(p.kind, p.fullName(), err)), nil
	}
	if x, ok := r.(*value.Range); ok {
		it, err := python.Iter(x)
		return &list{V: it}, err
	}
	return unrolled(r), nil
}

// taggedLazy renders a value for an expression: what fails inside a container stays a marker in
// its place.
func (e *Eval) taggedLazy(v val) (val, error) {
	switch x := v.(type) {
	case *value.Tmpl:
		return e.taggedTemplate(x)
	case *value.Vault:
		return e.taggedVault(x)
	case *list:
		r, changed := e.taggedAll(x.V)
		if !changed {
			return v, nil
		}
		return &list{V: r}, nil
	case *dict:
		r, changed := e.taggedAll(x.V)
		if !changed {
			return v, nil
		}
		d := x.Copy()
		d.V = r
		return d, nil
	}
	return v, nil
}

// taggedVault is what a vault holds; one that cannot be opened fails whoever reads it.
func (e *Eval) taggedVault(x *value.Vault) (val, error) {
	at := x.At
	v, err := e.open(x)
	if err != nil {
		return nil, err
	}
	switch x, ok := v.(*value.Vault); {
	case !ok:
		return v, nil
	case x.Opened:
		return x.Plain, nil
	case x.Fault != "":
		return nil, &exception.Error{Class: exception.Ansible, Msg: "Attempt to use undecryptable variable: " + strings.TrimSuffix(x.Fault, ".") + ".", At: at}
	}
	return v, nil
}

func (e *Eval) taggedAll(v []val) ([]val, bool) {
	var r []val
	for i, x := range v {
		y, err := e.taggedLazy(x)
		if err != nil {
			y = capture(err)
		}
		if r == nil && (err != nil || !identical(x, y)) {
			r = append(make([]val, 0, len(v)), v[:i]...)
		}
		if r != nil {
			r = append(r, y)
		}
	}
	if r == nil {
		return v, false
	}
	return r, true
}

// taggedTemplate renders a template, its result not yet final.
func (e *Eval) taggedTemplate(t *value.Tmpl) (val, error) {
	v, err := e.execTagged(t)
	if err != nil {
		return nil, renderFault(err, t.At, "template")
	}
	if u, ok := v.(*undef); ok {
		placeMarker(u, t.At)
	}
	return restoreNewlines(t, v), nil
}

// execTagged renders a template; its error is not yet wrapped.
func (e *Eval) execTagged(t *value.Tmpl) (val, error) {
	if t.Fault != "" {
		return nil, syntaxFault(t.Fault, t.At, "template")
	}
	if t.Verbatim && isText(t) {
		return t.Src, nil
	}
	p := e.programOf(t)
	if p.err != nil {
		return nil, p.err
	}
	if err := e.enter(); err != nil {
		return nil, err
	}
	defer func() { e.depth-- }()
	f := e.begin(p)
	f.run.concat, f.run.at = e.join(t.At), t.At
	var out []val
	if err := p.exec(f, &out); err != nil {
		return nil, e.earlier(out, err)
	}
	return f.run.concat(out)
}

// newlines makes all line ends the same.
var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// isText says whether a file holds no template: then it is left alone, with its newlines.
func isText(t *value.Tmpl) bool {
	data := ""
	switch {
	case len(t.Root) == 1 && t.Root[0].Op == expr.SData:
		data = newlines.Replace(t.Root[0].S)
	case len(t.Root) > 0:
		return false
	}
	src := newlines.Replace(t.Src)
	return data == src || data+"\n" == src
}

// earlier is the error of a template that err ended: that of the first marker that it had printed before, if any.
func (e *Eval) earlier(out []val, err error) error {
	if e.replacing != nil {
		return err
	}
	for _, v := range out {
		if _, first := final(v); first != nil {
			return first
		}
	}
	return err
}

// taggedConcat joins what a template printed: a single value keeps its type.
func taggedConcat(out []val) (val, error) {
	var kept []val
	for _, v := range out {
		if v != nil {
			kept = append(kept, v)
		}
	}
	switch len(kept) {
	case 0:
		return nil, nil
	case 1:
		return kept[0], nil
	}
	var b strings.Builder
	for _, v := range kept {
		x, err := final(v)
		if err != nil {
			return nil, err
		}
		s, err := python.ToText(x)
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

// final is the value of part of a template: its markers are raised, what only a whole could not be is left as it is.
func final(v val) (val, error) { return (&finalizer{}).value(v) }

// finalizer turns a result into a value to keep: the first marker in it is raised, omit is dropped from containers,
// sequences become lists.
type finalizer struct {
	// whole refuses what cannot be a variable.
	whole bool
	walk  bound.Walk
	// warn is told of the values that are converted to the next type that a variable can have; nil does not listen.
	warn func(text string)
}

func (f *finalizer) value(v val) (val, error) {
	switch x := v.(type) {
	case nil, bool, int64, float64, string, *big.Int, []byte, *value.Date, value.OmitType:
		return v, nil
	case *value.Str:
		if x.Markup && f.whole {
			f.converts(v, "str")
			return x.S, nil
		}
		return v, nil
	case *undef:
		switch {
		case !x.Lenient:
			return nil, x.Fail()
		case f.whole:
			return nil, exception.TypeError("Type 'Undefined' is unsupported for variable storage.")
		}
		return v, nil
	case *list:
		return f.sequence(x.V)
	case *dict:
		return f.dict(x)
	case *value.View:
		return f.sequence(x.Items())
	case *value.Set:
		if !f.whole {
			return v, nil
		}
		f.converts(v, "list")
		return f.sequence(x.D.K)
	}
	if t, ok := python.AsTuple(v); ok {
		if _, plain := v.(value.Tuple); !plain {
			f.converts(v, "list")
		}
		return f.sequence(t)
	}
	if !f.whole {
		return v, nil
	}
	if hosts, ok := v.(interface{ Dict() (*dict, error) }); ok { // hostvars, and those of a host
		d, err := hosts.Dict()
		if err != nil {
			return nil, err
		}
		return f.dict(d)
	}
	return nil, exception.TypeError("Type '%s' is unsupported for variable storage.", value.TypeName(v))
}

// converts tells that v becomes a value of another type.
func (f *finalizer) converts(v val, to string) {
	if f.warn != nil {
		f.warn("Type " + value.StrRepr(strings.TrimPrefix(value.TypeName(v), "_")) + " is unsupported in variable storage, converting to " + value.StrRepr(to) + ".")
	}
}

func (f *finalizer) sequence(v []val) (val, error) {
	if err := f.walk.In(); err != nil {
		return nil, err
	}
	defer f.walk.Out()
	r := make([]val, 0, len(v))
	for _, e := range v {
		if e == val(value.Omit) {
			continue
		}
		x, err := f.value(e)
		if err != nil {
			return nil, err
		}
		r = append(r, x)
	}
	return &list{V: r}, nil
}

func (f *finalizer) dict(x *dict) (val, error) {
	if err := f.walk.In(); err != nil {
		return nil, err
	}
	defer f.walk.Out()
	d := value.NewDict()
	for i, k := range x.K {
		if x.V[i] == val(value.Omit) {
			continue
		}
		v, err := f.value(x.V[i])
		if err != nil {
			return nil, err
		}
		if err := d.Set(k, v); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// whole is the final value of a template that stands at the place given.
func (e *Eval) whole(v val, at *value.Origin) (val, error) {
	f := &finalizer{whole: true, warn: func(text string) {
		n := python.Warning(text)
		n.At = at
		e.tell(n)
	}}
	return f.value(v)
}

// ValueAt is Value in dialect tagged for what stands at a place, which its warnings tell.
func (e *Eval) ValueAt(v value.Value, at *value.Origin) (value.Value, error) {
	if x, ok := v.(*value.Cond); ok {
		return e.Condition(x)
	}
	r, err := e.taggedLazy(v)
	if err != nil {
		return nil, err
	}
	if own := value.OriginOf(v); own != nil {
		at = own
	}
	return e.finalOf(r, at)
}

// finalOf is the final value of a template, or of whatever else stands at the place given.
func (e *Eval) finalOf(v val, at *value.Origin) (val, error) {
	r, err := e.whole(v, at)
	if err != nil {
		return nil, renderFault(err, at, "template")
	}
	return r, nil
}

func (e *Eval) taggedFile(t *value.Tmpl) (val, error) {
	r, err := e.taggedTemplate(t)
	if err != nil {
		return nil, err
	}
	return e.finalOf(r, t.At)
}

// taggedCondition decides a condition, which must give a boolean.
func (e *Eval) taggedCondition(v val) (bool, error) {
	switch t := v.(type) {
	case bool:
		return t, nil
	case *value.Tmpl:
		v = &value.Cond{Src: t.Src, Tmpl: t, At: t.At}
	case nil:
		return e.emptyCondition(nil)
	case *value.Str:
		if t.Unsafe && strings.TrimSpace(t.S) != "" {
			return false, &exception.Error{Class: exception.AnsibleTemplate, Msg: "Encountered untrusted template or expression.", At: t.At, Shown: t.S,
				Help: "Templates and expressions must be defined by trusted sources such as playbooks or roles, not untrusted sources such as module results."}
		}
	case *value.Cond, string:
	default:
		if e.cfg.AllowBroken {
			return e.truthOf(v, nil, nil)
		}
		return false, broken(nil, "Conditional expressions must be strings.")
	}
	c, err := e.asCond(v)
	if err != nil {
		return false, err
	}
	at := c.At
	r, from, err := e.taggedTruth(c)
	if err != nil {
		if isUndefinedVariable(err) {
			return false, &exception.Error{Class: exception.AnsibleUndefined, Msg: "Error while evaluating conditional.", At: at, Cause: err}
		}
		return false, err
	}
	if s, ok := r.(*value.Str); ok && s.At != nil {
		from = s.At
	}
	if r == nil {
		from = nil // none is one and the same everywhere
	}
	return e.truthOf(r, from, at)
}

// truthOf is the outcome of the condition at that gave v, a value from another place: it should be a boolean.
func (e *Eval) truthOf(v val, from, at *value.Origin) (bool, error) {
	if b, ok := v.(bool); ok {
		return b, nil
	}
	msg := fmt.Sprintf("Conditional result (%s) was derived from value of type '%s' at %s. Conditionals must have a boolean result.",
		pythonTruth(v), value.TypeName(v), value.StrRepr(originText(from)))
	if !e.cfg.AllowBroken {
		return false, broken(at, msg)
	}
	e.tellBroken(at, msg)
	return python.Truth(v)
}

// emptyCondition is the outcome of a condition without text.
func (e *Eval) emptyCondition(at *value.Origin) (bool, error) {
	if !e.cfg.AllowBroken {
		return false, broken(at, "Empty conditional expressions are not allowed.")
	}
	e.tellBroken(at, "Empty conditional expression was evaluated as True.")
	return true, nil
}

// tellBroken tells of a condition that ALLOW_BROKEN_CONDITIONALS lets pass.
func (e *Eval) tellBroken(at *value.Origin, msg string) {
	n := python.Deprecation(msg, "2.23")
	n.At, n.Help = at, "Broken conditionals are currently allowed because the `ALLOW_BROKEN_CONDITIONALS` configuration option is enabled."
	e.tell(n)
}

// isUndefinedVariable says whether err is the use of what is not there, not of a marker that stands for another error.
func isUndefinedVariable(err error) bool {
	u, ok := exception.AsUndefined(err)
	if !ok || u.U.Err == nil {
		return ok
	}
	return exception.IsUndefined(u.U.Err) || exception.ClassOf(u.U.Err) == exception.AnsibleUndefined
}

func originText(at *value.Origin) string {
	if at == nil {
		return "<unknown>"
	}
	return at.String()
}

// taggedTruth evaluates a condition, which may be a template that gives the text of the real one. From is where the
// value comes from.
func (e *Eval) taggedTruth(c *value.Cond) (v val, from *value.Origin, err error) {
	if c.Tmpl != nil {
		r, err := e.ValueAt(c.Tmpl, nil)
		if err != nil {
			return nil, nil, err
		}
		s, ok := value.Text(r)
		if r == nil {
			b, err := e.emptyCondition(nil)
			return b, nil, err
		}
		if !ok {
			n := python.Deprecation("Conditionals should not be surrounded by templating delimiters such as {{ }} or {% %}.", "2.23")
			n.At = c.At
			e.tell(n)
			return r, c.At, nil
		}
		at := c.At
		if c, err = e.asCond(strings.TrimSpace(s)); err != nil {
			return nil, nil, err
		}
		c = &value.Cond{Src: c.Src, Root: c.Root, Tmpl: c.Tmpl, Fault: c.Fault, Line: c.Line, At: at}
	}
	if strings.TrimSpace(c.Src) == "" {
		b, err := e.emptyCondition(c.At)
		return b, nil, err
	}
	v, err = e.taggedDecide(c)
	return v, c.At, err
}

// taggedDecide evaluates the expression of a condition.
func (e *Eval) taggedDecide(c *value.Cond) (val, error) {
	v, err := e.evaluate(c)
	if err == nil {
		v, err = e.whole(v, c.At)
	}
	if err != nil {
		return nil, renderFault(err, c.At, "expression")
	}
	return v, nil
}

// evaluate evaluates an expression; its result is not final.
func (e *Eval) evaluate(c *value.Cond) (val, error) {
	if c.Root == nil {
		kind := "expression"
		if strings.Contains(c.Src, "{{") || strings.Contains(c.Src, "{%") || strings.Contains(c.Src, "{#") {
			kind += ". Template delimiters are not supported in expressions"
		}
		return nil, syntaxFault(c.Fault, c.At, kind)
	}
	p := e.conditionOf(c)
	if p.err != nil {
		return nil, renderFault(p.err, c.At, "expression")
	}
	f := e.begin(p)
	f.run.concat, f.run.at = e.join(c.At), c.At
	v, err := p.cond(f)
	if err != nil {
		return nil, renderFault(err, c.At, "expression")
	}
	if u, ok := v.(*undef); ok {
		placeMarker(u, c.At)
	}
	return v, nil
}

func pythonTruth(v val) string {
	b, err := python.Truth(v)
	if err != nil {
		return "Undefined"
	}
	return python.Str(b)
}

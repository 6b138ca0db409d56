package grant

import (
	"fmt"
	"strings"

	"pbc/compiler/jinja"
	"pbc/ir"
	"pbc/ir/value"
)

// Sets are what a host may ask for: the union of sets.
type Sets []*Set

// Refusal says what was asked for that the code does not ask for.
type Refusal struct{ What string }

// Error implements error.
func (r *Refusal) Error() string {
	return r.What + ", which the play does not ask for (if it does, PBC_TRUST_HOSTS=1 helps)"
}

func refuse(format string, args ...any) error { return &Refusal{What: fmt.Sprintf(format, args...)} }

// Texts says whether all texts within a value are of a shape that one of the sources has. What is no text counts for nothing.
func (s Sets) Texts(v value.Value, from []Source, vars Vars) bool {
	return s.match(v, from, vars) == ""
}

// match is the first text within a value that no source has, "" for none.
func (s Sets) match(v value.Value, from []Source, vars Vars) string {
	texts := textsOf(nil, v)
	if len(texts) == 0 {
		return ""
	}
	shapes, known := reader{sets: s, vars: vars, left: maxThrough, steps: new(int)}.shapes(from)
	if !known {
		return ""
	}
	for _, text := range texts {
		if !hasShape(shapes, text) {
			return value.StrRepr(text)
		}
	}
	return ""
}

func hasShape(shapes []Shape, text string) bool {
	for _, p := range shapes {
		if p.Has(text) {
			return true
		}
	}
	return false
}

// textsOf are the texts within a value.
func textsOf(out []string, v value.Value) []string {
	switch x := v.(type) {
	case *value.List:
		for _, e := range x.V {
			out = textsOf(out, e)
		}
	case value.Tuple:
		for _, e := range x {
			out = textsOf(out, e)
		}
	case *value.Dict:
		for _, e := range entries(x) {
			out = textsOf(out, e)
		}
	case *value.Tmpl:
		out = append(out, x.Src)
	case []byte:
		out = append(out, string(x))
	default:
		if text, ok := value.Text(v); ok {
			out = append(out, text)
		}
	}
	return out
}

// ownOptions are the options of lookup itself.
var ownOptions = map[string]bool{"wantlist": true, "errors": true, "allow_unsafe": true}

// Lookup refuses a lookup that no text calls like that.
func (s Sets) Lookup(name string, terms []value.Value, options *value.Dict, vars Vars) error {
	var uses []*use
	for _, set := range s {
		if set.anyLookup {
			return nil
		}
		if u := set.lookups[ir.Short(name)]; u != nil {
			if u.any {
				return nil
			}
			uses = append(uses, u)
		}
	}
	if uses == nil {
		return refuse("it asked for the lookup %s", name)
	}
	var from []Source
	given := map[string][]Source{}
	for _, u := range uses {
		from = append(from, u.terms...)
		for k, list := range u.options {
			given[k] = append(given[k], list...)
		}
	}
	if text := s.match(&value.List{V: terms}, from, vars); text != "" {
		return refuse("it asked the lookup %s for %s", name, shortened(text))
	}
	for i := range options.Len() {
		key, _ := value.Text(options.K[i])
		list, ok := given[key]
		if ownOptions[key] {
			continue
		}
		if !ok {
			return refuse("it asked the lookup %s with the option %s", name, shortened(key))
		}
		if text := s.match(options.V[i], list, vars); text != "" {
			return refuse("it asked the lookup %s with the option %s=%s", name, key, shortened(text))
		}
	}
	return nil
}

// shortened is a text as a message shows it.
func shortened(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

// HostVar refuses a variable of another host that no text reads; "" is all of them.
func (s Sets) HostVar(host, name string, vars Vars) error {
	for _, set := range s {
		if set.anyHostVar || set.hostVars[name] {
			return nil
		}
		if len(set.delegates) > 0 && s.match(host, set.delegates, vars) == "" {
			return nil
		}
	}
	return refuse("it asked for the variable %s of %s", value.StrRepr(shortened(name)), value.StrRepr(shortened(host)))
}

// HostNames refuses the names of all hosts where no text reads variables of others.
func (s Sets) HostNames() error {
	for _, set := range s {
		if set.anyHostVar || len(set.hostVars) > 0 {
			return nil
		}
	}
	return refuse("it asked for the names of all hosts")
}

// Template refuses a template that none includes.
func (s Sets) Template(name string, vars Vars) error {
	for _, set := range s {
		if len(set.includes) > 0 && s.match(name, set.includes, vars) == "" {
			return nil
		}
	}
	return refuse("it asked for the template %s", value.StrRepr(shortened(name)))
}

// Filter refuses a filter or test in Python that no text names.
func (s Sets) Filter(name string) error {
	for _, set := range s {
		if set.anyFilter || set.filters[ir.Short(name)] {
			return nil
		}
	}
	return refuse("it asked for the filter or test %s", shortened(name))
}

// Vault refuses to open what no text of the program holds. Where a text may be read as YAML while the program runs, it may hold any.
func (s Sets) Vault(cipher string) error {
	for _, set := range s {
		if set.vaults[cipher] || set.filters["from_yaml"] || set.filters["from_yaml_all"] || set.anyFilter {
			return nil
		}
	}
	return refuse("it asked for a vaulted text to be opened")
}

// Trusts says whether the answer of a lookup may be a template.
func (s Sets) Trusts() bool {
	for _, set := range s {
		if set.trusts {
			return true
		}
	}
	return false
}

// Holds refuses a value that a host has made and that asks for what no text asks for, should it be evaluated.
func (s Sets) Holds(v value.Value, o jinja.Options) error {
	n := New(o)
	n.doubts = true
	n.Value(v)
	for _, set := range []*Set{n, n.Late} {
		if err := s.covers(set); err != nil {
			return err
		}
	}
	return nil
}

// covers refuses a set that names a plugin which is not among those of s, or reads variables of other hosts where none does.
func (s Sets) covers(n *Set) error {
	open := false
	for _, set := range s {
		open = open || set.anyLookup
	}
	for name := range n.lookups {
		called := open
		for _, set := range s {
			called = called || set.lookups[name] != nil
		}
		if !called {
			return refuse("it sent a template with the lookup %s", name)
		}
	}
	if n.anyLookup && !open {
		return refuse("it sent a template with a lookup")
	}
	if n.anyHostVar || len(n.hostVars) > 0 {
		return s.HostNames()
	}
	return nil
}

func entries(d *value.Dict) []value.Value {
	if d == nil {
		return nil
	}
	return d.V
}

// Begins says whether a text may be the first word of what a source yields.
func (s Sets) Begins(text string, from []Source, vars Vars, firstWord func(string) string) bool {
	shapes, known := reader{sets: s, vars: vars, left: maxThrough, steps: new(int)}.shapes(from)
	if !known {
		return true
	}
	for _, p := range shapes {
		word, longer := firstWord(p[0]), firstWord(p[0]+"x")
		switch {
		case len(p) > 1 && longer == "": // a quote is open where the gap begins
			return true
		case len(p) == 1 || word == longer: // it ends before the gap
			if word == text {
				return true
			}
		case longer == "" || strings.HasPrefix(text, strings.TrimSuffix(longer, "x")):
			return true
		}
	}
	return false
}

// Makes says whether a task, or a loop, may give a variable a value that is not known.
func (s Sets) Makes(name string) bool {
	for _, set := range s {
		if set.anyBind || set.binds[name] || set.loops[name] != nil {
			return true
		}
	}
	return false
}

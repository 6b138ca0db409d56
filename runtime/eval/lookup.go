package eval

import (
	"errors"
	"strings"

	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/python"
)

// lookup is the global lookup(), and with wantlist query().
func lookup(c *python.Call, wantlist bool) (val, error) {
	f := c.Ctx.(*frame)
	e := f.run.e
	e.volatile = true
	if len(c.Args) == 0 {
		return nil, exception.TypeError("Templar._lookup() missing 1 required positional argument: 'name'")
	}
	name := python.Str(c.Args[0])
	opt, options, err := lookupOptions(c, wantlist)
	if err != nil {
		return nil, err
	}
	terms, err := e.lookupTerms(c.Args[1:])
	if err != nil {
		return nil, err
	}
	opt.tagged = e.tagged()
	ran, err := e.runLookup(f, name, terms, options)
	if err != nil {
		return opt.failed(e, name, err)
	}
	l, ok := plugin.Sequence(ran)
	if !ok {
		l, err = e.unlisted(name, ran, opt.wantlist)
		if err != nil && e.tagged() {
			return opt.failed(e, name, err)
		}
		if err != nil || l == nil {
			return ran, err
		}
	}
	var v val = &list{V: l}
	if !opt.wantlist {
		v = joined(l)
	}
	if len(l) > 0 && !opt.allowUnsafe && !e.cfg.TrustLookups && !e.tagged() {
		f.run.taint(true)
		v = value.Taint(v)
	}
	return v, nil
}

// LookupKey names a use of a lookup plugin whose answer depends on nothing but its arguments; "" for arguments that have
// no text.
func LookupKey(plugin string, terms []value.Value, options *value.Dict) string {
	t, err := value.Repr(&list{V: terms})
	o, oerr := value.Repr(options)
	if err != nil || oerr != nil {
		return ""
	}
	return ir.Short(plugin) + t + o
}

// lookupOpts are the options that lookup() itself takes.
type lookupOpts struct {
	wantlist, allowUnsafe bool
	tagged                bool
	errors                string
}

func lookupOptions(c *python.Call, wantlist bool) (lookupOpts, *dict, error) {
	o := lookupOpts{wantlist: wantlist, errors: "strict"}
	rest := value.NewDict()
	for _, a := range c.KW {
		var err error
		switch a.Name {
		case "wantlist":
			if !wantlist {
				o.wantlist, err = python.Truth(a.V)
			}
		case "allow_unsafe":
			o.allowUnsafe, err = python.Truth(a.V)
		case "errors":
			o.errors, err = value.ToStr(a.V)
		default:
			rest.SetStr(a.Name, a.V)
		}
		if err != nil {
			return o, nil, err
		}
	}
	return o, rest, nil
}

// failed is what a lookup gives that failed: nothing, where its errors are to be ignored.
func (o lookupOpts) failed(e *Eval, name string, err error) (val, error) {
	var x *exception.Error
	raised := errors.As(err, &x)
	switch {
	case o.tagged && raised && x.Loading:
		return nil, &exception.Error{Class: exception.AnsibleTemplatePlugin, Msg: "The lookup plugin " + value.StrRepr(name) + " failed to load.", Cause: err}
	case exception.IsUndefined(err), raised && x.Loading:
		return nil, err
	case o.tagged:
		return o.taggedFailed(e, name, err)
	case exception.ClassOf(err) == noLookup:
		return nil, exception.AnsibleError("lookup plugin (%s) not found", name)
	case raised && x.Class == exception.AnsibleOptions:
		return nil, err
	}
	own := raised && x.Class == exception.AnsibleLookup
	msg := "An unhandled exception occurred while running the lookup plugin '" + name + "'. Error was a <class '" + exception.ClassOf(err) + "'>, original message: " + err.Error()
	if o.errors == "warn" || o.errors == "ignore" {
		if own {
			msg = "Lookup failed but the error is being ignored: " + err.Error()
		}
		if o.errors == "warn" {
			e.tell(python.Warning(msg))
		}
		return o.nothing(), nil
	}
	if own {
		return nil, err
	}
	return nil, &exception.Error{Class: exception.Ansible, Msg: msg, Orig: err}
}

// nothing is the result of a lookup whose failure is ignored.
func (o lookupOpts) nothing() val {
	if o.wantlist {
		return value.NewList()
	}
	return nil
}

// tell tells the user something, where somebody listens.
func (e *Eval) tell(n python.Notice) {
	if t, ok := e.cfg.Outside.(Telling); ok {
		t.Tell(n)
	}
}

// taggedFailed is failed for dialect tagged.
func (o lookupOpts) taggedFailed(e *Eval, name string, err error) (val, error) {
	switch {
	case exception.ClassOf(err) == noLookup:
		return nil, &exception.Error{Class: exception.AnsibleTemplatePlugin, Msg: "The lookup plugin " + value.StrRepr(name) + " was not found."}
	case o.errors == "warn":
		told := failure.Failure{Msg: "An error occurred while running the lookup plugin " + value.StrRepr(name) + "."}
		e.tell(python.Notice{Failure: told.Because(exception.Failure(err))})
		return o.nothing(), nil
	case o.errors == "ignore":
		return o.nothing(), nil
	}
	return nil, pluginFault("lookup", name, err)
}

// unlisted is what becomes of a lookup's result that is no list. Text is taken for the list of its characters and a
// dictionary for that of its keys; what there is no list of is given as it is when one is wanted, and is an error else.
func (e *Eval) unlisted(name string, ran val, wantlist bool) ([]val, error) {
	if e.tagged() {
		return nil, exception.TypeError("returned %s instead of <class 'list'>", pythonClass(ran))
	}
	e.tell(python.Deprecation("The lookup plugin '"+name+"' was expected to return a list, got '"+pythonClass(ran)+"' instead. The lookup plugin '"+name+
		"' needs to be changed to return a list. This will be an error in Ansible 2.18. This feature will be removed in version 2.18. "+
		"Deprecation warnings can be disabled by setting deprecation_warnings=False in ansible.cfg.", ""))
	_, isText := value.Text(ran)
	_, isDict := ran.(*dict)
	truthy, err := python.Truth(ran)
	switch {
	case err != nil || !truthy || wantlist:
		return nil, err
	case isText || isDict:
		return python.Iter(ran)
	}
	return nil, exception.AnsibleError("The lookup plugin '%s' did not return a list.", name)
}

// pythonClass is str(type(v)) in Python.
func pythonClass(v val) string { return "<class '" + value.TypeName(v) + "'>" }

// lookupTerms renders the terms once more, as Ansible does: a string that holds a template is one.
func (e *Eval) lookupTerms(args []val) ([]val, error) {
	terms := make([]val, len(args))
	for i, a := range args {
		if err := python.Use(a); err != nil {
			return nil, err
		}
		if e.tagged() {
			terms[i] = a
			continue
		}
		v, err := e.classicValue(a)
		if err != nil {
			return nil, err
		}
		terms[i] = v
	}
	return terms, nil
}

// joined is a lookup's result without wantlist: text joined by commas, a single item itself.
func joined(l []val) val {
	if len(l) == 0 {
		return &list{V: l}
	}
	parts := make([]string, len(l))
	native := false
	for i, v := range l {
		s, ok := value.Text(v)
		if !ok {
			if len(l) == 1 {
				return l[0]
			}
			return &list{V: l}
		}
		if x, ok := v.(*value.Str); ok && i == 0 {
			native = x.Native
		}
		parts[i] = s
	}
	s := strings.Join(parts, ",")
	if native {
		return &value.Str{S: s, Native: true}
	}
	return s
}

// lookupFn is a lookup plugin that needs nothing from outside.
type lookupFn func(f *frame, terms []val, options *dict) ([]val, error)

// Lookup is a lookup plugin of this package: a row for the documentation.
type Lookup struct {
	Name, Doc string
	fn        lookupFn
}

// localLookups is filled by init: some lead back to the evaluator.
var localLookups map[string]*Lookup

func init() {
	localLookups = map[string]*Lookup{}
	for _, l := range []*Lookup{
		{"items", "List items, one level of lists flattened.", func(_ *frame, t []val, _ *dict) ([]val, error) { return flattenLists(t, 1) }},
		{"list", "List items as they are.", func(_ *frame, t []val, _ *dict) ([]val, error) { return t, nil }},
		{"flattened", "List items, all lists flattened.", flattenedLookup},
		{"dict", "List the keys and values of dictionaries.", dictLookup},
		{"indexed_items", "List items with their indexes.", indexedLookup},
		{"together", "Combine lists item by item.", togetherLookup},
		{"nested", "Return the product of lists.", nestedLookup},
		{"cartesian", "Return the product of lists.", cartesianLookup},
		{"subelements", "Pair each item with each of its subelements.", subelementsLookup},
		{"sequence", "Count.", sequenceLookup},
		{"random_choice", "Choose an item at random.", randomChoice},
		{"vars", "Return variables by name.", varsLookup},
		{"varnames", "Return the names of variables that match.", varNames},
	} {
		localLookups[l.Name] = l
	}
}

// Lookups returns the lookup plugins that need no controller, in no particular order.
func Lookups() []*Lookup {
	var r []*Lookup
	for _, l := range localLookups {
		r = append(r, l)
	}
	return r
}

func (e *Eval) runLookup(f *frame, name string, terms []val, options *dict) (val, error) {
	if name == "community.general.flattened" || name == "community.general.cartesian" {
		name = strings.TrimPrefix(name, "community.general.")
	}
	if l, ok := localLookups[ir.Short(name)]; ok && !e.shadowed("lookup", name) {
		r, err := l.fn(f, terms, options)
		if err != nil {
			return nil, err
		}
		return &list{V: r}, nil
	}
	if e.cfg.Outside == nil {
		return nil, ErrNoLookup
	}
	return e.cfg.Outside.Lookup(name, terms, options)
}

// Loop returns the items of a with_NAME loop over rendered terms. Lookups that this package lacks
// are asked of the Outside.
func (e *Eval) Loop(name string, terms []value.Value) (*value.List, error) {
	f := &frame{run: &run{e: e, concat: literalConcat}}
	r, err := e.runLookup(f, name, terms, value.DictOf("wantlist", true))
	if err != nil {
		return nil, err
	}
	l, ok := plugin.Sequence(r)
	if !ok {
		return nil, exception.AnsibleError("The lookup plugin '%s' did not return a list.", name)
	}
	return &list{V: l}, nil
}

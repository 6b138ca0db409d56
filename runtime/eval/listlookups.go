package eval

import (
	"strings"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/plugin/filter/sequence"
	"pbc/runtime/pyrandom"
	"pbc/runtime/pyre"
	"pbc/runtime/python"
)

// flattenLists flattens lists and tuples, levels deep.
func flattenLists(t []val, levels int64) ([]val, error) { return plugin.Flatten(t, levels, false) }

func flattenedLookup(_ *frame, t []val, _ *dict) ([]val, error) {
	return flattenAll(t, &bound.Walk{})
}

// flattenAll flattens as the plugin does: a list of one is its element, and what follows the text "None" or "null" in
// a list is left out.
func flattenAll(terms []val, w *bound.Walk) ([]val, error) {
	if err := w.In(); err != nil {
		return nil, err
	}
	defer w.Out()
	r := []val{}
	for _, t := range terms {
		t, err := onlyElement(t)
		if err != nil {
			return nil, err
		}
		if s, ok := value.Text(t); ok && (s == "None" || s == "null") {
			return r, nil
		}
		l, ok := t.(*list)
		if !ok {
			r = append(r, t)
			continue
		}
		inner, err := flattenAll(l.V, w)
		if err != nil {
			return nil, err
		}
		r = append(r, inner...)
	}
	return r, nil
}

// onlyElement takes away the lists of one element around a value.
func onlyElement(v val) (val, error) {
	for range bound.Depth {
		l, ok := v.(*list)
		if !ok || len(l.V) != 1 {
			return v, nil
		}
		v = l.V[0]
	}
	return nil, errRecursion
}

// notDict is the failure of a term that is no dict.
func notDict(f *frame, v val) error {
	if !f.Tagged() {
		return exception.AnsibleError("with_dict expects a dict")
	}
	of := value.TypeName(v)
	switch v.(type) {
	case *list:
		of = "ansible._internal._templating._lazy_containers._AnsibleLazyTemplateList"
	case string, *value.Str, int64, float64:
		if f.run.at != nil { // a constant of a template
			break
		}
		of = "ansible.module_utils._internal._datatag._AnsibleTagged" + strings.ToUpper(of[:1]) + of[1:]
	}
	return exception.AnsibleError("the 'dict' lookup plugin expects a dictionary, got '%s' of type <class '%s'>)", python.Str(v), of)
}

func dictLookup(f *frame, terms []val, _ *dict) ([]val, error) {
	var r []val
	for _, t := range terms {
		items := []val{t}
		if s, ok := plugin.Sequence(t); ok && !f.Tagged() {
			items = s
		}
		for _, x := range items {
			d, ok := python.AsDict(x)
			if !ok {
				if err := python.Use(x); err != nil {
					return nil, err
				}
				return nil, notDict(f, x)
			}
			for i, k := range d.K {
				r = append(r, value.DictOf("key", k, "value", d.V[i]))
			}
		}
	}
	return r, nil
}

func indexedLookup(_ *frame, terms []val, _ *dict) ([]val, error) {
	it, err := flattenLists(terms, 1)
	if err != nil {
		return nil, err
	}
	r := make([]val, len(it))
	for i, v := range it {
		r[i] = tuple{int64(i), v}
	}
	return r, nil
}

// flatRows makes lists of rows, and flattens each by a level.
func flatRows(rows []val) ([]val, error) {
	for i, row := range rows {
		flat, err := flatRow(row.(tuple))
		if err != nil {
			return nil, err
		}
		rows[i] = flat
	}
	return rows, nil
}

// flatRow is a list in which the elements of lists stand in their place.
func flatRow(row []val) (val, error) {
	flat, err := flattenLists(row, 1)
	if err != nil {
		return nil, err
	}
	return &list{V: flat}, nil
}

// columns are the terms of together and nested: dialect classic makes lists of what are none, tagged takes what Python
// can iterate.
func columns(f *frame, terms []val) ([][]val, error) {
	if !f.Tagged() {
		return listTerms(terms)
	}
	r := make([][]val, len(terms))
	for i, t := range terms {
		var err error
		if r[i], err = python.Iter(t); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// listTerms are terms that must be lists: what is none becomes one.
func listTerms(terms []val) ([][]val, error) {
	var r [][]val
	for _, t := range terms {
		if s, ok := plugin.Sequence(t); ok {
			r = append(r, s)
			continue
		}
		if err := python.Use(t); err != nil {
			return nil, err
		}
		r = append(r, []val{t})
	}
	return r, nil
}

func togetherLookup(f *frame, terms []val, _ *dict) ([]val, error) {
	cols, err := columns(f, terms)
	if err != nil {
		return nil, err
	}
	if len(cols) == 0 {
		return nil, exception.AnsibleError("with_together requires at least one element in each list")
	}
	n := 0
	for _, col := range cols {
		n = max(n, len(col))
	}
	rows := sequence.ZipTo(cols, n, nil).V
	return flatRows(rows)
}

func nestedLookup(f *frame, terms []val, _ *dict) ([]val, error) {
	cols, err := columns(f, terms)
	if err != nil {
		return nil, err
	}
	if len(cols) == 0 {
		return nil, exception.AnsibleError("with_nested requires at least one element in the nested list")
	}
	rows := cols[0]
	for _, col := range cols[1:] {
		if rows, err = combined(rows, col); err != nil {
			return nil, err
		}
	}
	for i, row := range rows {
		items, err := python.Iter(row)
		if err != nil {
			return nil, err
		}
		if rows[i], err = flatRow(items); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// combined are the pairs of two lists, each flat.
func combined(a, b []val) ([]val, error) {
	if len(b) > 0 && len(a) > bound.Elems/len(b) {
		return nil, bound.TooLarge()
	}
	rows := make([]val, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			row, err := flatRow([]val{x, y})
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func cartesianLookup(_ *frame, terms []val, _ *dict) ([]val, error) {
	cols, err := listTerms(terms)
	if err != nil {
		return nil, err
	}
	if len(cols) == 0 {
		return nil, exception.AnsibleError("with_cartesian requires at least one element in each list")
	}
	rows, err := sequence.Product(cols)
	if err != nil {
		return nil, err
	}
	return flatRows(rows)
}

func varsLookup(f *frame, terms []val, options *dict) ([]val, error) {
	dflt, hasDflt := options.GetStr("default")
	var r []val
	for _, t := range terms {
		name, ok := value.Text(t)
		if !ok {
			if f.run.e.tagged() {
				return nil, exception.AnsibleError("Variable name must be 'str' not %s.", value.StrRepr(value.TypeName(t)))
			}
			return nil, exception.AnsibleError("Invalid setting identifier, \"%s\" is not a string, its a %s", python.Str(t), python.PythonType(t))
		}
		v, found, err := f.run.e.lookupVar(f.run, name)
		if err != nil {
			return nil, err
		}
		if u, isUndef := v.(*undef); isUndef && !hasDflt {
			return nil, u.Fail()
		} else if isUndef {
			found = false
		}
		if !found {
			if !hasDflt {
				return nil, noVariable(f, name)
			}
			v = dflt
		}
		r = append(r, v)
	}
	return r, nil
}

// noVariable is the failure of the lookup of a variable that is not there.
func noVariable(f *frame, name string) error {
	hint := "No variable found with this name: " + name
	if f.run.e.tagged() {
		hint = "No variable named " + value.StrRepr(name) + " was found."
	}
	return (&undef{Name: name, Hint: hint}).Fail()
}

func varNames(f *frame, terms []val, _ *dict) ([]val, error) {
	r := []val{}
	for _, t := range terms {
		p, ok := value.Text(t)
		if !ok {
			return nil, exception.AnsibleError("Invalid setting identifier, \"%s\" is not a string, it is a %s", python.Str(t), python.PythonType(t))
		}
		re, err := pyre.Compile(p, 0)
		if err != nil {
			return nil, exception.AnsibleError("Unable to use \"%s\" as a search parameter: %s", p, err)
		}
		names := f.run.e.names()
		for _, n := range names {
			m, err := re.Search(n)
			if err != nil {
				return nil, err
			}
			if m != nil {
				r = append(r, n)
			}
		}
	}
	return r, nil
}

func randomChoice(f *frame, terms []val, _ *dict) ([]val, error) {
	f.run.e.volatile = true
	if len(terms) == 0 {
		return nil, nil
	}
	return []val{terms[pyrandom.Below(pyrandom.System{}, uint64(len(terms)))]}, nil
}
